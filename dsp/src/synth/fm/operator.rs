//! One operator: phase, frequency and loudness.

use super::super::f32s::{F32s, Mask, Ramps, exp2};
use super::super::phase_ramps::{PhaseRamps, TickRemainder};
use super::super::pitch::{CONCERT_HERTZ, CONCERT_KEY, concert_ratio, ratio};
use super::envelope::{Envelope, SLOWEST};
use super::lane_ops::per_lane;
use super::{FM_DELAY, FmControls, OperatorControls, OperatorSettings};
use crate::rt::TICK;

/// Highest frequency in cycles per sample; higher ones are clamped to it.
const MAX_FREQUENCY: f32 = 0.49;
/// One cycle in the units of the phase.
const CYCLE: f32 = 4_294_967_296.0;
/// Range of a level from 0 to 1 in powers of two: 0.75 dB for each hundredth.
const LEVEL: f32 = 12.5;
/// Attenuation of the softest key at full velocity sensitivity, in powers of two: 40 dB.
const TOUCH: f32 = 6.643_856;
/// One decibel in powers of two.
const DECIBEL: f32 = 0.166_096_4;

/// One operator of `N` voices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator<const N: usize> {
    phase: [u32; N],
    /// Increment of the phase per sample.
    increments: PhaseRamps<N>,
    envelope: Envelope<N>,
    tuning: Tuning<N>,
}

/// Values that all operators of a voice share in one tick.
pub(super) struct Common<const N: usize> {
    /// Frequencies in cycles per sample: of the pitch, of the pitch in the middle of the ramp, and of 440 Hz.
    pub frequency: F32s<N>,
    pub middle: F32s<N>,
    pub reference: f32,
    /// True if the pitch moves.
    pub moves: bool,
    /// Octaves above key 60.
    pub octaves: F32s<N>,
    /// 1 − velocity.
    pub softness: F32s<N>,
    /// Duration in units of an envelope's slowest swing.
    pub time: f32,
    pub rate: Rate,
}

/// Rate of the operators relative to the sample rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rate {
    pub oversampled: bool,
}

impl Rate {
    /// Oversampling factor, 1 or 2.
    #[inline(always)]
    pub fn factor(self) -> usize {
        1 + usize::from(self.oversampled)
    }

    /// Number of operator samples in a tick.
    #[inline(always)]
    pub fn tick(self) -> usize {
        TICK * self.factor()
    }
}

impl<const N: usize> Common<N> {
    /// Returns the values that follow from the pitch alone, for a straight ramp to it.
    #[inline(always)]
    pub fn tuned(pitch: F32s<N>, sample_rate: f32, rate: Rate) -> Self {
        let reference = CONCERT_HERTZ / (sample_rate * rate.factor() as f32);
        Self {
            frequency: frequency(pitch, reference),
            middle: F32s::ZERO,
            reference,
            moves: false,
            octaves: F32s::ZERO,
            softness: F32s::ZERO,
            time: 0.0,
            rate,
        }
    }

    /// Returns the values for a duration of `samples` samples at the output's rate.
    #[inline(always)]
    pub fn new(controls: &FmControls<N>, samples: usize, sample_rate: f32, rate: Rate) -> Self {
        Self {
            octaves: (controls.key.clamp(0.0, 127.0) - 60.0) * (1.0 / 12.0),
            softness: 1.0 - controls.velocity.clamp(0.0, 1.0),
            time: samples as f32 / (SLOWEST * sample_rate),
            ..Self::tuned(controls.pitch, sample_rate, rate)
        }
    }

    /// Sets the middle of the ramp: the pitch after `part` of the way from `before`, plus the curvature.
    #[inline(always)]
    pub fn from(mut self, before: F32s<N>, part: f32, controls: &FmControls<N>) -> Self {
        let pitch = controls.pitch;
        let middle = before + (pitch - before) * part + controls.curvature;
        self.moves = !pitch.equals(before);
        self.middle = frequency(middle, self.reference);
        self
    }
}

impl<const N: usize> Default for Operator<N> {
    fn default() -> Self {
        Self {
            phase: [0; N],
            increments: PhaseRamps::default(),
            envelope: Envelope::default(),
            tuning: Tuning::default(),
        }
    }
}

impl<const N: usize> Operator<N> {
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        self.phase = blend(self.phase, [0; N], mask);
        self.envelope.start(mask);
    }

    pub fn retrigger(&mut self, mask: Mask) {
        self.envelope.retrigger(mask);
    }

    #[inline(always)]
    pub fn release(&mut self, mask: Mask) {
        self.envelope.release(mask);
    }

    /// At a tick: ramps to another frequency.
    #[inline(always)]
    pub fn tune(
        &mut self,
        controls: &OperatorControls<N>,
        settings: OperatorSettings,
        common: &Common<N>,
    ) {
        let moved = self.tuning.follow(controls, settings.fixed);
        if moved | common.moves {
            let middle = self
                .tuning
                .steps(self.tuning.halfway, common.middle, common);
            let end = self
                .tuning
                .steps(self.tuning.factor, common.frequency, common);
            self.increments
                .ramp_through(middle, end, common.rate.tick());
        } else {
            self.increments.hold_value();
        }
    }

    /// Jumps to the target frequency, because the increments have another unit from here on.
    #[inline(always)]
    pub fn arrive(&mut self) {
        self.increments.hold_value();
    }

    /// Invalidates the cached factor, so that the next [`tune`](Self::tune) computes it again.
    pub fn forget(&mut self) {
        self.tuning.detune = F32s::splat(f32::NAN);
    }

    /// Returns the part of a swing that the envelope moves by.
    #[inline(always)]
    pub fn pace(&self, controls: &OperatorControls<N>, common: &Common<N>) -> F32s<N> {
        self.envelope.pace(
            &controls.rates,
            controls.key_rate.clamp(0.0, 1.0) * common.octaves,
        ) * common.time
    }

    /// Advances the envelope and returns the loudness after it.
    #[inline(always)]
    pub fn advance(
        &mut self,
        pace: F32s<N>,
        controls: &OperatorControls<N>,
        common: &Common<N>,
    ) -> Loudness<N> {
        self.envelope.advance(pace, &controls.levels);
        Loudness::new(self.envelope.depth, controls, common)
    }

    /// Jumps to the controls' frequency and loudness `phase` samples into the tick; `common` is for the rest of the tick.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        phase: usize,
        controls: &OperatorControls<N>,
        settings: OperatorSettings,
        common: &Common<N>,
        mask: Mask,
        amplitude: &mut Ramps<N>,
    ) {
        let before = self.tuning;
        self.tuning.follow(controls, settings.fixed);
        let goal = (self.tuning).steps(self.tuning.factor, common.frequency, common);
        self.tuning = before.blend(self.tuning, mask);
        self.increments.jump_to(goal, mask);

        let mut moved = *self;
        moved.envelope.ramp_from(&controls.levels);
        amplitude.jump_to(
            Loudness::new(moved.envelope.depth, controls, common).gain(),
            mask,
        );
        let pace = moved.pace(controls, common);
        amplitude.retarget_at(phase, moved.advance(pace, controls, common).gain(), mask);
        self.envelope = self.envelope.blend(moved.envelope, mask);
    }

    /// Advances the phases of the voices in `mask`, which have just started, by the delay of the half-band filter behind
    /// the operators.
    #[inline(always)]
    pub fn skip_delay(&mut self, mask: Mask) {
        // Two operator samples for each output sample.
        const SAMPLES: u64 = (2.0 * FM_DELAY * 65_536.0) as u64;
        let rest = self.increments.at(0);
        let ahead = per_lane(|lane| {
            let way = (u64::from(rest[lane]) * SAMPLES) >> 16;
            self.phase[lane].wrapping_add(way as u32)
        });
        self.phase = blend(self.phase, ahead, mask);
    }

    /// Ramps within the tick to another frequency at its end. Returns the loudness there.
    pub fn ramp_from(
        &mut self,
        phase: usize,
        controls: &OperatorControls<N>,
        settings: OperatorSettings,
        common: &Common<N>,
        mask: Mask,
    ) -> Loudness<N> {
        let before = self.tuning;
        self.tuning.follow(controls, settings.fixed);
        let middle = (self.tuning).steps(self.tuning.halfway, common.middle, common);
        let goal = (self.tuning).steps(self.tuning.factor, common.frequency, common);
        self.tuning = before.blend(self.tuning, mask);
        let remainder = TickRemainder::new(phase, common.rate.factor());
        self.increments
            .retarget_through(remainder, middle, goal, mask);
        Loudness::new(self.envelope.depth, controls, common)
    }

    /// Bends the frequency to another pitch at the end of the tick, from `phase` output samples into the tick on.
    #[inline(always)]
    pub fn retarget_at(&mut self, phase: usize, common: &Common<N>, mask: Mask) {
        if self.tuning.fixed {
            return;
        }
        let goal = (self.tuning).steps(self.tuning.factor, common.frequency, common);
        let remainder = TickRemainder::new(phase, common.rate.factor());
        self.increments.retarget_at(remainder, goal, mask);
    }

    /// Returns the phase and its increments from operator sample `from` of the tick on.
    #[inline(always)]
    pub fn phasor(&self, from: usize) -> Phasor<N> {
        Phasor {
            phase: self.phase,
            step: self.increments.at(from),
            slope: self.increments.step(from),
            curve: self.increments.curve(),
        }
    }

    /// Takes over the phase that `phasor` has reached.
    #[inline(always)]
    pub fn follow(&mut self, phasor: &Phasor<N>) {
        self.phase = phasor.phase;
    }

    /// Advances the phase by `samples` without output, with the same bits as if they were rendered.
    #[inline(always)]
    pub fn skip(&mut self, from: usize, samples: usize) {
        self.phase = per_lane(|lane| {
            self.phase[lane].wrapping_add(self.increments.sum(lane, from, samples))
        });
    }
}

/// Phase with an increment that changes over the tick.
pub(super) struct Phasor<const N: usize> {
    phase: [u32; N],
    step: [u32; N],
    slope: [u32; N],
    curve: [u32; N],
}

impl<const N: usize> Phasor<N> {
    /// Returns the angle of the present sample, −½ to ½ cycles, and moves on to the next sample.
    #[inline(always)]
    pub fn next(&mut self) -> F32s<N> {
        let mut angle = F32s::ZERO;
        for lane in 0..N {
            angle.0[lane] = (self.phase[lane] as i32) as f32 * (1.0 / CYCLE);
            self.phase[lane] = self.phase[lane].wrapping_add(self.step[lane]);
            self.step[lane] = self.step[lane].wrapping_add(self.slope[lane]);
            self.slope[lane] = self.slope[lane].wrapping_add(self.curve[lane]);
        }
        angle
    }
}

#[inline(always)]
fn blend<const N: usize>(these: [u32; N], others: [u32; N], mask: Mask) -> [u32; N] {
    per_lane(|lane| {
        if mask & (1 << lane) != 0 {
            others[lane]
        } else {
            these[lane]
        }
    })
}

/// Returns the frequency of a pitch, if that of 440 Hz is `reference`.
#[inline(always)]
fn frequency<const N: usize>(pitch: F32s<N>, reference: f32) -> F32s<N> {
    concert_ratio(pitch.clamp(-96.0, 192.0)) * reference
}

/// Converts a frequency in cycles per sample, below ½, to the units of the phase. It is rounded in two halves by bit
/// operations, because a cast tests every lane for its range.
#[inline(always)]
fn steps(frequency: f32) -> u32 {
    const HALF: f32 = 65_536.0;
    // Adding this number rounds to an integer, which is then in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let high = frequency * HALF + ROUND;
    let low = (frequency * HALF - (high - ROUND)) * HALF + ROUND;
    let whole = |sum: f32| sum.to_bits().wrapping_sub(ROUND.to_bits());
    (whole(high) << 16).wrapping_add(whole(low))
}

/// Factor from the voice's frequency to the operator's, cached as long as the controls that it depends on stay the same.
#[derive(Clone, Copy, Debug)]
struct Tuning<const N: usize> {
    fixed: bool,
    /// Ratio or fixed pitch.
    coarse: F32s<N>,
    detune: F32s<N>,
    factor: F32s<N>,
    /// Mean of the last factor and this one.
    halfway: F32s<N>,
}

impl<const N: usize> Default for Tuning<N> {
    fn default() -> Self {
        Self {
            fixed: false,
            coarse: F32s::splat(1.0),
            detune: F32s::ZERO,
            factor: F32s::splat(1.0),
            halfway: F32s::splat(1.0),
        }
    }
}

impl<const N: usize> Tuning<N> {
    /// Takes over the controls. Returns true if the factor changes in this tick.
    #[inline(always)]
    fn follow(&mut self, controls: &OperatorControls<N>, fixed: bool) -> bool {
        let coarse = if fixed {
            controls.fixed
        } else {
            controls.ratio
        };
        let detune = controls.detune;
        if fixed == self.fixed && coarse.equals(self.coarse) && detune.equals(self.detune) {
            self.halfway = self.factor;
            return false;
        }
        let shift = detune.clamp(-96.0, 96.0);
        let factor = if fixed {
            ratio(coarse.clamp(-96.0, 192.0) - CONCERT_KEY + shift)
        } else {
            coarse.clamp(0.0, 32.0) * ratio(shift)
        };
        *self = Self {
            fixed,
            coarse,
            detune,
            factor,
            halfway: (self.factor + factor) * 0.5,
        };
        true
    }

    /// Returns `self`, with the lanes in `mask` taken from `other`.
    #[inline(always)]
    fn blend(self, other: Self, mask: Mask) -> Self {
        Self {
            fixed: other.fixed,
            coarse: self.coarse.blend(other.coarse, mask),
            detune: self.detune.blend(other.detune, mask),
            factor: self.factor.blend(other.factor, mask),
            halfway: self.halfway.blend(other.halfway, mask),
        }
    }

    #[inline(always)]
    fn steps(&self, factor: F32s<N>, frequency: F32s<N>, common: &Common<N>) -> [u32; N] {
        let frequency = if self.fixed {
            factor * common.reference
        } else {
            factor * frequency
        };
        per_lane(|lane| steps(frequency.0[lane].min(MAX_FREQUENCY)))
    }
}

/// Loudness of an operator.
#[derive(Clone, Copy, Default)]
pub(super) struct Loudness<const N: usize> {
    /// Gain as a power of two.
    power: F32s<N>,
    /// 0 if the operator is silent.
    audible: F32s<N>,
}

impl<const N: usize> Loudness<N> {
    #[inline(always)]
    fn new(depth: F32s<N>, controls: &OperatorControls<N>, common: &Common<N>) -> Self {
        let level = controls.level.clamp(0.0, 1.0);
        let touch = controls.velocity.clamp(0.0, 1.0) * common.softness * TOUCH;
        let scaling = controls.key_level.clamp(-48.0, 48.0) * common.octaves * DECIBEL;
        // Level scaling never exceeds full level.
        let most = ((level - 1.0) * LEVEL - touch + scaling).min(F32s::ZERO);
        Self {
            power: most - depth * LEVEL,
            audible: level * (1.0 - depth),
        }
    }

    #[inline(always)]
    pub fn gain(&self) -> F32s<N> {
        let gain = exp2(self.power);
        F32s(per_lane(|lane| {
            let audible = self.audible.0[lane] > 0.0;
            // By a bit mask: a branch would keep the compiler from computing the lanes side by side.
            f32::from_bits(gain.0[lane].to_bits() & u32::from(audible).wrapping_neg())
        }))
    }
}
