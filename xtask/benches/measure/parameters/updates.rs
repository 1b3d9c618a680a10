//! Measures a thousand changes a second of each of 64 parameters, in a batch per tick and set one by one.
//!
//! Setting one by one is the way of a plugin that has smoothers but no batches: a change is passed to its smoother on
//! its own sample, which cuts the block there, and then every parameter computes its values up to the next change
//! (`next_block`), because any of them may be moving. In a batch, a change waits for the next tick, where the last one
//! of each parameter is passed to the bank, and moving parameters are written tick by tick. Both write all values of
//! all parameters, which here move all the time, for one parameter after the other into the same kind of memory, in the
//! same styles, 20 ms each.
//!
//! The gain depends on the times of the changes. In `batched_updates` each parameter changes at times of its own, so
//! that there is little more than a sample between two changes. In `batched_updates_together` all parameters change at
//! once every millisecond, the best case for setting one by one. `batched_updates_alone` leaves out the values: it only
//! passes the changes, for the bank with batch and ticks.

use std::hint::black_box;

use nice_plug_core::params::smoothing::{Smoother, SmoothingStyle};
use tidepool_dsp::rt::{
    Arena, BatchConfig, CONTROLS_PER_BLOCK, Change, Changes, SmoothingBank, Style, TICK,
};
use xtask::report::{Group, Row};

use super::{BLOCK, PARAMETERS, SAMPLE_RATE};
use crate::hash::hash;
use crate::rounds::{Rounds, Times, anchored, row};

/// Number of samples between two changes of a parameter.
const EVERY: usize = 48;
/// Number of blocks in one measurement, after which the changes repeat.
const BLOCKS: usize = 3;
const SPAN: usize = BLOCKS * BLOCK;
const MILLISECONDS: f32 = 20.0;

type Bank = SmoothingBank<{ PARAMETERS / CONTROLS_PER_BLOCK }>;

/// Adds the bank and nice-plug's smoothers.
pub fn add(rounds: &mut Rounds) {
    for (name, changes) in [("", spread()), (", together", together())] {
        let (mut ours, mut theirs) = (Ours::default(), Theirs::default());
        let mut arena = arena();
        let list = changes.clone();
        rounds.add(format!("batched{name}"), BLOCKS as f64, move || {
            let mut scope = arena.scope();
            let values = scope.take(TICK).expect("a slice of the arena");
            ours.play(&list, |bank| {
                for lane in 0..PARAMETERS {
                    if bank.is_constant(lane) {
                        continue;
                    }
                    bank.fill(lane, 0, values);
                    black_box(&mut *values);
                }
            });
        });
        let mut arena = self::arena();
        rounds.add(format!("one by one{name}"), BLOCKS as f64, move || {
            let mut scope = arena.scope();
            let values = scope.take(BLOCK).expect("a slice of the arena");
            theirs.play(&changes, |smoother, length| {
                smoother.next_block(values, length);
                black_box(&mut *values);
            });
        });
    }

    let changes = spread();
    let count = changes.len() as f64;
    let mut ours = Ours::default();
    let list = changes.clone();
    rounds.add("batched, alone", count, move || {
        ours.play(&list, |bank| {
            black_box(bank);
        });
    });
    let theirs = Theirs::default();
    rounds.add("one by one, alone", count, move || {
        for change in black_box(&changes) {
            theirs.set(change);
        }
    });
}

/// Returns one row for each.
pub fn rows(times: &Times) -> Vec<Row> {
    let ours = |name: &str, unit: &str, series: &str, target, hash| {
        let row = Row {
            target,
            hash,
            ..row(
                Group::Parameters,
                name,
                unit,
                times.of(&format!("batched{series}")),
            )
        };
        anchored(row, "one by one", times.of(&format!("one by one{series}")))
    };
    let block = "ns per block";
    vec![
        ours(
            "batched_updates",
            block,
            "",
            Some(0.15),
            Some(fingerprint(&spread())),
        ),
        ours(
            "batched_updates_together",
            block,
            ", together",
            None,
            Some(fingerprint(&together())),
        ),
        ours(
            "batched_updates_alone",
            "ns per change",
            ", alone",
            None,
            None,
        ),
    ]
}

/// Returns the hash of a fifth of a second.
fn fingerprint(changes: &[Change]) -> String {
    let mut ours = Ours::default();
    let mut heard = Vec::new();
    for _ in 0..6 {
        ours.play(changes, |bank| {
            for lane in 0..PARAMETERS {
                let from = heard.len();
                heard.resize(from + TICK, 0.0);
                bank.fill(lane, 0, &mut heard[from..]);
            }
        });
    }
    hash(&heard)
}

/// Batch and bank.
struct Ours {
    changes: Changes,
    bank: Bank,
}

impl Default for Ours {
    fn default() -> Self {
        let mut bank = Bank::default();
        for lane in 0..PARAMETERS {
            let style = [Style::Linear, Style::Logarithmic, Style::Exponential][lane % 3];
            let ticks = MILLISECONDS / 1000.0 * SAMPLE_RATE / TICK as f32;
            bank.set_shape(lane, style, ticks as u32);
            bank.jump_to(lane, 0.5);
        }
        Self {
            changes: Changes::new(PARAMETERS, BatchConfig::default()),
            bank,
        }
    }
}

impl Ours {
    /// Processes the span tick by tick, and calls `show` with the bank in each.
    fn play(&mut self, changes: &[Change], mut show: impl FnMut(&mut Bank)) {
        let mut to_come = black_box(changes).iter().peekable();
        let bank = &mut self.bank;
        for end in (TICK..=SPAN).step_by(TICK) {
            while let Some(change) = to_come.next_if(|change| change.time < end as u64) {
                self.changes.push(*change, |change| {
                    bank.set_target(change.control.into(), change.value)
                });
            }
            self.changes
                .flush(|change| bank.set_target(change.control.into(), change.value));
            bank.tick();
            show(bank);
        }
    }
}

/// Smoothers, one for each parameter.
struct Theirs(Vec<Smoother<f32>>);

impl Default for Theirs {
    fn default() -> Self {
        let styles = [
            SmoothingStyle::Linear(MILLISECONDS),
            SmoothingStyle::Logarithmic(MILLISECONDS),
            SmoothingStyle::Exponential(MILLISECONDS),
        ];
        let smoother = |parameter: usize| {
            let smoother = Smoother::new(styles[parameter % 3].clone());
            smoother.reset(0.5);
            smoother
        };
        Self((0..PARAMETERS).map(smoother).collect())
    }
}

impl Theirs {
    fn set(&self, change: &Change) {
        self.0[usize::from(change.control)].set_target(SAMPLE_RATE, change.value);
    }

    /// Processes the span change by change, and calls `show` with every smoother and the number of samples up to the
    /// next change. A host's blocks cut the span too.
    fn play(&mut self, changes: &[Change], mut show: impl FnMut(&Smoother<f32>, usize)) {
        let mut to_come = black_box(changes).iter().peekable();
        let mut at = 0;
        while at < SPAN {
            while let Some(change) = to_come.next_if(|change| change.time as usize <= at) {
                self.set(change);
            }
            let block = (at + 1).next_multiple_of(BLOCK);
            let end = to_come
                .peek()
                .map_or(block, |change| block.min(change.time as usize));
            for smoother in &self.0 {
                show(smoother, end - at);
            }
            at = end;
        }
    }
}

/// Returns changes of each parameter once within each millisecond, at times of its own.
fn spread() -> Vec<Change> {
    changes(|random| (random >> 16) as usize % EVERY)
}

/// Returns changes of all parameters at the start of each millisecond.
fn together() -> Vec<Change> {
    changes(|_| 0)
}

/// Returns changes in order of time. `moment` turns a random number into an offset within a millisecond.
fn changes(mut moment: impl FnMut(u32) -> usize) -> Vec<Change> {
    // Knuth and Lewis, "quick and dirty".
    let mut random = 1_u32;
    let mut draw = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random
    };
    let mut changes: Vec<_> = (0..SPAN)
        .step_by(EVERY)
        .flat_map(|start| (0..PARAMETERS).map(move |lane| (start, lane)))
        .map(|(start, lane)| Change {
            control: lane as u16,
            value: 0.1 + 0.8 * (draw() as f32 / u32::MAX as f32),
            time: (start + moment(draw())) as u64,
        })
        .collect();
    changes.sort_by_key(|change| change.time);
    changes
}

fn arena() -> Arena {
    Arena::new(Arena::bytes_for::<f32>(BLOCK))
}
