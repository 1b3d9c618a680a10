//! Plays events and a patch over time into a stereo bus: the part of the engine that knows ticks.

use std::ops::Range;

use super::Status;
use crate::event::{Event, EventKind, Note, NotePort};
use crate::patch::Patch;
use crate::rt::{Channels, Ramp, Scope, SmoothingBank, TICK, TickClock};
use crate::synth::{Controls, EnvelopeRates, MAX_VOICES, Times, Voices};

/// How long a moved parameter takes to arrive.
const SMOOTHING_SECONDS: f32 = 0.02;
/// Cutoff as a pitch lives in this range, which is 8 Hz to 25 kHz.
const CUTOFF_PITCH: (f32, f32) = (0.0, 139.0);

/// The smoothed parameters.
#[derive(Clone, Copy, Debug)]
enum Lane {
    Volume,
    External,
    Tune,
    Cutoff,
    Resonance,
    Drive,
    Keytrack,
    FilterEnv,
    Sustain,
    VibratoDepth,
}
const LANES: usize = Lane::VibratoDepth as usize + 1;

/// The voices, and what moves them. `[audio]`
#[derive(Clone, Debug)]
pub(super) struct Player {
    sample_rate: f32,
    clock: TickClock,
    patch: Patch,
    /// No block since the last reset: the next one starts on its patch instead of moving there.
    fresh: bool,
    bank: SmoothingBank<LANES>,
    volume: Ramp,
    external: Ramp,
    controls: Controls,
    times: Option<Times>,
    vibrato_phase: f32,
    voices: Voices,
}

/// A stereo bus, and what is mixed into it.
pub(super) struct Bus<'a> {
    pub(super) sound: Channels<'a, 2>,
    /// As long as `sound`.
    pub(super) external: Channels<'a, 2>,
}

impl Player {
    pub(super) fn new(sample_rate: f32) -> Self {
        let mut player = Self {
            sample_rate,
            clock: TickClock::default(),
            patch: Patch::default(),
            fresh: true,
            bank: SmoothingBank::default(),
            volume: Ramp::default(),
            external: Ramp::default(),
            controls: Controls::default(),
            times: None,
            vibrato_phase: 0.0,
            voices: Voices::default(),
        };
        player.reset();
        player
    }

    pub(super) fn set_sample_rate(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
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

    /// Back to silence at sample 0. Equal blocks after it give equal bits.
    pub(super) fn reset(&mut self) {
        self.clock = TickClock::default();
        self.fresh = true;
        self.vibrato_phase = 0.0;
        self.voices = Voices::default();
        self.times = None;
        self.controls.sample_rate = self.sample_rate;
    }

    /// `patch` holds from here on, and takes effect at the next tick.
    pub(super) fn set_patch(&mut self, patch: &Patch) {
        self.patch = *patch;
        if self.fresh {
            self.start_on_patch();
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
                self.handle(event, offset + at, port, status);
                *pending = port.next_event();
            }
            if self.clock.phase() == 0 {
                self.tick(|note| port.note_ended((offset + at) as u32, note));
            }
            let until_event = pending.map_or(length, |event| event.at as usize - offset);
            let end = until_event.min(length).min(at + self.clock.until_next());
            self.segment(bus, at..end, offset, port, scratch, status);
            self.clock.advance(end - at);
            at = end;
        }
    }

    pub(super) fn handle(
        &mut self,
        event: Event,
        at: usize,
        port: &mut impl NotePort,
        status: &mut Status,
    ) {
        if !event.kind.is_finite() {
            status.silenced += 1;
            return;
        }
        if let EventKind::NoteOn { note, velocity } = event.kind {
            let velocity = velocity.clamp(0.0, 1.0);
            let amount = bounded(self.patch.velocity, 0.0, 1.0);
            let gain = 1.0 - amount + amount * velocity * velocity;
            self.voices
                .start(note, gain, self.patch.voices, &self.controls, |cut| {
                    port.note_ended(at as u32, cut);
                });
            status.most_voices = status.most_voices.max(self.voices.live());
        } else {
            self.voices.handle(event.kind);
        }
    }

    /// The goal of every smoothed parameter, in the domain in which it moves.
    fn goals(&self) -> [(Lane, f32); LANES] {
        let patch = &self.patch;
        let cutoff = 69.0 + 12.0 * (patch.cutoff.max(1.0) / 440.0).log2();
        [
            (Lane::Volume, bounded(patch.volume, 0.0, 4.0)),
            (Lane::External, bounded(patch.external, 0.0, 4.0)),
            (Lane::Tune, bounded(patch.tune, -60.0, 60.0)),
            (
                Lane::Cutoff,
                bounded(cutoff, CUTOFF_PITCH.0, CUTOFF_PITCH.1),
            ),
            (Lane::Resonance, bounded(patch.resonance, 0.0, 1.1)),
            (Lane::Drive, bounded(patch.drive, 0.0, 16.0)),
            (Lane::Keytrack, bounded(patch.keytrack, 0.0, 1.0)),
            (Lane::FilterEnv, bounded(patch.filter_env, -120.0, 120.0)),
            (Lane::Sustain, bounded(patch.sustain, 0.0, 1.0)),
            (Lane::VibratoDepth, bounded(patch.vibrato_depth, 0.0, 12.0)),
        ]
    }

    fn start_on_patch(&mut self) {
        self.fresh = false;
        for (lane, goal) in self.goals() {
            self.bank.snap(lane as usize, goal);
        }
        let value = |lane: Lane| Ramp::resting(self.bank.value(lane as usize));
        self.volume = value(Lane::Volume);
        self.external = value(Lane::External);
        self.controls.resonance = value(Lane::Resonance);
        self.controls.drive = value(Lane::Drive);
        self.controls.sustain = value(Lane::Sustain);
        // The first tick comes at the first sample, but notes on that sample come before it.
        self.read_controls();
    }

    /// Everything that happens once per tick.
    fn tick(&mut self, ended: impl FnMut(Note)) {
        let ticks = (SMOOTHING_SECONDS * self.sample_rate / TICK as f32) as u32;
        for (lane, goal) in self.goals() {
            self.bank.set_target(lane as usize, goal, ticks);
        }
        self.bank.tick();
        let value = |lane: Lane| self.bank.value(lane as usize);
        self.volume.aim(value(Lane::Volume));
        self.external.aim(value(Lane::External));
        self.controls.resonance.aim(value(Lane::Resonance));
        self.controls.drive.aim(value(Lane::Drive));
        self.controls.sustain.aim(value(Lane::Sustain));

        let cycles_per_minute =
            bounded(self.patch.tempo, 1.0, 1000.0) / bounded(self.patch.vibrato_beats, 0.03, 64.0);
        self.vibrato_phase += cycles_per_minute / 60.0 * TICK as f32 / self.sample_rate;
        self.vibrato_phase -= self.vibrato_phase.floor();

        self.read_controls();
        let limit = self.patch.voices.clamp(1, MAX_VOICES);
        self.voices.limit(limit, ended);
        self.voices.aim(&self.controls);
    }

    /// The controls that voices read once per tick.
    fn read_controls(&mut self) {
        let value = |lane: Lane| self.bank.value(lane as usize);
        let lfo = (std::f32::consts::TAU * self.vibrato_phase).sin();
        self.controls.tune = value(Lane::Tune);
        self.controls.cutoff = value(Lane::Cutoff);
        self.controls.keytrack = value(Lane::Keytrack);
        self.controls.filter_env = value(Lane::FilterEnv);
        self.controls.vibrato = value(Lane::VibratoDepth) * lfo;
        self.controls.bend_range = bounded(self.patch.bend_range, 0.0, 96.0);
        let times = Times {
            attack: self.patch.attack,
            decay: self.patch.decay,
            release: self.patch.release,
        };
        if self.times != Some(times) {
            self.times = Some(times);
            self.controls.rates = EnvelopeRates::new(times, self.sample_rate);
        }
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
        status.muted_voices += self.voices.render(
            &self.controls,
            phase,
            left,
            right,
            scratch,
            |sample, note| {
                port.note_ended((offset + span.start + sample) as u32, note);
            },
        );
        for (n, channel) in [left, right].into_iter().enumerate() {
            let input = &bus.external.channel(n)[span.clone()];
            for (n, (sample, heard)) in channel.iter_mut().zip(input).enumerate() {
                let i = phase + n;
                *sample = (*sample + heard * self.external.at(i)) * self.volume.at(i);
            }
        }
    }
}

/// Like `clamp`, but takes a NaN to `low` instead of letting it through.
fn bounded(value: f32, low: f32, high: f32) -> f32 {
    value.max(low).min(high)
}

#[cfg(test)]
impl Player {
    pub(super) fn voices_mut(&mut self) -> &mut Voices {
        &mut self.voices
    }
}
