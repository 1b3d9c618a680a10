//! A module of a voice, measured alone.

use std::hint::black_box;

use tidepool_dsp::rt::{TICK, Work, dispatch};
use tidepool_dsp::synth::f32s::{F32s, VOICES_PER_GROUP};
use xtask::report::{Group, Row};

use super::{BLOCK, UNIT, UNITS, VOICES, key};
use crate::hash::hash;
use crate::rounds::{Rounds, Times, row};

/// Module for a group of voices.
pub trait Part {
    /// Starts a tick and renders it. To be `#[inline(always)]`.
    fn tick(&mut self, out: &mut [F32s; TICK]);
}

/// Groups that hold all voices.
pub type Groups<P> = [P; VOICES / VOICES_PER_GROUP];

/// Returns one module for each group; `new` gets the number of the group.
pub fn groups<P>(new: impl FnMut(usize) -> P) -> Groups<P> {
    std::array::from_fn(new)
}

/// Returns the keys of a group, spread over the keyboard.
pub fn keys(group: usize) -> F32s {
    F32s(std::array::from_fn(|lane| {
        key(group * VOICES_PER_GROUP + lane)
    }))
}

/// Returns a different seed for each voice.
pub fn seeds(group: usize) -> [u32; VOICES_PER_GROUP] {
    std::array::from_fn(|lane| (group * VOICES_PER_GROUP + lane) as u32 + 1)
}

/// Adds the module as the engine runs it: each group through its tick, one dispatch for all.
pub fn add(rounds: &mut Rounds, name: &str, mut parts: Groups<impl Part + 'static>) {
    let mut out = [F32s::ZERO; TICK];
    rounds.add(name, UNITS, move || {
        for _ in 0..BLOCK / TICK {
            dispatch(Play {
                parts: black_box(&mut parts),
                out: &mut out,
                heard: |out: &[F32s; TICK]| _ = black_box(out),
            });
        }
    });
}

/// Returns the row, with the hash of the first fifth of a second of the first group.
pub fn measured(times: &Times, name: &str, series: &str, parts: Groups<impl Part>) -> Row {
    Row {
        hash: Some(fingerprint(parts)),
        ..row(Group::Voice, name, UNIT, times.of(series))
    }
}

fn fingerprint(mut parts: Groups<impl Part>) -> String {
    let mut out = [F32s::ZERO; TICK];
    let mut heard = Vec::new();
    for _ in 0..300 {
        dispatch(Play {
            parts: &mut parts,
            out: &mut out,
            heard: |out: &[F32s; TICK]| heard.extend(out.iter().flat_map(|lanes| lanes.0)),
        });
    }
    hash(&heard)
}

struct Play<'a, P, H> {
    parts: &'a mut Groups<P>,
    out: &'a mut [F32s; TICK],
    heard: H,
}

impl<P: Part, H: FnMut(&[F32s; TICK])> Work for Play<'_, P, H> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        for part in self.parts {
            part.tick(self.out);
            (self.heard)(self.out);
        }
    }
}
