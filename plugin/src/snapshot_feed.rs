//! What the modulation monitors and the overload meters show, on its way from the audio thread to the editor: a board
//! that is written some thirty times a second of audio, and only while somebody looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tidepool_dsp::engine::ModulationSnapshot;
use tidepool_dsp::rt::metrics::{SnapshotReader, SnapshotWriter, snapshot};

/// Pictures a second.
const RATE: f32 = 30.0;

/// The audio thread's end. `[audio]`
#[derive(Debug)]
pub struct FeedWriter {
    snapshot: SnapshotWriter<ModulationSnapshot>,
    looks: Arc<AtomicU64>,
    /// How often somebody had looked when that last changed.
    looked: u64,
    /// Samples since then.
    idle: u32,
    /// Samples since something was put up.
    stale: u32,
    /// Samples of a second.
    second: u32,
}

/// The editor's end; clones see the same. `[gui]`
#[derive(Clone, Debug)]
pub struct FeedReader {
    snapshot: SnapshotReader<ModulationSnapshot>,
    looks: Arc<AtomicU64>,
}

/// Both ends. Allocates. `[gui]`
pub fn snapshot_feed() -> (FeedWriter, FeedReader) {
    let (writer, reader) = snapshot();
    let looks = Arc::<AtomicU64>::default();
    let writer = FeedWriter {
        snapshot: writer,
        looks: looks.clone(),
        looked: 0,
        idle: u32::MAX,
        stale: u32::MAX,
        second: 48_000,
    };
    let reader = FeedReader {
        snapshot: reader,
        looks,
    };
    (writer, reader)
}

impl FeedWriter {
    /// For `sample_rate` in Hz.
    pub fn prepare(&mut self, sample_rate: f32) {
        self.second = sample_rate as u32;
    }

    /// Returns true if somebody has looked within the last second of audio.
    pub fn is_observed(&self) -> bool {
        self.idle <= self.second
    }

    /// So many samples have been played: puts up what `modulation_snapshot` has, if it is time and somebody looks.
    pub fn pass(&mut self, samples: usize, monitor: impl FnOnce() -> ModulationSnapshot) {
        let samples = samples as u32;
        let looks = self.looks.load(Relaxed);
        if looks == self.looked {
            self.idle = self.idle.saturating_add(samples);
        } else {
            self.looked = looks;
            self.idle = 0;
        }
        self.stale = self.stale.saturating_add(samples);
        if self.is_observed() && self.stale as f32 * RATE >= self.second as f32 {
            self.stale = 0;
            self.snapshot.write(&monitor());
        }
    }
}

impl FeedReader {
    /// What was put up last; whoever asks once a second or more often keeps it coming. `None` while the writer is
    /// interrupted in the middle.
    pub fn read(&self) -> Option<Box<ModulationSnapshot>> {
        self.looks.fetch_add(1, Relaxed);
        self.snapshot.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_pictures_a_second_while_somebody_looks_and_none_after_that() {
        let (mut writer, reader) = snapshot_feed();
        writer.prepare(48_000.0);
        let mut taken = 0.0;
        let mut play = |seconds: usize| {
            let before = taken;
            for _ in 0..seconds * 1_500 {
                writer.pass(32, || {
                    taken += 1.0;
                    let mut monitor = ModulationSnapshot::default();
                    monitor.sources[1] = taken;
                    monitor
                });
            }
            taken - before
        };
        assert_eq!(play(2), 0.0);
        assert_eq!(reader.read().unwrap().sources[1], 0.0);
        // At once, then thirty times a second until nobody has looked for one.
        assert_eq!(play(3), 31.0);
        assert_eq!(reader.read().unwrap().sources[1], 31.0);
        assert_eq!(play(1), 30.0);
        assert_eq!(reader.read().unwrap().sources[1], 61.0);
    }
}
