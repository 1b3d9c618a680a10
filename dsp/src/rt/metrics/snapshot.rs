//! A snapshot: a value that one thread writes and any number of threads read, as a sequence lock over plain words.
//!
//! The writer never waits: it makes the sequence odd, stores the words, and makes it even again. A reader copies the
//! words and checks that the sequence was even and is unchanged; otherwise it retries a few times and then returns
//! `None`. (Boehm, Can Seqlocks Get Along With Programming Language Memory Models?, 2012: the words are relaxed atomics,
//! so that a torn copy is no data race and can be discarded.)

use std::marker::PhantomData;

use bytemuck::Pod;

use crate::rt::sync::{Arc, AtomicU64, Ordering, fence};

/// Number of attempts of a reader: a write takes microseconds, and the next one follows milliseconds later.
const TRIES: usize = if cfg!(loom) { 1 } else { 64 };

#[derive(Debug)]
struct Snapshot {
    /// Odd while the words are being written.
    sequence: AtomicU64,
    words: Box<[AtomicU64]>,
}

/// The writing end. `[audio]`
#[derive(Debug)]
pub struct SnapshotWriter<T> {
    snapshot: Arc<Snapshot>,
    content: PhantomData<T>,
}

/// A reading end; clones read the same snapshot.
#[derive(Debug)]
pub struct SnapshotReader<T> {
    snapshot: Arc<Snapshot>,
    content: PhantomData<T>,
}

impl<T> Clone for SnapshotReader<T> {
    fn clone(&self) -> Self {
        Self {
            snapshot: self.snapshot.clone(),
            content: PhantomData,
        }
    }
}

/// Creates a zeroed snapshot. Allocates. `[gui]`
pub fn snapshot<T: Pod>() -> (SnapshotWriter<T>, SnapshotReader<T>) {
    const {
        assert!(size_of::<T>().is_multiple_of(8) && align_of::<T>() <= 8);
    }
    let snapshot = Arc::new(Snapshot {
        sequence: AtomicU64::new(0),
        words: (0..size_of::<T>() / 8).map(|_| AtomicU64::new(0)).collect(),
    });
    let writer = SnapshotWriter {
        snapshot: snapshot.clone(),
        content: PhantomData,
    };
    let reader = SnapshotReader {
        snapshot,
        content: PhantomData,
    };
    (writer, reader)
}

impl<T: Pod> SnapshotWriter<T> {
    /// Replaces the content.
    pub fn write(&mut self, content: &T) {
        let Snapshot { sequence, words } = &*self.snapshot;
        // There is no other writer, so a relaxed load reads the latest value.
        let before = sequence.load(Ordering::Relaxed);
        sequence.store(before + 1, Ordering::Relaxed);
        // A reader that sees one of the words below also sees the odd number.
        fence(Ordering::Release);
        let bytes = bytemuck::bytes_of(content);
        for (word, bytes) in words.iter().zip(bytes.chunks_exact(8)) {
            let bytes: [u8; 8] = bytes.try_into().unwrap_or_default();
            word.store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
        }
        // A reader that sees the even number also sees all of the words.
        sequence.store(before + 2, Ordering::Release);
    }
}

impl<T: Pod> SnapshotReader<T> {
    /// Returns the whole content; `None` if the writer interfered with every attempt.
    pub fn read(&self) -> Option<Box<T>> {
        let mut content: Box<T> = bytemuck::zeroed_box();
        let Snapshot { sequence, words } = &*self.snapshot;
        for _ in 0..TRIES {
            let before = sequence.load(Ordering::Acquire);
            if before % 2 == 1 {
                std::hint::spin_loop();
                continue;
            }
            let bytes = bytemuck::bytes_of_mut(&mut *content);
            for (word, bytes) in words.iter().zip(bytes.chunks_exact_mut(8)) {
                bytes.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
            }
            // Orders the reads of the words before the second read of the sequence.
            fence(Ordering::Acquire);
            if sequence.load(Ordering::Relaxed) == before {
                return Some(content);
            }
        }
        None
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;

    #[test]
    fn a_reader_sees_one_whole_content_or_none() {
        loom::model(|| {
            let (mut writer, reader) = snapshot::<[u64; 2]>();
            let thread = loom::thread::spawn(move || {
                writer.write(&[1, 1]);
                writer.write(&[2, 2]);
            });
            // One try, because a loop would make the model endless.
            if let Some(content) = reader.read() {
                assert_eq!(content[0], content[1]);
            }
            thread.join().unwrap();
            assert_eq!(*reader.read().unwrap(), [2, 2]);
        });
    }

    /// The same with the threads exchanged. Loom begins with the first one and from there does not reach every order:
    /// it remembers only the last load of an atomic, whichever thread made it.
    #[test]
    fn a_reader_that_comes_later_sees_one_whole_content_or_none() {
        loom::model(|| {
            let (mut writer, reader) = snapshot::<[u64; 2]>();
            let thread = loom::thread::spawn(move || {
                if let Some(content) = reader.read() {
                    assert_eq!(content[0], content[1]);
                }
            });
            writer.write(&[1, 1]);
            writer.write(&[2, 2]);
            thread.join().unwrap();
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn readers_under_fire_never_see_a_mixture() {
        let (mut writer, reader) = snapshot::<[u64; 64]>();
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (reader, stop) = (reader.clone(), stop.clone());
                std::thread::spawn(move || {
                    let mut seen = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        if let Some(content) = reader.read() {
                            assert!(content.iter().all(|word| *word == content[0]));
                            assert!(content[0] >= seen);
                            seen = content[0];
                        }
                    }
                    seen
                })
            })
            .collect();
        for n in 1..=20_000u64 {
            writer.write(&[n; 64]);
            if n % 64 == 0 {
                std::thread::yield_now();
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 20_000);
        }
    }
}
