//! The audio thread's end of the metrics: takes note of every block, and puts up what readers want to see.

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

/// Of what is published while somebody looks: so many nanoseconds pass in between at least.
const BETWEEN: u64 = 100_000_000;
/// Nobody has looked for so long that nobody is looking.
const LOOKED_AWAY: u64 = 1_000_000_000;
/// Reading the processor time may take one part in so many of the time that passes.
const CPU_PART: u64 = 5_000;
/// The metrics take no longer than this for one step, in nanoseconds: whatever lasted longer was interrupted, and
/// the interruption is not theirs.
const MAX_OWN: u64 = 50_000;
/// So many blocks make a module's usual time worth something.
const ENOUGH: u64 = 100;
/// Unit of a module's histogram: 2¹⁸ ns, so that it reaches from 0.26 µs to 4.2 ms in its octaves.
const MODULE_UNIT: f32 = 262_144.0;

/// What readers tell the audio thread.
#[derive(Debug)]
pub(super) struct ReaderRequests {
    /// A looked-at counter: every look adds one.
    pub(super) looks: AtomicU64,
    /// The budget as a part of the deadline, as bits of a float.
    pub(super) budget: AtomicU32,
    /// Statistics are to start over.
    pub(super) reset: AtomicBool,
}

/// What a piece of a block did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Piece {
    /// Voices at its end.
    pub voices: usize,
    /// Most voices at once in it.
    pub most_voices: usize,
    /// Notes that began.
    pub notes: u32,
    /// Grows whenever a parameter is set.
    pub settings: u32,
    /// What went where, from [`ModuleTimer::take`](super::ModuleTimer::take).
    pub modules: [u32; MAX_MODULES],
    /// Counted since the instance was made.
    pub totals: Totals,
}

/// Takes note of every block. `[audio]`
#[derive(Debug)]
pub struct BlockProfiler {
    clock: Clock,
    sample_rate: f32,
    /// The module that stands for the monitor itself.
    own: usize,
    /// The block that is being taken note of: closed when the next one begins.
    open: BlockRecord,
    /// The time there is for it, in nanoseconds, and when the one after it is due.
    deadline: f64,
    due: u64,
    piece_began: u64,
    /// The totals that block records hold, as they were at the end of the block before; see [`counted`].
    counted_before: [u64; 6],
    totals: Totals,
    most_voices: u32,
    cpu: CpuReading,
    second: Span,
    seconds: Ring<Span, HISTORY>,
    /// The minute that is not over yet.
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

/// When the thread's processor time was last read.
#[derive(Clone, Copy, Debug, Default)]
struct CpuReading {
    /// What reading takes.
    cost: u64,
    /// Of which one.
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

    /// Starts over for `sample_rate` in Hz; what was counted stays counted. `[gui]`, or wherever the host
    /// activates.
    pub fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.clear();
        // The least of a few: the first may meet a cold cache, any may be interrupted.
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

    /// A piece of `samples` samples begins; it `continues` the block of the piece before, or the next block
    /// begins with it.
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

    /// The piece that was begun has ended.
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

    /// The metrics themselves took `nanos`, or were interrupted for most of it.
    fn bill(&mut self, nanos: u64) {
        let total = &mut self.open.modules[self.own];
        *total = total.saturating_add(clipped(nanos.min(MAX_OWN)));
    }

    /// How much of the block the thread ran, from the last reading of its processor time to one now.
    fn read_cpu(&mut self, now: u64) {
        if self.cpu.thread != this_thread() {
            // The reading is another thread's and says nothing of this one.
            (self.open.cpu_least, self.open.cpu_most) = (0, self.open.wall);
            return;
        }
        let grain = self.clock.cpu_grain();
        let ran = self.clock.thread_cpu().saturating_sub(self.cpu.cpu);
        let before = self.open.start.saturating_sub(self.cpu.wall);
        let wall = now.saturating_sub(self.open.start);
        // Between the pieces it may have run as well.
        let between = wall.saturating_sub(self.open.wall.into());
        // Between that reading and this block it may have run all the time, or not at all.
        self.open.cpu_most = clipped((ran + grain).min(wall)).min(self.open.wall);
        self.open.cpu_least =
            clipped(ran.saturating_sub(before + between + grain)).min(self.open.cpu_most);
    }

    /// Whether somebody looks.
    pub fn is_observed(&self) -> bool {
        self.looks > 0 && self.clock.now().wrapping_sub(self.looked) <= LOOKED_AWAY
    }

    fn budget(&self) -> f32 {
        f32::from_bits(self.requests.budget.load(Relaxed))
    }

    /// The open block is over.
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
        let [changes, batches, misses, drops, allocations, faults] = since;
        let block = BlockRecord {
            changes,
            batches,
            misses,
            drops,
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

    /// Puts up what there is, if anybody looks.
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
            // Added up anew whenever a second has ended, because a worst block cannot be subtracted.
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

/// What 99 of 100 blocks stay below in nanoseconds, if there have been enough and it is within reach.
fn usual_time(histogram: &Histogram) -> Option<u32> {
    let enough = histogram.total() >= ENOUGH;
    let edge = histogram.percentile(0.99).filter(|_| enough)?;
    edge.is_finite().then_some((edge * MODULE_UNIT) as u32)
}

/// The totals that block records hold: changes, batches, misses, drops, allocations and faults.
fn counted(totals: &Totals) -> [u64; 6] {
    [
        totals.changes,
        totals.batches,
        totals.misses,
        totals.drops,
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
