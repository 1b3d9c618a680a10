//! Effects behind the mixer and the instruments that watch levels: one noun per file.
//!
//! All of them live alike. `prepare` is the only one that allocates. `aim` is called at each tick and
//! sets out on straight lines to the settings; an effect that sleeps takes them over at once, since
//! nobody can hear it. `process` works in place on a piece that begins `phase` samples into the tick and
//! ends within it. Inside a tick everything is computed from the place in it or carried from sample to
//! sample, and whether to sleep is decided only in `aim`: so cutting a tick changes no bit.

mod chorus;
#[cfg(test)]
mod colour;
mod delay;
mod diffuser;
mod drive;
mod early;
mod fade;
mod limiter;
mod line;
mod meter;
mod network;
mod phasor;
mod reverb;
#[cfg(test)]
mod testing;
mod watch;

pub use chorus::{Chorus, ChorusSettings};
pub use delay::{Delay, DelaySettings};
pub use drive::{Drive, DriveSettings};
pub use limiter::Limiter;
pub use meter::{OverloadMeter, OverloadReading};
pub use reverb::{Reverb, ReverbSettings};

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
