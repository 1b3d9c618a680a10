//! Note starts: a note sounds the same wherever in a tick it starts, and all its sources start together.

use tidepool_host::{Event, Note};

use super::instrument::{self, Setup, Texts};
use crate::rig::Input;
use crate::{Score, Sound};

/// Patch of a sine that falls two octaves in 40 ms, like a kick drum.
const KICK: [(&str, &str); 14] = [
    ("osc_a_shape", "Sine"),
    ("osc_a_route", "Bypass"),
    ("osc_a_level", "0 dB"),
    ("osc_a_pitch", "-12 st"),
    ("velocity", "0 %"),
    ("attack", "0 ms"),
    ("decay", "300 ms"),
    ("sustain", "0 %"),
    ("env2_attack", "0 ms"),
    ("env2_decay", "40 ms"),
    ("env2_sustain", "0 %"),
    ("slot1_source", "Env 2"),
    ("slot1_destination", "Osc A Pitch"),
    ("slot1_amount", "25 %"),
];
/// Distances in samples from the first start to the others: all phases of a tick of 16 samples, and a few of one of 32.
const SHIFTS: [usize; 17] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 21, 27];
/// Position of the first start, in samples: a multiple of every tick length.
const FIRST: usize = 4096;

fn note_on(key: u8) -> Event {
    Event::NoteOn {
        note: Note::new(0, key),
        velocity: 1.0,
    }
}

/// Returns the energy of the difference between a kick at the start of a tick and one elsewhere in the tick, in dB
/// relative to the kick's energy: the maximum of all phases.
///
/// # Panics
/// When the plugin rejects a text.
pub fn residual(setup: Setup) -> f64 {
    let length = setup.samples(0.3);
    let kick = |shift: usize| {
        let score = Score::new(FIRST + 64 + length).at(FIRST + shift, note_on(36));
        let sound = instrument::play(setup, &KICK, &score);
        sound.part(FIRST + shift..FIRST + shift + length)
    };
    let reference = kick(0);
    let residuals = SHIFTS.map(|shift| {
        let difference = kick(shift).minus(&reference);
        20.0 * f64::from(difference.rms() / reference.rms()).log10()
    });
    residuals.into_iter().fold(-200.0, f64::max)
}

const SILENT: [(&str, &str); 4] = [
    ("osc_a_level", "off"),
    ("attack", "0 ms"),
    ("sustain", "100 %"),
    ("velocity", "0 %"),
];
/// Sources with the texts that turn on one source alone and route it past the filter.
const SOURCES: [(&str, Texts<'static>); 6] = [
    (
        "oscillator A",
        &[("osc_a_level", "0 dB"), ("osc_a_route", "Bypass")],
    ),
    (
        "oscillator B",
        &[("osc_b_level", "0 dB"), ("osc_b_route", "Bypass")],
    ),
    (
        "ring modulation",
        &[("ring_level", "0 dB"), ("ring_route", "Bypass")],
    ),
    ("FM", &[("fm_level", "0 dB"), ("fm_route", "Bypass")]),
    (
        "noise",
        &[("noise_level", "0 dB"), ("noise_route", "Bypass")],
    ),
    (
        "External",
        &[("external", "0 dB"), ("external_route", "Bypass")],
    ),
];

/// Returns the number of samples from the note on to the first non-zero sample of each source; the note starts within a
/// tick.
///
/// # Panics
/// When a source does not sound.
pub fn first_samples(setup: Setup) -> Vec<(&'static str, usize)> {
    let start = FIRST + 5;
    let frames = start + 2048;
    let mut external = Sound::silence(frames);
    external.left.fill(0.25);
    external.right.fill(0.25);
    let first = |texts: Texts| {
        let texts: Vec<_> = SILENT.iter().chain(texts).copied().collect();
        let mut rig = instrument::rig(setup, &texts);
        let score = Score::new(frames).at(start, note_on(60));
        let sound = rig.play_with(&score, &[512], Input::Stereo(&external));
        sound.first_sound().expect("the source sounds") - start
    };
    SOURCES.map(|(name, texts)| (name, first(texts))).to_vec()
}
