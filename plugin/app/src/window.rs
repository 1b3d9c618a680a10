//! `tidepool window`: the plugin in a window of its own, with audio and MIDI devices.

mod activation;
mod audio;
mod contents;
mod device_state;
mod devices;
mod frame;
mod last_sound;
mod midi_choice;
mod midi_inputs;
mod options;
mod session;

use tidepool::settings;

use crate::failure::Failure;
use crate::interrupt;
pub use options::Options;
use session::Start;

/// Opens the window and plays until it is closed.
///
/// # Errors
/// If the window cannot be opened.
pub fn open(options: &Options) -> Result<(), Failure> {
    if let Some(factor) = options.dpi_scale {
        tidepool::editor::set_zoom(factor);
    }
    check_display().map_err(no_window)?;
    interrupt::close_first();
    if options.fresh {
        settings::start_fresh();
    }
    let settings = settings::get();
    // The editor has the same size, unless the screen is smaller.
    let scale = (options.dpi_scale).unwrap_or(settings.zoom.clamp(75, 300) as f32 / 100.0);
    let start = Start {
        size: (
            settings.width as f32 * scale,
            settings.height as f32 * scale,
        ),
        setup: options.setup(settings.program),
        connections: options.connections(),
        is_fresh: options.fresh,
    };
    frame::run(start).map_err(no_window)?;
    interrupt::exit_if_requested();
    Ok(())
}

fn no_window(reason: String) -> Failure {
    Failure::inside(format_args!(
        "the window cannot be opened ({reason}); `tidepool demo` and `tidepool render` need none"
    ))
}

/// Checks that a window can be opened, and returns the reason if not.
#[cfg(all(unix, not(target_os = "macos")))]
fn check_display() -> Result<(), String> {
    let display = std::env::var("DISPLAY").unwrap_or_default();
    if display.is_empty() {
        return Err("DISPLAY is not set".to_owned());
    }
    x11rb::connect(None)
        .map(drop)
        .map_err(|_| format!("the X server {display} does not answer"))
}

/// Always succeeds: only X11 needs the address of a display.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn check_display() -> Result<(), String> {
    Ok(())
}
