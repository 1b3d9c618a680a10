//! Strategies for events that coincide.

use proptest::prelude::*;
use tidepool_dsp::EventKind;

/// Samples below `length` that often coincide with each other and with ticks.
pub fn times(length: u64) -> impl Strategy<Value = u64> {
    prop_oneof![
        0..length,
        (0..length / 32).prop_map(|tick| tick * 32),
        (0..20u64).prop_map(|n| n * 7),
    ]
}

/// Pitch bends of the first `channels`.
pub fn bends(channels: u8) -> impl Strategy<Value = EventKind> {
    (0..channels, -1.0..1.0f32).prop_map(|(channel, value)| EventKind::Bend { channel, value })
}

/// Channel pressure of the first `channels`.
pub fn pressures(channels: u8) -> impl Strategy<Value = EventKind> {
    (0..channels, 0.0..1.0f32)
        .prop_map(|(channel, value)| EventKind::ChannelPressure { channel, value })
}

/// Controllers of the first `channels`, with these numbers.
pub fn controllers(
    channels: u8,
    number: impl Strategy<Value = u8>,
) -> impl Strategy<Value = EventKind> {
    (0..channels, number, 0.0..=1.0f32)
        .prop_map(|(channel, number, value)| super::controller(channel, number, value))
}
