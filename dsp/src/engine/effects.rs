//! Table of the effects: for each the name, the signal path, the parameters that it reads and the settings computed
//! from them.
//!
//! A row names every parameter of its effect once. The list of parameters that move without a change of settings
//! ([`READ_EACH_TICK`](super::modulation)) and the cards of the editor are derived from the rows.

use super::control_bank::ControlBank;
use crate::parameter::Parameter;
use crate::rt::Ramp;
use crate::synth::effects::{
    Chorus, ChorusSettings, Delay, DelaySettings, Drive, DriveSettings, Effect, Reverb,
    ReverbSettings,
};
use crate::synth::pitch::setting_hertz;

/// Longest echo in seconds; longer ones are halved until they fit.
const LONGEST_ECHO: f32 = 2.0;

/// Inputs of the effects' settings besides the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Context {
    /// Quarter notes per minute.
    pub(super) tempo: f32,
    /// True if distortion is computed at twice the sample rate.
    pub(super) oversampled: bool,
}

/// Send bus, named after the effect that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendBus {
    Delay,
    Reverb,
}

/// Number of send buses.
pub(super) const SENDS: usize = SendBus::Reverb as usize + 1;

/// Signal path through an effect on a send bus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Return {
    pub(super) bus: SendBus,
    /// Insert on the bus; an effect without one takes the whole bus.
    pub(super) insert: Option<Insert>,
    /// Return level of the effect.
    level: Parameter,
    /// Bus that the returns of all effects so far are sent on to, and the parameter of that send level.
    pub(super) onward: Option<(SendBus, Parameter)>,
}

/// Insertion of an effect that takes a fraction of its bus and puts its output back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insert {
    /// Fraction of the bus that the effect takes, 0 to 1.
    mix: Parameter,
    /// Level at which the output goes back onto the bus.
    back: Parameter,
}

/// Signal path of an effect on the output, which processes in place.
#[derive(Clone, Copy, Debug)]
pub(super) struct InPlace;

/// Levels of a [`Return`] in a tick. A level without a parameter stays at 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Levels {
    pub(super) level: Ramp,
    pub(super) mix: Ramp,
    pub(super) back: Ramp,
    pub(super) onward: Ramp,
}

impl Return {
    /// Returns the parameters of the [`Levels`], in their order.
    const fn levels(&self) -> [Option<Parameter>; 4] {
        let (mix, back) = match self.insert {
            Some(Insert { mix, back }) => (Some(mix), Some(back)),
            None => (None, None),
        };
        let onward = match self.onward {
            Some((_, level)) => Some(level),
            None => None,
        };
        [Some(self.level), mix, back, onward]
    }

    /// Returns the ramps of the levels in the tick.
    pub(super) fn ramp_to(&self, bank: &ControlBank) -> Levels {
        let [level, mix, back, onward] = self
            .levels()
            .map(|parameter| parameter.map_or(Ramp::default(), |parameter| bank.ramp(parameter)));
        Levels {
            level,
            mix,
            back,
            onward,
        }
    }
}

impl InPlace {
    const fn levels(&self) -> [Option<Parameter>; 4] {
        [None; 4]
    }
}

impl Levels {
    /// Returns the levels constant at their values at the end of the tick.
    pub(super) fn constant(self) -> Self {
        let rest = |ramp: Ramp| Ramp::constant(ramp.end());
        Self {
            level: rest(self.level),
            mix: rest(self.mix),
            back: rest(self.back),
            onward: rest(self.onward),
        }
    }
}

/// Effect with its settings.
#[derive(Debug, Default)]
struct Unit<E: Effect> {
    effect: E,
    settings: E::Settings,
}

/// Public description of an effect.
#[derive(Clone, Copy, Debug)]
pub struct EffectRow {
    /// Display name.
    pub name: &'static str,
    settings: &'static [Parameter],
    levels: [Option<Parameter>; 4],
}

impl EffectRow {
    /// Iterates over the parameters that the effect reads, in the order of the table.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter> {
        Parameter::all().filter(|parameter| {
            self.settings.contains(parameter) || self.levels.contains(&Some(*parameter))
        })
    }
}

/// Processing of a piece of a tick with the effects of a chain, one call each. Each effect is compiled into its call
/// with its path as a constant; a loop over the effects would be twice as large.
pub(super) trait Pass<Path> {
    /// Processes with the effect of this number.
    fn process<E: Effect>(&mut self, effect: &mut E, number: usize, path: &Path);
}

macro_rules! chain {
    (
        $(#[$doc:meta])*
        $Chain:ident of $Kind:ident, $Path:ident {
            $($unit:ident: $Effect:ident, $name:literal {
                path: $path:expr,
                settings: ($($value:ident: $parameter:ident),* $(,)?; $context:pat) => $settings:expr,
            })+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $Chain {
            $($unit: Unit<$Effect>,)+
        }

        /// Numbers of the effects.
        enum $Kind {
            $($Effect,)+
        }

        impl $Chain {
            /// Path of each effect, by its number.
            pub(super) const PATHS: [$Path; [$($name),+].len()] = [$($path),+];
            const ROWS: [EffectRow; Self::PATHS.len()] = [$(
                EffectRow {
                    name: $name,
                    settings: &[$(Parameter::$parameter),*],
                    levels: Self::PATHS[$Kind::$Effect as usize].levels(),
                },
            )+];

            /// See [`Effect::prepare`].
            pub(super) fn prepare(&mut self, sample_rate: f32) {
                $(self.$unit.effect.prepare(sample_rate);)+
            }

            /// See [`Effect::reset`].
            pub(super) fn reset(&mut self) {
                $(self.$unit.effect.reset();)+
            }

            /// Reads the settings at the end of the tick.
            pub(super) fn read(&mut self, bank: &ControlBank, context: Context) {
                $(self.$unit.settings = {
                    $(let $value = bank.value(Parameter::$parameter);)*
                    let $context = context;
                    $settings
                };)+
            }

            /// Ramps all effects to the settings that were [read](Self::read).
            pub(super) fn ramp_to(&mut self) {
                $(self.$unit.effect.ramp_to(&self.$unit.settings);)+
            }

            /// See [`Effect::cut_off`].
            pub(super) fn cut_off(&mut self) {
                $(self.$unit.effect.cut_off();)+
            }

            /// Returns true if all effects are idle.
            pub(super) fn is_idle(&self) -> bool {
                true $(&& self.$unit.effect.is_idle())+
            }

            /// Returns the sum of [`Effect::non_finite_count`].
            pub(super) fn non_finite_count(&mut self) -> u32 {
                0 $(+ self.$unit.effect.non_finite_count())+
            }

            /// Processes with `pass`, one effect after the other, in the order of the signal flow.
            #[inline(always)]
            pub(super) fn each(&mut self, pass: &mut impl Pass<$Path>) {
                $(pass.process(
                    &mut self.$unit.effect,
                    $Kind::$Effect as usize,
                    &Self::PATHS[$Kind::$Effect as usize],
                );)+
            }
        }
    };
}

chain! {
    /// Effects on the sends.
    Returns of ReturnEffect, Return {
        chorus: Chorus, "Chorus" {
            path: Return {
                bus: SendBus::Delay,
                insert: Some(Insert { mix: Parameter::ChorusMix, back: Parameter::ChorusDelay }),
                level: Parameter::ChorusLevel,
                onward: None,
            },
            settings: (rate: ChorusRate, depth: ChorusDepth; _) => ChorusSettings {
                rate: setting_hertz(rate),
                depth,
                mix: 1.0,
            },
        }
        delay: Delay, "Delay" {
            path: Return {
                bus: SendBus::Delay,
                insert: None,
                level: Parameter::DelayLevel,
                onward: Some((SendBus::Reverb, Parameter::DelayReverb)),
            },
            settings: (
                beats: DelayTime,
                sync: DelaySync,
                time: DelayFreeTime,
                feedback: DelayFeedback,
                tone: DelayTone,
                width: DelayWidth;
                Context { tempo, .. }
            ) => DelaySettings {
                time: if sync > 0.5 { in_time(beats * 60.0 / tempo) } else { time },
                feedback,
                tone: setting_hertz(tone),
                width,
            },
        }
        reverb: Reverb, "Reverb" {
            path: Return {
                bus: SendBus::Reverb,
                insert: None,
                level: Parameter::ReverbLevel,
                onward: None,
            },
            settings: (
                predelay: ReverbPredelay,
                size: ReverbSize,
                decay: ReverbDecay,
                damp: ReverbDamp,
                width: ReverbWidth;
                _
            ) => ReverbSettings {
                predelay,
                size,
                decay,
                damp: setting_hertz(damp),
                width,
            },
        }
    }
}

chain! {
    /// Effects on the output.
    Output of OutputEffect, InPlace {
        drive: Drive, "Drive" {
            path: InPlace,
            settings: (gain: OutputDrive; Context { oversampled, .. }) => DriveSettings {
                gain: 20.0 * f64::from(gain.max(1.0)).log10() as f32,
                oversampled,
            },
        }
    }
}

/// All effects, in the order of the signal flow.
pub const EFFECTS: [EffectRow; Returns::ROWS.len() + Output::ROWS.len()] = {
    let mut rows = [Returns::ROWS[0]; Returns::ROWS.len() + Output::ROWS.len()];
    let mut n = 0;
    while n < rows.len() {
        rows[n] = if n < Returns::ROWS.len() {
            Returns::ROWS[n]
        } else {
            Output::ROWS[n - Returns::ROWS.len()]
        };
        n += 1;
    }
    rows
};

/// Marks the level parameters, which are read at each tick.
pub(super) const fn mark_levels(read: &mut [bool; Parameter::COUNT]) {
    let mut n = 0;
    while n < EFFECTS.len() {
        let levels = EFFECTS[n].levels;
        let mut level = 0;
        while level < levels.len() {
            if let Some(parameter) = levels[level] {
                read[parameter.index()] = true;
            }
            level += 1;
        }
        n += 1;
    }
}

/// Returns `seconds`, halved until it fits into the delay.
fn in_time(mut seconds: f32) -> f32 {
    while seconds > LONGEST_ECHO {
        seconds *= 0.5;
    }
    seconds
}
