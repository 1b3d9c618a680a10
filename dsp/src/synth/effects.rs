//! Effects behind the mixer and the instruments that watch levels: one noun per file.
//!
//! All effects have the same life-cycle, the trait [`Effect`]. Inside a tick everything is computed from the place in it or
//! carried from sample to sample, and an effect decides to sleep only in [`Effect::ramp_to`]: so cutting a tick changes no bit.

mod chorus;
#[cfg(test)]
mod colour;
mod crossfade;
mod delay;
mod delay_line;
mod diffuser;
mod drive;
mod early;
mod fdn;
mod limiter;
mod meter;
mod phasor;
mod reverb;
mod silence_gate;
#[cfg(test)]
mod testing;

pub use chorus::{Chorus, ChorusSettings};
pub use delay::{Delay, DelaySettings};
pub use drive::{Drive, DriveSettings};
pub use limiter::Limiter;
pub use meter::{OverloadMeter, OverloadReading};
pub use reverb::{Reverb, ReverbSettings};

/// A stereo effect. Its default value has no memory and has to be prepared first.
pub trait Effect: Default {
    /// The values that the effect moves to, as plain numbers.
    type Settings: Copy + Default;

    /// Takes memory for `sample_rate` in Hz, and resets. Allocates, as no other method does. A piece that is processed never
    /// exceeds a tick, so that no effect needs to know the host's largest block. `[gui]`
    fn prepare(&mut self, sample_rate: f32);

    /// Forgets every sound, and sleeps. Equal input after it gives equal bits. `[audio]`
    fn reset(&mut self);

    /// Sets out on straight lines for `settings`, at each tick. An effect that sleeps takes them over at once, because
    /// no jump of it is heard. `[audio]`
    fn ramp_to(&mut self, settings: &Self::Settings);

    /// Processes in place a piece that begins `phase` samples into the tick and ends within it. `[audio]`
    fn process(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]);

    /// Returns true if the effect is silent and costs next to nothing. `[audio]`
    fn is_idle(&self) -> bool;

    /// Returns the number of values that were not finite and were silenced since the last call. `[audio]`
    fn non_finite_count(&mut self) -> u32;

    /// All Sound Off: an inaudible rest that keeps the effect awake for long dies away within 5 ms. `[audio]`
    fn cut_off(&mut self) {}
}

/// `x` within `low..=high`; what is no number becomes `low`.
fn within(x: f32, low: f32, high: f32) -> f32 {
    if x >= low { x.min(high) } else { low }
}

/// The pole of the one-pole low-pass y += (1 − pole)·(x − y) that has its −3 dB point near `cutoff` Hz: the
/// discharge of a capacitor, seen once a sample.
fn pole(cutoff: f32, sample_rate: f32) -> f32 {
    // In double precision, so that what C libraries differ by is rounded away.
    f64::from(-std::f32::consts::TAU * (cutoff / sample_rate).min(0.49)).exp() as f32
}
