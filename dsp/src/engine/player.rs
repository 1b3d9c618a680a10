//! Plays events over time into a stereo bus: the part of the engine that knows ticks.

use std::ops::Range;

use super::Status;
use super::automation::{Automation, ChangeStats};
use super::controls::controls;
use super::module::Module;
use crate::command::Command;
use crate::config::EngineConfig;
use crate::event::{Event, EventKind, Note, NoteFilter, NotePort};
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::metrics::Laps;
use crate::rt::{Channels, Scope, TICK, TickClock, ones};
use crate::synth::{
    ChannelControl, Controls, EnvelopeRates, MAX_VOICES, SLOTS, Times, Voices, Zone,
};

/// Quarter notes per minute that are taken for a tempo.
const TEMPOS: (f32, f32) = (1.0, 1000.0);
/// MIDI controllers that are switches.
const SUSTAIN: u8 = 64;
const ALL_SOUND_OFF: u8 = 120;
const RESET_CONTROLLERS: u8 = 121;
const ALL_NOTES_OFF: u8 = 123;

/// The voices, and what moves them. `[audio]`
#[derive(Debug)]
pub(super) struct Player {
    pub(super) laps: Laps,
    sample_rate: f32,
    clock: TickClock,
    automation: Automation,
    /// Quarter notes per minute.
    tempo: f32,
    /// Where a full vibrato is now, −1 to 1, and in its cycle, 0 to 1.
    vibrato: f32,
    vibrato_phase: f32,
    times: Option<Times>,
    rates: EnvelopeRates,
    zone: Zone,
    /// Sustain pedals of the channels.
    pedals: [bool; 16],
    voices: Voices,
    /// The sample on which the note in a slot began.
    started: [u64; SLOTS],
    /// One bit for each slot whose voice nobody has heard yet.
    unheard: u64,
    /// The sample on which a channel's silence last ended.
    awake: [u64; 16],
}

/// No sample.
const NEVER: u64 = u64::MAX;
/// Keys of the on-screen keyboard are notes under this id and those below it, which no host uses.
const OWN_ID: i32 = -2;

/// A stereo bus, and what is mixed into it.
pub(super) struct Bus<'a> {
    pub(super) sound: Channels<'a, 2>,
    /// As long as `sound`.
    pub(super) external: Channels<'a, 2>,
}

impl Player {
    /// Allocates. `config` is valid. `[gui]`
    pub(super) fn new(config: &EngineConfig) -> Self {
        Self {
            laps: Laps::default(),
            sample_rate: 0.0,
            clock: TickClock::default(),
            automation: Automation::new(config),
            tempo: 120.0,
            vibrato: 0.0,
            vibrato_phase: 0.0,
            times: None,
            rates: EnvelopeRates::default(),
            zone: Zone::off(),
            pedals: [false; 16],
            voices: Voices::default(),
            started: [NEVER; SLOTS],
            unheard: 0,
            awake: [NEVER; 16],
        }
    }

    /// In Hz. Resets.
    pub(super) fn set_sample_rate(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.automation.set_sample_rate(sample_rate);
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

    /// Back to silence at sample 0. Equal blocks after it give equal bits.
    pub(super) fn reset(&mut self) {
        self.clock = TickClock::default();
        self.automation.reset();
        self.vibrato_phase = 0.0;
        self.pedals = [false; 16];
        self.voices = Voices::default();
        self.started = [NEVER; SLOTS];
        self.unheard = 0;
        self.awake = [NEVER; 16];
        self.times = None;
        self.read_parameters();
    }

    /// In quarter notes per minute, from the next tick on; what is no tempo is taken for the nearest one.
    pub(super) fn set_tempo(&mut self, tempo: f32) {
        let (least, most) = TEMPOS;
        self.tempo = tempo.max(least).min(most);
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
    pub(super) fn obey(&mut self, command: Command, ended: impl FnMut(Note)) {
        let time = self.clock.position();
        match command {
            Command::KeyDown { key, velocity } => {
                let note = Note {
                    id: Some(OWN_ID - i32::from(key)),
                    channel: 0,
                    key: key.min(127),
                };
                let slot = self.start(note, velocity, time, ended);
                // The host did not start it, and does not want to hear of its end.
                self.voices.voice_mut(slot).told = true;
            }
            Command::KeyUp { key } => self.release(NoteFilter {
                id: Some(OWN_ID - i32::from(key)),
                ..NoteFilter::default()
            }),
            Command::Load(patch) => self.load(&patch),
            Command::Panic => {
                self.voices.fade(NoteFilter::default());
                self.pedals = [false; 16];
                for channel in 0..16 {
                    self.reset_controllers(channel, time);
                }
            }
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
            self.laps.lap(Module::Parameters as usize);
            self.segment(bus, at..end, offset, port, scratch, status);
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
        match event {
            EventKind::NoteOn { note, velocity } => {
                self.start(note, velocity, time, |cut| port.note_ended(at as u32, cut));
                status.most_voices = status.most_voices.max(self.voices.live());
                status.notes += 1;
            }
            EventKind::NoteOff(target) => self.release(target),
            EventKind::Choke(target) => self.voices.fade(target),
            EventKind::Expression {
                target,
                expression,
                value,
            } => {
                for slot in self.voices.matching(target) {
                    let unheard = self.started[slot] == time;
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
                    let unheard = self.started[slot] == time;
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
            } => self.control(channel & 15, number, value.clamp(0.0, 1.0), time),
        }
    }

    fn start(&mut self, note: Note, velocity: f32, time: u64, ended: impl FnMut(Note)) -> usize {
        let velocity = velocity.clamp(0.0, 1.0);
        let amount = self.automation.value(Parameter::Velocity);
        let gain = 1.0 - amount + amount * velocity * velocity;
        let channel = note.channel & 15;
        // A master is silent only where its members are.
        let hears = |slot| {
            let other = self.voices.voice(slot).note.channel & 15;
            self.zone.reaches(channel, other)
        };
        let silent = !self.voices.sounding().any(hears);
        if silent {
            self.awake[usize::from(channel)] = time;
        }
        let slot = self.voices.start(note, gain, self.limit(), ended);
        self.automation.start_note(slot, silent.then_some(channel));
        self.started[slot] = time;
        self.unheard |= 1 << slot;
        slot
    }

    /// Turns a control of a channel.
    fn turn(&mut self, channel: u8, control: ChannelControl, value: f32, time: u64) {
        let channel = channel & 15;
        let unheard = self.awake[usize::from(channel)] == time;
        self.automation
            .control(channel, control, value, time, unheard);
    }

    /// Most notes at once.
    fn limit(&self) -> usize {
        (self.automation.value(Parameter::Voices) as usize).clamp(1, MAX_VOICES)
    }

    fn release(&mut self, target: NoteFilter) {
        let Self {
            voices,
            pedals,
            zone,
            ..
        } = self;
        voices.release(target, |channel| pedal(pedals, zone, channel));
    }

    fn control(&mut self, channel: u8, number: u8, value: f32, time: u64) {
        if let Some((control, value)) = ChannelControl::of_controller(number, value) {
            self.turn(channel, control, value, time);
            return;
        }
        match number {
            SUSTAIN => self.set_pedal(channel, value >= 0.5),
            ALL_SOUND_OFF => {
                for reached in self.reached_from(channel) {
                    self.voices.fade(NoteFilter::channel(reached));
                }
            }
            RESET_CONTROLLERS => {
                self.reset_controllers(channel, time);
                self.set_pedal(channel, false);
            }
            // The modes that follow it imply it.
            ALL_NOTES_OFF..=127 => {
                for reached in self.reached_from(channel) {
                    self.release(NoteFilter::channel(reached));
                }
            }
            _ => {}
        }
    }

    /// The channels whose notes a message on `channel` concerns.
    fn reached_from(&self, channel: u8) -> impl Iterator<Item = u8> + use<> {
        let zone = self.zone.clone();
        (0..16).filter(move |note| zone.reaches(channel, *note))
    }

    fn reset_controllers(&mut self, channel: u8, time: u64) {
        for control in ChannelControl::ALL {
            if control.resets() {
                self.turn(channel, control, control.rest(), time);
            }
        }
    }

    fn set_pedal(&mut self, channel: u8, down: bool) {
        self.pedals[usize::from(channel)] = down;
        let Self {
            voices,
            pedals,
            zone,
            ..
        } = self;
        if !down {
            voices.lift(|channel| pedal(pedals, zone, channel));
        }
    }

    /// Everything that happens once per tick.
    fn tick(&mut self, ended: impl FnMut(Note)) {
        self.automation.tick(self.clock.position());
        self.read_parameters();

        let beats = self.automation.value(Parameter::VibratoRate);
        self.vibrato_phase += self.tempo / beats / 60.0 * TICK as f32 / self.sample_rate;
        self.vibrato_phase -= self.vibrato_phase.floor();
        self.vibrato = (std::f32::consts::TAU * self.vibrato_phase).sin();

        self.voices.limit(self.limit(), ended);
        let Self {
            voices,
            sample_rate,
            automation,
            zone,
            vibrato,
            ..
        } = self;
        voices.aim(*sample_rate, |slot, note| {
            controls(automation, zone, *vibrato, slot, note)
        });
    }

    /// What is read from the parameters once per tick and not once per voice.
    fn read_parameters(&mut self) {
        let value = |parameter| self.automation.value(parameter);
        let members = value(Parameter::MpeChannels) as u8;
        self.zone = match value(Parameter::MpeZone) as u8 {
            0 => Zone::off(),
            1 => Zone::lower(members),
            _ => Zone::upper(members),
        };
        let times = Times {
            attack: value(Parameter::Attack),
            decay: value(Parameter::Decay),
            release: value(Parameter::Release),
        };
        if self.times != Some(times) {
            self.times = Some(times);
            self.rates = EnvelopeRates::new(times, self.sample_rate);
        }
    }

    /// Within a tick: voices whose pitch was changed set out for it.
    fn bend(&mut self) {
        let phase = self.clock.phase();
        for slot in 0..SLOTS {
            let voice = self.voices.voice(slot);
            if !voice.free() {
                let wanted = self.controls(slot, voice.note);
                let voice = self.voices.voice_mut(slot);
                voice.bend(phase, wanted.pitch, self.sample_rate);
            }
        }
    }

    /// Voices that nobody has heard yet begin where they are wanted.
    fn settle(&mut self) {
        for slot in ones(std::mem::take(&mut self.unheard)) {
            let wanted = self.controls(slot, self.voices.voice(slot).note);
            let voice = self.voices.voice_mut(slot);
            voice.settle(&wanted, self.sample_rate);
        }
    }

    fn controls(&self, slot: usize, note: Note) -> Controls {
        controls(&self.automation, &self.zone, self.vibrato, slot, note)
    }

    /// Plays samples that lie within one tick and hold no event.
    fn segment(
        &mut self,
        bus: &mut Bus<'_>,
        span: Range<usize>,
        offset: usize,
        port: &mut impl NotePort,
        scratch: &mut Scope<'_>,
        status: &mut Status,
    ) {
        let phase = self.clock.phase();
        let mut sound = bus.sound.stretch(span.start, span.end);
        sound.clear();
        let [left, right] = sound.each_mut();
        let muted = self
            .voices
            .render(&self.rates, phase, left, right, scratch, |sample, note| {
                port.note_ended((offset + span.start + sample) as u32, note);
            });
        status.not_finite(Module::Voices, muted);
        self.laps.lap(Module::Voices as usize);
        let mut scratch = scratch.nested();
        let Some(gain) = scratch.take(span.len()) else {
            // The arena was made for this; were it ever too small, silence is the honest answer.
            sound.clear();
            return;
        };
        let external = self.automation.ramp(Parameter::External);
        if !(external.rests() && external.end() == 0.0) {
            external.fill(phase, gain);
            for (channel, sound) in sound.each_mut().into_iter().enumerate() {
                let input = &bus.external.channel(channel)[span.clone()];
                for ((sample, heard), gain) in sound.iter_mut().zip(input).zip(&*gain) {
                    *sample += heard * gain;
                }
            }
        }
        self.automation.ramp(Parameter::Volume).fill(phase, gain);
        for sound in sound.each_mut() {
            for (sample, gain) in sound.iter_mut().zip(&*gain) {
                *sample *= gain;
            }
        }
        self.laps.lap(Module::Mix as usize);
    }
}

/// Whether a pedal holds the notes of `channel`.
fn pedal(pedals: &[bool; 16], zone: &Zone, channel: u8) -> bool {
    let down = |channel: u8| pedals[usize::from(channel & 15)];
    down(channel) || zone.master_of(channel).is_some_and(down)
}

#[cfg(test)]
impl Player {
    pub(super) fn voices_mut(&mut self) -> &mut Voices {
        &mut self.voices
    }
}
