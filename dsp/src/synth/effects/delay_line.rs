//! A delay line: a ring buffer with the number of samples that have been written.
//!
//! Clearing resets that number instead of overwriting seconds of sound, so it costs the same at any length. Fractional
//! reads use Lagrange interpolation of fifth order, whose gain never exceeds 1, so that a feedback loop stays stable: T.
//! Laakso, V. Välimäki, M. Karjalainen, U. Laine, "Splitting the unit delay", IEEE Signal Processing Magazine 13 (1996).

use crate::rt::{Ramp, TICK};

/// Maximum number of samples that a piece of a tick reads through a [`Sweep`]: the piece itself, the distance that the head
/// moves meanwhile, and the neighbours that the interpolation needs.
const WINDOW: usize = 2 * TICK + 8;

/// A delay line of one channel. It is written a piece of a tick at a time, and read before or after each piece.
#[derive(Debug, Default)]
pub struct DelayLine {
    samples: Vec<f32>,
    /// Index of the next sample to be written, below the length.
    head: usize,
    written: usize,
}

/// A read head that moves on a straight line across a tick.
///
/// Whole samples and fraction are stored apart, so that a distant head moves as finely as a near one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sweep {
    whole: usize,
    part: Ramp,
}

impl DelayLine {
    /// Allocates memory to read `longest` samples back.
    pub fn prepare(&mut self, longest: usize) {
        // Whole ticks, so that a tick that begins at a multiple of its length is contiguous.
        let length = (longest + WINDOW).next_multiple_of(TICK);
        // NaN, because unwritten samples then cannot be taken for silence, and because the system would map pages of zeros
        // only at the first write, on the audio thread.
        self.samples = vec![f32::NAN; length];
        self.clear();
    }

    /// Discards everything written.
    pub fn clear(&mut self) {
        self.head = 0;
        self.written = 0;
    }

    /// Replaces everything written by NaN.
    #[cfg(test)]
    pub fn poison(&mut self) {
        self.samples.fill(f32::NAN);
    }

    /// Appends `input`.
    #[inline(always)]
    pub fn write(&mut self, input: &[f32]) {
        let length = self.samples.len();
        let at = self.head;
        self.head = wrapped(at + input.len(), length);
        self.written = (self.written + input.len()).min(length);
        if let (Ok(input), Some(room)) = (
            <&[f32; TICK]>::try_from(input),
            self.samples.get_mut(at..at + TICK),
        ) {
            room.copy_from_slice(input);
            return;
        }
        let (input, rest) = input.split_at(input.len().min(length - at));
        self.samples[at..at + input.len()].copy_from_slice(input);
        self.samples[..rest.len()].copy_from_slice(rest);
    }

    /// Fills `out` with the samples that begin `back` samples before the next write and end before it: `out.len() <= back`.
    /// Unwritten samples read as zero.
    #[inline(always)]
    pub fn read(&self, back: usize, out: &mut [f32]) {
        debug_assert!(out.len() <= back && back <= self.samples.len());
        let length = self.samples.len();
        let at = wrapped(self.head + length - back.min(length), length);
        if back <= self.written
            && let Ok(out) = <&mut [f32; TICK]>::try_from(&mut *out)
            && let Some(samples) = self.samples.get(at..at + TICK)
        {
            out.copy_from_slice(samples);
            return;
        }
        let silence = back.saturating_sub(self.written).min(out.len());
        let (silent, out) = out.split_at_mut(silence);
        silent.fill(0.0);
        let at = wrapped(at + silence, length);
        let (out, rest) = out.split_at_mut(out.len().min(length - at));
        out.copy_from_slice(&self.samples[at..at + out.len()]);
        rest.copy_from_slice(&self.samples[..rest.len()]);
    }

    /// Returns the `length` samples that begin `back` samples before the next write, if they are contiguous and all of them
    /// have been written.
    #[inline(always)]
    fn written_in_one_piece(&self, back: usize, length: usize) -> Option<&[f32]> {
        let total = self.samples.len();
        let at = wrapped(self.head + total - back.min(total), total);
        self.samples
            .get(at..at + length)
            .filter(|_| back <= self.written)
    }

    /// Fills `out`, which begins `phase` samples into the tick, with the samples at the distance `sweep` behind each.
    ///
    /// `written` is true if the line already holds the input of these samples. If it does, the head has to stay two samples
    /// behind; if not, two samples more than `out` is long.
    #[inline(always)]
    pub fn follow(&self, sweep: &Sweep, phase: usize, written: bool, out: &mut [f32]) {
        let count = out.len().min(TICK);
        let mut back = [0.0; TICK];
        let back = &mut back[..count];
        sweep.part.fill(phase, back);
        let whole = |back: f32| back as i32 as usize;
        let (first, last) = (whole(back[0]), whole(back[count - 1]));
        let most = first.max(last);
        let lead = if written { count } else { 0 };
        let (start, length) = (lead + sweep.whole + most + 3, count + most + 5);
        let mut copy = [0.0; WINDOW];
        let window = match self.written_in_one_piece(start, length) {
            Some(window) => window,
            None => {
                self.read(start, &mut copy[..length]);
                &copy[..length]
            }
        };
        let mut from = 0;
        while from < count {
            // While the whole part of the distance stays the same, this is a plain filter.
            let here = whole(back[from]);
            let until = if here == last {
                count
            } else {
                let stay = back[from..].iter().take_while(|back| whole(**back) == here);
                from + stay.count()
            };
            let near = &window[most + from - here..][..until - from + 5];
            let places = back[from..until].iter().zip(&mut out[from..until]);
            for (near, (back, out)) in near.windows(6).zip(places) {
                let place = back - here as f32;
                let [f, e, d, c, b, a] = [near[0], near[1], near[2], near[3], near[4], near[5]];
                *out = lagrange([a, b, c, d, e, f], place);
            }
            from = until;
        }
    }
}

impl Sweep {
    /// Moves from `from` samples back to `to` at the start of the next tick: both at least 2, and at most [`TICK`] apart.
    pub fn new(from: f64, to: f64) -> Self {
        // A NaN passes: the effect detects it in its output and restarts.
        debug_assert!((from - to).is_nan() || (from - to).abs() <= TICK as f64);
        let whole = from.min(to).floor();
        Self {
            whole: whole as usize,
            part: Ramp::new((from - whole) as f32, (to - whole) as f32),
        }
    }
}

/// Wraps an index that exceeds a ring of `length` samples by less than `length`.
#[inline(always)]
fn wrapped(place: usize, length: usize) -> usize {
    if place < length {
        place
    } else {
        place - length
    }
}

/// Lagrange interpolation of fifth order through six samples, each older than the one before, `place` of the way from the
/// third to the fourth.
#[inline(always)]
fn lagrange([a, b, c, d, e, f]: [f32; 6], place: f32) -> f32 {
    let outer = (place + 2.0) * (place - 3.0);
    let middle = (place + 1.0) * (place - 2.0);
    let inner = place * (place - 1.0);
    middle * inner * (1.0 / 120.0) * (f * (place + 2.0) - a * (place - 3.0))
        + outer * inner * (1.0 / 24.0) * (b * (place - 2.0) - e * (place + 1.0))
        + outer * middle * (1.0 / 12.0) * (d * place - c * (place - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_where_it_is_due_and_nothing_before() {
        let mut line = DelayLine::default();
        line.prepare(200);
        let mut count = 0;
        for length in [1, 32, 7, 32, 32, 20].into_iter().cycle().take(100) {
            let input: Vec<f32> = (0..length).map(|n| (count + n + 1) as f32).collect();
            line.write(&input);
            count += length;
            for back in [1, 5, 32, 33, 100, 200] {
                let mut out = vec![f32::NAN; back.min(32)];
                line.read(back, &mut out);
                for (n, out) in out.iter().enumerate() {
                    let want = (count + n + 1) as isize - back as isize;
                    assert_eq!(*out, want.max(0) as f32, "{back} back after {count}");
                }
            }
        }
        line.clear();
        let mut out = [1.0; 32];
        line.read(200, &mut out);
        assert_eq!(out, [0.0; 32]);
    }

    #[test]
    fn a_moving_head_reads_a_polynomial_exactly_and_whole_places_untouched() {
        let curve = |t: f64| t * 0.2 - t * t * 0.01 + (t * 0.1).powi(3) * 0.2 - (t * 0.02).powi(5);
        let mut line = DelayLine::default();
        line.prepare(100);
        for n in 0..4 {
            let input: Vec<f32> = (0..32)
                .map(|m| curve(f64::from(n * 32 + m)) as f32)
                .collect();
            line.write(&input);
        }
        for (from, to) in [
            (2.0, 2.0),
            (5.0, 5.0),
            (40.25, 43.5),
            (60.0, 30.5),
            (2.5, 34.0),
        ] {
            let sweep = Sweep::new(from, to);
            let mut out = [0.0; TICK];
            line.follow(&sweep, 0, true, &mut out);
            for (n, out) in out.iter().enumerate() {
                let back = from + (to - from) * n as f64 / TICK as f64;
                let want = curve((96 + n) as f64 - back);
                assert!((f64::from(*out) - want).abs() < 1e-4, "{from} to {to}");
                assert!(from != to || *out == want as f32);
            }
            let mut cut = [0.0; TICK];
            line.follow(&sweep, 0, true, &mut cut);
            assert_eq!(cut, out);
        }
    }

    #[test]
    fn between_samples_nothing_grows() {
        for step in 0..=20 {
            for frequency in 1..50 {
                let angle = std::f64::consts::PI * f64::from(frequency) / 50.0;
                let gain = |quarter: f64| {
                    let places = [2.0, 1.0, 0.0, -1.0, -2.0, -3.0];
                    let x = places.map(|n: f64| (angle * n + quarter).cos() as f32);
                    f64::from(lagrange(x, step as f32 * 0.05))
                };
                let gain = gain(0.0).hypot(gain(-std::f64::consts::FRAC_PI_2));
                assert!(gain < 1.0 + 1e-6, "{gain}");
            }
        }
    }
}
