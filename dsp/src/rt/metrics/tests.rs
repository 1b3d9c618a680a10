//! Compares every figure with one computed from the list of all blocks, for random sequences on a mocked clock.

use proptest::prelude::*;

use super::*;
use crate::rt::MockTime;

const RATE: f32 = 48_000.0;
const OWN: usize = 3;

/// A block: the run time of two modules, the time that the thread waits, and the gap between this block and the next.
#[derive(Clone, Debug)]
struct Deed {
    samples: u32,
    pieces: u32,
    first: u64,
    second: u64,
    waited: u64,
    voices: usize,
    settings: u32,
    gap: u64,
}

fn deed() -> impl Strategy<Value = Deed> {
    let time = prop_oneof![8 => 100..200_000u64, 1 => 200_000..30_000_000u64];
    let wait = prop_oneof![12 => Just(0u64), 1 => 1_000..30_000_000u64];
    (
        prop_oneof![Just(64u32), Just(128), Just(512), 1..4_096u32],
        1..4u32,
        time.clone(),
        time,
        wait,
        0..20usize,
        1..3u32,
        0..20_000_000u64,
    )
        .prop_map(
            |(samples, pieces, first, second, waited, voices, settings, gap)| Deed {
                samples,
                pieces: pieces.min(samples),
                first,
                second,
                waited,
                voices,
                settings,
                gap,
            },
        )
}

/// A profiler on a mocked clock.
struct Rig {
    monitor: BlockProfiler,
    reader: MetricsReader,
    time: MockTime,
    timer: ModuleTimer,
}

impl Rig {
    fn new() -> Self {
        let (clock, time) = Clock::mocked();
        let (mut monitor, reader) = metrics(clock.clone(), OWN);
        // Time 0 would count as no time.
        time.wait(1_000_000);
        monitor.prepare(RATE);
        Self {
            monitor,
            reader,
            time,
            timer: ModuleTimer::new(clock, 3),
        }
    }

    fn play(&mut self, deed: &Deed) {
        for piece in 0..deed.pieces {
            let part = |total: u64| total / u64::from(deed.pieces);
            let samples = match piece {
                0 => deed.samples - (deed.pieces - 1),
                _ => 1,
            };
            self.monitor.begin(samples as usize, piece > 0);
            self.timer.start();
            self.time.run(part(deed.first));
            self.timer.mark(0);
            self.time.run(part(deed.second));
            self.time.wait(part(deed.waited));
            self.timer.mark(1);
            let modules = self.timer.take();
            self.monitor.end(&Piece {
                voices: deed.voices,
                most_voices: deed.voices,
                notes: 1,
                settings: deed.settings,
                modules,
                totals: Totals::default(),
            });
        }
        self.time.wait(deed.gap);
    }

    /// Closes the last block by a block of one sample, and reads the metrics.
    fn look(&mut self) -> (Box<Live>, Box<Log>) {
        self.reader.live();
        self.time.wait(1_000_000_000);
        self.monitor.begin(1, false);
        self.monitor.end(&Piece::default());
        (self.reader.live().unwrap(), self.reader.log().unwrap())
    }
}

/// Returns the expected times of both modules, wall time and deadline of a block.
fn expected(deed: &Deed) -> (u64, u64, u64, f64) {
    let part = |total: u64| total / u64::from(deed.pieces) * u64::from(deed.pieces);
    let (first, second, waited) = (part(deed.first), part(deed.second), part(deed.waited));
    let deadline = f64::from(deed.samples) / f64::from(RATE) * 1e9;
    (first, second + waited, first + second + waited, deadline)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_figure_is_what_the_list_of_blocks_says(deeds in proptest::collection::vec(deed(), 1..400)) {
        let mut rig = Rig::new();
        deeds.iter().for_each(|deed| rig.play(deed));
        let (live, log) = rig.look();

        let walls: Vec<_> = deeds.iter().map(expected).collect();
        let all = &live.since_reset;
        prop_assert_eq!(all.blocks, deeds.len() as u64);
        prop_assert_eq!(all.samples, deeds.iter().map(|deed| u64::from(deed.samples)).sum::<u64>());
        prop_assert_eq!(all.wall, walls.iter().map(|wall| wall.2).sum::<u64>());
        prop_assert_eq!(all.modules[0], walls.iter().map(|wall| wall.0).sum::<u64>());
        prop_assert_eq!(all.modules[1], walls.iter().map(|wall| wall.1).sum::<u64>());

        // Percentiles and the worst block, from all loads.
        let mut loads: Vec<f32> =
            walls.iter().map(|(_, _, wall, deadline)| (*wall as f64 / deadline) as f32).collect();
        prop_assert_eq!(all.worst.load(), loads.iter().copied().fold(0.0, f32::max));
        loads.sort_by(f32::total_cmp);
        for part in [0.5, 0.9, 0.99, 0.999] {
            let rank = ((loads.len() as f64 * part).ceil() as usize).max(1) - 1;
            let edge = Histogram::edge(Histogram::bucket(loads[rank]));
            prop_assert_eq!(all.load.percentile(part), Some(edge));
        }

        // Seconds end with the block that completes a second of audio.
        let mut seconds: Vec<Vec<&Deed>> = vec![Vec::new()];
        let mut samples = 0;
        for deed in &deeds {
            seconds.last_mut().unwrap().push(deed);
            samples += deed.samples;
            if samples as f32 >= RATE {
                samples = 0;
                seconds.push(Vec::new());
            }
        }
        seconds.pop();
        let points: Vec<_> = log.seconds.iter().filter(|point| point.number > 0).collect();
        prop_assert_eq!(points.len(), seconds.len().min(HISTORY));
        for (point, second) in points.iter().rev().zip(seconds.iter().rev()) {
            let wall: u64 = second.iter().map(|deed| expected(deed).2).sum();
            let first: u64 = second.iter().map(|deed| expected(deed).0).sum();
            let time: u64 = second.iter().map(|deed| expected(deed).3 as u64).sum();
            let voiced: u64 =
                second.iter().map(|deed| u64::from(deed.samples) * deed.voices as u64).sum();
            prop_assert_eq!(point.load, (wall as f64 / time as f64) as f32);
            prop_assert_eq!(point.modules[0], (first as f64 / time as f64) as f32);
            let per_voice = if voiced > 0 { (first as f64 / voiced as f64) as f32 } else { 0.0 };
            prop_assert_eq!(point.per_voice[0], per_voice);
            let same = second.iter().all(|deed| deed.settings == second[0].settings);
            if second[0].settings == second[second.len() - 1].settings {
                prop_assert!(point.settings == second[0].settings);
            } else {
                prop_assert!(!same && point.settings == 0);
            }
        }
        if let Some(last) = seconds.last() {
            prop_assert_eq!(live.last_second.blocks, last.len() as u64);
            let minute = &seconds[seconds.len().saturating_sub(HISTORY)..];
            let blocks: usize = minute.iter().map(Vec::len).sum();
            prop_assert_eq!(live.last_minute.blocks, blocks as u64);
            let worst = minute.iter().flatten().map(|deed| {
                let (_, _, wall, deadline) = expected(deed);
                (wall as f64 / deadline) as f32
            });
            prop_assert_eq!(live.last_minute.worst.load(), worst.fold(0.0, f32::max));
        }

        // Every block over the budget is in the log, up to its capacity the latest ones.
        let over: Vec<_> = (0..deeds.len())
            .filter(|n| walls[*n].2 as f64 > walls[*n].3 * f64::from(DEFAULT_BUDGET))
            .collect();
        prop_assert_eq!(live.overruns, over.len() as u64);
        let logged: Vec<_> = log.overruns.iter().filter(|overrun| overrun.block.number > 0).collect();
        prop_assert_eq!(logged.len(), over.len().min(OVERRUNS));
        for (overrun, n) in logged.iter().rev().zip(over.iter().rev()) {
            prop_assert_eq!(overrun.block.number, *n as u64 + 1);
            prop_assert_eq!(u64::from(overrun.block.wall), walls[*n].2);
            prop_assert_eq!(overrun.before.number, *n as u64);
            // The bounds enclose the true run time, and mocked readings cost nothing, so they are tight.
            let ran = (walls[*n].0 + walls[*n].1) as u32 - waited(&deeds[*n]) as u32;
            prop_assert_eq!((overrun.block.cpu_least, overrun.block.cpu_most), (ran, ran));
            if f64::from(ran) < 0.5 * f64::from(overrun.block.wall) {
                prop_assert_ne!(overrun.verdict(), Verdict::Load);
            }
        }
    }
}

fn waited(deed: &Deed) -> u64 {
    deed.waited / u64::from(deed.pieces) * u64::from(deed.pieces)
}

fn calm(first: u64) -> Deed {
    Deed {
        samples: 128,
        pieces: 1,
        first,
        second: 30_000,
        waited: 0,
        voices: 4,
        settings: 1,
        gap: 2_000_000,
    }
}

fn verdict_after(calm_blocks: usize, last: &Deed) -> (Verdict, String) {
    let mut rig = Rig::new();
    for n in 0..calm_blocks {
        rig.play(&calm(20_000 + 100 * (n as u64 % 7)));
    }
    rig.play(last);
    let (_, log) = rig.look();
    let overrun = log.overruns.iter().find(|overrun| overrun.block.number > 0);
    let overrun = overrun.expect("the block is over the budget");
    let names = |module| ["one", "two", "three", "metrics"][module];
    (overrun.verdict(), overrun.explain(names))
}

#[test]
fn a_slow_module_is_blamed_and_a_sleeping_thread_is_not_ours() {
    let slow = Deed {
        first: 3_000_000,
        ..calm(0)
    };
    let (verdict, said) = verdict_after(200, &slow);
    assert_eq!(verdict, Verdict::Module(0));
    assert!(said.starts_with("Inside: one took 3.00 ms"), "{said}");
    let asleep = Deed {
        waited: 3_000_000,
        ..calm(20_000)
    };
    let (verdict, said) = verdict_after(200, &asleep);
    assert_eq!(verdict, Verdict::Descheduled, "{said}");
    assert!(
        said.starts_with("Outside: of 3.05 ms the thread ran at most 50.0 µs"),
        "{said}"
    );
    // Half of each: the evidence is inconclusive.
    let both = Deed {
        waited: 1_000_000,
        ..slow.clone()
    };
    assert_eq!(verdict_after(200, &both).0, Verdict::Unknown);
    // Without enough blocks to compare with, no module is blamed.
    assert_eq!(verdict_after(10, &slow).0, Verdict::Unknown);
    // All blocks take that long.
    let mut rig = Rig::new();
    (0..200).for_each(|_| {
        rig.play(&Deed {
            first: 1_500_000,
            ..calm(0)
        })
    });
    let (_, log) = rig.look();
    assert_eq!(log.overruns[OVERRUNS - 1].verdict(), Verdict::Load);
}

fn last_overrun(rig: &mut Rig) -> Overrun {
    let (_, log) = rig.look();
    let mut overruns = log.overruns.iter().rev();
    *overruns
        .find(|overrun| overrun.block.number > 0)
        .expect("a block was over the budget")
}

#[test]
fn what_an_interrupt_takes_blames_no_module() {
    let short = |first| Deed {
        samples: 1,
        first,
        second: 0,
        ..calm(0)
    };
    let verdict_after = |last| {
        let mut rig = Rig::new();
        (0..200).for_each(|_| rig.play(&short(1_000)));
        rig.play(&short(last));
        last_overrun(&mut rig).verdict()
    };
    // Any interrupt exceeds a budget of 10 µs, in whichever module it occurs.
    assert_eq!(verdict_after(120_000), Verdict::Unknown);
    assert_eq!(verdict_after(400_000), Verdict::Module(0));
}

#[test]
fn readings_of_the_clock_count_as_the_metrics_time() {
    let mut timer = ModuleTimer::new(Clock::default(), 3);
    timer.start();
    for _ in 0..10_000 {
        timer.mark(0);
    }
    let modules = timer.take();
    assert!(modules[3] > 0, "{modules:?}");
    assert_eq!(timer.take()[3], 0);
}

#[test]
fn short_times_are_told_in_their_own_unit() {
    let slow = Deed {
        first: 3_000_000,
        ..calm(0)
    };
    let mut rig = Rig::new();
    (0..200).for_each(|_| rig.play(&calm(400)));
    rig.play(&slow);
    let said = last_overrun(&mut rig).explain(|_| "one");
    assert!(
        said.contains("stay below 0.") && said.ends_with(" µs."),
        "{said}"
    );
}

#[test]
fn nothing_is_published_without_a_reader_and_a_reset_starts_over() {
    let mut rig = Rig::new();
    let reader = rig.reader.clone();
    for _ in 0..1_000 {
        rig.play(&calm(20_000));
    }
    assert_eq!(
        reader.live().unwrap().since_reset.blocks,
        0,
        "there was no reader"
    );
    rig.play(&calm(20_000));
    assert_eq!(reader.live().unwrap().since_reset.blocks, 1_000);
    reader.reset();
    let (live, log) = rig.look();
    assert_eq!(live.since_reset.blocks, 1, "the block that was open");
    assert_eq!(log.seconds[0].number, 0);
    reader.set_budget(7.0);
    assert_eq!(reader.budget(), 1.0);
    reader.set_budget(f32::NAN);
    assert_eq!(reader.budget(), 0.05);
}

#[test]
fn hours_take_no_more_memory_than_minutes() {
    let mut rig = Rig::new();
    // Two hours in blocks of a second.
    let second = Deed {
        samples: 48_000,
        ..calm(20_000)
    };
    (0..7_200).for_each(|_| rig.play(&second));
    let (live, log) = rig.look();
    assert_eq!(live.since_reset.blocks, 7_200);
    assert_eq!(live.last_minute.blocks, 60);
    let numbers = |points: &[Point]| points.iter().map(|point| point.number).collect::<Vec<_>>();
    assert_eq!(numbers(&log.seconds), (7_141..=7_200).collect::<Vec<_>>());
    assert_eq!(numbers(&log.minutes), (61..=120).collect::<Vec<_>>());
}
