//! Variations over seeds: levels, locks and determinism; and the thread of a task.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::task::Task;
use super::*;
use crate::presets::{self, NOT_IN_PRESETS};

/// Highest peak of a variation in dBFS.
const PROMISED: f32 = -6.0;

fn request(kind: Kind, sound: Patch, locked: Groups, seed: u64) -> Request {
    Request {
        kind,
        locked,
        sound,
        seed,
    }
}

fn varied(request: &Request) -> Result<Patch, VariationError> {
    vary(request, &AtomicBool::new(false))
}

/// Returns the level of `patch` in the phrase, live and offline, at the louder of its Volume and the default.
fn levels(patch: &Patch) -> [Level; 2] {
    let stop = AtomicBool::new(false);
    let volume = patch.get(Parameter::Volume);
    let usual = Parameter::Volume.spec().default;
    let patch = &patch.with(Parameter::Volume, volume.max(usual));
    [false, true].map(|offline| {
        let level = Audition::with_quality(&stop, offline).level(patch);
        level.expect("the sound is audible")
    })
}

/// Checks a variation: levels, locked groups, settings of the player, the range of each value, and that something has
/// changed.
fn check(request: &Request) -> TestCaseResult {
    let patch = match varied(request) {
        Ok(patch) => patch,
        // Locked groups may be silent whatever the others are.
        Err(error) => {
            let is_unlocked = request.locked == Groups::default();
            prop_assert!(error == VariationError::Silent && !is_unlocked, "{error}");
            return Ok(());
        }
    };
    for level in levels(&patch) {
        prop_assert!(level.peak <= PROMISED, "{level:?}");
        prop_assert!(level.loudness > QUIETEST - 1.0, "{level:?}");
        prop_assert!(level.loudness < LOUDNESS + 7.0, "{level:?}");
    }
    let mut changed = 0;
    for ((parameter, before), (_, after)) in request.sound.iter().zip(patch.iter()) {
        let is_locked = Group::of(parameter).map_or(parameter != Parameter::Level, |group| {
            request.locked.contains(group)
        });
        let is_same = before.to_bits() == after.to_bits();
        prop_assert!(is_same || !is_locked, "{parameter:?}: {before} to {after}");
        prop_assert_eq!(parameter.spec().range.clamp(after), after);
        changed += usize::from(!is_same && parameter != Parameter::Level);
    }
    prop_assert!(changed > 0 || request.locked != Groups::default());
    Ok(())
}

fn groups() -> impl Strategy<Value = Groups> {
    let some = proptest::sample::subsequence(Group::ALL.to_vec(), 0..Group::ALL.len());
    prop_oneof![
        2 => Just(Groups::default()),
        1 => some.prop_map(|groups| groups.into_iter().collect()),
    ]
}

/// Returns a factory preset, or the initial sound after the last one, with a Volume of the player's own.
fn sound(number: usize, volume: f32) -> Patch {
    let preset = presets::all().get(number).map(|preset| preset.patch);
    preset.unwrap_or_default().with(Parameter::Volume, volume)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Randomise),
        (1..=100_u32).prop_map(|percent| Kind::Mutate { percent }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, max_shrink_iters: 8, ..ProptestConfig::default() })]

    #[test]
    fn a_variation_is_neither_loud_nor_silent_and_keeps_locked_groups(
        kind in kind(),
        number in 0..=presets::all().len(),
        volume in prop_oneof![Just(-6.0_f32), -20.0..=6.0_f32],
        locked in groups(),
        seed in any::<u64>(),
    ) {
        check(&request(kind, sound(number, volume), locked, seed))?;
    }
}

#[test]
fn a_variation_depends_only_on_its_request() {
    let sound = presets::all()[7].patch;
    for kind in [Kind::Randomise, Kind::Mutate { percent: 30 }] {
        let [first, again, other] =
            [1, 1, 2].map(|seed| varied(&request(kind, sound, Groups::default(), seed)).unwrap());
        assert_eq!(first, again);
        assert_ne!(first, other);
    }
}

#[test]
fn the_amount_determines_the_distance() {
    let sound = presets::all()[7].patch;
    let distance = |amount: f32| -> f32 {
        let moved = (0..40).map(|seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let patch = draw::mutate(&sound, amount, Groups::default(), &mut rng);
            let pairs = sound.iter().zip(patch.iter());
            let distances = pairs.map(|((parameter, before), (_, after))| {
                let range = parameter.spec().range;
                (range.normalize(before) - range.normalize(after)).abs()
            });
            distances.sum::<f32>()
        });
        moved.sum()
    };
    let [small, middle, large] = [0.05, 0.2, 1.0].map(distance);
    assert!(
        0.0 < small && 2.0 * small < middle && 2.0 * middle < large,
        "{small} {middle} {large}"
    );
}

#[test]
fn random_sounds_differ_and_are_as_loud_as_presets() {
    let sounds: Vec<_> = (0..6)
        .map(|seed| {
            varied(&request(
                Kind::Randomise,
                Patch::default(),
                Groups::default(),
                seed,
            ))
            .unwrap()
        })
        .collect();
    for (number, sound) in sounds.iter().enumerate() {
        assert!(!sounds[..number].contains(sound));
        let [live, _] = levels(sound);
        // Peaks keep short sounds softer.
        assert!(live.loudness < LOUDNESS + 1.0, "{live:?}");
        assert!(
            live.loudness > LOUDNESS - 1.0 || live.peak > PEAK - 1.5,
            "{live:?}"
        );
    }
}

#[test]
fn a_silent_sound_is_told_and_all_locks_too() {
    let mut silent = Patch::default();
    for parameter in Parameter::all() {
        if parameter.spec().id.ends_with("_level") && parameter.spec().range.ends().0 == -60.0 {
            silent.set(parameter, -60.0);
        }
    }
    // The matrix can open a level, too.
    let sources = [Group::Oscillators, Group::Fm, Group::Modulation];
    let sources = sources.into_iter().collect();
    let error = varied(&request(Kind::Randomise, silent, sources, 3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "none of 12 draws was audible; unlock another group, or try again"
    );
    let all = Group::ALL.into_iter().collect();
    let error = varied(&request(Kind::Randomise, silent, all, 3)).unwrap_err();
    assert_eq!(error, VariationError::Locked);
    // Only one of the sources is locked: the other one sounds.
    let fm = [Group::Fm].into_iter().collect();
    varied(&request(Kind::Randomise, silent, fm, 3)).unwrap();
}

#[test]
fn settings_of_the_player_stay() {
    let sound = NOT_IN_PRESETS
        .into_iter()
        .fold(Patch::default(), |sound, parameter| {
            sound.with(parameter, parameter.spec().range.plain(0.8))
        });
    let patch = varied(&request(Kind::Randomise, sound, Groups::default(), 9)).unwrap();
    for parameter in NOT_IN_PRESETS {
        assert_eq!(patch.get(parameter), sound.get(parameter), "{parameter:?}");
    }
}

#[test]
fn a_task_ends_with_its_result_or_when_it_is_stopped() {
    let stop = Arc::new(AtomicBool::new(false));
    let request = request(Kind::Randomise, Patch::default(), Groups::default(), 4);
    let mut task = Task::start(request, stop.clone()).unwrap();
    let began = Instant::now();
    let found = loop {
        if let Some(found) = task.poll() {
            break found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no result");
        std::thread::sleep(Duration::from_millis(2));
    };
    assert_eq!(found, varied(&request));
    assert_eq!(task.poll(), None);

    let task = Task::start(request, stop).unwrap();
    let began = Instant::now();
    drop(task);
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
}
