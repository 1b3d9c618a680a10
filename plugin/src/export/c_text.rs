//! Texts as CLAP has them: pointers to terminated strings, and places of a fixed length.

use std::ffi::{CStr, CString, c_char};

/// Returns the text at `text`; `None` if it is null or not UTF-8.
///
/// # Safety
/// `text` is null or a terminated string that lives as long as the result is used.
pub(super) unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text?.to_str().ok()
}

/// Returns `text` for C, without the zeros in it.
pub(super) fn c_text(text: &str) -> CString {
    let bytes = text.bytes().filter(|&byte| byte != 0).collect();
    // No zero is left, so this cannot fail.
    CString::new::<Vec<u8>>(bytes).unwrap_or_default()
}

/// Writes as much of `text` into `place` as fits before the terminating zero.
pub(super) fn write_text(place: &mut [c_char], text: &str) {
    let room = place.len().saturating_sub(1);
    let bytes = text.bytes().take(room).chain([0]);
    for (place, byte) in place.iter_mut().zip(bytes) {
        *place = byte as c_char;
    }
}
