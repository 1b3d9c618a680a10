//! States of a bridge's frames and its counters, readable from any thread.
//!
//! Every word has a single writer, so that plain stores suffice. The sender's and the receiver's words lie on different
//! cache lines, so that neither slows the other down.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::time::Duration;

use super::{BridgeConfig, Identity, MAX_FRAMES};
#[cfg(feature = "serde")]
use crate::rt::units::{length, nanos};

/// State of a frame of a bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameState {
    /// Held by the sender.
    Available,
    /// Sent and not yet received by the consumer.
    InFlight,
    /// Held by the consumer.
    Processing,
    /// Written off and not yet replaced.
    TimedOut,
}

#[repr(align(64))]
pub(super) struct CacheAligned<T>(pub(super) T);

pub(super) struct BridgeCounters {
    sender: CacheAligned<SenderWords>,
    receiver: CacheAligned<ReceiverWords>,
}

pub(super) struct SenderWords {
    rows: [AtomicU64; MAX_FRAMES],
    pub(super) frames: AtomicU32,
    pub(super) samples: AtomicU32,
    pub(super) spares: AtomicU32,
    pub(super) acquires: AtomicU64,
    pub(super) drops: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) returned: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) stalls: AtomicU64,
    pub(super) stalled: AtomicBool,
    pub(super) resizes: AtomicU64,
    pub(super) timed: AtomicU64,
    pub(super) timed_nanos: AtomicU64,
    pub(super) worst_nanos: AtomicU64,
}

pub(super) struct ReceiverWords {
    rows: [AtomicU64; MAX_FRAMES],
    pub(super) received: AtomicU64,
    pub(super) gone: AtomicBool,
}

/// Packs a row: the identity of a frame and its state as last seen by the writer of the row.
fn pack(identity: Identity, state: FrameState) -> u64 {
    // Sixteen bits of the epoch suffice to distinguish a set from those shortly before and after it.
    let epoch = u64::from(identity.epoch & 0xffff);
    u64::from(identity.generation) | epoch << 32 | (state as u64) << 48
}

fn state_of(row: u64) -> FrameState {
    match row >> 48 {
        0 => FrameState::Available,
        1 => FrameState::InFlight,
        2 => FrameState::Processing,
        _ => FrameState::TimedOut,
    }
}

/// Adds to a word that only the caller writes.
#[inline(always)]
pub(super) fn add(word: &AtomicU64, count: u64) {
    word.store(word.load(Relaxed) + count, Relaxed);
}

impl BridgeCounters {
    pub(super) fn new(config: &BridgeConfig) -> Self {
        let words = || [const { AtomicU64::new(0) }; MAX_FRAMES];
        Self {
            sender: CacheAligned(SenderWords {
                rows: words(),
                frames: AtomicU32::new(config.frames as u32),
                samples: AtomicU32::new(config.samples as u32),
                spares: AtomicU32::new(config.spares as u32),
                acquires: AtomicU64::new(0),
                drops: AtomicU64::new(0),
                sent: AtomicU64::new(0),
                returned: AtomicU64::new(0),
                timeouts: AtomicU64::new(0),
                late: AtomicU64::new(0),
                stalls: AtomicU64::new(0),
                stalled: AtomicBool::new(false),
                resizes: AtomicU64::new(0),
                timed: AtomicU64::new(0),
                timed_nanos: AtomicU64::new(0),
                worst_nanos: AtomicU64::new(0),
            }),
            receiver: CacheAligned(ReceiverWords {
                rows: words(),
                received: AtomicU64::new(0),
                gone: AtomicBool::new(false),
            }),
        }
    }

    /// Returns the words that the sender writes.
    #[inline(always)]
    pub(super) fn sender(&self) -> &SenderWords {
        &self.sender.0
    }

    /// Returns the words that the receiver writes.
    #[inline(always)]
    pub(super) fn receiver(&self) -> &ReceiverWords {
        &self.receiver.0
    }

    #[inline(always)]
    pub(super) fn sender_says(&self, identity: Identity, state: FrameState) {
        self.sender().rows[usize::from(identity.id)].store(pack(identity, state), Relaxed);
    }

    #[inline(always)]
    pub(super) fn receiver_says(&self, identity: Identity, state: FrameState) {
        self.receiver().rows[usize::from(identity.id)].store(pack(identity, state), Relaxed);
    }
}

/// A frame as shown by a map of the bridge's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number in the set.
    pub id: u16,
    /// Number of times that the frame number was given to another frame.
    pub generation: u32,
    /// State of the frame.
    pub state: FrameState,
}

/// Status of a bridge.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BridgeStatus {
    /// Rows of all frames.
    #[cfg_attr(feature = "serde", serde(rename = "frames", with = "length"))]
    pub rows: Vec<Row>,
    /// `f32` samples per frame.
    pub samples: u32,
    /// Available spares.
    pub spares: u32,
    /// Frames requested by the audio thread.
    pub acquires: u64,
    /// Drops: a frame's worth of samples each that was not sent, usually for lack of a free frame.
    pub drops: u64,
    /// Frames sent.
    pub sent: u64,
    /// Frames received by the consumer.
    pub received: u64,
    /// Frames returned in time.
    pub returned: u64,
    /// Frames written off.
    pub timeouts: u64,
    /// Frames returned after they were written off.
    pub late: u64,
    /// Number of stalls of the consumer.
    pub stalls: u64,
    /// True while the consumer is stalled.
    pub stalled: bool,
    /// True if the receiver has been dropped.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub consumer_gone: bool,
    /// Resizes since the bridge was created; each allocates one set of frames, off the audio thread.
    pub resizes: u64,
    /// Mean time of an acquire; every 64th is timed. `None` if none was.
    #[cfg_attr(feature = "serde", serde(rename = "mean_acquire_ns", with = "nanos"))]
    pub mean_acquire: Option<Duration>,
    /// Longest time of an acquire; every 64th is timed. `None` if none was.
    #[cfg_attr(feature = "serde", serde(rename = "worst_acquire_ns", with = "nanos"))]
    pub worst_acquire: Option<Duration>,
}

impl BridgeStatus {
    /// Returns the part of the requested frames that were available; 1 before the first request.
    pub fn hit_rate(&self) -> f64 {
        match self.acquires {
            0 => 1.0,
            all => 1.0 - self.drops as f64 / all as f64,
        }
    }

    /// Returns the number of frames in `state`.
    pub fn count(&self, state: FrameState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}

/// Reads a bridge from any thread without disturbing it; clones read the same bridge.
#[derive(Clone)]
pub struct BridgeReader {
    pub(super) counters: Arc<BridgeCounters>,
}

impl BridgeReader {
    /// Returns the present status. Words are read one by one: in a running bridge, counters may be inconsistent by the
    /// frames that moved in between. Not for the audio thread: allocates.
    pub fn status(&self) -> BridgeStatus {
        let sender = self.counters.sender();
        let receiver = self.counters.receiver();
        let frames = sender.frames.load(Relaxed) as usize;
        let rows = (0..frames.min(MAX_FRAMES))
            .map(|id| {
                let sent = sender.rows[id].load(Relaxed);
                let seen = receiver.rows[id].load(Relaxed);
                let in_flight = state_of(sent) == FrameState::InFlight;
                // The receiver's word counts only if it refers to the same frame that is in flight.
                let same = (sent ^ seen) & 0xffff_ffff_ffff == 0;
                Row {
                    id: id as u16,
                    generation: sent as u32,
                    state: if in_flight && same && state_of(seen) == FrameState::Processing {
                        FrameState::Processing
                    } else {
                        state_of(sent)
                    },
                }
            })
            .collect();
        let timed = sender.timed.load(Relaxed);
        BridgeStatus {
            rows,
            samples: sender.samples.load(Relaxed),
            spares: sender.spares.load(Relaxed),
            acquires: sender.acquires.load(Relaxed),
            drops: sender.drops.load(Relaxed),
            sent: sender.sent.load(Relaxed),
            received: receiver.received.load(Relaxed),
            returned: sender.returned.load(Relaxed),
            timeouts: sender.timeouts.load(Relaxed),
            late: sender.late.load(Relaxed),
            stalls: sender.stalls.load(Relaxed),
            stalled: sender.stalled.load(Relaxed),
            consumer_gone: receiver.gone.load(Relaxed),
            resizes: sender.resizes.load(Relaxed),
            mean_acquire: (sender.timed_nanos.load(Relaxed))
                .checked_div(timed)
                .map(Duration::from_nanos),
            worst_acquire: (timed > 0)
                .then(|| Duration::from_nanos(sender.worst_nanos.load(Relaxed))),
        }
    }
}
