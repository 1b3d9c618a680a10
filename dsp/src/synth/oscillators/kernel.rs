//! What a band-limited jump or corner has that a sharp one has not: the residual of a windowed sinc, integrated.
//!
//! E. Brandt, "Hard Sync Without Aliasing", ICMC 2001, for the step; F. Esqueda, V. Välimäki, S. Bilbao, "Rounding
//! Corners with BLAMP", DAFx 2016, for the ramp. The sinc has a Kaiser window and linear phase, so that the smoothing
//! begins half a kernel before the event: the sharp wave is delayed by [`DELAY`] samples, and the residual is added
//! to what has not yet come out.

use std::array::from_fn;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Samples over which a residual reaches.
pub const TAPS: usize = 32;
/// Samples by which the sharp wave is delayed.
pub const DELAY: usize = TAPS / 2;

/// Places of the event between two samples that have a row of their own; between these it is a straight line.
const PLACES: usize = 128;
/// Kaiser's shape for a stop band at −85 dB. With 32 taps it begins at 7/6 of half the sample rate, and the pass band
/// ends at 5/6 of it: 28 and 20 kHz at 48 kHz, so that what folds back stays above 20 kHz.
const BETA: f64 = 8.41;
/// Steps of the integration from one place to the next.
const STEPS: usize = 4;

/// The residual, a row of taps for each place of the event between two samples.
type Table = [[f32; TAPS]; PLACES + 1];

/// What jumps at an event.
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

/// Residuals of events of every order.
#[derive(Debug)]
pub struct Kernel {
    tables: Box<[Table; 4]>,
}

impl Kernel {
    /// The one there is. The first call makes it, which allocates and takes milliseconds.
    pub fn get() -> &'static Self {
        static KERNEL: LazyLock<Kernel> = LazyLock::new(Kernel::new);
        &KERNEL
    }

    /// The taps for an event of height 1 that was `since` samples (0 to 1) before the sample that comes after it. The
    /// tap of that sample itself is the one at [`DELAY`].
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
        let impulse = impulse();
        let mut here = impulse(-reach);
        // The integrals of the kernel from its beginning to x: the smoothed step, ramp, parabola and cubic.
        let mut integrals = [0.0; 4];
        for n in 0..=TAPS * PLACES {
            let (tap, place) = (n / PLACES, n % PLACES);
            let x = -reach + n as f64 / PLACES as f64;
            let mut put = |tap: usize, place: usize| {
                // At x = 0 the tap tells on which side of the event it is.
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
                let middle = impulse(x + (k as f64 + 0.5) * step);
                let next = impulse(x + (k as f64 + 1.0) * step);
                // Simpson's rule.
                let area = (here + 4.0 * middle + next) * step / 6.0;
                here = next;
                let [step_, ramp, curve, cubic] = integrals;
                // Each one by the Taylor series of the ones below it.
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

/// The kernel, as a function of the samples from its middle: a sinc that ends at half the sample rate, in Kaiser's
/// window, and as much of a hump with neither sum nor edges as takes its second moment away. Without that, the smoothed
/// parabola would end beside the sharp one, and the cubic farther off.
fn impulse() -> impl Fn(f64) -> f64 {
    // By Simpson's rule over one half: all of them are the same on both sides.
    let moment = |f: &dyn Fn(f64) -> f64, power: i32| -> f64 {
        let half = 0.5 / PLACES as f64;
        let last = DELAY * PLACES * 2;
        let weighted = (0..=last).map(|n| {
            let weight = match n {
                0 => 1.0,
                n if n == last => 1.0,
                n => 2.0 + 2.0 * (n % 2) as f64,
            };
            let x = n as f64 * half;
            weight * f(x) * x.powi(power)
        });
        2.0 * weighted.sum::<f64>() * half / 3.0
    };
    let mean = moment(&window, 2) / moment(&window, 0);
    let hump = move |x: f64| window(x) * (x * x - mean);
    let hump_of_sinc = moment(&sinc, 2) / moment(&hump, 2);
    let whole = moment(&sinc, 0);
    move |x| {
        let window = window(x);
        window * (sharp_sinc(x) - hump_of_sinc * (x * x - mean)) / whole
    }
}

/// Kaiser's window, `x` samples from its middle, but for a factor.
fn window(x: f64) -> f64 {
    let place = (x / DELAY as f64).clamp(-1.0, 1.0);
    bessel(BETA * (1.0 - place * place).sqrt())
}

/// The windowed sinc.
fn sinc(x: f64) -> f64 {
    sharp_sinc(x) * window(x)
}

fn sharp_sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// The modified Bessel function of the first kind and order zero for x up to [`BETA`], by its series: from the last term that
/// counts inwards, with no division on the way.
fn bessel(x: f64) -> f64 {
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
    let square = x * x;
    FACTORS
        .iter()
        .rev()
        .fold(1.0, |sum, factor| 1.0 + square * factor * sum)
}
