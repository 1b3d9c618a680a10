//! Residuals of band-limited discontinuities, the difference from naive ones: integrals of a windowed sinc.
//!
//! E. Brandt, "Hard Sync Without Aliasing", ICMC 2001, for the step; F. Esqueda, V. Välimäki, S. Bilbao, "Rounding
//! Corners with BLAMP", DAFx 2016, for the ramp. The sinc has a Kaiser window and linear phase, so that the residual
//! begins half a kernel before the event: the naive wave is delayed by [`DELAY`] samples, and the residual is added to
//! the delayed output.

use std::array::from_fn;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Length of a residual in samples.
pub const TAPS: usize = 32;
/// Delay of the naive wave in samples.
pub const DELAY: usize = TAPS / 2;

/// Subsample positions of the event that have a row of their own; positions in between are interpolated linearly.
const PLACES: usize = 128;
/// Shape parameter of the Kaiser window for a stop band at −85 dB. With 32 taps it begins at 7/6 of half the sample rate,
/// and the pass band ends at 5/6 of it: 28 and 20 kHz at 48 kHz, so that aliases stay above 20 kHz.
const BETA: f64 = 8.41;
/// Integration steps from one position to the next.
const STEPS: usize = 4;
/// Positions per sample at which the kernel itself is computed: the ends and the middles of the steps.
const GRID: usize = 2 * PLACES * STEPS;

/// Residual of one order: a row of taps for each subsample position of the event.
type Table = [[f32; TAPS]; PLACES + 1];

/// Order of a discontinuity: the derivative that jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The value: a step.
    Step = 0,
    /// The slope, in units per sample: a ramp.
    Ramp = 1,
    /// The second derivative: a parabola.
    Curve = 2,
    /// The third derivative.
    Cubic = 3,
}

/// Residuals of discontinuities of every order.
#[derive(Debug)]
pub struct Kernel {
    tables: Box<[Table; 4]>,
}

impl Kernel {
    /// Returns the only instance. The first call computes it, which allocates and takes milliseconds.
    pub fn get() -> &'static Self {
        static KERNEL: LazyLock<Kernel> = LazyLock::new(Kernel::new);
        &KERNEL
    }

    /// Returns the taps for an event of height 1 that lies `since` samples (0 to 1) before the next sample. The tap at
    /// [`DELAY`] belongs to that sample.
    #[inline(always)]
    pub fn taps(&self, order: Order, since: f32) -> [f32; TAPS] {
        let place = since.clamp(0.0, 1.0) * PLACES as f32;
        let row = (place as usize).min(PLACES - 1);
        let way = place - row as f32;
        let table = &self.tables[order as usize];
        let (here, next) = (&table[row], &table[row + 1]);
        from_fn(|tap| here[tap] + way * (next[tap] - here[tap]))
    }

    fn new() -> Self {
        let mut tables = vec![[[0.0; TAPS]; PLACES + 1]; 4];
        let reach = DELAY as f64;
        let step = 1.0 / (PLACES * STEPS) as f64;
        let impulse = Impulse::new();
        let mut here = impulse.at(0);
        // The integrals of the kernel from its beginning to x: the smoothed step, ramp, parabola and cubic.
        let mut integrals = [0.0; 4];
        for n in 0..=TAPS * PLACES {
            let (tap, place) = (n / PLACES, n % PLACES);
            let x = -reach + n as f64 / PLACES as f64;
            let mut put = |tap: usize, place: usize| {
                // At x = 0 the tap decides on which side of the event the sample lies.
                let after = if tap >= DELAY { 1.0 } else { 0.0 };
                let sharp = [
                    after,
                    after * x,
                    after * x * x / 2.0,
                    after * x * x * x / 6.0,
                ];
                for order in 0..4 {
                    tables[order][place][tap] = (integrals[order] - sharp[order]) as f32;
                }
            };
            if tap < TAPS {
                put(tap, place);
            }
            if place == 0 && tap > 0 {
                put(tap - 1, PLACES);
            }
            for k in 0..STEPS {
                let place = 2 * (n * STEPS + k);
                let middle = impulse.at(place + 1);
                let next = impulse.at(place + 2);
                // Simpson's rule.
                let area = (here + 4.0 * middle + next) * step / 6.0;
                here = next;
                let [step_, ramp, curve, cubic] = integrals;
                // Taylor series from the integrals below.
                integrals = [
                    step_ + area,
                    ramp + step * (step_ + middle * step / 2.0),
                    curve + step * (ramp + step * (step_ / 2.0 + middle * step / 6.0)),
                    cubic + step * (curve + step * (ramp / 2.0 + step * step_ / 6.0)),
                ];
            }
        }
        let tables = tables.into_boxed_slice().try_into().expect("four tables");
        Self { tables }
    }
}

/// The symmetric kernel, stored from its beginning to its middle: a value at each [`GRID`]th of a sample.
///
/// The kernel is a sinc with its cutoff at half the sample rate, in a Kaiser window, minus a hump with zero sum and no
/// edges that cancels its second moment. Without it, the smoothed parabola would end beside the naive one, and the cubic
/// farther off.
struct Impulse(Vec<f64>);

impl Impulse {
    fn new() -> Self {
        let x = |n: usize| n as f64 / GRID as f64;
        let places: Vec<_> = (0..=DELAY * GRID).map(x).collect();
        let window = windows(&places);
        let sinc: Vec<_> = places.iter().map(|x| sharp_sinc(*x)).collect();
        // Moments by Simpson's rule over one half, at every fourth place.
        let moment = |f: &dyn Fn(usize) -> f64, power: i32| -> f64 {
            let half = 0.5 / PLACES as f64;
            let last = DELAY * PLACES * 2;
            let weighted = (0..=last).map(|n| {
                let weight = match n {
                    0 => 1.0,
                    n if n == last => 1.0,
                    n => 2.0 + 2.0 * (n % 2) as f64,
                };
                let x = n as f64 * half;
                weight * f(n * GRID / (2 * PLACES)) * x.powi(power)
            });
            2.0 * weighted.sum::<f64>() * half / 3.0
        };
        let plain = |n: usize| window[n];
        let windowed = |n: usize| sinc[n] * window[n];
        let mean = moment(&plain, 2) / moment(&plain, 0);
        let hump = |n: usize| window[n] * (places[n] * places[n] - mean);
        let hump_of_sinc = moment(&windowed, 2) / moment(&hump, 2);
        let whole = moment(&windowed, 0);
        let values = window.iter().zip(&sinc).zip(&places);
        let values = values
            .map(|((window, sinc), x)| window * (sinc - hump_of_sinc * (x * x - mean)) / whole);
        Self(values.collect())
    }

    /// Returns the value `place` [`GRID`]ths of a sample from the beginning of the kernel; the last value beyond the end.
    fn at(&self, place: usize) -> f64 {
        let last = self.0.len() - 1;
        self.0[place.abs_diff(last).min(last)]
    }
}

/// Returns the Kaiser window, except for a factor, at `places` in samples from its middle. The modified Bessel function
/// of the first kind and order zero is computed by its series: from the last relevant term inwards, without divisions,
/// and several places side by side.
fn windows(places: &[f64]) -> Vec<f64> {
    const TERMS: usize = 24;
    const FACTORS: [f64; TERMS] = {
        let mut factors = [0.0; TERMS];
        let mut k = 0;
        while k < TERMS {
            factors[k] = 0.25 / ((k + 1) * (k + 1)) as f64;
            k += 1;
        }
        factors
    };
    let squares = places.iter().map(|x| {
        let place = (x / DELAY as f64).clamp(-1.0, 1.0);
        let x = BETA * (1.0 - place * place).sqrt();
        x * x
    });
    let squares: Vec<_> = squares.collect();
    let mut sums = vec![1.0; places.len()];
    for (sums, squares) in sums.chunks_mut(8).zip(squares.chunks(8)) {
        for factor in FACTORS.iter().rev() {
            for (sum, square) in sums.iter_mut().zip(squares) {
                *sum = 1.0 + square * factor * *sum;
            }
        }
    }
    sums
}

fn sharp_sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}
