//! The report of a render: song, settings, cost and measurements, as text and as JSON.

use std::fmt;

use serde::Serialize;
use tidepool::telemetry;

use super::blocks::BlockSummary;
use super::meter::Level;
use super::settings::Setting;

/// Report of one render.
#[derive(Clone, Serialize)]
pub struct Report {
    /// Version of the program and its plugin.
    pub version: &'static str,
    /// Facts about the song.
    pub song: SongFacts,
    /// Settings of the render.
    pub settings: RenderSettings,
    /// Length of the audio in seconds.
    pub audio_seconds: f64,
    /// Processor time of playing, in seconds.
    pub cpu_seconds: f64,
    /// Speed as a multiple of real time: audio over processor time.
    pub ratio: f64,
    /// Time in the plugin, block by block, in microseconds.
    pub block_us: BlockSummary,
    /// Largest number of voices that sounded at once.
    pub voices: usize,
    /// Allocator calls while the plugin processed; `null` if they are not counted.
    pub allocations: Option<u64>,
    /// Peak, loudness and hash of the audio.
    #[serde(flatten)]
    pub level: Level,
    /// Faults and omissions in the song, and how they were handled, a sentence each.
    pub warnings: Vec<String>,
    /// Metrics of the instance; `null` if they could not be read.
    pub metrics: Option<Box<telemetry::Report>>,
}

/// Facts about a song.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SongFacts {
    /// Name of the song, if the file has one.
    pub name: Option<String>,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of notes.
    pub notes: usize,
    /// Time of the end, in seconds.
    pub seconds: f64,
}

/// Settings of a render.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderSettings {
    /// Samples per second.
    pub rate: u32,
    /// Samples per block.
    pub block: u32,
    /// Seconds rendered after the song's end.
    pub tail: f64,
    /// Name of the loaded preset.
    pub preset: Option<String>,
    /// Parameters that were set after the preset, with the resulting values.
    pub set: Vec<Setting>,
}

/// Formats the report as text, one subject per line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (song, settings, level) = (&self.song, &self.settings, &self.level);
        let name = song.name.as_deref().unwrap_or("untitled");
        let (tracks, notes) = (count(song.tracks, "track"), count(song.notes, "note"));
        let end = clock(song.seconds);
        writeln!(f, "  song      {name}: {tracks}, {notes}, {end}")?;

        let (length, rate, block) = (clock(self.audio_seconds), settings.rate, settings.block);
        write!(f, "  audio     {length} at {rate} Hz in blocks of {block}")?;
        if let Some(preset) = &settings.preset {
            write!(f, ", {preset}")?;
        }
        for Setting { param, value } in &settings.set {
            write!(f, ", {param} {value}")?;
        }

        let (cpu, ratio) = (self.cpu_seconds, self.ratio);
        let load = 100.0 / ratio;
        let BlockSummary {
            p50,
            p99,
            p999,
            worst,
            budget,
        } = self.block_us;
        let [p50, p99, p999, worst, budget] = [p50, p99, p999, worst, budget].map(microseconds);
        let allocations = match self.allocations {
            Some(number) => count(number as usize, "allocation") + " on the audio thread",
            None => "allocations not counted in this build".to_owned(),
        };
        write!(
            f,
            "
  engine    {cpu:.2} s of processor time, {ratio:.0} x real time, load {load:.2} % of a core
  blocks    {p50} µs median, {p99} p99, {p999} p99.9, {worst} worst, {budget} budget
  voices    {} at most, {allocations}
  level     ",
            self.voices,
        )?;

        match level.peak_dbfs {
            None => write!(f, "silence")?,
            Some(peak) => write!(f, "peak {peak:.1} dBFS")?,
        }
        if let (Some(_), Some(loudness)) = (level.peak_dbfs, level.loudness_lufs) {
            write!(f, ", loudness {loudness:.1} LUFS")?;
        }
        if level.non_finite > 0 {
            let samples = count(level.non_finite as usize, "sample");
            write!(f, ", {samples} not finite")?;
        }
        writeln!(f, "\n  hash      {:016x}", level.hash)?;
        for warning in &self.warnings {
            writeln!(f, "  warning   {warning}")?;
        }
        Ok(())
    }
}

/// Returns a number with its noun: "1 note", "2 notes".
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Formats a time with the digits that matter: blocks of one sample take less than a microsecond.
fn microseconds(time: f64) -> String {
    let decimals = if time < 10.0 { 2 } else { 0 };
    format!("{time:.decimals$}")
}

/// Formats minutes and seconds, as a media player does.
pub fn clock(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    let (minutes, seconds, tenth) = (tenths / 600, tenths / 10 % 60, tenths % 10);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}.{tenth}"),
        hours => format!("{hours}:{:02}:{seconds:02}.{tenth}", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use tidepool::telemetry::report::to_json;

    use super::*;

    fn report() -> Report {
        Report {
            version: "1.2.3",
            song: SongFacts {
                name: Some("Ode".into()),
                tracks: 1,
                notes: 2,
                seconds: 61.04,
            },
            settings: RenderSettings {
                rate: 48_000,
                block: 512,
                tail: 2.0,
                preset: Some("Deep".into()),
                set: vec![Setting {
                    param: "cutoff".into(),
                    value: "440 Hz".into(),
                }],
            },
            audio_seconds: 63.04,
            cpu_seconds: 0.5,
            ratio: 126.08,
            block_us: BlockSummary {
                p50: 40.0,
                p99: 60.0,
                p999: 80.0,
                worst: 99.6,
                budget: 10_667.0,
            },
            voices: 3,
            allocations: Some(0),
            level: Level {
                peak_dbfs: Some(-6.02),
                loudness_lufs: Some(-18.26),
                non_finite: 0,
                hash: 0xabc,
            },
            warnings: Vec::new(),
            metrics: None,
        }
    }

    #[test]
    fn a_person_finds_every_figure() {
        assert_eq!(
            report().to_string(),
            "  song      Ode: 1 track, 2 notes, 1:01.0\n\
             \x20 audio     1:03.0 at 48000 Hz in blocks of 512, Deep, cutoff 440 Hz\n\
             \x20 engine    0.50 s of processor time, 126 x real time, load 0.79 % of a core\n\
             \x20 blocks    40 µs median, 60 p99, 80 p99.9, 100 worst, 10667 budget\n\
             \x20 voices    3 at most, 0 allocations on the audio thread\n\
             \x20 level     peak -6.0 dBFS, loudness -18.3 LUFS\n\
             \x20 hash      0000000000000abc\n"
        );
    }

    #[test]
    fn each_warning_has_a_line() {
        let warnings = vec!["a is wrong".to_owned(), "b is wrong".to_owned()];
        let report = Report {
            warnings,
            ..report()
        };
        let text = report.to_string();
        assert!(
            text.ends_with("\n  warning   a is wrong\n  warning   b is wrong\n"),
            "{text}"
        );
        assert!(to_json(&report).contains("\"a is wrong\""));
    }

    #[test]
    fn faults_are_reported_and_silence_is_null() {
        let mut report = report();
        (report.level.loudness_lufs, report.level.non_finite) = (None, 1);
        report.allocations = None;
        let text = report.to_string();
        assert!(
            text.contains("peak -6.0 dBFS, 1 sample not finite"),
            "{text}"
        );
        assert!(text.contains("allocations not counted"), "{text}");
        report.level.peak_dbfs = None;
        assert!(to_json(&report).contains("\"peak_dbfs\": null"));
    }

    #[test]
    fn programs_find_every_figure_too() {
        let json: serde_json::Value = serde_json::from_str(&to_json(&report())).unwrap();
        assert_eq!(json["song"]["notes"], 2);
        assert_eq!(json["settings"]["set"][0]["value"], "440 Hz");
        assert_eq!(json["block_us"]["p999"], 80.0);
        assert_eq!(json["hash"], "0000000000000abc");
        assert_eq!(json["allocations"], 0);
    }

    #[test]
    fn clocks_carry_their_tenths() {
        assert_eq!(clock(59.96), "1:00.0");
        assert_eq!(clock(3_723.4), "1:02:03.4");
        assert_eq!(clock(0.0), "0:00.0");
    }
}
