//! The smoothing bank, and all that its goals are made from.

use super::lanes::{self, CHUNKS, Lane, MODULATED, WORDS};
use crate::event::Expression;
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::{Change, SmoothingBank, ones};
use crate::synth::{ChannelControl, PerNote, SLOTS};

/// How a lane gets where it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// From the next tick on, as its shape says.
    Shaped,
    /// Within the next tick.
    Short,
    /// From so many samples into the running tick on.
    Now(usize),
    /// It is there.
    None,
}

/// The bank, and all that its goals are made from.
#[derive(Debug)]
pub(super) struct Goals {
    pub(super) bank: SmoothingBank<CHUNKS, WORDS>,
    /// What hosts and editors last asked for: plain values without modulation.
    pub(super) patch: Patch,
    /// What modulates each of them for all: added to the normalized value.
    pub(super) modulation: [f32; Parameter::COUNT],
    /// What modulates it for the note in a slot, in the place of that, where the slot's bit is set.
    pub(super) amounts: [[f32; SLOTS]; MODULATED.len()],
    pub(super) own: [u128; MODULATED.len()],
    /// The slots whose lanes may have been sent anywhere since they were last at rest, one bit each.
    touched: u128,
    /// A parameter has been put somewhere without moving there.
    pub(super) snapped: bool,
    /// Something has set out within the tick for where it was not bound for before.
    pub(super) launched: bool,
}

impl Default for Goals {
    fn default() -> Self {
        let mut goals = Self {
            bank: SmoothingBank::default(),
            patch: Patch::default(),
            modulation: [0.0; Parameter::COUNT],
            amounts: [[0.0; SLOTS]; MODULATED.len()],
            own: [0; MODULATED.len()],
            touched: u128::MAX,
            snapped: true,
            launched: false,
        };
        goals.reset();
        goals
    }
}

impl Goals {
    pub(super) fn reset(&mut self) {
        self.touched = u128::MAX;
        (0..SLOTS).for_each(|slot| self.rest(slot));
        for channel in 0..16 {
            for control in ChannelControl::ALL {
                let lane = Lane::Channel(channel, control);
                self.bank.snap(lane.index(), control.rest());
            }
        }
        for parameter in Parameter::all() {
            self.aim(parameter, Way::None);
        }
    }

    pub(super) fn rest(&mut self, slot: usize) {
        if self.touched & (1 << slot) == 0 {
            return;
        }
        self.touched &= !(1 << slot);
        for own in &mut self.own {
            *own &= !(1 << slot);
        }
        for lane in lanes::of_voice(slot) {
            let value = match lane {
                Lane::Expression(_, expression) => expression.rest(),
                _ => 0.0,
            };
            self.bank.snap(lane.index(), value);
        }
    }

    /// The note in `slot`, whose lanes rest, is where its host wants it, without a way there.
    pub(super) fn take_up(&mut self, slot: usize, per_note: &PerNote) {
        for (expression, value) in Expression::ALL.into_iter().zip(per_note.expressions) {
            if value != expression.rest() {
                self.snap(Lane::Expression(slot, expression), value);
            }
        }
        for (number, amount) in per_note.amounts.into_iter().enumerate() {
            if let Some(amount) = amount {
                self.modulate(slot, number, amount);
                self.send(Lane::Modulation(slot, number), amount, Way::None);
            }
        }
    }

    /// The note in `slot` has its own modulation of a parameter from now on; its lane is to be sent there.
    pub(super) fn modulate(&mut self, slot: usize, number: usize, amount: f32) {
        self.amounts[number][slot] = amount;
        self.own[number] |= 1 << slot;
    }

    /// The plain value of `parameter` under a modulation.
    pub(super) fn modulated(&self, parameter: Parameter, amount: f32) -> f32 {
        let plain = self.patch.get(parameter);
        if amount == 0.0 {
            return plain;
        }
        let range = parameter.spec().range;
        range.plain(range.normalize(plain) + amount)
    }

    /// Takes a change out of its batch.
    pub(super) fn apply(&mut self, change: Change) {
        if let Some(lane) = Lane::at(usize::from(change.lane)) {
            self.send(lane, change.value, Way::Shaped);
        }
    }

    /// Sends a parameter where it is wanted now.
    pub(super) fn aim(&mut self, parameter: Parameter, way: Way) {
        let value = self.modulated(parameter, self.modulation[parameter.index()]);
        self.send(Lane::Parameter(parameter), value, way);
    }

    /// Sends `lane` to `value`, which is as a [`Change`] has it: plain, normalized or in the lane's own
    /// terms.
    pub(super) fn send(&mut self, lane: Lane, value: f32, way: Way) {
        match lane {
            Lane::Parameter(parameter) => {
                self.go(lane, parameter.engine_value(value), way);
                // What modulates a note is an amount, and where that leads depends on where it starts.
                if let Some(number) = lanes::modulated(parameter) {
                    for slot in ones(self.own[number]) {
                        let amount = self.amounts[number][slot];
                        self.send(Lane::Modulation(slot, number), amount, way);
                    }
                }
            }
            Lane::Modulation(_, number) => {
                let parameter = MODULATED[number];
                let own = self.modulated(parameter, value);
                self.go(lane, parameter.engine_value(own), way);
            }
            Lane::Channel(..) | Lane::Expression(..) => self.go(lane, value, way),
        }
    }

    /// Puts `lane` on a value in its own terms, at once.
    pub(super) fn snap(&mut self, lane: Lane, value: f32) {
        self.go(lane, value, Way::None);
    }

    fn go(&mut self, lane: Lane, value: f32, way: Way) {
        if let Lane::Expression(slot, _) | Lane::Modulation(slot, _) = lane {
            self.touched |= 1 << slot;
        }
        self.snapped |= matches!((lane, way), (Lane::Parameter(_), Way::None));
        let lane = lane.index();
        self.launched |= matches!(way, Way::Now(_)) && self.bank.target(lane) != value;
        match way {
            // A tick that is about to begin is where everything begins.
            Way::Shaped | Way::Now(0) => self.bank.set_target(lane, value),
            Way::Short => self.bank.finish_next_tick(lane, value),
            Way::Now(phase) => self.bank.retarget_now(lane, phase, value),
            Way::None => self.bank.snap(lane, value),
        }
    }
}
