//! What the modulation monitors and the overload meters show.

use bytemuck::{Pod, Zeroable};

use super::matrix::SOURCES;
use crate::parameter::Parameter;

/// Where signals are watched for overloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterPoint {
    /// What the sources of a voice come to together, before the filter or past it, in the loudest voice.
    Mixer,
    /// What comes out of the filter, in the loudest voice.
    Filter,
    /// What comes back from chorus, delay and reverb.
    Sends,
    /// What leaves, before the limiter.
    Output,
}

impl MeterPoint {
    /// All of them, in the order of the signal.
    pub const ALL: [Self; 4] = [Self::Mixer, Self::Filter, Self::Sends, Self::Output];

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mixer => "Mixer",
            Self::Filter => "Filter",
            Self::Sends => "Sends",
            Self::Output => "Output",
        }
    }
}

/// What an overload meter shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Overload {
    /// Highest absolute value since the last reading, left and right; linear, 1 at 0 dBFS.
    pub peak: [f32; 2],
    /// The highest of the last seconds, which falls slowly.
    pub hold: [f32; 2],
    /// How often it went over 0 dBFS.
    pub overs: u32,
}

/// What the monitors show: the modulation of the newest note that sounds, and the overload meters.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ModulationSnapshot {
    /// A bit for each source that has a value now: every one while a note sounds, and else those that belong to none.
    pub known: u64,
    /// The value of each source, in the order of the names of a slot's source: 0 to 1, or −1 to 1.
    pub sources: [f32; SOURCES],
    /// What each slot adds to its destination, as a part of the destination's range, −1 to 1.
    pub slots: [f32; Parameter::MATRIX_SLOTS],
    /// By [`MeterPoint`].
    pub overloads: [Overload; MeterPoint::ALL.len()],
}

const _: () = assert!(SOURCES <= 64, "there is a bit for each source");

impl ModulationSnapshot {
    /// The value of a source by its number, where it has one now.
    pub fn source(&self, number: usize) -> Option<f32> {
        let value = *self.sources.get(number)?;
        (self.known & 1 << number != 0).then_some(value)
    }
}

impl Default for ModulationSnapshot {
    fn default() -> Self {
        Self::zeroed()
    }
}
