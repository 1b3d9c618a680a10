//! Random actions of all kinds for `TIDEPOOL_SOAK_SECONDS`, half a minute by default.
//!
//! `TIDEPOOL_SOAK_SEED` repeats a run, as far as two threads can be repeated.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tidepool_host::{
    Event, Expression, External, Instance, Note, Param, Processor, Timed, Transport,
};
use tidepool_tests::score::{note, off, on};
use tidepool_tests::{Sound, bundles};

/// Announced maximum block lengths.
const LONGEST: [usize; 5] = [1, 17, 64, 512, 8192];

#[test]
fn nothing_breaks_in_the_long_run() {
    let number = |name, default| -> u64 {
        env::var(name).map_or(default, |text| {
            text.parse().expect("the variable is a whole number")
        })
    };
    let duration = Duration::from_secs(number("TIDEPOOL_SOAK_SECONDS", 30));
    let seed = number("TIDEPOOL_SOAK_SEED", 0x71DE);
    println!("soaking for {} s with seed {seed}", duration.as_secs());

    let mut random = Rng::with_seed(seed);
    let start = Instant::now();
    let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
    let params = instance.params();
    let mut states = vec![instance.save().expect("the state is saved")];
    let mut frames = 0;
    while start.elapsed() < duration {
        let rate = *random
            .choice([8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0])
            .as_ref()
            .expect("rates");
        let longest = *random.choice(LONGEST).as_ref().expect("lengths");
        let mut processor = instance
            .activate(rate, 1..=longest as u32)
            .expect("the plugin activates");
        processor.start().expect("processing starts");

        let until = (start.elapsed() + Duration::from_millis(random.u64(50..1000))).min(duration);
        let stop = AtomicBool::new(false);
        let mut player = Player {
            processor,
            params: &params,
            longest,
            random: random.fork(),
            frames: 0,
        };
        let player = thread::scope(|scope| {
            let audio = scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    player.block();
                }
                player
            });
            while start.elapsed() < until && !audio.is_finished() {
                disturb(&mut instance, &mut states, &mut random);
                thread::sleep(Duration::from_millis(random.u64(0..20)));
            }
            stop.store(true, Ordering::Relaxed);
            audio
                .join()
                .unwrap_or_else(|_| panic!("the soak with seed {seed} failed"))
        });
        frames += player.frames;
        instance.deactivate(player.processor);
        if random.u8(0..8) == 0 {
            instance = Instance::new(bundles::clap()).expect("an instance is created");
        }
    }
    println!("{frames} samples played");
    assert!(frames > 0);
}

/// Performs a random action of a user or host on the main thread.
fn disturb(instance: &mut Instance, states: &mut Vec<Vec<u8>>, random: &mut Rng) {
    match random.u8(0..5) {
        0 => instance
            .load(random.choice(&*states).expect("there are states"))
            .expect("a saved state loads"),
        1 if states.len() < 32 => states.push(instance.save().expect("the state is saved")),
        2 => {
            let mut damaged = random.choice(&*states).expect("there are states").clone();
            damaged.truncate(random.usize(0..damaged.len()));
            assert!(instance.load(&damaged).is_err());
        }
        3 => {
            for param in instance.params() {
                assert!((param.min..=param.max).contains(&param.value), "{param:?}");
            }
        }
        _ => instance.idle(),
    }
}

/// Audio thread of the soak test.
struct Player<'a> {
    processor: Processor,
    params: &'a [Param],
    longest: usize,
    random: Rng,
    frames: usize,
}

impl Player<'_> {
    fn block(&mut self) {
        let random = &mut self.random;
        let frames = random.usize(1..=self.longest);
        let mut events: Vec<Timed> = (0..random.usize(0..6))
            .map(|_| event(random, self.params).at(random.u32(0..frames as u32)))
            .collect();
        if random.u8(0..50) == 0 {
            events.extend(dense(random, self.params, frames));
        }
        let mut output = Sound::silence(frames);
        let mut side = noise(random, frames);
        // In debug builds nice-plug logs every block with an incomplete side-chain, so that these are rare.
        let external = match random.u8(0..200) {
            0 => External::None,
            1 => External::Mono(&mut side.left),
            2..100 => External::Stereo([&mut side.left, &mut side.right]),
            _ => External::InPlace,
        };
        self.processor
            .process([&mut output.left, &mut output.right], external, &events)
            .expect("the plugin processes");
        output.assert_sane(&format!("after {} samples, with {events:?}", self.frames));
        self.frames += frames;

        match self.random.u16(0..500) {
            0 => self.processor.reset(),
            1 => {
                self.processor.stop();
                self.processor.start().expect("processing starts again");
            }
            _ => {}
        }
    }
}

/// Returns automation of one parameter every few samples.
fn dense(random: &mut Rng, params: &[Param], frames: usize) -> Vec<Timed> {
    let param = random.choice(params).expect("there are parameters");
    let value = |random: &mut Rng| param.min + (param.max - param.min) * random.f64();
    let samples = (0..frames as u32).step_by(random.usize(1..17)).take(500);
    samples
        .map(|sample| {
            let (id, value) = (param.id, value(random));
            Event::Param { id, value }.at(sample)
        })
        .collect()
}

fn event(random: &mut Rng, params: &[Param]) -> Event {
    let key = random.u8(0..128);
    let param = random.choice(params).expect("there are parameters");
    let span = param.max - param.min;
    match random.u8(0..14) {
        0..3 => on(key),
        3..5 => off(key),
        5 => Event::Midi([0x90 | random.u8(0..16), key, random.u8(0..128)]),
        6 => Event::Midi([
            0x80 | random.u8(0..0x70),
            random.u8(0..128),
            random.u8(0..128),
        ]),
        7 => {
            let kinds = [
                Expression::Volume,
                Expression::Pan,
                Expression::Tuning,
                Expression::Brightness,
                Expression::Pressure,
            ];
            let kind = *random.choice(&kinds).expect("there are kinds");
            Event::Expression {
                note: note(key),
                kind,
                value: random.f64(),
            }
        }
        8 => Event::Modulation {
            id: param.id,
            note: Note::ALL,
            amount: span * (random.f64() - 0.5),
        },
        9..11 => {
            let per_note: Vec<_> = params.iter().filter(|param| param.per_note).collect();
            let param = random
                .choice(per_note)
                .expect("notes have their own modulation");
            Event::Modulation {
                id: param.id,
                note: note(key),
                amount: random.f64() * 3.0 - 1.5,
            }
        }
        11 => match random.u8(0..20) {
            0 => Event::Choke { note: Note::ALL },
            _ => Event::Choke { note: note(key) },
        },
        12 => {
            let (tempo, beats) = (random.f64() * 300.0, random.f64() * 1000.0);
            Event::Transport(Transport {
                tempo,
                beats,
                seconds: beats,
                playing: random.bool(),
            })
        }
        _ => Event::Param {
            id: param.id,
            value: param.min + span * random.f64(),
        },
    }
}

fn noise(random: &mut Rng, frames: usize) -> Sound {
    let loudness = *random.choice(&[0.0, 0.1, 1.0]).expect("there are levels");
    let mut channel = || {
        (0..frames)
            .map(|_| (2.0 * random.f32() - 1.0) * loudness)
            .collect()
    };
    Sound {
        left: channel(),
        right: channel(),
    }
}
