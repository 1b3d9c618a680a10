//! Scores, sessions and patches for tests of the engine.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod measure;
pub mod random;

use tidepool_dsp::engine::Source;
use tidepool_dsp::parameter::MatrixParameter;
use tidepool_dsp::{
    Block, Engine, Event, EventKind, Expression, Note, NoteFilter, NotePort, Parameter, Patch,
    Status,
};

/// Sample rate in Hz, unless a test sets another.
pub const RATE: f64 = 48_000.0;

/// List of events at absolute samples, handed out block by block.
pub struct Score {
    events: Vec<(u64, EventKind)>,
    next: usize,
    /// First sample of the running block, and the sample after its last.
    pub from: u64,
    pub to: u64,
    pub ended: Vec<(u64, Note)>,
}

impl Score {
    /// Creates a score of `events`, which are in order of time.
    pub fn new(events: Vec<(u64, EventKind)>) -> Self {
        Self {
            // Capacity in advance: a host does not allocate in its callbacks either.
            ended: Vec::with_capacity(events.len()),
            events,
            next: 0,
            from: 0,
            to: 0,
        }
    }

    /// Creates a score of `events` in any order; on equal samples the order of the list is kept.
    pub fn sorted(mut events: Vec<(u64, EventKind)>) -> Self {
        events.sort_by_key(|(at, _)| *at);
        Self::new(events)
    }

    /// Returns the keys of the notes that ended, in order.
    pub fn ended_keys(&self) -> Vec<u8> {
        self.ended.iter().map(|(_, note)| note.key).collect()
    }
}

impl NotePort for Score {
    fn next_event(&mut self) -> Option<Event> {
        let (at, kind) = *self.events.get(self.next).filter(|(at, _)| *at < self.to)?;
        self.next += 1;
        Some(Event {
            at: (at - self.from) as u32,
            kind,
        })
    }

    fn note_ended(&mut self, at: u32, note: Note) {
        self.ended.push((self.from + u64::from(at), note));
    }
}

/// Engine with its output so far.
pub struct Session {
    pub engine: Engine,
    pub score: Score,
    pub left: Vec<f32>,
    pub right: Vec<f32>,
    /// Status, summed over all blocks.
    pub status: Status,
    /// Block size in samples.
    pub block: usize,
    /// Signal of both channels of the External input, from the first sample on.
    pub external: Vec<f32>,
}

impl Session {
    /// Creates a session that plays `events` on `patch` at 48 kHz.
    pub fn new(patch: &Patch, events: Vec<(u64, EventKind)>) -> Self {
        Self::at(RATE as f32, patch, events)
    }

    /// Creates a session at another sample rate.
    pub fn at(rate: f32, patch: &Patch, events: Vec<(u64, EventKind)>) -> Self {
        let mut engine = Engine::default();
        engine.prepare(rate, 512);
        engine.load(patch);
        Self {
            engine,
            score: Score::sorted(events),
            left: Vec::new(),
            right: Vec::new(),
            status: Status::default(),
            block: 512,
            external: Vec::new(),
        }
    }

    /// Plays until sample `end`, with `external` on both channels of the External input, from the session's first
    /// sample on.
    pub fn until_with(&mut self, end: usize, external: &[f32]) -> &mut Self {
        self.external = external.to_vec();
        self.until(end)
    }

    /// Plays until sample `end`.
    pub fn until(&mut self, end: usize) -> &mut Self {
        let mut at = self.left.len();
        self.left.resize(end, 0.0);
        self.right.resize(end, 0.0);
        while at < end {
            let next = (at + self.block).min(end);
            (self.score.from, self.score.to) = (at as u64, next as u64);
            let there = self.external.len();
            let input = &self.external[at.min(there)..next.min(there)];
            let block = Block {
                left: &mut self.left[at..next],
                right: &mut self.right[at..next],
                external: [input, input],
            };
            let status = self.engine.process(block, &mut self.score);
            self.status.voices = status.voices;
            self.status.notes += status.notes;
            self.status.silenced += status.silenced;
            self.status.early += status.early;
            for (sum, of_block) in self.status.not_finite.iter_mut().zip(status.not_finite) {
                *sum += of_block;
            }
            at = next;
        }
        self
    }

    /// Returns the bits of the whole output, and the ends of notes.
    pub fn outcome(&self) -> (Vec<u32>, Vec<(u64, Note)>) {
        let sound = self.left.iter().chain(&self.right);
        (
            sound.map(|x| x.to_bits()).collect(),
            self.score.ended.clone(),
        )
    }
}

/// Plays `events` on `patch` for `length` samples and returns the left channel.
pub fn left(patch: &Patch, events: Vec<(u64, EventKind)>, length: usize) -> Vec<f32> {
    std::mem::take(&mut Session::new(patch, events).until(length).left)
}

/// Returns a note without an id.
pub fn key(key: u8) -> Note {
    Note {
        id: None,
        channel: 0,
        key,
    }
}

pub fn named(id: i32, channel: u8, key: u8) -> Note {
    Note {
        id: Some(id),
        channel,
        key,
    }
}

pub fn on(note: Note, velocity: f32) -> EventKind {
    EventKind::NoteOn { note, velocity }
}

/// Returns a filter that matches exactly this note.
pub fn this(note: Note) -> NoteFilter {
    NoteFilter {
        id: note.id,
        channel: Some(note.channel),
        key: Some(note.key),
    }
}

pub fn off(note: Note) -> EventKind {
    EventKind::note_off(this(note))
}

pub fn choke(note: Note) -> EventKind {
    EventKind::Choke(this(note))
}

pub fn set(parameter: Parameter, value: f32) -> EventKind {
    EventKind::Parameter {
        parameter,
        value,
        modulation: 0.0,
    }
}

pub fn express(note: Note, expression: Expression, value: f32) -> EventKind {
    EventKind::Expression {
        target: this(note),
        expression,
        value,
    }
}

pub fn modulate(note: Note, parameter: Parameter, amount: f32) -> EventKind {
    EventKind::Modulation {
        target: this(note),
        parameter,
        amount,
    }
}

pub fn controller(channel: u8, number: u8, value: f32) -> EventKind {
    EventKind::Controller {
        channel,
        number,
        value,
    }
}

pub fn bend(channel: u8, value: f32) -> EventKind {
    EventKind::Bend { channel, value }
}

/// Returns the parameter with this id.
pub fn parameter(id: &str) -> Parameter {
    Parameter::named(id).unwrap_or_else(|| panic!("there is no parameter {id}"))
}

/// Returns `patch` with values for the parameters with these ids.
pub fn with(mut patch: Patch, values: &[(&str, f32)]) -> Patch {
    for (id, value) in values {
        patch.set(parameter(id), *value);
    }
    patch
}

/// Returns a patch of one oscillator without a filter, at full level while a note is held, so that the output is its
/// wave.
pub fn bare() -> Patch {
    let values = [
        ("osc_a_route", 1.0),
        ("osc_a_level", -6.0),
        ("volume", -6.0),
        ("velocity", 0.0),
        ("attack", 0.0),
        ("sustain", 1.0),
        ("release", 0.01),
        ("vibrato_depth", 0.0),
    ];
    with(Patch::default(), &values)
}

/// Returns `patch` with a slot of the modulation matrix. Sources are numbers, because only the first macro has a name.
pub fn routed(
    mut patch: Patch,
    slot: usize,
    source: usize,
    via: usize,
    destination: &str,
    amount: f32,
) -> Patch {
    let number = parameter(destination)
        .destination_index()
        .unwrap_or_else(|| panic!("{destination} cannot be moved"));
    for (of_slot, value) in [
        (MatrixParameter::Source, source as f32),
        (MatrixParameter::Via, via as f32),
        (MatrixParameter::Destination, number as f32 + 1.0),
        (MatrixParameter::Amount, amount),
    ] {
        patch.set(Parameter::matrix_slot(slot, of_slot), value);
    }
    patch
}

/// Returns a patch with every source and effect on, and with modulation of all of them.
pub fn everything() -> Patch {
    let mut patch = Patch::default();
    for (id, value) in [
        ("osc_a_shape", 2.0),
        ("osc_b_shape", 2.6),
        ("osc_a_unison", 8.0),
        ("osc_b_unison", 3.0),
        ("osc_b_pitch", 7.0),
        ("osc_b_pan", 0.3),
        ("sync", 1.0),
        ("ring_pan", -0.5),
        ("ring_route", 1.0),
        ("noise_colour", 1.0),
        ("external", 0.0),
        ("external_route", 1.0),
        ("cutoff", 900.0),
        ("resonance", 0.7),
        ("drive", 6.0),
        ("filter_fm", 12.0),
        ("quality", 1.0),
        ("fm_algorithm", 4.0),
        ("glide", 0.05),
        ("vibrato_depth", 40.0),
        ("chorus_mix", 0.5),
        ("delay_feedback", 0.6),
        ("delay_reverb", -12.0),
        ("delay_time", 8.0),
        ("output_drive", 3.0),
        ("lfo1_rate", 5.0),
        ("lfo2_sync", 10.0),
        ("lfo2_shape", 5.0),
        ("lfo3_mode", 1.0),
        ("lfo3_shape", 6.0),
    ] {
        patch.set(parameter(id), value);
    }
    for id in [
        "osc_a_level",
        "osc_b_level",
        "ring_level",
        "fm_level",
        "noise_level",
        "send_delay",
        "send_reverb",
    ] {
        patch.set(parameter(id), -9.0);
    }
    for number in 2..=6 {
        patch.set(parameter(&format!("op{number}_level")), 0.6);
        patch.set(parameter(&format!("op{number}_ratio")), number as f32);
        patch.set(parameter(&format!("op{number}_feedback")), 0.2);
    }
    let routes = [
        (Source::Envelope2, Source::None, "cutoff", 0.2),
        (Source::Envelope3, Source::ModWheel, "osc_a_shape", 0.5),
        (Source::Lfo1, Source::None, "osc_a_width", 0.3),
        (Source::Lfo2, Source::Envelope3, "osc_b_pitch", 0.01),
        (Source::Lfo3, Source::None, "pan", 0.4),
        (Source::Velocity, Source::None, "fm_level", 0.2),
        (Source::Key, Source::None, "resonance", -0.3),
        (Source::Pressure, Source::Lfo1, "drive", 0.3),
        (Source::Timbre, Source::None, "op2_level", 0.5),
        (Source::Bend, Source::None, "osc_a_detune", 0.2),
        (Source::Random, Source::None, "osc_a_fine", 0.1),
        (Source::NotePan, Source::None, "send_delay", 0.2),
        (Source::NoteTuning, Source::None, "noise_level", 0.2),
        (Source::Macro1, Source::None, "filter_env", 0.3),
        (Source::Lfo1, Source::None, "lfo2_rate", 0.2),
        (Source::Constant, Source::Macro1, "attack", 0.1),
    ];
    for (slot, (source, via, destination, amount)) in routes.into_iter().enumerate() {
        let (source, via) = (source as usize, via as usize);
        patch = routed(patch, slot, source, via, destination, amount);
    }
    patch
}
