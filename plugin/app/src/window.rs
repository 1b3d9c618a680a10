//! Checks of the window's flags before nice-plug reads them: it accepts any number, and fails with some of them later,
//! on another thread. One flag it does not use at all.

use std::ops::RangeInclusive;

use crate::command::{BLOCKS, RATES};
use crate::failure::Failure;

/// Flag with a number in a range.
struct Flag {
    long: &'static str,
    short: Option<&'static str>,
    range: RangeInclusive<f64>,
    /// True if only whole numbers are valid.
    whole: bool,
    /// Description of the value, with the range and an example.
    takes: &'static str,
}

/// Sample rate; at 0 the audio thread would panic behind a dead window.
const SAMPLE_RATE: Flag = Flag {
    long: "--sample-rate",
    short: Some("-r"),
    range: *RATES.start() as f64..=*RATES.end() as f64,
    whole: false,
    takes: "a rate from 8000 to 768000 Hz; 48000 is usual",
};
const PERIOD_SIZE: Flag = Flag {
    long: "--period-size",
    short: Some("-p"),
    range: *BLOCKS.start() as f64..=*BLOCKS.end() as f64,
    whole: true,
    takes: "a whole number of samples from 1 to 8192; 512 is usual",
};
/// Scale of the window; nice-plug 0.4.2 declares the flag but ignores it, so the editor applies it.
const DPI_SCALE: Flag = Flag {
    long: "--dpi-scale",
    short: None,
    range: 0.5..=4.0,
    whole: false,
    takes: "a factor from 0.5 to 4; 1 is usual",
};

/// Checks `flags`, which are those of `tidepool window`; returns the zoom factor of the window. `[gui]`
///
/// # Errors
/// If a value makes a window impossible. Mistakes that clap detects, unknown flags and missing values, are left to
/// nice-plug.
pub fn check(flags: &[String]) -> Result<f32, Failure> {
    number(&SAMPLE_RATE, flags)?;
    number(&PERIOD_SIZE, flags)?;
    Ok(number(&DPI_SCALE, flags)?.map_or(1.0, |factor| factor as f32))
}

/// Returns the number that `flags` give for `flag`, if any.
fn number(flag: &Flag, flags: &[String]) -> Result<Option<f64>, Failure> {
    let mut last = None;
    for text in values(flag, flags) {
        let number = if flag.whole {
            text.parse::<u32>().ok().map(f64::from)
        } else {
            text.parse::<f64>().ok()
        };
        let Flag { long, takes, .. } = flag;
        last = number.filter(|number| flag.range.contains(number));
        if last.is_none() {
            return Err(Failure::input(format!("{long}: \"{text}\" is not {takes}")));
        }
    }
    Ok(last)
}

/// Returns the values of `flag` in `flags`, in each of the spellings that clap accepts: `--period-size 64`,
/// `--period-size=64`, `-p 64`, `-p=64` and `-p64`.
fn values<'a>(flag: &Flag, flags: &'a [String]) -> impl Iterator<Item = &'a str> {
    let words = flags.iter().take_while(|word| *word != "--").enumerate();
    words.filter_map(move |(place, word)| {
        let long = word.strip_prefix(flag.long);
        let long = long.filter(|rest| rest.is_empty() || rest.starts_with('='));
        let short = || flag.short.and_then(|short| word.strip_prefix(short));
        match long.or_else(short)? {
            "" => flags.get(place + 1).map(String::as_str),
            rest => Some(rest.strip_prefix('=').unwrap_or(rest)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_nice_plug_would_fail_of_is_refused_in_every_spelling() {
        for (line, flag, value) in [
            ("--sample-rate 0", "--sample-rate", "\"0\""),
            ("--sample-rate=7999", "--sample-rate", "\"7999\""),
            ("--backend dummy -r 768001", "--sample-rate", "\"768001\""),
            ("-r0", "--sample-rate", "\"0\""),
            ("-r=nan", "--sample-rate", "\"nan\""),
            ("-r inf", "--sample-rate", "\"inf\""),
            ("-r 48k", "--sample-rate", "\"48k\""),
            ("--sample-rate=", "--sample-rate", "\"\""),
            ("-r 48000 -p 0", "--period-size", "\"0\""),
            ("--period-size 8193", "--period-size", "\"8193\""),
            ("--period-size=1.5", "--period-size", "\"1.5\""),
            ("--dpi-scale 0", "--dpi-scale", "\"0\""),
            ("--dpi-scale=4.1", "--dpi-scale", "\"4.1\""),
            ("--dpi-scale -2", "--dpi-scale", "\"-2\""),
            ("--dpi-scale 150%", "--dpi-scale", "\"150%\""),
            ("-p 64 -p -64", "--period-size", "\"-64\""),
        ] {
            let value_error = check(&words(line)).unwrap_err();
            let sentence = value_error.to_string();
            assert!(matches!(value_error, Failure::Input(_)), "{line}");
            assert!(sentence.starts_with(flag), "{line}: {sentence}");
            assert!(sentence.contains(value), "{line}: {sentence}");
            assert!(sentence.contains("is usual"), "{line}: {sentence}");
        }
    }

    #[test]
    fn whatever_works_is_let_through() {
        for line in [
            "",
            "--backend dummy",
            "--sample-rate 8000 --period-size 1",
            "-r 768000 -p8192",
            "-r44100.0 -p=64",
            // Left to clap: a missing value, unknown flags, unrelated words.
            "--sample-rate",
            "--sample-rates 0",
            "-- --sample-rate 0",
            "--midi-input 0",
        ] {
            assert_eq!(check(&words(line)), Ok(1.0), "{line}");
        }
    }

    #[test]
    fn the_window_is_as_large_as_is_wished() {
        for (line, factor) in [
            ("--dpi-scale 0.5", 0.5),
            ("--backend dummy --dpi-scale=1.25", 1.25),
            ("--dpi-scale 4 -r 44100", 4.0),
        ] {
            assert_eq!(check(&words(line)), Ok(factor), "{line}");
        }
    }
}
