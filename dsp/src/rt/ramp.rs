//! A linear ramp across one tick.

use super::TICK;

/// A value that moves linearly from the start of a tick to the start of the next one.
///
/// The value at a sample is computed from its position in the tick instead of being accumulated, so that splitting the
/// tick into segments changes no bit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp {
    start: f32,
    end: f32,
}

impl Ramp {
    /// Creates a ramp from `start` at the first sample to `end` at the first sample of the next tick.
    pub fn new(start: f32, end: f32) -> Self {
        Self { start, end }
    }

    /// Creates a ramp that stays at `value`.
    pub fn constant(value: f32) -> Self {
        Self::new(value, value)
    }

    /// At a tick: continues from the end of the last ramp towards `end`.
    pub fn ramp_to(&mut self, end: f32) {
        *self = Self::new(self.end, end);
    }

    /// Within the tick: bends the ramp so that it runs from its present value at the sample `from`, `0..TICK`, to `end` at
    /// the end of the tick.
    ///
    /// The result is again one straight line over the whole tick, with its start extrapolated backwards. Samples before
    /// `from` therefore have to be read before the ramp is bent.
    pub fn retarget_at(&mut self, from: usize, end: f32) {
        debug_assert!(from < TICK);
        let place = from as f64 / TICK as f64;
        let here = f64::from(self.at(from));
        // In `f64`, so that a ramp retargeted to its present value is exactly constant.
        let start = (here - f64::from(end) * place) / (1.0 - place);
        *self = Self::new(start as f32, end);
    }

    /// Returns the value `index` samples into the tick, `0..TICK`.
    #[inline(always)]
    pub fn at(&self, index: usize) -> f32 {
        self.start + (self.end - self.start) * (index as f32 * (1.0 / TICK as f32))
    }

    /// Fills `out` with the values from the sample `phase` on. The sum of `phase` and the length of `out` is at most
    /// [`TICK`].
    #[inline(always)]
    pub fn fill(&self, phase: usize, out: &mut [f32]) {
        debug_assert!(phase + out.len() <= TICK);
        let way = self.end - self.start;
        for (out, place) in out.iter_mut().zip(&PLACES[phase..]) {
            *out = self.start + way * place;
        }
    }

    /// Returns the value at the start of the tick, extrapolated if the ramp has been [bent](Self::retarget_at).
    pub fn start(&self) -> f32 {
        self.start
    }

    /// Returns the value at the end of the tick.
    pub fn end(&self) -> f32 {
        self.end
    }

    /// Returns true if the ramp is `value` over the whole tick.
    pub fn is_constant_at(&self, value: f32) -> bool {
        self.start == value && self.end == value
    }

    /// Returns true if the ramp has one value over the whole tick.
    pub fn is_constant(&self) -> bool {
        self.start == self.end
    }
}

/// Position of each sample as a fraction of the tick; exact in `f32`.
const PLACES: [f32; TICK] = {
    let mut places = [0.0; TICK];
    let mut n = 0;
    while n < TICK {
        places[n] = n as f32 * (1.0 / TICK as f32);
        n += 1;
    }
    places
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn consecutive_lines_join_and_a_resting_one_is_exact() {
        let mut ramp = Ramp::constant(0.1);
        assert!((0..TICK).all(|i| ramp.at(i) == 0.1));
        ramp.ramp_to(0.7);
        assert_eq!(ramp.at(0), 0.1);
        let last = ramp.at(TICK - 1);
        ramp.ramp_to(0.7);
        assert!((0.7 - last - 0.6 / TICK as f32).abs() < 1e-6);
        assert!(ramp.is_constant() && (0..TICK).all(|i| ramp.at(i) == 0.7));
    }

    proptest! {
        #[test]
        fn a_bent_line_goes_on_from_where_it_is(
            start in -1.0_f32..1.0,
            end in -1.0_f32..1.0,
            bent in -1.0_f32..1.0,
            from in 0..TICK,
        ) {
            let mut ramp = Ramp::new(start, end);
            let here = ramp.at(from);
            ramp.retarget_at(from, bent);
            // The extrapolated start may be up to 64 times as far away, which costs some bits.
            prop_assert!((ramp.at(from) - here).abs() < 1e-5, "{here} to {}", ramp.at(from));
            prop_assert_eq!(ramp.end(), bent);
            let step = (bent - here) / (TICK - from) as f32;
            for i in from + 1..TICK {
                prop_assert!((ramp.at(i) - ramp.at(i - 1) - step).abs() < 1e-5);
            }
        }

        #[test]
        fn a_slice_has_the_bits_of_its_places(
            start in -1.0_f32..1.0,
            end in -1.0_f32..1.0,
            cut in 0..=TICK,
        ) {
            let ramp = Ramp::new(start, end);
            let mut out = [0.0; TICK];
            ramp.fill(0, &mut out[..cut]);
            ramp.fill(cut, &mut out[cut..]);
            prop_assert!((0..TICK).all(|i| out[i].to_bits() == ramp.at(i).to_bits()));
        }

        #[test]
        fn a_line_bent_to_the_value_it_has_rests_there(
            start in -1.0_f32..1.0,
            end in -1.0_f32..1.0,
            from in 0..TICK,
        ) {
            let mut ramp = Ramp::new(start, end);
            let here = ramp.at(from);
            ramp.retarget_at(from, here);
            prop_assert!(ramp.is_constant());
            prop_assert_eq!(ramp.at(TICK - 1), here);
        }
    }
}
