//! The topology of the FM operators.

use super::*;

once! { Fm, "FM" {
    /// Algorithm: which operators modulate which.
    FmAlgorithm: "fm_algorithm", "Algorithm", choice(&ALGORITHMS, 0);
} }
