//! The events of one host block, read defensively: sizes, times, channels and values from a host are checked before
//! they are used.

use std::ptr;
use std::sync::OnceLock;

use clap_sys::events::*;
use tidepool_dsp::parameter::Range;
use tidepool_dsp::{EventKind, Expression, Note, NoteFilter, Parameter};

use crate::params::param_id;
use crate::processor::bend;

/// Most events read from one block. A list that claims more is cut off, so that no list can block the audio thread
/// for ever.
const MAX_EVENTS: u32 = 1 << 20;

/// Reader of the host's event list. Copies advance independently.
///
/// Times are within the block and never decrease: an event past the end moves to the last sample, and one
/// that is listed after a later event gets that event's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventReader {
    list: *const clap_input_events,
    next: u32,
    count: u32,
    /// Time of the latest event.
    time: u32,
    /// Last sample of the block.
    last: u32,
}

// SAFETY: the list is read only within the host's call that passed it, on the thread of that call.
unsafe impl Send for EventReader {}
// SAFETY: as above.
unsafe impl Sync for EventReader {}

impl EventReader {
    /// Reader of an empty list.
    pub(super) const EMPTY: Self = Self {
        list: ptr::null(),
        next: 0,
        count: 0,
        time: 0,
        last: 0,
    };

    /// Reads the events of `list` in a block of `frames` samples; none if the list or its functions are missing. `[audio]`
    ///
    /// # Safety
    /// `list` is null or valid until this reader and all its copies have been read for the last time.
    pub(super) unsafe fn new(list: *const clap_input_events, frames: u32) -> Self {
        // SAFETY: null or valid, as the caller promises.
        let Some((size, _)) = (unsafe { functions(list) }) else {
            return Self::EMPTY;
        };
        Self {
            list,
            next: 0,
            // SAFETY: the list's own function, called with the list.
            count: unsafe { size(list) }.min(MAX_EVENTS),
            time: 0,
            last: frames.saturating_sub(1),
        }
    }

    /// Returns the next event that Tidepool uses, and its time. `[audio]`
    pub(super) fn next(&mut self) -> Option<(u32, HostEvent)> {
        while self.next < self.count {
            // SAFETY: the list was valid when this was made, and still is, as `new` requires.
            let (_, get) = unsafe { functions(self.list) }?;
            // SAFETY: as above; the index is below the list's size.
            let header = unsafe { get(self.list, self.next) };
            self.next += 1;
            if header.is_null() {
                continue;
            }
            // SAFETY: not null; the list returns headers.
            let head = unsafe { header.read_unaligned() };
            // SAFETY: not null, and an event of the size in its header follows it.
            let Some(event) = (unsafe { decode(header, &head) }) else {
                continue;
            };
            self.time = self.time.max(head.time.min(self.last));
            return Some((self.time, event));
        }
        None
    }
}

type Size = unsafe extern "C" fn(*const clap_input_events) -> u32;
type Get = unsafe extern "C" fn(*const clap_input_events, u32) -> *const clap_event_header;

/// # Safety
/// `list` is null or valid.
unsafe fn functions(list: *const clap_input_events) -> Option<(Size, Get)> {
    // SAFETY: null or valid, as the caller promises.
    let list = unsafe { list.as_ref() }?;
    Some((list.size?, list.get?))
}

/// A host event that Tidepool uses.
#[derive(Clone, Copy, Debug)]
pub(super) enum HostEvent {
    /// Note event, passed to the engine directly.
    Note(EventKind),
    /// Parameter event, passed to nice-plug, which stores the value and notifies the editor.
    Parameter(ParameterChange),
    /// MIDI program change, for the main thread.
    Program {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// Number of the program, 0 to 127.
        number: u8,
    },
    /// Position and tempo of the song from here on.
    Transport(clap_event_transport),
}

/// A new value, or a new modulation, of one parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct ParameterChange {
    /// The parameter.
    pub(super) parameter: Parameter,
    /// True for a change of the modulation, false for one of the value.
    pub(super) modulation: bool,
    /// True if a MIDI controller makes the change, so that the host has to be told.
    pub(super) from_midi: bool,
    /// Value in CLAP's range: 0 to the number of steps, or 0 to 1. Always finite.
    pub(super) value: f64,
}

/// Returns the parameter with the CLAP id `id`. Builds the table on the first call. `[audio]` after that.
pub(super) fn parameter(id: u32) -> Option<Parameter> {
    static TABLE: OnceLock<Vec<(u32, Parameter)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table: Vec<_> = Parameter::all()
            .map(|parameter| (param_id(parameter.spec().id), parameter))
            .collect();
        table.sort_unstable_by_key(|&(id, _)| id);
        table
    });
    let place = table.binary_search_by_key(&id, |&(id, _)| id).ok()?;
    Some(table[place].1)
}

/// Returns the upper end of `parameter` in CLAP's range: the number of steps, or 1 if it is continuous.
pub(super) fn steps(parameter: Parameter) -> f64 {
    match parameter.spec().range {
        Range::Whole { min, max } => f64::from(max - min),
        Range::Linear { .. } | Range::Skewed { .. } => 1.0,
    }
}

/// # Safety
/// `head` is a copy of `*header`, and `head.size` bytes can be read from `header` on.
unsafe fn decode(header: *const clap_event_header, head: &clap_event_header) -> Option<HostEvent> {
    if head.space_id != CLAP_CORE_EVENT_SPACE_ID {
        return None;
    }
    /// Returns the whole event, if the header's size covers it.
    ///
    /// # Safety
    /// `head.size` bytes can be read from `header` on, and any bits are a valid `T`.
    unsafe fn whole<T: Copy>(
        header: *const clap_event_header,
        head: &clap_event_header,
    ) -> Option<T> {
        // SAFETY: the size is checked here; the caller promises the rest.
        (head.size as usize >= size_of::<T>())
            .then(|| unsafe { header.cast::<T>().read_unaligned() })
    }
    // SAFETY: all structs of CLAP are numbers and pointers, for which any bits are valid.
    unsafe {
        match head.type_ {
            CLAP_EVENT_NOTE_ON => note_on(&whole(header, head)?),
            CLAP_EVENT_NOTE_OFF => note_off(&whole(header, head)?),
            CLAP_EVENT_NOTE_CHOKE => target(&whole(header, head)?).map(EventKind::Choke),
            CLAP_EVENT_NOTE_EXPRESSION => expression(&whole(header, head)?),
            CLAP_EVENT_MIDI => {
                let message = whole::<clap_event_midi>(header, head)?.data;
                if let Some(program) = program(message) {
                    return Some(program);
                }
                midi(message)
            }
            CLAP_EVENT_PARAM_VALUE => return value(&whole(header, head)?),
            CLAP_EVENT_PARAM_MOD => return modulation(&whole(header, head)?),
            CLAP_EVENT_TRANSPORT => {
                return whole(header, head)
                    .map(sound_transport)
                    .map(HostEvent::Transport);
            }
            _ => None,
        }
    }
    .map(HostEvent::Note)
}

/// Returns the notes addressed by an id, a channel and a key of CLAP, where a negative number means any; `None` if the
/// channel or the key is out of range.
fn filter(id: i32, channel: i16, key: i16) -> Option<NoteFilter> {
    let number = |number: i16, count: u8| match u8::try_from(number) {
        _ if number < 0 => Some(None),
        Ok(number) if number < count => Some(Some(number)),
        _ => None,
    };
    Some(NoteFilter {
        id: (id >= 0).then_some(id),
        channel: number(channel, 16)?,
        key: number(key, 128)?,
    })
}

fn target(event: &clap_event_note) -> Option<NoteFilter> {
    filter(event.note_id, event.channel, event.key)
}

fn note_off(event: &clap_event_note) -> Option<EventKind> {
    let velocity = event.velocity as f32;
    target(event).map(|target| EventKind::NoteOff { target, velocity })
}

/// Returns the note on; `None` without a valid key. A missing channel means the first one.
fn note_on(event: &clap_event_note) -> Option<EventKind> {
    let NoteFilter { id, channel, key } = target(event)?;
    let note = Note {
        id,
        channel: channel.unwrap_or(0),
        key: key?,
    };
    let velocity = event.velocity as f32;
    Some(EventKind::NoteOn { note, velocity })
}

fn expression(event: &clap_event_note_expression) -> Option<EventKind> {
    let value = event.value as f32;
    let (expression, value) = match event.expression_id {
        CLAP_NOTE_EXPRESSION_VOLUME => (Expression::Volume, value),
        // CLAP pans from 0 to 1.
        CLAP_NOTE_EXPRESSION_PAN => (Expression::Pan, value * 2.0 - 1.0),
        CLAP_NOTE_EXPRESSION_TUNING => (Expression::Tuning, value),
        CLAP_NOTE_EXPRESSION_VIBRATO => (Expression::Vibrato, value),
        CLAP_NOTE_EXPRESSION_EXPRESSION => (Expression::Expression, value),
        CLAP_NOTE_EXPRESSION_BRIGHTNESS => (Expression::Brightness, value),
        CLAP_NOTE_EXPRESSION_PRESSURE => (Expression::Pressure, value),
        _ => return None,
    };
    Some(EventKind::Expression {
        target: filter(event.note_id, event.channel, event.key)?,
        expression,
        value,
    })
}

/// Decodes a MIDI program change; `None` for other messages.
fn program([status, number, _]: [u8; 3]) -> Option<HostEvent> {
    let channel = status & 0x0f;
    (status & 0xf0 == 0xc0 && number <= 127).then_some(HostEvent::Program { channel, number })
}

/// Decodes a MIDI 1.0 channel message other than a program change; `None` for system messages and for data bytes above 127.
pub(super) fn midi([status, first, second]: [u8; 3]) -> Option<EventKind> {
    let channel = status & 0x0f;
    let has_second = !matches!(status & 0xf0, 0xc0 | 0xd0);
    if first > 127 || (has_second && second > 127) {
        return None;
    }
    let portion = |byte: u8| f32::from(byte) / 127.0;
    let target = NoteFilter {
        channel: Some(channel),
        key: Some(first),
        ..NoteFilter::default()
    };
    Some(match status & 0xf0 {
        0x80 => EventKind::NoteOff {
            target,
            velocity: portion(second),
        },
        // In MIDI, a note on of velocity 0 is a note off.
        0x90 if second == 0 => EventKind::note_off(target),
        0x90 => EventKind::NoteOn {
            note: Note {
                id: None,
                channel,
                key: first,
            },
            velocity: portion(second),
        },
        0xa0 => EventKind::Expression {
            target,
            expression: Expression::Pressure,
            value: portion(second),
        },
        0xb0 => EventKind::Controller {
            channel,
            number: first,
            value: portion(second),
        },
        0xd0 => EventKind::ChannelPressure {
            channel,
            value: portion(first),
        },
        0xe0 => EventKind::Bend {
            channel,
            value: bend((u16::from(first) | u16::from(second) << 7) as f32 / 16_383.0),
        },
        _ => return None,
    })
}

fn value(event: &clap_event_param_value) -> Option<HostEvent> {
    let parameter = parameter(event.param_id)?;
    event.value.is_finite().then(|| {
        HostEvent::Parameter(ParameterChange {
            parameter,
            modulation: false,
            from_midi: false,
            value: event.value.clamp(0.0, steps(parameter)),
        })
    })
}

/// Decodes a modulation of the notes that it addresses; without an address it applies to all.
fn modulation(event: &clap_event_param_mod) -> Option<HostEvent> {
    let parameter = parameter(event.param_id)?;
    let steps = steps(parameter);
    if !event.amount.is_finite() {
        return None;
    }
    let amount = event.amount.clamp(-steps, steps);
    let target = filter(event.note_id, event.channel, event.key)?;
    Some(if target == NoteFilter::default() {
        HostEvent::Parameter(ParameterChange {
            parameter,
            modulation: true,
            from_midi: false,
            value: amount,
        })
    } else {
        HostEvent::Note(EventKind::Modulation {
            target,
            parameter,
            amount: amount as f32 / steps as f32,
        })
    })
}

/// Returns `transport` without its tempo if that is not finite and positive.
pub(super) fn sound_transport(mut transport: clap_event_transport) -> clap_event_transport {
    if !(transport.tempo.is_finite() && transport.tempo > 0.0) {
        transport.flags &= !CLAP_TRANSPORT_HAS_TEMPO;
        transport.tempo = 0.0;
    }
    transport
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_found_by_its_id_and_no_other() {
        for each in Parameter::all() {
            assert_eq!(parameter(param_id(each.spec().id)), Some(each));
        }
        assert_eq!(parameter(u32::MAX), None);
    }

    #[test]
    fn midi_messages_with_damaged_bytes_mean_nothing() {
        assert!(midi([0x90, 128, 1]).is_none());
        assert!(midi([0x90, 60, 200]).is_none());
        assert!(midi([0xd0, 200, 0]).is_none());
        assert!(midi([0x3c, 60, 60]).is_none() && midi([0xf8, 0, 0]).is_none());
        // The third byte of a two-byte message is ignored.
        assert!(midi([0xd3, 127, 255]).is_some());
    }

    #[test]
    fn bends_reach_both_ends_and_the_middle() {
        let bend = |low, high| match midi([0xe2, low, high]) {
            Some(EventKind::Bend { channel: 2, value }) => value,
            other => panic!("{other:?}"),
        };
        assert_eq!((bend(0, 0), bend(127, 127)), (-1.0, 1.0));
        assert!(bend(0, 64).abs() < 1e-6);
    }

    #[test]
    fn negative_numbers_mean_every_note_and_too_large_ones_none() {
        assert_eq!(filter(-1, -1, -1), Some(NoteFilter::default()));
        assert_eq!(filter(i32::MIN, i16::MIN, -7), Some(NoteFilter::default()));
        assert_eq!(filter(7, 15, 127).and_then(|notes| notes.key), Some(127));
        assert_eq!(filter(-1, 16, 60), None);
        assert_eq!(filter(-1, 0, 128), None);
    }
}
