//! The control end of a bridge: changes its configuration while it runs.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use super::BridgeConfig;
use super::counters::{BridgeCounters, BridgeReader};
use super::limits::{ResizeError, in_range, timeout_field};
use super::set::Set;
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
