//! Adapter of a host's stream for the wrapper: it transfers all bytes of a request at once, and never more.
//!
//! Hosts may transfer a part of the requested bytes, or return an error at the end of the stream; the wrapper takes
//! both for a damaged state.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use vst3::Steinberg::{
    IBStream, IBStreamTrait, int32, int64, kInvalidArgument, kNotImplemented, kResultFalse,
    kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::answer;

/// The stream, while a state is read from it or written to it.
struct Whole {
    host: ComPtr<IBStream>,
    /// True if the host's stream has ended or failed.
    ended: Cell<bool>,
}

impl Class for Whole {
    type Interfaces = (IBStream,);
}

/// Returns the adapter of `stream`; `None` for null.
///
/// # Safety
/// `stream` is null or a stream of the host that lives for the host's call.
pub(super) unsafe fn whole(stream: *mut IBStream) -> Option<ComPtr<IBStream>> {
    // SAFETY: null or alive, as the caller promises.
    let host = unsafe { ComRef::from_raw(stream) }?.to_com_ptr();
    let ended = Cell::new(false);
    ComWrapper::new(Whole { host, ended }).to_com_ptr()
}

impl Whole {
    /// Calls `some` with the address and length of the remaining bytes and the place for the count, until none remain.
    fn repeat(
        &self,
        buffer: *mut c_void,
        count: int32,
        done: *mut int32,
        some: impl Fn(*mut c_void, int32, *mut int32) -> tresult,
    ) -> tresult {
        if buffer.is_null() && count > 0 || count < 0 {
            return kInvalidArgument;
        }
        let mut sum = 0;
        while sum < count && !self.ended.get() {
            let mut moved = 0;
            let left = count - sum;
            let result = some(
                buffer.cast::<u8>().wrapping_add(sum as usize).cast(),
                left,
                &mut moved,
            );
            let moved = moved.clamp(0, left);
            sum += moved;
            self.ended.set(result != kResultOk || moved == 0);
        }
        // SAFETY: null or a place for the count, as the caller of the stream promises.
        if let Some(done) = unsafe { done.as_mut() } {
            *done = sum;
        }
        kResultOk
    }
}

impl IBStreamTrait for Whole {
    unsafe fn read(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        answer(|| {
            self.repeat(buffer, count, done, |place, left, moved| {
                // SAFETY: `place` has room for `left` bytes, the rest of what the caller offers.
                unsafe { self.host.read(place, left, moved) }
            })
        })
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        answer(|| {
            let mut sum = 0;
            let result = self.repeat(
                buffer,
                count,
                ptr::from_mut(&mut sum),
                |place, left, moved| {
                    // SAFETY: `place` holds `left` bytes, the rest of what the caller gives.
                    unsafe { self.host.write(place, left, moved) }
                },
            );
            // SAFETY: null or a place for the count, as the caller of the stream promises.
            if let Some(done) = unsafe { done.as_mut() } {
                *done = sum;
            }
            // A truncated state must not pass for a saved one.
            if result == kResultOk && sum < count {
                return kResultFalse;
            }
            result
        })
    }

    unsafe fn seek(&self, _place: int64, _mode: int32, _result: *mut int64) -> tresult {
        kNotImplemented
    }

    unsafe fn tell(&self, _place: *mut int64) -> tresult {
        kNotImplemented
    }
}
