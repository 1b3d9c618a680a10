//! Mutants of the frame pool.

use super::Check::{Model, Unit};
use super::Mutant;

const STACK: &str = "dsp/src/rt/pool/stack.rs";
const SLAB: &str = "dsp/src/rt/pool/storage.rs";
const FRAME: &str = "dsp/src/rt/pool/frame.rs";
const LOCAL: &str = "dsp/src/rt/pool/local.rs";
const KEEPER: &str = "dsp/src/rt/pool/maintainer.rs";
const POOL: &str = "dsp/src/rt/pool.rs";

pub(super) const ROWS: &[Mutant] = &[
    // The stack.
    Mutant::new(
        STACK,
        "((self.0 & !CLOSED) >> 32) + 1",
        "(self.0 & !CLOSED) >> 32",
        Model("the_same_top_and_count_over_another_link"),
        "A head that looks as before over a list that is another one lets a stale exchange succeed (ABA).",
    )
    .quick(),
    Mutant::new(
        STACK,
        "head.0,\n                    new.0,\n                    Ordering::Release,",
        "head.0,\n                    new.0,\n                    Ordering::Relaxed,",
        Model("the_local_list_and_remote_releases"),
        "The holder's writes need not be visible to the next one who pops the frame.",
    ),
    Mutant::new(
        STACK,
        "let mut head = Head(self.head.load(Ordering::Acquire));",
        "let mut head = Head(self.head.load(Ordering::Relaxed));",
        Model("a_link_is_at_least_as_new_as_the_head"),
        "A link older than the head puts an index on the stack that another thread holds.",
    )
    .quick(),
    Mutant::new(
        STACK,
        "new.0,\n                Ordering::Relaxed,\n                Ordering::Acquire,",
        "new.0,\n                Ordering::Relaxed,\n                Ordering::Relaxed,",
        Model("the_same_top_and_count_over_another_link"),
        "The failed exchange is the load of the next attempt, so the same holds for it.",
    ),
    Mutant::new(
        STACK,
        "count < most.min(head.count()) && rest != NONE",
        "count < most && rest != NONE",
        Model("several_are_taken_at_once_from_a_list_that_grows"),
        "A list that another thread lengthens is followed past the count of the head, which underflows.",
    ),
    Mutant::new(
        STACK,
        "count < most.min(head.count()) && rest != NONE",
        "count < most.min(head.count())",
        Model("several_are_taken_at_once_from_a_list_that_shrinks"),
        "A list that another thread shortens ends before the count of the head, and NONE is no index.",
    ),
    Mutant::new(
        STACK,
        "if head.closed() {\n                return Err(Closed);",
        "if false {\n                return Err(Closed);",
        Model("the_pool_is_freed_once"),
        "A frame that is pushed onto a closed stack is never counted, and the pool never freed.",
    )
    .quick(),
    Mutant::new(
        STACK,
        "fetch_or(CLOSED, Ordering::Acquire)",
        "fetch_or(CLOSED, Ordering::Relaxed)",
        Model("the_pool_is_freed_once"),
        "The pool is freed without the writes of those who pushed before it was closed.",
    ),
    Mutant::new(
        STACK,
        "new.0,\n                    Ordering::Release,\n                    Ordering::Relaxed,\n                )\n            };\n            match swapped {\n                Ok(_) => return Ok(()),\n                Err(now) => head = Head(now),",
        "new.0,\n                    Ordering::Release,\n                    Ordering::Relaxed,\n                )\n            };\n            match swapped {\n                Ok(_) | Err(_) => return Ok(()),",
        Model("two_threads_never_get_the_same_frame"),
        "A push that does not try again loses the frame.",
    ),
    // Counts and closing.
    Mutant::new(
        SLAB,
        "outstanding.fetch_add(change, Ordering::AcqRel)",
        "outstanding.fetch_add(change, Ordering::Acquire)",
        Model("the_pool_is_freed_once"),
        "Who frees the pool has to see what the holders did who were counted before: they release it.",
    )
    .quick(),
    Mutant::new(
        SLAB,
        "outstanding.fetch_add(change, Ordering::AcqRel)",
        "outstanding.fetch_add(change, Ordering::Release)",
        Model("the_pool_is_freed_once"),
        "Who frees the pool has to see what the holders did who were counted before: it acquires it.",
    ),
    Mutant::new(
        SLAB,
        "if before + change == 0 {",
        "if before + change <= 0 {",
        Model("the_pool_is_freed_once"),
        "Frames that come home between closing and adding up make the number negative, not the pool unused.",
    ),
    Mutant::new(
        SLAB,
        "class.cache.close() + if class.bytes == 0 { 0 } else { ready }",
        "class.cache.close() + ready",
        Model("the_pool_is_freed_once"),
        "Slots that wait for adopted memory are no frames that came home.",
    ),
    Mutant::new(
        SLAB,
        "slot.home = if slot.cached.load(Ordering::Relaxed) {",
        "slot.home = if !slot.cached.load(Ordering::Relaxed) {",
        Unit("adopted_memory_is_used_in_place"),
        "A frame goes home to the stack of its tier, or the maintainer never finds it.",
    ),
    // Handles and the local end.
    Mutant::new(
        POOL,
        "handles.fetch_sub(1, AcqRel) == 1",
        "handles.fetch_sub(1, Acquire) == 1",
        Model("the_last_handle_closes_after"),
        "The last handle frees what the others used: they release their use.",
    )
    .quick(),
    Mutant::new(
        POOL,
        "handles.fetch_sub(1, AcqRel) == 1",
        "handles.fetch_sub(1, crate::rt::sync::Ordering::Release) == 1",
        Model("the_last_handle_closes_after"),
        "The last handle frees what the others used: it acquires their use.",
    ),
    Mutant::new(
        POOL,
        "handles.fetch_sub(1, AcqRel) == 1",
        "handles.fetch_sub(1, AcqRel) <= 2",
        Model("the_last_handle_closes_after"),
        "The last handle closes, not the one before it.",
    ),
    Mutant::new(
        POOL,
        "local_taken.swap(true, Acquire)",
        "local_taken.swap(true, Relaxed)",
        Model("the_next_local_end_goes_on_counting"),
        "The next holder of the local end counts on from the stores of the one before.",
    )
    .quick(),
    Mutant::new(
        LOCAL,
        "local_taken.store(false, Release)",
        "local_taken.store(false, Relaxed)",
        Model("the_next_local_end_goes_on_counting"),
        "The other half of the hand-over.",
    ),
    Mutant::new(
        POOL,
        "local_taken.swap(true, Acquire);",
        "local_taken.load(Acquire);\n        self.inner().local_taken.store(true, Relaxed);",
        Model("the_next_local_end_goes_on_counting"),
        "Two threads that ask at once must not both get the local end.",
    ),
    Mutant::new(
        POOL,
        "(!taken).then(|| LocalPool::new(self.clone()))",
        "(taken || !taken).then(|| LocalPool::new(self.clone()))",
        Unit("frames_outlive_their_pool"),
        "There is one local end.",
    ),
    Mutant::new(
        POOL,
        ".compare_exchange_weak(held, after, Relaxed, Relaxed)",
        ".compare_exchange_weak({ self.bytes.store(after, Relaxed); after }, after, Relaxed, Relaxed)",
        Model("two_who_adopt_at_once"),
        "Bytes that are read and stored in two steps let two threads pass the limit together.",
    ),
    Mutant::new(
        POOL,
        ".filter(|sum| *sum <= self.max_bytes)",
        "",
        Unit("oversize_and_unwanted_data"),
        "The pool holds no more than its limit.",
    ),
    Mutant::new(
        POOL,
        ".find(|class| class.bytes >= bytes)",
        ".find(|class| class.bytes + 64 >= bytes)",
        Unit("one_class_serves_every_type"),
        "A frame has room for what is asked for.",
    ),
    Mutant::new(
        POOL,
        "inner.bytes.fetch_sub(bytes, Relaxed);\n            inner.adopted.counters.denials",
        "inner.adopted.counters.denials",
        Unit("memory_that_was_not_adopted"),
        "Bytes reserved for what is refused are given back, or the limit shrinks with each refusal.",
    ),
    // Frames.
    Mutant::new(
        FRAME,
        "if self.slot().refs.load(Ordering::Acquire) != 1 {",
        "if self.slot().refs.load(Ordering::Relaxed) != 1 {",
        Model("a_shared_frame_becomes_writable"),
        "What the others read, they have read before it is written again.",
    )
    .quick(),
    Mutant::new(
        FRAME,
        "if self.slot().refs.load(Ordering::Acquire) != 1 {",
        "if self.slot().refs.load(Ordering::Acquire) > 2 {",
        Unit("the_last_of_several_holders"),
        "A frame that somebody else reads is not written to.",
    ),
    Mutant::new(
        FRAME,
        "refs.load(Ordering::Acquire) == 1 ||",
        "refs.load(Ordering::Relaxed) == 1 ||",
        Model("the_last_holder_gives_back"),
        "The only holder left gives back what the others have read.",
    ),
    Mutant::new(
        FRAME,
        "refs.fetch_sub(1, Ordering::AcqRel) == 1",
        "refs.fetch_sub(1, Ordering::Acquire) == 1",
        Model("the_last_holder_gives_back"),
        "Who lets go releases what it read.",
    ),
    Mutant::new(
        FRAME,
        "refs.fetch_sub(1, Ordering::AcqRel) == 1",
        "refs.fetch_sub(1, Ordering::Release) == 1",
        Model("the_last_holder_gives_back"),
        "The last to let go acquires what the others read.",
    ),
    Mutant::new(
        FRAME,
        "refs.fetch_sub(1, Ordering::AcqRel) == 1",
        "refs.fetch_sub(1, Ordering::AcqRel) <= 2",
        Model("the_last_holder_gives_back"),
        "Only the last to let go gives back.",
    ),
    Mutant::new(
        FRAME,
        "slot.refs.store(1, Ordering::Relaxed);",
        "",
        Unit("the_last_of_several_holders"),
        "A frame that becomes shared has one holder.",
    ),
    Mutant::new(
        FRAME,
        "if before > u32::MAX / 2 {",
        "if false {",
        Unit("too_many_clones_abort"),
        "A count that wraps gives back a frame that is held.",
    ),
    // The local end.
    Mutant::new(
        LOCAL,
        "if own.class() != self.usual.class || self.usual.at_hand.is_some() {",
        "if own.class() != self.usual.class {",
        Unit("the_local_list_hands_over"),
        "The slot at hand is not forgotten for another one.",
    ),
    Mutant::new(
        LOCAL,
        "if own.class() != self.usual.class || self.usual.at_hand.is_some() {",
        "if self.usual.at_hand.is_some() {",
        Unit("a_release_to_the_wrong_pool"),
        "A frame of another class or pool does not become the one at hand.",
    ),
    Mutant::new(
        LOCAL,
        "Some(list) if list.class.as_ptr().cast_const() == own.class() => {",
        "Some(list) if true => {",
        Unit("a_release_to_the_wrong_pool"),
        "A frame of another pool goes home to that pool.",
    ),
    Mutant::new(
        LOCAL,
        "if self.count == MOST {\n            self.hand_over(BATCH);\n        }",
        "",
        Unit("the_local_list_hands_over"),
        "A full list hands over half of itself.",
    ),
    Mutant::new(
        LOCAL,
        "let stack = if slot.cached.load(Relaxed) {",
        "let stack = if false {",
        Unit("what_the_local_end_hands_over_goes_to_its_own_tier"),
        "Slots of tier two go back to where the maintainer finds them.",
    ),
    Mutant::new(
        LOCAL,
        "if let Some(slot) = self.usual.at_hand.take() {\n            self.lists",
        "if let (Some(slot), true) = (self.usual.at_hand.take(), false) {\n            self.lists",
        Unit("the_local_list_hands_over"),
        "The slot at hand goes back with the others.",
    ),
    // The maintainer.
    Mutant::new(
        KEEPER,
        "if self.idle(class, round) && self.free(class) > self.low_water {",
        "if self.free(class) > self.low_water {",
        Unit("the_maintainer_leaves_a_class_that_is_in_use"),
        "Frames of a class that is in use are not trimmed only to be added again.",
    ),
    Mutant::new(
        KEEPER,
        "if self.idle(class, round) && self.free(class) > self.low_water {",
        "if self.idle(class, round) {",
        Unit("the_maintainer_leaves_a_class_that_is_in_use"),
        "The reserve is not trimmed.",
    ),
    Mutant::new(
        KEEPER,
        "if self.free(other) <= self.low_water || !self.trim(other) {",
        "if !self.trim(other) {",
        Unit("the_class_that_was_used_least_recently"),
        "Room is not made at the cost of another class's reserve.",
    ),
    Mutant::new(
        KEEPER,
        "others.sort_by_key(|other| inner.classes[*other].counters.last_used.load(Relaxed));",
        "others.sort_by_key(|other| std::cmp::Reverse(inner.classes[*other].counters.last_used.load(Relaxed)));",
        Unit("the_class_that_was_used_least_recently"),
        "Room is made where it is missed least.",
    ),
];
