//! The stand-alone program of Tidepool: a window to play in, and songs rendered without one.

mod command;
mod failure;
mod interrupt;
mod render;
mod window;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use command::{Command, Presets, Reading};
use failure::Failure;

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
        Reading::Print(text) => print(&text)?,
        Reading::Do(Command::Window { flags }) => open_window(flags)?,
        Reading::Do(Command::Render { song, out, options }) => {
            print(&render::file(&song, &out, &options)?)?;
        }
        Reading::Do(Command::Demo { out, midi, options }) => {
            print(&render::demo(out.as_deref(), midi.as_deref(), &options)?)?;
        }
        Reading::Do(Command::Params { one }) => print(&render::params(one.as_deref())?)?,
        Reading::Do(Command::Presets(presets)) => match presets {
            Presets::List {
                category,
                from,
                json,
            } => print(&render::list(category, from, json)?)?,
            Presets::Show { name } => print(&render::show(&name)?)?,
            Presets::Level { names, files } => render::level(&names, &files, print)?,
            Presets::Import { path } => render::import(&path, print)?,
            Presets::Export { name, path } => print(&render::export(&name, &path)?)?,
            Presets::Path => print(&render::path()?)?,
        },
    }
    Ok(())
}

/// Prints `text` to the standard output. A closed pipe, as after `head`, is not an error.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::input(format!(
            "the standard output cannot be written to: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Opens the window and plays until it is closed.
fn open_window(flags: Vec<String>) -> Result<(), Failure> {
    let only_asks = flags.iter().any(|flag| flag == "-h" || flag == "--help");
    if !only_asks {
        tidepool::editor::set_zoom(window::check(&flags)?);
        check_display().map_err(no_window)?;
    }
    interrupt::exit_at_once();
    let args = std::iter::once("tidepool".to_owned()).chain(flags);
    if nice_plug::prelude::nice_export_standalone_with_args::<tidepool::Tidepool, _>(args) {
        Ok(())
    } else {
        Err(no_window("the log above may say why".to_owned()))
    }
}

fn no_window(reason: String) -> Failure {
    Failure::inside(format_args!(
        "the window cannot be opened ({reason}); `tidepool demo` and `tidepool render` need none"
    ))
}

/// Checks that a window can be opened, and returns the reason if not.
///
/// Without a display, nice-plug 0.4.2 would run on for ever without a window or a message.
#[cfg(all(unix, not(target_os = "macos")))]
fn check_display() -> Result<(), String> {
    let display = env::var("DISPLAY").unwrap_or_default();
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
