//! The control end of a bridge: changes its configuration while it runs.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use super::counters::{BridgeCounters, BridgeReader};
use super::sender::Set;
use super::{BridgeConfig, MAX_FRAMES, MAX_SAMPLES, MAX_SPARES};
use crate::rt::pool::FramePool;

/// Settings and frame sets passed from the control to the sender.
pub(super) struct SharedSettings {
    timeout_nanos: AtomicU64,
    stall_nanos: AtomicU64,
    watch_stalls: AtomicBool,
    /// A new set on its way to the sender, and old ones on their way back to be freed.
    pub(super) fresh: ArrayQueue<Box<Set>>,
    pub(super) stale: ArrayQueue<Box<Set>>,
}

impl SharedSettings {
    pub(super) fn new(config: &BridgeConfig) -> Self {
        Self {
            timeout_nanos: AtomicU64::new(config.timeout.as_nanos() as u64),
            stall_nanos: AtomicU64::new(config.stall.as_nanos() as u64),
            watch_stalls: AtomicBool::new(true),
            fresh: ArrayQueue::new(1),
            stale: ArrayQueue::new(2),
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_nanos(self.timeout_nanos.load(Relaxed))
    }

    /// Returns the stall timeout, or `None` while stall detection is off.
    pub(super) fn stall(&self) -> Option<Duration> {
        self.watch_stalls
            .load(Relaxed)
            .then(|| Duration::from_nanos(self.stall_nanos.load(Relaxed)))
    }
}

/// An hour in milliseconds.
const HOUR: u64 = 3_600_000;

/// Reason why a bridge cannot be created or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeError {
    /// A value is out of range.
    Range {
        /// Name of the value.
        what: &'static str,
        /// Rejected value.
        value: u64,
        /// Minimum.
        least: u64,
        /// Maximum.
        most: u64,
    },
    /// The pool has not enough frames of this size. More have been requested from its maintainer, which allocates them
    /// at its next round as far as the pool's limit allows.
    PoolEmpty {
        /// Samples per frame.
        samples: usize,
    },
    /// The audio thread has not yet taken over the last change.
    Busy,
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range {
                what,
                value,
                least,
                most,
            } => write!(f, "bridge: {what} is {value}, but has to be {least} to {most}"),
            Self::PoolEmpty { samples } => write!(
                f,
                "bridge: the pool has not enough frames of {samples} samples yet; try again, and if that does not help, raise its limit or ask for fewer"
            ),
            Self::Busy => f.write_str(
                "bridge: the audio thread has not yet taken the last change; try again when it runs",
            ),
        }
    }
}

impl std::error::Error for ResizeError {}

/// Changes a bridge while it runs. `[gui]` or `[worker]`
pub struct BridgeControl {
    pool: FramePool,
    config: BridgeConfig,
    epoch: u32,
    counters: Arc<BridgeCounters>,
    settings: Arc<SharedSettings>,
}

impl BridgeControl {
    pub(super) fn new(
        pool: FramePool,
        config: BridgeConfig,
        counters: Arc<BridgeCounters>,
        settings: Arc<SharedSettings>,
    ) -> Self {
        Self {
            pool,
            config,
            epoch: 0,
            counters,
            settings,
        }
    }

    /// Returns a reader of the bridge's counters.
    pub fn reader(&self) -> BridgeReader {
        BridgeReader {
            counters: self.counters.clone(),
        }
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn settings(&self) -> &SharedSettings {
        &self.settings
    }

    /// Returns the last accepted configuration.
    pub fn config(&self) -> BridgeConfig {
        self.config
    }

    /// Replaces the frames by `frames` frames of `samples` samples. The audio thread takes over the new ones at its next
    /// `Sender::maintain`; the old ones return to the pool as they come back.
    ///
    /// # Errors
    /// [`ResizeError`]; the bridge then stays as it was.
    pub fn resize(&mut self, frames: usize, samples: usize) -> Result<(), ResizeError> {
        self.tidy();
        let config = BridgeConfig {
            frames,
            samples,
            ..self.config
        };
        let epoch = self.epoch.wrapping_add(1);
        let set = Set::gather(&self.pool, &config, epoch)?;
        self.settings
            .fresh
            .push(set)
            .map_err(|_| ResizeError::Busy)?;
        self.config = config;
        self.epoch = epoch;
        Ok(())
    }

    /// Sets the longest time that the consumer may keep a frame, 1 ms to 1 hour.
    ///
    /// # Errors
    /// [`ResizeError::Range`].
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), ResizeError> {
        in_range(timeout_field(timeout))?;
        self.config.timeout = timeout;
        self.settings
            .timeout_nanos
            .store(timeout.as_nanos() as u64, Relaxed);
        Ok(())
    }

    /// Turns the detection of consumer stalls on or off.
    pub fn watch_stalls(&self, watch: bool) {
        self.settings.watch_stalls.store(watch, Relaxed);
    }

    /// Frees the sets that the sender has replaced. To be called from time to time.
    pub fn tidy(&self) {
        while self.settings.stale.pop().is_some() {}
    }
}

/// Name, value and permitted range of a configuration field.
pub(crate) type Field = (&'static str, u64, RangeInclusive<u64>);

/// Returns every field of the configuration that has a range.
pub(crate) fn fields(config: &BridgeConfig) -> [Field; 5] {
    [
        ("frames", config.frames as u64, 1..=MAX_FRAMES as u64),
        ("samples", config.samples as u64, 2..=MAX_SAMPLES as u64),
        ("spares", config.spares as u64, 0..=MAX_SPARES as u64),
        timeout_field(config.timeout),
        ("stall in ms", config.stall.as_millis() as u64, 1..=HOUR),
    ]
}

fn timeout_field(timeout: Duration) -> Field {
    ("timeout in ms", timeout.as_millis() as u64, 1..=HOUR)
}

fn in_range((what, value, range): Field) -> Result<(), ResizeError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(ResizeError::Range {
        what,
        value,
        least: *range.start(),
        most: *range.end(),
    })
}

/// Checks that every field of the configuration is in range.
pub(super) fn check(config: &BridgeConfig) -> Result<(), ResizeError> {
    fields(config).into_iter().try_for_each(in_range)
}
