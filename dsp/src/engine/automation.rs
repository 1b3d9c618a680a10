//! What moves: changes come in, wait in a batch for the grid of their priority, and become targets of the
//! smoothing bank.

use super::control_layout::{self, ControlId, PER_NOTE};
use super::targets::{Targets, Transition};
use crate::config::EngineConfig;
use crate::event::Expression;
use crate::parameter::{Parameter, Priority, Smoothing};
use crate::patch::Patch;
use crate::rt::{BatchStats, CONTROLS_PER_BLOCK, Change, Changes, Ramp, Style, TICK};
use crate::synth::{ChannelControl, PerNote};

/// What became of the changes since the engine was made, by priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeStats {
    /// High priority, and whatever nobody could hear move: at once, outside of any batch.
    pub immediate: u64,
    /// Normal priority.
    pub normal: BatchStats,
    /// Low priority.
    pub low: BatchStats,
    /// How often a parameter was set, so that equal numbers mean equal settings.
    pub settings: u32,
}

impl ChangeStats {
    /// Changes of every priority.
    pub fn all(&self) -> u64 {
        self.immediate + self.normal.pushed + self.low.pushed
    }

    /// Batches of them, and those that were handed out early because they were full.
    pub fn batches(&self) -> (u64, u64) {
        (
            self.normal.batches + self.low.batches,
            self.normal.early_flushes + self.low.early_flushes,
        )
    }

    /// Those that a later one took the place of.
    pub fn coalesced(&self) -> u64 {
        self.normal.coalesced + self.low.coalesced
    }
}

/// Everything that moves. `[audio]`, all but [`new`](Self::new).
#[derive(Debug)]
pub(super) struct Automation {
    targets: Targets,
    normal: Changes,
    low: Changes,
    /// The grid of low priority in samples.
    low_grid: u64,
    immediate: u64,
    settings: u32,
    /// Nothing was played since the last reset: values are taken on instead of moved to.
    fresh: bool,
    /// A pitch has set out for another place since anybody asked.
    pitch_moved: bool,
    /// The parameters that were read.
    #[cfg(test)]
    reads: std::cell::RefCell<std::collections::BTreeSet<Parameter>>,
}

impl Automation {
    /// Allocates. `config` is valid. `[gui]`
    pub(super) fn new(config: &EngineConfig) -> Self {
        let batch = || Changes::new(control_layout::COUNT, config.batches());
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

    /// Lays out the ramps for `sample_rate` in Hz.
    pub(super) fn set_sample_rate(&mut self, sample_rate: f32) {
        for index in 0..control_layout::COUNT {
            if let Some(id) = ControlId::at(index) {
                let (style, milliseconds) = shape(id);
                let ticks = milliseconds / 1000.0 * sample_rate / TICK as f32;
                let ticks = ticks.round() as u32;
                self.targets.bank.set_shape(index, style, ticks);
            }
        }
    }

    /// Every parameter where it was bound for; channels and notes at rest.
    pub(super) fn reset(&mut self) {
        // What still waits is known already, or concerns channels and notes that go to rest.
        self.normal.reset();
        self.low.reset();
        self.targets.reset();
        self.fresh = true;
        self.pitch_moved = false;
    }

    /// At a tick, before anything of it is heard. `time` is that of its first sample.
    pub(super) fn tick(&mut self, time: u64) {
        let targets = &mut self.targets;
        self.normal.flush(|change| targets.apply(change));
        if time.is_multiple_of(self.low_grid) {
            self.low.flush(|change| targets.apply(change));
        }
        targets.bank.tick();
        self.fresh = false;
        self.pitch_moved = false;
    }

    /// A parameter is asked for: a plain value, and what modulates it for all.
    pub(super) fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32, time: u64) {
        self.settings = self.settings.wrapping_add(1).max(1);
        self.targets.patch.set(parameter, plain);
        self.targets.modulation[parameter.index()] = modulation;
        let value = self.targets.modulated_value(parameter, modulation);
        self.change(ControlId::Parameter(parameter), value, time, self.fresh);
    }

    /// A note is asked to have its own modulation of the parameter with this number in [`PER_NOTE`]: at once where it is
    /// `unheard` so far.
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
            // From here on the note goes its own way, which begins where all of them are.
            let common = targets
                .bank
                .value(ControlId::Parameter(PER_NOTE[number]).index());
            targets.jump_to(id, common);
        }
        targets.modulate(slot, number, amount);
        self.change(id, amount, time, unheard);
    }

    /// An expression of a note is asked for, in its range: at once where it is `unheard` so far.
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

    /// A control of a channel is asked for: at once where all its notes are `unheard` so far.
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

    /// A whole sound is asked for, which is there by the end of the next tick.
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

    /// A note begins in `slot`: whatever the last one there was up to is forgotten, and it is at once what its host wants
    /// of it. Where its `channel` was silent, nobody hears that the channel's controls jump to where they are bound for,
    /// which is what MPE counts on.
    pub(super) fn start_note(
        &mut self,
        slot: usize,
        per_note: &PerNote,
        silent_channel: Option<u8>,
    ) {
        // Flushed early is as good as flushed at the tick, and what waits may be for the last note.
        let targets = &mut self.targets;
        self.normal.flush(|change| targets.apply(change));
        targets.reset_voice(slot);
        targets.apply_per_note(slot, per_note);
        if let Some(channel) = silent_channel {
            for control in ChannelControl::ALL {
                let id = ControlId::Channel(channel, control).index();
                targets.bank.jump_to(id, targets.bank.target(id));
            }
        }
    }

    /// Whether a pitch has set out for another place since the last tick, and since this was last asked.
    pub(super) fn pitch_moved(&mut self) -> bool {
        std::mem::take(&mut self.pitch_moved)
    }

    /// A pitch sets out for another place that is not a parameter's.
    pub(super) fn move_pitch(&mut self) {
        self.pitch_moved = true;
    }

    /// Where a parameter is at the end of the tick, in the engine's terms.
    pub(super) fn value(&self, parameter: Parameter) -> f32 {
        #[cfg(test)]
        self.reads.borrow_mut().insert(parameter);
        self.targets
            .bank
            .value(ControlId::Parameter(parameter).index())
    }

    /// The line on which it gets there.
    pub(super) fn ramp(&self, parameter: Parameter) -> Ramp {
        #[cfg(test)]
        self.reads.borrow_mut().insert(parameter);
        self.targets
            .bank
            .ramp(ControlId::Parameter(parameter).index())
    }

    /// Whether a parameter has been put somewhere without moving there since this was last asked.
    pub(super) fn take_jumped(&mut self) -> bool {
        std::mem::take(&mut self.targets.jumped)
    }

    /// Where the parameters are at the end of the tick that may be on their way in it, and some others: in stretches, each
    /// with its number among all.
    pub(super) fn moving_parameters(
        &self,
    ) -> impl Iterator<Item = (usize, &[f32; CONTROLS_PER_BLOCK])> {
        let bank = &self.targets.bank;
        (0..control_layout::PARAMETER_BLOCKS)
            .filter(|block| bank.block_moves(*block))
            .map(|block| (block, bank.values(block)))
    }

    /// Whether any parameter may be on its way in the running tick.
    pub(super) fn any_parameter_moves(&self) -> bool {
        let bank = &self.targets.bank;
        bank.any_block_moves(0, control_layout::PARAMETER_BLOCKS)
    }

    /// Whether anything that players' hands do to any note may be on its way in the running tick.
    pub(super) fn any_controller_moves(&self) -> bool {
        let first = control_layout::channel_blocks().start;
        self.targets
            .bank
            .any_block_moves(first, control_layout::BLOCKS)
    }

    /// Whether anything that they do to the note in `slot` may be.
    pub(super) fn controllers_move(&self, slot: usize) -> bool {
        let channels = control_layout::channel_blocks();
        control_layout::voice_blocks(slot).any(|block| self.targets.bank.block_moves(block))
            || (self.targets.bank).any_block_moves(channels.start, channels.end)
    }

    /// The slots whose notes have their own modulation of the parameter with this number in [`PER_NOTE`].
    pub(super) fn own(&self, number: usize) -> u128 {
        self.targets.own[number]
    }

    /// Where any control is at the end of the tick.
    pub(super) fn at(&self, id: ControlId) -> f32 {
        self.targets.bank.value(id.index())
    }

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
        match priority(id) {
            Priority::High => {
                targets.send(
                    id,
                    value,
                    Transition::AtSample((time % TICK as u64) as usize),
                );
                self.immediate += 1;
                // What is said once more must not be heard, and a line that sets out anew rounds anew.
                self.pitch_moved |= std::mem::take(&mut targets.retargeted);
            }
            Priority::Normal => self.normal.push(change, |change| targets.apply(change)),
            Priority::Low => self.low.push(change, |change| targets.apply(change)),
        }
    }
}

fn priority(id: ControlId) -> Priority {
    match id {
        ControlId::Parameter(parameter) => parameter.spec().priority,
        ControlId::Modulation(_, number) => PER_NOTE[number].spec().priority,
        ControlId::Channel(_, ChannelControl::Bend)
        | ControlId::Expression(_, Expression::Tuning) => Priority::High,
        ControlId::Channel(..) | ControlId::Expression(..) => Priority::Normal,
    }
}

/// How a control moves, and for how many milliseconds.
fn shape(id: ControlId) -> (Style, f32) {
    match id {
        ControlId::Parameter(parameter) => shape_of(parameter),
        // A note that has its own keeps in step with those that have not.
        ControlId::Modulation(_, number) => shape_of(PER_NOTE[number]),
        // A wheel sends some hundred values a second, and is heard to when it is late.
        ControlId::Channel(_, ChannelControl::Bend) => (Style::Linear, 5.0),
        // Hosts that tune notes do the gliding themselves.
        ControlId::Expression(_, Expression::Tuning) => (Style::Linear, 0.0),
        ControlId::Channel(..) | ControlId::Expression(..) => (Style::Linear, 10.0),
    }
}

fn shape_of(parameter: Parameter) -> (Style, f32) {
    match parameter.spec().smoothing {
        Smoothing::Ramp(style, milliseconds) => (style, milliseconds),
        Smoothing::None => (Style::Linear, 0.0),
    }
}
