use proptest::prelude::*;

use super::*;
use crate::rt::TICK;

const STYLES: [Style; 3] = [Style::Linear, Style::Exponential, Style::Logarithmic];

type Bank = SmoothingBank<2>;
/// A control in the second block.
const LANE: usize = 21;

/// Returns a bank of which every control has the same shape, and [`LANE`] is idle at `from`.
fn bank(style: Style, ticks: u32, from: f32) -> Bank {
    let mut bank = Bank::default();
    for control in 0..Bank::CONTROLS {
        bank.set_shape(control, style, ticks);
    }
    bank.jump_to(LANE, from);
    bank
}

fn some_style() -> impl Strategy<Value = Style> {
    prop::sample::select(STYLES.to_vec())
}

fn some_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        Just(0.0_f32),
        Just(-0.0_f32),
        -1.0_f32..1.0,
        -20_000.0_f32..20_000.0,
        1e-6_f32..1e6,
    ]
}

/// Often very few ticks, for which counting is most error-prone.
fn some_ticks() -> impl Strategy<Value = u32> {
    prop_oneof![0..4_u32, 0..200_u32]
}

/// Returns the bits of all observable state of a bank.
fn seen(bank: &Bank) -> Vec<[u32; 3]> {
    let control = |control| {
        let ramp = bank.ramp(control);
        [ramp.start(), ramp.end(), bank.target(control)].map(f32::to_bits)
    };
    let moves = (0..2).map(|block| [bank.block_moves(block).into(), 0, 0]);
    (0..Bank::CONTROLS).map(control).chain(moves).collect()
}

/// Advances `bank` by `ticks` ticks.
pub(super) fn skip(bank: &mut Bank, ticks: u64) {
    for _ in 0..ticks {
        bank.tick();
    }
}

/// Returns the value of a style's ideal curve after a part of the ramp, 0 to 1, in `f64`.
pub(super) fn ideal(style: Style, from: f64, to: f64, part: f64) -> f64 {
    match style {
        Style::Exponential => {
            let share = 1e-4_f64;
            let scale = (from - to) / (1.0 - share);
            from - scale + scale * share.powf(part)
        }
        Style::Logarithmic if from * to > 0.0 => from * (to / from).powf(part),
        Style::Linear | Style::Logarithmic => from + (to - from) * part,
    }
}

proptest! {
    #[test]
    fn a_lane_arrives_on_the_bit_and_on_time(
        style in some_style(),
        ticks in some_ticks(),
        from in some_value(),
        interruptions in prop::collection::vec((some_value(), 1..30_u64), 0..4),
        to in some_value(),
    ) {
        let mut bank = bank(style, ticks, from);
        for (target, after) in interruptions {
            bank.set_target(LANE, target);
            skip(&mut bank, after);
        }
        let (before, meant) = (bank.value(LANE), bank.target(LANE));
        bank.set_target(LANE, to);
        // A control already moving to the same target keeps its pace, which another test covers.
        if meant == to {
            return Ok(());
        }

        let (low, high) = (before.min(to), before.max(to));
        let mut last = before;
        for _ in 0..ticks.max(1) {
            prop_assert_eq!(bank.target(LANE), to);
            bank.tick();
            prop_assert!(bank.block_moves(1));
            prop_assert_eq!(bank.ramp(LANE).start(), last);
            // Neither back nor past the target.
            let value = bank.value(LANE);
            prop_assert!(low <= value && value <= high);
            prop_assert!((value - last) * (to - before) >= 0.0);
            last = value;
        }
        prop_assert_eq!(last, to);
        bank.tick();
        prop_assert!(!bank.block_moves(1) && bank.is_constant(LANE));
        prop_assert_eq!(bank.value(LANE).to_bits(), (to + 0.0).to_bits());
    }

    #[test]
    fn a_launched_lane_goes_on_from_its_sample_and_arrives_on_time(
        style in some_style(),
        ticks in some_ticks(),
        from in some_value(),
        before in some_value(),
        phase in 0..TICK,
        to in some_value(),
    ) {
        let mut bank = bank(style, 9, from);
        bank.set_target(LANE, before);
        skip(&mut bank, 4);
        if before == to {
            return Ok(());
        }
        bank.set_shape(LANE, style, ticks);
        let here = bank.ramp(LANE).at(phase);
        bank.retarget_now(LANE, phase, to);

        let reach = from.abs().max(before.abs()).max(to.abs());
        // The extrapolated start of the line costs bits, more of them the later it is retargeted.
        let near = 1e-5 * reach;
        let ramp = bank.ramp(LANE);
        prop_assert!((ramp.at(phase) - here).abs() <= near, "{here} to {ramp:?}");
        let (low, high) = (here.min(to) - near, here.max(to) + near);
        prop_assert!((phase..TICK).all(|i| low <= ramp.at(i) && ramp.at(i) <= high));
        prop_assert!(bank.block_moves(1));
        for _ in 0..ticks {
            let end = bank.value(LANE);
            bank.tick();
            prop_assert!(bank.block_moves(1));
            prop_assert_eq!(bank.ramp(LANE).start(), end);
        }
        prop_assert_eq!(bank.value(LANE).to_bits(), (to + 0.0).to_bits());
        bank.tick();
        prop_assert!(bank.is_constant(LANE) && !bank.block_moves(1));
    }

    #[test]
    fn no_sample_steps_further_than_the_ramp_allows(
        style in some_style(),
        ticks in some_ticks(),
        // 0: at the tick; others: retargeted within it.
        phase in 0..TICK,
        range in prop::sample::select(vec![
            (0.0_f32, 1.0_f32), (1.0, 0.0), (0.001, 4.0), (4.0, 0.001), (-1.0, 1.0), (-3.0, -0.1),
        ]),
    ) {
        let (from, to) = range;
        let mut bank = bank(style, ticks, from);
        let mut samples = vec![from];
        let length = if phase == 0 {
            bank.set_target(LANE, to);
            f64::from(ticks.max(1))
        } else {
            bank.retarget_now(LANE, phase, to);
            let ramp = bank.ramp(LANE);
            samples.extend((phase..TICK).map(|i| ramp.at(i)));
            f64::from(ticks) + (TICK - phase) as f64 / TICK as f64
        };
        for _ in 0..ticks + 2 {
            bank.tick();
            let mut tick = [0.0; TICK];
            bank.fill(LANE, 0, &mut tick);
            samples.extend(tick);
        }
        // The steepest slope of each ideal curve.
        let way = f64::from((to - from).abs());
        let slope = match style {
            Style::Exponential => 1e4_f64.ln() / (1.0 - 1e-4) * way,
            Style::Logarithmic if from * to > 0.0 => {
                f64::from(to / from).ln().abs() * f64::from(from.abs().max(to.abs()))
            }
            Style::Linear | Style::Logarithmic => way,
        };
        let most = slope / (length * TICK as f64);
        for pair in samples.windows(2) {
            let step = f64::from(pair[1] - pair[0]);
            prop_assert!(step.abs() <= most + 1e-5 * way, "{step} of {most}");
        }
        prop_assert_eq!(samples.last(), Some(&to));
    }

    #[test]
    fn when_and_how_often_it_was_told_within_a_tick_cannot_be_heard(
        style in some_style(),
        ticks in some_ticks(),
        noise in prop::collection::vec(some_value(), 0..5),
        repeats in 1..4_usize,
        from in some_value(),
        to in some_value(),
    ) {
        let (mut once, mut often) = (bank(style, ticks, from), bank(style, ticks, from));
        once.set_target(LANE, to);
        for value in noise {
            often.set_target(LANE, value);
        }
        for _ in 0..ticks + 3 {
            for _ in 0..repeats {
                often.set_target(LANE, to);
            }
            once.tick();
            often.tick();
            prop_assert_eq!(seen(&once), seen(&often));
        }
    }

    #[test]
    fn slices_have_the_bits_of_the_ramp(
        phase in 0..TICK,
        cut in 0..TICK,
        style in some_style(),
        to in some_value(),
    ) {
        let mut bank = bank(style, 7, 0.4);
        bank.set_target(LANE, to);
        skip(&mut bank, 3);
        let ramp = bank.ramp(LANE);
        let mut out = [0.0; TICK];
        let out = &mut out[phase..];
        let cut = cut.min(out.len());
        bank.fill(LANE, phase, &mut out[..cut]);
        bank.fill(LANE, phase + cut, &mut out[cut..]);
        let equal = |(n, value): (usize, &f32)| value.to_bits() == ramp.at(phase + n).to_bits();
        prop_assert!(out.iter().enumerate().all(equal));
    }
}

#[test]
fn every_style_follows_its_formula() {
    for style in STYLES {
        for (from, to) in [
            (0.25, 1.0),
            (1.0, 0.001),
            (-2.0, -0.5),
            (0.0, 3.0),
            (-1.0, 1.0),
        ] {
            for ticks in [2, 8, 30, 1000] {
                let mut bank = bank(style, ticks, from);
                bank.set_target(LANE, to);
                for tick in 1..=ticks {
                    bank.tick();
                    let part = f64::from(tick) / f64::from(ticks);
                    let ideal = ideal(style, from.into(), to.into(), part);
                    let off = f64::from(bank.value(LANE)) - ideal;
                    // Relative to the value where ratios count, which makes these equal.
                    let scale = match style {
                        Style::Logarithmic if from * to > 0.0 => ideal,
                        _ => f64::from((to - from).abs().max(from.abs())),
                    };
                    assert!(
                        (off / scale).abs() < 2e-6,
                        "{style:?} from {from} to {to}: off by {off} at {tick} of {ticks}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_long_way_ends_as_evenly_as_a_short_one() {
    for style in STYLES {
        let ticks = 20_000;
        let mut bank = bank(style, ticks, 0.2);
        bank.set_target(LANE, 0.9);
        let mut steps = Vec::new();
        for _ in 0..ticks {
            let before = bank.value(LANE);
            bank.tick();
            steps.push(bank.value(LANE) - before);
        }
        let [.., before, last] = steps[..] else {
            unreachable!("20 000 steps");
        };
        // Allows two units in the last place, which are large compared with such small steps.
        let most = 1.05 * before + 2.5 * f32::EPSILON;
        assert!(last <= most, "{style:?}: {before}, then {last}");
    }
}

#[test]
fn a_hastened_lane_arrives_with_the_next_tick() {
    for style in STYLES {
        let mut bank = bank(style, 50, 0.2);
        bank.finish_next_tick(LANE, 0.9);
        assert_eq!((bank.value(LANE), bank.target(LANE)), (0.2, 0.9));
        bank.tick();
        assert_eq!(bank.ramp(LANE), Ramp::new(0.2, 0.9));

        // Already moving to the target.
        bank.set_target(LANE, 0.1);
        skip(&mut bank, 3);
        bank.finish_next_tick(LANE, 0.1);
        bank.tick();
        assert_eq!(bank.value(LANE), 0.1);
        bank.tick();
        assert!(bank.is_constant(LANE));
    }
}

#[test]
fn an_echo_does_not_undo_the_haste() {
    let mut bank = bank(Style::Linear, 50, 0.2);
    bank.finish_next_tick(LANE, 0.9);
    bank.set_target(LANE, 0.9);
    bank.retarget_now(LANE, 7, 0.9);
    assert!(bank.is_constant(LANE));
    bank.tick();
    assert_eq!(bank.value(LANE), 0.9);
    // Holds for that one tick only.
    bank.set_target(LANE, 0.2);
    bank.tick();
    assert!(bank.value(LANE) > 0.8);
}

#[test]
fn the_same_target_launched_again_does_not_slow_it() {
    let mut bank = bank(Style::Linear, 4, 0.0);
    for _ in 0..5 {
        bank.retarget_now(LANE, 16, 9.0);
        bank.tick();
    }
    assert_eq!(bank.value(LANE), 9.0);
}

#[test]
fn the_last_word_counts_whether_it_is_told_or_launched() {
    let mut bank = bank(Style::Linear, 4, 0.0);
    bank.set_target(LANE, 5.0);
    bank.retarget_now(LANE, 16, 9.0);
    assert_eq!(bank.target(LANE), 9.0);
    skip(&mut bank, 4);
    assert_eq!(bank.value(LANE), 9.0);
    bank.retarget_now(LANE, 8, 1.0);
    bank.set_target(LANE, 5.0);
    assert_eq!(bank.target(LANE), 5.0);
    skip(&mut bank, 4);
    assert_eq!(bank.value(LANE), 5.0);
}

#[test]
fn a_snap_holds_at_once_and_for_good() {
    let mut bank = bank(Style::Exponential, 10, 0.0);
    bank.set_target(LANE, 1.0);
    skip(&mut bank, 3);
    bank.set_target(LANE, 2.0);
    bank.jump_to(LANE, 0.5);
    for _ in 0..12 {
        assert_eq!(bank.ramp(LANE), Ramp::constant(0.5));
        assert_eq!(bank.target(LANE), 0.5);
        bank.tick();
    }
    assert!(!bank.block_moves(1));
}

#[test]
fn only_chunks_with_moving_lanes_move_and_what_rests_keeps_its_bits() {
    let mut bank = Bank::default();
    for control in 0..Bank::CONTROLS {
        bank.set_shape(control, STYLES[control % 3], 40);
        bank.jump_to(control, 0.1 * control as f32);
    }
    bank.tick();
    let still = bank.clone();
    bank.set_target(LANE, 7.0);
    for _ in 0..40 {
        bank.tick();
        assert!(!bank.block_moves(0) && bank.block_moves(1));
        for control in (0..Bank::CONTROLS).filter(|&control| control != LANE) {
            assert!(bank.is_constant(control));
            assert_eq!(
                bank.value(control).to_bits(),
                still.value(control).to_bits()
            );
        }
    }
    bank.tick();
    assert!(!bank.block_moves(1));
    assert!(bank.moving_blocks.is_empty() && bank.pending_blocks.is_empty());
    // A target equal to the value moves nothing.
    bank.set_target(LANE, 7.0);
    bank.tick();
    bank.tick();
    assert!(bank.moving_blocks.is_empty() && bank.pending_blocks.is_empty());
}

#[test]
fn chunks_past_the_first_word_move_as_all_others() {
    let mut bank = Box::<SmoothingBank<130, 2>>::default();
    let controls = [5, 129 * CONTROLS_PER_BLOCK + 5];
    for control in controls {
        bank.set_shape(control, Style::Logarithmic, 9);
        bank.jump_to(control, 1.0);
        bank.set_target(control, 8.0);
    }
    for _ in 0..9 {
        bank.tick();
        let [first, last] = controls.map(|control| bank.ramp(control));
        assert_eq!(first, last);
        assert!(bank.block_moves(0) && bank.block_moves(129));
        assert!(bank.any_block_moves(1, 130) && !bank.any_block_moves(1, 129));
    }
    assert_eq!(bank.value(controls[1]), 8.0);
    bank.tick();
    assert!(bank.moving_blocks.is_empty());
}

#[test]
fn what_is_not_finite_is_ignored() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut bank = bank(Style::Linear, 4, 0.5);
        bank.set_target(LANE, value);
        bank.finish_next_tick(LANE, value);
        bank.retarget_now(LANE, 3, value);
        bank.jump_to(LANE, value);
        skip(&mut bank, 6);
        assert_eq!(bank.ramp(LANE), Ramp::constant(0.5));
        assert_eq!(bank.target(LANE), 0.5);
    }
}
