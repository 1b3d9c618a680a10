//! Where messages go: stderr, or the file that `NICE_LOG` names.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Sets up the log of the whole process; `false` where somebody else already has. `[gui]`
///
/// It takes in the `log` crate's messages too, which is where the allocation check of debug builds
/// says what was allocated and by whom.
pub fn set_up() -> bool {
    let level = if cfg!(debug_assertions) {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let targets = Targets::new()
        .with_default(level)
        // In debug builds these complain at every block of a host that connects no External input.
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
        .with(targets)
        .try_init()
        .is_ok()
}
