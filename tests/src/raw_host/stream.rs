//! Streams for states, well-behaved and faulty ones.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;

use clap_sys::stream::{clap_istream, clap_ostream};

/// Behaviour of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Transfers all requested bytes at once.
    Whole,
    /// Transfers at most three bytes at a time.
    Trickle,
    /// Fails once this many bytes have been transferred.
    Fails(usize),
    /// Reports more bytes than were requested.
    Boasts,
    /// Has a null function.
    Mute,
}

/// Stream that the plugin reads from.
pub(super) struct Source<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: Cell<usize>,
    pub(super) flow: Flow,
}

impl Source<'_> {
    pub(super) fn raw(&self) -> clap_istream {
        clap_istream {
            ctx: ptr::from_ref(self).cast_mut().cast(),
            read: (self.flow != Flow::Mute).then_some(read),
        }
    }
}

/// Stream that the plugin writes to.
pub(super) struct Sink {
    pub(super) bytes: RefCell<Vec<u8>>,
    pub(super) flow: Flow,
}

impl Sink {
    pub(super) fn raw(&self) -> clap_ostream {
        clap_ostream {
            ctx: ptr::from_ref(self).cast_mut().cast(),
            write: (self.flow != Flow::Mute).then_some(write),
        }
    }
}

/// Returns the number of bytes to transfer out of `size` after `passed` bytes, or `None` for an error.
fn portion(flow: Flow, passed: usize, size: usize) -> Option<usize> {
    match flow {
        Flow::Trickle => Some(size.min(3)),
        Flow::Fails(after) if passed >= after => None,
        Flow::Fails(after) => Some(size.min(after - passed)),
        Flow::Whole | Flow::Boasts | Flow::Mute => Some(size),
    }
}

unsafe extern "C" fn read(stream: *const clap_istream, buffer: *mut c_void, size: u64) -> i64 {
    // SAFETY: the stream was made by `Source::raw`, whose source outlives the plugin's call.
    let source = unsafe { &*(*stream).ctx.cast::<Source<'_>>() };
    let rest = &source.bytes[source.at.get()..];
    let Some(portion) = portion(source.flow, source.at.get(), size as usize) else {
        return -1;
    };
    let length = portion.min(rest.len());
    // SAFETY: the plugin provides memory for `size` bytes, and no more are copied.
    unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), length) };
    source.at.set(source.at.get() + length);
    match source.flow {
        Flow::Boasts => size as i64 + 1,
        _ => length as i64,
    }
}

unsafe extern "C" fn write(stream: *const clap_ostream, buffer: *const c_void, size: u64) -> i64 {
    // SAFETY: the stream was made by `Sink::raw`, whose sink outlives the plugin's call.
    let sink = unsafe { &*(*stream).ctx.cast::<Sink>() };
    let mut bytes = sink.bytes.borrow_mut();
    let Some(length) = portion(sink.flow, bytes.len(), size as usize) else {
        return -1;
    };
    // SAFETY: the plugin offers `size` bytes, and no more are read.
    bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(buffer.cast(), length) });
    match sink.flow {
        Flow::Boasts => size as i64 + 1,
        _ => length as i64,
    }
}
