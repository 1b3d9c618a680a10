//! Plays events over time into a stereo bus: the part of the engine that knows ticks.

mod notes;

use std::ops::Range;

use notes::Notes;

use super::Status;
use super::automation::{Automation, ChangeStats};
use super::modulation::{Modulation, Moment};
use super::module::Module;
use super::monitor::{Monitor, Place};
use super::rack::Rack;
use super::settings::Settings;
use crate::command::Command;
use crate::config::EngineConfig;
use crate::event::{Event, EventKind, NotePort};
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::metrics::Laps;
use crate::rt::{Arena, Channels, Scope, TICK, TickClock, Work, dispatch, ones};
use crate::synth::lanes::{GROUP, Lanes, Mask, all};
use crate::synth::{
    ChannelControl, GROUPS, Key, Peaks, SLOTS, Stage, Tuning, VoiceGroup, Voices, WORK, Zone,
};

/// Quarter notes per minute that are taken for a tempo.
const TEMPOS: (f32, f32) = (1.0, 1000.0);
/// Buses of the voices: the main one and the two sends, in stereo.
const BUSES: usize = 6;

/// The voices, what moves them and what comes behind them. `[audio]`
#[derive(Debug)]
pub(super) struct Player {
    pub(super) laps: Laps,
    sample_rate: f32,
    clock: TickClock,
    automation: Automation,
    settings: Settings,
    modulation: Modulation,
    /// Quarter notes per minute.
    tempo: f32,
    /// Where a full vibrato is now, −1 to 1, and in its cycle, 0 to 1.
    vibrato: f32,
    vibrato_phase: f32,
    zone: Zone,
    /// What bends by how much: the ranges of the wheel and of MPE members.
    bend_ranges: [f32; 2],
    tuning: Tuning,
    voices: Voices,
    notes: Notes,
    rack: Rack,
}

/// A stereo bus, and what is mixed into it.
pub(super) struct Bus<'a> {
    pub(super) sound: Channels<'a, 2>,
    /// As long as `sound`.
    pub(super) external: Channels<'a, 2>,
}

impl Player {
    /// Allocates. `config` is valid. `[gui]`
    pub(super) fn new(config: &EngineConfig) -> Self {
        let automation = Automation::new(config);
        Self {
            laps: Laps::default(),
            sample_rate: 0.0,
            clock: TickClock::default(),
            settings: Settings::read(&automation),
            automation,
            modulation: Modulation::new(),
            tempo: 120.0,
            vibrato: 0.0,
            vibrato_phase: 0.0,
            zone: Zone::off(),
            bend_ranges: [0.0; 2],
            tuning: Tuning::default(),
            voices: Voices::default(),
            notes: Notes::default(),
            rack: Rack::default(),
        }
    }

    /// What [`play`](Self::play) takes from the arena at once, in bytes.
    pub(super) const fn scratch() -> usize {
        // The voices' buses, the External input on its way through them; the sends, and what the rack makes of them.
        let group = BUSES * Arena::bytes_for::<Lanes>(TICK) + Arena::bytes_for::<Lanes>(WORK);
        group + 16 * Arena::bytes_for::<f32>(TICK)
    }

    /// In Hz. Resets. Allocates.
    pub(super) fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.automation.set_sample_rate(sample_rate);
        self.rack.prepare(sample_rate);
        self.reset();
    }

    pub(super) fn sample_rate(&self) -> f32 {
        self.sample_rate
    }

    /// Samples since the last reset.
    pub(super) fn position(&self) -> u64 {
        self.clock.position()
    }

    /// Notes that sound.
    pub(super) fn live(&self) -> usize {
        self.voices.live()
    }

    pub(super) fn changes(&self) -> ChangeStats {
        self.automation.stats()
    }

    /// What the monitors show.
    pub(super) fn monitor(&mut self) -> Monitor {
        let mut monitor = Monitor {
            overloads: self.rack.overloads(),
            ..Monitor::default()
        };
        if let Some(slot) = self.voices.last() {
            (monitor.sources, monitor.slots) = self.modulation.look(slot);
        }
        monitor
    }

    /// Back to silence at sample 0. Equal blocks after it give equal bits.
    pub(super) fn reset(&mut self) {
        self.clock = TickClock::default();
        self.automation.reset();
        self.vibrato = 0.0;
        self.vibrato_phase = 0.0;
        self.voices.reset();
        self.notes = Notes::default();
        self.rack.reset();
        self.automation.take_snapped();
        self.modulation.reset(&mut self.automation);
        self.read_parameters();
    }

    /// In quarter notes per minute, from the next tick on; what is no tempo is taken for the nearest one.
    pub(super) fn set_tempo(&mut self, tempo: f32) {
        let (least, most) = TEMPOS;
        self.tempo = tempo.max(least).min(most);
    }

    /// For the notes that begin from now on.
    pub(super) fn set_tuning(&mut self, tuning: &Tuning) {
        self.tuning = *tuning;
    }

    /// A parameter moves on the next sample.
    pub(super) fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32) {
        let time = self.clock.position();
        self.automation.set(parameter, plain, modulation, time);
    }

    /// A whole sound takes over by the end of the next tick.
    pub(super) fn load(&mut self, patch: &Patch) {
        self.automation.load(patch);
    }

    /// Does what an editor asks for. `ended` hears of notes that give way.
    pub(super) fn obey(&mut self, command: Command, ended: impl FnMut(crate::event::Note)) {
        match command {
            Command::KeyDown { key, velocity } => self.key_down(key, velocity, ended),
            Command::KeyUp { key } => self.key_up(key, ended),
            Command::Load(patch) => self.load(&patch),
            Command::Tune(tuning) => self.set_tuning(&tuning),
            Command::Panic => self.panic(ended),
        }
    }

    /// Plays into `bus`, which begins `offset` samples into the host's block. `pending` is the next
    /// event, already taken from `port`.
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
            while let Some(event) = pending.filter(|event| event.at as usize <= offset + at) {
                self.handle(event.kind, 0, offset + at, port, status);
                *pending = port.next_event();
            }
            self.laps.lap(Module::Events as usize);
            if self.clock.phase() == 0 {
                self.tick(|note| port.note_ended((offset + at) as u32, note));
            } else if self.automation.pitch_moved() {
                self.bend();
            }
            // What waits for the next tick anyway is no reason to cut the sound on its sample.
            let tick_end = offset + at + self.clock.until_next();
            let waits = |event: &Event| (event.at as usize) < tick_end && event.kind.waits();
            while let Some(event) = pending.filter(waits) {
                let ahead = (event.at as usize).saturating_sub(offset + at);
                self.handle(event.kind, ahead as u64, event.at as usize, port, status);
                *pending = port.next_event();
            }
            self.settle();
            // One that is late all the same, because a host does not sort its events, comes a sample later.
            let until_event = pending.map_or(length, |event| {
                (event.at as usize).saturating_sub(offset).max(at + 1)
            });
            let end = until_event.min(length).min(at + self.clock.until_next());
            self.laps.lap(Module::Modulation as usize);
            let done = self.segment(bus, at..end, offset, port, scratch, status);
            if done.is_none() {
                // The arena was made for this; were it ever too small, silence is the honest answer.
                bus.sound.stretch(at, end).clear();
            }
            self.clock.advance(end - at);
            at = end;
        }
    }

    /// Takes an event that comes `ahead` samples after the clock, and `at` samples into the host's block.
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
                let key = Key {
                    note,
                    velocity,
                    owed: true,
                };
                self.note_on(key, time, ended);
                status.most_voices = status.most_voices.max(self.voices.live());
                status.notes += 1;
            }
            EventKind::NoteOff(target) => self.note_off(target, ended),
            EventKind::Choke(target) => self.choke(target, ended),
            EventKind::Expression {
                target,
                expression,
                value,
            } => {
                for slot in self.voices.matching(target) {
                    let unheard = self.notes.began(slot, time);
                    self.automation
                        .express(slot, expression, value, time, unheard);
                }
            }
            EventKind::Modulation {
                target,
                parameter,
                amount,
            } => {
                for slot in self.voices.matching(target) {
                    let unheard = self.notes.began(slot, time);
                    self.automation
                        .modulate(slot, parameter, amount, time, unheard);
                }
            }
            EventKind::Parameter {
                parameter,
                value,
                modulation,
            } => self.automation.set(parameter, value, modulation, time),
            EventKind::Bend { channel, value } => {
                self.turn(channel, ChannelControl::Bend, value.clamp(-1.0, 1.0), time);
            }
            EventKind::ChannelPressure { channel, value } => {
                self.turn(
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

    /// Everything that happens once per tick.
    fn tick(&mut self, ended: impl FnMut(crate::event::Note)) {
        self.automation.tick(self.clock.position());
        let moved = self.modulation.follow(&mut self.automation);
        self.laps.lap(Module::Parameters as usize);
        self.vibrato_phase += self.tempo / self.automation.value(Parameter::VibratoRate) / 60.0
            * TICK as f32
            / self.sample_rate;
        self.vibrato_phase -= self.vibrato_phase.floor();
        self.vibrato = (std::f32::consts::TAU * self.vibrato_phase).sin();
        self.modulation.tick_globals(&self.settings, &self.moment());
        if self.rests() {
            if moved {
                // The LFOs that all voices share go on as they are set now.
                self.wake();
            }
            return;
        }
        self.read_parameters();
        self.rack.aim(&self.automation, self.tempo);
        self.voices.limit(self.limit(), ended);
        let moment = self.moment();
        self.feel();
        dispatch(Tick {
            modulation: &mut self.modulation,
            voices: &mut self.voices,
            settings: &self.settings,
            automation: &self.automation,
            moment,
        });
    }

    /// Whether nothing sounds, rings on or may come in. Whoever ends that has to [wake](Self::wake) what rests.
    fn rests(&self) -> bool {
        self.voices.silent() && self.rack.sleeps() && !self.listens()
    }

    /// Whether the External input is heard.
    fn listens(&self) -> bool {
        let line = self.automation.ramp(Parameter::External);
        !(line.rests() && line.end() == 0.0)
    }

    /// Takes over what has changed while nothing sounded.
    fn wake(&mut self) {
        self.read_parameters();
        self.rack.aim(&self.automation, self.tempo);
    }

    fn moment(&self) -> Moment {
        Moment {
            sample_rate: self.sample_rate,
            tempo: self.tempo,
            vibrato: self.vibrato,
        }
    }

    /// What is read from the parameters once per tick and not once per voice.
    fn read_parameters(&mut self) {
        let value = |parameter| self.automation.value(parameter);
        let members = value(Parameter::MpeChannels) as u8;
        let zone = match value(Parameter::MpeZone) as u8 {
            0 => Zone::off(),
            1 => Zone::lower(members),
            _ => Zone::upper(members),
        };
        let bend_ranges = [Parameter::BendRange, Parameter::MpeBendRange].map(value);
        if (&zone, bend_ranges) != (&self.zone, self.bend_ranges) {
            self.notes.feel_all();
        }
        (self.zone, self.bend_ranges) = (zone, bend_ranges);
        self.settings = Settings::read(&self.automation);
        self.modulation.read_matrix(&self.automation);
    }

    /// Notes whose players' hands move are told.
    fn feel(&mut self) {
        let all = self.notes.take_feel_all();
        for slot in self.voices.sounding() {
            if all || self.automation.hands_move(slot) {
                let channel = self.voices.slot(slot).note.channel;
                self.modulation
                    .feel(&self.automation, &self.zone, slot, channel);
            }
        }
    }

    /// Within a tick: voices whose pitch was changed set out for it.
    fn bend(&mut self) {
        self.modulation.follow(&mut self.automation);
        self.feel();
        let (phase, moment) = (self.clock.phase(), self.moment());
        for (number, group) in self.voices.groups_mut().iter_mut().enumerate() {
            if !group.silent() {
                let pitches = self
                    .modulation
                    .pitches(number, group, &moment, &self.automation);
                group.bend(phase, &pitches, group.busy(), self.sample_rate);
            }
        }
    }

    /// Voices that nobody has heard yet begin where they are wanted.
    fn settle(&mut self) {
        let unheard = self.notes.take_unheard();
        if unheard == 0 {
            return;
        }
        for slot in ones(unheard) {
            let channel = self.voices.slot(slot).note.channel;
            self.modulation
                .feel(&self.automation, &self.zone, slot, channel);
        }
        let (phase, moment) = (self.clock.phase(), self.moment());
        for number in 0..GROUPS {
            let lanes = (unheard >> (number * GROUP)) as Mask & all::<GROUP>();
            if lanes != 0 {
                dispatch(Settle {
                    modulation: &mut self.modulation,
                    group: &mut self.voices.groups_mut()[number],
                    number,
                    phase,
                    settings: &self.settings,
                    automation: &self.automation,
                    moment,
                    lanes,
                });
            }
        }
    }

    /// Plays samples that lie within one tick and hold no event. `None` when there was no room for it.
    fn segment(
        &mut self,
        bus: &mut Bus<'_>,
        span: Range<usize>,
        offset: usize,
        port: &mut impl NotePort,
        scratch: &mut Scope<'_>,
        status: &mut Status,
    ) -> Option<()> {
        let (phase, length) = (self.clock.phase(), span.len());
        let mut sound = bus.sound.stretch(span.start, span.end);
        let mut external = bus.external.stretch(span.start, span.end);
        let mut scratch = scratch.nested();
        let gain = scratch.take::<f32>(length)?;
        let line = self.automation.ramp(Parameter::External);
        let heard = self.listens();
        if heard {
            line.fill(phase, gain);
            for input in external.each_mut() {
                for (sample, gain) in input.iter_mut().zip(&*gain) {
                    *sample *= gain;
                }
            }
        }
        sound.clear();
        if self.rests() {
            self.rack.rest(&Place::ALL, length);
            self.laps.lap(Module::Mix as usize);
            return Some(());
        }
        // What nothing is sent to, and nothing comes back from, is left out.
        let sending = self.voices.sends_used();
        let room = if sending || !self.rack.sends_sleep() {
            length
        } else {
            0
        };
        let mut sends = [
            Channels::new([scratch.take_zeroed(room)?, scratch.take_zeroed(room)?]),
            Channels::new([scratch.take_zeroed(room)?, scratch.take_zeroed(room)?]),
        ];
        if !self.voices.silent() {
            let through = heard && self.settings.voice.external.is_some();
            let input: [&[f32]; 2] = if through {
                [external.channel(0), external.channel(1)]
            } else {
                [&[], &[]]
            };
            let ends = self.render(phase, length, input, &mut sound, &mut sends, &mut scratch)?;
            self.tell_ends(ends, |sample, note| {
                port.note_ended((offset + span.start + sample) as u32, note);
            });
            status.not_finite(Module::Voices, ends.muted);
            self.laps.lap(Module::Voices as usize);
        }
        if self.voices.silent() {
            (self.rack).rest(&[Place::Mixer, Place::Filter], length);
        }
        if heard && self.settings.voice.external.is_none() {
            for (side, sound) in sound.each_mut().into_iter().enumerate() {
                for (sample, input) in sound.iter_mut().zip(external.channel(side)) {
                    *sample += input;
                }
            }
        }
        if room > 0 {
            let [to_delay, to_reverb] = &mut sends;
            let faults =
                self.rack
                    .play_sends(phase, to_delay, to_reverb, &mut sound, &mut scratch)?;
            status.not_finite(Module::Sends, faults.into());
            self.laps.lap(Module::Sends as usize);
        } else {
            self.rack.rest(&[Place::Sends], length);
        }
        let faults = self.rack.drive(phase, &mut sound);
        status.not_finite(Module::Mix, faults.into());
        self.automation.ramp(Parameter::Volume).fill(phase, gain);
        for sound in sound.each_mut() {
            for (sample, gain) in sound.iter_mut().zip(&*gain) {
                *sample *= gain;
            }
        }
        self.rack.watch_output(&sound);
        self.laps.lap(Module::Mix as usize);
        Some(())
    }

    /// Renders the voices into `sound` and `sends`.
    fn render(
        &mut self,
        phase: usize,
        length: usize,
        external: [&[f32]; 2],
        sound: &mut Channels<'_, 2>,
        sends: &mut [Channels<'_, 2>; 2],
        scratch: &mut Scope<'_>,
    ) -> Option<Ends> {
        let mut scratch = scratch.nested();
        let sent = if self.voices.sends_used() { length } else { 0 };
        let mut take = |length| scratch.take_zeroed::<Lanes>(length);
        let mut buses = [
            take(length)?,
            take(length)?,
            take(sent)?,
            take(sent)?,
            take(sent)?,
            take(sent)?,
        ];
        let work = scratch.take::<Lanes>(WORK)?;
        let mut ends = Ends::default();
        let mut peaks = Peaks::default();
        dispatch(Render {
            voices: &mut self.voices,
            settings: &self.settings,
            laps: &mut self.laps,
            sample_rate: self.sample_rate,
            phase,
            external,
            buses: &mut buses,
            work,
            ends: &mut ends,
            peaks: &mut peaks,
        });
        let [delay, reverb] = sends;
        let [left, right] = sound.each_mut();
        let [delay_left, delay_right] = delay.each_mut();
        let [reverb_left, reverb_right] = reverb.each_mut();
        let outputs = [
            left,
            right,
            delay_left,
            delay_right,
            reverb_left,
            reverb_right,
        ];
        for (out, bus) in outputs.into_iter().zip(&buses) {
            for (out, lanes) in out.iter_mut().zip(bus.iter()) {
                *out = lanes.sum();
            }
        }
        self.rack.watch_voices(peaks.mixer, peaks.filter, length);
        Some(ends)
    }

    /// Tells of the notes that ended.
    fn tell_ends(&mut self, ends: Ends, mut ended: impl FnMut(usize, crate::event::Note)) {
        for (at, slot) in ends.in_order() {
            let slot = self.voices.slot_mut(slot);
            if !std::mem::replace(&mut slot.told, true) {
                ended(at, slot.note);
            }
        }
    }
}

/// Which notes ended in a segment, and when. Voices come one group after the other, but their ends have to be told in the order of
/// time, or that order would depend on where the host's blocks are cut.
#[derive(Clone, Copy)]
struct Ends {
    ends: [(usize, usize); SLOTS],
    count: usize,
    /// Those that ended because they were not finite.
    muted: u64,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            ends: [(0, 0); SLOTS],
            count: 0,
            muted: 0,
        }
    }
}

impl Ends {
    fn add(&mut self, at: usize, slot: usize) {
        self.ends[self.count] = (at, slot);
        self.count += 1;
    }

    /// Sample and slot.
    fn in_order(mut self) -> impl Iterator<Item = (usize, usize)> {
        self.ends[..self.count].sort_unstable();
        self.ends.into_iter().take(self.count)
    }
}

/// What the voices do at a tick.
struct Tick<'a> {
    modulation: &'a mut Modulation,
    voices: &'a mut Voices,
    settings: &'a Settings,
    automation: &'a Automation,
    moment: Moment,
}

impl Work for Tick<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Moment { sample_rate, .. } = self.moment;
        for (number, group) in self.voices.groups_mut().iter_mut().enumerate() {
            if !group.silent() {
                let controls = self.modulation.tick(
                    number,
                    group,
                    self.settings,
                    &self.moment,
                    self.automation,
                );
                group.aim(&controls, &self.settings.voice, sample_rate);
            }
        }
    }
}

/// What voices do that begin.
struct Settle<'a> {
    modulation: &'a mut Modulation,
    group: &'a mut VoiceGroup<GROUP>,
    number: usize,
    phase: usize,
    settings: &'a Settings,
    automation: &'a Automation,
    moment: Moment,
    lanes: Mask,
}

impl Work for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let controls = self.modulation.settle(
            self.number,
            self.group,
            self.phase,
            self.settings,
            &self.moment,
            self.automation,
            self.lanes,
        );
        let sample_rate = self.moment.sample_rate;
        self.group.settle(
            self.phase,
            &controls,
            &self.settings.voice,
            sample_rate,
            self.lanes,
        );
    }
}

/// What the voices do in a segment.
struct Render<'a, 'b> {
    voices: &'a mut Voices,
    settings: &'a Settings,
    laps: &'a mut Laps,
    sample_rate: f32,
    phase: usize,
    external: [&'a [f32]; 2],
    buses: &'a mut [&'b mut [Lanes]; BUSES],
    work: &'a mut [Lanes],
    ends: &'a mut Ends,
    peaks: &'a mut Peaks,
}

impl Work for Render<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (number, group) in self.voices.groups_mut().iter_mut().enumerate() {
            if group.silent() {
                continue;
            }
            let rendered = group.render(
                self.phase,
                &self.settings.voice,
                self.external,
                self.buses,
                self.work,
                self.peaks,
                self.sample_rate,
                |stage| {
                    self.laps.lap(match stage {
                        Stage::Oscillators => Module::Oscillators,
                        Stage::Fm => Module::Fm,
                        Stage::Noise => Module::Noise,
                        Stage::Filter => Module::Filter,
                    } as usize);
                },
            );
            self.ends.muted += u64::from(rendered.muted.count_ones());
            for lane in ones(rendered.ended) {
                self.ends.add(rendered.at[lane], number * GROUP + lane);
            }
        }
    }
}

#[cfg(test)]
impl Player {
    pub(super) fn voices_mut(&mut self) -> &mut Voices {
        &mut self.voices
    }
}
