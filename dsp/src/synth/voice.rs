//! One voice: a saw through a ladder, shaped by one envelope.

use super::{Envelope, EnvelopeRates, Ladder, LadderControl, Saw};
use crate::event::Note;
use crate::rt::Ramp;

const A4: f32 = 69.0;
/// Level of the oscillator before the ladder, which leaves it room before its saturation.
const OSCILLATOR_LEVEL: f32 = 0.5;

/// Where a voice is wanted at the end of the tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Controls {
    /// MIDI keys, 69 at 440 Hz.
    pub pitch: f32,
    /// Ladder cutoff before the envelope, as a pitch.
    pub cutoff: f32,
    /// What the envelope adds to it at its peak, in semitones.
    pub filter_env: f32,
    /// 0 to 1.
    pub resonance: f32,
    /// Gain into the ladder, linear.
    pub drive: f32,
    /// 0 to 1.
    pub sustain: f32,
    /// Linear.
    pub gain: f32,
    /// −1 (left) to 1 (right).
    pub pan: f32,
}

/// Where a voice is going during this tick.
#[derive(Clone, Copy, Debug, Default)]
struct Motion {
    frequency: Ramp,
    cutoff: Ramp,
    resonance: Ramp,
    drive: Ramp,
    sustain: Ramp,
    left: Ramp,
    right: Ramp,
}

/// One voice. A voice that is [`free`](Self::free) costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// The note it plays.
    pub note: Note,
    /// Whether the key is up and only the pedal holds the note.
    pub sustained: bool,
    /// Counts up from note to note.
    pub order: u64,
    /// Whether somebody was told already that the note has ended.
    pub told: bool,
    velocity_gain: f32,
    /// What it was last aimed at.
    controls: Controls,
    envelope: Envelope,
    saw: Saw,
    ladder: Ladder,
    motion: Motion,
    /// Its last sample, and what remains of that when everything after it is not finite.
    last: f32,
    residue: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            note: Note {
                id: None,
                channel: 0,
                key: 0,
            },
            sustained: false,
            order: 0,
            told: false,
            velocity_gain: 0.0,
            controls: Controls {
                // Like nothing it will be aimed at.
                pitch: f32::NAN,
                gain: f32::NAN,
                ..Controls::default()
            },
            envelope: Envelope::default(),
            saw: Saw::default(),
            ladder: Ladder::default(),
            motion: Motion::default(),
            last: 0.0,
            residue: 0.0,
        }
    }
}

impl Voice {
    /// A voice at the foot of its attack, to be [settled](Self::settle) before it is heard.
    /// `velocity_gain` is linear.
    pub fn start(note: Note, velocity_gain: f32, order: u64) -> Self {
        Self {
            note,
            order,
            velocity_gain,
            envelope: Envelope::started(),
            ..Self::default()
        }
    }

    /// Whether the voice is silent and may be started anew.
    pub fn free(&self) -> bool {
        self.envelope.done() && self.residue == 0.0
    }

    /// Whether its note is still going on, be it on its way out.
    pub fn sounds(&self) -> bool {
        !self.envelope.done()
    }

    /// Whether it sounds and nobody has taken its place yet.
    pub fn live(&self) -> bool {
        self.sounds() && !self.envelope.fading()
    }

    /// Whether its key, not just the pedal, is down.
    pub fn held(&self) -> bool {
        self.envelope.held() && !self.sustained
    }

    /// Whether it is on its way out.
    pub fn released(&self) -> bool {
        !self.envelope.held()
    }

    /// The envelope's value.
    pub fn level(&self) -> f32 {
        self.envelope.level()
    }

    /// Lets the note go, or leaves it to the pedal.
    pub fn release(&mut self, pedal: bool) {
        if pedal {
            self.sustained |= self.envelope.held();
        } else {
            self.sustained = false;
            self.envelope.release();
        }
    }

    /// Ends the note within 3 ms.
    pub fn fade(&mut self) {
        self.sustained = false;
        self.envelope.fade();
    }

    /// Puts the voice where it is wanted, without a way there.
    pub fn settle(&mut self, controls: &Controls, sample_rate: f32) {
        self.aim(controls, sample_rate);
        let motion = &mut self.motion;
        for ramp in [
            &mut motion.frequency,
            &mut motion.cutoff,
            &mut motion.resonance,
            &mut motion.drive,
            &mut motion.sustain,
            &mut motion.left,
            &mut motion.right,
        ] {
            *ramp = Ramp::resting(ramp.end());
        }
    }

    /// At a tick: sets out for where the voice is wanted. What is wanted where it is anyway is not computed
    /// again.
    pub fn aim(&mut self, controls: &Controls, sample_rate: f32) {
        let (motion, last) = (&mut self.motion, self.controls);
        let frequency = if controls.pitch == last.pitch {
            motion.frequency.end()
        } else {
            frequency(controls.pitch, sample_rate)
        };
        motion.frequency.aim(frequency);

        let cutoff = controls.cutoff + controls.filter_env * self.envelope.level();
        motion.cutoff.aim(Ladder::gain(hertz(cutoff) / sample_rate));
        motion.resonance.aim(controls.resonance);
        motion.drive.aim(controls.drive);
        motion.sustain.aim(controls.sustain);

        let (left, right) = if (controls.gain, controls.pan) == (last.gain, last.pan) {
            (motion.left.end(), motion.right.end())
        } else {
            let gain = self.velocity_gain * controls.gain;
            let angle = (controls.pan + 1.0) * std::f32::consts::FRAC_PI_4;
            (gain * angle.cos(), gain * angle.sin())
        };
        motion.left.aim(left);
        motion.right.aim(right);
        self.controls = *controls;
    }

    /// `phase` samples into a tick: sets out for another pitch by its end.
    pub fn bend(&mut self, phase: usize, pitch: f32, sample_rate: f32) {
        if pitch != self.controls.pitch {
            let frequency = frequency(pitch, sample_rate);
            self.motion.frequency.bend(phase, frequency);
            self.controls.pitch = pitch;
        }
    }

    /// Adds the voice to `left` and `right`, which begin `phase` samples into the tick and stay
    /// within it. `mono` is as long as they are and holds nothing of interest, before and after.
    ///
    /// A voice that comes to a NaN or an infinity ends there. Its last good sample fades away within 3 ms, so
    /// that it does not click either, and everything else of it is forgotten.
    pub fn render(
        &mut self,
        rates: &EnvelopeRates,
        phase: usize,
        left: &mut [f32],
        right: &mut [f32],
        mono: &mut [f32],
    ) -> Rendered {
        let rendered = if self.sounds() {
            self.generate(rates, phase, mono)
        } else {
            mono.fill(0.0);
            Rendered::default()
        };
        if self.residue != 0.0 {
            let from = rendered.ended.unwrap_or(0);
            for sample in &mut mono[from..] {
                *sample = self.residue;
                let step = (self.last.abs() * rates.fade()).max(f32::MIN_POSITIVE);
                self.residue = self.residue.signum() * (self.residue.abs() - step).max(0.0);
            }
        }
        for (n, sample) in mono.iter().enumerate() {
            left[n] += sample * self.motion.left.at(phase + n);
            right[n] += sample * self.motion.right.at(phase + n);
        }
        rendered
    }

    fn generate(&mut self, rates: &EnvelopeRates, phase: usize, mono: &mut [f32]) -> Rendered {
        let mut ended = None;
        let (mut saw, mut ladder, mut envelope) = (self.saw, self.ladder, self.envelope);
        mono.fill(0.0);
        for (n, sample) in mono.iter_mut().enumerate() {
            let i = phase + n;
            let control = LadderControl {
                gain: self.motion.cutoff.at(i),
                resonance: self.motion.resonance.at(i),
                drive: self.motion.drive.at(i),
            };
            let wave = saw.next(self.motion.frequency.at(i)) * OSCILLATOR_LEVEL;
            let level = envelope.next(rates, self.motion.sustain.at(i));
            *sample = ladder.next(wave, control) * level;
            if envelope.done() {
                ended = Some(n);
                break;
            }
        }
        (self.saw, self.ladder, self.envelope) = (saw, ladder, envelope);

        let muted = !mono.iter().sum::<f32>().is_finite();
        if muted {
            let bad = mono.iter().position(|sample| !sample.is_finite());
            let at = bad.unwrap_or(0);
            self.last = at.checked_sub(1).map_or(self.last, |good| mono[good]);
            mono[at..].fill(0.0);
            *self = Self {
                note: self.note,
                told: self.told,
                velocity_gain: self.velocity_gain,
                controls: self.controls,
                motion: self.motion,
                last: self.last,
                residue: self.last,
                ..Self::default()
            };
            ended = Some(at);
        } else if let Some(last) = mono.last() {
            self.last = *last;
        }
        Rendered { ended, muted }
    }

    /// As if its last sample had been zero.
    #[cfg(test)]
    pub(crate) fn be_silent(&mut self) {
        self.last = 0.0;
    }

    /// Puts a NaN where the filter keeps its state.
    #[cfg(test)]
    pub(crate) fn poison(&mut self) {
        self.ladder.next(
            f32::NAN,
            LadderControl {
                gain: 0.5,
                resonance: 0.0,
                drive: 1.0,
            },
        );
    }
}

/// What became of a voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The sample on which the note ended, if it did.
    pub ended: Option<usize>,
    /// Whether it ended because it was not finite.
    pub muted: bool,
}

/// The frequency of a pitch in cycles per sample, as far as the oscillator can follow.
fn frequency(pitch: f32, sample_rate: f32) -> f32 {
    (hertz(pitch) / sample_rate).clamp(1e-6, Saw::MAX_FREQUENCY)
}

/// The frequency of a pitch, 69 at 440 Hz.
fn hertz(pitch: f32) -> f32 {
    440.0 * ((pitch - A4) / 12.0).exp2()
}
