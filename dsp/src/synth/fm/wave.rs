//! Waveforms of an operator: the sine, and waves derived from it as in the Yamaha TX81Z and the OPL2.

use super::super::f32s::F32s;
use super::lane_ops::{per_lane, select};

/// Waveform of an operator. All are continuous, so that none aliases by a jump of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FmWave {
    /// Sine.
    #[default]
    Sine,
    /// First half of the sine, then zero (TX81Z wave 3, OPL2 wave 1).
    Half,
    /// |sin| (OPL2 wave 2): an octave up, with even harmonics only, and an offset.
    Absolute,
    /// sin·|sin| (TX81Z wave 2): a sine with narrower peaks; odd harmonics.
    Squared,
    /// A whole sine in the first half of the cycle, then zero (TX81Z wave 5, OPL3 wave 4).
    Even,
    /// Absolute value of [`Even`](Self::Even): two humps, then zero (TX81Z wave 7, OPL3 wave 5).
    Camel,
}

impl FmWave {
    /// All waveforms in order.
    pub const ALL: [Self; 6] = [
        Self::Sine,
        Self::Half,
        Self::Absolute,
        Self::Squared,
        Self::Even,
        Self::Camel,
    ];
}

/// Waveform that is read at an angle.
pub(super) trait Waveform: Copy {
    /// Returns the wave at an angle of −½ to ½ cycles, times an amplitude of at least 0.
    fn at<const N: usize>(self, angle: F32s<N>, amplitude: F32s<N>) -> F32s<N>;
}

/// Sine.
#[derive(Clone, Copy)]
pub(super) struct Sine;

/// Any of the waveforms, without a branch. As a sine, it has the same bits as [`Sine`].
#[derive(Clone, Copy)]
pub(super) struct ShapedSine {
    /// Factor of the angle, and offset that is added then.
    times: f32,
    shift: f32,
    /// Shares of the sine of that angle, of its absolute value, and of their product.
    sine: f32,
    absolute: f32,
    squared: f32,
    /// Angle below which the wave is zero.
    from: f32,
}

impl Waveform for Sine {
    #[inline(always)]
    fn at<const N: usize>(self, angle: F32s<N>, amplitude: F32s<N>) -> F32s<N> {
        F32s(per_lane(|lane| sine(angle.0[lane], amplitude.0[lane])))
    }
}

impl Waveform for ShapedSine {
    #[inline(always)]
    fn at<const N: usize>(self, angle: F32s<N>, amplitude: F32s<N>) -> F32s<N> {
        let turned = angle * self.times + self.shift;
        let wave = F32s(per_lane(|lane| {
            let whole = sine(turned.0[lane], 1.0).abs();
            let s = sine(turned.0[lane], amplitude.0[lane]);
            s * (self.sine + self.squared * whole) + self.absolute * s.abs()
        }));
        select(angle, |angle| angle >= self.from, wave, F32s::ZERO)
    }
}

impl FmWave {
    #[inline(always)]
    pub(super) fn shaped_sine(self) -> ShapedSine {
        let plain = ShapedSine {
            times: 1.0,
            shift: 0.0,
            sine: 0.0,
            absolute: 0.0,
            squared: 0.0,
            from: -1.0,
        };
        // At twice the frequency, angles of 0..½ become −½..½, where the sine is inverted.
        let twice = ShapedSine {
            times: 2.0,
            shift: -0.5,
            from: 0.0,
            ..plain
        };
        match self {
            Self::Sine => ShapedSine { sine: 1.0, ..plain },
            Self::Half => ShapedSine {
                sine: 1.0,
                from: 0.0,
                ..plain
            },
            Self::Absolute => ShapedSine {
                absolute: 1.0,
                ..plain
            },
            Self::Squared => ShapedSine {
                squared: 1.0,
                ..plain
            },
            Self::Even => ShapedSine {
                sine: -1.0,
                ..twice
            },
            Self::Camel => ShapedSine {
                absolute: 1.0,
                ..twice
            },
        }
    }
}

/// Returns the sine of −½ to ½ cycles, within 5e-7, times an amplitude. Its distortion is below −130 dB.
///
/// Minimax polynomial of eleventh degree among those that have the zeros of the sine, so that no quadrant needs to be
/// mirrored. It is a product of factors that can be computed at the same time, because an operator that feeds back waits
/// for the result.
#[inline(always)]
fn sine(x: f32, amplitude: f32) -> f32 {
    let z = x * x;
    let zeros = (x * amplitude) * (3.058_328_2 - 12.233_313 * z);
    let one = z * (z - 1.251_848_6) + 2.221_617_5;
    let other = z * (z - 1.864_494_8) + 0.924_754_15;
    zeros * (one * other)
}

/// Wraps any angle of less than 2²² cycles into −½ to ½.
#[inline(always)]
pub(super) fn wrap<const N: usize>(angle: F32s<N>) -> F32s<N> {
    // Adding and subtracting it rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    angle.map(|x| x - ((x + ROUND) - ROUND))
}
