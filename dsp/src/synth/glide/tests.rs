use proptest::prelude::*;

use super::*;

const RATE: f32 = 48_000.0;

fn gliding(from: f32, to: f32) -> Glide<1> {
    let mut glide = Glide::default();
    glide.start(1, F32s([from]), F32s([to]));
    glide
}

/// Returns the number of ticks until the glide ends.
fn ticks(glide: &mut Glide<1>, time: f32, mode: GlideMode, rate: f32) -> u64 {
    (1..)
        .find(|_| {
            glide.tick(F32s([time]), mode, rate);
            glide.gliding() == 0
        })
        .expect("it arrives")
}

#[test]
fn it_is_a_straight_line_that_arrives_on_the_key() {
    for (from, to) in [(60.0, 72.0), (72.0, 33.3), (60.0, 60.01)] {
        let mut glide = gliding(from, to);
        assert_eq!(glide.pitch().0[0], from);
        for tick in 1..=1600 {
            let got = glide.tick(F32s([1.0]), GlideMode::ConstantTime, RATE).0[0];
            let place = (f64::from(tick) / 1500.0).min(1.0);
            let want = f64::from(from) + (f64::from(to) - f64::from(from)) * place;
            assert!((f64::from(got) - want).abs() < 5e-6, "{got} for {want}");
        }
        assert_eq!(glide.pitch().0[0], to);
        assert_eq!(glide.gliding(), 0);
    }
}

#[test]
fn time_is_of_the_glide_or_of_the_octave() {
    for rate in [8_000.0, 48_000.0, 768_000.0] {
        for keys in [1.0, 12.0, 30.0] {
            let per_second = f64::from(rate) / TICK as f64;
            for (mode, seconds) in [
                (GlideMode::ConstantTime, 0.7),
                (GlideMode::ConstantRate, 0.7 * f64::from(keys) / 12.0),
            ] {
                let got = ticks(&mut gliding(60.0, 60.0 + keys), 0.7, mode, rate);
                let want = seconds * per_second;
                assert!(
                    (got as f64 - want.ceil()).abs() <= 1.0,
                    "{got} for {want} ticks"
                );
            }
        }
    }
    let long = ticks(
        &mut gliding(60.0, 61.0),
        20.0,
        GlideMode::ConstantTime,
        768_000.0,
    );
    assert!(long.abs_diff(480_000) <= 1, "{long} ticks");
    assert_eq!(
        ticks(&mut gliding(60.0, 90.0), 0.0, GlideMode::ConstantRate, RATE),
        1
    );
}

#[test]
fn retargeted_it_goes_on_from_where_it_is() {
    let mut glide = gliding(40.0, 64.0);
    let mut last = 40.0;
    for tick in 0..2000 {
        if tick % 300 == 299 {
            glide.retarget(1, F32s([if tick % 600 == 299 { 50.0 } else { 70.0 }]));
        }
        let pitch = glide.tick(F32s([0.25]), GlideMode::ConstantRate, RATE).0[0];
        // An octave takes 375 ticks.
        assert!(
            (pitch - last).abs() < 12.0 / 375.0 + 1e-5,
            "from {last} to {pitch}"
        );
        last = pitch;
    }
}

#[test]
fn a_new_time_is_that_of_the_rest() {
    let mut glide = gliding(0.0, 100.0);
    for _ in 0..750 {
        glide.tick(F32s([1.0]), GlideMode::ConstantTime, RATE);
    }
    assert!(ticks(&mut glide, 2.0, GlideMode::ConstantTime, RATE).abs_diff(1500) <= 1);
}

proptest! {
    #[test]
    fn lanes_know_nothing_of_each_other_and_stay_finite(
        from in prop::array::uniform8(prop_oneof![0.0..127.0_f32, Just(f32::NAN), Just(f32::INFINITY)]),
        to in prop::array::uniform8(prop_oneof![0.0..127.0_f32, Just(f32::NAN), Just(-1e30_f32)]),
        time in prop::array::uniform8(prop_oneof![0.0..0.1_f32, Just(f32::NAN), Just(-1.0_f32), Just(1e30_f32)]),
        rate: bool,
        lane in 0..8_usize,
    ) {
        let mode = if rate { GlideMode::ConstantRate } else { GlideMode::ConstantTime };
        let mut group = Glide::<8>::default();
        let mut alone = Glide::<1>::default();
        group.start(1 << lane, F32s(from), F32s(to));
        alone.start(1, F32s([from[lane]]), F32s([to[lane]]));
        for tick in 0..100 {
            if tick == 30 {
                group.start(0xff & !(1 << lane), F32s(from), F32s(to));
            }
            let got = group.tick(F32s(time), mode, RATE);
            let want = alone.tick(F32s([time[lane]]), mode, RATE);
            prop_assert_eq!(got.0[lane].to_bits(), want.0[0].to_bits());
            prop_assert!(got.0.iter().all(|pitch| pitch.is_finite()), "{:?}", got);
        }
    }
}
