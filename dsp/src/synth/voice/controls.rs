//! Controls of the voices: settings that all voices share, and each voice's targets at the end of a tick.

use crate::synth::f32s::{F32s, Mask};
use crate::synth::fm::{FmControls, FmSettings, FmWave, OPERATORS};
use crate::synth::ladder::{LadderControls, LadderMode, LadderSetup, Oversampling};
use crate::synth::noise::{NoiseColour, NoiseControls};
use crate::synth::oscillators::{OscillatorControls, PairSettings};

macro_rules! inputs {
    ($($(#[$doc:meta])* $input:ident,)+) => {
        /// An input of a voice's mixer. The External input is not among them, because all voices share it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Input {
            $($(#[$doc])* $input,)+
        }

        impl Input {
            /// All inputs, in order.
            pub const ALL: [Self; INPUTS] = [$(Self::$input),+];
        }

        /// Number of inputs.
        pub const INPUTS: usize = [$(Input::$input),+].len();
    };
}

inputs! {
    /// Oscillator A.
    A,
    /// Oscillator B.
    B,
    /// Ring modulation, A times B.
    Ring,
    /// FM, the six operators.
    Fm,
    /// Noise.
    Noise,
}

/// Route of an input: through the filter or past it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Through the ladder.
    #[default]
    Filter,
    /// Past the ladder.
    Bypass,
}

/// Number of routes.
pub const ROUTES: usize = Route::Bypass as usize + 1;

/// Settings that all voices share and that do not ramp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceSettings {
    /// Unison and sync; the fields that say which oscillators are used are set by the voice group.
    pub pair: PairSettings,
    /// Algorithm and waves of the operators.
    pub fm: FmSettings,
    /// Noise colour.
    pub noise: NoiseColour,
    /// Route of each [`Input`].
    pub routes: [Route; INPUTS],
    /// True for each [`Route`] on which the External input passes through the voices.
    pub external: [bool; ROUTES],
    /// Filter mode of the ladder.
    pub filter: LadderMode,
    /// Oversampling of the ladder; any but 1× also oversamples ring modulation and FM.
    pub oversampling: Oversampling,
}

/// The [`VoiceSettings`] that cannot ramp: a change is a discontinuity in the sound, which the declicker covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DiscreteSettings {
    waves: [FmWave; OPERATORS],
    sync: bool,
    noise: NoiseColour,
    oversampling: Oversampling,
}

impl VoiceSettings {
    #[inline(always)]
    pub(super) fn discrete(&self) -> DiscreteSettings {
        DiscreteSettings {
            waves: self.fm.operators.map(|operator| operator.wave),
            sync: self.pair.sync,
            noise: self.noise,
            oversampling: self.oversampling,
        }
    }

    /// Returns true if ring modulation, FM and the output drive run at twice the sample rate. They need no higher factor,
    /// so they are the same at every quality that oversamples.
    #[inline(always)]
    pub fn oversamples(&self) -> bool {
        self.oversampling != Oversampling::One
    }

    /// Returns the settings of the operators, with their oversampling.
    #[inline(always)]
    pub(super) fn operators(&self) -> FmSettings {
        FmSettings {
            oversampled: self.oversamples(),
            ..self.fm
        }
    }

    pub(super) fn ladder(&self, sample_rate: f32) -> LadderSetup {
        LadderSetup {
            mode: self.filter,
            oversampling: self.oversampling,
            sample_rate,
        }
    }
}

/// Targets of a group's voices at the end of the tick.
#[derive(Clone, Debug, Default)]
pub struct VoiceControls<const N: usize> {
    /// Oscillators A and B.
    pub oscillators: [OscillatorControls<N>; 2],
    /// The operators, used if they are audible or [kept](Self::kept).
    pub fm: FmControls<N>,
    /// True for each [`Input`] that is computed while silent, because its level may rise in single voices.
    /// Otherwise one voice's sound would depend on the others.
    pub kept: [bool; INPUTS],
    /// True if oscillator B modulates the cutoff, even by 0 semitones, for the same reason.
    pub filter_fm_kept: bool,
    /// The noise.
    pub noise: NoiseControls<N>,
    /// Linear gain and pan, −1 to 1, of each [`Input`].
    pub mixer: [[F32s<N>; 2]; INPUTS],
    /// The ladder.
    pub filter: LadderControls<N>,
    /// Modulation of the cutoff by oscillator B, in semitones.
    pub filter_fm: F32s<N>,
    /// Linear output gain.
    pub gain: F32s<N>,
    /// Pan, −1 (left) to 1 (right).
    pub pan: F32s<N>,
    /// Linear gain into each of the two send buses.
    pub sends: [F32s<N>; 2],
}

#[cfg(debug_assertions)]
impl<const N: usize> VoiceControls<N> {
    /// Returns true if both have the same targets, for voices that use neither FM nor noise.
    pub fn lead_alike(&self, other: &Self) -> bool {
        self.oscillators == other.oscillators
            && self.kept == other.kept
            && self.filter_fm_kept == other.filter_fm_kept
            && self.mixer == other.mixer
            && self.filter == other.filter
            && self.filter_fm == other.filter_fm
            && (self.gain, self.pan, self.sends) == (other.gain, other.pan, other.sends)
    }
}

/// The pitches of a note, in MIDI keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pitches<const N: usize> {
    /// Pitches of oscillators A and B.
    pub oscillators: [F32s<N>; 2],
    /// Pitch of the operators.
    pub fm: F32s<N>,
}

impl<const N: usize> Pitches<N> {
    /// Returns these pitches with the lanes in `lanes` replaced by those of `other`.
    #[inline(always)]
    pub fn blend(&self, other: &Self, lanes: Mask) -> Self {
        let [a, b] = self.oscillators;
        let [other_a, other_b] = other.oscillators;
        Self {
            oscillators: [a.blend(other_a, lanes), b.blend(other_b, lanes)],
            fm: self.fm.blend(other.fm, lanes),
        }
    }

    /// Returns the lanes in which the pitches differ.
    pub fn differ(&self, other: &Self) -> Mask {
        let apart = |a: F32s<N>, b: F32s<N>| (a - b).mask_where(|way| way != 0.0);
        let [a, b] = self.oscillators;
        let [other_a, other_b] = other.oscillators;
        apart(a, other_a) | apart(b, other_b) | apart(self.fm, other.fm)
    }
}
