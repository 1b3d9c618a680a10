//! Log output: to stderr, or to the file that `NICE_LOG` names.

use std::fmt;

use nice_plug::tracing::field::{Field, Visit};
use nice_plug::tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Leaves out the warnings that baseview gives whenever a window closes.
///
/// baseview 0.4.2 asks the window to show itself while it waits for the end of the window's thread, and destroys a window
/// that is gone with its display connection. Nothing is wrong in either case.
struct Closing;

impl Closing {
    /// Returns true if a warning of this `target` with the text `message` only tells that a window closes.
    fn is_told(target: &str, message: &str) -> bool {
        let of = |module: &str| target.strip_prefix("baseview::platform::x11::") == Some(module);
        let has = |part: &str| message.contains(part);
        (of("window_thread") && has("while closing window"))
            || (of("error")
                && has("error_kind: Window,")
                && (has("Some(\"SelectInput\")") || has("Some(\"DestroyWindow\")")))
    }
}

impl<S: Subscriber> Layer<S> for Closing {
    fn event_enabled(&self, event: &Event<'_>, _context: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() != Level::WARN || !metadata.target().starts_with("baseview") {
            return true;
        }
        let mut message = Message::default();
        event.record(&mut message);
        !Self::is_told(metadata.target(), &message.0)
    }
}

/// Text of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Sets up the log of the whole process; returns `false` if one was already set up. `[gui]`
///
/// The log includes messages of the `log` crate, through which the allocation check of debug builds
/// reports what was allocated and where.
pub fn set_up() -> bool {
    let level = if cfg!(debug_assertions) {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let targets = Targets::new()
        .with_default(level)
        // In debug builds these report every block of a host that connects no External input.
        .with_target(
            "nice_plug::wrapper::util::buffer_management",
            LevelFilter::ERROR,
        )
        .with_target("nice_plug_core::buffer", LevelFilter::ERROR);
    let layer = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(nice_plug::log::writer_from_env());
    tracing_subscriber::registry()
        .with(layer)
        .with(Closing)
        .with(targets)
        .try_init()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nice_plug::tracing::{error, warn};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the events that reach the log.
    struct Count(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Count {
        fn on_event(&self, _event: &Event<'_>, _context: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_window_closes_without_a_warning() {
        const THREAD: &str = "baseview::platform::x11::window_thread";
        const ERROR: &str = "baseview::platform::x11::error";
        let count = Arc::<AtomicUsize>::default();
        let _log = tracing_subscriber::registry()
            .with(Count(count.clone()))
            .with(Closing)
            .set_default();
        let gone = "X11Error { error_kind: Window, request_name: Some(\"DestroyWindow\") }";
        warn!(target: THREAD, "Error while closing window: no thread");
        warn!(target: ERROR, "X11 error {gone}");
        assert_eq!(count.load(Ordering::Relaxed), 0);
        warn!(target: THREAD, "Failed to send response back to main thread: no thread");
        warn!(target: ERROR, "X11 error {}", gone.replace("Destroy", "Map"));
        error!(target: ERROR, "X11 error {gone}");
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }
}
