//! Settings: parameter values that are chosen and do not ramp.

use super::control_bank::ControlBank;
use super::sources::MIXER;
use crate::parameter::{
    EnvelopeParameter, LfoParameter, OperatorParameter, OscillatorParameter, Parameter,
};
use crate::synth::{
    Algorithm, ENVELOPES, FmSettings, FmWave, GlideMode, LFOS, LadderMode, LfoShape, NoiseColour,
    NotePriority, OperatorSettings, OscillatorSettings, Oversampling, PairSettings, ROUTES, Route,
    VoiceSettings,
};

/// Assignment of keys to voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Poly,
    /// All keys share a voice; keys that follow a held one restart the envelopes, unless these are legato.
    Mono,
    /// All keys share a voice; keys that follow a held one only change its pitch.
    Legato,
}

/// Settings of an LFO.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LfoSettings {
    pub(super) shape: LfoShape,
    /// Length of a cycle in quarter notes; 0 if the rate is free.
    pub(super) beats: f32,
    /// True if all voices share the LFO.
    pub(super) global: bool,
}

/// Settings of the whole instrument, except the route of the External input, which crossfades.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    pub(super) priority: NotePriority,
    /// Glide time in seconds.
    pub(super) glide: f32,
    pub(super) glide_mode: GlideMode,
    /// Envelopes that restart in Mono, one bit each.
    pub(super) retrigger: u32,
    pub(super) lfos: [LfoSettings; LFOS],
    pub(super) voice: VoiceSettings,
}

impl Settings {
    /// Reads the settings at the end of the tick.
    pub(super) fn read(bank: &ControlBank) -> Self {
        let value = |parameter| bank.value(parameter);
        let choice = |parameter| bank.value(parameter) as usize;
        let route = |parameter| match choice(parameter) {
            0 => Route::Filter,
            _ => Route::Bypass,
        };
        let oscillator = |number| OscillatorSettings {
            unison: choice(Parameter::oscillator(number, OscillatorParameter::Unison)),
        };
        let operator = |number| OperatorSettings {
            fixed: choice(Parameter::operator(number, OperatorParameter::Mode)) == 1,
            wave: of(
                &FmWave::ALL,
                choice(Parameter::operator(number, OperatorParameter::Wave)),
            ),
        };
        let lfo = |number| {
            let of_lfo = |parameter| Parameter::lfo(number, parameter);
            LfoSettings {
                shape: of(&LfoShape::ALL, choice(of_lfo(LfoParameter::Shape))),
                beats: value(of_lfo(LfoParameter::Sync)),
                global: choice(of_lfo(LfoParameter::Mode)) == 1,
            }
        };
        let retriggers = |number: &usize| {
            choice(Parameter::envelope(*number, EnvelopeParameter::Retrigger)) == 0
        };
        Self {
            mode: of(
                &[Mode::Poly, Mode::Mono, Mode::Legato],
                choice(Parameter::Mode),
            ),
            priority: of(
                &[NotePriority::Last, NotePriority::Low, NotePriority::High],
                choice(Parameter::NotePriority),
            ),
            glide: value(Parameter::Glide),
            glide_mode: of(
                &[GlideMode::ConstantTime, GlideMode::ConstantRate],
                choice(Parameter::GlideMode),
            ),
            retrigger: (0..ENVELOPES)
                .filter(retriggers)
                .fold(0, |bits, number| bits | 1 << number),
            lfos: std::array::from_fn(lfo),
            voice: VoiceSettings {
                pair: PairSettings {
                    a: oscillator(0),
                    b: oscillator(1),
                    sync: choice(Parameter::Sync) == 1,
                    ring: false,
                    oversampled: false,
                    a_used: false,
                    b_used: false,
                },
                fm: FmSettings {
                    algorithm: match choice(Parameter::FmAlgorithm) {
                        number @ 0..32 => Algorithm::Classic(number as u8 + 1),
                        _ => Algorithm::Free,
                    },
                    operators: std::array::from_fn(operator),
                    oversampled: false,
                },
                noise: of(&NoiseColour::ALL, choice(Parameter::NoiseColour)),
                routes: MIXER.map(|row| route(row.route)),
                external: [false; ROUTES],
                filter: of(&LadderMode::ALL, choice(Parameter::FilterMode)),
                oversampling: of(&Oversampling::ALL, choice(Parameter::Quality)),
            },
        }
    }
}

/// Returns the element with this number, or the first one.
fn of<T: Copy>(all: &[T], number: usize) -> T {
    all.get(number).copied().unwrap_or(all[0])
}
