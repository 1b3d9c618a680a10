//! Targets of the smoothing bank, and the values that they are computed from.

use super::control_id::{BLOCKS, ControlId, WORDS, voice_controls};
use crate::event::Expression;
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::{Change, SmoothingBank, ones};
use crate::synth::{ChannelControl, PerNote, VOICE_SLOTS};

/// Transition of a control to its target.
#[derive(Clone, Copy, Debug)]
pub(super) enum Transition {
    /// From the next tick on, with the control's own smoothing.
    Smooth,
    /// Within the next tick.
    OneTick,
    /// From this sample of the running tick on.
    AtSample(usize),
    /// Immediate, without a ramp.
    Jump,
}

/// Smoothing bank, and the values that its targets are computed from.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) smoothing: SmoothingBank<BLOCKS, WORDS>,
    /// Plain values without modulation, as set by hosts and editors.
    pub(super) patch: Patch,
    /// Modulation of each parameter for all notes, added to the normalized value.
    pub(super) modulation: [f32; Parameter::COUNT],
    /// Per-note modulation amount; replaces the modulation for all notes where the slot's bit is set in `own`.
    pub(super) amounts: [[f32; VOICE_SLOTS]; Parameter::PER_NOTE.len()],
    pub(super) own: [u128; Parameter::PER_NOTE.len()],
    /// Slots whose controls may differ from neutral values, one bit each.
    touched: u128,
    /// True if a parameter jumped.
    pub(super) jumped: bool,
    /// True if a control got a different target within a tick.
    pub(super) retargeted: bool,
}

impl Default for Targets {
    fn default() -> Self {
        let mut targets = Self {
            smoothing: SmoothingBank::default(),
            patch: Patch::default(),
            modulation: [0.0; Parameter::COUNT],
            amounts: [[0.0; VOICE_SLOTS]; Parameter::PER_NOTE.len()],
            own: [0; Parameter::PER_NOTE.len()],
            touched: u128::MAX,
            jumped: true,
            retargeted: false,
        };
        targets.reset();
        targets
    }
}

impl Targets {
    pub(super) fn reset(&mut self) {
        self.touched = u128::MAX;
        (0..VOICE_SLOTS).for_each(|slot| self.reset_voice(slot));
        for channel in 0..16 {
            for control in ChannelControl::ALL {
                let id = ControlId::Channel(channel, control);
                self.smoothing.jump_to(id.index(), control.neutral());
            }
        }
        for parameter in Parameter::all() {
            self.send_parameter(parameter, Transition::Jump);
        }
    }

    pub(super) fn reset_voice(&mut self, slot: usize) {
        if self.touched & (1 << slot) == 0 {
            return;
        }
        self.touched &= !(1 << slot);
        for own in &mut self.own {
            *own &= !(1 << slot);
        }
        for id in voice_controls(slot) {
            let value = match id {
                ControlId::Expression(_, expression) => expression.neutral(),
                _ => 0.0,
            };
            self.smoothing.jump_to(id.index(), value);
        }
    }

    /// Jumps the controls of the note in `slot`, which are neutral, to the values that the host sent for it.
    pub(super) fn apply_per_note(&mut self, slot: usize, per_note: &PerNote) {
        for (expression, value) in Expression::ALL.into_iter().zip(per_note.expressions) {
            if value != expression.neutral() {
                self.jump_to(ControlId::Expression(slot, expression), value);
            }
        }
        for (number, amount) in per_note.amounts.into_iter().enumerate() {
            if let Some(amount) = amount {
                self.modulate(slot, number, amount);
                self.send(
                    ControlId::Modulation(slot, number),
                    amount,
                    Transition::Jump,
                );
            }
        }
    }

    /// Marks that the note in `slot` has its own modulation of a parameter; the caller sends its control there.
    pub(super) fn modulate(&mut self, slot: usize, number: usize, amount: f32) {
        self.amounts[number][slot] = amount;
        self.own[number] |= 1 << slot;
    }

    /// Returns the plain value of `parameter` with a modulation.
    pub(super) fn modulated_value(&self, parameter: Parameter, amount: f32) -> f32 {
        let plain = self.patch.get(parameter);
        if amount == 0.0 {
            return plain;
        }
        let range = parameter.spec().range;
        range.plain(range.normalize(plain) + amount)
    }

    /// Applies a change from a batch.
    pub(super) fn apply(&mut self, change: Change) {
        if let Some(id) = ControlId::at(usize::from(change.control)) {
            self.send(id, change.value, Transition::Smooth);
        }
    }

    /// Sends a parameter to its value.
    pub(super) fn send_parameter(&mut self, parameter: Parameter, transition: Transition) {
        let value = self.modulated_value(parameter, self.modulation[parameter.index()]);
        self.send(ControlId::Parameter(parameter), value, transition);
    }

    /// Sends `id` to `value`, given as in a [`Change`]: plain, normalized or in the control's own unit.
    pub(super) fn send(&mut self, id: ControlId, value: f32, transition: Transition) {
        match id {
            ControlId::Parameter(parameter) => {
                self.set(id, parameter.engine_value(value), transition);
                // A per-note modulation is relative, so its target depends on the parameter's value.
                if let Some(number) = parameter.per_note_number() {
                    for slot in ones(self.own[number]) {
                        let amount = self.amounts[number][slot];
                        self.send(ControlId::Modulation(slot, number), amount, transition);
                    }
                }
            }
            ControlId::Modulation(_, number) => {
                let parameter = Parameter::PER_NOTE[number];
                let own = self.modulated_value(parameter, value);
                self.set(id, parameter.engine_value(own), transition);
            }
            ControlId::Channel(..) | ControlId::Expression(..) => self.set(id, value, transition),
        }
    }

    /// Jumps `id` to a value in its own unit.
    pub(super) fn jump_to(&mut self, id: ControlId, value: f32) {
        self.set(id, value, Transition::Jump);
    }

    fn set(&mut self, id: ControlId, value: f32, transition: Transition) {
        if let ControlId::Expression(slot, _) | ControlId::Modulation(slot, _) = id {
            self.touched |= 1 << slot;
        }
        self.jumped |= matches!(
            (id, transition),
            (ControlId::Parameter(_), Transition::Jump)
        );
        let id = id.index();
        self.retargeted |=
            matches!(transition, Transition::AtSample(_)) && self.smoothing.target(id) != value;
        match transition {
            // At the start of a tick, a smoothed change begins there anyway.
            Transition::Smooth | Transition::AtSample(0) => self.smoothing.set_target(id, value),
            Transition::OneTick => self.smoothing.finish_next_tick(id, value),
            Transition::AtSample(phase) => self.smoothing.retarget_now(id, phase, value),
            Transition::Jump => self.smoothing.jump_to(id, value),
        }
    }
}
