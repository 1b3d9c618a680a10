//! The audio thread's end of the metrics: records every block, and publishes figures while there are readers.

use std::array::from_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use super::histogram::Histogram;
use super::record::{BlockRecord, MAX_MODULES};
use super::snapshot::SnapshotWriter;
use super::span::{Point, Ring, Span};
use super::verdict::Overrun;
use super::{HISTORY, Live, Log, OVERRUNS, RECENT, Totals};
use crate::rt::Clock;
use crate::rt::thread::this_thread;

/// Minimum time between two publications, in nanoseconds.
const BETWEEN: u64 = 100_000_000;
/// Time after the last read from which the metrics count as unobserved, in nanoseconds.
const LOOKED_AWAY: u64 = 1_000_000_000;
/// Minimum time between two readings of the processor time, as a multiple of the cost of one.
const CPU_PART: u64 = 5_000;
/// Maximum time charged to the metrics for one step, in nanoseconds: a longer step was interrupted, and the interruption
/// is not their cost.
const MAX_OWN: u64 = 50_000;
/// Minimum number of blocks for a meaningful 99th percentile of a module.
const ENOUGH: u64 = 100;
/// Unit of a module's histogram: 2¹⁸ ns, so that its octaves reach from 0.26 µs to 4.2 ms.
const MODULE_UNIT: f32 = 262_144.0;

/// Requests from readers to the audio thread.
#[derive(Debug)]
pub(super) struct ReaderRequests {
    /// Number of reads.
    pub(super) looks: AtomicU64,
    /// Budget as a part of the deadline, as the bits of an `f32`.
    pub(super) budget: AtomicU32,
    /// True if the statistics are to be reset.
    pub(super) reset: AtomicBool,
}

/// Work done in one piece of a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Piece {
    /// Voices at the end of the piece.
    pub voices: usize,
    /// Most voices at once within the piece.
    pub most_voices: usize,
    /// Notes started.
    pub notes: u32,
    /// Revision of the parameter settings; grows whenever a parameter is set.
    pub settings: u32,
    /// Nanoseconds spent in each module, from [`ModuleTimer::take`](super::ModuleTimer::take).
    pub modules: [u32; MAX_MODULES],
    /// Counters since the creation of the instance.
    pub totals: Totals,
}

/// Records every block. `[audio]`
#[derive(Debug)]
pub struct BlockProfiler {
    clock: Clock,
    sample_rate: f32,
    /// Module that the profiler's own time is charged to.
    own: usize,
    /// Record of the running block, closed when the next one begins.
    open: BlockRecord,
    /// Deadline of the running block in nanoseconds, and the time at which the next one is due.
    deadline: f64,
    due: u64,
    piece_began: u64,
    /// Totals that block records contain, as of the end of the block before; see [`counted`].
    counted_before: [u64; 6],
    totals: Totals,
    most_voices: u32,
    cpu: CpuReading,
    second: Span,
    seconds: Ring<Span, HISTORY>,
    /// Sums of the running minute.
    minute: Span,
    total: Span,
    second_points: Ring<Point, HISTORY>,
    minute_points: Ring<Point, HISTORY>,
    overruns: Ring<Overrun, OVERRUNS>,
    recent: Ring<BlockRecord, RECENT>,
    p99: Box<[Histogram; MAX_MODULES]>,
    requests: Arc<ReaderRequests>,
    live: SnapshotWriter<Live>,
    log: SnapshotWriter<Log>,
    looks: u64,
    looked: u64,
    published: u64,
    log_stale: bool,
    scratch: Box<(Live, Log)>,
}

/// Last reading of the thread's processor time.
#[derive(Clone, Copy, Debug, Default)]
struct CpuReading {
    /// Cost of a reading in nanoseconds.
    cost: u64,
    /// Thread that the reading belongs to.
    thread: usize,
    wall: u64,
    cpu: u64,
}

impl BlockProfiler {
    pub(super) fn new(
        clock: Clock,
        own: usize,
        requests: Arc<ReaderRequests>,
        live: SnapshotWriter<Live>,
        log: SnapshotWriter<Log>,
    ) -> Self {
        Self {
            clock,
            sample_rate: 48_000.0,
            own,
            open: BlockRecord::default(),
            deadline: 0.0,
            due: u64::MAX,
            piece_began: 0,
            counted_before: [0; 6],
            totals: Totals::default(),
            most_voices: 0,
            cpu: CpuReading::default(),
            second: Span::default(),
            seconds: Ring::new(),
            minute: Span::default(),
            total: Span::default(),
            second_points: Ring::new(),
            minute_points: Ring::new(),
            overruns: Ring::new(),
            recent: Ring::new(),
            p99: Box::new([Histogram::default(); MAX_MODULES]),
            requests,
            live,
            log,
            looks: 0,
            looked: 0,
            published: 0,
            log_stale: true,
            scratch: Box::default(),
        }
    }

    /// Resets the statistics for `sample_rate` in Hz; totals are kept. `[gui]`, or the thread on which the host activates.
    pub fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.clear();
        // The minimum of several: the first may meet a cold cache, and any may be interrupted.
        let reading = |clock: &Clock| {
            let begin = clock.now();
            clock.thread_cpu();
            clock.now().saturating_sub(begin)
        };
        let costs = (0..5).map(|_| reading(&self.clock));
        self.cpu = CpuReading {
            cost: costs.min().unwrap_or(0),
            ..CpuReading::default()
        };
    }

    fn clear(&mut self) {
        self.most_voices = 0;
        self.open = BlockRecord::default();
        self.due = u64::MAX;
        for span in [&mut self.second, &mut self.minute, &mut self.total] {
            *span = Span::default();
        }
        self.seconds.clear();
        self.second_points.clear();
        self.minute_points.clear();
        self.overruns.clear();
        self.recent.clear();
        self.p99.fill(Histogram::default());
        self.log_stale = true;
    }

    /// Begins a piece of `samples` samples, which `continues` the block of the piece before or else begins the next block.
    pub fn begin(&mut self, samples: usize, continues: bool) {
        let now = self.clock.now();
        self.piece_began = now;
        if continues && self.open.number > 0 {
            self.open.samples += samples as u32;
            self.open.pieces += 1;
            self.deadline = self.open.deadline();
            return;
        }
        let number = self.open.number + 1;
        self.close();
        self.open = BlockRecord {
            number,
            start: now,
            late: clipped(now.saturating_sub(self.due)),
            samples: samples as u32,
            sample_rate: self.sample_rate,
            pieces: 1,
            ..BlockRecord::default()
        };
        self.deadline = self.open.deadline();
        if now.wrapping_sub(self.cpu.wall) >= self.cpu.cost * CPU_PART {
            self.cpu.wall = now;
            self.cpu.thread = this_thread();
            self.cpu.cpu = self.clock.thread_cpu();
        }
        self.bill(self.clock.now().saturating_sub(now));
    }

    /// Ends the running piece.
    pub fn end(&mut self, piece: &Piece) {
        let now = self.clock.now();
        let budget = f64::from(self.budget());
        self.totals = piece.totals;
        self.most_voices = self.most_voices.max(piece.most_voices as u32);
        let open = &mut self.open;
        open.voices = piece.voices as u32;
        open.notes += piece.notes;
        open.settings = piece.settings;
        for (total, nanos) in open.modules.iter_mut().zip(piece.modules) {
            *total = total.saturating_add(nanos);
        }
        self.publish(now);
        let after = self.clock.now();
        self.bill(after.saturating_sub(now));
        let open = &mut self.open;
        let spent = after.saturating_sub(self.piece_began);
        open.wall = open.wall.saturating_add(clipped(spent));
        if f64::from(open.wall) > self.deadline * budget / 2.0 {
            self.read_cpu(after);
        } else {
            open.cpu_most = open.wall;
        }
    }

    /// Charges `nanos` to the metrics, limited to [`MAX_OWN`] in case of an interruption.
    fn bill(&mut self, nanos: u64) {
        let total = &mut self.open.modules[self.own];
        *total = total.saturating_add(clipped(nanos.min(MAX_OWN)));
    }

    /// Bounds the thread's processor time within the block, by the difference between the last reading and a new one.
    fn read_cpu(&mut self, now: u64) {
        if self.cpu.thread != this_thread() {
            // The reading belongs to another thread and is no evidence for this one.
            (self.open.cpu_least, self.open.cpu_most) = (0, self.open.wall);
            return;
        }
        let grain = self.clock.cpu_grain();
        let ran = self.clock.thread_cpu().saturating_sub(self.cpu.cpu);
        let before = self.open.start.saturating_sub(self.cpu.wall);
        let wall = now.saturating_sub(self.open.start);
        // The thread may also have run between the pieces.
        let between = wall.saturating_sub(self.open.wall.into());
        // Between that reading and this block, the thread may have run all the time or not at all.
        self.open.cpu_most = clipped((ran + grain).min(wall)).min(self.open.wall);
        self.open.cpu_least =
            clipped(ran.saturating_sub(before + between + grain)).min(self.open.cpu_most);
    }

    /// Returns true if the metrics have been read within the last second.
    pub fn is_observed(&self) -> bool {
        self.looks > 0 && self.clock.now().wrapping_sub(self.looked) <= LOOKED_AWAY
    }

    fn budget(&self) -> f32 {
        f32::from_bits(self.requests.budget.load(Relaxed))
    }

    /// Closes the record of the running block.
    fn close(&mut self) {
        if self.requests.reset.load(Relaxed) && self.requests.reset.swap(false, Relaxed) {
            let open = self.open;
            self.clear();
            self.open = open;
            self.counted_before = counted(&self.totals);
        }
        if self.open.number == 0 || self.open.samples == 0 {
            return;
        }
        let counted = counted(&self.totals);
        let since: [u32; 6] =
            from_fn(|of| clipped(counted[of].saturating_sub(self.counted_before[of])));
        self.counted_before = counted;
        let [
            changes,
            batches,
            stream_misses,
            bridge_drops,
            allocations,
            faults,
        ] = since;
        let block = BlockRecord {
            changes,
            batches,
            stream_misses,
            bridge_drops,
            allocations,
            faults,
            ..self.open
        };
        self.due = block.start.saturating_add(self.deadline as u64);

        let budget = self.deadline * f64::from(self.budget());
        let overrun = f64::from(block.wall) > budget;
        if overrun {
            let p99 = &self.p99;
            let p99 = |module: usize| usual_time(&p99[module]);
            let before = self.recent.last().copied().unwrap_or_default();
            let overrun = Overrun::judge(&block, &before, budget as u64, p99);
            self.overruns.push(overrun);
            self.log_stale = true;
        }
        for (histogram, nanos) in self.p99.iter_mut().zip(block.modules) {
            histogram.add(nanos as f32 / MODULE_UNIT);
        }
        self.second.add(&block, self.deadline, overrun);
        self.recent.push(block);
        if self.second.samples as f32 >= self.sample_rate {
            self.end_second();
        }
    }

    fn end_second(&mut self) {
        let second = std::mem::take(&mut self.second);
        self.total.merge(&second);
        self.minute.merge(&second);
        let number = self.second_points.count() + 1;
        self.second_points.push(Point::of(&second, number));
        if number.is_multiple_of(HISTORY as u64) {
            let minute = std::mem::take(&mut self.minute);
            let number = self.minute_points.count() + 1;
            self.minute_points.push(Point::of(&minute, number));
        }
        self.seconds.push(second);
        self.log_stale = true;
    }

    /// Publishes the figures if there are readers and the last publication is long enough ago.
    fn publish(&mut self, now: u64) {
        let looks = self.requests.looks.load(Relaxed);
        if looks != self.looks {
            self.looks = looks;
            self.looked = now;
        } else if looks == 0 || now.wrapping_sub(self.looked) > LOOKED_AWAY {
            return;
        }
        if now.wrapping_sub(self.published) < BETWEEN && self.published > 0 {
            return;
        }
        self.published = now;
        let budget = self.budget();
        let (live, log) = &mut *self.scratch;
        live.totals = self.totals;
        live.sample_rate = self.sample_rate;
        live.budget = budget;
        live.voices = self.open.voices;
        live.most_voices = self.most_voices;
        live.overruns = self.overruns.count();
        live.since_reset = self.total;
        live.since_reset.merge(&self.second);
        for (p99, histogram) in live.p99.iter_mut().zip(self.p99.iter()) {
            *p99 = usual_time(histogram).unwrap_or(0);
        }
        live.recent = self.recent.to_array();
        let log_stale = std::mem::take(&mut self.log_stale);
        if log_stale {
            live.last_second = self.seconds.last().copied().unwrap_or_default();
            // Summed again whenever a second has ended, because a worst block cannot be subtracted.
            live.last_minute = Span::default();
            for second in self.seconds.iter() {
                live.last_minute.merge(second);
            }
        }
        self.live.write(live);
        if log_stale {
            log.seconds = self.second_points.to_array();
            log.minutes = self.minute_points.to_array();
            log.overruns = self.overruns.to_array();
            self.log.write(log);
        }
    }
}

/// Returns the 99th percentile in nanoseconds, if there are enough blocks and it is within the histogram's range.
fn usual_time(histogram: &Histogram) -> Option<u32> {
    let enough = histogram.total() >= ENOUGH;
    let edge = histogram.percentile(0.99).filter(|_| enough)?;
    edge.is_finite().then_some((edge * MODULE_UNIT) as u32)
}

/// Returns the totals that block records contain: changes, batches, misses, drops, allocations and faults.
fn counted(totals: &Totals) -> [u64; 6] {
    [
        totals.changes,
        totals.batches,
        totals.stream_misses,
        totals.bridge_drops,
        totals.allocations,
        totals.faults(),
    ]
}

fn clipped(value: u64) -> u32 {
    value.min(u64::from(u32::MAX)) as u32
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::rt::Clock;
    use crate::rt::metrics::{Piece, Verdict, metrics};

    #[test]
    fn an_interruption_is_not_billed_to_the_metrics() {
        let (mut monitor, _reader) = metrics(Clock::mocked().0, 2);
        monitor.bill(300);
        monitor.bill(10_800_000);
        assert_eq!(monitor.open.modules[2], 300 + super::MAX_OWN as u32);
    }

    #[test]
    fn another_threads_reading_proves_nothing() {
        let verdict = |other_thread: bool| {
            let (clock, time) = Clock::mocked();
            let (mut monitor, _reader) = metrics(clock, 0);
            time.wait(1_000_000);
            monitor.prepare(48_000.0);
            for nanos in [1_000, 3_000_000] {
                monitor.begin(64, false);
                monitor.cpu.thread = monitor.cpu.thread.wrapping_add(usize::from(other_thread));
                time.wait(nanos);
                monitor.end(&Piece::default());
            }
            monitor.begin(64, false);
            let last = monitor.overruns.iter().next_back().map(|it| it.verdict());
            last.expect("the block was over the budget")
        };
        assert_eq!(verdict(false), Verdict::Descheduled);
        assert_eq!(verdict(true), Verdict::Unknown);
    }
}
