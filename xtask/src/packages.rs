//! The system packages that Tidepool needs, under their Debian names, and their installation.

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::platform::Platform;
use crate::process;

/// Packages that belong together, under their Debian names.
pub type Set = &'static [&'static str];

/// Packages for compiling: sound cards, and a C++ compiler for the VST3 and AUv2 faces. JACK itself is opened at run
/// time, but its binding requires the headers.
pub const BUILD: Set = &["pkg-config", "libasound2-dev", "libjack-jackd2-dev", "g++"];

/// Packages for the window: X11, the keyboard, OpenGL.
pub const WINDOW: Set = &[
    "libx11-6",
    "libx11-xcb1",
    "libxcb1",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libegl1",
    "libgl1",
    "libgl1-mesa-dri",
];

/// Further packages for the tests: a display without a screen, a renderer without a graphics card, text recognition, a
/// Python for the VST3 host, and third-party songs.
pub const TEST: Set = &[
    "xvfb",
    "mesa-vulkan-drivers",
    "tesseract-ocr",
    "python3-venv",
    "openttd-openmsx",
];

/// Packages for building for Windows and running the result.
pub const WINDOWS: Set = &["g++-mingw-w64-x86-64-posix", "wine64"];

/// Packages for building for 64-bit ARM and running the result.
pub const ARM: Set = &["g++-aarch64-linux-gnu", "qemu-user-static"];

/// Ensures that all packages of the given sets are installed.
///
/// Does nothing on other systems than Linux. On a Linux that is not based on Debian it only prints the names.
///
/// # Errors
/// When a package is missing and cannot, or must not, be installed.
pub fn ensure(sets: &[Set]) -> Result<()> {
    if sets.is_empty() || Platform::CURRENT != Platform::Linux {
        return Ok(());
    }
    let wanted = sets.concat();
    if process::on_path("dpkg-query").is_none() || process::on_path("apt-get").is_none() {
        println!(
            "This system does not use Debian packages; if the build fails, install what it calls these: {}",
            wanted.join(" ")
        );
        return Ok(());
    }

    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing system packages: {}", missing.join(" "));
    let by_hand = format!("sudo apt-get install {}", missing.join(" "));

    let elevate: &[&str] = match Means::of_this_process()? {
        Means::Direct => &[],
        Means::Sudo => &["sudo"],
        Means::AskThenSudo => {
            if !agreed(&format!("Install them now with `{by_hand}`? [y/N] "))? {
                bail!("the packages are needed: run `{by_hand}`, then try again");
            }
            &["sudo"]
        }
        Means::None(why) => {
            bail!("{why}, so the packages have to be installed by hand: `{by_hand}`")
        }
    };

    println!("Installing {} (this can take minutes)", missing.join(" "));
    // A broken package source need not be the one that has the missing packages.
    if let Err(error) =
        process::succeed_quietly("apt-get update", &mut apt_get(elevate, &["update"]))
    {
        eprintln!("warning: {error:#}; trying with the package lists that are there");
    }
    let mut install = apt_get(elevate, &["install", "--yes", "--no-install-recommends"]);
    process::succeed_quietly("apt-get install", install.args(&missing))
        .with_context(|| format!("the packages have to be installed by hand: `{by_hand}`"))
}

/// Method by which this process may install packages.
#[derive(Debug, PartialEq)]
enum Means {
    Direct,
    Sudo,
    AskThenSudo,
    None(&'static str),
}

impl Means {
    fn of_this_process() -> Result<Self> {
        let id = Command::new("id")
            .arg("-u")
            .output()
            .context("cannot ask `id` who runs this")?;
        let root = id.stdout.trim_ascii() == b"0";
        let sudo = process::on_path("sudo").is_some();
        let unattended = env::var_os("CI").is_some();
        Ok(Self::choose(
            root,
            sudo,
            io::stdin().is_terminal(),
            unattended,
        ))
    }

    /// Chooses the method. A question needs a terminal; a CI machine has consented beforehand.
    fn choose(root: bool, sudo: bool, terminal: bool, unattended: bool) -> Self {
        match (root, sudo, terminal, unattended) {
            (true, ..) => Self::Direct,
            (_, false, ..) => Self::None("there is no sudo on this machine"),
            (_, _, _, true) => Self::Sudo,
            (_, _, true, _) => Self::AskThenSudo,
            _ => Self::None("there is no terminal to ask on"),
        }
    }
}

/// Returns the packages that are not installed.
fn missing(wanted: &[&'static str]) -> Result<Vec<&'static str>> {
    // The query complains, and fails, if a name is unknown; the output is sufficient.
    let query = Command::new("dpkg-query")
        .args([
            "--show",
            "--showformat",
            "${Package} ${db:Status-Abbrev}\\n",
        ])
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .context("cannot start `dpkg-query`")?;
    Ok(not_installed(
        wanted,
        &String::from_utf8_lossy(&query.stdout),
    ))
}

/// Parses lines of a name and a state; the second letter of the state is the present state, the first the desired one.
fn not_installed<'a>(wanted: &[&'a str], listing: &str) -> Vec<&'a str> {
    let installed: Vec<_> = listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, state)| state.as_bytes().get(1) == Some(&b'i'))
        .map(|(name, _)| name)
        .collect();
    wanted
        .iter()
        .copied()
        .filter(|name| !installed.contains(name))
        .collect()
}

/// Returns an `apt-get` command that asks nothing and waits for its lock.
fn apt_get(elevate: &[&str], args: &[&str]) -> Command {
    // Run through `env`, because sudo drops environment variables.
    let words = "env DEBIAN_FRONTEND=noninteractive apt-get --quiet -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300";
    let words: Vec<_> = words.split(' ').collect();
    let mut words = elevate.iter().chain(&words).chain(args);
    let mut command = Command::new(words.next().expect("the words of apt-get are never none"));
    command.args(words);
    command
}

fn agreed(question: &str) -> Result<bool> {
    print!("{question}");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_fully_installed_counts() {
        let wanted = ["g++", "xvfb", "libgl1", "libegl1", "pkg-config"];
        let listing = "g++ ii \nlibgl1 rc \nlibegl1 iU \npkg-config hi \n";
        assert_eq!(
            not_installed(&wanted, listing),
            ["xvfb", "libgl1", "libegl1"]
        );
    }

    #[test]
    fn one_architecture_of_a_package_is_enough() {
        assert!(not_installed(&["libgl1"], "libgl1 ii \nlibgl1 un \n").is_empty());
    }

    #[test]
    fn nothing_known_means_everything_missing() {
        assert_eq!(not_installed(&["g++", "xvfb"], ""), ["g++", "xvfb"]);
    }

    #[test]
    fn root_installs_directly_and_others_are_asked() {
        assert_eq!(Means::choose(true, false, false, false), Means::Direct);
        assert_eq!(Means::choose(false, true, true, false), Means::AskThenSudo);
        assert_eq!(Means::choose(false, true, false, true), Means::Sudo);
        assert!(matches!(
            Means::choose(false, true, false, false),
            Means::None(_)
        ));
        assert!(matches!(
            Means::choose(false, false, true, true),
            Means::None(_)
        ));
    }

    #[test]
    fn sudo_keeps_the_question_of_the_installer_away() {
        let words = |command: Command| -> Vec<_> {
            let args = command
                .get_args()
                .map(|arg| arg.to_string_lossy().into_owned());
            std::iter::once(command.get_program().to_string_lossy().into_owned())
                .chain(args)
                .collect()
        };
        assert_eq!(
            words(apt_get(&[], &["update"]))[..2],
            ["env", "DEBIAN_FRONTEND=noninteractive"]
        );
        assert_eq!(words(apt_get(&["sudo"], &["update"]))[..2], ["sudo", "env"]);
    }
}
