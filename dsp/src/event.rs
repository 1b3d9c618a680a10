//! What happens to the engine at a sample: notes, expressions and controllers.

/// A note as its host knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// The host's name for this very note, where it has one.
    pub id: Option<i32>,
    /// MIDI channel, 0 to 15.
    pub channel: u8,
    /// MIDI key, 0 to 127; 60 is middle C.
    pub key: u8,
}

/// Which notes an event is meant for; what is `None` matches anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// The host's name for the note.
    pub id: Option<i32>,
    /// MIDI channel, 0 to 15.
    pub channel: Option<u8>,
    /// MIDI key, 0 to 127.
    pub key: Option<u8>,
}

impl NoteFilter {
    /// Every note of one channel.
    pub fn channel(channel: u8) -> Self {
        Self {
            channel: Some(channel),
            ..Self::default()
        }
    }

    /// Whether `note` is meant. A note that came without an id answers to its channel and key.
    pub fn matches(&self, note: &Note) -> bool {
        (self.id.is_none() || note.id.is_none() || self.id == note.id)
            && self.channel.is_none_or(|channel| channel == note.channel)
            && self.key.is_none_or(|key| key == note.key)
    }
}

/// Per-note expressions, as CLAP names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Linear gain, 0 to 4.
    Volume,
    /// −1 (left) to 1 (right).
    Pan,
    /// Semitones, −120 to 120.
    Tuning,
    /// 0 to 1, on top of the modulation wheel.
    Vibrato,
    /// Linear gain, 0 to 1.
    Expression,
    /// 0 to 1; 0.5 leaves the cutoff where it is.
    Brightness,
    /// 0 to 1; opens the filter.
    Pressure,
}

/// One event, at its sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples from the start of the block; past its end means the first sample of the next one.
    pub at: u32,
    /// What happens.
    pub kind: EventKind,
}

/// What happens at an [`Event`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A key goes down; velocity 0 to 1.
    NoteOn {
        /// The note that begins.
        note: Note,
        /// 0 to 1.
        velocity: f32,
    },
    /// Keys go up.
    NoteOff(NoteFilter),
    /// Notes stop at once.
    Choke(NoteFilter),
    /// An expression of sounding notes changes.
    Expression {
        /// The notes meant.
        target: NoteFilter,
        /// Which expression.
        expression: Expression,
        /// In the expression's own unit.
        value: f32,
    },
    /// The bend wheel of a channel, −1 to 1.
    Bend {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// −1 to 1.
        value: f32,
    },
    /// The pressure on a whole channel, 0 to 1.
    ChannelPressure {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// 0 to 1.
        value: f32,
    },
    /// A MIDI controller of a channel, 0 to 1.
    Controller {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// Controller number, 0 to 127.
        number: u8,
        /// 0 to 1.
        value: f32,
    },
}

impl EventKind {
    /// Whether every number in it is one.
    pub fn is_finite(&self) -> bool {
        match *self {
            Self::NoteOn { velocity, .. } => velocity.is_finite(),
            Self::NoteOff(_) | Self::Choke(_) => true,
            Self::Expression { value, .. }
            | Self::Bend { value, .. }
            | Self::ChannelPressure { value, .. }
            | Self::Controller { value, .. } => value.is_finite(),
        }
    }
}

/// Where the engine takes its events from, and tells of notes that ended. `[audio]`
pub trait NotePort {
    /// The next event, in order of time; `None` when the block has no more.
    fn next_event(&mut self) -> Option<Event>;

    /// `note` has stopped sounding `at` samples into the block.
    fn note_ended(&mut self, at: u32, note: Note);
}
