//! The bridge: pool frames from the audio thread to one consumer and back.
//!
//! [`bridge`] creates the three ends. The audio thread fills a [`FrameWriter`] and sends it, which moves the ownership,
//! so that nothing can be written after it is sent. The consumer reads the frame that it
//! [receives](Receiver::receive) and returns it by dropping it. A frame that is not returned in time is written off and
//! replaced by a spare; when it comes back after all, its generation identifies it as late, and it becomes a spare.
//! The worst that a slow or absent consumer causes is drops, which are counted; the audio thread never waits.
//! `docs/internals/memory.md` has a diagram.

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
#[cfg(feature = "serde")]
use super::units::millis;
use control::SharedSettings;
use counters::BridgeCounters;
use mailbox::mailbox;
use set::Set;

/// Maximum number of frames of a bridge, not counting spares.
pub const MAX_FRAMES: usize = 128;
/// Maximum number of spares.
pub const MAX_SPARES: usize = 32;
/// Maximum number of samples in a frame.
pub const MAX_SAMPLES: usize = 16_384;
/// Capacity for all frames of a set and of the set before it; reduced for loom.
const CELLS: usize = if cfg!(loom) {
    4
} else {
    2 * (MAX_FRAMES + MAX_SPARES)
};

/// Configuration of a bridge. All of it can be changed while the bridge runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BridgeConfig {
    /// Number of frames in circulation, 1 to [`MAX_FRAMES`].
    #[cfg_attr(feature = "serde", serde(rename = "bridge_frames"))]
    pub frames: usize,
    /// `f32` samples per frame, 2 to [`MAX_SAMPLES`].
    #[cfg_attr(feature = "serde", serde(rename = "bridge_samples"))]
    pub samples: usize,
    /// Frames that replace written-off ones, 0 to [`MAX_SPARES`].
    #[cfg_attr(feature = "serde", serde(rename = "bridge_spares"))]
    pub spares: usize,
    /// Longest time that the consumer may keep a frame, 1 ms to 1 hour.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "bridge_timeout_ms", with = "millis")
    )]
    pub timeout: Duration,
    /// Time without a returned frame, while frames are out, after which the consumer counts as stalled; 1 ms to 1 hour.
    #[cfg_attr(feature = "serde", serde(rename = "bridge_stall_ms", with = "millis"))]
    pub stall: Duration,
    /// Account that the frames are booked on in the pool.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub account: Account,
}

impl Default for BridgeConfig {
    /// 16 frames of 4096 bytes, with a timeout of 3 seconds.
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

/// Header of a frame: the format and position of its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stamp {
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Number of channels, consecutive in the frame.
    pub channels: u16,
    /// Number of valid samples per channel.
    pub valid: u16,
    /// Position of the first sample on the sample clock.
    pub position: u64,
}

/// Identity of a frame: its number in the set, how often that number has been given to another frame, and the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Number in the set, below the number of frames.
    pub id: u16,
    /// Epoch of the set, which changes with every resize.
    pub epoch: u32,
    /// Number of write-offs of this frame number so far.
    pub generation: u32,
}

/// A frame on its way to the consumer; fits into a cache line together with the header of its mailbox cell.
struct SentFrame {
    frame: Frame<f32>,
    identity: Identity,
    stamp: Stamp,
}

/// A frame on its way back to the sender.
struct ReturnedFrame {
    frame: Frame<f32>,
    identity: Identity,
}

/// Creates a bridge over frames of `pool`. Allocates; using its three ends does not. `[gui]`
///
/// ```
/// use tidepool_dsp::rt::{BridgeConfig, FramePool, PoolConfig, Stamp, bridge};
///
/// let (pool, _maintainer) = FramePool::new(PoolConfig::default())?;
/// let (mut sender, receiver, _control) = bridge(&pool, BridgeConfig::default())?;
/// let mut frame = sender.acquire().expect("all frames are free");
/// frame[..64].fill(0.5);
/// sender.send(frame, Stamp { channels: 1, valid: 64, ..Stamp::default() });
///
/// let received = receiver.receive().expect("a frame was sent");
/// assert_eq!(received.channel(0), [0.5; 64]);
/// drop(received); // on its way back to the sender
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ResizeError`] if `config` is out of range or the pool has not enough frames.
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
