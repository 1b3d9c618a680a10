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
        Reading::Do(Command::Window(options)) => window::open(&options)?,
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
