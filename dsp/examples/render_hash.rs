//! Renders a fixed score on fixed patches and prints the hash of the samples, which is the same on every platform.
//!
//! Run with `cargo run --release --package tidepool-dsp --example render_hash`. `cargo xtask test --platform` compares
//! the output of a cross-built example with that of this machine.

use tidepool_dsp::{
    Block, Engine, Event, EventKind, Expression, Note, NoteFilter, NotePort, Parameter, Patch,
};
use xxhash_rust::xxh3::Xxh3;

const RATE: f32 = 48_000.0;
const BLOCK: usize = 256;
/// Blocks per patch: two seconds.
const BLOCKS: usize = 375;
/// Number of patches: the default one, and others with half of the parameters at random values.
const SOUNDS: usize = 12;
/// Peak level above which a sound counts, −40 dBFS: the hash of silence would prove nothing.
const HEARD: f32 = 0.01;

fn main() {
    let mut whole = Xxh3::new();
    let heard = (0..).filter_map(|seed| Some((seed, render(seed)?)));
    for (seed, hash) in heard.take(SOUNDS) {
        println!("sound {seed:2}: {hash:016x}");
        whole.update(&hash.to_le_bytes());
    }
    println!("hash: {:016x}", whole.digest());
}

/// Plays the score on the patch of this seed and returns the XXH3-64 hash of the samples, interleaved, low bytes first.
/// Returns `None` if the output is silent.
fn render(seed: u64) -> Option<u64> {
    let mut random = Random(seed);
    let mut patch = Patch::default();
    if seed > 0 {
        for parameter in Parameter::all() {
            let plain = parameter.spec().range.plain(random.unit());
            if random.unit() < 0.5 {
                patch.set(parameter, plain);
            }
        }
    }
    let mut engine = Engine::default();
    engine.prepare(RATE, BLOCK);
    engine.load(&patch);

    let mut hash = Xxh3::new();
    let mut peak: f32 = 0.0;
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    for block in 0..BLOCKS {
        let mut events = Events(events(block, &mut random).into_iter());
        let buffers = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(buffers, &mut events);
        for sample in left
            .iter()
            .zip(&right)
            .flat_map(|(left, right)| [left, right])
        {
            hash.update(&sample.to_bits().to_le_bytes());
            peak = peak.max(sample.abs());
        }
    }
    (peak > HEARD).then(|| hash.digest())
}

/// Returns the events of a block: a note every tenth block, and random controllers, bends and expressions.
fn events(block: usize, random: &mut Random) -> Vec<Event> {
    let note = |number: usize| Note {
        id: None,
        channel: 0,
        key: (36 + number * 7 % 48) as u8,
    };
    let filter = |note: Note| NoteFilter {
        id: note.id,
        channel: Some(note.channel),
        key: Some(note.key),
    };
    let playing = note(block / 10);
    let kind = match block % 10 {
        0 => EventKind::NoteOn {
            note: playing,
            velocity: 0.1 + 0.9 * random.unit(),
        },
        3 => EventKind::Bend {
            channel: 0,
            value: random.unit() * 2.0 - 1.0,
        },
        5 => EventKind::Controller {
            channel: 0,
            number: 1,
            value: random.unit(),
        },
        7 => EventKind::Expression {
            target: filter(playing),
            expression: Expression::Brightness,
            value: random.unit(),
        },
        9 if block % 30 != 9 => EventKind::note_off(filter(playing)),
        _ => return Vec::new(),
    };
    let at = (random.unit() * BLOCK as f32) as u32;
    vec![Event {
        at: at.min(BLOCK as u32 - 1),
        kind,
    }]
}

/// Port with the events of one block.
struct Events(std::vec::IntoIter<Event>);

impl NotePort for Events {
    fn next_event(&mut self) -> Option<Event> {
        self.0.next()
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    /// Uniform in `[0, 1)`.
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    }
}
