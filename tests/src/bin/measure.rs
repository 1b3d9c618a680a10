//! The program behind `cargo xtask measure`.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use tidepool_tests::bundles;
use tidepool_tests::measure::{presets, renders, table};

/// Measures what the instrument promises, through the bundles in the folder `TIDEPOOL_BUNDLES`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only promises whose id starts with this
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Only this preset: a name, or a `.toml` file
    #[arg(long, value_name = "PRESET", conflicts_with = "write")]
    preset: Vec<String>,
    /// Write the table into docs/internals/engine.md
    #[arg(long, conflicts_with = "only")]
    write: bool,
    /// Render every preset into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["only", "write"])]
    presets: Option<PathBuf>,
    /// Compare every preset with its render in this folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["only", "write"])]
    against: Option<PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    if !arguments.preset.is_empty() {
        presets::choose(&arguments.preset);
    }
    if let Some(folder) = &arguments.presets {
        let count = renders::write(folder);
        eprintln!("{count} files written to {}", folder.display());
    }
    if let Some(folder) = &arguments.against {
        print!("{}", renders::compare(folder));
    }
    if arguments.presets.is_some() || arguments.against.is_some() {
        return;
    }
    let mut only = arguments.only;
    if only.is_empty() && !arguments.preset.is_empty() {
        only = table::OF_PRESETS.map(str::to_owned).to_vec();
    }
    let (table, missed) = table::measure(&only);
    print!("{table}");
    eprintln!("{missed} figures miss their target");
    if arguments.write {
        let path = bundles::workspace().root.join("docs/internals/engine.md");
        let document = fs::read_to_string(&path).expect("docs/internals/engine.md is readable");
        let document =
            table::insert(&document, &table).expect("docs/internals/engine.md has the marks");
        fs::write(path, document).expect("docs/internals/engine.md is writable");
    }
}
