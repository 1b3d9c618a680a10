//! What happens to the engine at a sample: notes, expressions, controllers and parameters.

use crate::parameter::{Parameter, Priority};

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

    /// Whether `note` is meant. A note that came without an id answers to its channel and key, if the
    /// filter names one of them.
    pub fn matches(&self, note: &Note) -> bool {
        let named = self.id == note.id
            || note.id.is_none() && (self.channel.is_some() || self.key.is_some());
        (self.id.is_none() || named)
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

impl Expression {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Volume,
        Self::Pan,
        Self::Tuning,
        Self::Vibrato,
        Self::Expression,
        Self::Brightness,
        Self::Pressure,
    ];

    /// Its least and its greatest value.
    pub fn range(self) -> (f32, f32) {
        match self {
            Self::Volume => (0.0, 4.0),
            Self::Pan => (-1.0, 1.0),
            Self::Tuning => (-120.0, 120.0),
            Self::Vibrato | Self::Expression | Self::Brightness | Self::Pressure => (0.0, 1.0),
        }
    }

    /// Its value where nobody touches it.
    pub fn neutral(self) -> f32 {
        match self {
            Self::Volume | Self::Expression => 1.0,
            Self::Brightness => 0.5,
            Self::Pan | Self::Tuning | Self::Vibrato | Self::Pressure => 0.0,
        }
    }
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
    /// A key goes down; velocity 0 to 1. At 0, too, it is a note, as CLAP has it: MIDI's note on at 0 is for who reads MIDI.
    NoteOn {
        /// The note that begins.
        note: Note,
        /// 0 to 1.
        velocity: f32,
    },
    /// Keys go up.
    NoteOff(NoteFilter),
    /// Notes stop at once. One that names neither an id nor a key is an All Sound Off of its channel, or of all of them:
    /// the tails of the effects stop too.
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
    /// A parameter moves.
    Parameter {
        /// Which one.
        parameter: Parameter,
        /// Its plain value; out-of-range ones are clamped.
        value: f32,
        /// What modulates it for every note that has no modulation of its own, added to the normalized
        /// value.
        modulation: f32,
    },
    /// The modulation of a parameter for those of the meant notes that sound or are held, in the place of the one for all, which
    /// notes that begin later have. Only parameters that
    /// [allow it](crate::parameter::Spec#structfield.per_note) listen.
    Modulation {
        /// The notes meant.
        target: NoteFilter,
        /// Which one.
        parameter: Parameter,
        /// Added to the normalized value.
        amount: f32,
    },
}

impl EventKind {
    /// Whether it waits for the next tick, so that it makes no difference where in the tick it comes.
    pub(crate) fn waits(&self) -> bool {
        match *self {
            Self::NoteOn { .. } | Self::NoteOff(_) | Self::Choke(_) | Self::Bend { .. } => false,
            Self::Expression { expression, .. } => expression != Expression::Tuning,
            Self::ChannelPressure { .. } => true,
            // Switches, channel modes and the data of registered parameters act at once.
            Self::Controller { number, .. } => {
                !matches!(number, 6 | 38 | 64 | 66 | 96 | 97 | 120 | 121 | 123..=127)
            }
            Self::Parameter { parameter, .. } | Self::Modulation { parameter, .. } => {
                parameter.spec().priority != Priority::High
            }
        }
    }

    /// Whether every number in it is one.
    pub fn is_finite(&self) -> bool {
        match *self {
            Self::NoteOn { velocity, .. } => velocity.is_finite(),
            Self::NoteOff(_) | Self::Choke(_) => true,
            Self::Expression { value, .. }
            | Self::Bend { value, .. }
            | Self::ChannelPressure { value, .. }
            | Self::Controller { value, .. } => value.is_finite(),
            Self::Parameter {
                value, modulation, ..
            } => value.is_finite() && modulation.is_finite(),
            Self::Modulation { amount, .. } => amount.is_finite(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_without_an_id_is_not_meant_by_an_id_alone() {
        let note = Note {
            id: None,
            channel: 0,
            key: 60,
        };
        let named = NoteFilter {
            id: Some(5),
            ..NoteFilter::default()
        };
        let keyed = NoteFilter {
            key: Some(60),
            ..named
        };
        assert!(!named.matches(&note) && keyed.matches(&note));
        let known = Note {
            id: Some(5),
            ..note
        };
        assert!(named.matches(&known) && keyed.matches(&known));
        assert!(NoteFilter::default().matches(&note) && NoteFilter::default().matches(&known));
    }
}
