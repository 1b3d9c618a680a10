use proptest::prelude::*;

use super::*;

/// Returns a map with 1/1 on key 60, the reference frequency, and patterns of `size` keys as in `pattern`.
fn map(size: usize, reference: (u8, f64), octave: i64, pattern: &str) -> KeyboardMap {
    let (key, hertz) = reference;
    let file = format!(
        "! A map\n! Size:\n{size}\n! First:\n0\n! Last:\n127\n! Middle:\n60\n! Reference:\n{key}\n{hertz:.9}\n! \
         Octave:\n{octave}\n! Mapping:\n{pattern}"
    );
    KeyboardMap::parse(file).expect("a valid map")
}

/// Parses an `.scl` file of `notes`.
fn scl(notes: &[&str]) -> Scale {
    let file = format!(
        "! x.scl\n!\nA scale\n {}\n!\n {}\n",
        notes.len(),
        notes.join("\n ")
    );
    Scale::parse(file).expect("a valid scale")
}

/// Checks the frequencies to 0.1 cent, and to the resolution of single precision.
fn check(tuning: &Tuning, want: impl Fn(i32) -> Option<f64>) {
    for key in 0..128 {
        let got = tuning
            .pitch(key as u8)
            .map(|pitch| 440.0 * ((f64::from(pitch) - 69.0) / 12.0).exp2());
        match (got, want(key)) {
            (None, None) => {}
            (Some(got), Some(want)) => {
                let cents = 1200.0 * (got / want).log2();
                // A pitch of about a hundred keys has seven digits.
                assert!(
                    cents.abs() < 0.1 && cents.abs() < 0.002,
                    "key {key}: {got} for {want} Hz"
                );
            }
            (got, want) => panic!("key {key}: {got:?} for {want:?}"),
        }
    }
}

/// Returns the frequencies above `middle` Hz on key 60: `ratios` above 1/1, of which the last one is the period.
fn multiplied(middle: f64, ratios: &[f64]) -> impl Fn(i32) -> Option<f64> + '_ {
    move |key| {
        let size = ratios.len() as i32;
        let distance = key - 60;
        let within = match distance.rem_euclid(size) {
            0 => 1.0,
            degree => ratios[degree as usize - 1],
        };
        Some(middle * within * ratios[ratios.len() - 1].powi(distance.div_euclid(size)))
    }
}

#[test]
fn twelve_equal_steps_are_the_keys_themselves() {
    let twelve = "100.0\n200.\n300.0 cents\n\t400.0 E\n500.0\n600.000\n700.0\n800.0\n900.0\n1000.0\n1100.0\n2/1";
    let scale = Scale::parse(format!("12-TET\n 12\n{twelve}")).expect("a valid scale");
    for map in [
        KeyboardMap::default(),
        map(0, (69, 440.0), 0, ""),
        map(
            12,
            (69, 440.0),
            12,
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",
        ),
    ] {
        for scale in [&scale, &Scale::default()] {
            assert_eq!(Tuning::new(scale, &map), Ok(Tuning::default()));
        }
    }
    check(&Tuning::default(), |key| {
        Some(440.0 * (f64::from(key - 69) / 12.0).exp2())
    });
    assert_eq!(Tuning::default().pitch(69), Some(69.0));
    assert_eq!(Tuning::default().pitch(128), None);
}

#[test]
fn well_known_scales_are_in_tune() {
    const C: f64 = 261.625_565_300_598_6;
    let check_linear = |notes: &[&str], ratios: &[f64]| {
        let tuning = Tuning::new(&scl(notes), &KeyboardMap::default()).expect("a tuning");
        check(&tuning, multiplied(C, ratios));
    };
    // Nineteen equal steps, in cents to nine digits.
    let cents: Vec<String> = (1..=19)
        .map(|n| format!("{:.9}", 1200.0 * f64::from(n) / 19.0))
        .collect();
    let cents: Vec<&str> = cents.iter().map(String::as_str).collect();
    let steps: Vec<f64> = (1..=19).map(|n| 2_f64.powf(f64::from(n) / 19.0)).collect();
    check_linear(&cents, &steps);
    // Ptolemy's intense diatonic and its five-limit neighbours.
    check_linear(
        &[
            "16/15", "9/8", "6/5", "5/4", "4/3", "45/32", "3/2", "8/5", "5/3", "9/5", "15/8", "2",
        ],
        &[
            16.0 / 15.0,
            1.125,
            1.2,
            1.25,
            4.0 / 3.0,
            1.40625,
            1.5,
            1.6,
            5.0 / 3.0,
            1.8,
            1.875,
            2.0,
        ],
    );
    // Pythagoras: fifths upon fifths, folded into the octave.
    let fifths = |n: i32| {
        let up = 1.5_f64.powi(n);
        up / up.log2().floor().exp2()
    };
    let circle: Vec<f64> = [7, 2, -3, 4, -1, 6, 1, 8, 3, -2, 5]
        .map(fifths)
        .into_iter()
        .chain([2.0])
        .collect();
    check_linear(
        &[
            "2187/2048",
            "9/8",
            "32/27",
            "81/64",
            "4/3",
            "729/512",
            "3/2",
            "6561/4096",
            "27/16",
            "16/9",
            "243/128",
            "2/1",
        ],
        &circle,
    );
    // Carlos' Alpha: steps of 78 cents and no octave at all.
    check_linear(&["78.0"], &[2_f64.powf(78.0 / 1200.0)]);
}

#[test]
fn a_scale_of_no_notes_is_one_to_one_on_every_key() {
    let empty = Scale::parse("! 0.scl\n!\nNothing but 1/1\n 0\n").expect("a valid scale");
    assert_eq!(empty.degrees(), 0);
    assert_eq!(Scale::parse(empty.to_string()).as_ref(), Ok(&empty));
    let tuning = |map: &KeyboardMap| Tuning::new(&empty, map).expect("a tuning");
    check(&tuning(&KeyboardMap::default()), |_| {
        Some(261.625_565_300_598_6)
    });
    // A map may use any degree and any formal octave: all of them are 1/1.
    for octave in [0, 7] {
        let mapped = map(3, (69, 432.0), octave, "0\nx\n5\n");
        let sounds = |key: i32| ((key - 60).rem_euclid(3) != 1).then_some(432.0);
        check(&tuning(&mapped), sounds);
    }
    assert_eq!(
        Scale::parse("x\n0\n2/1\n").unwrap_err().to_string(),
        "line 3: \"2/1\" is not expected after the last note: correct the number of notes, which is 0, or take the line \
         out"
    );
}

/// Published figures: quarter-comma meantone by P. Aaron, with fifths of the fourth root of 5.
#[test]
fn meantone_has_its_published_cents() {
    let file = "! meanquar.scl\r\n!\r\n1/4-comma meantone scale. Pietro Aaron's temperament (1523)\r\n 12\r\n!\r\n 76.04900\r\n \
                193.15686\r\n 310.26471\r\n 5/4\r\n 503.42157\r\n 579.47057\r\n 696.57843\r\n 25/16\r\n 889.73529\r\n \
                1006.84314\r\n 1082.89214\r\n 2/1\r\n";
    let scale = Scale::parse(file).expect("a valid scale");
    assert_eq!(
        scale.description(),
        "1/4-comma meantone scale. Pietro Aaron's temperament (1523)"
    );
    let tuning = Tuning::new(&scale, &map(0, (69, 440.0), 0, "")).expect("a tuning");
    let fifth = 5_f64.powf(0.25);
    // Fifths from C to each key of the octave.
    let fifths = [0, 7, 2, -3, 4, -1, 6, 1, 8, 3, -2, 5];
    let above_c = |key: i32| {
        let up = fifth.powi(fifths[key.rem_euclid(12) as usize]);
        up / up.log2().floor().exp2() * f64::from(key.div_euclid(12)).exp2()
    };
    check(&tuning, |key| Some(440.0 * above_c(key) / above_c(69)));
}

/// Bohlen and Pierce: thirteen just steps to the twelfth, on a keyboard with octaves of twelve keys.
#[test]
fn bohlen_and_pierce_repeat_at_the_twelfth() {
    let notes = [
        "27/25", "25/21", "9/7", "7/5", "75/49", "5/3", "9/5", "49/25", "15/7", "7/3", "63/25",
        "25/9", "3/1",
    ];
    let ratios = [
        27.0 / 25.0,
        25.0 / 21.0,
        9.0 / 7.0,
        7.0 / 5.0,
        75.0 / 49.0,
        5.0 / 3.0,
        9.0 / 5.0,
        49.0 / 25.0,
        15.0 / 7.0,
        7.0 / 3.0,
        63.0 / 25.0,
        25.0 / 9.0,
        3.0,
    ];
    let pattern: String = (0..13).map(|degree| format!("{degree}\n")).collect();
    for octave in [0, 13] {
        let map = map(13, (60, 256.0), octave, &pattern);
        check(
            &Tuning::new(&scl(&notes), &map).expect("a tuning"),
            multiplied(256.0, &ratios),
        );
    }
    // Nine of its notes on twelve keys, the rest silent.
    let lambda = map(
        12,
        (60, 256.0),
        13,
        "0\nx\n2\n3\nX\n4\n6\nx\n7\n9\n10\n12\n",
    );
    let degrees = [
        Some(0),
        None,
        Some(2),
        Some(3),
        None,
        Some(4),
        Some(6),
        None,
        Some(7),
        Some(9),
        Some(10),
        Some(12),
    ];
    check(
        &Tuning::new(&scl(&notes), &lambda).expect("a tuning"),
        |key| {
            let degree: usize = degrees[(key - 60).rem_euclid(12) as usize]?;
            let within = if degree == 0 { 1.0 } else { ratios[degree - 1] };
            Some(256.0 * within * 3_f64.powi((key - 60).div_euclid(12)))
        },
    );
}

#[test]
fn five_notes_on_the_black_keys_leave_the_white_ones_silent() {
    let slendro = scl(&["8/7", "21/16", "3/2", "12/7", "2/1"]);
    // From C sharp; the keys after A sharp are left out, which makes them silent.
    let file = "12\n40\n90\n61\n70\n440.0 ! Hz\n5\n0\nx\n1\nx\nx\n2\nx\n3\nx\n4\n\u{1a}";
    let tuning =
        Tuning::new(&slendro, &KeyboardMap::parse(file).expect("a valid map")).expect("a tuning");
    let ratios = [1.0, 8.0 / 7.0, 21.0 / 16.0, 3.0 / 2.0, 12.0 / 7.0];
    check(&tuning, |key| {
        let black = [1, 3, 6, 8, 10]
            .iter()
            .position(|black| *black == key.rem_euclid(12))?;
        let octaves = (key - 61).div_euclid(12);
        // A sharp is the reference.
        let hertz = 440.0 / ratios[4] * ratios[black] * f64::from(octaves).exp2();
        (40..=90).contains(&key).then_some(hertz)
    });
}

/// "There is no restriction to the degree numbers in the mapping or to the scale degree to consider as formal octave."
#[test]
fn degrees_may_lie_outside_of_the_scale() {
    let scale = scl(&["9/8", "5/4", "3/2", "2/1"]);
    let map = map(3, (60, 300.0), -4, "0\n-1\n6\n");
    check(&Tuning::new(&scale, &map).expect("a tuning"), |key| {
        let within = [1.0, 0.75, 2.5][(key - 60).rem_euclid(3) as usize];
        Some(300.0 * within * 0.5_f64.powi((key - 60).div_euclid(3)))
    });
}

#[test]
fn all_that_the_format_calls_valid_is_read() {
    // Valid lines listed in the specification, and others that programs write.
    let lines = [
        ("81/64", 1200.0 * 1.265_625_f64.log2()),
        ("408.0", 408.0),
        ("408.", 408.0),
        ("5", 1200.0 * 5_f64.log2()),
        ("-5.0", -5.0),
        ("10/20", -1200.0),
        ("100.0 cents", 100.0),
        (" 100.0 C#", 100.0),
        (" 5/4   E\\", 1200.0 * 1.25_f64.log2()),
        ("\t3 / 2 ! fifth", 1200.0 * 1.5_f64.log2()),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.5", -0.5),
        ("+3/2", 1200.0 * 1.5_f64.log2()),
        ("2", 1200.0),
        ("1/1", 0.0),
        ("3/2,", 1200.0 * 1.5_f64.log2()),
        ("3/2;", 1200.0 * 1.5_f64.log2()),
        ("3/2!5th", 1200.0 * 1.5_f64.log2()),
        ("3/2, 702 cents", 1200.0 * 1.5_f64.log2()),
        ("701.955, fifth no. 1", 701.955),
        ("702.0cents", 702.0),
        ("5/4 1000%5", 1200.0 * 1.25_f64.log2()),
        ("2147483647", 1200.0 * 2_147_483_647_f64.log2()),
        (
            "2147483647/2147483646",
            1200.0 * (1.0 / 2_147_483_646.0_f64).ln_1p() / 2_f64.ln(),
        ),
        (
            "340282366920938463463374607431768211456/170141183460469231731687303715884105728",
            1200.0,
        ),
    ];
    for end in ["\n", "\r\n", "\r"] {
        let mut file = format!("! x{end}{end}!{end} {} notes{end}", lines.len()).into_bytes();
        for (line, _) in lines {
            file.extend(format!("! a comment{end}{line}{end}").bytes());
        }
        let scale = Scale::parse(&file).expect("a valid scale");
        assert_eq!((scale.description(), scale.degrees()), ("", lines.len()));
        for (n, (line, want)) in lines[..lines.len() - 1].iter().enumerate() {
            let got = scale.cents(n as i64 + 1);
            assert!((got - want).abs() < 1e-6, "{line}: {got} for {want} cents");
        }
    }
    let latin = Scale::parse(b"Gammes \xe0 la fran\xe7aise\n1\n2/1").expect("ISO 8859-1");
    assert_eq!(latin.description(), "Gammes à la française");
    let utf = Scale::parse("\u{feff}Gammes à la française\n1\n2/1\n\n\u{1a}").expect("UTF-8");
    assert_eq!(utf, latin);
}

/// Covers each sentence of the format's pages that is not tested above.
#[test]
fn lines_are_read_as_the_formats_have_them() {
    let twelfth = scl(&["3/1"]);
    for (file, description) in [
        // Comments may stand anywhere, and only an exclamation mark in the first column begins one.
        (
            "! a.scl\n!\n !no comment\n! \n 1\n!\n 3/1\n! the end\n",
            " !no comment",
        ),
        // "If there is no description, there should be an empty line."
        ("! a.scl\n\n1\n3/1", ""),
        // "Spaces before or after the number are allowed", and tabs.
        ("x\n \t1\t \n\t 3/1\t \n", "x"),
        ("x\n1,\n3/1,\n", "x"),
        ("x\n1 note\n3/1\n", "x"),
        // Line ends of old Macs, and all of them in one file.
        ("x\r1\r3/1\r", "x"),
        ("x\r\n1\r3/1\n", "x"),
        // A remark after the last pitch, and text after the end of a DOS file.
        ("x\n1\n3/1\n\nfrom a book\n", "x"),
        ("x\n1\n3/1\n\u{1a}\n5/4", "x"),
        // A byte order mark, before a comment too.
        ("\u{feff}x\n1\n3/1\n", "x"),
        ("\u{feff}! a.scl\nx\n1\n3/1\n", "x"),
        // A byte of zero is a character like others.
        ("x\0y\n1\n3/1\n", "x\0y"),
    ] {
        let scale = Scale::parse(file).expect(file);
        assert_eq!(scale.description(), description, "{file:?}");
        assert_eq!(scale.cents(1), twelfth.cents(1), "{file:?}");
        assert_eq!(Scale::parse(scale.to_string()), Ok(scale), "{file:?}");
    }
    // "Long lines are possible and should not give a read error."
    let long = "x".repeat(500_000);
    let scale = Scale::parse(format!("{long}\n1\n3/1 {long}\n")).expect("long lines");
    assert_eq!(scale.description(), long);
    // A byte order mark before ISO 8859-1 is not part of the text.
    let latin = Scale::parse(b"\xef\xbb\xbf! a\nfran\xe7ais\n1\n3/1").expect("ISO 8859-1");
    assert_eq!(latin.description(), "français");
    // Numbers of any length are parsed and quoted in part.
    let digits = "9".repeat(100_000);
    for wrong in [
        &digits,
        &format!("{digits}/{digits}"),
        &format!("{digits}.0"),
    ] {
        let error = Scale::parse(format!("x\n1\n{wrong}\n")).expect_err("out of range");
        assert!(error.to_string().chars().count() < 200, "{error}");
    }
    // Wrong counts.
    for (file, line) in [("x\n3\n5/4\n3/1\n", 4), ("x\n1\n5/4\n3/1\n", 4)] {
        assert_eq!(Scale::parse(file).expect_err(file).line, Some(line));
    }
}

#[test]
fn lines_of_maps_are_read_as_the_format_has_them() {
    let want = map(3, (69, 440.0), 2, "0\nx\n1\n");
    for file in [
        "3\n0\n127\n60\n69\n440\n2\n0\nx\n1",
        "\u{feff}! map\r\n3\r\n0\r\n127\r\n60\r\n69\r\n440.\r\n2\r\n0\r\nX\r\n1\r\n\u{1a}",
        "3\r0\r127\r60\r69\r440.000\r2\r0\rx\r1\r",
        " 3 keys\n 0\n127,\n60 ! middle C\n\t69\t\n440.0, Hz\n2!\n! degrees\n0\n!\nx silent\n+1\n",
        "3\n\n0\n127\n60\n69\n440.0\n2\n\n0\nx,\n1 \n\n",
    ] {
        assert_eq!(KeyboardMap::parse(file), Ok(want.clone()), "{file:?}");
    }
    // "At the end, unmapped keys may be left out."
    let short = "12\n0\n127\n60\n60\n440.0\n12\n0\n1\n";
    let map = KeyboardMap::parse(short).expect("a valid map");
    let tuning = Tuning::new(&Scale::default(), &map).expect("a tuning");
    let sounding = (60..72).filter(|key| tuning.pitch(*key).is_some());
    assert_eq!(sounding.collect::<Vec<_>>(), [60, 61]);
    let wrong = "9".repeat(100_000);
    for line in 0..8 {
        let mut lines = ["12", "0", "127", "60", "69", "440.0", "12", "0"];
        lines[line] = &wrong;
        let error = KeyboardMap::parse(lines.join("\n")).expect_err("out of range");
        assert_eq!(error.line, Some(line + 1));
        assert!(error.to_string().chars().count() < 200, "{error}");
    }
}

#[test]
fn errors_say_where_and_what_and_what_to_do() {
    let scale = |file: &str| Scale::parse(file).expect_err(file).to_string();
    let interval =
        "write a ratio such as 3/2, or cents with a period such as 701.955, of at most 100 octaves";
    assert_eq!(
        scale(""),
        "line 1: the file ends before the description of the scale: add it, or get the file again"
    );
    assert_eq!(
        scale("x\n"),
        "line 1: the file ends before the number of notes: add it, or get the file again"
    );
    assert_eq!(
        scale("x\n3\n! one\n5/4\n3/2\n"),
        "line 5: the file ends before note 3 of 3: add it, or get the file again"
    );
    for (count, quoted) in [
        ("10000", "10000"),
        ("-1", "-1"),
        ("abc def", "abc def"),
        ("7.5", "7.5"),
    ] {
        assert_eq!(
            scale(&format!("x\n{count}\n2/1\n")),
            format!(
                "line 2: {quoted:?} is not the number of notes: write the number of notes as a whole number from 0 to 4096"
            )
        );
    }
    assert_eq!(
        scale("x\n1\n2/1\n3/1\n"),
        "line 4: \"3/1\" is not expected after the last note: correct the number of notes, which is 1, or take the line \
         out"
    );
    assert_eq!(
        scale("x\n1\n-3/2\n"),
        "line 3: \"-3/2\" is not an interval: a ratio cannot be negative, so take the sign away"
    );
    for wrong in [
        "3/2/1",
        "2,5",
        "3:2",
        "0",
        "0/1",
        "1/0",
        "0/0",
        "3/",
        "/2",
        "x",
        "1.2.3",
        ".",
        "1.0e5",
        "3/2.5",
        "701,955",
        "1e3",
        "999999999.0",
        "inf",
        "NaN",
        "5-4",
        "2\\12",
        "1000%5",
        "100m0",
        "50%",
        "100.0c5",
        "3/2 /1",
        "3 / 2 / 1",
        "3//2",
        "1e3.",
        "2²",
        "3/2,5",
        "3/2.",
        "--5.0",
        "5.0-",
    ] {
        let want = format!("line 3: {wrong:?} is not an interval: {interval}");
        assert_eq!(scale(&format!("x\n1\n{wrong}\n")), want);
    }
    let binary = Scale::parse([0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1b, b'\n', 0, 0, 0])
        .expect_err("no text");
    assert_eq!(binary.line, Some(2));
    assert!(
        binary
            .to_string()
            .contains(r#""\u{1b}" is not the number of notes"#),
        "{binary}"
    );
    assert!(Scale::parse([0xff; 100_000]).is_err());
}

#[test]
fn errors_of_maps_do_so_too() {
    let error = |file: &str| KeyboardMap::parse(file).expect_err(file).to_string();
    let lines = ["12", "0", "127", "60", "69", "440.0", "12", "0"];
    let wrong = [
        (
            0,
            "-1",
            "the size of the map as a whole number from 0 to 4096",
        ),
        (
            0,
            "10000",
            "the size of the map as a whole number from 0 to 4096",
        ),
        (1, "128", "the first key as a whole number from 0 to 127"),
        (2, "x", "the last key as a whole number from 0 to 127"),
        (3, "60.5", "the middle key as a whole number from 0 to 127"),
        (4, "-1", "the reference key as a whole number from 0 to 127"),
        (5, "0", "it in Hz, such as 440.0, from 0.001 to 1000000"),
        (
            5,
            "-440.0",
            "it in Hz, such as 440.0, from 0.001 to 1000000",
        ),
        (5, "440,0", "it in Hz, such as 440.0, from 0.001 to 1000000"),
        (5, "inf", "it in Hz, such as 440.0, from 0.001 to 1000000"),
        (
            6,
            "octave",
            "the degree of the formal octave as a whole number from -1000000 to 1000000",
        ),
        (
            7,
            "y",
            "a degree of the scale or x as a whole number from -1000000 to 1000000",
        ),
    ];
    for (line, text, wanted) in wrong {
        let mut file = lines;
        file[line] = text;
        let got = error(&file.join("\n"));
        assert!(
            got.starts_with(&format!("line {}: {text:?} is not ", line + 1)),
            "{got}"
        );
        assert!(got.ends_with(&format!(": write {wanted}")), "{got}");
    }
    for line in 0..7 {
        assert!(error(&lines[..line].join("\n")).contains("the file ends before the"));
    }
    assert_eq!(
        error("1\n0\n127\n60\n69\n440\n0\n0\n1\n"),
        "line 9: \"1\" is not expected after the last key of the map: correct the size of the map, which is 1, or take the \
         line out"
    );
    assert!(
        error("0\n70\n60\n60\n69\n440\n0\n")
            .contains("the last key as a whole number from 70 to 127")
    );
    let unmapped =
        Tuning::new(&Scale::default(), &map(12, (69, 440.0), 12, "0\n2\n4\n")).expect_err("no A");
    assert_eq!(
        unmapped.to_string(),
        "key 69 has the reference frequency but no degree of the scale: map it, or give the frequency of another key"
    );
}

/// Steps of a hundred octaves give finite pitches.
#[test]
fn absurd_scales_have_finite_pitches() {
    for step in [
        "119999.0",
        "-119999.0",
        "1267650600228229401496703205376",
        "0.0",
        "1/1",
    ] {
        let map = map(1, (60, 1e6), 1_000_000, "1000000\n");
        for map in [map, KeyboardMap::default()] {
            let tuning = Tuning::new(&scl(&[step]), &map).expect("a tuning");
            assert!((0..128).all(|key| {
                tuning
                    .pitch(key)
                    .is_some_and(|pitch| pitch.abs() <= 10_000.0)
            }));
        }
    }
}

#[test]
fn keys_play_degrees_of_the_scale() {
    let steps: Vec<String> = (1..=5).map(|step| format!("{}.0", 240 * step)).collect();
    let scale = scl(&steps.iter().map(String::as_str).collect::<Vec<_>>());
    let every = KeyboardMap::default();
    assert_eq!(every.keys_per_period(&scale), 5);
    for (key, degree) in [
        (60, (0, 0)),
        (64, (4, 0)),
        (65, (0, 1)),
        (59, (4, -1)),
        (0, (0, -12)),
    ] {
        assert_eq!(every.degree(key, &scale), Some(degree), "key {key}");
    }
    // Three keys a pattern, one of them silent, and seven degrees from one pattern to the next.
    let map = map(3, (60, 261.6), 7, "0\nx\n6\n");
    assert_eq!(map.keys_per_period(&scale), 3);
    for (key, degree) in [
        (60, Some((0, 0))),
        (61, None),
        (62, Some((1, 1))),
        (63, Some((2, 1))),
        (57, Some((3, -2))),
    ] {
        assert_eq!(map.degree(key, &scale), degree, "key {key}");
    }
    let single = scl(&[]);
    assert_eq!(every.degree(60, &single), None);
    assert_eq!(every.keys_per_period(&single), 0);
}

proptest! {
    #[test]
    fn scales_survive_being_written_and_read(
        description in "[ !-~à-ÿ]{0,40}",
        cents in prop::collection::vec(prop_oneof![-120_000.0..120_000.0_f64, -1e-9..1e-9_f64, Just(1200.0)], 1..50),
    ) {
        let file = format!(
            " {description}\n{}\n{}",
            cents.len(),
            cents.iter().map(|cents| format!("{cents:.12}\n")).collect::<String>()
        );
        let scale = Scale::parse(file).expect("a valid scale");
        prop_assert_eq!(Scale::parse(scale.to_string()), Ok(scale));
    }

    #[test]
    fn maps_survive_being_written_and_read(
        keys in prop::array::uniform3(0..128_u8),
        frequency in 0.001..1e6_f64,
        octave in -100..100_i64,
        pattern in prop::collection::vec(prop::option::of(-300..300_i64), 0..200),
    ) {
        let [one, other, middle] = keys;
        let degrees = pattern.iter().map(|degree| degree.map_or("x".to_owned(), |degree| degree.to_string()));
        let head = format!("{}\n{}\n{}\n{middle}\n{one}\n{frequency}\n{octave}", pattern.len(), one.min(other), one.max(other));
        let file: Vec<String> = std::iter::once(head).chain(degrees).collect();
        let map = KeyboardMap::parse(file.join("\n")).expect("a valid map");
        prop_assert_eq!(KeyboardMap::parse(map.to_string()), Ok(map));
    }

    #[test]
    fn no_file_is_too_absurd_to_be_looked_at(file: Vec<u8>, text in "[0-9/.x! \\-\n]{0,200}") {
        for file in [&file[..], text.as_bytes()] {
            let (scale, map) = (Scale::parse(file), KeyboardMap::parse(file));
            if let (Ok(scale), Ok(map)) = (scale, map) {
                let _ = Tuning::new(&scale, &map);
            }
        }
    }
}

#[test]
fn frequencies_give_the_pitches_of_their_keys() {
    let equal = std::array::from_fn(|key| Some(440.0 * ((key as f64 - 69.0) / 12.0).exp2()));
    assert_eq!(Tuning::from_hertz(&equal), Tuning::default());
    let mut some = equal;
    let unusable = [
        None,
        Some(0.0),
        Some(-1.0),
        Some(f64::NAN),
        Some(f64::INFINITY),
    ];
    some[60..65].copy_from_slice(&unusable);
    some[69] = Some(880.0);
    some[70] = Some(f64::MIN_POSITIVE);
    let tuning = Tuning::from_hertz(&some);
    assert!((60..65).all(|key| tuning.pitch(key).is_none()));
    assert_eq!(tuning.pitch(69), Some(81.0));
    assert!(tuning.pitch(70).is_some_and(|pitch| pitch.is_finite()));
}
