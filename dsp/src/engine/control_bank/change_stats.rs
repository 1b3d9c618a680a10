//! Counts of the changes that a control bank has received.

use crate::rt::BatchStats;

/// Counts of changes since the engine was created, by priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeStats {
    /// Changes of high priority, and changes that are inaudible: applied at once, without a batch.
    pub immediate: u64,
    /// Batches of normal priority.
    pub normal: BatchStats,
    /// Batches of low priority.
    pub low: BatchStats,
    /// Number of times a parameter was set, so that equal counts mean equal settings.
    pub settings: u32,
}

impl ChangeStats {
    /// Number of changes of every priority.
    pub fn all(&self) -> u64 {
        self.immediate + self.normal.pushed + self.low.pushed
    }

    /// Number of batches, and of batches that were applied early because they were full.
    pub fn batches(&self) -> (u64, u64) {
        (
            self.normal.batches + self.low.batches,
            self.normal.early_flushes + self.low.early_flushes,
        )
    }

    /// Number of changes that a later change replaced within their batch.
    pub fn coalesced(&self) -> u64 {
        self.normal.coalesced + self.low.coalesced
    }
}
