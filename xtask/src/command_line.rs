//! The command line of `cargo xtask`.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::command;
use crate::command::bench::Benchmark;
use crate::command::measure::Measures;
use crate::command::prose::Prose;
use crate::cross::Foreign;
use crate::packages::{self, BUILD, Set, TEST, WINDOW};

/// The commands of the Tidepool project.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

/// Subcommands of `cargo xtask`.
#[derive(Debug, PartialEq, Subcommand)]
pub enum Command {
    /// Build Tidepool and open it (with no display: render the demo song), system packages included
    Run {
        /// Passed on to the program, for instance `--midi-input` or `render SONG.mid --out SONG.wav`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Run every test that CI runs, system packages included
    Test {
        /// Only the quick checks for the edit loop: format, lints, unit tests, a short host pass
        #[arg(long)]
        quick: bool,
        /// Only this suite, with its output on the screen; an unknown name gets the list
        #[arg(long, value_name = "NAME", conflicts_with = "platform")]
        suite: Option<String>,
        /// The tests of another platform, cross-built and run in an emulator
        #[arg(long, conflicts_with = "quick")]
        platform: Option<Foreign>,
    },
    /// Build the plugin bundles and the standalone program into target/bundled
    Bundle {
        /// Optimise the build, for playing
        #[arg(long)]
        release: bool,
    },
    /// Install the release bundles in this user's plugin folders
    Install,
    /// Remove what `install` has installed
    Uninstall,
    /// Check the release bundles with clap-validator, pluginval and Steinberg's validator
    Validate,
    /// Run the real-time code under the thread, address and real-time sanitizers and Miri of a nightly compiler
    Sanitize,
    /// Break every ordering and guard of the lock-free code, one at a time, and require that a test notices
    Mutants {
        /// Only mutants whose file, text or test contains one of these
        filters: Vec<String>,
    },
    /// Play random scripts of a hostile host on the release CLAP, and print the seed and the steps of each that fails
    Fuzz {
        /// Length of the search in minutes
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// Play the script of this seed only
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Measure the promised figures through the release bundles, live and offline at four sample rates
    Measure(Measures),
    /// Measure the cost of engine, real-time core and plugin, beside other implementations or another revision
    Bench(Benchmark),
    /// Count comments that open with a pronoun for something unnamed, and vague words in comments
    Prose(Prose),
}

impl Command {
    /// Returns the system packages that the command builds or runs with. [`CommandLine::execute`] installs them first,
    /// so that no build fails because of a missing library.
    fn packages(&self) -> &'static [Set] {
        match self {
            Self::Run { .. } => &[BUILD, WINDOW],
            Self::Test {
                platform: Some(foreign),
                ..
            } => foreign.packages(),
            Self::Test { .. } => &[BUILD, WINDOW, TEST],
            Self::Bundle { .. } | Self::Install | Self::Bench(_) => &[BUILD],
            // The host is linked with the whole plugin.
            Self::Measure(_) => &[BUILD],
            // The validators open the editor.
            Self::Validate => &[BUILD, WINDOW],
            Self::Fuzz { .. } => &[BUILD, WINDOW],
            // Some rows build the plugin and play its bundles.
            Self::Mutants { .. } => &[BUILD, WINDOW],
            // Only the crate `dsp`, which is pure Rust.
            Self::Sanitize => &[],
            Self::Uninstall | Self::Prose(_) => &[],
        }
    }
}

impl CommandLine {
    /// Runs the command.
    ///
    /// # Errors
    /// When the command fails, with one sentence.
    pub fn execute(self) -> Result<ExitCode> {
        let done = |()| ExitCode::SUCCESS;
        if let Some(command) = &self.command {
            packages::ensure(command.packages())?;
        }
        match self.command {
            None => {
                Self::command().print_help()?;
                Ok(ExitCode::SUCCESS)
            }
            Some(Command::Run { args }) => command::run::run(&args),
            Some(Command::Test {
                quick,
                suite,
                platform,
            }) => match suite {
                None => command::test::test(quick, platform),
                Some(suite) => command::test::run_suite(&suite, quick),
            },
            Some(Command::Bundle { release }) => command::bundle::bundle(release).map(done),
            Some(Command::Install) => command::install::install().map(done),
            Some(Command::Uninstall) => command::uninstall::uninstall().map(done),
            Some(Command::Validate) => command::validate::validate(),
            Some(Command::Sanitize) => command::sanitize::sanitize().map(done),
            Some(Command::Mutants { filters }) => command::mutants::mutants(&filters),
            Some(Command::Fuzz { minutes, seed }) => command::fuzz::fuzz(minutes, seed).map(done),
            Some(Command::Measure(measures)) => command::measure::measure(&measures).map(done),
            Some(Command::Bench(benchmark)) => command::bench::bench(&benchmark).map(done),
            Some(Command::Prose(prose)) => command::prose::prose(&prose),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Group;

    fn parse(args: &[&str]) -> Result<Option<Command>, clap::Error> {
        let line = CommandLine::try_parse_from(["xtask"].iter().chain(args))?;
        Ok(line.command)
    }

    #[test]
    fn the_definition_is_consistent() {
        CommandLine::command().debug_assert();
    }

    /// Commands that build the plugin link ALSA and JACK and compile C++.
    #[test]
    fn commands_that_build_the_plugin_install_what_it_links() {
        let lines: [&[&str]; 7] = [
            &["run"],
            &["measure"],
            &["test", "--quick"],
            &["bundle"],
            &["install"],
            &["validate"],
            &["bench"],
        ];
        for line in lines {
            let command = parse(line).unwrap().unwrap();
            assert!(command.packages().contains(&BUILD), "{line:?}");
        }
        let uninstall = parse(&["uninstall"]).unwrap().unwrap();
        assert_eq!(uninstall.packages(), [] as [Set; 0]);
    }

    #[test]
    fn run_passes_every_argument_on() {
        let args = ["run", "--midi-input", "Keys", "--help"];
        let expected = args[1..].iter().map(OsString::from).collect();
        assert_eq!(parse(&args).unwrap(), Some(Command::Run { args: expected }));
    }

    #[test]
    fn no_command_is_no_mistake() {
        assert_eq!(parse(&[]).unwrap(), None);
    }

    #[test]
    fn an_unknown_benchmark_group_gets_the_list() {
        let error = parse(&["bench", "engin"]).unwrap_err().to_string();
        for group in ["engine", "voice"] {
            assert!(error.contains(group), "{error}");
        }
    }

    #[test]
    fn fuzz_searches_for_ten_minutes_or_plays_one_seed() {
        let fuzz = |minutes, seed| Some(Command::Fuzz { minutes, seed });
        assert_eq!(parse(&["fuzz"]).unwrap(), fuzz(10, None));
        assert_eq!(
            parse(&["fuzz", "--minutes", "1", "--seed", "7"]).unwrap(),
            fuzz(1, Some(7))
        );
    }

    #[test]
    fn measure_writes_only_the_whole_table() {
        assert!(matches!(
            parse(&["measure", "--write"]),
            Ok(Some(Command::Measure(_)))
        ));
        let several = ["measure", "--only", "noise", "--only", "pitch"];
        assert!(parse(&several).is_ok());
        assert!(parse(&["measure", "--only", "noise", "--write"]).is_err());
        assert!(parse(&["measure", "--presets", "a", "--write"]).is_err());
    }

    #[test]
    fn bench_takes_groups_a_revision_and_a_file() {
        let line = "bench voice plugin --against v1^ --json b.json";
        let command = parse(&line.split(' ').collect::<Vec<_>>()).unwrap();
        let expected = Benchmark {
            groups: vec![Group::Voice, Group::Plugin],
            against: Some("v1^".into()),
            json: Some("b.json".into()),
        };
        assert_eq!(command, Some(Command::Bench(expected)));
    }
}
