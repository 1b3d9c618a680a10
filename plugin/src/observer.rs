//! What can be seen of an instance from outside of its audio thread: metrics, memory, and what is wrong.

use tidepool_dsp::rt::metrics::{BlockRecord, Live, Log, MetricsReader};
use tidepool_dsp::rt::{BridgeStatus, PoolStats};

use crate::listener::Listener;

/// Sees one instance; clones see the same one. `[gui]` or `[worker]`
#[derive(Clone)]
pub struct Observer {
    metrics: MetricsReader,
    listener: Option<Listener>,
}

/// Everything that is seen, at one moment.
pub struct Overview {
    /// The figures of now.
    pub live: Box<Live>,
    /// History and overruns.
    pub log: Box<Log>,
    /// The pool that the tap's frames come from, where there is one.
    pub pool: Option<PoolStats>,
    /// The bridge that they travel.
    pub bridge: Option<BridgeStatus>,
}

impl Observer {
    pub(crate) fn new(metrics: MetricsReader, listener: Option<Listener>) -> Self {
        Self { metrics, listener }
    }

    /// Looks. Whoever does it once a second or more often keeps the figures coming. Allocates.
    pub fn look(&self) -> Overview {
        let listener = self.listener.as_ref();
        Overview {
            live: self.metrics.live().unwrap_or_default(),
            log: self.metrics.log().unwrap_or_default(),
            pool: listener.map(Listener::pool_stats),
            bridge: listener.map(|listener| listener.bridge().status()),
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
