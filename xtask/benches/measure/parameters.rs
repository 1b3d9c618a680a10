//! Measures parameters on their way to the sound: the smoothing bank and the change batch, beside nice-plug's
//! smoothers.

mod bank;
mod dense;
mod updates;

pub use dense::{AUTOMATED, Curves, EVERY};
use xtask::report::Row;

use crate::rounds::{Rounds, Times};

const SAMPLE_RATE: f32 = 48_000.0;
const PARAMETERS: usize = 64;
const BLOCK: usize = 512;

/// Adds all series.
pub fn add(rounds: &mut Rounds) {
    bank::add(rounds);
    updates::add(rounds);
    dense::add(rounds);
}

/// Returns the rows of the parameters, beside nice-plug's smoothers.
pub fn rows(times: &Times) -> Vec<Row> {
    [bank::rows(times), updates::rows(times), dense::rows(times)].concat()
}
