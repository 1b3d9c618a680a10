//! A host's stream of state bytes: the lengths that it returns are checked, and the state is read and validated before
//! any value changes.
//!
//! nice-plug 0.4.2 trusts the stream: it takes the returned lengths for those in its buffer, reserves any announced
//! length, loads the contents of a truncated stream if they happen to be JSON, refuses the whole state
//! for one value of an unknown type, and reports the reason in debug builds only.

use std::ffi::c_void;
use std::{ptr, slice};

use clap_sys::stream::{clap_istream, clap_ostream};
use nice_plug::plugin::PluginState;
use nice_plug::{nice_error, nice_warn};

use crate::params::state::{LARGEST, StateError, parse};

/// Return value of a stream on failure.
const FAILED: i64 = -1;
/// Bytes read at a time. An announced length reserves no more than that before its bytes arrive.
const PIECE: usize = 1 << 16;

/// Reads the state in `stream` and makes it loadable; `None` if it is refused, which is logged. `[gui]`
///
/// # Safety
/// `stream` is a stream that CLAP allows to be read.
pub(super) unsafe fn read_state(stream: &clap_istream) -> Option<PluginState> {
    // SAFETY: as the caller promises.
    let bytes = unsafe { read(stream) };
    match bytes.and_then(|bytes| parse(&bytes)) {
        Ok((state, report)) => {
            if let Some(sentence) = report.sentence() {
                nice_warn!("{sentence}");
            }
            Some(state)
        }
        Err(error) => {
            nice_error!("The state is refused and nothing of it is loaded: {error}");
            None
        }
    }
}

/// Returns `state` in the format of nice-plug's streams: the length, then JSON. `[gui]`
pub(super) fn encode(state: &PluginState) -> Option<Vec<u8>> {
    let json = serde_json::to_vec(state).ok()?;
    Some([&(json.len() as u64).to_le_bytes(), json.as_slice()].concat())
}

/// Returns the state in `bytes`, as nice-plug has saved it. `[gui]`
pub(super) fn parse_saved(bytes: &[u8]) -> Option<PluginState> {
    parse(bytes.get(size_of::<u64>()..)?)
        .ok()
        .map(|(state, _)| state)
}

/// Returns a stream that reads from `rest`, which must not move while the stream is used.
pub(super) fn over(rest: &mut &[u8]) -> clap_istream {
    clap_istream {
        ctx: ptr::from_mut(rest).cast(),
        read: Some(read_slice),
    }
}

/// Reads the bytes of the state in `stream`, as many as the eight-byte length prefix announces.
///
/// # Safety
/// `stream` is a stream that CLAP allows to be read.
unsafe fn read(stream: &clap_istream) -> Result<Vec<u8>, StateError> {
    let mut bytes = Vec::new();
    // SAFETY: as the caller promises.
    unsafe { read_exactly(stream, &mut bytes, size_of::<u64>()) }?;
    let length = <[u8; 8]>::try_from(bytes.as_slice()).map_or(0, u64::from_le_bytes);
    if length > LARGEST {
        return Err(StateError::TooLarge { announced: length });
    }
    bytes.clear();
    // SAFETY: as the caller promises.
    unsafe { read_exactly(stream, &mut bytes, length as usize) }?;
    Ok(bytes)
}

/// Fills `bytes`, which are empty, with `length` bytes of `stream`.
///
/// # Safety
/// As for [`read`].
unsafe fn read_exactly(
    stream: &clap_istream,
    bytes: &mut Vec<u8>,
    length: usize,
) -> Result<(), StateError> {
    let mut piece = [0; PIECE];
    while bytes.len() < length {
        let read = bytes.len() as u64;
        let function = stream.read.ok_or(StateError::Unreadable { read })?;
        let wanted = (length - bytes.len()).min(PIECE);
        // SAFETY: the piece has room for as many bytes as are wanted, and the stream is one that may be read.
        let got = unsafe { function(stream, piece.as_mut_ptr().cast(), wanted as u64) };
        match usize::try_from(got) {
            Ok(0) => {
                let announced = length as u64;
                return Err(StateError::Truncated { read, announced });
            }
            Ok(got) if got <= wanted => bytes.extend_from_slice(&piece[..got]),
            _ => return Err(StateError::Unreadable { read }),
        }
    }
    Ok(())
}

/// Reads from the slice that the stream's context points to.
unsafe extern "C" fn read_slice(
    stream: *const clap_istream,
    buffer: *mut c_void,
    size: u64,
) -> i64 {
    // SAFETY: `over` made the stream, and its context is a slice that nothing else uses in the meantime.
    let rest = unsafe { &mut *(*stream).ctx.cast::<&[u8]>() };
    let count = rest.len().min(usize::try_from(size).unwrap_or(usize::MAX));
    let (piece, after) = rest.split_at(count);
    // SAFETY: nice-plug's buffer has room for `size` bytes, and is not a part of the slice.
    unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), buffer.cast(), count) };
    *rest = after;
    count as i64
}

/// Returns a stream that writes to `real` but treats a return value above the given size as a failure. `real` must not
/// move while the stream is used.
pub(super) fn checked_output(real: &clap_ostream) -> clap_ostream {
    clap_ostream {
        ctx: (&raw const *real).cast_mut().cast(),
        write: Some(write),
    }
}

/// Returns a stream that appends to `bytes`, which must not move while the stream is used.
pub(super) fn into(bytes: &mut Vec<u8>) -> clap_ostream {
    clap_ostream {
        ctx: ptr::from_mut(bytes).cast(),
        write: Some(append),
    }
}

/// Writes all `bytes` to a host's stream, in as many pieces as it takes; returns false if the stream fails or takes none.
/// `[gui]`
pub(super) fn write_all(stream: &clap_ostream, mut bytes: &[u8]) -> bool {
    let checked = checked_output(stream);
    while !bytes.is_empty() {
        // SAFETY: the checked stream leads to the host's, and the bytes live until the call returns.
        let count = unsafe {
            write(
                &raw const checked,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
            )
        };
        match usize::try_from(count) {
            Ok(count @ 1..) => bytes = &bytes[count..],
            _ => return false,
        }
    }
    true
}

/// Appends to the vector that the stream's context points to.
unsafe extern "C" fn append(stream: *const clap_ostream, buffer: *const c_void, size: u64) -> i64 {
    // SAFETY: `into` made the stream, and its context is a vector that nothing else uses in the meantime; nice-plug's
    // buffer holds `size` bytes.
    unsafe {
        let bytes = &mut *(*stream).ctx.cast::<Vec<u8>>();
        bytes.extend_from_slice(slice::from_raw_parts(buffer.cast(), size as usize));
    }
    size as i64
}

unsafe extern "C" fn write(stream: *const clap_ostream, buffer: *const c_void, size: u64) -> i64 {
    // SAFETY: nice-plug passes the stream that it was given, which `checked_output` made around a host's.
    let real = unsafe { (*stream).ctx.cast_const().cast::<clap_ostream>() };
    // SAFETY: as above.
    let Some(write) = (unsafe { (*real).write }) else {
        return FAILED;
    };
    // SAFETY: the host's own function, called with its stream and nice-plug's buffer.
    let answer = unsafe { write(real, buffer, size) };
    match u64::try_from(answer) {
        Ok(count) if count <= size => answer,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host's stream over these bytes, which returns at most `piece` of them at a time, and `then` after `end` of them.
    struct Host {
        bytes: Vec<u8>,
        at: usize,
        piece: usize,
        end: usize,
        then: i64,
        calls: usize,
        largest: u64,
    }

    unsafe extern "C" fn answer(
        stream: *const clap_istream,
        buffer: *mut c_void,
        size: u64,
    ) -> i64 {
        // SAFETY: the context is the host that `read_from` has made the stream of.
        let host = unsafe { &mut *(*stream).ctx.cast::<Host>() };
        host.calls += 1;
        host.largest = host.largest.max(size);
        let rest = &host.bytes[host.at..host.bytes.len().min(host.end)];
        let count = rest.len().min(host.piece).min(size as usize);
        if count == 0 && size > 0 {
            return host.then;
        }
        // SAFETY: the buffer has room for `size` bytes, and no more are copied.
        unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count) };
        host.at += count;
        count as i64
    }

    fn host(length: u64, content: &[u8]) -> Host {
        Host {
            bytes: [&length.to_le_bytes(), content].concat(),
            at: 0,
            piece: usize::MAX,
            end: usize::MAX,
            then: 0,
            calls: 0,
            largest: 0,
        }
    }

    fn read_from(host: &mut Host) -> Result<Vec<u8>, StateError> {
        let stream = clap_istream {
            ctx: ptr::from_mut(host).cast(),
            read: Some(answer),
        };
        // SAFETY: the stream and its host live until this returns.
        unsafe { read(&stream) }
    }

    #[test]
    fn a_stream_in_pieces_of_any_size_is_read_whole() {
        let content: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        for piece in [1, 7, 8, 9, PIECE - 1, PIECE, PIECE + 1, usize::MAX] {
            let mut host = host(content.len() as u64, &content);
            host.piece = piece;
            assert_eq!(read_from(&mut host).unwrap(), content, "{piece}");
            assert!(host.largest <= PIECE as u64);
        }
        // Bytes after the state belong to the host.
        let mut host = host(3, b"abcdef");
        assert_eq!(read_from(&mut host).unwrap(), b"abc");
        assert_eq!(host.at, 11);
    }

    #[test]
    fn a_stream_that_ends_or_fails_midway_is_refused() {
        let content = [b'x'; 1000];
        for end in [0, 1, 7, 8, 9, 500, 1007] {
            for then in [0, -1, i64::MIN, i64::MAX, PIECE as i64 + 1] {
                let mut host = host(1000, &content);
                (host.end, host.then) = (end, then);
                let error = read_from(&mut host).unwrap_err();
                let read = if end < 8 { end } else { end - 8 } as u64;
                let announced = if end < 8 { 8 } else { 1000 };
                let expected = match then {
                    0 => StateError::Truncated { read, announced },
                    _ => StateError::Unreadable { read },
                };
                assert_eq!(error, expected, "{end} bytes, then {then}");
            }
        }
    }

    #[test]
    fn an_absurd_length_costs_one_call() {
        for length in [LARGEST + 1, 200_000_000, 1 << 40, u64::MAX] {
            let mut host = host(length, b"{}");
            let error = read_from(&mut host).unwrap_err();
            assert_eq!(error, StateError::TooLarge { announced: length });
            assert_eq!(host.calls, 1);
        }
        let mut host = host(LARGEST, b"{}");
        let error = read_from(&mut host).unwrap_err();
        let (read, announced) = (2, LARGEST);
        assert_eq!(error, StateError::Truncated { read, announced });
        assert_eq!(host.calls, 3);
    }

    #[test]
    fn a_stream_without_a_function_is_refused() {
        let stream = clap_istream {
            ctx: ptr::null_mut(),
            read: None,
        };
        // SAFETY: the stream has no function.
        assert!(unsafe { read(&stream) }.is_err());
    }
}
