//! What moves: changes come in, wait in a batch for the grid of their priority, and become goals of the
//! smoothing bank.

use super::goals::{Goals, Way};
use super::lanes::{self, Lane, MODULATED};
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
    goals: Goals,
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
        let batch = || Changes::new(lanes::COUNT, config.batches());
        Self {
            goals: Goals::default(),
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
        for index in 0..lanes::COUNT {
            if let Some(lane) = Lane::at(index) {
                let (style, milliseconds) = shape(lane);
                let ticks = milliseconds / 1000.0 * sample_rate / TICK as f32;
                let ticks = ticks.round() as u32;
                self.goals.bank.set_shape(index, style, ticks);
            }
        }
    }

    /// Every parameter where it was bound for; channels and notes at rest.
    pub(super) fn reset(&mut self) {
        // What still waits is known already, or concerns channels and notes that go to rest.
        self.normal.reset();
        self.low.reset();
        self.goals.reset();
        self.fresh = true;
        self.pitch_moved = false;
    }

    /// At a tick, before anything of it is heard. `time` is that of its first sample.
    pub(super) fn tick(&mut self, time: u64) {
        let goals = &mut self.goals;
        self.normal.flush(|change| goals.apply(change));
        if time.is_multiple_of(self.low_grid) {
            self.low.flush(|change| goals.apply(change));
        }
        goals.bank.tick();
        self.fresh = false;
        self.pitch_moved = false;
    }

    /// A parameter is asked for: a plain value, and what modulates it for all.
    pub(super) fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32, time: u64) {
        self.settings = self.settings.wrapping_add(1).max(1);
        self.goals.patch.set(parameter, plain);
        self.goals.modulation[parameter.index()] = modulation;
        let value = self.goals.modulated(parameter, modulation);
        self.change(Lane::Parameter(parameter), value, time, self.fresh);
    }

    /// A note is asked to have its own modulation of the parameter with this number in [`MODULATED`]: at once where it is
    /// `unheard` so far.
    pub(super) fn modulate(
        &mut self,
        slot: usize,
        number: usize,
        amount: f32,
        time: u64,
        unheard: bool,
    ) {
        let (goals, lane) = (&mut self.goals, Lane::Modulation(slot, number));
        if goals.own[number] & (1 << slot) == 0 {
            // From here on the note goes its own way, which begins where all of them are.
            let common = goals.bank.value(Lane::Parameter(MODULATED[number]).index());
            goals.snap(lane, common);
        }
        goals.modulate(slot, number, amount);
        self.change(lane, amount, time, unheard);
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
        self.change(Lane::Expression(slot, expression), value, time, unheard);
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
        let lane = Lane::Channel(channel, control);
        self.change(lane, value, time, unheard || self.fresh);
    }

    /// A whole sound is asked for, which is there by the end of the next tick.
    pub(super) fn load(&mut self, patch: &Patch) {
        self.settings = self.settings.wrapping_add(1).max(1);
        let goals = &mut self.goals;
        self.normal.flush(|change| goals.apply(change));
        self.low.flush(|change| goals.apply(change));
        for (parameter, plain) in patch.iter() {
            goals.patch.set(parameter, plain);
            goals.aim(parameter, if self.fresh { Way::None } else { Way::Short });
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
        let goals = &mut self.goals;
        self.normal.flush(|change| goals.apply(change));
        goals.rest(slot);
        goals.take_up(slot, per_note);
        if let Some(channel) = silent_channel {
            for control in ChannelControl::ALL {
                let lane = Lane::Channel(channel, control).index();
                goals.bank.snap(lane, goals.bank.target(lane));
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
        self.goals.bank.value(Lane::Parameter(parameter).index())
    }

    /// The line on which it gets there.
    pub(super) fn ramp(&self, parameter: Parameter) -> Ramp {
        #[cfg(test)]
        self.reads.borrow_mut().insert(parameter);
        self.goals.bank.ramp(Lane::Parameter(parameter).index())
    }

    /// Whether a parameter has been put somewhere without moving there since this was last asked.
    pub(super) fn take_snapped(&mut self) -> bool {
        std::mem::take(&mut self.goals.snapped)
    }

    /// Where the parameters are at the end of the tick that may be on their way in it, and some others: in stretches, each
    /// with its number among all.
    pub(super) fn moving_parameters(
        &self,
    ) -> impl Iterator<Item = (usize, &[f32; CONTROLS_PER_BLOCK])> {
        let bank = &self.goals.bank;
        (0..lanes::PARAMETER_CHUNKS)
            .filter(|chunk| bank.block_moves(*chunk))
            .map(|chunk| (chunk, bank.values(chunk)))
    }

    /// Whether any parameter may be on its way in the running tick.
    pub(super) fn any_parameter_moves(&self) -> bool {
        let bank = &self.goals.bank;
        bank.any_block_moves(0, lanes::PARAMETER_CHUNKS)
    }

    /// Whether anything that players' hands do to any note may be on its way in the running tick.
    pub(super) fn any_hand_moves(&self) -> bool {
        let first = lanes::chunks_of_channels().start;
        self.goals.bank.any_block_moves(first, lanes::CHUNKS)
    }

    /// Whether anything that they do to the note in `slot` may be.
    pub(super) fn hands_move(&self, slot: usize) -> bool {
        let channels = lanes::chunks_of_channels();
        lanes::chunks_of_voice(slot).any(|chunk| self.goals.bank.block_moves(chunk))
            || (self.goals.bank).any_block_moves(channels.start, channels.end)
    }

    /// The slots whose notes have their own modulation of the parameter with this number in [`MODULATED`].
    pub(super) fn own(&self, number: usize) -> u128 {
        self.goals.own[number]
    }

    /// Where any lane is at the end of the tick.
    pub(super) fn at(&self, lane: Lane) -> f32 {
        self.goals.bank.value(lane.index())
    }

    pub(super) fn stats(&self) -> ChangeStats {
        ChangeStats {
            immediate: self.immediate,
            normal: self.normal.stats(),
            low: self.low.stats(),
            settings: self.settings,
        }
    }

    fn change(&mut self, lane: Lane, value: f32, time: u64, unheard: bool) {
        let change = Change {
            lane: lane.index() as u16,
            value,
            time,
        };
        let goals = &mut self.goals;
        if unheard {
            self.immediate += 1;
            return goals.send(lane, value, Way::None);
        }
        match priority(lane) {
            Priority::High => {
                goals.send(lane, value, Way::Now((time % TICK as u64) as usize));
                self.immediate += 1;
                // What is said once more must not be heard, and a line that sets out anew rounds anew.
                self.pitch_moved |= std::mem::take(&mut goals.launched);
            }
            Priority::Normal => self.normal.push(change, |change| goals.apply(change)),
            Priority::Low => self.low.push(change, |change| goals.apply(change)),
        }
    }
}

fn priority(lane: Lane) -> Priority {
    match lane {
        Lane::Parameter(parameter) => parameter.spec().priority,
        Lane::Modulation(_, number) => MODULATED[number].spec().priority,
        Lane::Channel(_, ChannelControl::Bend) | Lane::Expression(_, Expression::Tuning) => {
            Priority::High
        }
        Lane::Channel(..) | Lane::Expression(..) => Priority::Normal,
    }
}

/// How a lane moves, and for how many milliseconds.
fn shape(lane: Lane) -> (Style, f32) {
    match lane {
        Lane::Parameter(parameter) => shape_of(parameter),
        // A note that has its own keeps in step with those that have not.
        Lane::Modulation(_, number) => shape_of(MODULATED[number]),
        // A wheel sends some hundred values a second, and is heard to when it is late.
        Lane::Channel(_, ChannelControl::Bend) => (Style::Linear, 5.0),
        // Hosts that tune notes do the gliding themselves.
        Lane::Expression(_, Expression::Tuning) => (Style::Linear, 0.0),
        Lane::Channel(..) | Lane::Expression(..) => (Style::Linear, 10.0),
    }
}

fn shape_of(parameter: Parameter) -> (Style, f32) {
    match parameter.spec().smoothing {
        Smoothing::Ramp(style, milliseconds) => (style, milliseconds),
        Smoothing::None => (Style::Linear, 0.0),
    }
}
