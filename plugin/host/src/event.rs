//! Events within a block: notes, expressions, MIDI, parameters and transport, each at its sample.

use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteEndEvent, NoteExpressionEvent, NoteOffEvent, NoteOnEvent,
    ParamModEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match, Pckn, UnknownEvent};
use clack_host::prelude::{ClapId, EventBuffer};
use clack_host::utils::{BeatTime, SecondsTime};

/// Kind of a note expression, with CLAP's ranges.
pub use clack_host::events::event_types::NoteExpressionType as Expression;

/// The note that an event addresses; `None` matches any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// MIDI channel, 0 to 15.
    pub channel: Option<u8>,
    /// MIDI key, 0 to 127, with 60 as middle C.
    pub key: Option<u8>,
    /// The host's id of the note, unique among sounding notes, below 2³¹.
    pub id: Option<u32>,
}

impl Note {
    /// Matches every note.
    pub const ALL: Self = Self {
        channel: None,
        key: None,
        id: None,
    };

    /// Returns a note identified by channel and key alone, as in MIDI.
    pub const fn new(channel: u8, key: u8) -> Self {
        Self {
            channel: Some(channel),
            key: Some(key),
            id: None,
        }
    }

    /// Returns the same note with the host's id `id`.
    pub const fn with_id(self, id: u32) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }

    fn to_clap(self) -> Pckn {
        fn matching<T, U: From<T>>(value: Option<T>) -> Match<U> {
            value.map_or(Match::All, |value| Match::Specific(value.into()))
        }
        Pckn {
            port_index: if self == Self::ALL {
                Match::All
            } else {
                Match::Specific(0)
            },
            channel: matching(self.channel),
            key: matching(self.key),
            note_id: matching(self.id),
        }
    }

    fn from_clap(pckn: Pckn) -> Self {
        fn small(value: Match<u16>) -> Option<u8> {
            value
                .into_specific()
                .and_then(|value| u8::try_from(value).ok())
        }
        Self {
            channel: small(pckn.channel),
            key: small(pckn.key),
            id: pckn.note_id.into_specific(),
        }
    }
}

/// Tempo and position of the song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Tempo in quarter notes per minute.
    pub tempo: f64,
    /// Song position in quarter notes.
    pub beats: f64,
    /// Song position in seconds.
    pub seconds: f64,
    /// True if the song is playing.
    pub playing: bool,
}

impl Transport {
    /// Returns the transport `seconds` later.
    pub fn advanced(self, seconds: f64) -> Self {
        if !self.playing {
            return self;
        }
        Self {
            beats: self.beats + seconds * self.tempo / 60.0,
            seconds: self.seconds + seconds,
            ..self
        }
    }

    pub(super) fn to_clap(self, time: u32) -> TransportEvent {
        let mut flags = TransportFlags::HAS_TEMPO
            | TransportFlags::HAS_BEATS_TIMELINE
            | TransportFlags::HAS_SECONDS_TIMELINE
            | TransportFlags::HAS_TIME_SIGNATURE;
        flags.set(TransportFlags::IS_PLAYING, self.playing);
        TransportEvent {
            header: EventHeader::new_core(time, EventFlags::empty()),
            flags,
            song_pos_beats: BeatTime::from_float(self.beats),
            song_pos_seconds: SecondsTime::from_float(self.seconds),
            tempo: self.tempo,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_int(0),
            loop_end_beats: BeatTime::from_int(0),
            loop_start_seconds: SecondsTime::from_int(0),
            loop_end_seconds: SecondsTime::from_int(0),
            bar_start: BeatTime::from_float((self.beats / 4.0).floor() * 4.0),
            bar_number: (self.beats / 4.0).floor() as i32,
            time_signature_numerator: 4,
            time_signature_denominator: 4,
        }
    }
}

/// An event between host and plugin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A note starts.
    NoteOn {
        /// The note that starts.
        note: Note,
        /// Velocity, 0 to 1.
        velocity: f64,
    },
    /// A note is released.
    NoteOff {
        /// The note that is released.
        note: Note,
        /// Release velocity, 0 to 1.
        velocity: f64,
    },
    /// A note is silenced at once.
    Choke {
        /// The note that is silenced.
        note: Note,
    },
    /// A note has ended; only the plugin sends this.
    NoteEnd {
        /// The note that ended.
        note: Note,
    },
    /// A new value of a note expression: volume, pan, tuning and so on.
    Expression {
        /// The note that is addressed.
        note: Note,
        /// Kind of expression, which determines the unit of the value.
        kind: Expression,
        /// The new value.
        value: f64,
    },
    /// A MIDI 1.0 message.
    Midi([u8; 3]),
    /// A new value of a parameter, between its minimum and maximum.
    Param {
        /// The parameter, as in [`Param::id`](super::Param::id).
        id: u32,
        /// The new value.
        value: f64,
    },
    /// An offset to a parameter's value, in the same unit; the value itself stays as it is.
    Modulation {
        /// The parameter, as in [`Param::id`](super::Param::id).
        id: u32,
        /// The notes that it applies to.
        note: Note,
        /// The offset.
        amount: f64,
    },
    /// A new tempo or position.
    Transport(Transport),
}

/// An [`Event`] with its sample within the block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    /// Samples from the start of the block.
    pub time: u32,
    /// The event.
    pub event: Event,
}

impl Event {
    /// Returns this event with sample `time` of the block.
    pub const fn at(self, time: u32) -> Timed {
        Timed { time, event: self }
    }
}

impl Timed {
    /// Appends this event to `buffer` in CLAP's format.
    pub(super) fn push_to(&self, buffer: &mut EventBuffer) {
        let time = self.time;
        match self.event {
            Event::NoteOn { note, velocity } => {
                buffer.push(&NoteOnEvent::new(time, note.to_clap(), velocity));
            }
            Event::NoteOff { note, velocity } => {
                buffer.push(&NoteOffEvent::new(time, note.to_clap(), velocity));
            }
            Event::Choke { note } => buffer.push(&NoteChokeEvent::new(time, note.to_clap())),
            Event::NoteEnd { note } => buffer.push(&NoteEndEvent::new(time, note.to_clap())),
            Event::Expression { note, kind, value } => {
                buffer.push(&NoteExpressionEvent::new(time, note.to_clap(), kind, value));
            }
            Event::Midi(data) => buffer.push(&MidiEvent::new(time, 0, data)),
            Event::Param { id, value } => {
                if let Some(id) = ClapId::from_raw(id) {
                    buffer.push(&ParamValueEvent::new(time, id, Pckn::match_all(), value));
                }
            }
            Event::Modulation { id, note, amount } => {
                if let Some(id) = ClapId::from_raw(id) {
                    buffer.push(&ParamModEvent::new(time, id, note.to_clap(), amount));
                }
            }
            Event::Transport(transport) => buffer.push(&transport.to_clap(time)),
        }
    }

    /// Converts an event that the plugin sent; `None` for kinds that this host does not use.
    pub(super) fn from_clap(event: &UnknownEvent) -> Option<Self> {
        let time = event.header().time();
        let event = match event.as_core_event()? {
            CoreEventSpace::NoteOn(event) => Event::NoteOn {
                note: Note::from_clap(event.pckn()),
                velocity: event.velocity(),
            },
            CoreEventSpace::NoteOff(event) => Event::NoteOff {
                note: Note::from_clap(event.pckn()),
                velocity: event.velocity(),
            },
            CoreEventSpace::NoteChoke(event) => Event::Choke {
                note: Note::from_clap(event.pckn()),
            },
            CoreEventSpace::NoteEnd(event) => Event::NoteEnd {
                note: Note::from_clap(event.pckn()),
            },
            CoreEventSpace::Midi(event) => Event::Midi(event.data()),
            CoreEventSpace::ParamValue(event) => Event::Param {
                id: event.param_id()?.get(),
                value: event.value(),
            },
            _ => return None,
        };
        Some(Self { time, event })
    }
}
