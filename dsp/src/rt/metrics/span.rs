//! What the blocks of a span of time have in common: counts, sums, a histogram and the worst of them.

use bytemuck::{Pod, Zeroable};

use super::histogram::Histogram;
use super::record::{BlockRecord, MAX_MODULES};

/// Blocks of a span of time, added up. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Span {
    /// How many.
    pub blocks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Samples times the voices that sounded in them.
    pub voice_samples: u64,
    /// The time there was.
    pub deadline: u64,
    /// The time spent.
    pub wall: u64,
    /// What of it went where.
    pub modules: [u64; MAX_MODULES],
    /// Blocks over the budget.
    pub overruns: u32,
    /// The settings of the first block, and of the last.
    pub settings: [u32; 2],
    /// The greatest load.
    worst_load: f32,
    /// Of the time spent over the time there was.
    pub load: Histogram,
    /// The block with the greatest load.
    pub worst: BlockRecord,
}

impl Span {
    /// Adds a block, for which there were `deadline` nanoseconds.
    pub(super) fn add(&mut self, block: &BlockRecord, deadline: f64, overrun: bool) {
        if self.blocks == 0 {
            self.settings[0] = block.settings;
        }
        self.settings[1] = block.settings;
        self.blocks += 1;
        self.samples += u64::from(block.samples);
        self.voice_samples += u64::from(block.samples) * u64::from(block.voices);
        self.deadline += deadline as u64;
        self.wall += u64::from(block.wall);
        for (total, nanos) in self.modules.iter_mut().zip(block.modules) {
            *total += u64::from(nanos);
        }
        self.overruns += u32::from(overrun);
        let load = (f64::from(block.wall) / deadline.max(1.0)) as f32;
        self.load.add(load);
        if load > self.worst_load || self.worst.number == 0 {
            (self.worst, self.worst_load) = (*block, load);
        }
    }

    /// Adds a later span.
    pub(super) fn merge(&mut self, later: &Self) {
        if later.blocks == 0 {
            return;
        }
        if self.blocks == 0 {
            *self = *later;
            return;
        }
        self.settings[1] = later.settings[1];
        self.blocks += later.blocks;
        self.samples += later.samples;
        self.voice_samples += later.voice_samples;
        self.deadline += later.deadline;
        self.wall += later.wall;
        for (total, nanos) in self.modules.iter_mut().zip(later.modules) {
            *total += nanos;
        }
        self.overruns += later.overruns;
        self.load.merge(&later.load);
        if later.worst_load > self.worst_load {
            (self.worst, self.worst_load) = (later.worst, later.worst_load);
        }
    }

    /// Time spent over the time there was; 1 is the deadline.
    pub fn mean_load(&self) -> f64 {
        self.wall as f64 / (self.deadline as f64).max(1.0)
    }

    /// The same of one module.
    pub fn module_load(&self, module: usize) -> f64 {
        self.modules[module] as f64 / (self.deadline as f64).max(1.0)
    }
}

/// A span as a point of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Point {
    /// Counts up from 1; 0 is no point.
    pub number: u64,
    /// Time spent over the time there was.
    pub load: f32,
    /// The same of the worst block.
    pub worst: f32,
    /// Voices, on average.
    pub voices: f32,
    /// Blocks over the budget.
    pub overruns: u32,
    /// Settings that held all the time, 0 if they changed.
    pub settings: u32,
    reserved: u32,
    /// Time spent in each module over the time there was.
    pub modules: [f32; MAX_MODULES],
    /// Nanoseconds of each module per voice and sample, 0 without voices.
    pub per_voice: [f32; MAX_MODULES],
}

impl Point {
    pub(super) fn of(span: &Span, number: u64) -> Self {
        let voice_samples = span.voice_samples as f64;
        let mut point = Self {
            number,
            load: span.mean_load() as f32,
            worst: span.worst_load,
            voices: (voice_samples / (span.samples as f64).max(1.0)) as f32,
            overruns: span.overruns,
            settings: if span.settings[0] == span.settings[1] {
                span.settings[0]
            } else {
                0
            },
            ..Self::default()
        };
        for module in 0..MAX_MODULES {
            point.modules[module] = span.module_load(module) as f32;
            if voice_samples > 0.0 {
                point.per_voice[module] = (span.modules[module] as f64 / voice_samples) as f32;
            }
        }
        point
    }
}

/// The last `N` of something, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Ring<T, const N: usize> {
    items: Box<[T; N]>,
    count: u64,
}

impl<T: Copy + Default, const N: usize> Ring<T, N> {
    pub(super) fn new() -> Self {
        Self {
            items: Box::new([T::default(); N]),
            count: 0,
        }
    }

    pub(super) fn push(&mut self, item: T) {
        self.items[(self.count % N as u64) as usize] = item;
        self.count += 1;
    }

    pub(super) fn clear(&mut self) {
        self.items.fill(T::default());
        self.count = 0;
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        let held = (self.count as usize).min(N);
        let first = if self.count as usize > N {
            (self.count % N as u64) as usize
        } else {
            0
        };
        (0..held).map(move |n| &self.items[(first + n) % N])
    }

    /// The latest.
    pub(super) fn last(&self) -> Option<&T> {
        self.iter().next_back()
    }

    /// How many there ever were.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Oldest first, the rest defaults.
    pub(super) fn to_array(&self) -> [T; N] {
        let mut array = [T::default(); N];
        for (to, from) in array.iter_mut().zip(self.iter()) {
            *to = *from;
        }
        array
    }
}
