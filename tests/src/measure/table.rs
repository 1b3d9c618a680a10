//! Markdown table of the figures, and its place in `docs/internals/engine.md`.

use std::fmt::Write;
use std::time::Instant;

use super::instrument::Setup;
use super::promise::{PROMISES, Promise};
use super::reading::Reading;
use super::workers;

const BEGIN: &str = "<!-- promises: written by `cargo xtask measure --write` -->";
const END: &str = "<!-- end of promises -->";

/// Ids of the promises about presets.
pub const OF_PRESETS: [&str; 4] = ["headroom", "live-offline", "loudness", "dead-controls"];

/// Measures the promises whose id starts with one of `only`, or all if it is empty. Returns the table and the number of
/// figures that miss their target.
///
/// # Panics
/// When the bundle cannot be measured.
pub fn measure(only: &[String]) -> (String, usize) {
    let chosen: Vec<&Promise> = PROMISES
        .iter()
        .filter(|promise| {
            only.is_empty() || only.iter().any(|id| promise.id.starts_with(id.as_str()))
        })
        .collect();
    let mut text = head();
    let mut notes = String::new();
    let mut missed = 0;
    for promise in chosen {
        let began = Instant::now();
        let setups: Vec<Setup> = Setup::all().collect();
        let readings = workers::map(&setups, |&setup| {
            promise.setups.has(setup).then(|| (promise.measure)(setup))
        });
        let start = text.len();
        missed += write_row(&mut text, promise, &readings);
        let seconds = began.elapsed().as_secs_f64();
        eprintln!("{} {seconds:.1} s", text[start..].trim_end());
        write_notes(&mut notes, promise, &setups, &readings);
    }
    if !notes.is_empty() {
        let _ = write!(text, "\n{notes}");
    }
    (text, missed)
}

fn head() -> String {
    let mut text = String::from("| promise | unit | target |");
    for setup in Setup::all() {
        let _ = write!(
            text,
            " {}, {} |",
            setup.mode,
            f64::from(setup.rate) / 1000.0
        );
    }
    text + "\n|---|---|---|" + &"---|".repeat(Setup::all().count()) + "\n"
}

/// Appends a row, with figures that miss the target in bold, and returns the number of these figures.
fn write_row(text: &mut String, promise: &Promise, readings: &[Option<Reading>]) -> usize {
    let Promise {
        name, unit, target, ..
    } = promise;
    let _ = write!(text, "| {name} | {unit} | {target} |");
    let mut missed = 0;
    for reading in readings {
        let _ = match reading {
            None => write!(text, " |"),
            Some(reading) if target.holds(reading.value) => {
                write!(text, " {} |", figure(reading.value))
            }
            Some(reading) => {
                missed += 1;
                write!(text, " **{}** |", figure(reading.value))
            }
        };
    }
    text.push('\n');
    missed
}

/// Appends the notes on a promise, once for all setups with the same notes.
fn write_notes(
    text: &mut String,
    promise: &Promise,
    setups: &[Setup],
    readings: &[Option<Reading>],
) {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for (setup, reading) in setups.iter().zip(readings) {
        for note in reading.iter().flat_map(|reading| &reading.notes) {
            match said.iter_mut().find(|(other, _)| other == note) {
                Some((_, setups)) => setups.push(setup.to_string()),
                None => said.push((note.clone(), vec![setup.to_string()])),
            }
        }
    }
    let everywhere = readings.iter().flatten().count();
    for (note, setups) in said {
        let place = match setups.len() {
            count if count == everywhere => "everywhere".to_owned(),
            _ => setups.join(", "),
        };
        let _ = writeln!(text, "- {}: {note} ({place})", promise.name);
    }
}

/// Formats a figure with its significant decimals.
fn figure(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    let zero = text
        .trim_start_matches('-')
        .chars()
        .all(|c| "0.".contains(c));
    if zero {
        "0".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// Returns `document` with `table` between the markers, or `None` if they are missing.
pub fn insert(document: &str, table: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_the_place_of_the_last_one() {
        let document = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let written = insert(&document, "| new |\n").expect("the marks are there");
        assert_eq!(written, format!("a\n{BEGIN}\n\n| new |\n\n{END}\nb\n"));
        assert_eq!(insert(&written, "| new |\n").as_deref(), Some(&*written));
        assert_eq!(insert("nothing", "| new |"), None);
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(figure(-0.001), "0");
        assert_eq!(figure(-57.44), "−57.4");
        assert_eq!(figure(0.25), "0.25");
        assert_eq!(figure(-123.4), "−123");
    }
}
