//! The command line.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tidepool::presets::Category;
use tidepool::quote::quote;

use crate::failure::Failure;
use crate::window;

/// Supported sample rates, in Hz.
pub const RATES: RangeInclusive<i64> = 8_000..=768_000;
/// Limit of the length of clap's error messages, in characters.
const LONGEST_SENTENCE: usize = 500;
/// Supported block sizes, in samples.
pub const BLOCKS: RangeInclusive<i64> = 1..=8192;

/// Command line of the program.
#[derive(Debug, Parser)]
#[command(
    name = "tidepool",
    version,
    about = "Tidepool, a polyphonic synthesizer: its window, or songs rendered without one",
    override_usage = "tidepool [WINDOW FLAGS]\n       tidepool <COMMAND>",
    after_help = "Without a subcommand the window opens, and the flags are those of `tidepool window`.",
    max_term_width = 100
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// Subcommand to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the window and play live
    Window(window::Options),
    /// Render a standard MIDI file to a WAV file, as fast as possible
    #[command(after_help = "Example: tidepool render song.mid --out song.wav")]
    Render {
        /// The song: a standard MIDI file of at most 16 MiB, alone or in an RMID file; what can be read of a damaged one is
        /// played, and the report says what was left out
        #[arg(value_name = "SONG.mid")]
        song: PathBuf,
        /// Output file, a stereo WAV of 32-bit floats; its name ends in .wav or has no extension
        #[arg(long, value_name = "SONG.wav")]
        out: PathBuf,
        /// Render options
        #[command(flatten)]
        options: Options,
    },
    /// Render the built-in song, Pachelbel's Canon, to a WAV file
    Demo {
        /// Output file, as for `tidepool render` [default: tidepool-demo.wav]
        #[arg(long, value_name = "FILE.wav")]
        out: Option<PathBuf>,
        /// Write the song as a MIDI file; without --out, only that
        #[arg(long, value_name = "FILE.mid")]
        midi: Option<PathBuf>,
        /// Render options
        #[command(flatten)]
        options: Options,
    },
    /// List every parameter with its id, values and default
    Params {
        /// Only this parameter, by its id or name, with all of its choices
        #[arg(value_name = "PARAM")]
        one: Option<String>,
    },
    /// List, print, measure, import and export presets
    #[command(subcommand)]
    Presets(Presets),
}

/// Owner of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Owner {
    /// Presets that come with the instrument.
    Factory,
    /// Presets of the user.
    User,
}

/// Commands for presets of the factory and of the user.
#[derive(Debug, Subcommand)]
pub enum Presets {
    /// List the presets by category, with a description of each
    List {
        /// Only presets of this category
        #[arg(long, ignore_case = true, value_parser = categories())]
        category: Option<Category>,
        /// Only presets of the factory or of the user
        #[arg(long, value_name = "factory|user", ignore_case = true)]
        from: Option<Owner>,
        /// Print JSON, with the parameters that each preset sets
        #[arg(long)]
        json: bool,
    },
    /// Print the file of a preset
    #[command(after_help = "Example: tidepool presets show Tideline")]
    Show {
        /// Name of the preset
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Play a standard phrase with each preset and print its loudness and peak; fail unless all are at -21 +-2 LUFS
    Level {
        /// Only these presets, of the factory or of the user; without any, all of the factory
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// A preset in a file; repeat the option for several files
        #[arg(long = "file", value_name = "FILE.toml")]
        files: Vec<PathBuf>,
    },
    /// Copy a preset file, or all presets of a folder, into the user's folder
    #[command(after_help = "Example: tidepool presets import Downloads/Deep.toml")]
    Import {
        /// The file or folder; a preset whose name is taken gets another one
        #[arg(value_name = "PATH")]
        path: String,
    },
    /// Write a preset to a new file
    #[command(after_help = "Example: tidepool presets export Tideline Desktop/Tideline.toml")]
    Export {
        /// Name of the preset
        #[arg(value_name = "NAME")]
        name: String,
        /// The file, or a folder, which gets a file of the preset's name; never written over
        #[arg(value_name = "PATH")]
        path: String,
    },
    /// Print the folder of the user's presets
    Path,
}

/// Options of `tidepool render` and `tidepool demo`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Samples per second, 8000 to 768000
    #[arg(long, value_name = "HZ", default_value_t = 48_000,
        value_parser = clap::value_parser!(u32).range(RATES))]
    pub rate: u32,
    /// Samples per block, 1 to 8192; the audio is the same for all
    #[arg(long, value_name = "SAMPLES", default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(BLOCKS))]
    pub block: u32,
    /// Rendered after the song's end: "auto", which is until the instrument is silent, or seconds from 0 to 60
    #[arg(long, value_name = "auto|SECONDS", default_value = "auto",
        value_parser = tail, allow_negative_numbers = true)]
    pub tail: Tail,
    /// Longest tail that "--tail auto" renders, in seconds, 0 to 600
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(0..=600))]
    pub tail_limit: u32,
    /// Seconds after which a song is ended, 1 to 86400; a damaged file may claim to last for days
    #[arg(long, value_name = "SECONDS", default_value_t = 3600,
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub longest: u32,
    /// Play with this preset; `tidepool presets list` has them all
    #[arg(long, value_name = "NAME", conflicts_with = "preset_file")]
    pub preset: Option<String>,
    /// Play with the preset in this file
    #[arg(long, value_name = "FILE.toml")]
    pub preset_file: Option<PathBuf>,
    /// Tune the keys to this Scala scale
    #[arg(long, value_name = "FILE.scl")]
    pub scale: Option<PathBuf>,
    /// Map the scale to the keys with this Scala keyboard map
    #[arg(long, value_name = "FILE.kbm")]
    pub keyboard_map: Option<PathBuf>,
    /// Set a parameter, such as "cutoff=440 Hz", after any preset; `tidepool params` lists them
    #[arg(long, value_name = "PARAM=VALUE")]
    pub set: Vec<String>,
    /// Also write the figures to a JSON file
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
}

/// Length of the tail that is rendered after a song's end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tail {
    /// Until the instrument reports silence.
    Auto,
    /// Fixed number of seconds, 0 to 60.
    Seconds(f64),
}

fn tail(text: &str) -> Result<Tail, String> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(Tail::Auto);
    }
    match text.parse() {
        Ok(seconds) if (0.0..=60.0).contains(&seconds) => Ok(Tail::Seconds(seconds)),
        _ => Err(format!(
            "{} is not in 0..=60; \"auto\" renders until the instrument is silent",
            quote(text)
        )),
    }
}

fn categories() -> impl TypedValueParser<Value = Category> {
    PossibleValuesParser::new(Category::ALL.map(Category::name))
        .map(|name| Category::of_user(&name).expect("a name from the list"))
}

/// Result of reading the command line.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one is made per run; only on Windows, whose paths take more bytes, does the lint object"
)]
pub enum Reading {
    /// A command to run.
    Do(Command),
    /// Text of `--help` or `--version` to print.
    Print(String),
}

/// Parses `args`, the first of which is the program itself.
///
/// # Errors
/// A one-sentence description of the first mistake.
pub fn read(args: Vec<OsString>) -> Result<Reading, Failure> {
    let mut args = args;
    let own_flags = ["-h", "--help", "-V", "--version"];
    let opens_a_window = args.get(1).is_none_or(|first| {
        let own = own_flags.iter().any(|flag| first == *flag);
        first.to_string_lossy().starts_with('-') && !own
    });
    if opens_a_window {
        args.insert(args.len().min(1), "window".into());
    }
    match CommandLine::try_parse_from(&args) {
        Ok(line) => Ok(Reading::Do(line.command)),
        Err(error) if is_help(&error) => Ok(Reading::Print(error.to_string())),
        Err(error) => Err(Failure::Input(sentence(&error))),
    }
}

/// Returns true if `error` is clap's help or version text instead of a mistake.
fn is_help(error: &clap::Error) -> bool {
    !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// Returns clap's message without the usage, in one line of limited length.
fn sentence(error: &clap::Error) -> String {
    let message = error.to_string();
    let message = message.trim_start_matches("error: ");
    let parts: Vec<String> = message
        .split("\n\n")
        .take_while(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"))
        .map(one_line)
        .collect();
    let mut sentence = parts.join("; ");
    if let Some((end, _)) = sentence.char_indices().nth(LONGEST_SENTENCE) {
        sentence.truncate(end);
        sentence.push('…');
    }
    sentence + "; see `--help`"
}

/// Joins the words of `text`. Overlong words come from the arguments, not from clap.
fn one_line(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(quote).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Reading, Failure> {
        read(
            std::iter::once("tidepool")
                .chain(line.split_whitespace())
                .map(Into::into)
                .collect(),
        )
    }

    fn value_error(line: &str) -> String {
        parse(line).unwrap_err().to_string()
    }

    #[test]
    fn the_definition_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn flags_alone_belong_to_the_window() {
        for (line, rate) in [
            ("", 44_100),
            ("--backend dummy -r 8000", 8000),
            ("window --backend dummy -r8000.0", 8000),
            ("window -p=64 --fresh", 44_100),
        ] {
            let Reading::Do(Command::Window(options)) = parse(line).unwrap() else {
                panic!("{line:?} does not open the window");
            };
            let kept = tidepool::program::Setup {
                rate: 44_100,
                ..Default::default()
            };
            assert_eq!(options.setup(kept).rate, rate, "{line:?}");
        }
    }

    #[test]
    fn rendering_has_its_defaults() {
        let Reading::Do(Command::Render { options, .. }) =
            parse("render a.mid --out a.wav --set a=1 --set b=2").unwrap()
        else {
            panic!("not a render");
        };
        assert_eq!(
            (options.rate, options.block, options.tail),
            (48_000, 512, Tail::Auto)
        );
        assert_eq!((options.tail_limit, options.longest), (60, 3600));
        assert_eq!(options.set, ["a=1", "b=2"]);
    }

    #[test]
    fn presets_are_listed_shown_and_measured() {
        let presets = |line| match parse(line).unwrap() {
            Reading::Do(Command::Presets(presets)) => presets,
            other => panic!("{line} is {other:?}"),
        };
        assert!(matches!(
            presets("presets list --category bass --from USER --json"),
            Presets::List {
                category: Some(Category::Bass),
                from: Some(Owner::User),
                json: true
            }
        ));
        assert!(matches!(presets("presets path"), Presets::Path));
        assert!(matches!(
            presets("presets export A b.toml"),
            Presets::Export { name, path } if (name.as_str(), path.as_str()) == ("A", "b.toml")
        ));
        assert!(matches!(presets("presets import ~"), Presets::Import { path } if path == "~"));
        assert!(matches!(presets("presets show A"), Presets::Show { name } if name == "A"));
        assert!(matches!(
            presets("presets level A B --file c.toml --file d.toml"),
            Presets::Level { names, files } if names == ["A", "B"] && files.len() == 2
        ));
    }

    #[test]
    fn each_mistake_is_one_line_that_names_it() {
        for (line, part) in [
            ("render a.mid", "--out"),
            ("render --out a.wav", "SONG.mid"),
            (
                "rendr a.mid",
                "'rendr'; tip: a similar subcommand exists: 'render'; see `--help`",
            ),
            ("foo", "'foo'; see `--help`"),
            ("render", "not provided: --out <SONG.wav> <SONG.mid>"),
            (
                "render a.mid --out a.wav --raet 8000",
                "'--raet' found; tip: a similar argument exists: '--rate'",
            ),
            (
                "render a.mid --out a.wav --rate 7999",
                "7999 is not in 8000..=768000",
            ),
            ("render a.mid --out a.wav --rate 768001", "--rate"),
            ("render a.mid --out a.wav --block 0", "0 is not in 1..=8192"),
            ("render a.mid --out a.wav --block 8193", "--block"),
            ("render a.mid --out a.wav --tail -1", "-1 is not in 0..=60"),
            ("render a.mid --out a.wav --tail 61", "--tail"),
            ("render a.mid --out a.wav --tail nan", "--tail"),
            (
                "render a.mid --out a.wav --tail long",
                "\"auto\" renders until",
            ),
            (
                "render a.mid --out a.wav --tail-limit 601",
                "601 is not in 0..=600",
            ),
            (
                "render a.mid --out a.wav --longest 0",
                "0 is not in 1..=86400",
            ),
            (
                "--sample-rate 0",
                "\"0\" is not a rate from 8000 to 768000 Hz",
            ),
            ("--backend dummy -r 768001", "48000 is usual"),
            ("-r=nan", "--sample-rate"),
            ("-r 48k", "\"48k\" is not"),
            ("-r 48000 -p 0", "1 to 8192"),
            ("--period-size=1.5", "\"1.5\" is not a whole number"),
            ("-p -64", "\"-64\""),
            ("--dpi-scale 150%", "a factor from 0.5 to 4"),
            ("window --dpi-scale -2", "1 is usual"),
            ("--tempo 0", "120 is usual"),
            ("--output-channel 0", "1..=64"),
            ("--backend jakc", "tip: a similar value exists: 'jack'"),
            ("--sample-rates 8000", "'--sample-rate'"),
            ("demo --loud", "--loud"),
            ("demo --preset A --preset-file a.toml", "--preset-file"),
            (
                "presets list --category Noises",
                "[possible values: Bass, Lead, Keys",
            ),
            (
                "presets list --category Pad",
                "tip: a similar value exists: 'Pads'",
            ),
            ("presets show", "not provided: <NAME>"),
            (
                "presets list --from us",
                "tip: a similar value exists: 'user'",
            ),
            ("presets import", "not provided: <PATH>"),
            ("presets lst", "a similar subcommand exists: 'list'"),
        ] {
            let value_error = value_error(line);
            assert!(
                value_error.contains(part) && !value_error.contains('\n'),
                "{line}: {value_error}"
            );
        }
    }

    #[test]
    fn a_mistake_of_any_length_is_quoted_in_part() {
        let long = "x".repeat(100_000);
        for line in [
            format!("render a.mid --out a.wav --rate {long}"),
            format!("render a.mid --out a.wav --tail {long}"),
            format!("render a.mid --out a.wav --{long}"),
            format!("render a.mid b {long}"),
            format!("render{long}"),
            format!("presets list --category {long}"),
        ] {
            let value_error = value_error(&line);
            assert!(value_error.chars().count() < 700, "{value_error}");
        }
        let words = "x\n".repeat(100_000);
        let arguments = ["tidepool", "demo", "--rate", &words];
        let value_error = read(arguments.map(Into::into).to_vec()).unwrap_err();
        let value_error = value_error.to_string();
        assert!(
            value_error.chars().count() < 700 && !value_error.contains('\n'),
            "{value_error}"
        );
    }

    #[test]
    fn an_example_of_the_help_is_a_whole_command() {
        let mut examples = 0;
        let mut commands = vec![CommandLine::command()];
        while let Some(command) = commands.pop() {
            if let Some(help) = command.get_after_help().map(ToString::to_string)
                && let Some(example) = help.strip_prefix("Example: tidepool ")
            {
                assert!(matches!(parse(example), Ok(Reading::Do(_))), "{example}");
                examples += 1;
            }
            commands.extend(command.get_subcommands().cloned());
        }
        assert_eq!(examples, 4);
    }

    #[test]
    fn a_command_that_lacks_the_rest_prints_its_help() {
        let Ok(Reading::Print(help)) = parse("presets") else {
            panic!("it prints no help");
        };
        for part in [
            "Usage: tidepool presets",
            "list",
            "show",
            "level",
            "import",
            "export",
            "path",
            "--help",
        ] {
            assert!(help.contains(part), "`{part}` is not in: {help}");
        }
    }

    #[test]
    fn help_is_no_mistake() {
        for line in [
            "--help",
            "-h",
            "--version",
            "render --help",
            "window --help",
            "help demo",
            "presets level --help",
        ] {
            assert!(matches!(parse(line), Ok(Reading::Print(_))), "{line}");
        }
    }
}
