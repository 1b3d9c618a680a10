//! Control bank: changes arrive, wait in a batch for the tick or grid of their priority, and become targets of the
//! smoothing bank, whose values the engine reads.

mod change_stats;
mod control_id;
mod targets;

pub use change_stats::ChangeStats;
pub(super) use control_id::{ControlId, PARAMETER_BLOCKS};
use targets::{Targets, Transition};

use crate::config::EngineConfig;
use crate::event::Expression;
use crate::parameter::{Parameter, Priority};
use crate::patch::Patch;
use crate::rt::{CONTROLS_PER_BLOCK, Change, Changes, Ramp, TICK};
use crate::synth::{ChannelControl, PerNote};

/// All controls and the changes that wait for them. `[audio]`, except [`new`](Self::new).
#[derive(Debug)]
pub(super) struct ControlBank {
    targets: Targets,
    normal: Changes,
    low: Changes,
    /// Grid of low priority in samples.
    low_grid: u64,
    immediate: u64,
    settings: u32,
    /// True if no tick has run since the last reset, so that values jump instead of ramping.
    fresh: bool,
    /// True if a pitch got another target since the flag was last taken.
    pitch_moved: bool,
    /// Parameters that were read.
    #[cfg(test)]
    reads: std::cell::RefCell<std::collections::BTreeSet<Parameter>>,
}

impl ControlBank {
    /// Creates the control bank of a valid `config`. Allocates. `[gui]`
    pub(super) fn new(config: &EngineConfig) -> Self {
        let batch = || Changes::new(control_id::COUNT, config.batches());
        Self {
            targets: Targets::default(),
            normal: batch(),
            low: batch(),
            low_grid: (config.low_priority_ticks * TICK) as u64,
            immediate: 0,
            settings: 1,
            fresh: true,
            pitch_moved: false,
            #[cfg(test)]
            reads: Default::default(),
        }
    }

    /// Returns the parameters that were read since this was last called.
    #[cfg(test)]
    pub(super) fn take_reads(&self) -> std::collections::BTreeSet<Parameter> {
        self.reads.take()
    }

    /// Sets the ramp lengths for `sample_rate` in Hz.
    pub(super) fn set_sample_rate(&mut self, sample_rate: f32) {
        for index in 0..control_id::COUNT {
            if let Some(id) = ControlId::at(index) {
                let (style, milliseconds) = id.smoothing();
                let ticks = milliseconds / 1000.0 * sample_rate / TICK as f32;
                let ticks = ticks.round() as u32;
                self.targets.smoothing.set_shape(index, style, ticks);
            }
        }
    }

    /// Jumps every parameter to its target, and every channel and note to neutral values.
    pub(super) fn reset(&mut self) {
        // Waiting changes are in the targets already, or concern channels and notes that become neutral.
        self.normal.reset();
        self.low.reset();
        self.targets.reset();
        self.fresh = true;
        self.pitch_moved = false;
    }

    /// Starts a tick, before its sound is rendered. `time` is the position of its first sample.
    pub(super) fn tick(&mut self, time: u64) {
        let targets = &mut self.targets;
        self.normal.flush(|change| targets.apply(change));
        if time.is_multiple_of(self.low_grid) {
            self.low.flush(|change| targets.apply(change));
        }
        targets.smoothing.tick();
        self.fresh = false;
        self.pitch_moved = false;
    }

    /// Sets a parameter to a plain value, and its modulation for all notes.
    pub(super) fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32, time: u64) {
        self.settings = self.settings.wrapping_add(1).max(1);
        self.targets.patch.set(parameter, plain);
        self.targets.modulation[parameter.index()] = modulation;
        let value = self.targets.modulated_value(parameter, modulation);
        self.change(ControlId::Parameter(parameter), value, time, self.fresh);
    }

    /// Sets a note's own modulation of the parameter with this number in [`Parameter::PER_NOTE`]. The value jumps if the note is
    /// `unheard`.
    pub(super) fn modulate(
        &mut self,
        slot: usize,
        number: usize,
        amount: f32,
        time: u64,
        unheard: bool,
    ) {
        let (targets, id) = (&mut self.targets, ControlId::Modulation(slot, number));
        if targets.own[number] & (1 << slot) == 0 {
            // The note's own value starts at the common one.
            let common = targets
                .smoothing
                .value(ControlId::Parameter(Parameter::PER_NOTE[number]).index());
            targets.jump_to(id, common);
        }
        targets.modulate(slot, number, amount);
        self.change(id, amount, time, unheard);
    }

    /// Sets an expression of a note to a value in its range. The value jumps if the note is `unheard`.
    pub(super) fn express(
        &mut self,
        slot: usize,
        expression: Expression,
        value: f32,
        time: u64,
        unheard: bool,
    ) {
        self.change(
            ControlId::Expression(slot, expression),
            value,
            time,
            unheard,
        );
    }

    /// Sets a control of a channel. The value jumps if all notes of the channel are `unheard`.
    pub(super) fn control(
        &mut self,
        channel: u8,
        control: ChannelControl,
        value: f32,
        time: u64,
        unheard: bool,
    ) {
        let id = ControlId::Channel(channel, control);
        self.change(id, value, time, unheard || self.fresh);
    }

    /// Sets all parameters, which reach their values by the end of the next tick.
    pub(super) fn load(&mut self, patch: &Patch) {
        self.settings = self.settings.wrapping_add(1).max(1);
        let targets = &mut self.targets;
        self.normal.flush(|change| targets.apply(change));
        self.low.flush(|change| targets.apply(change));
        for (parameter, plain) in patch.iter() {
            targets.patch.set(parameter, plain);
            targets.send_parameter(
                parameter,
                if self.fresh {
                    Transition::Jump
                } else {
                    Transition::OneTick
                },
            );
        }
    }

    /// Jumps every parameter to its target, because nothing sounds. Channels and notes keep their controls.
    pub(super) fn jump_parameters(&mut self) {
        let targets = &mut self.targets;
        self.normal.flush(|change| targets.apply(change));
        self.low.flush(|change| targets.apply(change));
        for parameter in Parameter::all() {
            targets.send_parameter(parameter, Transition::Jump);
        }
    }

    /// Returns the grid in samples on which changes of low priority take effect, a multiple of [`TICK`].
    pub(super) fn low_grid(&self) -> u64 {
        self.low_grid
    }

    /// Starts a note in `slot`: the controls of the slot's last note are reset, and the note's own values jump to what
    /// the host sent for it. If its channel was silent, given as `silent_channel`, the channel's controls jump to their
    /// targets, as MPE expects, because the jump is not audible.
    pub(super) fn start_note(
        &mut self,
        slot: usize,
        per_note: &PerNote,
        silent_channel: Option<u8>,
    ) {
        // Applying a batch early is as good as at the tick, and a waiting change may be for the slot's last note.
        let targets = &mut self.targets;
        self.normal.flush(|change| targets.apply(change));
        targets.reset_voice(slot);
        targets.apply_per_note(slot, per_note);
        if let Some(channel) = silent_channel {
            for control in ChannelControl::ALL {
                let id = ControlId::Channel(channel, control).index();
                targets.smoothing.jump_to(id, targets.smoothing.target(id));
            }
        }
    }

    /// Returns true if a pitch got another target since the last tick and since the last call.
    pub(super) fn pitch_moved(&mut self) -> bool {
        std::mem::take(&mut self.pitch_moved)
    }

    /// Marks that a pitch other than a parameter got another target.
    pub(super) fn move_pitch(&mut self) {
        self.pitch_moved = true;
    }

    /// Returns a parameter's value at the end of the tick, in the engine's unit.
    pub(super) fn value(&self, parameter: Parameter) -> f32 {
        #[cfg(test)]
        self.reads.borrow_mut().insert(parameter);
        self.at(ControlId::Parameter(parameter))
    }

    /// Returns the value of a control at the end of the tick.
    pub(super) fn at(&self, id: ControlId) -> f32 {
        self.targets.smoothing.value(id.index())
    }

    /// Returns the ramp of a parameter in the tick.
    pub(super) fn ramp(&self, parameter: Parameter) -> Ramp {
        #[cfg(test)]
        self.reads.borrow_mut().insert(parameter);
        let index = ControlId::Parameter(parameter).index();
        self.targets.smoothing.ramp(index)
    }

    /// Returns the slots whose notes have their own modulation of the parameter with this number in
    /// [`Parameter::PER_NOTE`], one bit each.
    pub(super) fn own(&self, number: usize) -> u128 {
        self.targets.own[number]
    }

    /// Returns true if a parameter jumped since the last call.
    pub(super) fn take_jumped(&mut self) -> bool {
        std::mem::take(&mut self.targets.jumped)
    }

    /// Iterates over the control blocks with parameters that may be moving in the tick, each with its number among all,
    /// and their values at the end of the tick. A block holds other parameters too.
    pub(super) fn moving_parameters(
        &self,
    ) -> impl Iterator<Item = (usize, &[f32; CONTROLS_PER_BLOCK])> {
        let smoothing = &self.targets.smoothing;
        (0..PARAMETER_BLOCKS)
            .filter(|block| smoothing.block_moves(*block))
            .map(|block| (block, smoothing.values(block)))
    }

    /// Returns true if any parameter may be moving in the running tick.
    pub(super) fn any_parameter_moves(&self) -> bool {
        let smoothing = &self.targets.smoothing;
        smoothing.any_block_moves(0, PARAMETER_BLOCKS)
    }

    /// Returns true if any channel's or note's control may be moving in the running tick.
    pub(super) fn any_controller_moves(&self) -> bool {
        let smoothing = &self.targets.smoothing;
        smoothing.any_block_moves(PARAMETER_BLOCKS, control_id::BLOCKS)
    }

    /// Returns true if any channel's control, or any of the note in `slot`, may be moving in the running tick.
    pub(super) fn controllers_move(&self, slot: usize) -> bool {
        let smoothing = &self.targets.smoothing;
        let channels = control_id::channel_blocks();
        control_id::voice_blocks(slot).any(|block| smoothing.block_moves(block))
            || smoothing.any_block_moves(channels.start, channels.end)
    }

    /// Returns the counts of changes.
    pub(super) fn stats(&self) -> ChangeStats {
        ChangeStats {
            immediate: self.immediate,
            normal: self.normal.stats(),
            low: self.low.stats(),
            settings: self.settings,
        }
    }

    fn change(&mut self, id: ControlId, value: f32, time: u64, unheard: bool) {
        let change = Change {
            control: id.index() as u16,
            value,
            time,
        };
        let targets = &mut self.targets;
        if unheard {
            self.immediate += 1;
            return targets.send(id, value, Transition::Jump);
        }
        match id.priority() {
            Priority::High => {
                targets.send(
                    id,
                    value,
                    Transition::AtSample((time % TICK as u64) as usize),
                );
                self.immediate += 1;
                // A repeated value must not change the sound: a ramp that is restarted towards the same target rounds
                // differently.
                self.pitch_moved |= std::mem::take(&mut targets.retargeted);
            }
            Priority::Normal => self.normal.push(change, |change| targets.apply(change)),
            Priority::Low => self.low.push(change, |change| targets.apply(change)),
        }
    }
}
