//! Audition of a sound: the standard phrase, rendered offline by an engine of its own, and its levels.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ebur128::{EbuR128, Mode};
use tidepool_dsp::{
    Block, Engine, EngineConfig, Event, EventKind, Note, NoteFilter, NotePort, Patch,
};

const RATE: u32 = 48_000;
const BLOCK: usize = 512;
const TEMPO: f32 = 120.0;
const VELOCITY: f32 = 102.0 / 127.0;

/// The standard phrase of docs/presets.md: key, start and end in eighths, each a quarter of a second long.
const PHRASE: [(u8, u8, u8); 16] = [
    (48, 0, 1),
    (48, 2, 3),
    (48, 4, 5),
    (48, 6, 7),
    (48, 8, 9),
    (52, 9, 10),
    (55, 10, 11),
    (60, 11, 12),
    (59, 12, 13),
    (55, 13, 14),
    (52, 14, 15),
    (50, 15, 16),
    (48, 16, 24),
    (55, 16, 24),
    (64, 16, 24),
    (60, 24, 32),
];
/// Samples of an eighth.
const EIGHTH: u64 = RATE as u64 / 4;
/// Samples of the phrase and of the two seconds of releases and effects after it.
const LENGTH: u64 = 32 * EIGHTH + 2 * RATE as u64;

/// Levels of a sound that plays the phrase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Highest sample in dBFS.
    pub peak: f32,
    /// Integrated loudness after EBU R 128 in LUFS.
    pub loudness: f32,
}

/// Failure of an audition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// The sound is silent, or not a number.
    Silent,
    /// The audition was stopped.
    Stopped,
}

/// An engine that plays the phrase. `[worker]`
pub struct Audition<'a> {
    engine: Engine,
    stop: &'a AtomicBool,
}

impl<'a> Audition<'a> {
    /// Makes an engine. Auditions end early when `stop` becomes true. Allocates.
    pub fn new(stop: &'a AtomicBool) -> Self {
        Self::with_quality(stop, false)
    }

    /// Makes an engine for the quality that the sound has live, or for that of offline rendering.
    pub(super) fn with_quality(stop: &'a AtomicBool, offline: bool) -> Self {
        let config = EngineConfig::default();
        let mut engine = Engine::unprepared(&config).unwrap_or_default();
        engine.render_offline(offline);
        engine.prepare(RATE as f32, BLOCK);
        engine.set_tempo(TEMPO);
        Self { engine, stop }
    }

    /// Plays the phrase with `patch` and measures it.
    ///
    /// # Errors
    /// If the sound is silent, or if the audition is stopped.
    pub fn level(&mut self, patch: &Patch) -> Result<Level, Unheard> {
        self.engine.load(patch);
        self.engine.reset();
        let mut phrase = Phrase::new();
        let mut meter = EbuR128::new(2, RATE, Mode::I).map_err(|_| Unheard::Silent)?;
        let mut peak = 0.0_f32;
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        for start in (0..LENGTH).step_by(BLOCK) {
            if self.stop.load(Relaxed) {
                return Err(Unheard::Stopped);
            }
            phrase.block = start..start + BLOCK as u64;
            let block = Block {
                left: &mut left,
                right: &mut right,
                external: [&[], &[]],
            };
            self.engine.process(block, &mut phrase);
            for sample in left.iter().chain(&right) {
                peak = peak.max(sample.abs());
            }
            let measured = meter.add_frames_planar_f32(&[&left, &right]);
            measured.map_err(|_| Unheard::Silent)?;
        }
        let loudness = meter.loudness_global().map_err(|_| Unheard::Silent)?;
        let level = Level {
            peak: 20.0 * peak.log10(),
            loudness: loudness as f32,
        };
        match level.peak.is_finite() && level.loudness.is_finite() {
            true => Ok(level),
            false => Err(Unheard::Silent),
        }
    }
}

/// The events of the phrase, as an engine asks for them.
struct Phrase {
    events: Vec<(u64, EventKind)>,
    next: usize,
    /// Samples of the block that is rendered.
    block: std::ops::Range<u64>,
}

impl Phrase {
    fn new() -> Self {
        let mut events = Vec::with_capacity(2 * PHRASE.len());
        for (key, start, end) in PHRASE {
            let note = Note {
                id: None,
                channel: 0,
                key,
            };
            let velocity = VELOCITY;
            let at = |eighth| u64::from(eighth) * EIGHTH;
            events.push((at(start), EventKind::NoteOn { note, velocity }));
            let target = NoteFilter {
                key: Some(key),
                ..NoteFilter::channel(note.channel)
            };
            let velocity = 0.5;
            events.push((at(end), EventKind::NoteOff { target, velocity }));
        }
        // At one sample, notes end before others start.
        events.sort_by_key(|(at, kind)| (*at, matches!(kind, EventKind::NoteOn { .. })));
        Self {
            events,
            next: 0,
            block: 0..0,
        }
    }
}

impl NotePort for Phrase {
    fn next_event(&mut self) -> Option<Event> {
        let (at, kind) = *self.events.get(self.next)?;
        let event = (at < self.block.end).then(|| Event {
            at: (at - self.block.start) as u32,
            kind,
        });
        self.next += usize::from(event.is_some());
        event
    }

    fn note_ended(&mut self, _: u32, _: Note) {}
}
