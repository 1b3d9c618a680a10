//! Measures frames of 4 KiB that are shared.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use core_affinity::CoreId;
use heapless::arc_pool;
use heapless::pool::arc::ArcBlock;
use xtask::report::{Group, Row};

use super::companion::{CONTENDED, add_alone_and_contended};
use super::pool::{FRAMES, SAMPLES, pool, twice};
use super::treiber::Treiber;
use crate::rounds::{Rounds, Times, anchored, row};

/// Buffer without contents, so that no implementation has to copy any.
type Buffer = MaybeUninit<[f32; SAMPLES]>;

arc_pool!(ArcPool: Buffer);

/// Adds the pool and the other implementations: a buffer is acquired, shared, held by two, and released by both; and
/// the same without the first and the last step.
pub fn add(rounds: &mut Rounds, core: Option<CoreId>) {
    add_alone_and_contended(rounds, core, "share", || {
        let pool = pool();
        let mut local = pool.local().expect("it has no other holder");
        let work = move || {
            if let Some(frame) = local.acquire::<f32>(black_box(SAMPLES)) {
                let first = frame.share();
                let second = first.clone();
                black_box(second.as_ptr());
                drop(second);
                local.release_shared(first);
            }
        };
        let hammer = move || {
            if let Some(frame) = pool.acquire::<f32>(black_box(SAMPLES)) {
                black_box(frame.share().clone().as_ptr());
            }
        };
        (work, hammer)
    });
    add_alone_and_contended(rounds, core, "share, treiber", || {
        twice(Treiber::new(FRAMES), share_by_treiber)
    });
    for _ in 0..FRAMES {
        // The pool needs blocks that live for ever.
        ArcPool.manage(Box::leak(Box::new(ArcBlock::new())));
    }
    add_alone_and_contended(rounds, core, "share, heapless", || {
        (share_by_heapless, share_by_heapless)
    });
    add_alone_and_contended(rounds, core, "share, arc", || (share_by_arc, share_by_arc));

    add_alone_and_contended(rounds, core, "clone", || {
        let frame = pool().acquire::<f32>(SAMPLES).expect("the pool is full");
        twice(frame.share(), |frame| {
            black_box(frame.clone().as_ptr());
        })
    });
    add_alone_and_contended(rounds, core, "clone, arc", || {
        let slice: Arc<[f32]> = vec![0.0; SAMPLES].into();
        twice(slice, |slice| {
            black_box(slice.clone().as_ptr());
        })
    });
}

/// Returns the pool's rows beside those of the other implementations.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, ours, anchor, theirs, target) in [
        (
            "frame_acquire_share_drop",
            "share",
            "Treiber stack with counts",
            "share, treiber",
            Some(0.6),
        ),
        (
            "share_drop_vs_heapless_arc",
            "share",
            "heapless arc pool",
            "share, heapless",
            None,
        ),
        (
            "share_drop_vs_arc",
            "share",
            "Arc with malloc",
            "share, arc",
            None,
        ),
        (
            "clone_drop_vs_arc",
            "clone",
            "Arc<[f32]>",
            "clone, arc",
            None,
        ),
    ] {
        let alone = row(Group::Memory, name, "ns", times.of(ours));
        rows.push(anchored(Row { target, ..alone }, anchor, times.of(theirs)));
        let [ours, theirs] = [ours, theirs].map(|series| format!("{series}{CONTENDED}"));
        let name = format!("{name}_contended");
        let contended = row(Group::Memory, &name, "ns", times.of(&ours));
        rows.push(anchored(contended, anchor, times.of(&theirs)));
    }
    rows
}

fn share_by_treiber(stack: &Treiber) {
    let Some(index) = stack.pop() else {
        return;
    };
    let holders = &stack.node(index).holders;
    holders.store(1, Relaxed);
    holders.fetch_add(1, Relaxed);
    black_box(index);
    for _ in 0..2 {
        if holders.fetch_sub(1, AcqRel) == 1 {
            stack.push(index);
        }
    }
}

fn share_by_heapless() {
    if let Ok(first) = ArcPool.alloc(Buffer::uninit()) {
        let second = first.clone();
        black_box(second.as_ptr());
        drop(second);
        drop(first);
    }
}

fn share_by_arc() {
    let first = Arc::<[f32]>::new_uninit_slice(black_box(SAMPLES));
    let second = first.clone();
    black_box(second.as_ptr());
    drop(second);
    drop(first);
}
