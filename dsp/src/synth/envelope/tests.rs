use std::array::from_fn;

use proptest::prelude::*;

use super::*;
use crate::synth::f32s::all;

const RATE: f32 = 48_000.0;

fn controls<const N: usize>() -> EnvelopeControls<N> {
    EnvelopeControls {
        delay: F32s::splat(0.003),
        attack: F32s::splat(0.01),
        hold: F32s::splat(0.002),
        decay: F32s::splat(0.05),
        sustain: F32s::splat(0.4),
        release: F32s::splat(0.08),
        attack_curve: F32s::splat(0.3),
        decay_curve: F32s::splat(1.0),
        release_curve: F32s::splat(0.8),
    }
}

/// The formula of the module, for a stage from `from` to `to` of `samples` samples, on its sample `n` (from 1).
fn formula(from: f64, to: f64, curve: f32, n: u64, samples: u64) -> f64 {
    let x = n as f64 / samples as f64;
    let bend = f64::from(curve) * 1000_f64.ln();
    let share = if bend == 0.0 {
        x
    } else {
        (-bend * x).exp_m1() / (-bend).exp_m1()
    };
    from + (to - from) * share
}

/// Plays one lane sample by sample in the engine's order: first the tick, then events, then rendering.
struct VoiceEngine {
    envelope: Envelope<1>,
    controls: EnvelopeControls<1>,
    rate: f32,
    time: u64,
}

impl VoiceEngine {
    fn new(controls: EnvelopeControls<1>, rate: f32) -> Self {
        Self {
            envelope: Envelope::default(),
            controls,
            rate,
            time: 0,
        }
    }

    /// Starts a note at sample `at`.
    fn started(at: u64, controls: EnvelopeControls<1>, rate: f32) -> Self {
        let mut player = Self::new(controls, rate);
        player.play(at);
        player.start(true);
        player
    }

    fn tick(&mut self) {
        if self.time.is_multiple_of(TICK as u64) {
            self.envelope.ramp_to(&self.controls, self.rate);
        }
    }

    fn start(&mut self, from_zero: bool) {
        if from_zero {
            self.envelope.claim(1);
        } else {
            self.envelope.restart(1);
        }
        self.envelope.jump_to(&self.controls, self.rate, 1);
    }

    fn next(&mut self) -> f64 {
        self.tick();
        let mut out = [F32s::ZERO];
        self.envelope
            .render((self.time % TICK as u64) as usize, &mut out);
        self.time += 1;
        f64::from(out[0].0[0])
    }

    fn play(&mut self, samples: u64) -> Vec<f64> {
        (0..samples).map(|_| self.next()).collect()
    }

    /// Plays until `end` is true of a level, and returns the number of samples.
    fn until(&mut self, end: impl Fn(f64) -> bool) -> u64 {
        (1..100_000_000)
            .find(|_| end(self.next()))
            .expect("it comes to that")
    }
}

#[test]
fn every_sample_follows_the_formula() {
    let curves = [-1.0, -0.3, 0.0, 1e-4, 0.5, 1.0];
    for (n, curve) in curves.into_iter().enumerate() {
        for rate in [8_000.0, 48_000.0, 768_000.0] {
            let mut controls = controls();
            controls.attack_curve = F32s([curve]);
            controls.decay_curve = F32s([-curve]);
            controls.release_curve = F32s([curves[curves.len() - 1 - n]]);
            let samples =
                |seconds: F32s<1>| (f64::from(seconds.0[0]) * f64::from(rate)).round() as u64;
            let mut player = VoiceEngine::started(7 + n as u64, controls, rate);
            let mut check = |what: &str, from: f64, to: f64, curve: f32, whole: u64, heard: u64| {
                for sample in 1..=heard {
                    let got = player.next();
                    let want = formula(from, to, curve, sample, whole);
                    assert!(
                        (got - want).abs() < 5e-7,
                        "{what} {sample}/{whole}: {got} for {want}"
                    );
                }
                if what == "sustain" {
                    player.envelope.release(1);
                }
            };
            let (attack, decay) = (samples(controls.attack), samples(controls.decay));
            let sustain = f64::from(controls.sustain.0[0]);
            let delay = samples(controls.delay);
            check("delay", 0.0, 0.0, 0.0, delay, delay);
            check("attack", 0.0, 1.0, curve, attack, attack);
            let hold = samples(controls.hold);
            check("hold", 1.0, 1.0, 0.0, hold, hold);
            check("decay", 1.0, sustain, -curve, decay, decay);
            check("sustain", sustain, sustain, 0.0, 500, 500);
            let release = samples(controls.release);
            check(
                "release",
                sustain,
                0.0,
                controls.release_curve.0[0],
                release,
                release,
            );
            check("done", 0.0, 0.0, 0.0, 100, 100);
            assert_eq!(player.envelope.done(), 1);
        }
    }
}

#[test]
fn stages_arrive_on_their_sample_and_on_their_level() {
    for rate in [8_000.0, 44_100.0, 192_000.0, 768_000.0] {
        for seconds in [0.0, 0.0001, 0.001, 0.0123, 0.3, 1.0, 20.0] {
            let time = F32s([seconds]);
            let controls = EnvelopeControls {
                attack: time,
                decay: time,
                release: time,
                delay: F32s::ZERO,
                hold: F32s::ZERO,
                ..controls()
            };
            let want = (f64::from(seconds) * f64::from(rate)).round().max(1.0) as u64;
            let mut player = VoiceEngine::started(3, controls, rate);
            // Of 15 million steps the last ones are below the resolution of single precision, so that the target seems to
            // be reached early.
            let check = |stage: &str, player: &mut VoiceEngine, goal: f64| {
                let got = player.until(|level| level == goal);
                assert!(
                    got <= want && want - got <= want / 100_000,
                    "{stage} of {seconds} s: {got} for {want}"
                );
                player.play(want - got);
            };
            check("attack", &mut player, 1.0);
            check("decay", &mut player, f64::from(controls.sustain.0[0]));
            player.play(17);
            player.envelope.release(1);
            check("release", &mut player, 0.0);
            assert_eq!(player.envelope.done(), 1);
        }
    }
}

#[test]
fn the_first_sample_of_an_attack_is_above_zero_and_that_of_none_is_the_peak() {
    for curve in [-1.0, 0.0, 1.0] {
        let mut controls = EnvelopeControls {
            delay: F32s::ZERO,
            attack: F32s([20.0]),
            attack_curve: F32s([curve]),
            ..controls()
        };
        assert!(VoiceEngine::started(0, controls, 768_000.0).next() > 0.0);
        assert!(VoiceEngine::started(9, controls, 768_000.0).next() > 0.0);
        controls.attack = F32s::ZERO;
        assert_eq!(VoiceEngine::started(9, controls, RATE).next(), 1.0);
    }
}

#[test]
fn a_fade_is_a_straight_line_of_three_milliseconds_from_anywhere() {
    for before in [60, 200, 500, 2000, 30_000] {
        let mut player = VoiceEngine::started(5, controls(), RATE);
        let level = player.play(before)[before as usize - 1];
        player.envelope.fade(1);
        assert_eq!(player.envelope.fading(), 1);
        assert_eq!(player.envelope.held(), 0);
        for n in 1..=144 {
            let (got, want) = (player.next(), level * (1.0 - f64::from(n) / 144.0));
            assert!((got - want).abs() < 1e-6, "{got} for {want}");
        }
        assert_eq!((player.envelope.done(), player.envelope.fading()), (1, 0));
    }
}

#[test]
fn the_end_is_told_once_on_the_sample_that_is_silent() {
    let mut player = VoiceEngine::started(0, controls(), RATE);
    player.play(10_000);
    player.envelope.release(1);
    let release = 3840;
    let mut heard = None;
    let mut out = [F32s::ZERO; TICK];
    for time in (0..5000).step_by(8) {
        player.tick();
        let phase = (player.time % TICK as u64) as usize;
        let ended = player.envelope.render(phase, &mut out[..8]);
        player.time += 8;
        if ended.lanes() != 0 {
            assert_eq!(heard.replace(time + ended.sample(0)), None);
            assert!(ended.sample(0) == 0 || out[ended.sample(0) - 1].0[0] > 0.0);
            assert!(
                out[ended.sample(0)..8]
                    .iter()
                    .all(|level| level.0[0] == 0.0)
            );
        }
        assert_eq!(player.envelope.done() != 0, heard.is_some());
    }
    assert_eq!(heard, Some(release - 1));
}

#[test]
fn who_is_silent_ends_at_once_when_let_go() {
    let mut player = VoiceEngine::started(0, controls(), RATE);
    player.play(50);
    player.envelope.release(1);
    player.play(1);
    assert_eq!(player.envelope.done(), 1, "released in the delay");
    let mut struck = controls();
    struck.sustain = F32s::ZERO;
    let mut player = VoiceEngine::started(0, struck, RATE);
    player.play(20_000);
    assert_eq!((player.envelope.held(), player.envelope.done()), (1, 0));
    player.envelope.release(1);
    player.play(1);
    assert_eq!(player.envelope.done(), 1, "released after the decay");
    let mut player = VoiceEngine::started(0, controls(), RATE);
    player.play(1000);
    player.envelope.stop(1);
    assert_eq!(
        (player.envelope.done(), player.envelope.level().0[0]),
        (1, 0.0)
    );
    assert_eq!(player.play(50), vec![0.0; 50]);
}

#[test]
fn a_stage_keeps_its_share_when_its_time_changes() {
    let mut controls = EnvelopeControls {
        delay: F32s::ZERO,
        attack: F32s([1.0]),
        attack_curve: F32s::ZERO,
        ..controls()
    };
    let mut player = VoiceEngine::started(0, controls, RATE);
    player.play(24_000);
    player.controls.attack = F32s([2.0]);
    assert_eq!(player.until(|level| level == 1.0), 48_000);
    // The rest of the curve keeps its shape, only slower.
    let curved = EnvelopeControls {
        attack_curve: F32s([1.0]),
        ..controls
    };
    let mut player = VoiceEngine::started(0, curved, RATE);
    player.play(9_600);
    player.controls.attack = F32s([2.0]);
    for n in 1..=76_800 {
        let (got, want) = (player.next(), formula(0.0, 1.0, 1.0, 19_200 + n, 96_000));
        assert!((got - want).abs() < 5e-7, "{got} for {want}");
    }
    // With a change at every tick, there and back, the time is that of the average.
    let mut player = VoiceEngine::started(0, controls, RATE);
    let mut samples = 0;
    while player.next() < 1.0 {
        samples += 1;
        if samples % 64 == 0 {
            player.controls.attack = F32s([1.001]);
        } else if samples % 64 == 32 {
            player.controls.attack = F32s([0.999]);
        }
    }
    assert!((samples as f64 - 48_000.0).abs() < 5.0, "{samples} samples");
    // Shortened to 0, the rest takes a tick.
    controls.attack_curve = F32s([0.5]);
    let mut player = VoiceEngine::started(0, controls, RATE);
    let level = player.play(3200)[3199];
    player.controls.attack = F32s::ZERO;
    let mut rest = vec![level];
    rest.extend(player.play(32));
    assert_eq!(rest[32], 1.0);
    assert!(
        rest.windows(2)
            .all(|pair| pair[1] - pair[0] < 8.0 * (1.0 - level) / 32.0)
    );
}

#[test]
fn a_sustain_level_that_moves_is_followed_in_lines_of_a_tick() {
    let mut player = VoiceEngine::started(0, controls(), RATE);
    player.play(TICK as u64 * 200);
    let mut last = 0.4;
    for goal in [0.9, 0.1, 0.1, 0.5] {
        player.controls.sustain = F32s([goal as f32]);
        for (n, level) in player.play(TICK as u64).into_iter().enumerate() {
            let want = last + (goal - last) * (n + 1) as f64 / TICK as f64;
            assert!((level - want).abs() < 2e-7, "{level} for {want}");
        }
        last = goal;
    }
    // During the decay it becomes the new target, reached on the same sample as the old one.
    let mut player = VoiceEngine::started(0, controls(), RATE);
    player.play(144 + 480 + 96 + 240);
    player.controls.sustain = F32s([0.8]);
    assert_eq!(player.play(2400 - 240)[2400 - 241], f64::from(0.8_f32));
    assert_eq!(player.play(100), vec![f64::from(0.8_f32); 100]);
}

#[test]
fn what_ends_within_the_tick_ends_as_it_was_going_to() {
    let mut player = VoiceEngine::started(0, controls(), RATE);
    // The decay ends after 3120 samples, in the middle of a tick.
    player.play(3104);
    player.controls.sustain = F32s([0.9]);
    player.controls.decay = F32s([5.0]);
    let levels = player.play(32);
    assert_eq!(levels[15..], [f64::from(0.4_f32); 17]);
    let mut last = levels[31];
    for level in player.play(32) {
        assert!(
            (level - last - 0.5 / 32.0).abs() < 1e-6,
            "{last} to {level}"
        );
        last = level;
    }
}

#[test]
fn who_begins_again_before_the_end_has_no_end() {
    let mut player = VoiceEngine::started(0, controls(), RATE);
    player.play(5_000);
    player.envelope.release(1);
    // The release would end after 8840 samples, in the tick that began with sample 8832.
    player.play(3_835);
    player.start(false);
    player.tick();
    let ended = player
        .envelope
        .render((player.time % TICK as u64) as usize, &mut [F32s::ZERO; 20]);
    assert_eq!((ended.lanes(), player.envelope.done()), (0, 0));
}

/// A click is a step from one sample to the next beyond those of the stages themselves. The second difference is at most
/// twice as large as such a step.
#[test]
fn nothing_that_happens_to_a_note_clicks() {
    let bend = 1000_f64.ln();
    // Steepest step of a stage of `samples` samples from the peak to 0.
    let steepest = |samples: f64| bend / samples / (1.0 - (-bend).exp());
    // The shortest stages here are the attack of 480 samples and the fade of 144.
    let step = steepest(480.0).max(1.0 / 144.0) + 1e-6;
    type Happens = fn(&mut VoiceEngine);
    let happenings: [(&str, Happens); 7] = [
        ("retrigger", |player| player.start(false)),
        ("release", |player| player.envelope.release(1)),
        ("fade", |player| player.envelope.fade(1)),
        ("longer times", |player| {
            player.controls.attack = F32s([3.0]);
            player.controls.decay = F32s([3.0]);
            player.controls.release = F32s([3.0]);
        }),
        ("curves", |player| {
            player.controls.attack_curve = F32s([-1.0]);
            player.controls.decay_curve = F32s([-1.0]);
            player.controls.release_curve = F32s([-1.0]);
        }),
        ("release, then retrigger", |player| {
            player.envelope.release(1);
            player.play(300);
            player.start(false);
        }),
        ("release, then fade", |player| {
            player.envelope.release(1);
            player.play(300);
            player.envelope.fade(1);
        }),
    ];
    for (name, happens) in happenings {
        for at in [5, 150, 300, 600, 640, 700, 1000, 3000, 6000] {
            let mut player = VoiceEngine::started(0, controls(), RATE);
            let mut levels = player.play(at);
            happens(&mut player);
            // The samples played meanwhile are in the state, not in the list: continue from the level that they ended on.
            levels.push(f64::from(player.envelope.level().0[0]));
            levels.extend(player.play(4000));
            let from = at as usize;
            for pair in levels[from..].windows(2) {
                let got = pair[1] - pair[0];
                assert!(got.abs() <= step, "{name} at {at}: a step of {got}");
            }
        }
    }
}

/// The second difference within a stage is that of its curve, also at the boundaries of ticks, without rounding errors
/// that would be audible as noise.
#[test]
fn curves_are_smooth_across_ticks() {
    let controls = EnvelopeControls {
        delay: F32s::ZERO,
        attack: F32s([0.5]),
        attack_curve: F32s([1.0]),
        ..controls()
    };
    let levels = VoiceEngine::started(11, controls, RATE).play(24_000);
    let bend = 1000_f64.ln() / 24_000.0;
    for (n, window) in levels.windows(3).enumerate() {
        let second = window[2] - 2.0 * window[1] + window[0];
        let rounding = 4.0 * f64::from(f32::EPSILON) * window[1].max(1e-3);
        assert!(
            second.abs() < bend * bend * 1.01 + rounding,
            "{second} at {n}"
        );
    }
}

#[test]
fn absurd_controls_give_levels_from_0_to_1() {
    let absurd = [
        f32::NAN,
        f32::INFINITY,
        -f32::INFINITY,
        -1.0,
        1e30,
        0.0,
        1e-30,
        1.0,
    ];
    let mut envelope = Envelope::<8>::default();
    let mut out = [F32s::ZERO; TICK];
    for round in 0..64 {
        let value = |n: usize| {
            F32s(from_fn(|lane| {
                absurd[(lane * (n + round % 8) + round / 8 + n) % 8]
            }))
        };
        let controls = EnvelopeControls {
            delay: value(0).min(F32s::splat(0.001)),
            attack: value(1),
            hold: value(2).min(F32s::splat(0.001)),
            decay: value(3),
            sustain: value(4),
            release: value(5),
            attack_curve: value(6),
            decay_curve: value(7),
            release_curve: value(8),
        };
        envelope.ramp_to(&controls, [8_000.0, 768_000.0][round % 2]);
        match round % 5 {
            0 if round % 2 == 0 => {
                envelope.claim(0xff >> (round % 3));
                envelope.jump_to(&controls, [8_000.0, 768_000.0][round % 2], 0xff);
            }
            0 => envelope.restart(0xff >> (round % 3)),
            2 => envelope.release(0x0f),
            4 => envelope.fade(0x3c),
            _ => {}
        }
        envelope.render(0, &mut out);
        for level in out.iter().flat_map(|levels| levels.0) {
            assert!((-1e-6..=1.000_001).contains(&level), "{level}");
        }
    }
}

#[test]
fn side_by_side_lanes_are_drawn_as_one_by_one() {
    for phase in [0, 5, 31] {
        let mut controls = controls::<8>();
        controls.delay = F32s([0.0, 0.001, 0.0, 0.01, 0.0, 0.0, 0.5, 0.0]);
        controls.attack = F32s([0.0, 0.0, 0.0005, 0.001, 0.01, 0.1, 1.0, 10.0]);
        let mut side_by_side = Envelope::default();
        side_by_side.claim(all::<8>());
        side_by_side.jump_to(&controls, RATE, all::<8>());
        let mut one_by_one = side_by_side;
        side_by_side.draw(phase);
        (0..8).for_each(|lane| one_by_one.draw_lane(lane, phase));
        assert_eq!(side_by_side.drawing, one_by_one.drawing);
        assert_eq!(side_by_side.levels, one_by_one.levels);
        assert_eq!(side_by_side.left, one_by_one.left);
    }
}

/// Event for some lanes on a sample.
#[derive(Clone, Debug)]
struct Happening {
    at: usize,
    what: u8,
    mask: Mask,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = (0..40 * TICK, 0..8_u8, 0..256_u32);
    prop::collection::vec(
        one.prop_map(|(at, what, mask)| Happening { at, what, mask }),
        1..30,
    )
}

fn settings() -> impl Strategy<Value = EnvelopeControls<8>> {
    let seconds = || {
        prop::array::uniform8(prop_oneof![Just(0.0_f32), 0.0..0.002_f32, 0.0..0.03_f32])
            .prop_map(F32s)
    };
    let curve = || prop::array::uniform8(-1.0..1.0_f32).prop_map(F32s);
    let sustain = prop::array::uniform8(0.0..1.0_f32).prop_map(F32s);
    (
        seconds(),
        seconds(),
        seconds(),
        seconds(),
        seconds(),
        sustain,
        curve(),
        curve(),
        curve(),
    )
        .prop_map(
            |(
                delay,
                attack,
                hold,
                decay,
                release,
                sustain,
                attack_curve,
                decay_curve,
                release_curve,
            )| {
                EnvelopeControls {
                    delay,
                    attack,
                    hold,
                    decay,
                    sustain,
                    release,
                    attack_curve,
                    decay_curve,
                    release_curve,
                }
            },
        )
}

fn happen<const N: usize>(
    envelope: &mut Envelope<N>,
    what: u8,
    mask: Mask,
    controls: &EnvelopeControls<N>,
) {
    match what {
        0 => envelope.jump_to(controls, RATE, mask),
        1 => {
            envelope.restart(mask);
            envelope.jump_to(controls, RATE, mask);
        }
        2 | 3 => envelope.release(mask),
        4 => envelope.fade(mask),
        5 => envelope.stop(mask),
        // Some of the lanes are released before they are rendered.
        6 => {
            envelope.release(mask & 0x55);
            envelope.jump_to(controls, RATE, mask);
        }
        _ => {
            envelope.fade(mask & 0x33);
            envelope.jump_to(controls, RATE, mask);
        }
    }
}

/// Returns true if the event claims lanes, which happens before the tick if it falls on one.
fn claims(what: u8) -> bool {
    matches!(what, 0 | 6 | 7)
}

/// Returns the bits of 40 ticks, split at the events and at `cuts`, with each of `settings` in turn.
fn play(
    settings: &[EnvelopeControls<8>],
    happenings: &[Happening],
    cuts: &[usize],
) -> Vec<(u32, [u32; 8])> {
    let mut envelope = Envelope::<8>::default();
    let mut heard = Vec::new();
    let mut at = 0;
    while at < 40 * TICK {
        let controls = &settings[at / TICK % settings.len()];
        let here = happenings.iter().filter(|happening| happening.at == at);
        for happening in here.filter(|happening| claims(happening.what)) {
            envelope.claim(happening.mask);
        }
        if at.is_multiple_of(TICK) {
            envelope.ramp_to(controls, RATE);
        }
        for happening in happenings.iter().filter(|happening| happening.at == at) {
            happen(&mut envelope, happening.what, happening.mask, controls);
        }
        let places = cuts
            .iter()
            .copied()
            .chain(happenings.iter().map(|happening| happening.at));
        let tick_end = at - at % TICK + TICK;
        let end = places
            .filter(|place| *place > at)
            .min()
            .unwrap_or(tick_end)
            .min(tick_end);
        let mut out = [F32s::ZERO; TICK];
        let out = &mut out[..end - at];
        let ended = envelope.render(at % TICK, out);
        heard.extend(out.iter().enumerate().map(|(n, levels)| {
            let over = lanes(ended.lanes()).filter(|lane| ended.sample(*lane) == n);
            (
                over.fold(0, |mask, lane| mask | 1 << lane),
                levels.0.map(f32::to_bits),
            )
        }));
        at = end;
    }
    heard
}

proptest! {
    #[test]
    fn cuts_change_no_bit(
        settings in prop::collection::vec(settings(), 1..4),
        happenings in happenings(),
        cuts in prop::collection::vec(0..40 * TICK, 0..200),
    ) {
        prop_assert_eq!(play(&settings, &happenings, &[]), play(&settings, &happenings, &cuts));
    }

    /// The output of a lane depends neither on the other lanes nor on notes that it played before.
    #[test]
    fn lanes_know_nothing_of_each_other(
        settings in prop::collection::vec(settings(), 1..4),
        happenings in happenings(),
        lane in 0..8_usize,
    ) {
        let only: Vec<Happening> = happenings
            .iter()
            .map(|happening| Happening { mask: happening.mask & 1 << lane, ..happening.clone() })
            .collect();
        let mut odd = settings.clone();
        for controls in &mut odd {
            let absurd = EnvelopeControls::<8> { attack: F32s::splat(f32::NAN), ..*controls };
            *controls = controls.blend(&absurd, all::<8>() & !(1 << lane));
        }
        let pick = |heard: Vec<(u32, [u32; 8])>| -> Vec<_> {
            heard.into_iter().map(|(over, levels)| (over >> lane & 1, levels[lane])).collect()
        };
        prop_assert_eq!(pick(play(&settings, &happenings, &[])), pick(play(&odd, &only, &[])));
    }

    #[test]
    fn levels_stay_from_0_to_1_and_end(
        settings in prop::collection::vec(settings(), 1..4),
        happenings in happenings(),
    ) {
        for (_, levels) in play(&settings, &happenings, &[]) {
            for level in levels.map(f32::from_bits) {
                prop_assert!((-1e-6..=1.000_001).contains(&level), "{}", level);
            }
        }
    }
}
