//! What can be seen of an instance from outside of its audio thread: metrics, memory, and what is wrong.

mod alerts;
mod host;
pub mod report;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tidepool_dsp::EngineConfig;
use tidepool_dsp::rt::metrics::{BlockRecord, Live, Log, MetricsReader};
use tidepool_dsp::rt::{BridgeStatus, PoolStats};

pub use alerts::{Alert, AlertChange, Level};
pub use host::{AudioThread, HostFacts, Machine, Scheduling};
pub use report::Report;

use crate::allocator::COUNTED;
use crate::listener::Listener;
use crate::params::TidepoolParams;
use alerts::Watch;

/// Sees one instance; clones see the same one. `[gui]` or `[worker]`
#[derive(Clone)]
pub struct Observer {
    metrics: MetricsReader,
    listener: Option<Listener>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    began: Instant,
    /// Several may look, and all of them see the same alerts.
    watch: Mutex<Watch>,
    thread: AudioThread,
    offline: AtomicBool,
    settings: OnceLock<Settings>,
}

/// What is told once, by whoever makes the instance.
struct Settings {
    host: HostFacts,
    params: Arc<TidepoolParams>,
    config: EngineConfig,
}

/// Everything that is seen, at one moment.
#[derive(Clone, Default)]
pub struct Overview {
    /// The figures of now.
    pub live: Box<Live>,
    /// History and overruns.
    pub log: Box<Log>,
    /// The pool that the tap's frames come from, where there is one.
    pub pool: Option<PoolStats>,
    /// The bridge that they travel.
    pub bridge: Option<BridgeStatus>,
    /// What somebody ought to know, what matters most first.
    pub alerts: Vec<Alert>,
    /// Alerts that came and went, oldest first.
    pub alert_log: Vec<AlertChange>,
    /// What there is beside figures.
    pub about: About,
}

/// What runs the instance, and how it is set.
#[derive(Clone, Default)]
pub struct About {
    /// The host.
    pub host: HostFacts,
    /// How the audio thread is scheduled, where that is known.
    pub scheduling: Option<Scheduling>,
    /// Nobody hears it while it is computed, so that there is no deadline.
    pub offline: bool,
    /// Calls of the allocator are not counted in this build, so that their count of 0 says nothing.
    pub allocations_uncounted: bool,
    /// How the engine is laid out, where that is known.
    pub config: Option<EngineConfig>,
    /// The parameters, where they are known.
    pub params: Option<Arc<TidepoolParams>>,
}

thread_local! {
    /// While [`catch`] waits for an instance that this thread makes: the observer of the last one.
    static CAUGHT: RefCell<Option<Option<Observer>>> = const { RefCell::new(None) };
}

/// What `make` makes, and the observer of the instance that it made on this thread, if any: for whoever hosts
/// the plugin through its CLAP entry in this very process. `[gui]`
pub fn capture<T>(make: impl FnOnce() -> T) -> (T, Option<Observer>) {
    CAUGHT.set(Some(None));
    let made = make();
    (made, CAUGHT.take().flatten())
}

impl Observer {
    pub(crate) fn new(metrics: MetricsReader, listener: Option<Listener>) -> Self {
        let observer = Self {
            metrics,
            listener,
            shared: Arc::new(Shared {
                began: Instant::now(),
                watch: Mutex::default(),
                thread: AudioThread::default(),
                offline: AtomicBool::new(false),
                settings: OnceLock::new(),
            }),
        };
        CAUGHT.with_borrow_mut(|caught| {
            if let Some(caught) = caught {
                *caught = Some(observer.clone());
            }
        });
        observer
    }

    /// Tells it what it cannot see: the first time counts. `[gui]`
    pub fn tell(&self, host: HostFacts, params: Arc<TidepoolParams>, config: EngineConfig) {
        let settings = Settings {
            host,
            params,
            config,
        };
        let _ = self.shared.settings.set(settings);
    }

    /// Whether nobody hears what is played: then there is no deadline to miss, and no alert about one. Any
    /// thread; wait-free.
    pub fn set_offline(&self, offline: bool) {
        self.shared.offline.store(offline, Relaxed);
    }

    /// Which thread the audio thread is.
    pub fn audio_thread(&self) -> &AudioThread {
        &self.shared.thread
    }

    /// Looks. Whoever does it once a second or more often keeps the figures coming. Allocates.
    #[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
    pub fn read_overview(&self) -> Overview {
        let listener = self.listener.as_ref();
        let mut watch = (self.shared.watch.lock()).unwrap_or_else(PoisonError::into_inner);
        let (live, log) = watch.latest(self.metrics.live(), self.metrics.log());
        let mut overview = Overview {
            live,
            log,
            pool: listener.map(Listener::pool_stats),
            bridge: listener.map(|listener| listener.bridge().status()),
            alerts: Vec::new(),
            alert_log: Vec::new(),
            about: self.about(),
        };
        let now = self.shared.began.elapsed();
        overview.alerts = watch.update(now, &overview);
        overview.alert_log = watch.log(now);
        overview
    }

    fn about(&self) -> About {
        let shared = &*self.shared;
        let settings = shared.settings.get();
        About {
            host: settings.map(|told| told.host.clone()).unwrap_or_default(),
            scheduling: shared.thread.scheduling(),
            offline: shared.offline.load(Relaxed),
            allocations_uncounted: !COUNTED,
            config: settings.map(|told| told.config),
            params: settings.map(|told| told.params.clone()),
        }
    }

    /// The metrics alone.
    pub fn metrics(&self) -> &MetricsReader {
        &self.metrics
    }

    /// The worker that hears the output, where there is one.
    pub fn listener(&self) -> Option<&Listener> {
        self.listener.as_ref()
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl Overview {
    /// The last block that is known of.
    pub fn last_block(&self) -> BlockRecord {
        let mut blocks = self.live.recent.iter();
        blocks
            .rfind(|block| block.number > 0)
            .copied()
            .unwrap_or_default()
    }
}
