//! The clock: the single source of time for all measurements.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

/// Reads the time. Cheap to clone; all clones read the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    timer: Timer,
    /// Replaces the machine's time in tests.
    mock: Option<Arc<Mock>>,
}

#[derive(Debug, Default)]
struct Mock {
    wall: AtomicU64,
    cpu: AtomicU64,
    /// Nanoseconds that one reading takes.
    reading: AtomicU64,
}

impl Mock {
    #[inline]
    fn read(&self) -> u64 {
        let now = self.wall.load(Relaxed);
        let reading = self.reading.load(Relaxed);
        if reading > 0 {
            self.wall.store(now + reading, Relaxed);
        }
        now
    }
}

/// Controls the time of a mocked [`Clock`]. `[gui]`
#[derive(Clone, Debug)]
pub struct MockTime(Weak<Mock>);

impl Default for Clock {
    /// Returns a clock of the machine's time. The process's first clock is ready 0.2 ms after
    /// [`warm_up`](Clock::warm_up); without that call, creating it takes as long. `[gui]`
    fn default() -> Self {
        Self {
            timer: Timer::get(),
            mock: None,
        }
    }
}

impl Clock {
    /// Starts calibrating the processor's counter against the system's clock, so that the first clock is created faster.
    /// `[gui]`
    pub fn warm_up() {
        Timer::with_parts(|begun, _| {
            begun.get_or_insert_with(simultaneous);
        });
    }

    /// Creates a clock that only advances through the returned [`MockTime`].
    pub fn mocked() -> (Self, MockTime) {
        let mock = Arc::<Mock>::default();
        let time = MockTime(Arc::downgrade(&mock));
        let clock = Self {
            mock: Some(mock),
            ..Self::default()
        };
        (clock, time)
    }

    /// Returns the nanoseconds since an origin that is the same for all clocks of the process. Never decreases on one
    /// thread. Reads a register where the processor has a counter of constant rate. `[audio]`
    #[inline]
    pub fn now(&self) -> u64 {
        match &self.mock {
            None => self.timer.now(),
            Some(mock) => mock.read(),
        }
    }

    /// Returns the same time as [`now`](Self::now) in the clock's own ticks, which are cheaper to read. `[audio]`
    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        match &self.mock {
            None => self.timer.ticks(),
            Some(mock) => mock.read(),
        }
    }

    /// Converts ticks of the clock to nanoseconds. `[audio]`
    #[inline]
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        match &self.mock {
            None => self.timer.nanos(ticks),
            Some(_) => ticks,
        }
    }

    /// Returns the processor time of the calling thread in nanoseconds. One system call, which does not block. `[audio]`
    pub fn thread_cpu(&self) -> u64 {
        match &self.mock {
            None => cpu_time::ThreadTime::now().as_duration().as_nanos() as u64,
            Some(mock) => mock.cpu.load(Relaxed),
        }
    }
}

impl Clock {
    /// Returns the granularity of [`thread_cpu`](Self::thread_cpu) in nanoseconds: Windows counts in ticks of its timer.
    pub(crate) fn cpu_grain(&self) -> u64 {
        if cfg!(windows) && self.mock.is_none() {
            15_625_000
        } else {
            0
        }
    }
}

impl MockTime {
    /// Makes every reading of the clock take `nanos` nanoseconds, so that readings can be counted. For one thread.
    pub fn count_readings(&self, nanos: u64) {
        if let Some(mock) = self.0.upgrade() {
            mock.reading.store(nanos, Relaxed);
        }
    }

    /// Advances wall time and the thread's processor time by `nanos`.
    pub fn run(&self, nanos: u64) {
        if let Some(mock) = self.0.upgrade() {
            mock.wall.fetch_add(nanos, Relaxed);
            mock.cpu.fetch_add(nanos, Relaxed);
        }
    }

    /// Advances wall time alone by `nanos`, as if the thread did not run.
    pub fn wait(&self, nanos: u64) {
        if let Some(mock) = self.0.upgrade() {
            mock.wall.fetch_add(nanos, Relaxed);
        }
    }
}

/// The process's timer. Every clock has a copy, so that the audio thread accesses nothing shared.
#[derive(Clone, Copy, Debug)]
struct Timer {
    origin: Instant,
    /// Counter at the origin, and nanoseconds per 2³² of its ticks; `None` without such a counter.
    register: Option<(u64, u64)>,
}

/// Time over which the counter is calibrated against the system's clock. The latter is read to within some 30 ns, which
/// gives an accuracy of one part in several thousand.
const CALIBRATION_NANOS: u128 = 200_000;

impl Timer {
    fn get() -> Self {
        Self::with_parts(|begun, timer| *timer.get_or_insert_with(|| Self::new(begun.take())))
    }

    /// Passes the start of the calibration and the timer to `work`, one thread at a time.
    #[expect(
        clippy::disallowed_methods,
        reason = "[gui]; a clock is made, and copied for the audio thread"
    )]
    fn with_parts<T>(work: impl FnOnce(&mut Option<(u64, Instant)>, &mut Option<Self>) -> T) -> T {
        type Parts = (Option<(u64, Instant)>, Option<Timer>);
        static PARTS: Mutex<Parts> = Mutex::new((None, None));
        let mut parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, timer) = &mut *parts;
        work(begun, timer)
    }

    /// Creates the timer; `begun` is an earlier simultaneous reading of the counter and the system's clock.
    fn new(begun: Option<(u64, Instant)>) -> Self {
        if !register::counts_evenly() {
            return Self {
                origin: Instant::now(),
                register: None,
            };
        }
        let (begin, origin) = begun.unwrap_or_else(simultaneous);
        while origin.elapsed().as_nanos() < CALIBRATION_NANOS {
            std::hint::spin_loop();
        }
        let (end, then) = simultaneous();
        let ticks = u128::from(end.saturating_sub(begin)).max(1);
        let scale = (((then - origin).as_nanos() << 32) / ticks) as u64;
        Self {
            origin,
            register: Some((begin, scale)),
        }
    }

    #[inline]
    fn now(&self) -> u64 {
        self.nanos(self.ticks())
    }

    #[inline]
    fn ticks(&self) -> u64 {
        match self.register {
            // Wraps, because sleep may have set the counter back to below `begin`.
            Some((begin, _)) => register::read().wrapping_sub(begin),
            None => self.origin.elapsed().as_nanos() as u64,
        }
    }

    #[inline]
    fn nanos(&self, ticks: u64) -> u64 {
        match self.register {
            Some((_, scale)) => ((u128::from(ticks) * u128::from(scale)) >> 32) as u64,
            None => ticks,
        }
    }
}

/// Reads the counter and the system's clock as nearly simultaneously as a few attempts allow, because the thread may be
/// interrupted between the two readings.
fn simultaneous() -> (u64, Instant) {
    let pair = || {
        let before = register::read();
        let now = Instant::now();
        let gap = register::read().wrapping_sub(before);
        (gap, (before.wrapping_add(gap / 2), now))
    };
    let first = pair();
    let pairs = std::iter::once(first).chain((0..16).map(|_| pair()));
    pairs.min_by_key(|(gap, _)| *gap).unwrap_or(first).1
}

/// A processor counter of constant rate, independent of the processor's own frequency.
mod register {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    pub(super) fn counts_evenly() -> bool {
        use std::arch::x86_64::__cpuid;
        // Leaf 0x8000_0007, bit 8 of EDX: the counter is invariant (Intel SDM 3B, 18.17.1).
        __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
    }

    #[cfg(all(target_arch = "x86_64", not(miri)))]
    #[inline]
    pub(super) fn read() -> u64 {
        // SAFETY: every x86-64 has the instruction, and no system that audio runs on forbids it.
        unsafe { std::arch::x86_64::_rdtsc() }
    }

    #[cfg(all(target_arch = "aarch64", not(miri)))]
    pub(super) fn counts_evenly() -> bool {
        true
    }

    #[cfg(all(target_arch = "aarch64", not(miri)))]
    #[inline]
    pub(super) fn read() -> u64 {
        let count: u64;
        // SAFETY: the virtual counter can be read without privileges, and reading it changes nothing.
        unsafe {
            std::arch::asm!("mrs {}, cntvct_el0", out(reg) count, options(nomem, nostack));
        }
        count
    }

    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    pub(super) fn counts_evenly() -> bool {
        false
    }

    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    pub(super) fn read() -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_goes_with_the_systems_clock_and_never_back() {
        let clock = Clock::default();
        clock.now();
        let (begin, system) = (clock.now(), Instant::now());
        let mut last = begin;
        while system.elapsed() < Duration::from_millis(50) {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
        let (own, system) = (clock.now() - begin, system.elapsed().as_nanos() as u64);
        let error = (own as f64 / system as f64 - 1.0).abs();
        assert!(error < 0.01, "{own} ns instead of {system}");
    }

    #[test]
    fn processor_time_passes_when_the_thread_runs() {
        let clock = Clock::default();
        let (wall, cpu) = (clock.now(), clock.thread_cpu());
        std::thread::sleep(Duration::from_millis(30));
        assert!(clock.now() - wall >= 30_000_000);
        assert!(clock.thread_cpu() - cpu < 15_000_000);
        let cpu = clock.thread_cpu();
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(20) {}
        assert!(clock.thread_cpu() > cpu);
    }

    #[test]
    fn a_mocked_clock_moves_when_it_is_told() {
        let (clock, time) = Clock::mocked();
        time.run(5);
        time.wait(7);
        assert_eq!((clock.now(), clock.thread_cpu()), (12, 5));
        time.count_readings(3);
        assert_eq!([clock.now(), clock.now(), clock.now()], [12, 15, 18]);
    }
}
