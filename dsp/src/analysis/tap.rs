//! Tap: sends the engine's output over the bridge, frame by frame.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::rt::{Channels, FrameWriter, Sender, Stamp};

/// Sends the output to the analysers. `[audio]`
///
/// Costs a few loads a block while `listening` is not set.
pub struct Tap {
    sender: Sender,
    listening: Arc<AtomicBool>,
    /// Frame that is being filled, with its number of samples per channel so far.
    writer: Option<(FrameWriter, usize)>,
    stamp: Stamp,
    /// Samples left of a frame's length that is dropped, because the bridge had no frame.
    lost: usize,
}

const CHANNELS: usize = 2;

impl Tap {
    /// Number of frames dropped so far because the bridge had none available.
    pub fn drops(&self) -> u64 {
        self.sender.drops()
    }

    /// Creates a tap that sends through `sender` while `listening` is set. `[gui]`
    pub fn new(sender: Sender, listening: Arc<AtomicBool>) -> Self {
        Self {
            sender,
            listening,
            writer: None,
            stamp: Stamp::default(),
            lost: 0,
        }
    }

    /// Maintains the bridge, once a block; see [`Sender::maintain`].
    pub fn maintain(&mut self, now: Duration) {
        self.sender.maintain(now);
    }

    /// Sends a segment of stereo sound. `stamp` has its sample rate and the position of its first sample; the tap sets
    /// channels and length.
    pub fn feed(&mut self, left: &[f32], right: &[f32], stamp: Stamp) {
        // Relaxed: no other data depends on when the change is seen.
        if !self.listening.load(Ordering::Relaxed) {
            self.lost = 0;
            if let Some((writer, _)) = self.writer.take() {
                self.sender.put_back(writer);
            }
            return;
        }
        let room = self.sender.samples() / CHANNELS;
        let length = left.len().min(right.len());
        let mut at = 0;
        while at < length {
            if self.lost > 0 {
                let passed = self.lost.min(length - at);
                self.lost -= passed;
                at += passed;
                continue;
            }
            let (mut writer, filled) = match self.writer.take() {
                Some(begun) => begun,
                None => {
                    self.stamp = Stamp {
                        position: stamp.position + at as u64,
                        channels: CHANNELS as u16,
                        ..stamp
                    };
                    match self.sender.acquire() {
                        Some(writer) => (writer, 0),
                        None => {
                            // A whole frame's length is dropped, and counted once; the next frame begins where it would
                            // have.
                            self.lost = room;
                            continue;
                        }
                    }
                }
            };
            // A frame that was begun before a resize keeps its own size.
            let mut channels = Channels::<CHANNELS>::split(&mut writer);
            let stride = channels.len();
            let count = (length - at).min(stride - filled);
            let [to_left, to_right] = channels.each_mut();
            to_left[filled..filled + count].copy_from_slice(&left[at..at + count]);
            to_right[filled..filled + count].copy_from_slice(&right[at..at + count]);
            at += count;
            if filled + count == stride {
                let valid = stride as u16;
                let stamp = self.stamp;
                self.sender.send(writer, Stamp { valid, ..stamp });
            } else {
                self.writer = Some((writer, filled + count));
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::rt::{BridgeConfig, FramePool, PoolConfig, bridge};

    #[test]
    fn every_sample_arrives_once_whatever_the_block_sizes() {
        let (pool, _maintainer) = FramePool::new(PoolConfig::default()).unwrap();
        let (sender, receiver, control) = bridge(&pool, BridgeConfig::default()).unwrap();
        let listening = Arc::new(AtomicBool::new(false));
        let mut tap = Tap::new(sender, listening.clone());
        let sound: Vec<f32> = (0..20_000).map(|n| n as f32).collect();
        tap.feed(&sound, &sound, Stamp::default());
        assert!(receiver.receive().is_none());
        listening.store(true, Ordering::Relaxed);
        let mut heard = Vec::new();
        let mut at = 0;
        for size in [1, 37, 512, 1000, 64].into_iter().cycle() {
            let end = (at + size).min(sound.len());
            let stamp = Stamp {
                position: at as u64,
                sample_rate: 48_000.0,
                ..Stamp::default()
            };
            tap.feed(&sound[at..end], &sound[at..end], stamp);
            tap.maintain(Duration::ZERO);
            while let Some(got) = receiver.receive() {
                assert_eq!(got.stamp().position, heard.len() as u64);
                assert_eq!(got.channel(0), got.channel(1));
                heard.extend_from_slice(got.channel(0));
            }
            at = end;
            if at == sound.len() {
                break;
            }
        }
        assert_eq!(heard, sound[..20_000 / 512 * 512]);
        assert_eq!(control.reader().status().drops, 0);
    }

    #[test]
    fn a_consumer_that_never_returns_costs_chunks_and_nothing_else() {
        let (pool, _maintainer) = FramePool::new(PoolConfig::default()).unwrap();
        let (sender, receiver, control) = bridge(&pool, BridgeConfig::default()).unwrap();
        let mut tap = Tap::new(sender, Arc::new(AtomicBool::new(true)));
        let sound = [0.5; 4096];
        for size in [4096, 1, 64, 1000] {
            let before = control.reader().status();
            // 800 frames of 512 samples, however the sound is divided.
            for n in 0..409_600_usize.div_ceil(size) {
                let size = size.min(409_600 - n * size);
                tap.feed(&sound[..size], &sound[..size], Stamp::default());
            }
            let status = control.reader().status();
            assert_eq!(status.sent, 16);
            let chunks = status.sent + status.drops - before.sent - before.drops;
            assert_eq!(chunks, 800, "blocks of {size}");
        }
        drop(receiver);
    }
}
