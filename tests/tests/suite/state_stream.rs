//! Stream between host and plugin: in pieces of any size, and with an end or an error at any position.

use std::io::{self, Read, Write};

use clack_extensions::state::PluginState;
use tidepool_tests::Rig;

use crate::state::change;

/// Stream that transfers `piece` bytes at a time, and fails after `end` bytes.
struct Stream {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
    end: usize,
}

impl Stream {
    fn over(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            at: 0,
            piece: 1,
            end: usize::MAX,
        }
    }

    fn room(&self, wanted: usize) -> io::Result<usize> {
        match self.end - self.at {
            0 => Err(io::Error::other("the disk is full")),
            left => Ok(left.min(wanted).min(self.piece)),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.len() - self.at;
        let count = self.room(buffer.len().min(rest).max(1))?.min(rest);
        buffer[..count].copy_from_slice(&self.bytes[self.at..][..count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.room(buffer.len())?;
        self.bytes.extend_from_slice(&buffer[..count]);
        self.at += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn load(rig: &mut Rig, stream: &mut Stream) -> bool {
    let handle = rig.instance.handle();
    let state: PluginState = handle.get_extension().expect("the plugin keeps states");
    state.load(&handle, stream).is_ok()
}

fn save(rig: &mut Rig, stream: &mut Stream) -> bool {
    let handle = rig.instance.handle();
    let state: PluginState = handle.get_extension().expect("the plugin keeps states");
    state.save(&handle, stream).is_ok()
}

#[test]
fn one_byte_at_a_time_is_enough() {
    let mut rig = Rig::new();
    change(&mut rig);
    let state = rig.instance.save().expect("the state is saved");
    let mut stream = Stream::over(&[]);
    assert!(save(&mut rig, &mut stream));
    assert_eq!(stream.bytes, state);
    let mut fresh = Rig::new();
    assert!(load(&mut fresh, &mut Stream::over(&state)));
    assert_eq!(fresh.instance.save().expect("the state is saved"), state);
}

#[test]
fn a_stream_that_fails_midway_changes_nothing() {
    let mut rig = Rig::new();
    let other = rig.instance.save().expect("the state is saved");
    change(&mut rig);
    let state = rig.instance.save().expect("the state is saved");
    for end in [0, 3, 8, 9, other.len() / 2, other.len() - 1] {
        let mut stream = Stream::over(&other);
        (stream.piece, stream.end) = (1000, end);
        assert!(!load(&mut rig, &mut stream), "after {end} bytes");
        assert_eq!(rig.instance.save().expect("the state is saved"), state);
        let mut stream = Stream::over(&[]);
        (stream.piece, stream.end) = (1000, end);
        assert!(!save(&mut rig, &mut stream), "after {end} bytes");
    }
    assert!(load(&mut rig, &mut Stream::over(&other)));
    assert_eq!(rig.instance.save().expect("the state is saved"), other);
}
