//! Loudness check of presets: each plays one phrase through the plugin's own CLAP entry, as a song is rendered.

use std::path::PathBuf;

use tidepool::presets::{self, Preset};

use super::catalogue::Catalogue;
use super::meter::{Level, Meter};
use super::midi_player::MidiPlayer;
use super::notation::{self, BEAT, Note};
use super::preset::{factory, find};
use super::tempo::Moment;
use super::timeline::{Cue, Timeline};
use super::{instance, settings};
use crate::failure::Failure;
use crate::interrupt;

/// Target loudness of every preset, in LUFS, integrated over the phrase after EBU R 128.
const LOUDNESS: f64 = -21.0;
/// Tolerated deviation, in LU.
const TOLERANCE: f64 = 2.0;

/// Phrase for every preset, a bar of two seconds each: four short hits, as for drums; a legato line, as for basses,
/// leads and plucks; a held chord, as for pads and keys; and one held note. Parts that are more than 10 LU below the
/// rest, such as a pad's hits or the time after a drum's, do not count, because R 128 gates them.
const PHRASE: [&str; 3] = [
    "8 C3 r C3 r C3 r C3 r  C3 E3 G3 C4 B3 G3 E3 D3  1 C3  C4",
    "1 r r G3 r",
    "1 r r E4 r",
];
const TEMPO: f64 = 120.0;
/// 0.8 of the maximum.
const VELOCITY: u8 = 102;
/// Seconds after the phrase, for releases and effects.
const TAIL: u64 = 2;
const RATE: u32 = 48_000;
const BLOCK: u32 = 512;

/// Prints, line by line, the loudness of the presets `names`, the factory's or the user's, and of the presets in
/// `files`, or of all factory presets if both are empty.
///
/// # Errors
/// If a preset cannot be loaded, or if the loudness of one is out of tolerance.
pub fn level(
    names: &[String],
    files: &[PathBuf],
    say: impl Fn(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut presets = Vec::new();
    for name in names {
        presets.push(find(name)?.into_owned());
    }
    for path in files {
        let preset = presets::open(path);
        presets.push(preset.map_err(|mistake| Failure::input(mistake.to_string()))?);
    }
    if names.is_empty() && files.is_empty() {
        presets = factory()?.to_vec();
    }
    interrupt::watch();
    let width = presets.iter().map(|preset| preset.name.chars().count());
    let width = width.max().unwrap_or(0).max("NAME".len());
    say(&format!("{:width$}  CATEGORY   LUFS  PEAK dBFS\n", "NAME"))?;
    let timeline = timeline();
    let mut wrong = 0;
    for preset in &presets {
        let Preset { name, category, .. } = preset;
        let level = measure(preset, &timeline)?;
        let number = |db: Option<f64>| db.map_or("-".to_owned(), |db| format!("{db:.1}"));
        let (loudness, peak) = (number(level.loudness_lufs), number(level.peak_dbfs));
        let line = format!("{name:width$}  {category:8}  {loudness:>5}  {peak:>9}");
        match fault(&level) {
            Some(fault) => {
                wrong += 1;
                say(&format!("{line}  {fault}\n"))?;
            }
            None if level.peak_dbfs.is_some_and(|peak| peak > 0.0) => {
                say(&format!("{line}  its peaks are above full scale\n"))?;
            }
            None => say(&format!("{line}\n"))?,
        }
    }
    if wrong > 0 {
        return Err(Failure::inside(format_args!(
            "{wrong} of {} not at {LOUDNESS} LUFS within {TOLERANCE}; change the levels as the table says",
            presets.len()
        )));
    }
    Ok(())
}

/// Returns the fault of `level` and its remedy, if it has a fault.
fn fault(level: &Level) -> Option<String> {
    if level.non_finite > 0 {
        return Some(format!("{} samples are NaN or infinite", level.non_finite));
    }
    let Some(loudness) = level.loudness_lufs else {
        return Some("silent; raise a level, or shorten the attack".to_owned());
    };
    let away = loudness - LOUDNESS;
    if away.abs() <= TOLERANCE {
        None
    } else if away > 0.0 {
        Some(format!("too loud; lower its levels by {away:.1} dB"))
    } else {
        Some(format!("too soft; raise its levels by {:.1} dB", -away))
    }
}

/// Measures the loudness of `preset` in a new instance.
fn measure(preset: &Preset, timeline: &Timeline) -> Result<Level, Failure> {
    let (mut instance, _) = instance()?;
    let catalogue = Catalogue::of(&mut instance);
    settings::load(&mut instance, &catalogue, preset)?;
    let mut player = MidiPlayer::new(instance, timeline.clone(), RATE, BLOCK)?;
    let mut meter = Meter::new(RATE)?;
    let second = RATE as usize;
    let (mut left, mut right) = (vec![0.0; second], vec![0.0; second]);
    let frames = timeline.end + TAIL * u64::from(RATE);
    for _ in 0..frames.div_ceil(u64::from(RATE)) {
        player.play(&mut left, &mut right)?;
        meter.add(&left, &right)?;
        interrupt::check()?;
    }
    Ok(meter.level())
}

/// Returns the phrase in samples.
fn timeline() -> Timeline {
    let start = Moment {
        bpm: TEMPO,
        beats: 0.0,
        seconds: 0.0,
    };
    let sample = |tick: u32| {
        let samples_per_beat = f64::from(RATE) * 60.0 / TEMPO;
        (f64::from(tick) / f64::from(BEAT) * samples_per_beat).round() as u64
    };
    let notes: Vec<Note> = PHRASE
        .iter()
        .flat_map(|voice| notation::read(voice).0)
        .collect();
    // At one sample, notes end before others start.
    let mut messages: Vec<_> = (notes.iter())
        .map(|note| (sample(note.start + note.length), [0x80, note.key, 64]))
        .chain((notes.iter()).map(|note| (sample(note.start), [0x90, note.key, VELOCITY])))
        .collect();
    messages.sort_by_key(|&(sample, _)| sample);
    let end = messages.last().map_or(0, |&(sample, _)| sample);
    let messages = messages
        .into_iter()
        .map(|(sample, bytes)| (sample, Cue::Midi(bytes)));
    Timeline {
        cues: [(0, Cue::Tempo(start))]
            .into_iter()
            .chain(messages)
            .collect(),
        end,
        warnings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrase_lasts_eight_seconds_and_ends_what_it_starts() {
        let timeline = timeline();
        assert_eq!(timeline.end, 8 * u64::from(RATE));
        let mut held = Vec::new();
        let mut most = 0;
        for (sample, cue) in &timeline.cues {
            match cue {
                Cue::Midi([0x90, key, velocity]) => {
                    assert_eq!(*velocity, VELOCITY);
                    assert!(!held.contains(key), "{key} at {sample} is down already");
                    held.push(*key);
                }
                Cue::Midi([0x80, key, _]) => {
                    let place = held.iter().position(|held| held == key);
                    held.remove(place.expect("it is down"));
                }
                Cue::Tempo(_) => assert_eq!(*sample, 0),
                other => panic!("{other:?} is none of the phrase's"),
            }
            most = most.max(held.len());
        }
        assert!(held.is_empty());
        assert_eq!(most, 3);
    }

    #[test]
    fn each_fault_has_its_remedy() {
        let at = |loudness_lufs| {
            fault(&Level {
                peak_dbfs: Some(-6.0),
                loudness_lufs,
                non_finite: 0,
                hash: 0,
            })
        };
        assert_eq!(at(Some(-21.0)), None);
        assert_eq!(at(Some(-23.0)), None);
        assert_eq!(at(Some(-19.0)), None);
        assert_eq!(
            at(Some(-23.06)).as_deref(),
            Some("too soft; raise its levels by 2.1 dB")
        );
        assert_eq!(
            at(Some(-15.0)).as_deref(),
            Some("too loud; lower its levels by 6.0 dB")
        );
        assert!(at(None).is_some_and(|fault| fault.starts_with("silent")));
        let level = Level {
            peak_dbfs: None,
            loudness_lufs: None,
            non_finite: 3,
            hash: 0,
        };
        assert_eq!(
            fault(&level).as_deref(),
            Some("3 samples are NaN or infinite")
        );
    }
}
