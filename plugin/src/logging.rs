//! Log output: to stderr, or to the file that `NICE_LOG` names. One log message is also shown in the window.

use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug::tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

static UNHEARD: AtomicBool = AtomicBool::new(false);

/// Returns true if the standalone program found no audio device, so that its output is not played. `[gui]`
pub fn is_unheard() -> bool {
    UNHEARD.load(Ordering::Relaxed)
}

/// Detects that nice-plug gives up looking for an audio device.
///
/// nice-plug 0.4.2 reports this only in the log. Its other errors with this target end the program.
struct Lookout(&'static AtomicBool);

impl<S: Subscriber> Layer<S> for Lookout {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let message = event.metadata();
        if *message.level() == Level::ERROR && message.target() == "nice_plug::wrapper::standalone"
        {
            self.0.store(true, Ordering::Relaxed);
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
    let layer = fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(nice_plug::log::writer_from_env());
    tracing_subscriber::registry()
        .with(layer)
        .with(Lookout(&UNHEARD))
        .with(targets)
        .try_init()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nice_plug::tracing::{error, info};

    #[test]
    fn only_the_search_for_a_device_makes_it_unheard() {
        static SEEN: AtomicBool = AtomicBool::new(false);
        let _log = tracing_subscriber::registry()
            .with(Lookout(&SEEN))
            .set_default();
        let seen = || SEEN.load(Ordering::Relaxed);
        info!(target: "nice_plug::wrapper::standalone", "Using the ALSA backend");
        error!(target: "nice_plug::wrapper::standalone::backend::cpal", "a late block");
        assert!(!seen());
        error!(target: "nice_plug::wrapper::standalone", "falling back");
        assert!(seen());
    }
}
