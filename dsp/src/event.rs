//! Events that the engine handles at a sample: notes, expressions, controllers and parameters.

use crate::parameter::{Parameter, Priority};

/// Note as the host identifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Note id of the host, if it sent one.
    pub id: Option<i32>,
    /// MIDI channel, 0 to 15.
    pub channel: u8,
    /// MIDI key, 0 to 127; 60 is middle C.
    pub key: u8,
}

/// Filter that selects the notes an event applies to; a field that is `None` matches every note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// Note id of the host.
    pub id: Option<i32>,
    /// MIDI channel, 0 to 15.
    pub channel: Option<u8>,
    /// MIDI key, 0 to 127.
    pub key: Option<u8>,
}

impl NoteFilter {
    /// Selects every note of one channel.
    pub fn channel(channel: u8) -> Self {
        Self {
            channel: Some(channel),
            ..Self::default()
        }
    }

    /// Returns true if the filter selects `note`. A note without an id is matched by channel and key, if the filter has
    /// one of the two.
    pub fn matches(&self, note: &Note) -> bool {
        let named = self.id == note.id
            || note.id.is_none() && (self.channel.is_some() || self.key.is_some());
        (self.id.is_none() || named)
            && self.channel.is_none_or(|channel| channel == note.channel)
            && self.key.is_none_or(|key| key == note.key)
    }
}

/// Per-note expressions of CLAP.
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
    /// All expressions, in order.
    pub const ALL: [Self; 7] = [
        Self::Volume,
        Self::Pan,
        Self::Tuning,
        Self::Vibrato,
        Self::Expression,
        Self::Brightness,
        Self::Pressure,
    ];

    /// Minimum and maximum value.
    pub fn range(self) -> (f32, f32) {
        match self {
            Self::Volume => (0.0, 4.0),
            Self::Pan => (-1.0, 1.0),
            Self::Tuning => (-120.0, 120.0),
            Self::Vibrato | Self::Expression | Self::Brightness | Self::Pressure => (0.0, 1.0),
        }
    }

    /// Value of an expression that has not been sent.
    pub fn neutral(self) -> f32 {
        match self {
            Self::Volume | Self::Expression => 1.0,
            Self::Brightness => 0.5,
            Self::Pan | Self::Tuning | Self::Vibrato | Self::Pressure => 0.0,
        }
    }
}

/// Event with its sample position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples from the start of the block; a position past its end means the first sample of the next block.
    pub at: u32,
    /// Kind and data of the event.
    pub kind: EventKind,
}

/// Kind and data of an [`Event`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// Key press. A velocity of 0 starts a note too, as in CLAP; MIDI's convention of a note-on at 0 is left to the
    /// MIDI parser.
    NoteOn {
        /// Note to start.
        note: Note,
        /// Velocity, 0 to 1.
        velocity: f32,
    },
    /// Key release.
    NoteOff {
        /// Notes to release.
        target: NoteFilter,
        /// Release velocity, 0 to 1; [`RELEASE_VELOCITY`](Self::RELEASE_VELOCITY) if it is unknown.
        velocity: f32,
    },
    /// Immediate end of notes. A filter with neither id nor key is an All Sound Off of its channel, or of all channels,
    /// which stops the tails of the effects too.
    Choke(NoteFilter),
    /// Change of an expression of sounding notes.
    Expression {
        /// Notes to change.
        target: NoteFilter,
        /// Expression to change.
        expression: Expression,
        /// Value in the expression's own unit.
        value: f32,
    },
    /// Pitch bend of a channel.
    Bend {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// Bend, −1 to 1.
        value: f32,
    },
    /// Channel pressure.
    ChannelPressure {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// Pressure, 0 to 1.
        value: f32,
    },
    /// MIDI controller of a channel.
    Controller {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// Controller number, 0 to 127.
        number: u8,
        /// Value, 0 to 1.
        value: f32,
    },
    /// Change of a parameter.
    Parameter {
        /// Parameter to change.
        parameter: Parameter,
        /// Plain value; values out of range are clamped.
        value: f32,
        /// Modulation of all notes without a modulation of their own, added to the normalized value.
        modulation: f32,
    },
    /// Per-note modulation of a parameter, for the selected notes that sound or are held. It replaces the modulation
    /// for all notes, which notes that start later use. Only parameters that [allow
    /// it](crate::parameter::Spec#structfield.per_note) respond.
    Modulation {
        /// Notes to modulate.
        target: NoteFilter,
        /// Parameter to modulate.
        parameter: Parameter,
        /// Amount that is added to the normalized value.
        amount: f32,
    },
}

impl EventKind {
    /// Release velocity of keys that do not measure it, by MIDI 1.0.
    pub const RELEASE_VELOCITY: f32 = 64.0 / 127.0;

    /// Returns the release of the notes of `target` with an unknown velocity.
    pub fn note_off(target: NoteFilter) -> Self {
        Self::NoteOff {
            target,
            velocity: Self::RELEASE_VELOCITY,
        }
    }

    /// Returns true if the event takes effect at the next tick, so that its position within the tick makes no
    /// difference.
    pub(crate) fn waits(&self) -> bool {
        match *self {
            Self::NoteOn { .. } | Self::NoteOff { .. } | Self::Choke(_) | Self::Bend { .. } => {
                false
            }
            Self::Expression { expression, .. } => expression != Expression::Tuning,
            Self::ChannelPressure { .. } => true,
            // Switches, channel modes and the data of registered parameters take effect at once.
            Self::Controller { number, .. } => {
                !matches!(number, 6 | 38 | 64 | 66 | 96 | 97 | 120 | 121 | 123..=127)
            }
            Self::Parameter { parameter, .. } | Self::Modulation { parameter, .. } => {
                parameter.spec().priority != Priority::High
            }
        }
    }

    /// Returns true if all values of the event are finite.
    pub fn is_finite(&self) -> bool {
        match *self {
            Self::NoteOn { velocity, .. } => velocity.is_finite(),
            // A key that was pressed has to be released, whatever its velocity.
            Self::NoteOff { .. } | Self::Choke(_) => true,
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

/// Source of an engine's events and receiver of its note ends. `[audio]`
pub trait NotePort {
    /// Returns the next event, in order of time, or `None` when the block has no more.
    fn next_event(&mut self) -> Option<Event>;

    /// Reports that `note` has stopped sounding `at` samples into the block.
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
