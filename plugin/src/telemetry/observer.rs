//! The observer of an instance: joins metrics, memory and alerts in one overview.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use tidepool_dsp::EngineConfig;
use tidepool_dsp::rt::metrics::MetricsReader;

use super::alerts::Alerts;
use super::host::{AudioThread, HostFacts};
use super::listener::Listener;
use super::overview::{About, Overview};
use crate::allocator::COUNTED;
use crate::params::TidepoolParams;

/// Observer of one instance; clones observe the same instance. `[gui]` or `[worker]`
#[derive(Clone)]
pub struct Observer {
    metrics: MetricsReader,
    listener: Option<Listener>,
    shared: Arc<Shared>,
}

/// State shared by all clones.
struct Shared {
    began: Instant,
    /// Locked by each reader in turn, so that all of them get the same alerts.
    alerts: Mutex<Alerts>,
    thread: AudioThread,
    offline: AtomicBool,
    settings: OnceLock<Settings>,
}

/// Facts that the creator of the instance sets once.
struct Settings {
    host: HostFacts,
    params: Arc<TidepoolParams>,
    config: EngineConfig,
}

thread_local! {
    /// Observer of the last instance created on this thread while [`capture`] runs; the outer `None` outside of it.
    static CAUGHT: RefCell<Option<Option<Observer>>> = const { RefCell::new(None) };
}

/// Returns the result of `make`, and the observer of the instance that it created on this thread, if any: for programs
/// that host the plugin through its CLAP entry in the same process. `[gui]`
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
                alerts: Mutex::default(),
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

    /// Sets the facts that cannot be observed; only the first call has an effect. `[gui]`
    pub fn tell(&self, host: HostFacts, params: Arc<TidepoolParams>, config: EngineConfig) {
        let settings = Settings {
            host,
            params,
            config,
        };
        let _ = self.shared.settings.set(settings);
    }

    /// Sets whether the host renders offline; then no deadline can be missed, and there are no alerts about deadlines. Any
    /// thread; wait-free.
    pub fn set_offline(&self, offline: bool) {
        self.shared.offline.store(offline, Relaxed);
    }

    /// Returns the identity of the audio thread.
    pub fn audio_thread(&self) -> &AudioThread {
        &self.shared.thread
    }

    /// Takes a snapshot and updates the alerts. Call it at least once a second to keep the metrics coming. Allocates.
    #[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
    pub fn read_overview(&self) -> Overview {
        let listener = self.listener.as_ref();
        let mut alerts = (self.shared.alerts.lock()).unwrap_or_else(PoisonError::into_inner);
        let (live, log) = alerts.latest(self.metrics.live(), self.metrics.log());
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
        overview.alerts = alerts.update(now, &overview);
        overview.alert_log = alerts.log(now);
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

    /// Returns the reader of the metrics.
    pub fn metrics(&self) -> &MetricsReader {
        &self.metrics
    }

    /// Returns the analysis worker's handle, if there is one.
    pub fn listener(&self) -> Option<&Listener> {
        self.listener.as_ref()
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tidepool_dsp::rt::Clock;
    use tidepool_dsp::rt::metrics::metrics;

    use super::*;

    #[test]
    fn a_host_in_this_process_receives_the_observer() {
        let (_, none) = capture(|| ());
        assert!(none.is_none());
        let make = || {
            let (_, reader) = metrics(Clock::default(), 0);
            Observer::new(reader, None)
        };
        let (made, caught) = capture(make);
        assert!(Arc::ptr_eq(&made.shared, &caught.unwrap().shared));
        make();
        assert!(CAUGHT.take().is_none(), "nothing waits for it");
    }
}
