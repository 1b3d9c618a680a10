//! Where a bridge's frames are and what it has counted, for anyone to read.
//!
//! Every word has one writer, so that plain stores do; sender's and receiver's words lie on different
//! cache lines, so that neither slows the other down.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::time::Duration;

use super::{BridgeConfig, Identity, MAX_FRAMES};

/// Where a frame is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameState {
    /// With the sender.
    Available,
    /// Sent, and not yet seen by the consumer.
    InFlight,
    /// With the consumer.
    Processing,
    /// Written off, and not yet replaced.
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

/// A row: the identity it speaks of, and what its writer knows of that frame.
fn pack(identity: Identity, state: FrameState) -> u64 {
    // Sixteen bits of the epoch tell a set from its neighbours in time, which is all that is asked.
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

    /// For the sender.
    #[inline(always)]
    pub(super) fn sender(&self) -> &SenderWords {
        &self.sender.0
    }

    /// For the receiver.
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

/// One frame, as a pool map shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number in the set.
    pub id: u16,
    /// How often the number was given to another frame.
    pub generation: u32,
    /// Where it is.
    pub state: FrameState,
}

/// The figures of a bridge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BridgeStatus {
    /// Every frame.
    pub rows: Vec<Row>,
    /// `f32` samples per frame.
    pub samples: u32,
    /// Spares that lie ready.
    pub spares: u32,
    /// Frames that the audio thread asked for.
    pub acquires: u64,
    /// Chunks dropped because there was no frame.
    pub drops: u64,
    /// Frames sent.
    pub sent: u64,
    /// Frames that the consumer has seen.
    pub received: u64,
    /// Frames that came back in time.
    pub returned: u64,
    /// Frames written off.
    pub timeouts: u64,
    /// Frames that came back after they were written off.
    pub late: u64,
    /// How often the consumer began to stall.
    pub stalls: u64,
    /// Whether it stalls now.
    pub stalled: bool,
    /// Whether the consumer is gone for good.
    pub consumer_gone: bool,
    /// Allocations since the bridge was made: one set of frames for each resize, off the audio thread.
    pub resizes: u64,
    /// Mean time of an acquire, over every 64th of them.
    pub mean_acquire: Duration,
    /// Worst time of an acquire, over every 64th of them.
    pub worst_acquire: Duration,
}

impl BridgeStatus {
    /// Frames given over frames asked for; 1 where none was asked for.
    pub fn hit_rate(&self) -> f64 {
        match self.acquires {
            0 => 1.0,
            all => 1.0 - self.drops as f64 / all as f64,
        }
    }

    /// How many frames are at `state`.
    pub fn count(&self, state: FrameState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}

/// Reads a bridge from any thread without disturbing it; clones read the same one.
#[derive(Clone)]
pub struct BridgeReader {
    pub(super) counters: Arc<BridgeCounters>,
}

impl BridgeReader {
    /// What the bridge says now. Words are read one by one: in a running bridge, neighbours may differ
    /// by the frame that moved in between. Not for the audio thread: allocates.
    pub fn status(&self) -> BridgeStatus {
        let sender = self.counters.sender();
        let receiver = self.counters.receiver();
        let frames = sender.frames.load(Relaxed) as usize;
        let rows = (0..frames.min(MAX_FRAMES))
            .map(|id| {
                let sent = sender.rows[id].load(Relaxed);
                let seen = receiver.rows[id].load(Relaxed);
                let in_flight = state_of(sent) == FrameState::InFlight;
                // The receiver's word counts when it speaks of the very frame that is in flight.
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
            mean_acquire: Duration::from_nanos(
                sender
                    .timed_nanos
                    .load(Relaxed)
                    .checked_div(timed)
                    .unwrap_or(0),
            ),
            worst_acquire: Duration::from_nanos(sender.worst_nanos.load(Relaxed)),
        }
    }
}
