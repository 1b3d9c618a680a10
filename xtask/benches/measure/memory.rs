//! Measures the real-time memory: arena, pool and bridge, beside other implementations.

mod arena;
mod bridge;
mod companion;
mod pool;
mod sharing;
mod treiber;

use core_affinity::CoreId;
use xtask::report::Row;

use crate::rounds::{Rounds, Times};

/// Adds all series; second threads run on `core`.
pub fn add(rounds: &mut Rounds, core: Option<CoreId>) {
    arena::add(rounds);
    pool::add(rounds, core);
    sharing::add(rounds, core);
    bridge::add(rounds, core);
}

/// Returns the rows of the real-time memory, each beside another implementation.
pub fn rows(times: &Times) -> Vec<Row> {
    [
        arena::rows(times),
        pool::rows(times),
        sharing::rows(times),
        bridge::rows(times),
    ]
    .concat()
}
