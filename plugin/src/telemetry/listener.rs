//! The analysis worker: meters the tap's frames while the editor is open, and maintains the pool and the bridge that
//! carry them.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use atomic_refcell::AtomicRefCell;
use tidepool_dsp::analysis::{LevelMeter, Tap};
use tidepool_dsp::rt::{
    Account, BridgeConfig, BridgeControl, BridgeReader, FramePool, MAX_FRAMES, MAX_SPARES,
    PoolConfig, PoolMaintainer, PoolStats, Receiver, ResizeError, bridge,
};

/// Configures the pool: the bridge's frames, their spares and four more; six of a larger size, of which a resize asks
/// for as many as it needs. The maintainer may add the frames and spares of the largest bridge twice, because a resize
/// holds two sets for a while.
fn pool_config() -> PoolConfig {
    let classes = vec![4 << 10, 16 << 10];
    PoolConfig {
        budget: classes.len() * 24 * classes[0],
        minimum: 1,
        growth: 2 * (MAX_FRAMES + MAX_SPARES),
        classes,
        ..PoolConfig::default()
    }
}

/// The tap's account in the pool; account 0 is for frames without a given account.
const ACCOUNT: Account = 1;

/// Time without a call of [`Listener::peaks`] after which the window counts as closed or hidden.
const LOOKED_AWAY: Duration = Duration::from_millis(500);
/// Time without a frame after which the host counts as stopped.
const QUIET: Duration = Duration::from_millis(100);
/// The worker's polling interval, and the interval between two runs of the maintainer.
const PAUSE: Duration = Duration::from_millis(8);
const ROUND: Duration = Duration::from_millis(250);

/// Handle to the analysis worker, which runs while the meters are read. Clones belong to the same instance.
#[derive(Clone)]
pub struct Listener {
    worker: Arc<Worker>,
    pool: FramePool,
    bridge: BridgeReader,
}

/// The worker's thread, while it runs. Dropping the last listener joins it, because the thread must not
/// outlive the library whose code it runs.
struct Worker {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The parts that allocate and free for the tap; used in turn by the worker and by [`Listener::resize`].
struct Maintenance {
    maintainer: PoolMaintainer,
    control: BridgeControl,
}

struct Shared {
    receiver: Mutex<Receiver>,
    maintenance: AtomicRefCell<Maintenance>,
    listening: Arc<AtomicBool>,
    looks: AtomicU64,
    peaks: [AtomicU32; 2],
    stop: AtomicBool,
}

/// Returns a tap for an engine, with a bridge of `layout`, and the listener at its other end. Allocates. `[gui]`
///
/// `None` if there is not enough memory; the instrument sounds all the same.
pub fn listener(layout: BridgeConfig) -> Option<(Tap, Listener)> {
    let (pool, maintainer) = FramePool::new(pool_config()).ok()?;
    let config = BridgeConfig {
        account: ACCOUNT,
        ..layout
    };
    let (sender, receiver, control) = bridge(&pool, config).ok()?;
    let listening = Arc::new(AtomicBool::new(false));
    let reader = control.reader();
    let shared = Shared {
        receiver: Mutex::new(receiver),
        maintenance: AtomicRefCell::new(Maintenance {
            maintainer,
            control,
        }),
        listening: listening.clone(),
        looks: AtomicU64::new(0),
        peaks: Default::default(),
        stop: AtomicBool::new(false),
    };
    let worker = Worker {
        shared: Arc::new(shared),
        thread: Mutex::default(),
    };
    let listener = Listener {
        worker: Arc::new(worker),
        pool,
        bridge: reader,
    };
    Some((Tap::new(sender, listening), listener))
}

impl Listener {
    /// Returns the output peaks left and right, linear. Starts the worker if it does not run; the worker stops half a
    /// second after the last call. `[gui]`
    pub fn peaks(&self) -> [f32; 2] {
        let shared = &self.worker.shared;
        shared.looks.fetch_add(1, Relaxed);
        let mut thread = lock(&self.worker.thread);
        if thread.as_ref().is_none_or(JoinHandle::is_finished) {
            let theirs = shared.clone();
            let spawned = std::thread::Builder::new()
                .name("tidepool listener".into())
                .spawn(move || listen(&theirs));
            // Without a thread the meter stands still; the next call tries again.
            *thread = spawned.ok();
        }
        [0, 1].map(|n| f32::from_bits(shared.peaks[n].load(Relaxed)))
    }

    /// The bridge that carries the output to the worker.
    pub fn bridge(&self) -> &BridgeReader {
        &self.bridge
    }

    /// Statistics of the pool that the bridge's frames come from. Allocates. `[gui]` or `[worker]`
    pub fn pool_stats(&self) -> PoolStats {
        self.pool.stats()
    }

    /// Replaces the frames of the running bridge by `frames` frames of `samples` samples. `[gui]` or `[worker]`
    ///
    /// # Errors
    /// A sentence for the user if the resize is impossible, or not possible at present.
    pub fn resize(&self, frames: usize, samples: usize) -> Result<(), String> {
        let mut maintenance = self
            .worker
            .shared
            .maintenance
            .try_borrow_mut()
            .map_err(|_| "the pool is busy; try again".to_string())?;
        let Maintenance {
            maintainer,
            control,
        } = &mut *maintenance;
        let mut resized = control.resize(frames, samples);
        if matches!(resized, Err(ResizeError::PoolEmpty { .. })) {
            // The failed resize has requested the frames from the pool; the maintainer allocates them.
            maintainer.maintain();
            resized = control.resize(frames, samples);
        }
        resized.map_err(|error| error.to_string())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

/// Locks `mutex`, ignoring poisoning: no panic leaves the data behind these locks half written.
#[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Body of the worker's thread.
fn listen(shared: &Shared) {
    let receiver = lock(&shared.receiver);
    shared.listening.store(true, Relaxed);
    let mut meter = LevelMeter::default();
    let (mut looks, mut looked) = (0, Instant::now());
    let (mut heard, mut tended) = (Instant::now(), Instant::now());
    while !shared.stop.load(Relaxed) && looked.elapsed() < LOOKED_AWAY {
        let now = shared.looks.load(Relaxed);
        if now != looks {
            (looks, looked) = (now, Instant::now());
        }
        while let Some(frame) = receiver.receive() {
            meter.feed(
                [frame.channel(0), frame.channel(1)],
                frame.stamp().sample_rate,
            );
            heard = Instant::now();
        }
        if heard.elapsed() > QUIET {
            // Feeds silence at a rate that makes the meter fall by its slope in real time.
            meter.feed([&[0.0], &[0.0]], 1.0 / PAUSE.as_secs_f32());
        }
        for (word, peak) in shared.peaks.iter().zip(meter.peaks()) {
            word.store(peak.to_bits(), Relaxed);
        }
        if tended.elapsed() > ROUND {
            if let Ok(mut maintenance) = shared.maintenance.try_borrow_mut() {
                maintenance.maintainer.maintain();
                maintenance.control.tidy();
            }
            tended = Instant::now();
        }
        std::thread::sleep(PAUSE);
    }
    shared.listening.store(false, Relaxed);
    while receiver.receive().is_some() {}
    for word in &shared.peaks {
        word.store(0, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidepool_dsp::rt::Stamp;

    /// Feeds `value` until `done` returns true, or for two seconds.
    fn feed_until(tap: &mut Tap, value: f32, mut done: impl FnMut() -> bool) -> bool {
        let began = Instant::now();
        let stamp = Stamp {
            sample_rate: 48_000.0,
            ..Stamp::default()
        };
        while began.elapsed() < Duration::from_secs(2) {
            tap.feed(&[value; 512], &[-value; 512], stamp);
            tap.maintain(began.elapsed());
            if done() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    #[test]
    fn the_tap_is_metered_only_while_the_editor_is_open() {
        let (mut tap, listener) = listener(BridgeConfig::default()).unwrap();
        assert!(feed_until(&mut tap, 0.5, || listener.peaks() == [0.5, 0.5]));
        listener.resize(100, 2048).unwrap();
        assert!(feed_until(&mut tap, 0.75, || listener.peaks() == [0.75, 0.75]));
        assert_eq!(listener.bridge().status().samples, 2048);
        // Peaks are not read for a while: the worker ends, and nothing is sent.
        let listening = listener.worker.shared.listening.clone();
        assert!(feed_until(&mut tap, 0.5, || !listening.load(Relaxed)));
        let sent = listener.bridge().status().sent;
        feed_until(&mut tap, 0.5, || true);
        assert_eq!(listener.bridge().status().sent, sent);
        assert!(feed_until(&mut tap, 0.25, || listener.peaks()[0] == 0.25));
        drop(listener);
        assert!(!listening.load(Relaxed));
    }
}
