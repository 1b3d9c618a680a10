//! Telemetry: everything that is seen of an instance outside its audio thread.
//!
//! An [`Observer`] joins the metrics, the memory of the [`listener`] and the alerts in an [`Overview`], which the engine
//! page shows and the [`report`] prints. The [`snapshot_feed`] carries modulation and overloads to the other pages.

mod alerts;
mod host;
pub mod listener;
mod observer;
mod overview;
mod regression;
pub mod report;
mod rule;
pub mod snapshot_feed;
#[cfg(test)]
mod tests;

pub use host::{AudioThread, HostFacts, Machine, Scheduling};
pub use observer::{Observer, capture};
pub use overview::{About, Alert, AlertChange, Overview};
pub use report::Report;
pub use rule::Level;
