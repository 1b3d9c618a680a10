//! Voice engine: plays events over time into a stereo bus, tick by tick.

mod control_rate;
mod instrument;
mod notes;
mod segment;
mod split_limiter;

use control_rate::ControlRate;
use instrument::Instrument;
use notes::{Notes, screen_note};
use segment::{Segment, SegmentRenderer};
use split_limiter::SplitLimiter;

use super::Status;
use super::bus::Bus;
use super::control_bank::ControlBank;
use super::effects::Context;
use super::modulation_snapshot::ModulationSnapshot;
use super::module::Module;
use super::song_position::SongPosition;
use crate::command::Command;
use crate::config::EngineConfig;
use crate::event::{Event, EventKind, Note, NoteFilter, NotePort};
use crate::patch::Patch;
use crate::rt::metrics::ModuleTimer;
use crate::rt::{Scope, TickClock};
use crate::synth::{ChannelControl, Voices};

/// Voices, their modulation and the effects. `[audio]`
#[derive(Debug)]
pub(super) struct VoiceEngine {
    pub(super) timer: ModuleTimer,
    pub(super) clock: TickClock,
    split_limiter: SplitLimiter,
    pub(super) bank: ControlBank,
    pub(super) control_rate: ControlRate,
    pub(super) notes: Notes,
    pub(super) voices: Voices,
    pub(super) renderer: SegmentRenderer,
}

impl VoiceEngine {
    /// Creates the voice engine of a valid `config`. Allocates. `[gui]`
    pub(super) fn new(config: &EngineConfig) -> Self {
        let bank = ControlBank::new(config);
        Self {
            timer: ModuleTimer::default(),
            clock: TickClock::default(),
            split_limiter: SplitLimiter::default(),
            control_rate: ControlRate::new(&bank),
            bank,
            notes: Notes::default(),
            voices: Voices::default(),
            renderer: SegmentRenderer::default(),
        }
    }

    /// Returns the size in bytes of the scratch memory that [`play`](Self::play) takes from the arena at once.
    pub(super) const fn scratch() -> usize {
        segment::SCRATCH
    }

    /// Prepares for `sample_rate` in Hz, for real-time or `offline` rendering. Resets. Allocates.
    pub(super) fn prepare(&mut self, sample_rate: f32, offline: bool) {
        self.bank.set_sample_rate(sample_rate);
        self.control_rate.prepare(sample_rate, offline);
        self.renderer.prepare(sample_rate);
        self.reset();
    }

    /// Returns the values for the editor.
    pub(super) fn modulation_snapshot(&mut self) -> ModulationSnapshot {
        let mut snapshot = ModulationSnapshot {
            keys: self.notes.keys_down(&self.voices),
            sustain: u64::from(self.notes.channels.any_sustain()),
            overloads: self.renderer.fx.overloads(),
            ..ModulationSnapshot::default()
        };
        let Self { voices, bank, .. } = self;
        self.control_rate
            .write_snapshot(voices, bank, &mut snapshot);
        snapshot
    }

    /// Resets to silence at sample 0. Equal blocks after a reset give equal bits.
    pub(super) fn reset(&mut self) {
        self.clock = TickClock::default();
        self.split_limiter = SplitLimiter::default();
        self.bank.reset();
        self.voices.reset();
        self.notes.reset();
        self.renderer.reset();
        self.bank.take_jumped();
        self.control_rate.reset(&self.bank);
        self.read_settings();
    }

    /// Follows the song, whose position is that of the next sample. If a song starts or jumps while nothing sounds, the
    /// ticks, the random values of notes and all ramps start anew: equal events then give equal bits, because all other
    /// state is that of an idle engine.
    pub(super) fn follow_song(&mut self, announced: Option<SongPosition>) {
        let control_rate = &mut self.control_rate;
        let (time, sample_rate) = (self.clock.position(), control_rate.context.sample_rate);
        if control_rate.song.follow(announced, time, sample_rate) && self.is_idle() {
            self.clock.align(split_limiter::SPAN * self.bank.low_grid());
            self.control_rate.song.move_to(self.clock.position());
            self.bank.jump_parameters();
            self.voices.restart_count();
            self.notes.forget_last_pitch();
        }
    }

    /// Loads a patch, whose values are reached by the end of the next tick.
    pub(super) fn load(&mut self, patch: &Patch) {
        self.notes.channels.forget_ranges();
        self.notes.update_all_controllers();
        self.bank.load(patch);
    }

    /// Executes an editor's command. `ended` is called for each note that it ends.
    pub(super) fn obey(&mut self, command: Command, mut ended: impl FnMut(Note)) {
        let time = self.clock.position();
        match command {
            Command::KeyDown { key, velocity } => {
                self.wake();
                // The host did not start the note, so its end is not reported.
                let (notes, mut instrument) = self.notes_and_instrument(time, &mut ended);
                notes.note_on(&mut instrument, screen_note(key), velocity, false);
            }
            Command::KeyUp { key } => {
                let target = NoteFilter {
                    id: screen_note(key).id,
                    ..NoteFilter::default()
                };
                let (notes, mut instrument) = self.notes_and_instrument(time, &mut ended);
                notes.note_off(&mut instrument, target, EventKind::RELEASE_VELOCITY);
            }
            Command::Perform { control, value } => {
                let (notes, mut instrument) = self.notes_and_instrument(time, &mut ended);
                notes.perform(&mut instrument, control, value);
            }
            Command::Load(patch) => {
                // A released note that is nearly silent in one patch may be loud in another.
                let sample_rate = self.control_rate.context.sample_rate;
                self.voices.cut_released(sample_rate, ended);
                self.load(&patch);
            }
            Command::Tune(tuning) => self.notes.tuning = tuning,
            Command::Panic => {
                let (notes, mut instrument) = self.notes_and_instrument(time, &mut ended);
                notes.panic(&mut instrument);
            }
        }
    }

    /// Returns the notes, and the parts that they act on at the position `time`. `ended` is called for each note that
    /// ends.
    fn notes_and_instrument<'a>(
        &'a mut self,
        time: u64,
        ended: &'a mut dyn FnMut(Note),
    ) -> (&'a mut Notes, Instrument<'a>) {
        let instrument = Instrument {
            settings: &self.control_rate.settings,
            bank: &mut self.bank,
            modulation: &mut self.control_rate.modulation,
            voices: &mut self.voices,
            fx: &mut self.renderer.fx,
            time,
            ended,
        };
        (&mut self.notes, instrument)
    }

    /// Takes over the changes since the last tick before a note, if nothing sounded.
    fn wake(&mut self) {
        if self.is_idle() {
            self.read_settings();
            self.update_effects();
        }
    }

    /// Returns true if nothing sounds, has a tail or can come in.
    fn is_idle(&self) -> bool {
        !self.is_sounding() && !self.renderer.external.is_audible()
    }

    /// Returns true if notes sound or effects have a tail, whatever the input.
    pub(super) fn is_sounding(&self) -> bool {
        !self.voices.is_silent() || !self.renderer.fx.is_idle()
    }

    /// Reads the settings, which are not per voice.
    fn read_settings(&mut self) {
        if self.notes.channels.read(&self.bank) {
            self.notes.update_all_controllers();
        }
        let time = self.clock.position();
        for control in self.notes.channels.read_numbers(&self.bank) {
            // The source is another controller from now on, which has not been moved.
            for channel in 0..16 {
                (self.bank).control(channel, control, control.neutral(), time, false);
            }
        }
        self.control_rate.read_settings(&self.bank);
        let context = Context {
            tempo: self.control_rate.context.tempo,
            oversampled: self.control_rate.settings.voice.oversamples(),
        };
        self.renderer.fx.read(&self.bank, context);
    }

    /// Ramps the effects to their settings.
    fn update_effects(&mut self) {
        let tempo = self.control_rate.context.tempo;
        self.renderer.fx.update(&self.bank, tempo);
    }

    /// Updates the notes whose performance controls move.
    fn update_controllers(&mut self) {
        let all = self.notes.take_update_all_controllers();
        let channels = &self.notes.channels;
        self.control_rate
            .update_controllers(all, channels, &self.voices, &self.bank);
    }

    /// Runs everything that happens once per tick.
    fn tick(&mut self, ended: &mut dyn FnMut(Note)) {
        self.bank.tick(self.clock.position());
        self.renderer.external.update(&self.bank);
        let settings_moved = self.control_rate.modulation.follow(&mut self.bank);
        if settings_moved || self.bank.any_parameter_moves() {
            self.timer.mark(Module::Parameters as usize);
        }
        self.control_rate.advance(&self.bank, self.clock.position());
        if settings_moved {
            self.read_settings();
        }
        if self.is_idle() {
            return;
        }
        if settings_moved {
            let time = self.clock.position();
            let (notes, mut instrument) = self.notes_and_instrument(time, ended);
            notes.enforce_voice_limit(&mut instrument);
        }
        self.update_effects();
        self.update_controllers();
        let external = self.renderer.external.through_voices();
        self.control_rate
            .tick(external, settings_moved, &mut self.voices, &self.bank);
    }

    /// Retargets voices whose pitch was changed within a tick.
    fn retarget_pitches(&mut self) {
        self.control_rate.modulation.follow(&mut self.bank);
        self.update_controllers();
        let phase = self.clock.phase();
        self.control_rate
            .retarget_pitches(phase, &mut self.voices, &self.bank);
    }

    /// Starts unheard voices directly on their targets.
    fn start_voices(&mut self) {
        let unheard = self.notes.take_unheard();
        if unheard != 0 {
            self.control_rate.start_voices(
                unheard,
                self.clock.phase(),
                &self.notes.channels,
                &mut self.voices,
                &self.bank,
            );
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
                self.tick(&mut |note| port.note_ended((offset + at) as u32, note));
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
            let segment = Segment {
                sound: bus.sound.stretch(at, end),
                external: bus.external.stretch(at, end),
                at: offset + at,
                phase: self.clock.phase(),
                scratch,
            };
            let done = self.renderer.render(
                segment,
                &mut self.voices,
                &self.bank,
                &mut self.timer,
                &mut |at, note| port.note_ended(at as u32, note),
                status,
            );
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
        if matches!(event, EventKind::NoteOn { .. }) {
            self.wake();
        }
        let time = self.clock.position() + ahead;
        let mut ended = |note| port.note_ended(at as u32, note);
        let (notes, mut instrument) = self.notes_and_instrument(time, &mut ended);
        match event {
            EventKind::NoteOn { note, velocity } => {
                notes.note_on(&mut instrument, note, velocity, true);
                status.most_voices = status.most_voices.max(self.voices.live());
                status.notes += 1;
            }
            EventKind::NoteOff { target, velocity } => {
                notes.note_off(&mut instrument, target, velocity);
            }
            EventKind::Choke(target) => notes.choke(&mut instrument, target),
            EventKind::Expression {
                target,
                expression,
                value,
            } => notes.express(&mut instrument, target, expression, value),
            EventKind::Modulation {
                target,
                parameter,
                amount,
            } => notes.modulate(&mut instrument, target, parameter, amount),
            EventKind::Parameter {
                parameter,
                value,
                modulation,
            } => self.bank.set(parameter, value, modulation, time),
            EventKind::Bend { channel, value } => {
                let (bend, value) = (ChannelControl::Bend, value.clamp(-1.0, 1.0));
                notes.set_channel_control(&mut instrument, channel, bend, value);
            }
            EventKind::ChannelPressure { channel, value } => {
                let (pressure, value) = (ChannelControl::Pressure, value.clamp(0.0, 1.0));
                notes.set_channel_control(&mut instrument, channel, pressure, value);
            }
            EventKind::Controller {
                channel,
                number,
                value,
            } => notes.controller(&mut instrument, channel & 15, number, value.clamp(0.0, 1.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::effects::EFFECTS;
    use crate::engine::external::External;
    use crate::engine::modulation::READ_EACH_TICK;
    use crate::engine::{Block, Engine};
    use crate::parameter::Parameter;

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
        let mut ended = |_| ();
        let (_, instrument) = engine.voice_engine.notes_and_instrument(0, &mut ended);
        instrument.limit();
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
