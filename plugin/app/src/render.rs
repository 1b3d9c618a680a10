//! The subcommands that render songs without a window.
//!
//! Data flows one way: [`song`] reads the file, [`timeline`] converts it to samples, [`midi_player`] plays it through
//! the plugin's own CLAP entry, [`meter`] measures the audio, and [`output`] and [`report`] write the results.
//! Everything that a render needs is checked before it starts, and no file is kept unless it ends well.

mod blocks;
mod catalogue;
mod demo;
mod level;
mod meter;
mod midi_player;
mod notation;
mod output;
mod preset;
mod report;
mod settings;
mod smf;
mod song;
mod tail;
mod tempo;
mod timeline;

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use tidepool::presets::Preset;
use tidepool::telemetry::report::to_json;
use tidepool::telemetry::{self, Observer};
use tidepool::tuning::{ScalaFiles, mts_esp};
use tidepool_host::{Instance, PluginEntry};

use self::catalogue::Catalogue;
pub use self::level::level;
use self::meter::Meter;
use self::midi_player::MidiPlayer;
use self::output::{MAX_WAV_FRAMES, PendingFile, PendingWav};
pub use self::preset::{export, import, list, path, show};
use self::report::{RenderSettings, Report, SongFacts, clock};
use self::song::Song;
use self::tail::TailEnd;
use self::timeline::Timeline;
use crate::command::{Options, Tail};
use crate::failure::Failure;
use crate::interrupt;

/// Number of frames that are played, measured and written at a time, in whole blocks.
const PIECE: usize = 16_384;

/// Renders the song in the file at `song` to `out`; returns the text to print.
///
/// # Errors
/// One sentence about the mistake or failure; `out` and the report file are then untouched.
pub fn file(song: &Path, out: &Path, options: &Options) -> Result<String, Failure> {
    // Read before the temporary file is created, so that an interrupt while reading leaves nothing behind.
    let content = Song::open(song)?;
    let sound = Sound::chosen(options)?;
    let wav = PendingFile::create(out)?;
    if wav.is(song) {
        return Err(Failure::at(
            out,
            "is the song itself; give --out another name",
        ));
    }
    PendingWav::check_name(out)?;
    save(&content, &sound, Some(song), out, wav, options)
}

/// Preset and tuning that the options name, read from their files.
struct Sound {
    preset: Option<Cow<'static, Preset>>,
    tuning: ScalaFiles,
}

impl Sound {
    fn chosen(options: &Options) -> Result<Self, Failure> {
        Ok(Self {
            preset: preset::chosen(options)?,
            tuning: settings::tuning(options)?,
        })
    }
}

/// Renders the built-in song to `out`, or writes it to `midi`, or both; returns the text to print.
///
/// # Errors
/// One sentence, as for [`file()`].
pub fn demo(out: Option<&Path>, midi: Option<&Path>, options: &Options) -> Result<String, Failure> {
    let bytes = demo::midi_file();
    let sound = Sound::chosen(options)?;
    let mut said = String::new();
    let midi = match midi {
        Some(path) => {
            let mut file = PendingFile::create(path)?;
            file.write(&bytes)?;
            said = format!("{}\n", path.display());
            Some((path, file))
        }
        None => None,
    };
    let out = match (out, &midi) {
        (Some(out), _) => Some(out),
        (None, None) => Some(Path::new("tidepool-demo.wav")),
        (None, Some(_)) => None,
    };
    let kept = midi.as_ref().map(|(path, _)| *path);
    if let Some(out) = out {
        let wav = PendingFile::create(out)?;
        if kept.is_some_and(|path| wav.is(path)) {
            return Err(Failure::at(
                out,
                "is the MIDI file itself; give --out another name",
            ));
        }
        PendingWav::check_name(out)?;
        let song = Song::parse(&bytes).map_err(Failure::Inside)?;
        said += &save(&song, &sound, kept, out, wav, options)?;
    }
    if let Some((_, file)) = midi {
        file.commit()?;
    }
    Ok(said)
}

/// Returns a table of every parameter, or of `one` with all of its choices.
///
/// # Errors
/// If no parameter has that id or name, or the plugin cannot be created.
pub fn params(one: Option<&str>) -> Result<String, Failure> {
    let (mut instance, _) = instance()?;
    let catalogue = Catalogue::of(&mut instance);
    Ok(match one {
        Some(key) => catalogue.find(key)?.details(),
        None => catalogue.to_string(),
    })
}

/// Renders `song`, which comes from or goes to `kept`, into `wav` and writes the report; returns the text to print: the
/// path of the audio, and the report.
fn save(
    song: &Song,
    sound: &Sound,
    kept: Option<&Path>,
    out: &Path,
    wav: PendingFile,
    options: &Options,
) -> Result<String, Failure> {
    let report_file = match &options.report {
        Some(path) if wav.is(path) => {
            return Err(Failure::at(
                path,
                "is the audio itself; give --report another name",
            ));
        }
        Some(path) => {
            let file = PendingFile::create(path)?;
            if kept.is_some_and(|song| file.is(song)) {
                return Err(Failure::at(
                    path,
                    "is the song itself; give --report another name",
                ));
            }
            Some(file)
        }
        None => None,
    };
    let (report, wav) = render(song, sound, wav, options)?;
    // Everything that can fail comes before the first file takes its final name.
    let report_file = match report_file {
        Some(mut file) => {
            file.write(to_json(&report).as_bytes())?;
            Some(file)
        }
        None => None,
    };
    wav.commit()?;
    if let Some(file) = report_file {
        file.commit()?;
    }
    Ok(format!("{}\n{report}", out.display()))
}

/// Plays `song` into `wav`, which is then complete but does not have its final name.
fn render(
    song: &Song,
    sound: &Sound,
    wav: PendingFile,
    options: &Options,
) -> Result<(Report, PendingFile), Failure> {
    let &Options { rate, block, .. } = options;
    let timeline = Timeline::new(song, rate, options.longest);
    let in_frames = |seconds: f64| (seconds * f64::from(rate)).round() as u64;
    let end = timeline.end;
    // Latest end of the render, in frames.
    let most = match options.tail {
        Tail::Seconds(seconds) => end.saturating_add(in_frames(seconds)),
        Tail::Auto => {
            let limit = end.saturating_add(in_frames(options.tail_limit.into()));
            limit.min(MAX_WAV_FRAMES).max(end)
        }
    };
    if most > MAX_WAV_FRAMES {
        return Err(Failure::input(format!(
            "the song lasts {}, more than a WAV file can hold at {rate} Hz; lower --rate or --longest",
            clock(most as f64 / f64::from(rate))
        )));
    }

    let Sound { preset, tuning } = sound;
    let (mut instance, observer) = instance()?;
    let catalogue = Catalogue::of(&mut instance);
    if let Some(preset) = preset {
        settings::load(&mut instance, &catalogue, preset)?;
    }
    let set = settings::apply(&mut instance, &catalogue, &options.set)?;
    settings::tune(&mut instance, tuning)?;
    let mut player = MidiPlayer::new(instance, timeline, rate, block)?;
    let mut meter = Meter::new(rate)?;
    let mut wav = PendingWav::new(wav, rate)?;

    interrupt::watch();
    let mut warnings = [&song.warnings[..], player.warnings()].concat();
    let progress = progress(end);
    let piece = PIECE.next_multiple_of(block as usize);
    let (mut left, mut right) = (vec![0.0; piece], vec![0.0; piece]);
    let mut frames = 0;
    let mut keep = |left: &[f32], right: &[f32]| {
        frames += left.len() as u64;
        progress.inc(left.len() as u64);
        meter.add(left, right)?;
        wav.write(left, right)
    };
    let certain = match options.tail {
        Tail::Seconds(_) => most,
        Tail::Auto => end,
    };
    let mut played = 0;
    let mut tail = TailEnd::default();
    while played < most && (played < certain || !player.is_silent()) {
        let next = if played < certain { certain } else { most };
        let length = piece.min(usize::try_from(next - played).unwrap_or(piece));
        let (left, right) = (&mut left[..length], &mut right[..length]);
        player.play(left, right)?;
        if played < certain {
            keep(left, right)?;
        } else {
            tail.add(left, right, &mut keep)?;
        }
        played += length as u64;
        interrupt::check()?;
    }
    if options.tail == Tail::Auto && !player.is_silent() {
        tail.flush(&mut keep)?;
        warnings.push(format!(
            "the instrument still sounds {} after the song's end and was cut there; --tail-limit SECONDS sets another \
             limit",
            clock((most - end) as f64 / f64::from(rate))
        ));
    }
    progress.finish_and_clear();
    let audio_seconds = frames as f64 / f64::from(rate);
    let metrics = match observer {
        Some(observer) => Some(Box::new(metrics(&observer, &mut player)?)),
        None => None,
    };

    let readings = player.readings();
    let cpu_seconds = readings.cpu.as_secs_f64();
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        song: SongFacts {
            name: song.name.clone(),
            tracks: song.tracks,
            notes: song.notes,
            seconds: song.tempo.moment(song.end).seconds,
        },
        settings: RenderSettings {
            rate,
            block,
            tail: frames.saturating_sub(end) as f64 / f64::from(rate),
            preset: preset.as_ref().map(|preset| preset.name.clone()),
            set,
        },
        audio_seconds,
        cpu_seconds,
        ratio: audio_seconds / cpu_seconds.max(f64::MIN_POSITIVE),
        block_us: readings
            .blocks
            .summary(Duration::from_secs_f64(f64::from(block) / f64::from(rate))),
        voices: readings.voices,
        allocations: readings.allocations,
        level: meter.level(),
        warnings,
        metrics,
    };
    Ok((report, wav.finish()?))
}

/// Returns the metrics of everything that `player` has played. They are read only here, so that the plugin publishes
/// nothing while blocks are measured.
fn metrics(observer: &Observer, player: &mut MidiPlayer) -> Result<telemetry::Report, Failure> {
    observer.metrics().live();
    player.play_unheard()?;
    Ok(observer.read_overview().report())
}

/// Creates an instance, and an observer of its metrics.
fn instance() -> Result<(Instance, Option<Observer>), Failure> {
    // A render depends only on its files, whatever else tunes the plugins of this computer.
    mts_esp::disable();
    // SAFETY: `clap_entry` is a static of this program, and conforms to the CLAP ABI.
    let entry = unsafe { PluginEntry::load_from_raw(&tidepool::clap_entry, c"") };
    let entry = entry.map_err(Failure::inside)?;
    let (instance, observer) = telemetry::capture(|| Instance::new(&entry));
    Ok((instance.map_err(Failure::inside)?, observer))
}

/// Returns a progress bar, which draws only if standard error is a terminal.
fn progress(frames: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  {wide_bar} {percent:>3} %  {eta} left")
        .expect("the template is one that this crate knows");
    ProgressBar::new(frames)
        .with_style(style)
        .with_finish(ProgressFinish::AndClear)
}

#[cfg(test)]
mod tests;
