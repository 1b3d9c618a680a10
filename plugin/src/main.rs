//! Tidepool on its own: a window to play in, and songs rendered without one.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use tidepool::render::command::{self, Command, Reading};
use tidepool::render::{self, AllocationCounter, Failure};

/// Counts what the audio thread asks of the allocator, for the report. In debug builds nice-plug has
/// the allocator and stops the program at the first such call instead.
#[cfg(not(debug_assertions))]
#[global_allocator]
static ALLOCATOR: tidepool_dsp::rt::CountingAllocator = tidepool_dsp::rt::CountingAllocator;

#[cfg(not(debug_assertions))]
const COUNTER: Option<AllocationCounter> =
    Some(tidepool_dsp::rt::CountingAllocator::on_this_thread);
#[cfg(debug_assertions)]
const COUNTER: Option<AllocationCounter> = None;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tidepool: {failure}");
            failure.exit_code()
        }
    }
}

fn run() -> Result<(), Failure> {
    match command::read(env::args_os().collect())? {
        Reading::Print(text) => print(&text),
        Reading::Do(Command::Window { flags }) => window(flags)?,
        Reading::Do(Command::Render { song, out, options }) => {
            print(&render::file(&song, &out, &options, COUNTER)?);
        }
        Reading::Do(Command::Demo { out, midi, options }) => {
            print(&render::demo(
                out.as_deref(),
                midi.as_deref(),
                &options,
                COUNTER,
            )?);
        }
        Reading::Do(Command::Params) => print(&render::params()?),
    }
    Ok(())
}

/// Prints to whoever reads; one who stopped reading misses nothing that is not in the files.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Opens the window and plays until it is closed.
fn window(flags: Vec<String>) -> Result<(), Failure> {
    let only_asks = flags.iter().any(|flag| flag == "-h" || flag == "--help");
    if !only_asks && !has_display() {
        return Err(Failure::inside(
            "there is no display to open the window on (DISPLAY is not set); \
             `tidepool demo` and `tidepool render` need none",
        ));
    }
    let args = std::iter::once("tidepool".to_owned()).chain(flags);
    if nice_plug::prelude::nice_export_standalone_with_args::<tidepool::Tidepool, _>(args) {
        Ok(())
    } else {
        Err(Failure::inside(
            "the window could not be opened; `tidepool demo` and `tidepool render` need none",
        ))
    }
}

/// Whether there can be a window. Only X11 has to be told where; elsewhere there always can.
fn has_display() -> bool {
    let needs_x11 = cfg!(all(unix, not(target_os = "macos")));
    !needs_x11 || env::var_os("DISPLAY").is_some_and(|display| !display.is_empty())
}
