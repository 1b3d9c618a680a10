//! A host's stream of state bytes, with the lengths that it answers checked: nice-plug takes them for the length of
//! what is in its buffer.

use std::ffi::c_void;

use clap_sys::stream::{clap_istream, clap_ostream};

/// What a stream answers on failure.
const FAILED: i64 = -1;

/// `real`, with no answer above what was asked for. `real` stays where it is while this is used.
pub(super) fn checked_input(real: &clap_istream) -> clap_istream {
    clap_istream {
        ctx: (&raw const *real).cast_mut().cast(),
        read: Some(read),
    }
}

/// `real`, with no answer above what was given to it. `real` stays where it is while this is used.
pub(super) fn checked_output(real: &clap_ostream) -> clap_ostream {
    clap_ostream {
        ctx: (&raw const *real).cast_mut().cast(),
        write: Some(write),
    }
}

fn checked(answer: i64, size: u64) -> i64 {
    match u64::try_from(answer) {
        Ok(count) if count <= size => answer,
        _ => FAILED,
    }
}

unsafe extern "C" fn read(stream: *const clap_istream, buffer: *mut c_void, size: u64) -> i64 {
    // SAFETY: nice-plug passes the stream that it got, which `checked_input` made around a host's.
    let real = unsafe { (*stream).ctx.cast_const().cast::<clap_istream>() };
    // SAFETY: as above.
    match unsafe { (*real).read } {
        // SAFETY: the host's own function, called with its stream and nice-plug's buffer.
        Some(read) => checked(unsafe { read(real, buffer, size) }, size),
        None => FAILED,
    }
}

unsafe extern "C" fn write(stream: *const clap_ostream, buffer: *const c_void, size: u64) -> i64 {
    // SAFETY: as in `read`, with `checked_output`.
    let real = unsafe { (*stream).ctx.cast_const().cast::<clap_ostream>() };
    // SAFETY: as above.
    match unsafe { (*real).write } {
        // SAFETY: the host's own function, called with its stream and nice-plug's buffer.
        Some(write) => checked(unsafe { write(real, buffer, size) }, size),
        None => FAILED,
    }
}
