//! The benchmark report: measurements and machine, as a table and as JSON.

use std::env;
use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::thread;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Group of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Real-time memory: arena, pool and bridge.
    Memory,
    /// Parameter changes: batch and smoothing bank.
    Parameters,
    /// Modules of a voice.
    Voice,
    /// Whole blocks of the engine.
    Engine,
    /// Metrics of the blocks.
    Metrics,
    /// Release CLAP in a host.
    Plugin,
}

impl Group {
    /// Returns the name on the command line and in the report.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// Result of one measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Group of the row.
    pub group: Group,
    /// Name, unique within the group.
    pub name: String,
    /// Median of the rounds.
    pub value: f64,
    /// Minimum of the rounds.
    pub min: f64,
    /// Unit of both.
    pub unit: String,
    /// Name of the other implementation that was measured in the same rounds.
    pub anchor: Option<String>,
    /// Median of the other implementation.
    pub anchor_value: Option<f64>,
    /// Quotient `value / anchor_value`.
    pub ratio: Option<f64>,
    /// Upper limit of the ratio if there is an anchor, of the value otherwise.
    pub target: Option<f64>,
    /// True if the target is a lower limit.
    pub at_least: bool,
    /// Hash of the audio that the measured code makes, if any.
    pub hash: Option<String>,
    /// Median of the other revision, if it has this row.
    pub before: Option<f64>,
}

impl Row {
    /// Returns true if `other` is the same row of another run.
    fn is_same(&self, other: &Self) -> bool {
        (self.group, &self.name) == (other.group, &other.name)
    }

    /// Returns true if the target is met; `None` without a target.
    #[must_use]
    pub fn on_target(&self) -> Option<bool> {
        let reached = self.ratio.unwrap_or(self.value);
        self.target.map(|target| {
            if self.at_least {
                reached >= target
            } else {
                reached <= target
            }
        })
    }
}

/// Output of the measuring program for `cargo xtask bench`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Processor core that it ran on, if the platform allows a choice.
    pub pinned_core: Option<usize>,
    /// Number of rounds.
    pub rounds: usize,
    /// Results.
    pub rows: Vec<Row>,
}

impl Measurement {
    /// Combines several measurements of the same program: the median of the medians, and the minimum, of each row.
    ///
    /// # Panics
    /// When `several` is empty.
    #[must_use]
    pub fn median(mut several: Vec<Self>) -> Self {
        let mut whole = several.pop().expect("something was measured");
        for row in &mut whole.rows {
            let others = several.iter().flat_map(|other| &other.rows);
            let others: Vec<_> = others.filter(|other| other.is_same(row)).collect();
            row.min = others.iter().fold(row.min, |min, other| min.min(other.min));
            let mut values: Vec<_> = others.iter().map(|other| other.value).collect();
            values.push(row.value);
            values.sort_by(f64::total_cmp);
            row.value = values[values.len() / 2];
            row.ratio = row.anchor_value.map(|anchor| row.value / anchor);
        }
        whole
    }

    /// Returns the measurement with the medians of `before` beside its own.
    #[must_use]
    pub fn beside(mut self, before: &Self) -> Self {
        for row in &mut self.rows {
            let same = before.rows.iter().find(|other| other.is_same(row));
            row.before = same.map(|other| other.value);
        }
        self
    }
}

/// Description of the machine, as far as it explains the figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Number of threads that run in parallel.
    pub cores: usize,
    /// Operating system.
    pub os: &'static str,
    /// Architecture compiled for.
    pub arch: &'static str,
    /// Version of the compiler.
    pub rustc: String,
    /// See [`Measurement::pinned_core`].
    pub pinned_core: Option<usize>,
    /// See [`Measurement::rounds`].
    pub rounds: usize,
}

/// Complete report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Machine that ran the measurements.
    pub machine: Machine,
    /// Results.
    pub rows: Vec<Row>,
}

impl Report {
    /// Returns the report of a measurement taken on this machine.
    #[must_use]
    pub fn of(measurement: Measurement) -> Self {
        let machine = Machine {
            cpu: cpu(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            os: env::consts::OS,
            arch: env::consts::ARCH,
            rustc: first_line(Command::new("rustc").arg("--version")),
            pinned_core: measurement.pinned_core,
            rounds: measurement.rounds,
        };
        Self {
            machine,
            rows: measurement.rows,
        }
    }

    /// Returns the report as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json =
            serde_json::to_string_pretty(self).expect("a report has nothing that JSON lacks");
        json + "\n"
    }

    /// Returns the report as a table.
    #[must_use]
    pub fn to_table(&self) -> String {
        let Machine {
            cpu,
            os,
            arch,
            rustc,
            pinned_core,
            rounds,
            ..
        } = &self.machine;
        let pinned =
            pinned_core.map_or("not pinned".into(), |core| format!("pinned to core {core}"));
        let mut table =
            format!("{cpu}, {os} {arch}, {rustc}\nmedian of {rounds} rounds, {pinned}\n\n");
        let compared = self.rows.iter().any(|row| row.before.is_some());
        let mut columns = COLUMNS.to_vec();
        if !compared {
            columns.retain(|(column, _)| !BEFORE.contains(column));
        }
        let mut lines = vec![columns.iter().map(|(column, _)| (*column).into()).collect()];
        lines.extend(self.rows.iter().map(|row| {
            let cells = columns.iter().map(|(_, cell)| cell(row));
            cells.collect::<Vec<String>>()
        }));

        let widths: Vec<_> = (0..columns.len())
            .map(|column| {
                lines
                    .iter()
                    .map(|line| line[column].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for line in &lines {
            let mut text = String::new();
            for ((cell, &width), (column, _)) in line.iter().zip(&widths).zip(&columns) {
                let numeric = !["group", "name", "unit", "anchor", ""].contains(column);
                let written = if numeric {
                    write!(text, "{cell:>width$}  ")
                } else {
                    write!(text, "{cell:<width$}  ")
                };
                written.expect("a string takes whatever is written to it");
            }
            table.push_str(text.trim_end());
            table.push('\n');
        }
        table
    }
}

/// Heading of a column, and the function that formats its cell.
type Column = (&'static str, fn(&Row) -> String);

/// Columns of the table. Those of [`BEFORE`] are left out if no row was compared with another revision.
const COLUMNS: [Column; 12] = [
    ("group", |row| row.group.name()),
    ("name", |row| row.name.clone()),
    ("median", |row| figure(row.value)),
    ("min", |row| figure(row.min)),
    ("unit", |row| row.unit.clone()),
    ("before", |row| optional(row.before)),
    ("of before", |row| {
        optional(row.before.map(|before| row.value / before))
    }),
    ("anchor", |row| {
        row.anchor.clone().unwrap_or_else(|| "–".into())
    }),
    ("anchor is", |row| optional(row.anchor_value)),
    ("ratio", |row| optional(row.ratio)),
    ("target", |row| match row.target {
        Some(target) if row.at_least => format!("≥ {}", figure(target)),
        target => optional(target),
    }),
    ("", |row| {
        let verdict = match row.on_target() {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        verdict.into()
    }),
];
const BEFORE: [&str; 2] = ["before", "of before"];

fn optional(value: Option<f64>) -> String {
    value.map_or("–".into(), figure)
}

/// Formats a value with three significant digits, which is the precision that a machine in use allows.
fn figure(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let decimals = 2 - value.abs().log10().floor() as i32;
    format!("{value:.*}", decimals.clamp(0, 6) as usize)
}

/// Returns the model of the processor, as the system names it.
fn cpu() -> String {
    let name = match env::consts::OS {
        "linux" => fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|info| model_name(&info)),
        "macos" => Some(first_line(
            Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]),
        )),
        _ => env::var("PROCESSOR_IDENTIFIER").ok(),
    };
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown processor".into())
}

fn model_name(info: &str) -> Option<String> {
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

fn first_line(command: &mut Command) -> String {
    let output = command
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    String::from_utf8_lossy(&output)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ratio: Option<f64>, target: Option<f64>) -> Row {
        Row {
            group: Group::Voice,
            name: "ladder_1x".into(),
            value: 5.25,
            min: 5.0,
            unit: "ns".into(),
            anchor: ratio.map(|_| "fundsp moog".into()),
            anchor_value: ratio.map(|ratio| 5.25 / ratio),
            ratio,
            target,
            at_least: false,
            hash: None,
            before: None,
        }
    }

    fn report(rows: Vec<Row>) -> Report {
        Report::of(Measurement {
            pinned_core: Some(1),
            rounds: 31,
            rows,
        })
    }

    #[test]
    fn a_target_is_one_of_the_ratio_where_there_is_one() {
        assert_eq!(row(Some(0.2), Some(0.3)).on_target(), Some(true));
        assert_eq!(row(Some(0.4), Some(0.3)).on_target(), Some(false));
        assert_eq!(row(None, Some(5.25)).on_target(), Some(true));
        assert_eq!(row(None, Some(5.0)).on_target(), Some(false));
        assert_eq!(row(None, None).on_target(), None);
        let at_least = |target| Row {
            at_least: true,
            ..row(None, Some(target))
        };
        assert_eq!(at_least(5.25).on_target(), Some(true));
        assert_eq!(at_least(5.5).on_target(), Some(false));
    }

    #[test]
    fn json_has_every_key_of_a_row() {
        let json = report(vec![row(Some(0.2), Some(0.3)), row(None, None)]).to_json();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        for row in json["rows"].as_array().unwrap() {
            for key in [
                "group",
                "name",
                "value",
                "min",
                "unit",
                "anchor",
                "anchor_value",
                "ratio",
                "target",
                "hash",
            ] {
                assert!(row.get(key).is_some(), "{key} in {row}");
            }
        }
        assert_eq!(json["rows"][0]["group"], "voice");
        assert_eq!(json["machine"]["rounds"], 31);
    }

    #[test]
    fn the_table_lines_up() {
        let table = report(vec![row(Some(0.2), Some(0.1)), row(None, None)]).to_table();
        let lines: Vec<_> = table.lines().skip(3).collect();
        let column = |line: &str, text: &str| {
            line.find(text)
                .map(|at| line[..at].chars().count())
                .unwrap_or_else(|| panic!("{text} in {line}"))
        };
        assert_eq!(column(lines[0], "unit"), column(lines[1], "ns"));
        assert_eq!(column(lines[0], "anchor"), column(lines[1], "fundsp"));
        assert!(lines[1].ends_with("missed"));
        assert!(lines[2].ends_with('–'));
    }

    #[test]
    fn a_row_stands_beside_the_one_of_its_name() {
        let measured = |values: [f64; 3]| {
            let of = |value| Measurement {
                pinned_core: None,
                rounds: 31,
                rows: vec![Row {
                    value,
                    min: value - 1.0,
                    ..row(None, None)
                }],
            };
            Measurement::median(values.map(of).into())
        };
        let mut now = measured([5.0, 9.0, 6.0]);
        assert_eq!((now.rows[0].value, now.rows[0].min), (6.0, 4.0));
        now.rows.push(Row {
            name: "new".into(),
            ..row(None, None)
        });
        let table = Report::of(now.clone()).to_table();
        assert!(!table.contains("before"), "{table}");

        let now = now.beside(&measured([3.0, 3.0, 30.0]));
        let before: Vec<_> = now.rows.iter().map(|row| row.before).collect();
        assert_eq!(before, [Some(3.0), None]);
        let table = Report::of(now).to_table();
        let cells = |line: usize| {
            let line = table.lines().nth(3 + line).unwrap();
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(cells(1)[2..7], ["6.00", "4.00", "ns", "3.00", "2.00"]);
        assert_eq!(cells(2)[2..7], ["5.25", "5.00", "ns", "–", "–"]);
    }

    #[test]
    fn reports_of_older_programs_are_read() {
        let mut json = serde_json::to_value(row(None, None)).unwrap();
        json.as_object_mut().unwrap().remove("before");
        assert_eq!(
            serde_json::from_value::<Row>(json).unwrap(),
            row(None, None)
        );
    }

    #[test]
    fn figures_have_three_digits_that_count() {
        let figures = [0.0123456, 1.23456, 12.3456, 123.456, 123_456.0, 0.0].map(figure);
        assert_eq!(figures, ["0.0123", "1.23", "12.3", "123", "123456", "0"]);
    }

    #[test]
    fn the_processor_is_the_first_one_listed() {
        let info = "processor\t: 0\nmodel name\t: Great CPU\nmodel name\t: Other\n";
        assert_eq!(model_name(info).as_deref(), Some("Great CPU"));
        assert_eq!(model_name("Hardware: none"), None);
    }
}
