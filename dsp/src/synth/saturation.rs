//! Soft limits: the tanh of the ladder and the safety clip of the output.

/// Hyperbolic tangent by Lambert's continued fraction, within 2e-4 everywhere and never past 1.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let x = x.clamp(-4.97, 4.97);
    let x2 = x * x;
    let p = x * (135_135.0 + x2 * (17_325.0 + x2 * (378.0 + x2)));
    let q = 135_135.0 + x2 * (62_370.0 + x2 * (3_150.0 + x2 * 28.0));
    (p / q).clamp(-1.0, 1.0)
}

/// Leaves everything within ±1 (0 dBFS) as it is and bends what is beyond towards ±2 (+6 dBFS).
#[inline(always)]
pub fn safety_clip(x: f32) -> f32 {
    let over = x.abs() - 1.0;
    if over <= 0.0 {
        x
    } else {
        (1.0 + tanh(over)).copysign(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_is_close_odd_and_bounded() {
        for n in -4000..=4000 {
            let x = n as f32 * 0.01;
            assert!(
                (f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 2e-4,
                "at {x}"
            );
            assert_eq!(tanh(-x), -tanh(x));
        }
        assert!(tanh(f32::MAX) <= 1.0);
    }

    #[test]
    fn the_clip_is_transparent_below_full_scale_and_bounded_above() {
        assert_eq!(safety_clip(0.999), 0.999);
        assert_eq!(safety_clip(-1.0), -1.0);
        assert!((safety_clip(1.0 + 1e-4) - (1.0 + 1e-4)).abs() < 1e-6);
        assert!(safety_clip(1e30) <= 2.0 && safety_clip(-1e30) >= -2.0);
    }
}
