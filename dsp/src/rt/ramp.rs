//! A straight line across one tick.

use super::TICK;

/// A value that moves linearly from the start of a tick to the start of the next one.
///
/// The value at a sample is computed from its place in the tick instead of being accumulated, so
/// that cutting the tick into pieces changes no bit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp {
    start: f32,
    end: f32,
}

impl Ramp {
    /// A line from `start` at the first sample to `end` at the first one of the next tick.
    pub fn new(start: f32, end: f32) -> Self {
        Self { start, end }
    }

    /// A line that rests at `value`.
    pub fn constant(value: f32) -> Self {
        Self::new(value, value)
    }

    /// At a tick: goes on from where the last line ended, towards `end`.
    pub fn ramp_to(&mut self, end: f32) {
        *self = Self::new(self.end, end);
    }

    /// Within the tick: from the sample `from`, `0..TICK`, on it runs from the value that it has there
    /// to `end` at the end of the tick.
    ///
    /// The line stays a whole one: its start is moved to where the new course would have come from. So
    /// what lies before `from` is to be read before the line is bent.
    pub fn retarget_at(&mut self, from: usize, end: f32) {
        debug_assert!(from < TICK);
        let place = from as f64 / TICK as f64;
        let here = f64::from(self.at(from));
        // In `f64`, so that a line bent to the value that it has rests on exactly that.
        let start = (here - f64::from(end) * place) / (1.0 - place);
        *self = Self::new(start as f32, end);
    }

    /// The value `index` samples into the tick, `0..TICK`.
    #[inline(always)]
    pub fn at(&self, index: usize) -> f32 {
        self.start + (self.end - self.start) * (index as f32 * (1.0 / TICK as f32))
    }

    /// Writes the values from the sample `phase` on. `phase` and the length of `out` are at most [`TICK`]
    /// together.
    #[inline(always)]
    pub fn fill(&self, phase: usize, out: &mut [f32]) {
        debug_assert!(phase + out.len() <= TICK);
        let way = self.end - self.start;
        for (out, place) in out.iter_mut().zip(&PLACES[phase..]) {
            *out = self.start + way * place;
        }
    }

    /// The value that the tick starts on, or would have, had the line not been [bent](Self::retarget_at).
    pub fn start(&self) -> f32 {
        self.start
    }

    /// The value that the tick ends on.
    pub fn end(&self) -> f32 {
        self.end
    }

    /// Whether the whole tick holds `value`.
    pub fn is_constant_at(&self, value: f32) -> bool {
        self.start == value && self.end == value
    }

    /// Whether the whole tick holds one value.
    pub fn is_constant(&self) -> bool {
        self.start == self.end
    }
}

/// Where in the tick each sample lies; exact in `f32`.
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
            // The start may lie far outside (up to 64 times as far), which costs some bits.
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
