//! Snapshot of the modulation, the keys and the overload meters, for the editor.

use bytemuck::{Pod, Zeroable};

use super::matrix::SOURCES;
use crate::parameter::Parameter;

/// Points in the signal flow that are watched for overloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterPoint {
    /// Sum of a voice's inputs, before the filter or past it, in the loudest voice.
    Mixer,
    /// Output of the filter, in the loudest voice.
    Filter,
    /// Returns of chorus, delay and reverb.
    Sends,
    /// Output before the limiter.
    Output,
}

impl MeterPoint {
    /// All meter points, in the order of the signal flow.
    pub const ALL: [Self; 4] = [Self::Mixer, Self::Filter, Self::Sends, Self::Output];

    /// Display name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mixer => "Mixer",
            Self::Filter => "Filter",
            Self::Sends => "Sends",
            Self::Output => "Output",
        }
    }
}

/// Reading of an overload meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Overload {
    /// Highest absolute value since the last reading, left and right; linear, 1 at 0 dBFS.
    pub peak: [f32; 2],
    /// Peak hold: the highest value of the last seconds, with a slow release.
    pub hold: [f32; 2],
    /// Number of times the level exceeded 0 dBFS.
    pub overs: u32,
}

/// Modulation of the newest sounding note, the keys that are down, and the overload meters.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ModulationSnapshot {
    /// Bit mask of the sources that have a value: all while a note sounds, otherwise those that do not depend on a
    /// note.
    pub known: u64,
    /// Keys that are down or held by a pedal, on any channel, one bit each: key 0 is the lowest bit of the first word.
    pub keys: [u64; 2],
    /// 1 while the sustain pedal of any channel is down, else 0.
    pub sustain: u64,
    /// Value of each source, in the order of the names of a slot's source: 0 to 1, or −1 to 1.
    pub sources: [f32; SOURCES],
    /// Contribution of each slot to its destination, as a fraction of the destination's range, −1 to 1.
    pub slots: [f32; Parameter::MATRIX_SLOTS],
    /// Meter readings by [`MeterPoint`].
    pub overloads: [Overload; MeterPoint::ALL.len()],
}

const _: () = assert!(SOURCES <= 64, "there is a bit for each source");

impl ModulationSnapshot {
    /// Returns the value of a source by its number, if it has one.
    pub fn source(&self, number: usize) -> Option<f32> {
        let value = *self.sources.get(number)?;
        (self.known & 1 << number != 0).then_some(value)
    }

    /// Returns true if `key`, 0 to 127, is down or held by a pedal.
    pub fn is_down(&self, key: u8) -> bool {
        self.keys[usize::from(key / 64) & 1] & 1 << (key % 64) != 0
    }
}

impl Default for ModulationSnapshot {
    fn default() -> Self {
        Self::zeroed()
    }
}
