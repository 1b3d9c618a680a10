//! Renderer: songs to WAV through the plugin's own CLAP, and a one-line error for bad input.

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tidepool_tests::{bundles, song};
use xtask::workspace::Profile;

/// Runs `tidepool render` with `arguments`, in `folder`.
pub(crate) fn render(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(bundles::standalone())
        .arg("render")
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("DISPLAY")
        .output()
        .expect("the program starts")
}

/// Returns a folder that contains a short song.
pub(crate) fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder is made");
    fs::write(folder.path().join("song.mid"), song::small(4)).expect("the song is written");
    folder
}

/// Renders with a report and returns it.
fn report(folder: &TempDir, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--report", "report.json"]);
    let output = render(folder, &all);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = fs::read(folder.path().join("report.json")).expect("there is a report");
    serde_json::from_slice(&text).expect("the report is JSON")
}

/// Returns the number under `key`, at any depth of the report.
fn number(report: &Value, key: &str) -> f64 {
    find(report, key)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number `{key}` in {report:#}"))
}

fn find<'a>(report: &'a Value, key: &str) -> Option<&'a Value> {
    let object = report.as_object()?;
    object
        .get(key)
        .or_else(|| object.values().find_map(|inner| find(inner, key)))
}

fn hash(report: &Value) -> String {
    let hash = find(report, "hash").unwrap_or_else(|| panic!("no hash in {report:#}"));
    hash.as_str()
        .map_or_else(|| hash.to_string(), str::to_owned)
}

/// Returns true if the program is a release build. These tests may be a debug build of their own, but only a release
/// build of the program can count allocations.
fn is_optimized(report: &Value) -> bool {
    let counted = report["allocations"].is_number();
    assert!(
        counted || bundles::PROFILE == Profile::Debug,
        "a release build has to count allocations"
    );
    counted
}

/// Returns all samples of a WAV file of any format.
pub(crate) fn samples(path: &Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path).expect("the output is a WAV file");
    let format = reader.spec();
    assert_eq!(format.channels, 2);
    match format.sample_format {
        hound::SampleFormat::Float => reader
            .samples()
            .map(|sample| sample.expect("it is whole"))
            .collect(),
        hound::SampleFormat::Int => {
            let full = (1_i64 << (format.bits_per_sample - 1)) as f32;
            let samples = reader.samples::<i32>();
            samples
                .map(|sample| sample.expect("it is whole") as f32 / full)
                .collect()
        }
    }
}

#[test]
fn a_song_becomes_a_wav() {
    let folder = folder();
    let report = report(
        &folder,
        &[
            "song.mid", "--out", "song.wav", "--rate", "44100", "--tail", "1",
        ],
    );
    let path = folder.path().join("song.wav");
    let samples = samples(&path);
    assert_eq!(
        hound::WavReader::open(&path)
            .expect("the output is a WAV file")
            .spec()
            .sample_rate,
        44_100
    );
    assert!(samples.iter().all(|sample| sample.is_finite()));
    let peak = samples
        .iter()
        .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak > 0.01, "the song is silent");
    // Two bars, at 120 and at 90 beats per minute, and the tail.
    let seconds = samples.len() as f64 / 2.0 / 44_100.0;
    assert!(
        (seconds - (2.0 + 8.0 / 3.0 + 1.0)).abs() < 0.25,
        "it lasts {seconds} s"
    );
    let told = number(&report, "peak_dbfs");
    assert!(
        (told - f64::from(20.0 * peak.log10())).abs() < 0.1,
        "the report tells a peak of {told} dB"
    );
}

#[test]
fn the_same_song_has_the_same_hash() {
    let folder = folder();
    let hash_of = |more: &[&str]| {
        let mut arguments = vec!["song.mid", "--out", "song.wav"];
        arguments.extend(more);
        hash(&report(&folder, &arguments))
    };
    let reference = hash_of(&[]);
    assert_eq!(hash_of(&[]), reference, "a second run");
    for block in ["1", "17", "64", "512", "4096"] {
        assert_eq!(hash_of(&["--block", block]), reference, "blocks of {block}");
    }
    assert_ne!(
        hash_of(&["--set", "cutoff=300 Hz"]),
        reference,
        "--set does nothing"
    );
    // Rendering to a file uses the best quality, whatever the setting.
    for quality in ["1x", "4x"] {
        let quality = format!("quality={quality}");
        assert_eq!(hash_of(&["--set", &quality]), reference, "{quality}");
    }
    assert_ne!(
        hash_of(&["--rate", "96000"]),
        reference,
        "--rate does nothing"
    );
}

#[test]
fn the_report_is_complete() {
    let folder = folder();
    let report = report(&folder, &["song.mid", "--out", "song.wav", "--tail", "2"]);
    for key in [
        "audio_seconds",
        "cpu_seconds",
        "ratio",
        "p50",
        "p99",
        "p999",
        "worst",
        "budget",
    ] {
        assert!(number(&report, key) > 0.0, "{key} in {report:#}");
    }
    // Four voices, one note at a time, all held by the pedal for two bars.
    assert!(
        (4.0..=32.0).contains(&number(&report, "voices")),
        "{report:#}"
    );
    let limited = ["song.mid", "--out", "song.wav", "--set", "voices=2"];
    assert_eq!(number(&self::report(&folder, &limited), "voices"), 2.0);
    assert_eq!(number(&report, "non_finite"), 0.0);
    assert_eq!(hash(&report).len(), 16);
    if is_optimized(&report) {
        assert_eq!(number(&report, "allocations"), 0.0);
    }
    // Fields of the first report format, on which programs may depend.
    let Value::Object(old) = &report else {
        panic!("the report is no object: {report:#}")
    };
    for key in [
        "version",
        "song",
        "settings",
        "block_us",
        "voices",
        "peak_dbfs",
        "loudness_lufs",
        "hash",
    ] {
        assert!(old.contains_key(key), "no `{key}` in {report:#}");
    }
    metrics_are_complete(&report);
}

/// Checks that the plugin's own metrics agree with the host's measurements.
fn metrics_are_complete(report: &Value) {
    let metrics = &report["metrics"];
    for key in [
        "/version",
        "/machine/cpu",
        "/machine/cores",
        "/machine/os",
        "/machine/arch",
        "/host/name",
        "/host/version",
        "/host/format",
        "/sample_rate",
        "/block_sizes/0/samples",
        "/parameters/0/id",
        "/parameters/0/value",
        "/engine",
        "/totals/changes",
        "/alerts",
        "/modules/0/since_reset/mean_us",
        "/spans/last_second/p99",
        "/spans/last_minute/p99",
        "/spans/since_reset/p50",
        "/spans/since_reset/p90",
        "/spans/since_reset/p99",
        "/spans/since_reset/p999",
        "/spans/since_reset/worst_block/wall_us",
        "/spans/since_reset/histogram/0/blocks",
        "/overruns",
        "/history/seconds/0/load",
        "/history/minutes",
        "/regressions",
        "/recent/0/modules_us",
        "/pool/classes/0/frames",
        "/bridge/frames",
    ] {
        assert!(
            metrics.pointer(key).is_some(),
            "no `{key}` in the metrics of {report:#}"
        );
    }
    assert_eq!(metrics["offline"], true);
    assert_eq!(metrics["version"], report["version"]);
    let span = &metrics["spans"]["since_reset"];
    let frames = number(report, "audio_seconds") * 48_000.0;
    assert_eq!(number(span, "blocks"), (frames / 512.0).ceil());
    assert_eq!(metrics["most_voices"], report["voices"]);
    // No time that the plugin measures within a block can exceed the host's time for the block.
    let worst = number(&span["worst_block"], "wall_us");
    assert!(
        worst <= number(&report["block_us"], "worst") * 1.01 + 1.0,
        "{worst} µs in {report:#}"
    );
    let voices = metrics["modules"].as_array().expect("there are modules");
    let voices = voices.iter().find(|module| module["module"] == "Voices");
    let voices = voices.expect("voices are one of them");
    assert!(
        number(&voices["since_reset"], "mean_us") > 0.0,
        "{voices:#}"
    );
}

#[test]
fn bad_input_gets_one_clear_line_and_no_output() {
    let folder = folder();
    let whole = song::small(2);
    fs::write(folder.path().join("cut.mid"), &whole[..40]).expect("a file is written");
    let large = File::create(folder.path().join("large.mid")).expect("a file is made");
    large.set_len((16 << 20) + 1).expect("it grows");
    fs::write(folder.path().join("noise.mid"), [0xA5; 300]).expect("a file is written");
    fs::write(folder.path().join("empty.mid"), []).expect("a file is written");
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["absent.mid", "--out", "out.wav"],
            &["absent.mid", "choose a file that can be read"],
        ),
        (&["song.mid", "--out", "out.mp3"], &["out.mp3", ".wav"]),
        (&[], &["--out <SONG.wav>", "<SONG.mid>", "--help"]),
        (&["cut.mid", "--out", "out.wav"], &["cut.mid", "no notes"]),
        (
            &["large.mid", "--out", "out.wav"],
            &["large.mid", "larger than 16 MiB"],
        ),
        (&["noise.mid", "--out", "out.wav"], &["noise.mid"]),
        (&["empty.mid", "--out", "out.wav"], &["empty.mid"]),
        (&[".", "--out", "out.wav"], &[]),
        (&["song.mid", "--out", "nowhere/out.wav"], &["nowhere"]),
        (
            &["song.mid", "--out", "out.wav", "--set", "cutof=300 Hz"],
            &["cutof", "cutoff"],
        ),
        (
            &["song.mid", "--out", "out.wav", "--set", "cutoff=90 kHz"],
            &["cutoff"],
        ),
        (
            &["song.mid", "--out", "out.wav", "--set", "cutoff=loud"],
            &["cutoff", "loud"],
        ),
        (
            &["song.mid", "--out", "out.wav", "--set", "mode=foo"],
            &["mode", "\"foo\"", "Poly, Mono, Legato"],
        ),
        (
            &["song.mid", "--out", "out.wav", "--set", "voices=65"],
            &["voices"],
        ),
        (
            &["song.mid", "--out", "out.wav", "--set", "cutoff"],
            &["cutoff"],
        ),
        (
            &[
                "song.mid",
                "--out",
                "out.wav",
                "--report",
                "nowhere/report.json",
            ],
            &["nowhere"],
        ),
        (&["song.mid", "--out", "out.wav", "--block", "0"], &[]),
        (&["song.mid", "--out", "out.wav", "--rate", "0"], &[]),
        (&["song.mid", "--out", "out.wav", "--tail=-1"], &["auto"]),
        (
            &["song.mid", "--out", "out.wav", "--tail", "long"],
            &["auto"],
        ),
    ];
    for (arguments, words) in cases {
        refused(&folder, arguments, words);
    }
}

/// Tests damaged songs as found in practice: each is played, and the report describes its faults.
#[test]
fn damaged_songs_are_played_and_told() {
    let folder = folder();
    let whole = song::small(2);
    // A title in ISO 8859-1, and a note on by a running status that the title has cancelled.
    let running = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk\0\0\0\x1c\0\xb0\x07\x7f\0\x90\x3c\x64\0\xff\x03\x03F\xfcr\0\x40\x64\x60\x3c\0\0\x40\0\0\xff\x2f\0";
    let damaged: Vec<u8> = [&whole[..], b"\xee\xee\xee\xee\xee\xee\xee"].concat();
    let mut format = whole.clone();
    format[9] = 2;
    let mut tracks = whole.clone();
    tracks[11] = 40;
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("running.mid", running.to_vec(), "without a status"),
        (
            "cut.mid",
            whole[..whole.len() - 40].to_vec(),
            "the file ends within track 3",
        ),
        ("format.mid", format, "format 2"),
        ("tracks.mid", tracks, "announces 40 tracks"),
    ];
    for (name, file, part) in cases {
        fs::write(folder.path().join(name), file).expect("a file is written");
        let report = report(&folder, &[name, "--out", "song.wav"]);
        let warnings = report["warnings"].as_array().expect("there are warnings");
        let told = warnings.iter().filter_map(Value::as_str);
        assert!(
            told.clone().any(|warning| warning.contains(part)),
            "{name}: {warnings:?}"
        );
        assert!(
            told.clone()
                .all(|warning| warning.len() < 200 && !warning.contains('\n'))
        );
        assert!(number(&report, "peak_dbfs") > -40.0, "{name} is silent");
        if *name == "running.mid" {
            assert_eq!(report["song"]["name"], "Für");
            assert_eq!(report["song"]["notes"], 2);
        }
    }
    // Padding shorter than a MIDI chunk header is no fault.
    fs::write(folder.path().join("padded.mid"), damaged).expect("a file is written");
    let report = report(&folder, &["padded.mid", "--out", "song.wav"]);
    assert_eq!(report["warnings"], Value::Array(Vec::new()), "{report:#}");
}

#[test]
fn a_tail_is_as_long_as_the_sound_for_every_block() {
    let folder = folder();
    let tail = |more: &[&str]| {
        let mut arguments = vec!["song.mid", "--out", "song.wav", "--set", "release=2 s"];
        arguments.extend(more);
        let report = report(&folder, &arguments);
        (number(&report["settings"], "tail"), hash(&report))
    };
    let (seconds, sound) = tail(&[]);
    assert!((1.0..60.0).contains(&seconds), "{seconds} s");
    assert_eq!(
        tail(&["--tail", "auto", "--block", "4096"]),
        (seconds, sound.clone())
    );
    assert_eq!(tail(&["--block", "33"]), (seconds, sound));
    assert_eq!(tail(&["--tail", "0.25"]).0, 0.25);
    assert_eq!(tail(&["--tail-limit", "1"]).0, 1.0);
}

#[test]
fn an_older_output_survives_a_failure() {
    let folder = folder();
    fs::write(folder.path().join("out.wav"), b"precious").expect("a file is written");
    let output = render(&folder, &["absent.mid", "--out", "out.wav"]);
    assert!(!output.status.success());
    assert_eq!(
        fs::read(folder.path().join("out.wav")).expect("it is there"),
        b"precious"
    );
}

#[test]
fn a_general_midi_song_renders_faster_than_real_time() {
    let Some(path) = env::var_os("TIDEPOOL_GM_SONG").filter(|path| !path.is_empty()) else {
        eprintln!(
            "skipped a_general_midi_song_renders_faster_than_real_time: TIDEPOOL_GM_SONG names no song"
        );
        return;
    };
    let path = fs::canonicalize(path).expect("the song is there");
    let path = path.to_str().expect("the song's path is text");
    let tracks = song::tracks_with_notes(&fs::read(path).expect("the song is readable"));
    assert!(tracks >= 4, "the song has {tracks} tracks only");

    let folder = folder();
    let first = report(&folder, &[path, "--out", "song.wav", "--block", "512"]);
    let samples = samples(&folder.path().join("song.wav"));
    assert!(samples.iter().all(|sample| sample.is_finite()));
    let peak = samples
        .iter()
        .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!(
        (0.01..=tidepool_tests::sound::LOUDEST).contains(&peak),
        "the peak is {peak}"
    );
    let ratio = number(&first, "ratio");
    println!("{tracks} tracks, {ratio:.1} times real time");
    // A debug build is not optimised for speed: rendering the song once is enough.
    if is_optimized(&first) {
        assert!(ratio > 20.0, "{ratio:.1} times real time");
        for block in ["64", "4096"] {
            let other = report(&folder, &[path, "--out", "song.wav", "--block", block]);
            assert_eq!(hash(&other), hash(&first), "blocks of {block}");
        }
    }
}

/// Checks that the renderer rejects `arguments` with one line that contains all of `words`, and leaves the folder
/// unchanged.
pub(crate) fn refused(folder: &TempDir, arguments: &[&str], words: &[&str]) {
    let before = listing(folder);
    let output = render(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    assert!(!output.status.success(), "{arguments:?} succeeds");
    assert!(
        code.is_some_and(|code| code < 100),
        "{arguments:?}: {code:?}"
    );
    let lines = errors.trim_end().lines().count();
    assert_eq!(lines, 1, "{arguments:?}: {errors}");
    for word in words {
        let said = errors.contains(word);
        assert!(said, "{arguments:?}: `{word}` is not in: {errors}");
    }
    let after = listing(folder);
    assert_eq!(after, before, "{arguments:?} leaves something behind");
}

/// Returns the sorted names in `folder`.
pub(crate) fn listing(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("the folder is readable");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry is readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort_unstable();
    names
}
