//! Compiles a topology to passes over a stretch of samples, each of which depends only on the ones before it.

use super::OPERATORS;

/// Set of operators, one bit each, operator 1 lowest.
pub(super) type Set = u8;

/// Returns true if `operator` is in `set`.
#[inline(always)]
pub(super) fn has(set: Set, operator: usize) -> bool {
    set & (1 << operator) != 0
}

/// Iterates over the operators in `set`, the highest first.
#[inline(always)]
pub(super) fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..OPERATORS)
        .rev()
        .filter(move |operator| has(set, *operator))
}

/// Operators that are computed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// An operator outside of any feedback loop.
    Straight(usize),
    /// Up to three operators, each modulated by the next higher one, and the highest by the lowest.
    Ring(Set),
    /// Any other operators that modulate each other in a loop.
    Circle(Set),
}

/// Passes in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Program {
    passes: [Pass; OPERATORS],
    length: usize,
}

impl Program {
    /// Compiles the operators in `active` to an order in which each comes after all that modulate it: the strongly
    /// connected components of the graph, sorted. Among components that are ready, the one with the highest operator comes
    /// first.
    ///
    /// `sources` are the modulators of each operator. The time is bounded and short: the graph has six nodes, and each of
    /// its rows is a byte.
    pub fn compile(sources: &[Set; OPERATORS], active: Set) -> Self {
        // Warshall's algorithm: all direct and indirect modulators of each operator.
        let mut hears = sources.map(|set| set & active);
        for over in members(active) {
            let through = hears[over];
            for set in &mut hears {
                if has(*set, over) {
                    *set |= through;
                }
            }
        }
        let circle = |of: usize| {
            members(hears[of])
                .filter(|other| has(hears[*other], of))
                .fold(1 << of, |set, other| set | (1 << other))
        };

        let mut program = Self::default();
        let mut left = active;
        while left != 0 {
            let ready = |operator: &usize| hears[*operator] & left & !circle(*operator) == 0;
            // Components of a graph do not form cycles, so that one is always ready.
            let Some(next) = members(left).find(ready) else {
                break;
            };
            let operators = circle(next);
            let pass = if !has(hears[next], next) {
                Pass::Straight(next)
            } else if is_ring(operators, sources) {
                Pass::Ring(operators)
            } else {
                Pass::Circle(operators)
            };
            program.passes[program.length] = pass;
            program.length += 1;
            left &= !operators;
        }
        program
    }

    /// Returns the passes in order.
    #[inline(always)]
    pub fn passes(&self) -> &[Pass] {
        &self.passes[..self.length]
    }
}

impl Default for Program {
    fn default() -> Self {
        Self {
            passes: [Pass::Straight(0); OPERATORS],
            length: 0,
        }
    }
}

/// Returns true if each of `operators` is modulated by the next higher one, and the highest by the lowest, with that
/// modulator added last.
fn is_ring(operators: Set, sources: &[Set; OPERATORS]) -> bool {
    let mut from = operators.trailing_zeros() as usize;
    operators.count_ones() <= 3
        && members(operators).all(|to| {
            let inside = sources[to] & operators == 1 << from;
            let last = from == to || sources[to] & ((1 << from) - 1) == 0;
            from = to;
            inside && last
        })
}
