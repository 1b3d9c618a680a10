//! What voices are told: what is chosen for all of them, and where each is wanted at the end of a tick.

use super::mixer::{INPUTS, ROUTES, Route};
use crate::synth::fm::{FmControls, FmSettings};
use crate::synth::ladder::{LadderControls, LadderMode, LadderSetup, Oversampling};
use crate::synth::lanes::Lanes;
use crate::synth::noise::{NoiseColour, NoiseControls};
use crate::synth::oscillators::{OscillatorControls, PairSettings};

/// What is the same for all voices, and does not move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceSettings {
    /// Unison and sync; which of them are used is found out here.
    pub pair: PairSettings,
    /// Algorithm and waves.
    pub fm: FmSettings,
    /// Slope of the noise.
    pub noise: NoiseColour,
    /// By [`Input`](super::Input).
    pub routes: [Route; INPUTS],
    /// The ways by which the External input comes through the voices, by [`Route`].
    pub external: [bool; ROUTES],
    /// Slope of the ladder.
    pub filter: LadderMode,
    /// How finely it computes.
    pub oversampling: Oversampling,
}

impl VoiceSettings {
    pub(super) fn ladder(&self, sample_rate: f32) -> LadderSetup {
        LadderSetup {
            mode: self.filter,
            oversampling: self.oversampling,
            sample_rate,
        }
    }
}

/// Where the voices of a group are wanted at the end of the tick.
#[derive(Clone, Debug, Default)]
pub struct VoiceControls<const N: usize> {
    /// The two oscillators.
    pub oscillators: [OscillatorControls<N>; 2],
    /// Whether anything is heard of the operators, and what moves them then.
    pub fm_heard: bool,
    /// See [`fm_heard`](Self::fm_heard).
    pub fm: FmControls<N>,
    /// The noise.
    pub noise: NoiseControls<N>,
    /// Linear gain and place, −1 to 1, by [`Input`](super::Input).
    pub mixer: [[Lanes<N>; 2]; INPUTS],
    /// The ladder.
    pub filter: LadderControls<N>,
    /// How far oscillator B moves the cutoff, in semitones.
    pub filter_fm: Lanes<N>,
    /// Linear.
    pub gain: Lanes<N>,
    /// −1 (left) to 1 (right).
    pub pan: Lanes<N>,
    /// Linear: what goes to each of the two send buses.
    pub sends: [Lanes<N>; 2],
}

/// The pitches of a note, in MIDI keys.
#[derive(Clone, Copy, Debug)]
pub struct Pitches<const N: usize> {
    /// Of the two oscillators.
    pub oscillators: [Lanes<N>; 2],
    /// Of the operators.
    pub fm: Lanes<N>,
}
