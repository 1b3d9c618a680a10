//! Effects behind the mixer, and level meters: one noun per file.
//!
//! All effects have the same life-cycle, the trait [`Effect`]. Within a tick everything is computed from the phase or
//! carried from sample to sample, and an effect goes idle only in [`Effect::ramp_to`]: so splitting a tick changes no bit.

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
    /// Values that the effect ramps to, as plain numbers.
    type Settings: Copy + Default;

    /// Allocates memory for `sample_rate` in Hz, and resets; no other method allocates. A piece that is processed never
    /// exceeds a tick, so that no effect needs the host's maximum block size. `[gui]`
    fn prepare(&mut self, sample_rate: f32);

    /// Clears all sound and goes idle. Equal input after it gives equal bits. `[audio]`
    fn reset(&mut self);

    /// At a tick: ramps to `settings` across the tick. An idle effect jumps to them, because no jump of it is heard.
    /// `[audio]`
    fn ramp_to(&mut self, settings: &Self::Settings);

    /// Processes in place a piece that begins `phase` samples into the tick and ends within it. `[audio]`
    fn process(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]);

    /// Returns true if the effect is silent and costs next to nothing. `[audio]`
    fn is_idle(&self) -> bool;

    /// Returns the number of values that were not finite and were silenced since the last call. `[audio]`
    fn non_finite_count(&mut self) -> u32;

    /// All Sound Off: lets an inaudible tail that keeps the effect from going idle for long decay within 5 ms. `[audio]`
    fn cut_off(&mut self) {}
}

/// Clamps `x` to `low..=high`; NaN becomes `low`.
fn within(x: f32, low: f32, high: f32) -> f32 {
    if x >= low { x.min(high) } else { low }
}

/// Returns the pole of the one-pole low-pass y += (1 − pole)·(x − y) that has its −3 dB point near `cutoff` Hz: the sampled
/// discharge of a capacitor.
fn pole(cutoff: f32, sample_rate: f32) -> f32 {
    // In double precision, so that differences between C libraries are rounded away.
    f64::from(-std::f32::consts::TAU * (cutoff / sample_rate).min(0.49)).exp() as f32
}
