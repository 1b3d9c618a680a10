//! Mutants of the other parts of `rt`: the sequence lock of the metrics, the arena, the change batch.

use super::Check::{Model, Unit};
use super::Mutant;

const BOARD: &str = "dsp/src/rt/metrics/snapshot.rs";
const ARENA: &str = "dsp/src/rt/arena.rs";
const CHANGES: &str = "dsp/src/rt/changes.rs";

pub(super) const ROWS: &[Mutant] = &[
    // The sequence lock.
    Mutant::new(
        BOARD,
        "sequence.store(before + 1, Ordering::Relaxed);",
        "",
        Model("one_whole_content_or_none"),
        "A reader notices that the words are being written.",
    ),
    Mutant::new(
        BOARD,
        "fence(Ordering::Release);",
        "",
        Model("one_whole_content_or_none"),
        "A reader that sees a new word sees the odd sequence too.",
    )
    .quick(),
    Mutant::new(
        BOARD,
        "sequence.store(before + 2, Ordering::Release);",
        "sequence.store(before + 2, Ordering::Relaxed);",
        Model("one_whole_content_or_none"),
        "A reader that sees the even sequence sees all words.",
    ),
    Mutant::new(
        BOARD,
        "let before = sequence.load(Ordering::Acquire);",
        "let before = sequence.load(Ordering::Relaxed);",
        Model("one_whole_content_or_none"),
        "The other half of the same.",
    ),
    Mutant::new(
        BOARD,
        "fence(Ordering::Acquire);",
        "",
        Model("one_whole_content_or_none"),
        "The words are read before the sequence is looked at again.",
    )
    .quick(),
    Mutant::new(
        BOARD,
        "if before % 2 == 1 {",
        "if false {",
        Model("one_whole_content_or_none"),
        "Words that are being written are not read.",
    ),
    Mutant::new(
        BOARD,
        "if sequence.load(Ordering::Relaxed) == before {",
        "if true {",
        Model("one_whole_content_or_none"),
        "A copy during which the words changed is thrown away.",
    ),
    // The arena.
    Mutant::new(
        ARENA,
        "if lines > self.rest.len() {\n            self.refused.set(self.refused.get() + 1);\n            return None;\n        }",
        "",
        Unit("rt::arena"),
        "A full arena answers `None`; it does not panic.",
    ),
    Mutant::new(
        ARENA,
        ".map_or(usize::MAX, |bytes| bytes.div_ceil(ALIGNMENT));",
        ".map_or(0, |bytes| bytes.div_ceil(ALIGNMENT));",
        Unit("rt::arena"),
        "A length whose bytes do not fit a word is refused, not taken for none.",
    ),
    // The change batch.
    Mutant::new(
        CHANGES,
        "if self.held == self.stats.limit {",
        "if false {",
        Unit("rt::changes"),
        "A full batch is handed out before the next change comes in.",
    ),
    Mutant::new(
        CHANGES,
        "if latest.epoch == self.epoch {",
        "if true {",
        Unit("rt::changes"),
        "A change that was handed out is not replaced.",
    ),
    Mutant::new(
        CHANGES,
        "if earlier.time / TICK as u64 == change.time / TICK as u64 {",
        "if true {",
        Unit("rt::changes"),
        "Changes of different ticks are both kept.",
    ),
    Mutant::new(
        CHANGES,
        "self.epoch += 1;",
        "",
        Unit("rt::changes"),
        "A flush makes all that is remembered of the batch void.",
    ),
    Mutant::new(
        CHANGES,
        "(self.stats.limit * 2).min(self.batch.len())",
        "self.stats.limit * 2",
        Unit("rt::changes"),
        "A batch grows no further than its memory.",
    ),
];
