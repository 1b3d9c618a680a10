//! Instrument: the parts of the voice engine that notes act on.

use crate::engine::control_bank::ControlBank;
use crate::engine::fx_chain::FxChain;
use crate::engine::modulation::{Modulation, NoteStart};
use crate::engine::settings::{Mode, Settings};
use crate::event::Note;
use crate::parameter::Parameter;
use crate::synth::f32s::VOICES_PER_GROUP;
use crate::synth::{Key, MAX_VOICES, Voices, bipolar, scramble};

/// Parts of the voice engine that notes act on.
pub(super) struct Instrument<'a> {
    pub(super) settings: &'a Settings,
    pub(super) bank: &'a mut ControlBank,
    pub(super) modulation: &'a mut Modulation,
    pub(super) voices: &'a mut Voices,
    pub(super) fx: &'a mut FxChain,
    /// Position of the event that is handled.
    pub(super) time: u64,
    /// Called for each note that ends.
    pub(super) ended: &'a mut dyn FnMut(Note),
}

impl Instrument<'_> {
    /// Returns true in the modes in which all keys share a voice.
    pub(super) fn is_shared(&self) -> bool {
        self.settings.mode != Mode::Poly
    }

    /// Returns the maximum number of simultaneous notes.
    pub(super) fn limit(&self) -> usize {
        (self.bank.value(Parameter::Voices) as usize).clamp(1, MAX_VOICES)
    }

    /// Returns the seed of the note that was last given a voice.
    pub(super) fn seed(&self) -> u32 {
        scramble(self.voices.notes_started() as u32)
    }

    /// Passes the note-on values of `key` to the modulation.
    pub(super) fn set_note_start(&mut self, slot: usize, key: Key) {
        let amount = self.bank.value(Parameter::Velocity);
        let start = NoteStart {
            key: key.pitch,
            velocity: key.velocity,
            velocity_gain: 1.0 - amount + amount * key.velocity * key.velocity,
            random: bipolar(self.seed()),
        };
        self.modulation
            .begin(slot / VOICES_PER_GROUP, slot % VOICES_PER_GROUP, start);
    }
}
