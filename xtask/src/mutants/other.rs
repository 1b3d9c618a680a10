//! Mutants that show what the sanitizers and the allocation checks find.

use super::Check::{Allocation, Sanitizer};
use super::Mutant;

const ENGINE: &str = "dsp/src/engine.rs";
const MAILBOX: &str = "dsp/src/rt/bridge/mailbox.rs";
const SLAB: &str = "dsp/src/rt/pool/storage.rs";

const PROCESS: &str =
    "pub fn process(&mut self, block: Block<'_>, port: &mut impl NotePort) -> Status {";
/// The same text with an allocation as the first statement, which the compiler must not optimize away.
const ALLOCATING: &str = "pub fn process(&mut self, block: Block<'_>, port: &mut impl NotePort) -> Status {\n        drop(std::hint::black_box(vec![0_u8; 64]));";

pub(super) const ROWS: &[Mutant] = &[
    Mutant::new(
        ENGINE,
        PROCESS,
        ALLOCATING,
        Allocation,
        "The audio thread never allocates.",
    ),
    Mutant::new(
        ENGINE,
        PROCESS,
        ALLOCATING,
        Sanitizer {
            name: "realtime",
            words: "--test engine",
            finding: "RealtimeSanitizer: unsafe-library-call",
        },
        "The audio thread never allocates.",
    ),
    Mutant::new(
        MAILBOX,
        "cell.number.store(self.sent, Ordering::Release)",
        "cell.number.store(self.sent, Ordering::Relaxed)",
        Sanitizer {
            name: "thread",
            words: "--lib rt::bridge",
            finding: "ThreadSanitizer: data race",
        },
        "A message is written before its number says that it is there.",
    ),
    Mutant::new(
        SLAB,
        "if before + change == 0 {",
        "if before + change >= 0 {",
        Sanitizer {
            name: "address",
            words: "--lib frames_outlive_their_pool",
            finding: "AddressSanitizer: heap-use-after-free",
        },
        "A pool that frees its memory under a frame that is still held.",
    ),
    Mutant::new(
        SLAB,
        "unsafe { dealloc(memory.as_ptr(), layout) }",
        "",
        Sanitizer {
            name: "address",
            words: "--lib all_frames_are_free_at_first",
            finding: "LeakSanitizer: detected memory leaks",
        },
        "A pool that does not free its memory.",
    ),
];
