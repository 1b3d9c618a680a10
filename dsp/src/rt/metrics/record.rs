//! What one block cost, and what it did: the unit that everything else is made from.

use bytemuck::{Pod, Zeroable};

use crate::rt::Clock;

/// Most modules that blocks are split into.
pub const MAX_MODULES: usize = 16;

/// One host block. Times are in nanoseconds and saturate at 4.29 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct BlockRecord {
    /// Counts up from 1; 0 is no block.
    pub number: u64,
    /// When it began, on the [`Clock`].
    pub start: u64,
    /// From begin to end.
    pub wall: u32,
    /// What of it the thread ran on a processor: at least, and at most. Reading that is a system call, so that
    /// most blocks that are in time go without, and say 0 and `wall`.
    pub cpu_least: u32,
    /// See `cpu_least`.
    pub cpu_most: u32,
    /// How much later it began than the block before it lets expect: that one's begin and duration.
    pub late: u32,
    /// Length.
    pub samples: u32,
    /// In Hz.
    pub sample_rate: f32,
    /// Voices at its end.
    pub voices: u32,
    /// Notes that began in it.
    pub notes: u32,
    /// Changes of parameters, controllers and expressions.
    pub changes: u32,
    /// Batches of them that were flushed.
    pub batches: u32,
    /// Streams that had no samples ready.
    pub misses: u32,
    /// Chunks that the bridge had no frame for.
    pub drops: u32,
    /// Calls of the allocator, where they are counted.
    pub allocations: u32,
    /// Values that were not finite, and panics.
    pub faults: u32,
    /// Grows whenever a parameter is set, so that equal numbers mean equal settings.
    pub settings: u32,
    /// Host's pieces that it came in.
    pub pieces: u32,
    /// What of `wall` went where.
    pub modules: [u32; MAX_MODULES],
}

impl BlockRecord {
    /// The time there is for it, in nanoseconds.
    pub fn deadline(&self) -> f64 {
        f64::from(self.samples) / f64::from(self.sample_rate.max(1.0)) * 1e9
    }

    /// Wall time over the time there is; 1 is the deadline.
    pub fn load(&self) -> f32 {
        (f64::from(self.wall) / self.deadline().max(1.0)) as f32
    }

    /// The module that took the most, and how long.
    pub fn dearest(&self) -> (usize, u32) {
        let modules = self.modules.iter().copied().enumerate();
        modules.max_by_key(|(_, nanos)| *nanos).unwrap_or((0, 0))
    }
}

/// Readings of the clock in a row that tell what one costs, and how often that is tried.
const READINGS: u64 = 256;
const TRIES: usize = 8;

/// Times modules, one after the other: each lap goes to the module that just ran. `[audio]`
#[derive(Clone, Debug, Default)]
pub struct ModuleTimer {
    clock: Clock,
    /// The module that reading the clock counts as.
    own: usize,
    /// Cost of [`READINGS`] of them, in the clock's own units: on some processors a unit is longer than a reading.
    reading: u64,
    /// In the clock's own units, as all that is summed up here.
    last: u64,
    modules: [u64; MAX_MODULES],
    /// Laps of each module since this was last asked.
    marks: [u64; MAX_MODULES],
    /// What the last lap went to, from 1; 0 before the first one.
    ended: usize,
}

impl ModuleTimer {
    /// Laps by `clock`, whose readings count as time of the module `own`, below [`MAX_MODULES`]. Reads the clock a
    /// few times to know what that costs. `[gui]`
    pub fn new(clock: Clock, own: usize) -> Self {
        let row = || {
            let begin = clock.ticks();
            let end = (0..READINGS).fold(begin, |_, _| clock.ticks());
            end.saturating_sub(begin)
        };
        // The least of a few: any of them may be interrupted.
        let reading = (0..TRIES).map(|_| row()).min().unwrap_or(0);
        Self {
            clock,
            own: own % MAX_MODULES,
            reading,
            ..Self::default()
        }
    }

    /// Whatever ran until now is nobody's.
    #[inline]
    pub fn start(&mut self) {
        self.last = self.clock.ticks();
        self.ended = 0;
    }

    /// The time since the last lap went to `module`, below [`MAX_MODULES`].
    #[inline]
    pub fn mark(&mut self, module: usize) {
        let now = self.clock.ticks();
        let number = module % MAX_MODULES;
        self.modules[number] += now.saturating_sub(self.last);
        self.marks[number] += 1;
        self.last = now;
        self.ended = number + 1;
    }

    /// The module that the last lap since the start went to: where something goes wrong, it does so in what came after.
    pub fn ended(&self) -> Option<usize> {
        self.ended.checked_sub(1)
    }

    /// The nanoseconds of each module since this was last asked, the readings of the clock apart from the modules that
    /// they measured.
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
