//! Whole renders of small songs, without the command line.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::command::Options;

/// Two overlapping notes over half a second, with a bend in between, as a file of format 0.
const TWO_NOTES: &[u8] = &[
    b'M', b'T', b'h', b'd', 0, 0, 0, 6, 0, 0, 0, 1, 0, 96, // format 0, 96 ticks to the beat
    b'M', b'T', b'r', b'k', 0, 0, 0, 22, //
    0, 0x90, 57, 100, 23, 64, 90, 5, 0xe0, 0, 80, // two notes, then a bend
    40, 0x80, 57, 64, 28, 64, 64, // both end
    0, 0xff, 0x2f, 0,
];

/// Temporary folder that contains the song.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self(folder);
        fs::write(desk.path("song.mid"), TWO_NOTES).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn options(&self, block: u32) -> Options {
        Options {
            rate: 48_000,
            block,
            tail: Tail::Seconds(0.5),
            tail_limit: 60,
            longest: 3600,
            preset: None,
            preset_file: None,
            scale: None,
            keyboard_map: None,
            set: Vec::new(),
            report: Some(self.path("song.json")),
        }
    }

    fn render(&self, options: &Options) -> Result<Value, Failure> {
        file(&self.path("song.mid"), &self.path("song.wav"), options)?;
        Ok(serde_json::from_slice(&fs::read(self.path("song.json")).unwrap()).unwrap())
    }

    /// Returns the error for `options`; asserts that only the song is in the folder afterwards.
    fn value_error(&self, options: &Options) -> String {
        let failure = self.render(options).unwrap_err();
        assert_eq!(self.names(), ["song.mid"]);
        failure.to_string()
    }
}

#[test]
fn every_block_size_makes_the_same_audio() {
    let desk = Desk::new();
    let whole = desk.render(&desk.options(512)).unwrap();
    assert!(whole["peak_dbfs"].as_f64().unwrap() > -40.0, "{whole}");
    assert_eq!(whole["non_finite"], 0);
    for block in [1, 37, 512, 8192] {
        assert_eq!(
            desk.render(&desk.options(block)).unwrap()["hash"],
            whole["hash"],
            "{block}"
        );
    }
}

#[test]
fn the_report_tells_what_is_in_the_wav() {
    let desk = Desk::new();
    let report = desk.render(&desk.options(100)).unwrap();
    assert_eq!(desk.names(), ["song.json", "song.mid", "song.wav"]);
    let mut wav = hound::WavReader::open(desk.path("song.wav")).unwrap();
    // 96 ticks at 120 bpm, and the tail.
    assert_eq!(wav.duration(), 48_000);
    assert_eq!(report["audio_seconds"], 1.0);
    assert_eq!(report["song"]["notes"], 2);
    let peak = wav
        .samples::<f32>()
        .map(|sample| sample.unwrap().abs())
        .fold(0.0, f32::max);
    let peak_dbfs = 20.0 * f64::from(peak).log10();
    assert!((report["peak_dbfs"].as_f64().unwrap() - peak_dbfs).abs() < 1e-6);
}

#[test]
fn settings_are_heard_and_told() {
    let desk = Desk::new();
    let plain = desk.render(&desk.options(512)).unwrap();
    let set = vec!["volume=-20 dB".to_owned()];
    let quiet = desk
        .render(&Options {
            set,
            ..desk.options(512)
        })
        .unwrap();
    assert_eq!(quiet["settings"]["set"][0]["param"], "volume");
    let level = |report: &Value| report["peak_dbfs"].as_f64().unwrap();
    assert!(level(&quiet) < level(&plain) - 6.0);
}

#[test]
fn refused_settings_leave_nothing() {
    let desk = Desk::new();
    let value_error = |wish: &str| {
        desk.value_error(&Options {
            set: vec![wish.to_owned()],
            ..desk.options(512)
        })
    };
    assert!(
        value_error("cutof=1 kHz").contains("nearest: cutoff"),
        "{}",
        value_error("cutof=1 kHz")
    );
    for wish in [
        "cutoff=loud",
        "cutoff=900 kHz",
        "voices=99",
        "voices=-1",
        "volume=200 dB",
    ] {
        let (id, value) = wish.split_once('=').unwrap();
        let value_error = value_error(wish);
        assert!(
            value_error.contains(id) && value_error.contains(value),
            "{value_error}"
        );
        assert!(value_error.contains(" to "), "no range: {value_error}");
    }
    for (wish, sentence) in [
        (
            "mode=foo",
            "--set mode: \"foo\" is not one of the choices; choose from Poly, Mono, Legato",
        ),
        (
            "slot1_destination=cutof",
            "--set slot1_destination: \"cutof\" is not one of the choices; the nearest: Cutoff",
        ),
    ] {
        let value_error = value_error(wish);
        assert!(value_error.starts_with(sentence), "{value_error}");
    }
}

#[test]
fn parameters_are_listed_with_their_choices() {
    let table = params(None).unwrap();
    assert_eq!(
        table.lines().count(),
        1 + tidepool_dsp::Parameter::all().count()
    );
    let line = |id: &str| table.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(
        line("mode ").contains("  Poly, Mono, Legato  "),
        "{}",
        line("mode ")
    );
    assert!(line("cutoff ").contains("  20 Hz to 20 kHz  "));
    let long = "which `tidepool params slot1_source` lists";
    assert!(line("slot1_source ").contains(long));

    let one = params(Some("slot1_source")).unwrap();
    for choice in ["None", "Velocity", "Macro 8"] {
        assert!(one.lines().any(|line| line == choice), "{choice}: {one}");
    }
    assert!(
        !params(Some("cutoff")).unwrap().contains("CHOICES"),
        "the cutoff has no choices"
    );
    let value_error = params(Some("cutof")).unwrap_err().to_string();
    assert!(value_error.starts_with("there is no parameter \"cutof\"; the nearest: cutoff"));
}

#[test]
fn a_limit_itself_is_in_range() {
    let (mut instance, _) = instance().unwrap();
    let catalogue = Catalogue::of(&mut instance);
    for id in ["cutoff", "voices", "volume", "attack", "resonance"] {
        let parameter = catalogue.find(id).unwrap();
        let wishes = [
            format!("{id}={}", parameter.min),
            format!("{id}={}", parameter.max),
        ];
        settings::apply(&mut instance, &catalogue, &wishes).unwrap();
    }
}

#[test]
fn files_are_never_mixed_up() {
    let desk = Desk::new();
    let song = desk.path("song.mid");
    let failure = file(&song, &song, &desk.options(512)).unwrap_err();
    assert!(failure.to_string().contains("is the song itself"));
    let options = Options {
        report: Some(desk.path("song.wav")),
        ..desk.options(512)
    };
    let failure = file(&song, &desk.path("song.wav"), &options).unwrap_err();
    assert!(failure.to_string().contains("is the audio itself"));
    assert_eq!(desk.names(), ["song.mid"]);
}

#[test]
fn a_song_beyond_the_wav_format_is_refused_before_it_is_played() {
    let desk = Desk::new();
    fs::write(desk.path("song.mid"), endless()).unwrap();
    let value_error = desk.value_error(&Options {
        longest: 86_400,
        ..desk.options(512)
    });
    assert!(
        value_error.contains("lower --rate or --longest"),
        "{value_error}"
    );
}

/// Returns [`TWO_NOTES`] with the longest delay possible before its end: 2^28 - 1 ticks.
fn endless() -> Vec<u8> {
    let mut bytes = TWO_NOTES.to_vec();
    let delay = bytes.len() - 4;
    bytes.splice(delay..=delay, [0xff, 0xff, 0xff, 0x7f]);
    bytes[21] += 3;
    bytes
}

#[test]
fn a_song_of_days_is_ended_at_the_limit_and_the_report_says_so() {
    let desk = Desk::new();
    fs::write(desk.path("song.mid"), endless()).unwrap();
    let report = desk
        .render(&Options {
            longest: 3,
            ..desk.options(512)
        })
        .unwrap();
    assert_eq!(report["audio_seconds"], 3.5);
    let warnings = report["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let warning = warnings[0].as_str().unwrap();
    assert!(
        warning.contains("388:21:41.8") && warning.contains("ended after 0:03.0; --longest"),
        "{warning}"
    );
}

/// Returns options with the default tail, and a release of `release` after the song.
fn auto(desk: &Desk, block: u32, release: &str, limit: u32) -> Options {
    Options {
        tail: Tail::Auto,
        tail_limit: limit,
        set: vec![format!("release={release}")],
        ..desk.options(block)
    }
}

#[test]
fn the_tail_lasts_until_the_instrument_is_silent() {
    let desk = Desk::new();
    let audio = || -> Vec<f32> {
        let wav = hound::WavReader::open(desk.path("song.wav")).unwrap();
        wav.into_samples().map(Result::unwrap).collect()
    };
    let whole = desk.render(&auto(&desk, 512, "3 s", 60)).unwrap();
    let tail = whole["settings"]["tail"].as_f64().unwrap();
    assert!((2.0..60.0).contains(&tail), "{tail} s");
    assert_eq!(whole["warnings"].as_array().unwrap().len(), 0, "{whole:#}");
    let samples = audio();
    // The last frame is not silent, and everything before it is equal to the render with a fixed tail, which has
    // silence after it.
    assert!(samples[samples.len() - 2..].iter().any(|it| *it != 0.0));
    for block in [1, 37, 8192] {
        let other = desk.render(&auto(&desk, block, "3 s", 60)).unwrap();
        assert_eq!(other["hash"], whole["hash"], "blocks of {block}");
        assert_eq!(other["audio_seconds"], whole["audio_seconds"]);
    }
    let seconds = Options {
        tail: Tail::Seconds(tail.ceil() + 1.0),
        ..auto(&desk, 512, "3 s", 60)
    };
    desk.render(&seconds).unwrap();
    let longer = audio();
    let (same, rest) = longer.split_at(samples.len());
    assert_eq!(same, samples);
    assert!(rest.len() > 96_000 && rest.iter().all(|it| *it == 0.0));
    // A shorter sound has a shorter tail.
    let short = desk.render(&auto(&desk, 512, "10 ms", 60)).unwrap();
    assert!(short["settings"]["tail"].as_f64().unwrap() < tail - 1.0);
}

#[test]
fn a_tail_that_is_too_long_is_cut_at_the_limit_and_the_report_says_so() {
    let desk = Desk::new();
    let whole = desk.render(&auto(&desk, 512, "10 s", 1)).unwrap();
    assert_eq!(whole["settings"]["tail"], 1.0);
    let warning = whole["warnings"][0].as_str().unwrap();
    assert!(
        warning.contains("still sounds 0:01.0 after the song's end")
            && warning.contains("--tail-limit"),
        "{warning}"
    );
    let other = desk.render(&auto(&desk, 8192, "10 s", 1)).unwrap();
    assert_eq!(other["hash"], whole["hash"]);
}

#[test]
fn a_damaged_song_is_played_and_the_report_says_what_was_left_out() {
    let desk = Desk::new();
    let intact = desk.render(&desk.options(512)).unwrap();
    // The bend has an invalid data byte; the second note never ends.
    let mut bytes = TWO_NOTES.to_vec();
    let bend = bytes.iter().position(|byte| *byte == 0xe0).unwrap();
    bytes[bend + 2] = 200;
    bytes[bend + 8] = 65;
    fs::write(desk.path("song.mid"), bytes).unwrap();
    let report = desk.render(&desk.options(512)).unwrap();
    assert_ne!(report["hash"], intact["hash"]);
    assert_eq!(report["song"]["notes"], 2);
    let warnings: Vec<_> = report["warnings"].as_array().unwrap().iter().collect();
    assert_eq!(
        warnings,
        [
            "1 event is damaged, in track 1 at tick 23 (byte 29), and left out",
            "1 key still down at the end of the song; released there",
        ]
    );
}

#[test]
fn what_is_refused_is_quoted_on_one_line_of_bounded_length() {
    let desk = Desk::new();
    let long = format!("a\nb{}", "x".repeat(100_000));
    for wish in [
        long.clone(),
        format!("{long}=1"),
        format!("cutoff={long}"),
        format!("mode={long}"),
    ] {
        let value_error = desk.value_error(&Options {
            set: vec![wish],
            ..desk.options(512)
        });
        assert!(
            value_error.len() < 400 && !value_error.contains('\n'),
            "{value_error}"
        );
    }
    fs::write(desk.path("song.mid"), vec![0; (16 << 20) + 1]).unwrap();
    let value_error = desk.value_error(&desk.options(512));
    assert!(value_error.contains("larger than 16 MiB"), "{value_error}");
}

#[test]
fn the_instance_tells_what_it_cost_and_telling_does_not_change_the_audio() {
    let desk = Desk::new();
    let options = desk.options(512);
    let told = desk.render(&options).unwrap();
    let metrics = &told["metrics"];
    let span = &metrics["spans"]["since_reset"];
    let seconds = told["audio_seconds"].as_f64().unwrap();
    // Every block is counted, the last one too, and the unheard one is not.
    let frames = (seconds * 48_000.0).round();
    assert_eq!(
        span["blocks"].as_f64(),
        Some((frames / 512.0).ceil()),
        "{span:#}"
    );
    assert!((span["audio_seconds"].as_f64().unwrap() - seconds).abs() < 1e-6);
    let blocks = span["histogram"].as_array().unwrap().iter();
    let blocks: u64 = blocks
        .map(|bucket| bucket["blocks"].as_u64().unwrap())
        .sum();
    assert_eq!(Some(blocks), span["blocks"].as_u64());
    assert_eq!(metrics["most_voices"], told["voices"]);
    assert_eq!(metrics["offline"], true);
    let rules = metrics["alerts"].as_array().unwrap().iter();
    for rule in rules.map(|alert| alert["rule"].as_str().unwrap()) {
        assert!(
            !["load", "overruns", "not-real-time"].contains(&rule),
            "{rule}"
        );
    }
    let cutoff = metrics["parameters"].as_array().unwrap().iter();
    let cutoff: Vec<_> = cutoff.filter(|value| value["id"] == "cutoff").collect();
    assert!(
        cutoff[0]["value"].as_str().unwrap().ends_with("Hz"),
        "{cutoff:?}"
    );

    // The same song, without any observer.
    let song = Song::parse(TWO_NOTES).unwrap();
    let (instance, _) = instance().unwrap();
    let timeline = Timeline::new(&song, 48_000, 3600);
    let mut player = MidiPlayer::new(instance, timeline, 48_000, 512).unwrap();
    let (mut left, mut right) = (vec![0.0; frames as usize], vec![0.0; frames as usize]);
    player.play(&mut left, &mut right).unwrap();
    let mut meter = Meter::new(48_000).unwrap();
    meter.add(&left, &right).unwrap();
    assert_eq!(told["hash"], format!("{:016x}", meter.level().hash));
}
