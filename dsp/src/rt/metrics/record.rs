//! Record of one block: its cost and its work, the basis of all other metrics.

use bytemuck::{Pod, Zeroable};

use crate::rt::Clock;
#[cfg(feature = "serde")]
use crate::rt::units::micros;

/// Maximum number of modules.
pub const MAX_MODULES: usize = 16;

/// Record of one host block. Times are in nanoseconds and saturate at 4.29 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(C)]
pub struct BlockRecord {
    /// Number of the block, counted from 1; 0 means that there is no block.
    pub number: u64,
    /// Start time on the [`Clock`].
    #[cfg_attr(feature = "serde", serde(rename = "start_us", with = "micros"))]
    pub start: u64,
    /// Wall time spent in the block.
    #[cfg_attr(feature = "serde", serde(rename = "wall_us", with = "micros"))]
    pub wall: u32,
    /// Lower bound of the thread's processor time within `wall`. Reading it is a system call, so most blocks that are in
    /// time do without and have 0 here and `wall` as the upper bound.
    #[cfg_attr(feature = "serde", serde(rename = "cpu_least_us", with = "micros"))]
    pub cpu_least: u32,
    /// Upper bound of the processor time; see `cpu_least`.
    #[cfg_attr(feature = "serde", serde(rename = "cpu_most_us", with = "micros"))]
    pub cpu_most: u32,
    /// Delay of the start, relative to the start plus the duration of audio of the block before.
    #[cfg_attr(feature = "serde", serde(rename = "late_us", with = "micros"))]
    pub late: u32,
    /// Length in samples.
    pub samples: u32,
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Voices at the end of the block.
    pub voices: u32,
    /// Notes started.
    pub notes: u32,
    /// Changes of parameters, controllers and expressions.
    pub changes: u32,
    /// Flushed batches of changes.
    pub batches: u32,
    /// Streams that had no samples ready.
    pub stream_misses: u32,
    /// Drops because the bridge had no frame.
    pub bridge_drops: u32,
    /// Allocator calls, if they are counted.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub allocations: u32,
    /// Faults: panics, refused scratch memory and values that were not finite.
    pub faults: u32,
    /// Revision of the parameter settings; grows whenever a parameter is set, so that equal revisions mean equal settings.
    pub settings: u32,
    /// Number of pieces that the block was processed in.
    pub pieces: u32,
    /// Part of `wall` spent in each module.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub modules: [u32; MAX_MODULES],
}

impl BlockRecord {
    /// Returns the deadline in nanoseconds.
    pub fn deadline(&self) -> f64 {
        f64::from(self.samples) / f64::from(self.sample_rate.max(1.0)) * 1e9
    }

    /// Returns the wall time over the deadline.
    pub fn load(&self) -> f32 {
        (f64::from(self.wall) / self.deadline().max(1.0)) as f32
    }

    /// Returns the module that took the longest, and its time.
    pub fn dearest(&self) -> (usize, u32) {
        let modules = self.modules.iter().copied().enumerate();
        modules.max_by_key(|(_, nanos)| *nanos).unwrap_or((0, 0))
    }
}

/// Consecutive readings of the clock that measure the cost of one, and the number of attempts.
const READINGS: u64 = 256;
const TRIES: usize = 8;

/// Times modules one after the other: each mark charges the time since the last one to a module. `[audio]`
#[derive(Clone, Debug, Default)]
pub struct ModuleTimer {
    clock: Clock,
    /// Module that the cost of clock readings is charged to.
    own: usize,
    /// Cost of [`READINGS`] readings in ticks of the clock, because on some processors a tick is longer than a reading.
    reading: u64,
    /// Time of the last mark, in ticks of the clock like all times summed here.
    last: u64,
    modules: [u64; MAX_MODULES],
    /// Marks of each module since the last call of [`take`](Self::take).
    marks: [u64; MAX_MODULES],
    /// Number from 1 of the last marked module; 0 before the first mark.
    ended: usize,
}

impl ModuleTimer {
    /// Creates a timer over `clock` that charges the cost of readings to the module `own`, below [`MAX_MODULES`]. Measures
    /// that cost by reading the clock. `[gui]`
    pub fn new(clock: Clock, own: usize) -> Self {
        let row = || {
            let begin = clock.ticks();
            let end = (0..READINGS).fold(begin, |_, _| clock.ticks());
            end.saturating_sub(begin)
        };
        // The minimum of several, because any of them may be interrupted.
        let reading = (0..TRIES).map(|_| row()).min().unwrap_or(0);
        Self {
            clock,
            own: own % MAX_MODULES,
            reading,
            ..Self::default()
        }
    }

    /// Starts timing; the time before is charged to no module.
    #[inline]
    pub fn start(&mut self) {
        self.last = self.clock.ticks();
        self.ended = 0;
    }

    /// Charges the time since the last mark to `module`, below [`MAX_MODULES`].
    #[inline]
    pub fn mark(&mut self, module: usize) {
        let now = self.clock.ticks();
        let number = module % MAX_MODULES;
        self.modules[number] += now.saturating_sub(self.last);
        self.marks[number] += 1;
        self.last = now;
        self.ended = number + 1;
    }

    /// Returns the last module marked since the start; a fault lies in the code that ran after it.
    pub fn ended(&self) -> Option<usize> {
        self.ended.checked_sub(1)
    }

    /// Returns the nanoseconds spent in each module since the last call, with the cost of clock readings charged to their
    /// own module instead of the measured ones.
    pub fn take(&mut self) -> [u32; MAX_MODULES] {
        let mut nanos = [0; MAX_MODULES];
        let mut readings = 0;
        for (number, marks) in std::mem::take(&mut self.marks).into_iter().enumerate() {
            if marks > 0 {
                let ticks = std::mem::take(&mut self.modules[number]);
                nanos[number] = self.nanos(ticks.saturating_sub(marks * self.reading / READINGS));
                readings += marks;
            }
        }
        let readings = self.nanos(readings * self.reading / READINGS);
        nanos[self.own] = readings.saturating_add(nanos[self.own]);
        nanos
    }

    fn nanos(&self, ticks: u64) -> u32 {
        u32::try_from(self.clock.nanos(ticks)).unwrap_or(u32::MAX)
    }
}
