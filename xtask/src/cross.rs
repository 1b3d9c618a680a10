//! Foreign platforms: the tools that build for one on this machine, and the emulator that runs the result.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::packages::{self, Set};
use crate::process;
use crate::workspace::Workspace;

/// Stub compiler that makes empty files, for `cargo clippy`, which links nothing.
const STUB: &str = "#!/bin/sh
while [ $# -gt 0 ]; do
  if [ \"$1\" = -o ]; then : > \"$2\"; shift; fi
  shift
done
";

/// Linker for Windows. clap-wrapper needs the folder ids of `uuid`, after everything that refers to them. The runtime
/// libraries of the compiler do not exist on Windows, so they are all linked statically.
const WINDOWS_LINKER: &str = "#!/bin/sh
for argument; do
  shift
  case $argument in -Wl,-Bdynamic) ;; *) set -- \"$@\" \"$argument\" ;; esac
done
exec x86_64-w64-mingw32-g++-posix -static -L \"$(dirname \"$0\")\" \"$@\" -luuid
";

/// Windows library that Rust's standard library calls and the Wine of Debian 12 lacks; its one function fills a buffer
/// with random bytes.
const RANDOM: &str = "\
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return RtlGenRandom(data, (ULONG)length);
}
";

/// Path of Wine on Debian, which is not on the `PATH`.
const WINE: &str = "/usr/lib/wine/wine64";
const MINGW_SHELL32: &str = "/usr/x86_64-w64-mingw32/lib/libshell32.a";

/// Platform that is built for on Debian and run in an emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Foreign {
    /// Windows on x86-64, run by Wine.
    Windows,
    /// Linux on 64-bit ARM, run by QEMU.
    Arm,
}

impl Foreign {
    /// Returns the name on the command line and in suites.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Windows => "windows",
            Self::Arm => "arm",
        }
    }

    /// Returns Rust's target triple.
    #[must_use]
    pub fn target(self) -> &'static str {
        match self {
            Self::Windows => "x86_64-pc-windows-gnu",
            Self::Arm => "aarch64-unknown-linux-gnu",
        }
    }

    /// Returns the system packages for building and running on the platform.
    #[must_use]
    pub fn packages(self) -> &'static [Set] {
        use packages::{ARM, BUILD, TEST, WINDOW, WINDOWS};
        match self {
            // The songs come with the tests; the program of this machine renders them too.
            Self::Windows => &[BUILD, WINDOW, TEST, WINDOWS],
            Self::Arm => &[ARM],
        }
    }

    /// Sets Cargo's options and environment to build for the platform and to run the result.
    ///
    /// # Errors
    /// When the linker's wrapper cannot be written, or when the emulator is not installed.
    pub fn set_up(self, workspace: &Workspace, cargo: &mut Command) -> Result<()> {
        let setting = |name: &str| {
            let target = self.target().to_uppercase().replace('-', "_");
            format!("CARGO_TARGET_{target}_{name}")
        };
        cargo.args(["--target", self.target()]);
        match self {
            Self::Windows => {
                let folder = folder(workspace, self.name())?;
                let linker = write_program(&folder.join("linker"), WINDOWS_LINKER)?;
                // A dependency spells the name with a capital letter; only Windows ignores the case.
                let shell32 = folder.join("libShell32.a");
                if !shell32.exists() {
                    fs::copy(MINGW_SHELL32, &shell32)
                        .with_context(|| format!("cannot copy {MINGW_SHELL32}"))?;
                }
                cargo
                    .env(setting("LINKER"), linker)
                    .env(
                        compiler("CC", self.target()),
                        "x86_64-w64-mingw32-gcc-posix",
                    )
                    .env(
                        compiler("CXX", self.target()),
                        "x86_64-w64-mingw32-g++-posix",
                    )
                    .env(compiler("AR", self.target()), "x86_64-w64-mingw32-ar");
            }
            Self::Arm => {
                cargo
                    .env(setting("LINKER"), "aarch64-linux-gnu-gcc")
                    // QEMU of Debian 12 hangs at the first thread of a dynamically linked program.
                    .env(setting("RUSTFLAGS"), "-C target-feature=+crt-static")
                    .env(compiler("CC", self.target()), "aarch64-linux-gnu-gcc")
                    .env(compiler("CXX", self.target()), "aarch64-linux-gnu-g++");
            }
        }
        cargo.env(setting("RUNNER"), self.emulator()?);
        self.emulate(workspace, cargo)
    }

    /// Returns a command that runs `program`, built for the platform.
    ///
    /// # Errors
    /// When the emulator is not installed.
    pub fn run(self, workspace: &Workspace, program: &Path) -> Result<Command> {
        let mut command = Command::new(self.emulator()?);
        command.arg(program);
        self.emulate(workspace, &mut command)?;
        Ok(command)
    }

    /// Sets the emulator's own environment.
    fn emulate(self, workspace: &Workspace, command: &mut Command) -> Result<()> {
        if self == Self::Windows {
            let libraries = random_library(workspace)?;
            // Apart from the user's programs under Wine, and without Wine's diagnostics.
            command
                .env("WINEPREFIX", folder(workspace, "wine")?)
                .env("WINEDEBUG", "-all")
                .env("WINEPATH", self.spelled(&libraries));
        }
        Ok(())
    }

    fn emulator(self) -> Result<PathBuf> {
        let (name, elsewhere) = match self {
            Self::Windows => ("wine64", Some(WINE)),
            Self::Arm => ("qemu-aarch64-static", None),
        };
        process::on_path(name)
            .or_else(|| elsewhere.map(PathBuf::from).filter(|path| path.exists()))
            .with_context(|| format!("`{name}`, which runs the programs, is not installed"))
    }

    /// Returns a path of this machine as programs of the platform spell it.
    #[must_use]
    pub fn spelled(self, path: &Path) -> OsString {
        match self {
            // Wine shows the whole file system as this drive.
            Self::Windows => [OsString::from("Z:"), path.into()].into_iter().collect(),
            Self::Arm => path.into(),
        }
    }
}

/// Compiles [`RANDOM`] and returns the folder with the library.
fn random_library(workspace: &Workspace) -> Result<PathBuf> {
    let folder = folder(workspace, "wine-libraries")?;
    let source = folder.join("random.c");
    fs::write(&source, RANDOM).with_context(|| format!("cannot write {}", source.display()))?;
    let mut compile = Command::new("x86_64-w64-mingw32-gcc-posix");
    compile
        .args(["-shared", "-o"])
        .arg(folder.join("bcryptprimitives.dll"))
        .arg(source)
        .arg("-ladvapi32");
    process::succeed("Compiling a library for Wine", &mut compile)?;
    Ok(folder)
}

/// Makes Cargo compile C and C++ for `target` to empty files, so that `cargo clippy` needs no compiler for it.
///
/// # Errors
/// When the stub cannot be written.
pub fn stub_compilers(workspace: &Workspace, target: &str, cargo: &mut Command) -> Result<()> {
    let stub = write_program(&folder(workspace, "stub")?.join("compiler"), STUB)?;
    for tool in ["CC", "CXX"] {
        cargo.env(compiler(tool, target), &stub);
    }
    cargo.env(compiler("AR", target), "true");
    // Spares the `cc` crate a search for Apple's headers.
    cargo.env("SDKROOT", "/");
    Ok(())
}

/// Ensures that the toolchain has the standard library for `target`.
///
/// # Errors
/// When it is missing and rustup cannot install it, in one sentence.
pub fn ensure_std(target: &str) -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("cannot start rustc")?;
    if Path::new(String::from_utf8_lossy(&folder.stdout).trim()).is_dir() {
        return Ok(());
    }
    println!("Installing the standard library for {target}");
    let why = match Command::new("rustup")
        .args(["target", "add", target])
        .output()
    {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => first_error(&String::from_utf8_lossy(&output.stderr)),
        Err(_) => "there is no rustup on the PATH".to_owned(),
    };
    bail!(
        "Rust's standard library for {target} is missing and `rustup target add` cannot install it: {why}"
    );
}

/// Returns the line of rustup's output that states the error.
fn first_error(output: &str) -> String {
    let error = output.lines().find_map(|line| line.strip_prefix("error: "));
    error
        .or(output.lines().next())
        .unwrap_or("it does not say why")
        .to_owned()
}

/// Returns the variable in which the `cc` crate looks for a tool.
fn compiler(tool: &str, target: &str) -> String {
    format!("{tool}_{}", target.replace('-', "_"))
}

fn folder(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let folder = workspace.target.join("cross").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

fn write_program(path: &Path, script: &str) -> Result<PathBuf> {
    let context = || format!("cannot write {}", path.display());
    fs::write(path, script).with_context(context)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).with_context(context)?;
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_named_as_cargo_and_cc_look_for_them() {
        assert_eq!(
            compiler("CXX", Foreign::Windows.target()),
            "CXX_x86_64_pc_windows_gnu"
        );
        let path = Path::new("/a/b");
        assert_eq!(Foreign::Windows.spelled(path), "Z:/a/b");
        assert_eq!(Foreign::Arm.spelled(path), "/a/b");
    }

    #[cfg(unix)]
    #[test]
    fn the_stub_makes_what_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let stub = write_program(&folder.path().join("compiler"), STUB).unwrap();
        let object = folder.path().join("a.o");
        let mut compile = Command::new(stub);
        compile
            .args(["-c", "a.cpp", "-o"])
            .arg(&object)
            .arg("-DNDEBUG");
        process::succeed("The stub", &mut compile).unwrap();
        assert_eq!(fs::read(object).unwrap(), b"");
    }

    #[test]
    fn a_target_without_a_standard_library_is_named() {
        let error = ensure_std("no-such-target").unwrap_err().to_string();
        assert!(error.contains("no-such-target"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
