//! The engine: the one place where time, parameters, voices and buses meet.

use crate::event::{Event, EventKind, NotePort};
use crate::patch::Patch;
use crate::rt::{Ramp, SmoothingBank, TICK, TickClock};
use crate::synth::{Controls, EnvelopeRates, MAX_VOICES, Times, Voices, safety_clip};

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

/// The audio of one block. `right` is as long as `left`; where an External channel is shorter, the
/// rest of it counts as silence.
pub struct Block<'a> {
    /// Left output.
    pub left: &'a mut [f32],
    /// Right output.
    pub right: &'a mut [f32],
    /// Left and right of the External input; empty where there is none.
    pub external: [&'a [f32]; 2],
}

/// What a block left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Voices that sound at the end of the block.
    pub voices: usize,
    /// Most voices that sounded at once within it.
    pub most_voices: usize,
    /// Voices muted because they were not finite.
    pub muted_voices: u64,
    /// Samples of the External input or of the output that were not finite and were silenced, and
    /// events that carried such a value and were ignored.
    pub silenced: u64,
}

/// The synthesizer. `[audio]`, all but [`new`](Self::new) and [`prepare`](Self::prepare).
#[derive(Clone, Debug)]
pub struct Engine {
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

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine for 48 kHz.
    pub fn new() -> Self {
        let mut engine = Self {
            sample_rate: 48_000.0,
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
        engine.reset();
        engine
    }

    /// Gets ready for `sample_rate` in Hz (1000 to 1 000 000, clamped) and blocks of usually at most
    /// `_max_block` samples. Longer ones are fine. `[gui]`, or wherever the host activates.
    pub fn prepare(&mut self, sample_rate: f32, _max_block: usize) {
        self.sample_rate = if sample_rate.is_finite() {
            sample_rate.clamp(1_000.0, 1_000_000.0)
        } else {
            48_000.0
        };
        self.reset();
    }

    /// Back to silence at sample 0. Equal blocks after it give equal bits.
    pub fn reset(&mut self) {
        self.clock = TickClock::default();
        self.fresh = true;
        self.vibrato_phase = 0.0;
        self.voices = Voices::default();
        self.times = None;
        self.controls.sample_rate = self.sample_rate;
    }

    /// Renders one block. `patch` holds from its first sample on and takes effect at the next tick.
    pub fn process(&mut self, block: Block<'_>, patch: &Patch, port: &mut impl NotePort) -> Status {
        let Block {
            left,
            right,
            external,
        } = block;
        let length = left.len().min(right.len());
        self.patch = *patch;
        if self.fresh {
            self.start_on_patch();
        }

        let mut status = Status::default();
        let mut pending = port.next_event();
        let mut at = 0;
        while at < length {
            while let Some(event) = pending.filter(|event| event.at as usize <= at) {
                self.handle(event, at, port, &mut status);
                pending = port.next_event();
            }
            if self.clock.phase() == 0 {
                self.tick();
            }
            let until_event = pending.map_or(length, |event| event.at as usize);
            let end = until_event.min(length).min(at + self.clock.until_next());
            let input =
                external.map(|channel| channel.get(at..end.min(channel.len())).unwrap_or(&[]));
            self.segment(
                &mut left[at..end],
                &mut right[at..end],
                input,
                at,
                port,
                &mut status,
            );
            self.clock.advance(end - at);
            at = end;
        }
        // What the host dated past the end of its block still counts.
        while let Some(event) = pending {
            self.handle(event, length.saturating_sub(1), port, &mut status);
            pending = port.next_event();
        }
        status.voices = self.voices.sounding();
        status.most_voices = status.most_voices.max(status.voices);
        status
    }

    fn handle(&mut self, event: Event, at: usize, port: &mut impl NotePort, status: &mut Status) {
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
            status.most_voices = status.most_voices.max(self.voices.sounding());
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
    fn tick(&mut self) {
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
        self.voices.limit(self.patch.voices.clamp(1, MAX_VOICES));
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

    /// Renders samples that lie within one tick and hold no event.
    fn segment(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        external: [&[f32]; 2],
        at: usize,
        port: &mut impl NotePort,
        status: &mut Status,
    ) {
        let phase = self.clock.phase();
        left.fill(0.0);
        right.fill(0.0);
        status.muted_voices +=
            self.voices
                .render(&self.controls, phase, left, right, |sample, note| {
                    port.note_ended((at + sample) as u32, note);
                });
        for (bus, input) in [&mut *left, &mut *right].into_iter().zip(external) {
            for (n, sample) in bus.iter_mut().enumerate() {
                let heard = input.get(n).copied().unwrap_or(0.0) * self.external.at(phase + n);
                let mixed = (*sample + heard) * self.volume.at(phase + n);
                // Below full scale the clip is exact, so that a NaN is all it could let through.
                let clipped = safety_clip(mixed);
                *sample = if clipped.is_finite() {
                    clipped
                } else {
                    status.silenced += 1;
                    0.0
                };
            }
        }
    }
}

/// Like `clamp`, but takes a NaN to `low` instead of letting it through.
fn bounded(value: f32, low: f32, high: f32) -> f32 {
    value.max(low).min(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Note;

    struct OneNote(Option<Event>, Vec<Note>);

    impl NotePort for OneNote {
        fn next_event(&mut self) -> Option<Event> {
            self.0.take()
        }
        fn note_ended(&mut self, _at: u32, note: Note) {
            self.1.push(note);
        }
    }

    #[test]
    fn a_voice_that_is_not_finite_is_muted_counted_and_told_to_the_host() {
        let mut engine = Engine::new();
        let note = Note {
            id: Some(7),
            channel: 0,
            key: 60,
        };
        let kind = EventKind::NoteOn {
            note,
            velocity: 1.0,
        };
        let mut port = OneNote(Some(Event { at: 0, kind }), Vec::new());
        let mut process = |engine: &mut Engine| {
            let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
            let block = Block {
                left: &mut left,
                right: &mut right,
                external: [&[], &[]],
            };
            let status = engine.process(block, &Patch::default(), &mut port);
            (status, left)
        };
        let (status, _) = process(&mut engine);
        assert_eq!((status.voices, status.muted_voices), (1, 0));
        engine.voices.slots_mut()[0].poison();
        let (status, heard) = process(&mut engine);
        assert_eq!((status.voices, status.muted_voices), (0, 1));
        assert_eq!(heard, [0.0; 64]);
        assert_eq!(port.1, [note]);
    }
}
