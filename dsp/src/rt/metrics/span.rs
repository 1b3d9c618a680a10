//! Sums over the blocks of a span of time: counts, times, a histogram of loads and the worst block.

use bytemuck::{Pod, Zeroable};

use super::histogram::Histogram;
use super::record::{BlockRecord, MAX_MODULES};
#[cfg(feature = "serde")]
use crate::rt::units::known;

/// Blocks of a span of time, added up. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Span {
    /// Number of blocks.
    pub blocks: u64,
    /// Number of samples.
    pub samples: u64,
    /// Sum over the blocks of samples times voices.
    pub voice_samples: u64,
    /// Sum of the deadlines.
    pub deadline: u64,
    /// Time spent.
    pub wall: u64,
    /// Time spent in each module.
    pub modules: [u64; MAX_MODULES],
    /// Blocks over the budget.
    pub overruns: u32,
    /// Revisions of the settings in the first and in the last block.
    pub settings: [u32; 2],
    /// Greatest load of a block.
    worst_load: f32,
    /// Histogram of the loads.
    pub load: Histogram,
    /// Block with the greatest load.
    pub worst: BlockRecord,
}

impl Span {
    /// Adds a block with a deadline of `deadline` nanoseconds.
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

    /// Returns the time spent over the sum of the deadlines.
    pub fn mean_load(&self) -> f64 {
        self.wall as f64 / (self.deadline as f64).max(1.0)
    }

    /// Returns the load that `part`, 0 to 1, of the blocks stay below; `None` without blocks. The edge of a bucket may lie
    /// above the worst block, whose load is then returned.
    pub fn percentile(&self, part: f64) -> Option<f32> {
        let edge = self.load.percentile(part)?;
        Some(edge.min(self.worst.load()))
    }

    /// Returns the time spent in one module over the sum of the deadlines.
    pub fn module_load(&self, module: usize) -> f64 {
        self.modules[module] as f64 / (self.deadline as f64).max(1.0)
    }
}

/// A span as a point of the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(C)]
pub struct Point {
    /// Number of the point, counted from 1; 0 means that there is no point.
    pub number: u64,
    /// Mean load.
    pub load: f32,
    /// Load of the worst block.
    pub worst: f32,
    /// Mean number of voices.
    pub voices: f32,
    /// Blocks over the budget.
    pub overruns: u32,
    /// Revision of the settings throughout the span, 0 if they changed.
    #[cfg_attr(feature = "serde", serde(with = "known"))]
    pub settings: u32,
    #[cfg_attr(feature = "serde", serde(skip))]
    reserved: u32,
    /// Mean load of each module.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub modules: [f32; MAX_MODULES],
    /// Nanoseconds of each module per voice and sample, 0 without voices.
    #[cfg_attr(feature = "serde", serde(skip))]
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

/// Ring buffer of the last `N` items.
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

    /// Returns the latest item.
    pub(super) fn last(&self) -> Option<&T> {
        self.iter().next_back()
    }

    /// Returns the number of items ever pushed.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the items, oldest first, padded with defaults.
    pub(super) fn to_array(&self) -> [T; N] {
        let mut array = [T::default(); N];
        for (to, from) in array.iter_mut().zip(self.iter()) {
            *to = *from;
        }
        array
    }
}
