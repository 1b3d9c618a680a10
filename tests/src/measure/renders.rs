//! Renders of every preset into a folder, and their comparison with later renders.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::instrument::{self, Setup};
use super::level::{self, Level};
use super::presets::{self, Preset};
use super::spectrum::{self, OCTAVES};
use super::workers;
use crate::Sound;

/// Pieces rendered for every preset: name in the file name, and keys.
const PIECES: [(&str, &[u8]); 2] = [("note", &[60]), ("chord", &[48, 55, 64, 71])];
const VELOCITY: f64 = 0.8;
/// Duration of the held keys and of the whole render, in seconds.
const HELD: f64 = 2.0;
const SECONDS: f64 = 3.0;
/// Level in dBFS below which a band is not compared, if both renders are below it.
pub const FLOOR: f64 = -60.0;

fn render(preset: &Preset, keys: &[u8]) -> Sound {
    let score = instrument::chord(Setup::USUAL, keys, VELOCITY, HELD, SECONDS);
    preset.play(Setup::USUAL, &[], &score)
}

fn file(preset: &Preset, piece: &str) -> String {
    format!("{} {} {piece}.wav", preset.category, preset.name)
}

/// Writes a file of 32-bit floats for each preset and piece into `folder`, live at 48 kHz, and returns the number of
/// files.
///
/// # Panics
/// When a file cannot be written.
pub fn write(folder: &Path) -> usize {
    fs::create_dir_all(folder).expect("the folder is made");
    let presets = presets::all();
    workers::map(presets, |preset| {
        for (piece, keys) in PIECES {
            let path = folder.join(file(preset, piece));
            save(&path, &render(preset, keys));
        }
    });
    presets.len() * PIECES.len()
}

fn save(path: &Path, sound: &Sound) {
    let format = hound::WavSpec {
        channels: 2,
        sample_rate: Setup::USUAL.rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(path, format).expect("the file is made");
    for (left, right) in sound.left.iter().zip(&sound.right) {
        file.write_sample(*left).expect("the file takes samples");
        file.write_sample(*right).expect("the file takes samples");
    }
    file.finalize().expect("the file is written");
}

fn open(path: &Path) -> Option<Sound> {
    let file = hound::WavReader::open(path).ok()?;
    let samples: Vec<f32> = (file.into_samples::<f32>())
        .collect::<Result<_, _>>()
        .ok()?;
    let channel = |from: usize| samples.iter().skip(from).step_by(2).copied().collect();
    Some(Sound {
        left: channel(0),
        right: channel(1),
    })
}

/// Change of a preset: later figure minus earlier figure, in dB or LU.
struct Change {
    name: String,
    bands: Vec<Option<f64>>,
    loudness: f64,
    peak: f64,
}

impl Change {
    fn between(name: String, before: &Sound, now: &Sound) -> Self {
        let [first, second] = [before, now].map(|sound| spectrum::octaves(sound, 48_000.0));
        let bands = first.iter().zip(&second);
        let bands = bands.map(|(a, b)| (a.max(*b) > FLOOR).then(|| b.max(FLOOR) - a.max(FLOOR)));
        let [first, second] = [before, now].map(|sound| Level::of(sound, Setup::USUAL.rate));
        Self {
            name,
            bands: bands.collect(),
            loudness: second.loudness - first.loudness,
            peak: second.peak - first.peak,
        }
    }

    fn greatest(&self) -> f64 {
        let bands = self.bands.iter().flatten();
        bands.map(|change| change.abs()).fold(0.0, f64::max)
    }
}

/// Compares every preset with its renders in `folder` and returns a table of the changes, the greatest first.
///
/// # Panics
/// When a preset cannot be rendered.
pub fn compare(folder: &Path) -> String {
    let changes = workers::map(presets::all(), |preset| {
        PIECES.map(|(piece, keys)| {
            let name = file(preset, piece);
            match open(&folder.join(&name)) {
                Some(before) => Ok(Change::between(name, &before, &render(preset, keys))),
                None => Err(name),
            }
        })
    });
    let mut missing = Vec::new();
    let mut found = Vec::new();
    for change in changes.into_iter().flatten() {
        match change {
            Ok(change) => found.push(change),
            Err(name) => missing.push(name),
        }
    }
    found.sort_by(|a, b| b.greatest().total_cmp(&a.greatest()));
    let mut table = String::from("| preset | greatest, dB | loudness, LU | peak, dB |");
    for centre in OCTAVES {
        let _ = write!(table, " {} |", spectrum::name(centre));
    }
    table.push_str("\n|---|---|---|---|");
    table.push_str(&"---|".repeat(OCTAVES.len()));
    table.push('\n');
    for change in &found {
        let name = change.name.trim_end_matches(".wav");
        let _ = write!(
            table,
            "| {name} | {:.2} | {:+.2} | {:+.2} |",
            change.greatest(),
            level::zero(change.loudness),
            level::zero(change.peak)
        );
        for band in &change.bands {
            let text = band.map_or("–".to_owned(), |change| {
                format!("{:+.1}", level::zero(change))
            });
            let _ = write!(table, " {text} |");
        }
        table.push('\n');
    }
    for name in missing {
        let _ = writeln!(table, "\nNot in the folder: {name}");
    }
    table
}
