//! Scala files for the renderer: they change the pitches of the keys, and bad files change nothing.

use std::fs;

use tempfile::TempDir;
use tidepool_tests::{Sound, song};

use crate::render::{folder, refused, render, samples};

const RATE: f64 = 48_000.0;
/// Middle C of 12-tone equal temperament, in Hz.
const MIDDLE_C: f64 = 261.625_565;
/// Keyboard map with one step per key, and 415 Hz at key 69.
const BAROQUE: &str = "! 415 Hz\r\n0\r\n0\r\n127\r\n60\r\n69\r\n415.0\r\n0\r\n";

/// Returns a scale that divides the octave into `steps`, in the style of old files: with CRLF, its name in Latin-1.
fn equal(steps: u32) -> Vec<u8> {
    let mut text = b"! equal.scl\r\n!\r\n\xe9gal\r\n".to_vec();
    text.extend(format!(" {steps}\r\n").bytes());
    for step in 1..=steps {
        let cents = f64::from(step) * 1200.0 / f64::from(steps);
        text.extend(format!(" {cents:.6}\r\n").bytes());
    }
    text
}

/// Returns the frequency of `key` in Hz, rendered in `folder` with `arguments`.
fn pitch(folder: &TempDir, key: u8, arguments: &[&str]) -> f64 {
    fs::write(folder.path().join("note.mid"), song::one_note(key)).expect("a file is written");
    let mut all = vec!["note.mid", "--out", "note.wav", "--rate", "48000"];
    all.extend(arguments);
    let output = render(folder, &all);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    let both = samples(&folder.path().join("note.wav"));
    let side = |n| both.iter().skip(n).step_by(2).copied().collect();
    let sound = Sound {
        left: side(0),
        right: side(1),
    };
    // Half a second of the held note, after its start.
    sound.part(4_800..28_800).pitch(RATE)
}

#[test]
fn scales_and_maps_change_what_a_key_plays() {
    let folder = folder();
    for (name, file) in [
        ("19.scl", equal(19)),
        ("24.scl", equal(24)),
        ("baroque.kbm", BAROQUE.into()),
        // A byte order mark before ISO 8859-1, CR line ends, and a comma after each number.
        (
            "mark.scl",
            b"\xef\xbb\xbf! mark.scl\rD\xe9j\xe0 vu\r 1,\r 2/1, octave\r".into(),
        ),
    ] {
        fs::write(folder.path().join(name), file).expect("a file is written");
    }
    let above = |octaves: f64| MIDDLE_C * octaves.exp2();
    let cases: &[(u8, &[&str], f64)] = &[
        (72, &[], above(1.0)),
        // Consecutive keys play consecutive steps, from middle C.
        (72, &["--scale", "24.scl"], above(0.5)),
        (72, &["--scale", "19.scl"], above(12.0 / 19.0)),
        (60, &["--scale", "19.scl"], above(0.0)),
        (61, &["--scale", "mark.scl"], above(1.0)),
        (69, &["--keyboard-map", "baroque.kbm"], 415.0),
        (
            72,
            &["--scale", "24.scl", "--keyboard-map", "baroque.kbm"],
            415.0 * (3.0_f64 / 24.0).exp2(),
        ),
    ];
    for (key, arguments, hertz) in cases {
        let found = pitch(&folder, *key, arguments);
        // The smallest step of these scales is nearly 3 %.
        assert!(
            (found / hertz - 1.0).abs() < 0.006,
            "key {key} with {arguments:?}: {found:.2} Hz instead of {hertz:.2} Hz"
        );
    }
}

#[test]
fn a_file_that_cannot_be_used_gets_one_clear_line_and_no_output() {
    let folder = folder();
    let large = "!\n".repeat(600_000);
    let long = format!("a scale\n 1\n {}\n", "9".repeat(100_000));
    let files: &[(&str, &[u8])] = &[
        ("good.scl", &equal(19)),
        ("empty.scl", b""),
        ("words.scl", b"a scale\n 2\n three halves\n 2/1\n"),
        ("short.scl", b"a scale\r\n 3\r\n 3/2\r\n 2/1\r\n"),
        ("noise.scl", &[0xa5; 300]),
        ("percent.scl", b"a scale\n 1\n 1000%5\n"),
        ("long.scl", long.as_bytes()),
        ("large.scl", large.as_bytes()),
        ("short.kbm", b"12\n0\n127\n"),
        ("hertz.kbm", b"0\n0\n127\n60\n69\nloud\n0\n"),
    ];
    for (name, file) in files {
        fs::write(folder.path().join(name), file).expect("a file is written");
    }
    let cases: &[(&[&str], &[&str])] = &[
        (&["--scale", "absent.scl"], &["absent.scl"]),
        (&["--scale", "."], &[]),
        (&["--scale", "empty.scl"], &["empty.scl", "line 1"]),
        (
            &["--scale", "words.scl"],
            &["words.scl", "line 3", "three halves"],
        ),
        (
            &["--scale", "short.scl"],
            &["short.scl", "line 4", "note 3 of 3"],
        ),
        (&["--scale", "noise.scl"], &["noise.scl", "line 1"]),
        (
            &["--scale", "percent.scl"],
            &["percent.scl", "line 3", "1000%5"],
        ),
        (&["--scale", "long.scl"], &["long.scl", "line 3", "9999…"]),
        (&["--scale", "large.scl"], &["large.scl", "1 MiB"]),
        (&["--keyboard-map", "absent.kbm"], &["absent.kbm"]),
        (&["--keyboard-map", "short.kbm"], &["short.kbm", "line 3"]),
        (
            &["--scale", "good.scl", "--keyboard-map", "hertz.kbm"],
            &["hertz.kbm", "line 6", "loud"],
        ),
    ];
    for (arguments, words) in cases {
        let mut all = vec!["song.mid", "--out", "out.wav", "--report", "report.json"];
        all.extend(*arguments);
        refused(&folder, &all, words);
    }
}
