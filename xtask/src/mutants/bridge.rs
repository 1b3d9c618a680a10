//! Mutants of the bridge.

use super::Check::{Model, Unit};
use super::Mutant;

const MAILBOX: &str = "dsp/src/rt/bridge/mailbox.rs";
const SENDER: &str = "dsp/src/rt/bridge/sender.rs";
const RECEIVER: &str = "dsp/src/rt/bridge/receiver.rs";
const CONTROL: &str = "dsp/src/rt/bridge/control.rs";
const LIMITS: &str = "dsp/src/rt/bridge/limits.rs";
const BOARD: &str = "dsp/src/rt/bridge/counters.rs";

pub(super) const ROWS: &[Mutant] = &[
    // The mailbox.
    Mutant::new(
        MAILBOX,
        "cell.number.store(self.sent, Ordering::Release)",
        "cell.number.store(self.sent, Ordering::Relaxed)",
        Model("letters_arrive_in_order"),
        "The message is written before its number says that it is there.",
    )
    .quick(),
    Mutant::new(
        MAILBOX,
        "cell.number.load(Ordering::Acquire) !=",
        "cell.number.load(Ordering::Relaxed) !=",
        Model("letters_arrive_in_order"),
        "The message is read after its number.",
    ),
    Mutant::new(
        MAILBOX,
        "self.ring.read.0.store(self.read, Ordering::Release)",
        "self.ring.read.0.store(self.read, Ordering::Relaxed)",
        Model("letters_arrive_in_order"),
        "The message is read before the count says so, or the sender writes over it.",
    ),
    Mutant::new(
        MAILBOX,
        "self.ring.read.0.load(Ordering::Acquire)",
        "self.ring.read.0.load(Ordering::Relaxed)",
        Model("letters_arrive_in_order"),
        "The sender writes over a message after it has seen that it was read.",
    )
    .quick(),
    Mutant::new(
        MAILBOX,
        "if self.sent == self.room && !self.make_room() {",
        "if false {",
        Model("letters_arrive_in_order"),
        "A full ring takes nothing more.",
    ),
    Mutant::new(
        MAILBOX,
        "self.sent < self.room\n    }",
        "self.sent <= self.room\n    }",
        Model("letters_arrive_in_order"),
        "A full ring takes nothing more.",
    ),
    Mutant::new(
        MAILBOX,
        "!= self.read + 1 {",
        "< self.read {",
        Model("letters_arrive_in_order"),
        "A cell holds the message that comes next, or none.",
    ),
    Mutant::new(
        MAILBOX,
        "if cell.number.load(Ordering::Relaxed) > read {",
        "if false {",
        Model("both_ends_go"),
        "A message that was never read is dropped with the ring, or its frame never comes home.",
    ),
    Mutant::new(
        MAILBOX,
        "if cell.number.load(Ordering::Relaxed) > read {",
        "if cell.number.load(Ordering::Relaxed) > 0 {",
        Model("letters_arrive_in_order"),
        "A message that was read is not dropped a second time.",
    ),
    // The sender.
    Mutant::new(
        SENDER,
        "slot.generation = slot.generation.wrapping_add(1);",
        "",
        Unit("an_overdue_frame_is_replaced"),
        "A late frame is told from the one that took its number by the generation.",
    )
    .quick(),
    Mutant::new(
        SENDER,
        "if self.set.identity(identity.id) == identity {",
        "if true {",
        Unit("an_overdue_frame_is_replaced"),
        "A late frame becomes a spare.",
    ),
    Mutant::new(
        SENDER,
        "if identity.epoch != self.set.epoch {\n                // Of an earlier set",
        "if false {\n                // Of an earlier set",
        Unit("resizing_in_full_flight"),
        "A frame of an earlier set goes home to the pool.",
    ),
    Mutant::new(
        SENDER,
        "if identity.epoch != self.set.epoch {\n            // Filled across",
        "if false {\n            // Filled across",
        Unit("resizing_in_full_flight"),
        "A draft of an earlier set has another length, and a number that another frame has.",
    ),
    Mutant::new(
        SENDER,
        "if identity.epoch == self.set.epoch {\n            self.set.ready",
        "if true {\n            self.set.ready",
        Unit("a_draft_put_back_across_a_resize"),
        "A draft of an earlier set goes home to the pool.",
    ),
    Mutant::new(
        SENDER,
        "if self.now - self.oldest > timeout {",
        "if false {",
        Unit("an_overdue_frame_is_replaced"),
        "What is overdue is written off.",
    ),
    Mutant::new(
        SENDER,
        "if self.now - since <= timeout {",
        "if false {",
        Unit("only_what_is_overdue_is_written_off"),
        "What is not overdue is not written off.",
    ),
    Mutant::new(
        SENDER,
        "self.oldest = self.oldest.min(since);",
        "",
        Unit("only_what_is_overdue_is_written_off"),
        "The oldest frame that is still out decides when to look next.",
    ),
    Mutant::new(
        SENDER,
        "self.now = now.max(self.now);",
        "self.now = now;",
        Unit("a_clock_that_goes_back"),
        "A clock that goes back does not underflow.",
    ),
    Mutant::new(
        SENDER,
        "if self.set.slots[id].location != FrameLocation::Vacant {",
        "if false {",
        Unit("a_consumer_that_sleeps_for_ten_seconds"),
        "A spare takes a number that has no frame.",
    ),
    Mutant::new(
        SENDER,
        "if self.settings.stale.is_full() {\n            return;\n        }",
        "",
        Unit("a_set_is_never_freed_by_the_sender"),
        "A set for which there is no way back would be freed on the audio thread.",
    ),
    Mutant::new(
        SENDER,
        "if self.in_flight > 0 && !self.stalled() && self.now - self.last_sign > limit {",
        "if !self.stalled() && self.now - self.last_sign > limit {",
        Unit("a_bridge_with_nothing_out_does_not_stall"),
        "A consumer that has nothing to return does not stall.",
    ),
    Mutant::new(
        SENDER,
        "if self.in_flight > 0 && !self.stalled() && self.now - self.last_sign > limit {",
        "if self.in_flight > 0 && self.now - self.last_sign > limit {",
        Unit("a_stall_is_seen_once"),
        "A stall counts once.",
    ),
    Mutant::new(
        SENDER,
        "if !self.stalled() {\n                self.last_sign = self.now;\n            }",
        "",
        Unit("a_stall_is_seen_once"),
        "The time in which nothing was out is no stall.",
    ),
    // The receiver.
    Mutant::new(
        RECEIVER,
        "self.counters.receiver().gone.store(true, Relaxed);",
        "",
        Unit("either_end_may_go_first"),
        "A reader learns that the consumer is gone for good.",
    ),
    Mutant::new(
        RECEIVER,
        "if n >= usize::from(self.stamp.channels) {\n            return &[];\n        }",
        "",
        Unit("a_frame_arrives_with_its_header"),
        "A channel that there is not is empty.",
    ),
    // The control.
    Mutant::new(
        CONTROL,
        ".map_err(|_| ResizeError::Busy)?;",
        ".ok();",
        Unit("resizing_in_full_flight"),
        "A change that the audio thread has not taken is not replaced unseen.",
    ),
    Mutant::new(
        CONTROL,
        "let epoch = self.epoch.wrapping_add(1);",
        "let epoch = self.epoch;",
        Unit("resizing_in_full_flight"),
        "Frames of an earlier set are told from those of this one by the epoch.",
    ),
    Mutant::new(
        LIMITS,
        "if range.contains(&value) {",
        "if true {",
        Unit("what_is_out_of_range_names_itself"),
        "A layout out of range is refused.",
    ),
    // The counters that other threads read.
    Mutant::new(
        BOARD,
        "let same = (sent ^ seen) & 0xffff_ffff_ffff == 0;",
        "let same = true;",
        Unit("what_the_receiver_says_of_another_generation"),
        "What the receiver says of an earlier frame under the number says nothing of this one.",
    ),
];
