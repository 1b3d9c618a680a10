//! One reading of everything that is observed of an instance.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use tidepool_dsp::EngineConfig;
use tidepool_dsp::rt::metrics::{BlockRecord, Live, Log};
use tidepool_dsp::rt::{BridgeStatus, PoolStats};

use super::host::{HostFacts, Scheduling};
use super::rule::Level;
use crate::params::TidepoolParams;

/// Snapshot of everything that is observed. Serializes the figures that a report takes as they are.
#[derive(Clone, Default, Serialize)]
pub struct Overview {
    /// Current metrics.
    #[serde(flatten)]
    pub live: Box<Live>,
    /// History and overruns.
    #[serde(skip)]
    pub log: Box<Log>,
    /// The pool of the tap's frames, if there is one.
    #[serde(skip)]
    pub pool: Option<PoolStats>,
    /// The bridge that carries these frames.
    #[serde(skip)]
    pub bridge: Option<BridgeStatus>,
    /// Active alerts, the most important first.
    pub alerts: Vec<Alert>,
    /// Alerts raised and cleared, oldest first.
    pub alert_log: Vec<AlertChange>,
    /// Host, scheduling and configuration.
    #[serde(flatten)]
    pub about: About,
}

/// Host, scheduling and configuration of the instance.
#[derive(Clone, Default, Serialize)]
pub struct About {
    /// The host.
    pub host: HostFacts,
    /// Scheduling of the audio thread, if known.
    pub scheduling: Option<Scheduling>,
    /// True if the host renders offline, so that there is no deadline.
    pub offline: bool,
    /// True if this build does not count allocator calls, so that a count of 0 means nothing.
    #[serde(skip)]
    pub allocations_uncounted: bool,
    /// Configuration of the engine, if known.
    #[serde(rename = "engine")]
    pub config: Option<EngineConfig>,
    /// The parameters, if known.
    #[serde(skip)]
    pub params: Option<Arc<TidepoolParams>>,
}

/// A condition that the user should know about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    /// Name of the rule, for programs, such as `overruns`.
    pub rule: &'static str,
    /// Severity.
    pub level: Level,
    /// Description of the condition with figures, one sentence.
    pub text: String,
    /// Advice, one sentence.
    pub remedy: String,
    /// Time since it was raised.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub lasts: Duration,
}

/// An alert that was raised or cleared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertChange {
    /// Time since the change.
    #[serde(rename = "seconds_ago", serialize_with = "seconds")]
    pub ago: Duration,
    /// True if it was raised, false if it was cleared.
    pub raised: bool,
    /// Name of the rule.
    pub rule: &'static str,
    /// Severity.
    pub level: Level,
    /// Description of the condition.
    pub text: String,
}

impl Overview {
    /// Returns the latest block in the metrics.
    pub fn last_block(&self) -> BlockRecord {
        let mut blocks = self.live.recent.iter();
        blocks
            .rfind(|block| block.number > 0)
            .copied()
            .unwrap_or_default()
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
