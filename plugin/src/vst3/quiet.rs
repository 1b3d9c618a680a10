//! Keeps clap-wrapper's messages off the host's standard error.
//!
//! The wrapper prints a line for each instance with `fprintf`. `build.rs` tells the linker of the plugin to use
//! [`__wrap_fprintf`] for every `fprintf` of the objects that it links. Libraries loaded at run time are not affected,
//! and the wrapper is the only C++ in the plugin that uses the function.
//! in the plugin but the wrapper's uses the function.

use std::ffi::{c_char, c_int, c_void};

/// Prints nothing. The variable arguments lie in registers and on the caller's stack, where a callee may leave them
/// unread, on x86-64 and ARM64 alike.
// SAFETY: the linker's `--wrap` reserves the name for a replacement of `fprintf`.
#[unsafe(no_mangle)]
pub extern "C" fn __wrap_fprintf(_stream: *mut c_void, _format: *const c_char) -> c_int {
    0
}

/// Prints nothing; the variant with the extra argument of compilers that check formats, such as Ubuntu's.
// SAFETY: as above, for `__fprintf_chk`.
#[unsafe(no_mangle)]
pub extern "C" fn __wrap___fprintf_chk(
    _stream: *mut c_void,
    _flag: c_int,
    _format: *const c_char,
) -> c_int {
    0
}
