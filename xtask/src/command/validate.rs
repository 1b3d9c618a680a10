//! `cargo xtask validate`: the release bundles before the judges that hosts trust.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::command::bundle;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// A validator and how it is told what to check.
struct Validator {
    program: &'static str,
    args: &'static [&'static str],
    bundle: &'static str,
}

/// All that we know of; Steinberg's is simply called `validator`.
const VALIDATORS: [Validator; 3] = [
    Validator {
        program: "clap-validator",
        args: &["validate"],
        bundle: "Tidepool.clap",
    },
    Validator {
        program: "pluginval",
        args: &["--strictness-level", "10", "--validate"],
        bundle: "Tidepool.vst3",
    },
    Validator {
        program: "validator",
        args: &[],
        bundle: "Tidepool.vst3",
    },
];

/// Builds the release bundles, runs every validator that is on the `PATH` and says which are not.
///
/// # Errors
/// When the bundles cannot be built or a validator cannot be started.
pub fn validate() -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let bundled = bundle::bundled(&workspace);
    bundle::make(&workspace, Profile::Release, &bundled)?;

    let mut verdicts = Vec::new();
    for validator in &VALIDATORS {
        verdicts.push((
            validator.program,
            judge(validator, &bundled.join(validator.bundle))?,
        ));
    }

    println!();
    for (program, verdict) in &verdicts {
        let says = match verdict {
            Some(true) => "passed",
            Some(false) => "FAILED",
            None => "not on the PATH, not run",
        };
        println!("{program}: {says}");
    }
    let failed = verdicts.iter().any(|(_, verdict)| *verdict == Some(false));
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether the bundle passes, if the validator is there to say.
fn judge(validator: &Validator, bundle: &Path) -> Result<Option<bool>> {
    let Some(program) = process::on_path(validator.program) else {
        return Ok(None);
    };
    println!("\n{} {}", validator.program, bundle.display());
    let status = process::status(Command::new(program).args(validator.args).arg(bundle))?;
    Ok(Some(status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;

    #[test]
    fn what_is_validated_is_what_is_bundled() {
        let bundles = Platform::CURRENT.bundles();
        assert!(
            VALIDATORS
                .iter()
                .all(|validator| bundles.contains(&validator.bundle))
        );
    }
}
