//! Translation of the host's note events to the engine's, and of the engine's note ends to the host's.

use std::cell::RefCell;
use std::marker::PhantomData;

use atomic_refcell::AtomicRefMut;
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::*;
use tidepool_dsp::{Event, EventKind, Expression, Note, NoteFilter, NotePort, Parameter};

use crate::export::NoteEvents;

/// The engine's event input and output for one call of `process`.
pub struct HostPort<'a, 'b, P, C> {
    context: &'a RefCell<&'b mut C>,
    /// The host's notes from the CLAP entry; in the standalone program they come from `context`.
    notes: Option<AtomicRefMut<'a, NoteEvents>>,
    length: u32,
    plugin: PhantomData<P>,
}

impl<'a, 'b, P: Plugin, C: ProcessContext<P>> HostPort<'a, 'b, P, C> {
    /// Creates a port over `context` and `notes`, for `samples` samples.
    pub(crate) fn new(
        context: &'a RefCell<&'b mut C>,
        notes: Option<AtomicRefMut<'a, NoteEvents>>,
        samples: usize,
    ) -> Self {
        Self {
            context,
            notes,
            length: samples as u32,
            plugin: PhantomData,
        }
    }
}

impl<P, C> Drop for HostPort<'_, '_, P, C> {
    /// Marks the samples as played.
    fn drop(&mut self) {
        if let Some(notes) = &mut self.notes {
            notes.advance(self.length);
        }
    }
}

impl<P: Plugin, C: ProcessContext<P>> NotePort for HostPort<'_, '_, P, C> {
    fn next_event(&mut self) -> Option<Event> {
        if let Some(notes) = &mut self.notes {
            return notes.next_before(self.length);
        }
        let mut context = self.context.borrow_mut();
        // Events that the engine does not use, such as program changes, are skipped.
        std::iter::from_fn(|| context.next_event()).find_map(translate)
    }

    fn note_ended(&mut self, at: u32, note: Note) {
        let event = NoteEvent::VoiceTerminated {
            timing: at,
            voice_id: note.id.map_or(VoiceID::Wildcard, VoiceID::ID),
            channel: Channel::Number(note.channel),
            key: Key::Number(note.key),
        };
        // The event is only a hint, so it may be lost if the host's queue is full or missing.
        let _ = self.context.borrow_mut().try_send_event(event);
    }
}

fn translate<S>(event: NoteEvent<S>) -> Option<Event> {
    let target = |voice_id: VoiceID, channel: Channel, key: Key| NoteFilter {
        id: voice_id.id(),
        channel: channel.number(),
        key: key.number(),
    };
    let express = |voice_id, channel, key, expression, value| EventKind::Expression {
        target: target(voice_id, channel, key),
        expression,
        value,
    };
    let (timing, kind) = match event {
        NoteEvent::NoteOn {
            timing,
            voice_id,
            channel,
            key,
            velocity,
        } => {
            let note = Note {
                id: voice_id.id(),
                channel: channel.number().unwrap_or(0),
                key: key.number_or_middle_c(),
            };
            (timing, EventKind::NoteOn { note, velocity })
        }
        NoteEvent::NoteOff {
            timing,
            voice_id,
            channel,
            key,
            velocity,
        } => {
            let target = target(voice_id, channel, key);
            (timing, EventKind::NoteOff { target, velocity })
        }
        NoteEvent::Choke {
            timing,
            voice_id,
            channel,
            key,
        } => (timing, EventKind::Choke(target(voice_id, channel, key))),
        NoteEvent::PolyVolume {
            timing,
            voice_id,
            channel,
            key,
            gain,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Volume, gain),
        ),
        NoteEvent::PolyPan {
            timing,
            voice_id,
            channel,
            key,
            pan,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Pan, pan),
        ),
        NoteEvent::PolyTuning {
            timing,
            voice_id,
            channel,
            key,
            tuning,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Tuning, tuning),
        ),
        NoteEvent::PolyVibrato {
            timing,
            voice_id,
            channel,
            key,
            vibrato,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Vibrato, vibrato),
        ),
        NoteEvent::PolyExpression {
            timing,
            voice_id,
            channel,
            key,
            expression,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Expression, expression),
        ),
        NoteEvent::PolyBrightness {
            timing,
            voice_id,
            channel,
            key,
            brightness,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Brightness, brightness),
        ),
        NoteEvent::PolyPressure {
            timing,
            voice_id,
            channel,
            key,
            pressure,
        } => (
            timing,
            express(voice_id, channel, key, Expression::Pressure, pressure),
        ),
        NoteEvent::MidiPitchBend {
            timing,
            channel,
            value,
        } => (
            timing,
            EventKind::Bend {
                channel,
                value: bend(value),
            },
        ),
        NoteEvent::MidiChannelPressure {
            timing,
            channel,
            pressure,
        } => (
            timing,
            EventKind::ChannelPressure {
                channel,
                value: pressure,
            },
        ),
        NoteEvent::MidiCC {
            timing,
            channel,
            cc,
            value,
        } => (
            timing,
            EventKind::Controller {
                channel,
                number: cc,
                value,
            },
        ),
        NoteEvent::PolyModulation {
            timing,
            voice_id,
            poly_modulation_id,
            normalized_offset,
        } => {
            let target = NoteFilter {
                id: Some(voice_id),
                ..NoteFilter::default()
            };
            // Modulation ids are indices of the table, see `params`.
            let parameter = Parameter::at(poly_modulation_id as usize)?;
            (
                timing,
                EventKind::Modulation {
                    target,
                    parameter,
                    amount: normalized_offset,
                },
            )
        }
        // Includes `MonoAutomation`: the engine itself moves a parameter's per-note values with the parameter.
        _ => return None,
    };
    Some(Event { at: timing, kind })
}

/// Converts a bend of 0 to 1 to −1 to 1. MIDI's middle is 8192 of 16383, a little above one half; both ends
/// and the middle are exact.
pub(crate) fn bend(value: f32) -> f32 {
    let steps = value * 16_383.0 - 8_192.0;
    if steps < 0.0 {
        steps / 8_192.0
    } else {
        steps / 8_191.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bend_wheel_rests_in_the_middle_and_reaches_both_ends() {
        assert_eq!(bend(0.0), -1.0);
        assert!(bend(8_192.0 / 16_383.0).abs() < 1e-6);
        assert_eq!(bend(1.0), 1.0);
    }

    #[test]
    fn notes_keep_their_names_and_strangers_are_passed_over() {
        let on = NoteEvent::<()>::NoteOn {
            timing: 5,
            voice_id: VoiceID::ID(9),
            channel: Channel::Number(3),
            key: Key::Number(64),
            velocity: 0.5,
        };
        let note = Note {
            id: Some(9),
            channel: 3,
            key: 64,
        };
        let kind = EventKind::NoteOn {
            note,
            velocity: 0.5,
        };
        assert_eq!(translate(on), Some(Event { at: 5, kind }));
        let modulation = NoteEvent::<()>::PolyModulation {
            timing: 7,
            voice_id: 9,
            poly_modulation_id: Parameter::Cutoff.index() as u32,
            normalized_offset: -0.25,
        };
        let kind = EventKind::Modulation {
            target: NoteFilter {
                id: Some(9),
                ..NoteFilter::default()
            },
            parameter: Parameter::Cutoff,
            amount: -0.25,
        };
        assert_eq!(translate(modulation), Some(Event { at: 7, kind }));
        let program = NoteEvent::<()>::MidiProgramChange {
            timing: 0,
            channel: 0,
            program: 1,
        };
        assert_eq!(translate(program), None);
    }
}
