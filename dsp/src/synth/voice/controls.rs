//! What voices are told: what is chosen for all of them, and where each is wanted at the end of a tick.

use crate::synth::f32s::{F32s, Mask};
use crate::synth::fm::{FmControls, FmSettings, FmWave, OPERATORS};
use crate::synth::ladder::{LadderControls, LadderMode, LadderSetup, Oversampling};
use crate::synth::noise::{NoiseColour, NoiseControls};
use crate::synth::oscillators::{OscillatorControls, PairSettings};

macro_rules! inputs {
    ($($(#[$doc:meta])* $input:ident,)+) => {
        /// An input of the mixer of a voice. The External input is none of them, because all voices share it.
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
    /// A times B.
    Ring,
    /// The six operators.
    Fm,
    /// Noise.
    Noise,
}

/// Route of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Through the ladder.
    #[default]
    Filter,
    /// Past it.
    Bypass,
}

/// Number of routes.
pub const ROUTES: usize = Route::Bypass as usize + 1;

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

/// What of the [`VoiceSettings`] has no way from one to the other: the sound breaks off where it changes.
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

    /// Returns true if ring modulation, FM and the output drive are computed at twice the sample rate. Nothing of them is left above, so that
    /// they are the same at any quality that oversamples.
    #[inline(always)]
    pub fn oversamples(&self) -> bool {
        self.oversampling != Oversampling::One
    }

    /// The operators as they are computed.
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

/// Where the voices of a group are wanted at the end of the tick.
#[derive(Clone, Debug, Default)]
pub struct VoiceControls<const N: usize> {
    /// The two oscillators.
    pub oscillators: [OscillatorControls<N>; 2],
    /// The operators, if they are heard or [kept](Self::kept).
    pub fm: FmControls<N>,
    /// By [`Input`](super::Input): whether it goes on unheard, because something may raise it in one voice and not in another. Or
    /// else what one voice hears of it would depend on the others.
    pub kept: [bool; INPUTS],
    /// Whether oscillator B is heard by the cutoff, be it by 0 semitones, for the same reason.
    pub filter_fm_kept: bool,
    /// The noise.
    pub noise: NoiseControls<N>,
    /// Linear gain and place, −1 to 1, by [`Input`](super::Input).
    pub mixer: [[F32s<N>; 2]; INPUTS],
    /// The ladder.
    pub filter: LadderControls<N>,
    /// How far oscillator B moves the cutoff, in semitones.
    pub filter_fm: F32s<N>,
    /// Linear.
    pub gain: F32s<N>,
    /// −1 (left) to 1 (right).
    pub pan: F32s<N>,
    /// Linear: what goes to each of the two send buses.
    pub sends: [F32s<N>; 2],
}

#[cfg(debug_assertions)]
impl<const N: usize> VoiceControls<N> {
    /// Returns true if voices without operators and noise are led to the same places by both.
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
    /// Of the two oscillators.
    pub oscillators: [F32s<N>; 2],
    /// Of the operators.
    pub fm: F32s<N>,
}

impl<const N: usize> Pitches<N> {
    /// These, but those of `other` in `lanes`.
    #[inline(always)]
    pub fn blend(&self, other: &Self, lanes: Mask) -> Self {
        let [a, b] = self.oscillators;
        let [other_a, other_b] = other.oscillators;
        Self {
            oscillators: [a.blend(other_a, lanes), b.blend(other_b, lanes)],
            fm: self.fm.blend(other.fm, lanes),
        }
    }

    /// The lanes in which they are not the same.
    pub fn differ(&self, other: &Self) -> Mask {
        let apart = |a: F32s<N>, b: F32s<N>| (a - b).mask_where(|way| way != 0.0);
        let [a, b] = self.oscillators;
        let [other_a, other_b] = other.oscillators;
        apart(a, other_a) | apart(b, other_b) | apart(self.fm, other.fm)
    }
}
