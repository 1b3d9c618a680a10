//! Topology of the FM operators.

use super::*;

once! { Fm, "FM" {
    /// Algorithm: the modulators of each operator.
    FmAlgorithm: "fm_algorithm", "Algorithm", choice(&ALGORITHMS, 0);
} }
