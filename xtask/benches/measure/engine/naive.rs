//! Measures how much pools, batches and the smoothing bank save of a whole block: sixteen notes with eight parameters
//! set every sixteen samples, beside the same engine in the naive way.
//!
//! The naive way runs the same engine, so that the sound costs the same, and adds the work that these avoid:
//!
//! - *buffers*: for every segment a `Vec` for each of the buffers that the engine takes from its arena, whose own cost
//!   is negligible (2 ns each, not subtracted);
//! - *cuts*: every change is applied on its own sample, in a batch of one, and cuts the block there, as the wrappers of
//!   plugins do it, instead of waiting for the tick;
//! - *smoothers*: every parameter that affects the sound has a smoother of nice-plug's, which is advanced on every
//!   sample.
//!
//! Not included is the recomputation of coefficients at every change: both ways compute them once a tick.

use std::hint::black_box;

use nice_plug_core::params::smoothing::{Smoother, SmoothingStyle};
use tidepool_dsp::parameter::Smoothing;
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::WORK;
use tidepool_dsp::synth::f32s::{F32s, VOICES_PER_GROUP};
use tidepool_dsp::{EngineConfig, Parameter};
use xtask::report::{Group, Row};

use super::player::{Notes, Nothing, Player, chord};
use super::{BLOCK, SAMPLE_RATE};
use crate::hash::hash;
use crate::parameters::{AUTOMATED, Curves, EVERY};
use crate::rounds::{Rounds, Times, anchored, compared, row};
use crate::sounds::Sound;

const HELD: usize = 16;
/// Numbers of buffers: buses, external input and sends, in stereo; the gains, and the buffers of the effects chain.
const STRETCH_BUFFERS: usize = 4;
const TICK_BUFFERS: usize = 10;
const GROUP_BUSES: usize = 6;
/// Groups of parameters that affect the first sound.
const HEARD: [&str; 6] = [
    "Voice",
    "Oscillator A",
    "Filter",
    "Envelope 1",
    "Sends",
    "Output",
];

/// Selection of the naive parts.
#[derive(Clone, Copy, Default)]
struct Naive {
    buffers: bool,
    cuts: bool,
    smoothers: bool,
}

const ALL: Naive = Naive {
    buffers: true,
    cuts: true,
    smoothers: true,
};
const WAYS: [(&str, Naive); 4] = [
    ("naive", ALL),
    (
        "naive buffers",
        Naive {
            buffers: true,
            cuts: false,
            smoothers: false,
        },
    ),
    (
        "naive cuts",
        Naive {
            buffers: false,
            cuts: true,
            smoothers: false,
        },
    ),
    (
        "naive smoothers",
        Naive {
            buffers: false,
            cuts: false,
            smoothers: true,
        },
    ),
];

/// Adds the engine as it is, the naive way, and each part of it alone.
pub fn add(rounds: &mut Rounds) {
    let mut player = player(&EngineConfig::default());
    let mut curves = Curves::default();
    rounds.add("block", 1.0, move || {
        curves.rewind();
        black_box(player.play_events(&mut curves));
    });
    for (name, way) in WAYS {
        let mut naive = NaiveEngine::new(way);
        rounds.add(name, 1.0, move || naive.play());
    }
}

/// Returns the savings, in total and of each part.
pub fn rows(times: &Times) -> Vec<Row> {
    let ours = times.of("block");
    let saving = |name: &str, way: &str| {
        compared(
            (Group::Engine, name, "% of the naive block"),
            [ours, times.of(way)],
            |ours, naive| 100.0 * (1.0 - ours / naive),
        )
    };
    let block = row(Group::Engine, "automated_block", "ns", ours);
    vec![
        Row {
            target: Some(20.0),
            at_least: true,
            hash: Some(fingerprint()),
            ..saving("block_saving", "naive")
        },
        saving("block_saving_buffers", "naive buffers"),
        saving("block_saving_cuts", "naive cuts"),
        saving("block_saving_smoothers", "naive smoothers"),
        anchored(block, "the naive way", times.of("naive")),
    ]
}

fn player(config: &EngineConfig) -> Player {
    let mut player = Player::new(Sound::First, BLOCK, config);
    player.play_events(&mut Notes(chord(HELD)));
    player
}

/// Returns the hash of the first hundred blocks of the engine as it is.
fn fingerprint() -> String {
    let (mut player, mut curves) = (player(&EngineConfig::default()), Curves::default());
    let audio: Vec<f32> = (0..100)
        .flat_map(|_| {
            curves.rewind();
            player.play_events(&mut curves).concat()
        })
        .collect();
    hash(&audio)
}

/// Engine in the naive way.
struct NaiveEngine {
    player: Player,
    way: Naive,
    curves: Curves,
    smoothers: Vec<(Parameter, Smoother<f32>)>,
    step: usize,
}

impl NaiveEngine {
    fn new(way: Naive) -> Self {
        let config = EngineConfig {
            batch_size: if way.cuts { 1 } else { 64 },
            adaptive_batches: false,
            ..EngineConfig::default()
        };
        let smoothed = |parameter: &Parameter| {
            let spec = parameter.spec();
            HEARD.contains(&spec.group) && spec.smoothing != Smoothing::None
        };
        let smoother = |parameter: Parameter| {
            let smoother = Smoother::new(SmoothingStyle::Linear(20.0));
            smoother.reset(parameter.spec().default);
            (parameter, smoother)
        };
        Self {
            player: player(&config),
            way,
            curves: Curves::default(),
            smoothers: Parameter::all().filter(smoothed).map(smoother).collect(),
            step: 0,
        }
    }

    fn play(&mut self) {
        let stretch = if self.way.cuts { EVERY } else { BLOCK };
        self.curves.rewind();
        for at in (0..BLOCK).step_by(EVERY) {
            for (number, parameter) in AUTOMATED.into_iter().enumerate() {
                let value = self.curves.value(number, self.step);
                if self.way.cuts {
                    self.player.engine.set(parameter, value, 0.0);
                }
                if self.way.smoothers {
                    let of = self.smoothers.iter().find(|(other, _)| *other == parameter);
                    if let Some((_, smoother)) = of {
                        smoother.set_target(SAMPLE_RATE, value);
                    }
                }
            }
            self.step += 1;
            if self.way.smoothers {
                for _ in 0..EVERY {
                    for (_, smoother) in &self.smoothers {
                        black_box(smoother.next());
                    }
                }
            }
            if at % stretch == 0 {
                let _buffers = self.way.buffers.then(|| buffers(stretch));
                if self.way.cuts {
                    self.player.play_stretch(at, at + stretch, &mut Nothing);
                } else {
                    self.player.play_events(&mut self.curves);
                }
            }
        }
        black_box(self.player.audio());
    }
}

/// Allocates the buffers that the engine takes from its arena for a segment: some for all of it, the rest for each tick
/// of it.
fn buffers(stretch: usize) {
    let zeros = |length: usize| black_box(vec![0.0_f32; black_box(length)]);
    let lanes = |length: usize| black_box(vec![F32s::<VOICES_PER_GROUP>::ZERO; black_box(length)]);
    let _stretch: [_; STRETCH_BUFFERS] = [(); STRETCH_BUFFERS].map(|()| zeros(stretch));
    for _ in (0..stretch).step_by(TICK) {
        let length = stretch.min(TICK);
        let _tick: [_; TICK_BUFFERS] = [(); TICK_BUFFERS].map(|()| zeros(length));
        let _buses: [_; GROUP_BUSES] = [(); GROUP_BUSES].map(|()| lanes(length));
        let _work = lanes(WORK);
    }
}
