//! Test that every factory preset has the same level in every octave live, at the default quality, and offline.

use std::f64::consts::TAU;

use tidepool_dsp::{Block, Engine, Event, EventKind, Note, NotePort, Parameter};

use super::{Preset, all};

const RATE: f64 = 48_000.0;
const BLOCK: usize = 512;
const CHORD: [u8; 4] = [48, 55, 60, 64];
const OCTAVES: usize = 9;

/// Note port that starts the remaining notes of a chord.
struct Chord(Vec<u8>);

impl NotePort for Chord {
    fn next_event(&mut self) -> Option<Event> {
        let key = self.0.pop()?;
        let note = Note {
            id: None,
            channel: 0,
            key,
        };
        let kind = EventKind::NoteOn {
            note,
            velocity: 0.8,
        };
        Some(Event { at: 0, kind })
    }

    fn note_ended(&mut self, _: u32, _: Note) {}
}

/// Renders three seconds of a chord, left and right in one list.
fn chord(preset: &Preset, offline: bool) -> Vec<f64> {
    let mut engine = Engine::default();
    engine.render_offline(offline);
    engine.prepare(RATE as f32, BLOCK);
    engine.load(&preset.patch);
    let mut port = Chord(CHORD.to_vec());
    let mut sound = Vec::new();
    while sound.len() < 3 * RATE as usize {
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(block, &mut port);
        let both = left.iter().zip(right);
        sound.extend(both.map(|(left, right)| f64::from(left + right) * 0.5));
    }
    sound
}

/// Returns the level of `sound` in the octave from `lowest` Hz on, in dB: that of four cascaded second-order band-passes
/// after R. Bristow-Johnson's "Cookbook formulae for audio equalizer biquad filter coefficients".
fn octave(sound: &[f64], lowest: f64) -> f64 {
    let angle = TAU * lowest * 2.0_f64.sqrt() / RATE;
    let alpha = angle.sin() * 0.5 / 1.4;
    let (gain, a1, a2) = (
        alpha / (1.0 + alpha),
        -2.0 * angle.cos() / (1.0 + alpha),
        (1.0 - alpha) / (1.0 + alpha),
    );
    let mut states = [[0.0; 2]; 4];
    let mut power = 0.0;
    for sample in sound {
        let mut signal = *sample;
        for [first, second] in &mut states {
            let out = gain * signal + *first;
            *first = *second - a1 * out;
            *second = -gain * signal - a2 * out;
            signal = out;
        }
        power += signal * signal;
    }
    10.0 * (power * 2.0 / sound.len() as f64).max(1e-30).log10()
}

#[test]
fn factory_sounds_are_alike_live_and_offline_within_1_db_per_octave() {
    assert_eq!(Parameter::Quality.spec().default, 1.0);
    let mut worst = (0.0_f64, String::new());
    for preset in all() {
        let [live, offline] = [false, true].map(|offline| chord(preset, offline));
        for number in 0..OCTAVES {
            let lowest = 31.25 * f64::from(1 << number);
            let [live, offline] = [&live, &offline].map(|sound| octave(sound, lowest));
            let off = (live - offline).abs();
            if offline.max(live) > -60.0 && off > worst.0 {
                worst = (
                    off,
                    format!("{}, {lowest} Hz: {live} and {offline} dB", preset.name),
                );
            }
            if offline.max(live) > -60.0 && off > 0.6 {
                println!(
                    "{}, {lowest} Hz: {live:.1} and {offline:.1} dB",
                    preset.name
                );
            }
        }
    }
    println!("{worst:?}");
    assert!(worst.0 < 1.0, "{}", worst.1);
}
