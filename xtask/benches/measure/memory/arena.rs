//! Measures the scratch arena, and how much it saves in a block.

use std::hint::black_box;

use tidepool_dsp::rt::Arena;
use xtask::report::{Group, Row};

use crate::rounds::{Rounds, Times, row};

const BLOCK: usize = 128;
const CHECKOUTS: usize = 16;
/// Number of voice groups that are rendered, and number of voices in a group.
const GROUPS: usize = 2;
const LANES: usize = 8;
/// Buffers of a group while it is rendered: two oscillators and a modulation.
const PER_GROUP: usize = 3;

/// Adds single checkouts, and the buffers of a whole block in both ways.
pub fn add(rounds: &mut Rounds) {
    let mut arena = Arena::new(CHECKOUTS * Arena::bytes_for::<f32>(BLOCK));
    rounds.add("checkout", CHECKOUTS as f64, move || {
        let mut scope = arena.scope();
        for _ in 0..CHECKOUTS {
            black_box(scope.take::<f32>(black_box(BLOCK)));
        }
    });

    let mut arena = Arena::new(64 << 10);
    rounds.add("block, arena", 1.0, move || from_arena(&mut arena));
    rounds.add("block, vec", 1.0, from_vecs);
}

/// Returns the time of a checkout, and the share of the buffers' time that the arena saves.
pub fn rows(times: &Times) -> Vec<Row> {
    let saving: Vec<_> = times
        .of("block, arena")
        .iter()
        .zip(times.of("block, vec"))
        .map(|(arena, vec)| 100.0 * (1.0 - arena / vec))
        .collect();
    vec![
        Row {
            target: Some(2.0),
            ..row(Group::Memory, "arena_checkout", "ns", times.of("checkout"))
        },
        Row {
            target: Some(60.0),
            at_least: true,
            ..row(
                Group::Memory,
                "pooling_saving",
                "% of the naive way",
                &saving,
            )
        },
    ]
}

/// Allocates and releases the buffers of one block of 16 voices without using them, so that only the buffers are
/// measured: for each group of voices a stereo bus, which has to be silent at first, and buffers of lanes that are
/// written before they are read, so that their first contents do not matter.
fn from_arena(arena: &mut Arena) {
    let mut block = arena.scope();
    for _ in 0..GROUPS {
        for _ in 0..2 {
            black_box(block.take_zeroed::<f32>(black_box(BLOCK)));
        }
        let mut group = block.nested();
        for _ in 0..PER_GROUP {
            black_box(group.take::<f32>(black_box(LANES * BLOCK)));
        }
    }
}

/// Allocates the same buffers in the naive way, a `Vec` for each, which cannot avoid writing the lanes twice.
fn from_vecs() {
    let zeros = |length| black_box(vec![0.0_f32; black_box(length)]);
    let mut buses = [const { Vec::new() }; 2 * GROUPS];
    for group in buses.chunks_mut(2) {
        group.fill_with(|| zeros(BLOCK));
        black_box([(); PER_GROUP].map(|()| zeros(LANES * BLOCK)));
    }
    black_box(buses);
}
