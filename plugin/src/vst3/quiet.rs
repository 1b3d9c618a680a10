//! Keeps clap-wrapper's messages off the host's standard error.
//!
//! The wrapper prints a line for each instance with `fprintf`. `build.rs` tells the linker of the plugin to take
//! [`__wrap_fprintf`] for every `fprintf` of the objects it links; libraries that are loaded at run time are not touched, and no C++
//! in the plugin but the wrapper's uses the function.

use std::ffi::{c_char, c_int, c_void};

/// Prints nothing. The variable arguments of the caller are in registers and on its own stack, where a callee may leave
/// them unread, on x86-64 and ARM64 alike.
// SAFETY: the linker's `--wrap` reserves the name for a replacement of `fprintf`.
#[unsafe(no_mangle)]
pub extern "C" fn __wrap_fprintf(_stream: *mut c_void, _format: *const c_char) -> c_int {
    0
}

/// The same with the extra argument of compilers that check formats, Ubuntu's for one.
// SAFETY: as above, for `__fprintf_chk`.
#[unsafe(no_mangle)]
pub extern "C" fn __wrap___fprintf_chk(
    _stream: *mut c_void,
    _flag: c_int,
    _format: *const c_char,
) -> c_int {
    0
}
