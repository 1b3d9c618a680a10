//! What happens during a block: notes, expressions, MIDI, parameters and transport, each at its sample.

use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteEndEvent, NoteExpressionEvent, NoteOffEvent, NoteOnEvent,
    ParamModEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match, Pckn, UnknownEvent};
use clack_host::prelude::{ClapId, EventBuffer};
use clack_host::utils::{BeatTime, SecondsTime};

/// The kind of a note expression, with CLAP's ranges.
pub use clack_host::events::event_types::NoteExpressionType as Expression;

/// Which note an event is about; `None` stands for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// MIDI channel, 0 to 15.
    pub channel: Option<u8>,
    /// MIDI key, 0 to 127, with 60 as middle C.
    pub key: Option<u8>,
    /// The host's own number for this note, unique among those that sound, below 2³¹.
    pub id: Option<u32>,
}

impl Note {
    /// Every note there is.
    pub const ALL: Self = Self {
        channel: None,
        key: None,
        id: None,
    };

    /// A note told by channel and key alone, as MIDI does.
    pub const fn new(channel: u8, key: u8) -> Self {
        Self {
            channel: Some(channel),
            key: Some(key),
            id: None,
        }
    }

    /// The same note under the host's number `id`.
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

/// Where the song is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Tempo in quarter notes per minute.
    pub tempo: f64,
    /// Song position in quarter notes.
    pub beats: f64,
    /// Song position in seconds.
    pub seconds: f64,
    /// Whether the song is running.
    pub playing: bool,
}

impl Transport {
    /// The same song, `seconds` later.
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

/// One thing that host or plugin tells the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A key goes down, at a velocity of 0 to 1.
    NoteOn {
        /// The note that starts.
        note: Note,
        /// How hard, 0 to 1.
        velocity: f64,
    },
    /// A key goes up, at a release velocity of 0 to 1.
    NoteOff {
        /// The note that is released.
        note: Note,
        /// How fast, 0 to 1.
        velocity: f64,
    },
    /// A note is to be silent at once.
    Choke {
        /// The note that is cut.
        note: Note,
    },
    /// A note has faded out; only the plugin says this.
    NoteEnd {
        /// The note that is over.
        note: Note,
    },
    /// A note's own volume, pan, tuning and so on.
    Expression {
        /// The note that is shaped.
        note: Note,
        /// What is shaped, which also sets the unit of the value.
        kind: Expression,
        /// The new value.
        value: f64,
    },
    /// A MIDI 1.0 message.
    Midi([u8; 3]),
    /// A parameter's new value, between its minimum and maximum.
    Param {
        /// The parameter, as in [`Param::id`](super::Param::id).
        id: u32,
        /// The new value.
        value: f64,
    },
    /// An offset to a parameter's value, in the same unit, that leaves the value itself alone.
    Modulation {
        /// The parameter, as in [`Param::id`](super::Param::id).
        id: u32,
        /// The notes it counts for.
        note: Note,
        /// How far off the value.
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
    /// What happens then.
    pub event: Event,
}

impl Event {
    /// This event at sample `time` of the block.
    pub const fn at(self, time: u32) -> Timed {
        Timed { time, event: self }
    }
}

impl Timed {
    /// Appends this event to `buffer` as CLAP lays it out.
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

    /// Reads back what the plugin sent; `None` for the kinds that this host has no use for.
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
