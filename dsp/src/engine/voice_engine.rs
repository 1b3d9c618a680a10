//! Voice engine: plays events over time into a stereo bus, tick by tick.

mod notes;
mod segment;
mod split_limiter;
mod tick;

use notes::Notes;
use split_limiter::SplitLimiter;

use super::Status;
use super::control_bank::{ChangeStats, ControlBank};
use super::external::External;
use super::fx_chain::FxChain;
use super::modulation::Modulation;
use super::modulation_snapshot::ModulationSnapshot;
use super::module::Module;
use super::settings::Settings;
use crate::command::Command;
use crate::config::EngineConfig;
use crate::event::{Event, EventKind, NotePort};
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::metrics::ModuleTimer;
use crate::rt::{Channels, Scope, TickClock};
use crate::synth::f32s::VOICES_PER_GROUP;
use crate::synth::{ChannelControl, Rpn, Tuning, Voices, Zone};

/// Valid tempos in quarter notes per minute.
const TEMPOS: (f32, f32) = (1.0, 1000.0);
/// Number of buses of the voices: the main one and the two sends, in stereo.
const BUSES: usize = 6;

/// Voices, their modulation and the effects. `[audio]`
#[derive(Debug)]
pub(super) struct VoiceEngine {
    pub(super) timer: ModuleTimer,
    sample_rate: f32,
    /// True for offline rendering.
    offline: bool,
    clock: TickClock,
    split_limiter: SplitLimiter,
    bank: ControlBank,
    settings: Settings,
    modulation: Modulation,
    /// Tempo in quarter notes per minute.
    tempo: f32,
    /// Present value of the vibrato at full depth, −1 to 1, and its phase, 0 to 1.
    vibrato: f32,
    vibrato_phase: f32,
    zone: Zone,
    /// Bend ranges in semitones: of the wheel and of MPE members.
    bend_ranges: [f32; 2],
    /// Registered parameters of the channels.
    registered: [Rpn; 16],
    tuning: Tuning,
    voices: Voices,
    notes: Notes,
    external: External,
    fx: FxChain,
}

/// Stereo bus, with the input that is mixed into it.
pub(super) struct Bus<'a> {
    pub(super) sound: Channels<'a, 2>,
    /// External input, as long as `sound`.
    pub(super) external: Channels<'a, 2>,
}

impl VoiceEngine {
    /// Creates the voice engine of a valid `config`. Allocates. `[gui]`
    pub(super) fn new(config: &EngineConfig) -> Self {
        let bank = ControlBank::new(config);
        Self {
            timer: ModuleTimer::default(),
            sample_rate: 0.0,
            offline: false,
            clock: TickClock::default(),
            split_limiter: SplitLimiter::default(),
            settings: Settings::read(&bank),
            bank,
            modulation: Modulation::new(),
            tempo: 120.0,
            vibrato: 0.0,
            vibrato_phase: 0.0,
            zone: Zone::off(),
            bend_ranges: [0.0; 2],
            registered: [Rpn::default(); 16],
            tuning: Tuning::default(),
            voices: Voices::default(),
            notes: Notes::default(),
            external: External::default(),
            fx: FxChain::default(),
        }
    }

    /// Returns the size in bytes of the scratch memory that [`play`](Self::play) takes from the arena at once.
    pub(super) const fn scratch() -> usize {
        segment::SCRATCH
    }

    /// Prepares for `sample_rate` in Hz, for real-time or `offline` rendering. Resets. Allocates.
    pub(super) fn prepare(&mut self, sample_rate: f32, offline: bool) {
        self.sample_rate = sample_rate;
        self.offline = offline;
        self.bank.set_sample_rate(sample_rate);
        self.fx.prepare(sample_rate);
        self.reset();
    }

    pub(super) fn sample_rate(&self) -> f32 {
        self.sample_rate
    }

    /// Returns the number of samples since the last reset.
    pub(super) fn position(&self) -> u64 {
        self.clock.position()
    }

    /// Returns the number of notes that sound.
    pub(super) fn live(&self) -> usize {
        self.voices.live()
    }

    pub(super) fn changes(&self) -> ChangeStats {
        self.bank.stats()
    }

    /// Returns the values for the editor.
    pub(super) fn modulation_snapshot(&mut self) -> ModulationSnapshot {
        let mut snapshot = ModulationSnapshot {
            overloads: self.fx.overloads(),
            ..ModulationSnapshot::default()
        };
        match self.voices.last() {
            Some(slot) => {
                let group = &self.voices.groups()[slot / VOICES_PER_GROUP];
                (self.modulation).write_snapshot(
                    slot,
                    group,
                    &self.settings,
                    &self.context(),
                    &mut snapshot,
                );
            }
            None => {
                (self.modulation).write_idle_snapshot(&self.settings, &self.bank, &mut snapshot)
            }
        }
        snapshot
    }

    /// Enables the overload meters, which start anew, or disables them.
    pub(super) fn set_metered(&mut self, metered: bool) {
        self.fx.set_metered(metered);
    }

    /// Resets to silence at sample 0. Equal blocks after a reset give equal bits.
    pub(super) fn reset(&mut self) {
        self.clock = TickClock::default();
        self.split_limiter = SplitLimiter::default();
        self.bank.reset();
        self.vibrato = 0.0;
        self.vibrato_phase = 0.0;
        self.voices.reset();
        self.notes = Notes::default();
        self.registered = [Rpn::default(); 16];
        self.external = External::default();
        self.fx.reset();
        self.bank.take_jumped();
        self.modulation.reset(&mut self.bank);
        self.read_settings();
    }

    /// Sets the tempo in quarter notes per minute, clamped, from the next tick on.
    pub(super) fn set_tempo(&mut self, tempo: f32) {
        let (least, most) = TEMPOS;
        self.tempo = tempo.max(least).min(most);
    }

    /// Sets the tuning of the notes that start from then on.
    pub(super) fn set_tuning(&mut self, tuning: &Tuning) {
        self.tuning = *tuning;
    }

    /// Sets a parameter on the next sample.
    pub(super) fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32) {
        let time = self.clock.position();
        self.bank.set(parameter, plain, modulation, time);
    }

    /// Loads a patch, whose values are reached by the end of the next tick.
    pub(super) fn load(&mut self, patch: &Patch) {
        self.registered.iter_mut().for_each(Rpn::forget_range);
        self.notes.update_all_controllers();
        self.bank.load(patch);
    }

    /// Executes an editor's command. `ended` is called for each note that it ends.
    pub(super) fn obey(&mut self, command: Command, ended: impl FnMut(crate::event::Note)) {
        match command {
            Command::KeyDown { key, velocity } => self.key_down(key, velocity, ended),
            Command::KeyUp { key } => self.key_up(key, ended),
            Command::Load(patch) => {
                // A released note that is nearly silent in one patch may be loud in another.
                self.voices.cut_released(self.sample_rate, ended);
                self.load(&patch);
            }
            Command::Tune(tuning) => self.set_tuning(&tuning),
            Command::Panic => self.panic(ended),
        }
    }

    /// Plays into `bus`, which begins `offset` samples into the host's block. `pending` is the next event, already
    /// taken from `port`.
    pub(super) fn play(
        &mut self,
        bus: &mut Bus<'_>,
        offset: usize,
        pending: &mut Option<Event>,
        port: &mut impl NotePort,
        scratch: &mut Scope<'_>,
        status: &mut Status,
    ) {
        let length = bus.sound.len();
        let mut at = 0;
        while at < length {
            let is_due = |event: &Event| event.at as usize <= offset + at;
            if pending.as_ref().is_some_and(is_due) {
                let here = self.clock.position();
                let allowed = self.split_limiter.allow(here);
                let may = |event: &Event| is_due(event) && (allowed || event.kind.waits());
                let mut cuts = false;
                while let Some(event) = pending.filter(may) {
                    cuts |= !event.kind.waits();
                    self.handle(event.kind, 0, offset + at, port, status);
                    *pending = port.next_event();
                }
                if cuts {
                    self.split_limiter.record(here);
                }
                self.timer.mark(Module::Events as usize);
            }
            if self.clock.phase() == 0 {
                self.tick(|note| port.note_ended((offset + at) as u32, note));
            } else if self.bank.pitch_moved() {
                self.retarget_pitches();
            }
            // Events that wait for the next tick anyway need no split on their sample.
            let tick_end = offset + at + self.clock.until_next();
            let waits = |event: &Event| (event.at as usize) < tick_end && event.kind.waits();
            if pending.as_ref().is_some_and(waits) {
                self.timer.mark(Module::Modulation as usize);
                while let Some(event) = pending.filter(waits) {
                    let ahead = (event.at as usize).saturating_sub(offset + at);
                    self.handle(event.kind, ahead as u64, event.at as usize, port, status);
                    *pending = port.next_event();
                }
                self.timer.mark(Module::Events as usize);
            }
            self.start_voices();
            // An event that is late because the host did not sort its events takes effect a sample later.
            let until_event = pending.map_or(length, |event| {
                let next = (event.at as usize).saturating_sub(offset).max(at + 1);
                let position = self.clock.position() + (next - at) as u64;
                next + (self.split_limiter.next(position) - position) as usize
            });
            let end = until_event.min(length).min(at + self.clock.until_next());
            self.timer.mark(Module::Modulation as usize);
            let done = self.segment(bus, at..end, offset, port, scratch, status);
            if done.is_none() {
                // The arena is sized for this; should it ever be too small, the output is silent.
                bus.sound.stretch(at, end).clear();
            }
            self.clock.advance(end - at);
            at = end;
        }
    }

    /// Handles an event that comes `ahead` samples after the clock, and `at` samples into the host's block.
    pub(super) fn handle(
        &mut self,
        event: EventKind,
        ahead: u64,
        at: usize,
        port: &mut impl NotePort,
        status: &mut Status,
    ) {
        if !event.is_finite() {
            status.not_finite(Module::Events, 1);
            return;
        }
        let time = self.clock.position() + ahead;
        let ended = |note| port.note_ended(at as u32, note);
        match event {
            EventKind::NoteOn { note, velocity } => {
                self.note_on(note, velocity, true, time, ended);
                status.most_voices = status.most_voices.max(self.voices.live());
                status.notes += 1;
            }
            EventKind::NoteOff(target) => self.note_off(target, ended),
            EventKind::Choke(target) => self.choke(target, ended),
            EventKind::Expression {
                target,
                expression,
                value,
            } => self.express(target, expression, value, time),
            EventKind::Modulation {
                target,
                parameter,
                amount,
            } => self.modulate(target, parameter, amount, time),
            EventKind::Parameter {
                parameter,
                value,
                modulation,
            } => self.bank.set(parameter, value, modulation, time),
            EventKind::Bend { channel, value } => {
                self.set_channel_control(
                    channel,
                    ChannelControl::Bend,
                    value.clamp(-1.0, 1.0),
                    time,
                );
            }
            EventKind::ChannelPressure { channel, value } => {
                self.set_channel_control(
                    channel,
                    ChannelControl::Pressure,
                    value.clamp(0.0, 1.0),
                    time,
                );
            }
            EventKind::Controller {
                channel,
                number,
                value,
            } => self.control(channel & 15, number, value.clamp(0.0, 1.0), time, ended),
        }
    }
}

#[cfg(test)]
impl VoiceEngine {
    pub(super) fn voices_mut(&mut self) -> &mut Voices {
        &mut self.voices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::effects::EFFECTS;
    use crate::engine::modulation::READ_EACH_TICK;
    use crate::engine::{Block, Engine};
    use crate::event::Note;

    struct Press(Option<Event>);

    impl NotePort for Press {
        fn next_event(&mut self) -> Option<Event> {
            self.0.take()
        }
        fn note_ended(&mut self, _at: u32, _note: Note) {}
    }

    /// A parameter that is read at each tick changes no settings when it moves, so no settings may depend on it; and a
    /// parameter that no part of the engine reads would have no effect.
    #[test]
    fn each_parameter_of_no_voice_is_a_setting_or_read_at_each_tick() {
        let mut engine = Engine::default();
        let play = |engine: &mut Engine, event| {
            let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
            let block = Block {
                left: &mut left,
                right: &mut right,
                external: [&[0.5; 256]; 2],
            };
            engine.process(block, &mut Press(event));
            engine.voice_engine.bank.take_reads()
        };
        engine.set(Parameter::External, 0.0, 0.0);
        let note = Note {
            id: None,
            channel: 0,
            key: 60,
        };
        let kind = EventKind::NoteOn {
            note,
            velocity: 1.0,
        };
        let by_notes = play(&mut engine, Some(Event { at: 40, kind }));
        (0..20).for_each(|_| drop(play(&mut engine, None)));
        let each_tick = play(&mut engine, None);
        engine.voice_engine.read_settings();
        engine.voice_engine.limit();
        let settings = engine.voice_engine.bank.take_reads();
        for parameter in Parameter::all() {
            if READ_EACH_TICK[parameter.index()] {
                assert!(each_tick.contains(&parameter), "{parameter:?}");
                assert!(!settings.contains(&parameter), "{parameter:?}");
                assert_eq!(parameter.destination_index(), None, "{parameter:?}");
            } else if parameter.destination_index().is_none() {
                let read = [&each_tick, &settings, &by_notes];
                let read = read.into_iter().any(|read| read.contains(&parameter));
                assert!(read, "nothing reads {parameter:?}");
            }
        }
        let mut rows: Vec<_> = EFFECTS.iter().flat_map(|row| row.parameters()).collect();
        rows.extend(External::READ);
        let count = rows.len();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), count, "two rows read the same parameter");
    }
}
