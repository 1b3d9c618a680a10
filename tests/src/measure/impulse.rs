//! Impulse responses of the effects on the sends.

use super::instrument::{self, Setup, Texts};
use crate::rig::Input;
use crate::score::on;
use crate::{Score, Sound};

/// Patch that passes the external input through a voice at its own level.
const PATCH: [(&str, &str); 7] = [
    ("osc_a_level", "off"),
    ("external", "0 dB"),
    ("external_route", "Bypass"),
    ("velocity", "0 %"),
    ("attack", "0 ms"),
    ("sustain", "100 %"),
    ("volume", "0 dB"),
];
/// Height of the impulse, low enough after every gain on its way that the limiter does not act.
const HEIGHT: f32 = 0.25;
/// Time from the note on to the impulse, in seconds, after which the voice's levels have settled.
const BEFORE: f64 = 0.1;

/// Returns `seconds` of the return of an impulse through `send` at 0 dB, beginning at the sample at which the voice
/// passes the impulse on.
///
/// # Panics
/// When the plugin rejects a text, or when the impulse does not pass through the voice.
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
