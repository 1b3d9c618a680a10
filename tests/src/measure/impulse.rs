//! Impulses through the sends: what an effect makes of one sample.

use super::instrument::{self, Setup, Texts};
use crate::rig::Input;
use crate::score::on;
use crate::{Score, Sound};

/// External at its own level through a voice that lets it pass.
const PATCH: [(&str, &str); 7] = [
    ("osc_a_level", "off"),
    ("external", "0 dB"),
    ("external_route", "Bypass"),
    ("velocity", "0 %"),
    ("attack", "0 ms"),
    ("sustain", "100 %"),
    ("volume", "0 dB"),
];
/// The impulse: below full scale after every gain on its way, so that the limiter does not move.
const HEIGHT: f32 = 0.25;
/// Seconds from the note on to the impulse: the voice's levels have arrived.
const BEFORE: f64 = 0.1;

/// `seconds` of what `send` at 0 dB brings back of one sample, starting with the sample in which the voice lets the impulse
/// out.
///
/// # Panics
/// When the plugin does not take a text, or when the impulse does not come through the voice.
pub fn response(setup: Setup, send: &str, texts: Texts, seconds: f64) -> Sound {
    let at = setup.samples(BEFORE);
    let frames = at + setup.samples(seconds) + 256;
    let mut input = Sound::silence(frames);
    input.left[at] = HEIGHT;
    input.right[at] = HEIGHT;
    let play = |level: &str| {
        let mut all: Vec<_> = PATCH.iter().chain(texts).copied().collect();
        all.push((send, level));
        let mut rig = instrument::rig(setup, &all);
        rig.play_with(
            &Score::new(frames).at(0, on(60)),
            &[512],
            Input::Stereo(&input),
        )
    };
    let dry = play("off");
    let out = (at..frames).find(|&n| dry.left[n].abs() > HEIGHT / 4.0);
    let out = out.expect("the impulse comes through the voice");
    let wet = play("0 dB").minus(&dry);
    wet.part(out..out + setup.samples(seconds))
}
