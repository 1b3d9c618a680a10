//! Measurements of the instrument's specified properties, made through the built bundle in the user's units.
//!
//! `cargo xtask measure` prints the figures; the tests in `tests/suite/promises.rs` check a part of them against the
//! targets.

pub mod aliases;
pub mod controls;
pub mod delay;
pub mod headroom;
pub mod impulse;
pub mod instrument;
pub mod key_level;
pub mod level;
pub mod noise;
pub mod pitch;
pub mod presets;
pub mod promise;
pub mod reading;
pub mod renders;
pub mod reverb;
pub mod spectrum;
pub mod starts;
pub mod table;
pub mod workers;
