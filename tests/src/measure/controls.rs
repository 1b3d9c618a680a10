//! Audible effect of the controls that a preset's description names.

use tidepool_host::Event;

use super::instrument::{self, Setup};
use super::presets::{self, Preset};
use super::reading::Reading;
use super::renders::FLOOR;
use super::{spectrum, workers};
use crate::Sound;

/// Smallest audible change, in dB.
pub const HEARD: f64 = 1.0;
const KEY: u8 = 60;
/// Duration of the held key and of the whole sound, in seconds.
const HELD: f64 = 1.5;
const SECONDS: f64 = 2.0;
/// Length of the frames in which octave levels are measured, in seconds: half a period of a tremolo of 6 Hz.
const FRAME: f64 = 0.08;

/// Macro or performance control of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Macro(u8),
    Wheel,
    Pressure,
    Velocity,
}

impl Control {
    fn name(self) -> String {
        match self {
            Self::Macro(number) => format!("macro {number}"),
            Self::Wheel => "the wheel".to_owned(),
            Self::Pressure => "pressure".to_owned(),
            Self::Velocity => "velocity".to_owned(),
        }
    }

    /// Returns the controls that `description` names: "macro 2", "macros 1 to 4", "the wheel", "pressure" as a
    /// performance control and "velocity".
    fn named(description: &str) -> Vec<Self> {
        let words: Vec<String> = description
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let mut named = Vec::new();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u8>().ok());
        for (n, word) in words.iter().enumerate() {
            match word.as_str() {
                "macro" => named.extend(number(n + 1).map(Self::Macro)),
                "macros" => {
                    let range = number(n + 1).zip(number(n + 3));
                    named.extend(
                        range
                            .into_iter()
                            .flat_map(|(a, b)| (a..=b).map(Self::Macro)),
                    );
                }
                "wheel" => named.push(Self::Wheel),
                // In "macro 2 the pressure", the word describes the macro's effect.
                "pressure" if n == 0 || words[n - 1] != "the" => named.push(Self::Pressure),
                "velocity" => named.push(Self::Velocity),
                _ => (),
            }
        }
        named.dedup();
        named
    }

    /// Returns the change of the preset's key, see [`change`], between the lower and the upper end of the control: the
    /// greater of two figures, one with the other controls as in the preset and one with all of them at their upper
    /// ends, because one control may set the speed of an effect whose depth another one sets.
    fn heard(self, preset: &Preset, named: &[Self]) -> f64 {
        let others = || named.iter().filter(|&&other| other != self);
        let alone = change(
            &play(preset, &[(self, false)]),
            &play(preset, &[(self, true)]),
        );
        let ends = [false, true].map(|high| {
            let up = others().map(|&other| (other, true));
            play(preset, &up.chain([(self, high)]).collect::<Vec<_>>())
        });
        alone.max(change(&ends[0], &ends[1]))
    }
}

/// Plays the preset's key with each of `controls` at its lower end (false) or its upper end (true).
fn play(preset: &Preset, controls: &[(Control, bool)]) -> Sound {
    let setup = Setup::USUAL;
    let velocity = controls
        .iter()
        .find(|(control, _)| *control == Control::Velocity);
    let velocity = velocity.map_or(0.8, |(_, high)| if *high { 1.0 } else { 1.0 / 127.0 });
    let mut score = instrument::chord(setup, &[KEY], velocity, HELD, SECONDS);
    let mut macros = Vec::new();
    for &(control, high) in controls {
        let value = if high { 127 } else { 0 };
        match control {
            Control::Macro(number) => {
                macros.push((format!("macro{number}"), if high { "100 %" } else { "0 %" }));
            }
            Control::Wheel => score = score.at(0, Event::Midi([0xB0, 1, value])),
            Control::Pressure => score = score.at(0, Event::Midi([0xD0, value, 0])),
            Control::Velocity => (),
        }
    }
    let texts: Vec<_> = macros
        .iter()
        .map(|(id, text)| (id.as_str(), *text))
        .collect();
    preset.play(setup, &texts, &score)
}

/// Returns the octave levels of a channel, frame by frame.
fn frames(channel: &[f32]) -> Vec<[f64; spectrum::OCTAVES.len()]> {
    let frames = channel.chunks(Setup::USUAL.samples(FRAME));
    frames
        .map(|frame| spectrum::channel_octaves(frame, Setup::USUAL.hertz()))
        .collect()
}

/// Returns the difference between two sounds: the maximum over all octaves and both channels of the level change's RMS
/// over time, in dB, so that changes of speed and panning count as well as changes of timbre.
fn change(one: &Sound, other: &Sound) -> f64 {
    let sides = [(&one.left, &other.left), (&one.right, &other.right)];
    let changes = sides.map(|(one, other)| {
        let (one, other) = (frames(one), frames(other));
        let octave = |band: usize| {
            let changes = one.iter().zip(&other);
            let changes = changes.map(|(a, b)| a[band].max(FLOOR) - b[band].max(FLOOR));
            (changes.map(|x| x * x).sum::<f64>() / one.len() as f64).sqrt()
        };
        (0..spectrum::OCTAVES.len()).map(octave).fold(0.0, f64::max)
    });
    changes[0].max(changes[1])
}

/// Returns the controls that the preset's description names, with the audible change of each in dB.
///
/// # Panics
/// When the preset cannot be rendered.
pub fn changes(preset: &Preset) -> Vec<(String, f64)> {
    let named = Control::named(&preset.description);
    let heard = named
        .iter()
        .map(|control| (control.name(), control.heard(preset, &named)));
    heard.collect()
}

/// Counts the controls named in a preset's description that change no octave by [`HEARD`] from one end to the other.
/// The notes list the changes of these controls, or of all controls if only one preset is measured.
///
/// # Panics
/// When a preset cannot be rendered.
pub fn dead(_: Setup) -> Reading {
    let presets = presets::all();
    let changes = workers::map(presets, changes);
    let mut count = 0;
    let mut notes = Vec::new();
    for (preset, changes) in presets.iter().zip(changes) {
        for (control, change) in changes {
            if change < HEARD {
                count += 1;
            } else if presets.len() > 1 {
                continue;
            }
            notes.push(format!("{}: {control} changes {change:.2} dB", preset.name));
        }
    }
    Reading {
        value: f64::from(count),
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_found_in_descriptions() {
        let named = Control::named(
            "Vibrato on the wheel and on pressure, macros 1 to 3 are a, b and c, macro 5 the pressure; velocity too.",
        );
        let expected = [
            Control::Wheel,
            Control::Pressure,
            Control::Macro(1),
            Control::Macro(2),
            Control::Macro(3),
            Control::Macro(5),
            Control::Velocity,
        ];
        assert_eq!(named, expected);
    }
}
