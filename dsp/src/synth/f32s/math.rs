//! Functions of every lane: branch-free minimax polynomials.

use std::f32::consts::{LN_2, TAU};

use super::F32s;

/// Adding and subtracting this value rounds to the nearest integer, for values below 2²².
const ROUND: f32 = 12_582_912.0;

/// Returns the sine of an angle in cycles, below 2²² in absolute value. The error is below 2e-7 for angles of a few
/// cycles.
#[inline(always)]
pub fn sine<const N: usize>(cycles: F32s<N>) -> F32s<N> {
    cycles.map(|x| {
        let x = x - ((x + ROUND) - ROUND);
        // From −½ to ½, the outer quarters mirror the inner ones.
        let quarter = 0.25 - (x.abs() - 0.25).abs();
        sine_of_quarter(quarter.copysign(x))
    })
}

/// Returns the sine of an angle from −¼ to ¼ cycles; see [`sine`].
#[inline(always)]
pub fn sine_of_quarter(t: f32) -> f32 {
    let z = t * t;
    t * (TAU + z * (-41.341_656 + z * (81.601_006 + z * (-76.549_78 + z * 39.536_71))))
}

/// Returns the cosine of an angle in cycles; see [`sine`].
#[inline(always)]
pub fn cosine<const N: usize>(cycles: F32s<N>) -> F32s<N> {
    // The angle is reduced to the first cycle before the addition, so that no bit is lost.
    sine(cycles.map(|x| (x - ((x + ROUND) - ROUND)) + 0.25))
}

/// Returns 2 to the power of each value, which is clamped to −126 to 126. The relative error is below 2e-7.
#[inline(always)]
pub fn exp2<const N: usize>(power: F32s<N>) -> F32s<N> {
    power.clamp(-126.0, 126.0).map(|x| {
        let whole = (x + ROUND) - ROUND;
        let f = x - whole;
        let p = 1.0
            + f * (LN_2
                + f * (0.240_226_5
                    + f * (0.055_503_27
                        + f * (0.009_617_994 + f * (0.001_340_043 + f * 0.000_154_780_2)))));
        // The bits of the integer power of two, computed as an integer sum so that no lane leaves the vector.
        let exponent = (x + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) << 23;
        f32::from_bits(p.to_bits().wrapping_add(exponent))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_as_close_as_single_precision_lets_them() {
        for n in -40_000..=40_000 {
            let x = n as f32 * 1.1e-4;
            let angle = f64::from(x) * std::f64::consts::TAU;
            let [s, c] = [sine(F32s([x])).0[0], cosine(F32s([x])).0[0]].map(f64::from);
            assert!((s - angle.sin()).abs() < 3e-7, "sine of {x}: {s}");
            assert!((c - angle.cos()).abs() < 3e-7, "cosine of {x}: {c}");
            let power = x * 10.0;
            let got = f64::from(exp2(F32s([power])).0[0]);
            let want = f64::from(power).exp2();
            assert!((got / want - 1.0).abs() < 3e-7, "2^{power}: {got}");
        }
        assert_eq!(exp2(F32s([f32::NAN, 1e9, -1e9, 0.0])).0[3], 1.0);
        assert!(
            exp2(F32s([f32::NAN, 1e9, -1e9, 0.0]))
                .0
                .iter()
                .all(|x| x.is_finite())
        );
    }
}
