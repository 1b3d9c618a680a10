//! What a topology is compiled to: passes over a stretch of samples, each ready when the ones before it are done.

use super::OPERATORS;

/// Operators, one bit each, operator 1 lowest.
pub(super) type Set = u8;

/// Whether `operator` is in `set`.
#[inline(always)]
pub(super) fn has(set: Set, operator: usize) -> bool {
    set & (1 << operator) != 0
}

/// The operators in `set`, the highest first.
#[inline(always)]
pub(super) fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..OPERATORS)
        .rev()
        .filter(move |operator| has(set, *operator))
}

/// Operators that are computed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// One that does not hear itself.
    Straight(usize),
    /// One to three of which each hears the next higher one, and the highest the lowest.
    Ring(Set),
    /// Any that hear each other in a circle.
    Circle(Set),
}

/// The passes in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Program {
    passes: [Pass; OPERATORS],
    length: usize,
}

impl Program {
    /// Puts the operators in `active` into an order in which each comes after all that modulate it: the strongly
    /// connected components of the graph, sorted. Of those that may come next, the one with the highest number does.
    ///
    /// `sources` are the modulators of each operator. The time that it takes is bounded and short: the graph has six
    /// nodes, and a row of it is a byte.
    pub fn compile(sources: &[Set; OPERATORS], active: Set) -> Self {
        // Warshall: all that each operator hears, over however many others.
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
            // The components of a graph have no circle among them, so one is always ready.
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

    /// The passes, the first one first.
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

/// Whether each of `operators` hears, last of all that it hears, the next higher one, and the highest the lowest.
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
