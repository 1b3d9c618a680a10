//! Headroom and loudness of the presets, and their difference between live and offline rendering.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use tidepool_host::{Event, Note};

use super::instrument::{self, Mode, Setup};
use super::level::Level;
use super::reading::Reading;
use super::renders::FLOOR;
use super::spectrum::{self, OCTAVES};
use super::{presets, workers};
use crate::Score;

/// Keys of the chord, over three octaves and a third.
const CHORD: [u8; 6] = [36, 48, 55, 64, 71, 76];
/// Duration of the held chord and of the whole sound, in seconds.
const HELD: f64 = 0.8;
const SECONDS: f64 = 1.0;
/// Setting of Volume, low enough that the limiter does not act, and its distance from the default in dB.
const VOLUME: &str = "-30 dB";
const BELOW: f64 = 24.0;

/// Levels of a preset's chord ahead of the limiter.
struct Chord {
    /// Peak in dBFS, at Volume's default.
    peak: f64,
    bands: [f64; OCTAVES.len()],
}

/// Returns the chords of all presets, rendered once for each setup.
fn chords(setup: Setup) -> Arc<Vec<Chord>> {
    type Rendered = Mutex<HashMap<Setup, Arc<OnceLock<Arc<Vec<Chord>>>>>>;
    static RENDERED: OnceLock<Rendered> = OnceLock::new();
    let rendered = RENDERED.get_or_init(Mutex::default);
    let cell = rendered.lock().expect("no render panics with the lock");
    let cell = { cell }.entry(setup).or_default().clone();
    let chords = cell.get_or_init(|| {
        Arc::new(workers::map(presets::all(), |preset| {
            let score = instrument::chord(setup, &CHORD, 1.0, HELD, SECONDS);
            let sound = preset.play(setup, &[("volume", VOLUME)], &score);
            Chord {
                peak: Level::of(&sound, setup.rate).peak + BELOW,
                bands: spectrum::octaves(&sound, setup.hertz()).map(|band| band + BELOW),
            }
        }))
    });
    Arc::clone(chords)
}

/// Returns the highest peak of a preset's chord ahead of the limiter, in dBFS: six keys at the highest velocity.
///
/// # Panics
/// When a preset cannot be rendered.
pub fn peak(setup: Setup) -> Reading {
    let chords = chords(setup);
    let peaks = presets::all().iter().zip(chords.iter());
    let peaks = peaks.map(|(preset, chord)| (chord.peak, preset.name.as_str()));
    greatest(peaks)
}

/// Returns the greatest difference of an octave's level between live and offline in a preset's chord, in dB. Octaves
/// below −60 dBFS in both are left out.
///
/// # Panics
/// When a preset cannot be rendered.
pub fn live_to_offline(setup: Setup) -> Reading {
    let mode = |mode| chords(Setup { mode, ..setup });
    let (live, offline) = (mode(Mode::Live), mode(Mode::Offline));
    let pairs = presets::all().iter().zip(live.iter().zip(offline.iter()));
    greatest(pairs.map(|(preset, (live, offline))| {
        let bands = live.bands.iter().zip(&offline.bands);
        let differences = bands.filter(|(a, b)| a.max(**b) > FLOOR);
        let differences = differences.map(|(a, b)| (a.max(FLOOR) - b.max(FLOOR)).abs());
        (differences.fold(0.0, f64::max), preset.name.as_str())
    }))
}

fn greatest<'a>(figures: impl Iterator<Item = (f64, &'a str)>) -> Reading {
    let greatest = figures.max_by(|a, b| a.0.total_cmp(&b.0));
    let (value, preset) = greatest.expect("there are presets");
    Reading::of(value, preset)
}

/// Phrase for the loudness of presets, see docs/presets.md: key, start and end in eighths. A bar of eight eighths lasts
/// two seconds.
const PHRASE: [(u8, f64, f64); 16] = [
    (48, 0.0, 1.0),
    (48, 2.0, 3.0),
    (48, 4.0, 5.0),
    (48, 6.0, 7.0),
    (48, 8.0, 9.0),
    (52, 9.0, 10.0),
    (55, 10.0, 11.0),
    (60, 11.0, 12.0),
    (59, 12.0, 13.0),
    (55, 13.0, 14.0),
    (52, 14.0, 15.0),
    (50, 15.0, 16.0),
    (48, 16.0, 24.0),
    (55, 16.0, 24.0),
    (64, 16.0, 24.0),
    (60, 24.0, 32.0),
];

fn phrase(setup: Setup) -> Score {
    let mut score = Score::new(setup.samples(10.0));
    let sample = |eighth: f64| setup.samples(0.25 * eighth);
    // Note-offs come before note-ons at the same sample.
    for (key, _, to) in PHRASE {
        let off = Event::NoteOff {
            note: Note::new(0, key),
            velocity: 0.5,
        };
        score = score.at(sample(to), off);
    }
    for (key, from, _) in PHRASE {
        let on = Event::NoteOn {
            note: Note::new(0, key),
            velocity: 102.0 / 127.0,
        };
        score = score.at(sample(from), on);
    }
    score
}

/// Returns the greatest distance of a preset's loudness from −21 LUFS, in LU.
///
/// # Panics
/// When a preset cannot be rendered.
pub fn loudness(setup: Setup) -> Reading {
    let found = workers::map(presets::all(), |preset| {
        let sound = preset.play(setup, &[], &phrase(setup));
        Level::of(&sound, setup.rate).loudness
    });
    let named = presets::all().iter().zip(&found);
    let quietest = named.clone().min_by(|a, b| a.1.total_cmp(b.1));
    let loudest = named.max_by(|a, b| a.1.total_cmp(b.1));
    let ((quiet, low), (loud, high)) = quietest.zip(loudest).expect("there are presets");
    let value = (low + 21.0).abs().max((high + 21.0).abs());
    Reading {
        value,
        notes: vec![format!(
            "from {low:.1} LUFS ({}) to {high:.1} LUFS ({})",
            quiet.name, loud.name
        )],
    }
}
