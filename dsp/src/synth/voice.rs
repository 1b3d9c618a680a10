//! One voice: a saw through a ladder, shaped by one envelope.

use super::{Channel, Envelope, EnvelopeRates, Ladder, LadderControl, Saw};
use crate::event::{Expression, Note};
use crate::rt::Ramp;

/// Key of the filter's tracking centre and of the tuning fork: middle C and A4.
const MIDDLE_C: f32 = 60.0;
const A4: f32 = 69.0;
/// Level of the oscillator before the ladder, which leaves it room before its saturation.
const OSCILLATOR_LEVEL: f32 = 0.5;
/// What full pressure and full brightness add to the cutoff, in semitones.
const PRESSURE_SEMITONES: f32 = 24.0;
const BRIGHTNESS_SEMITONES: f32 = 48.0;

/// What all voices share during one tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct Controls {
    /// In Hz.
    pub sample_rate: f32,
    /// In semitones.
    pub tune: f32,
    /// In semitones.
    pub bend_range: f32,
    /// Where a full vibrato is now, in semitones.
    pub vibrato: f32,
    /// Ladder cutoff as a pitch: MIDI keys, 69 at 440 Hz.
    pub cutoff: f32,
    /// 0 to 1.
    pub keytrack: f32,
    /// In semitones.
    pub filter_env: f32,
    /// 0 to 1.
    pub resonance: Ramp,
    /// Linear gain.
    pub drive: Ramp,
    /// 0 to 1.
    pub sustain: Ramp,
    /// Of the one envelope.
    pub rates: EnvelopeRates,
}

/// The expressions of one note.
#[derive(Clone, Copy, Debug)]
struct Expressions {
    gain: f32,
    expression: f32,
    pan: f32,
    tuning: f32,
    vibrato: f32,
    brightness: f32,
    pressure: f32,
}

impl Default for Expressions {
    fn default() -> Self {
        Self {
            gain: 1.0,
            expression: 1.0,
            pan: 0.0,
            tuning: 0.0,
            vibrato: 0.0,
            brightness: 0.5,
            pressure: 0.0,
        }
    }
}

/// Where a voice is going during this tick.
#[derive(Clone, Copy, Debug, Default)]
struct Motion {
    frequency: Ramp,
    cutoff: Ramp,
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
    expressions: Expressions,
    envelope: Envelope,
    saw: Saw,
    ladder: Ladder,
    motion: Motion,
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
            expressions: Expressions::default(),
            envelope: Envelope::default(),
            saw: Saw::default(),
            ladder: Ladder::default(),
            motion: Motion::default(),
        }
    }
}

impl Voice {
    /// A voice at the foot of its attack. `velocity_gain` is linear.
    pub fn start(
        note: Note,
        velocity_gain: f32,
        order: u64,
        controls: &Controls,
        channel: &Channel,
    ) -> Self {
        let mut voice = Self {
            note,
            order,
            velocity_gain,
            envelope: Envelope::started(),
            ..Self::default()
        };
        // Twice, so that the voice begins where it is meant to be instead of gliding there.
        voice.aim(controls, channel);
        voice.aim(controls, channel);
        voice
    }

    /// Whether the voice is silent and may be started anew.
    pub fn free(&self) -> bool {
        self.envelope.done()
    }

    /// Whether it sounds and nobody has taken its place yet.
    pub fn live(&self) -> bool {
        !self.free() && !self.envelope.fading()
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

    /// Ends the note at once and forgets every state; it still knows its note.
    pub fn mute(&mut self) {
        *self = Self {
            note: self.note,
            ..Self::default()
        };
    }

    /// Changes an expression; finite values of any size are taken to its range.
    pub fn express(&mut self, expression: Expression, value: f32) {
        let own = &mut self.expressions;
        match expression {
            Expression::Volume => own.gain = value.clamp(0.0, 4.0),
            Expression::Expression => own.expression = value.clamp(0.0, 1.0),
            Expression::Pan => own.pan = value.clamp(-1.0, 1.0),
            Expression::Tuning => own.tuning = value.clamp(-120.0, 120.0),
            Expression::Vibrato => own.vibrato = value.clamp(0.0, 1.0),
            Expression::Brightness => own.brightness = value.clamp(0.0, 1.0),
            Expression::Pressure => own.pressure = value.clamp(0.0, 1.0),
        }
    }

    /// At a tick: sets out for where the controls now want the voice.
    pub fn aim(&mut self, controls: &Controls, channel: &Channel) {
        let own = &self.expressions;
        let wheel = (channel.modulation + own.vibrato).min(1.0);
        let key = f32::from(self.note.key);
        let pitch = key
            + controls.tune
            + own.tuning
            + channel.bend * controls.bend_range
            + wheel * controls.vibrato;
        let frequency = hertz(pitch) / controls.sample_rate;
        self.motion
            .frequency
            .aim(frequency.clamp(1e-6, Saw::MAX_FREQUENCY));

        let pressure = (channel.pressure + own.pressure).min(1.0);
        let cutoff = controls.cutoff
            + controls.keytrack * (pitch - MIDDLE_C)
            + controls.filter_env * self.envelope.level()
            + PRESSURE_SEMITONES * pressure
            + BRIGHTNESS_SEMITONES * (own.brightness - 0.5);
        self.motion
            .cutoff
            .aim(Ladder::gain(hertz(cutoff) / controls.sample_rate));

        let gain = self.velocity_gain * own.gain * own.expression * channel.gain();
        let angle = ((channel.pan + own.pan).clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
        self.motion.left.aim(gain * angle.cos());
        self.motion.right.aim(gain * angle.sin());
    }

    /// Adds the voice to `left` and `right`, which begin `phase` samples into the tick and stay
    /// within it. `mono` is as long as they are and holds nothing of interest, before and after. Answers the
    /// sample at which the note ended, if it did.
    ///
    /// # Errors
    /// [`NotFinite`] when the voice produced a NaN or an infinity: nothing was added.
    pub fn render(
        &mut self,
        controls: &Controls,
        phase: usize,
        left: &mut [f32],
        right: &mut [f32],
        mono: &mut [f32],
    ) -> Result<Option<usize>, NotFinite> {
        let mut ended = None;
        let (mut saw, mut ladder, mut envelope) = (self.saw, self.ladder, self.envelope);
        mono.fill(0.0);
        for (n, sample) in mono.iter_mut().enumerate() {
            let i = phase + n;
            let control = LadderControl {
                gain: self.motion.cutoff.at(i),
                resonance: controls.resonance.at(i),
                drive: controls.drive.at(i),
            };
            let wave = saw.next(self.motion.frequency.at(i)) * OSCILLATOR_LEVEL;
            let level = envelope.next(&controls.rates, controls.sustain.at(i));
            *sample = ladder.next(wave, control) * level;
            if envelope.done() {
                ended = Some(n);
                break;
            }
        }
        (self.saw, self.ladder, self.envelope) = (saw, ladder, envelope);

        if !mono.iter().sum::<f32>().is_finite() {
            return Err(NotFinite);
        }
        for (n, sample) in mono.iter().enumerate() {
            left[n] += sample * self.motion.left.at(phase + n);
            right[n] += sample * self.motion.right.at(phase + n);
        }
        Ok(ended)
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

/// A NaN or an infinity came out of a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

/// The frequency of a pitch, 69 at 440 Hz.
fn hertz(pitch: f32) -> f32 {
    440.0 * ((pitch - A4) / 12.0).exp2()
}
