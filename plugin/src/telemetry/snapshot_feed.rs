//! Feed of the modulation monitors and the overload meters from the audio thread to the editor: a snapshot that is
//! written about thirty times per second of audio, and only while the editor reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tidepool_dsp::engine::ModulationSnapshot;
use tidepool_dsp::rt::metrics::{SnapshotReader, SnapshotWriter, snapshot};

/// Snapshots per second of audio.
const RATE: f32 = 30.0;

/// The audio thread's end. `[audio]`
#[derive(Debug)]
pub struct FeedWriter {
    snapshot: SnapshotWriter<ModulationSnapshot>,
    looks: Arc<AtomicU64>,
    /// Value of `looks` when it last changed.
    looked: u64,
    /// Samples since `looks` last changed.
    idle: u32,
    /// Samples since the last snapshot was written.
    stale: u32,
    /// One second in samples.
    second: u32,
}

/// The editor's end; clones read the same snapshots. `[gui]`
#[derive(Clone, Debug)]
pub struct FeedReader {
    snapshot: SnapshotReader<ModulationSnapshot>,
    looks: Arc<AtomicU64>,
}

/// Returns both ends. Allocates. `[gui]`
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
    /// Sets the sample rate in Hz.
    pub fn prepare(&mut self, sample_rate: f32) {
        self.second = sample_rate as u32;
    }

    /// Returns true if a reader has read within the last second of audio.
    pub fn is_observed(&self) -> bool {
        self.idle <= self.second
    }

    /// Counts `samples` played samples; writes the snapshot that `monitor` returns, if one is due and is being read.
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
    /// Returns the last snapshot; reading at least once a second keeps new ones coming. `None` while the writer was
    /// interrupted in the middle of a write.
    pub fn read(&self) -> Option<Box<ModulationSnapshot>> {
        self.looks.fetch_add(1, Relaxed);
        self.snapshot.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_snapshots_a_second_while_the_editor_is_open_and_none_after_that() {
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
        // At once, then thirty times a second until the reads stop.
        assert_eq!(play(3), 31.0);
        assert_eq!(reader.read().unwrap().sources[1], 31.0);
        assert_eq!(play(1), 30.0);
        assert_eq!(reader.read().unwrap().sources[1], 61.0);
    }
}
