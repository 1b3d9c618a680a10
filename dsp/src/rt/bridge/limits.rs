//! Ranges of a bridge's settings, and the errors of settings that are out of them.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{BridgeConfig, MAX_FRAMES, MAX_SAMPLES, MAX_SPARES};

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

pub(super) fn timeout_field(timeout: Duration) -> Field {
    ("timeout in ms", timeout.as_millis() as u64, 1..=HOUR)
}

pub(super) fn in_range((what, value, range): Field) -> Result<(), ResizeError> {
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
