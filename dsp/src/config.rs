//! Configuration of an engine: all settings that are fixed before it runs.

use std::error::Error;
use std::fmt;
use std::ops::RangeInclusive;

use crate::rt::{BatchConfig, BridgeConfig, Field, MAX_CHANGES, bridge_fields};

/// Configuration of an engine and of the bridge from its tap to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EngineConfig {
    /// Maximum number of changes in a batch, 1 to [`MAX_CHANGES`].
    pub batch_size: usize,
    /// True if the batch size follows the recent rate of changes, up to `batch_size`.
    pub adaptive_batches: bool,
    /// Grid of low-priority changes in ticks, 1 to 64.
    pub low_priority_ticks: usize,
    /// Maximum number of waiting [commands](crate::Command), 1 to 4096.
    pub commands: usize,
    /// Maximum number of events that wait for the next block, 16 to 65 536; beyond it, events take effect a sample
    /// early.
    pub carried_events: usize,
    /// Configuration of the tap's bridge.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub bridge: BridgeConfig,
}

impl Default for EngineConfig {
    /// Batches of up to 64 changes, low priority every 8 ticks, 64 commands, 1024 carried events.
    fn default() -> Self {
        Self {
            batch_size: 64,
            adaptive_batches: true,
            low_priority_ticks: 8,
            commands: 64,
            carried_events: 1_024,
            bridge: BridgeConfig::default(),
        }
    }
}

/// Error for a field of an [`EngineConfig`] that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Name of the field.
    pub field: String,
    /// Rejected value.
    pub value: u64,
    /// Valid range.
    pub range: RangeInclusive<u64>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            value,
            range,
        } = self;
        let (least, most) = (range.start(), range.end());
        write!(
            f,
            "{field} is {value}, outside of {least} to {most}: choose a value in that range"
        )
    }
}

impl Error for ConfigError {}

impl EngineConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// Returns the first field that is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let own: [Field; 4] = [
            ("batch_size", self.batch_size as u64, 1..=MAX_CHANGES as u64),
            ("low_priority_ticks", self.low_priority_ticks as u64, 1..=64),
            ("commands", self.commands as u64, 1..=4_096),
            ("carried_events", self.carried_events as u64, 16..=65_536),
        ];
        let own = own.map(|field| ("", field)).into_iter();
        let bridge = bridge_fields(&self.bridge).map(|field| ("bridge.", field));
        for (part, (field, value, range)) in own.chain(bridge) {
            if !range.contains(&value) {
                return Err(ConfigError {
                    field: format!("{part}{field}"),
                    value,
                    range,
                });
            }
        }
        Ok(())
    }

    pub(crate) fn batches(&self) -> BatchConfig {
        BatchConfig {
            capacity: self.batch_size,
            adaptive: self.adaptive_batches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_defaults_are_valid_and_errors_name_field_value_and_range() {
        assert_eq!(EngineConfig::default().validate(), Ok(()));
        let error = |change: fn(&mut EngineConfig)| {
            let mut config = EngineConfig::default();
            change(&mut config);
            config.validate().unwrap_err().to_string()
        };
        let cases = [
            (
                error(|config| config.batch_size = 0),
                "batch_size is 0, outside of 1 to 256",
            ),
            (
                error(|config| config.batch_size = 257),
                "batch_size is 257, outside of 1 to 256",
            ),
            (
                error(|config| config.low_priority_ticks = 65),
                "low_priority_ticks is 65, outside of 1 to 64",
            ),
            (
                error(|config| config.commands = 0),
                "commands is 0, outside of 1 to 4096",
            ),
            (
                error(|config| config.carried_events = 15),
                "carried_events is 15, outside of 16 to 65536",
            ),
            (
                error(|config| config.bridge.frames = 129),
                "bridge.frames is 129, outside of 1 to 128",
            ),
            (
                error(|config| config.bridge.timeout = Duration::ZERO),
                "bridge.timeout in ms is 0, outside of 1 to 3600000",
            ),
        ];
        for (said, expected) in cases {
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
