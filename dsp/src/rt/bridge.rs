//! The ping-pong bridge: pool frames from the audio thread to one consumer and back.
//!
//! [`bridge`] makes three ends. The audio thread fills a [`FrameWriter`] and sends it; with it goes the
//! ownership, so that nothing sent can be touched. The consumer reads what it [receives](Receiver::receive)
//! and, by dropping it, returns it. A frame that is not returned in time is written off and replaced
//! from a spare; when it comes after all, its generation tells that it is late, and it becomes a
//! spare itself. Whatever the consumer does or fails to do costs dropped chunks, which are counted, and
//! never a wait. See `docs/internals/memory.md` for the picture.

mod control;
mod counters;
mod limits;
mod mailbox;
#[cfg(all(test, loom))]
mod models;
mod receiver;
mod sender;
mod set;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use control::BridgeControl;
pub use counters::{BridgeReader, BridgeStatus, FrameState, Row};
pub use limits::ResizeError;
pub(crate) use limits::{Field, fields as bridge_fields};
pub use receiver::{Received, Receiver};
pub use sender::{FrameWriter, Sender};

use super::pool::{Account, Frame, FramePool};
use control::SharedSettings;
use counters::BridgeCounters;
use mailbox::mailbox;
use set::Set;

/// Most frames, spares aside, that a bridge can have.
pub const MAX_FRAMES: usize = 128;
/// Most spares.
pub const MAX_SPARES: usize = 32;
/// Most samples in a frame.
pub const MAX_SAMPLES: usize = 16_384;
/// Room for every frame of a set and of the set before it; loom's bridges have just a few.
const CELLS: usize = if cfg!(loom) {
    4
} else {
    2 * (MAX_FRAMES + MAX_SPARES)
};

/// How a bridge is laid out. All of it can be changed while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BridgeConfig {
    /// Frames that go to and fro, 1 to [`MAX_FRAMES`].
    pub frames: usize,
    /// `f32` samples in each, 2 to [`MAX_SAMPLES`].
    pub samples: usize,
    /// Frames that replace written-off ones, 0 to [`MAX_SPARES`].
    pub spares: usize,
    /// How long the consumer may keep a frame, 1 ms to 1 hour.
    pub timeout: Duration,
    /// How long nothing may come back, while something is out, before the consumer counts as stalled;
    /// 1 ms to 1 hour.
    pub stall: Duration,
    /// Who the frames are counted to in the pool.
    pub account: Account,
}

impl Default for BridgeConfig {
    /// 16 frames of 4096 bytes, 3 seconds.
    fn default() -> Self {
        Self {
            frames: 16,
            samples: 1024,
            spares: 4,
            timeout: Duration::from_millis(3000),
            stall: Duration::from_millis(250),
            account: 0,
        }
    }
}

/// What every frame carries beside its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stamp {
    /// In Hz.
    pub sample_rate: f32,
    /// Channels, one behind the other in the frame.
    pub channels: u16,
    /// Samples per channel that mean something.
    pub valid: u16,
    /// Position of the first sample on the sample clock.
    pub position: u64,
}

/// Which frame it is: its number in the set, how often that number has been given to another frame, and
/// which set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Below the number of frames.
    pub id: u16,
    /// The set, which changes with every resize.
    pub epoch: u32,
    /// Grows with every write-off.
    pub generation: u32,
}

/// A frame on its way to the consumer: with its header no longer than a cache line.
struct SentFrame {
    frame: Frame<f32>,
    identity: Identity,
    stamp: Stamp,
}

/// A frame on its way back.
struct ReturnedFrame {
    frame: Frame<f32>,
    identity: Identity,
}

/// A bridge over frames of `pool`. Allocates; the three ends do not. `[gui]`
///
/// # Errors
/// [`ResizeError`] when `config` is out of range or the pool has not enough frames.
pub fn bridge(
    pool: &FramePool,
    config: BridgeConfig,
) -> Result<(Sender, Receiver, BridgeControl), ResizeError> {
    let set = Set::gather(pool, &config, 0)?;
    let counters = Arc::new(BridgeCounters::new(&config));
    let settings = Arc::new(SharedSettings::new(&config));
    let (out, incoming) = mailbox(CELLS);
    let (returns, back) = mailbox(CELLS);
    let sender = Sender::new(out, back, set, counters.clone(), settings.clone());
    let receiver = Receiver::new(incoming, returns, counters.clone());
    Ok((
        sender,
        receiver,
        BridgeControl::new(pool.clone(), config, counters, settings),
    ))
}

impl fmt::Debug for SentFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentFrame")
            .field("identity", &self.identity)
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}
