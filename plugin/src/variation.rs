//! Variations of a sound: random sounds, and small random changes of the present one.
//!
//! [`vary`] draws a sound ([`draw`]), plays the standard phrase of docs/presets.md with it ([`audition`]) and sets its
//! level. A sound that is silent is drawn again. [`task`] does so on a thread of its own. The result depends only on
//! the [`Request`].

mod audition;
mod draw;
pub mod group;
mod rule;
pub mod task;
#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

use fastrand::Rng;
use thiserror::Error;
use tidepool_dsp::{Parameter, Patch};

use crate::presets;
use audition::{Audition, Level, Unheard};
pub use group::{Group, Groups};

/// Loudness of a random sound in LUFS, which is that of the factory presets.
const LOUDNESS: f32 = -21.0;
/// Least loudness of a varied sound in LUFS.
const QUIETEST: f32 = -34.0;
/// Loudnesses in LUFS that a mutated sound keeps; others are brought to the nearest of them.
const KEPT_LOUDNESS: std::ops::RangeInclusive<f32> = -30.0..=-15.0;
/// Highest peak in dBFS. That of offline rendering may differ by some tenths, and has to stay below −6 dBFS.
const PEAK: f32 = -7.0;
/// Volume reduction for a measurement ahead of the limiter, in dB.
const BELOW_LIMITER: f32 = 24.0;
/// Most draws of a request.
const DRAWS: usize = 12;
/// Most corrections of the level of a draw.
const CORRECTIONS: usize = 4;

/// Kind of a variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new sound.
    Randomise,
    /// The present sound with small changes.
    Mutate {
        /// Size of the changes in percent, 1 to 100.
        percent: u32,
    },
}

impl Kind {
    /// Returns the name of the edit, as in "Mutate 20 %".
    pub fn name(self) -> String {
        match self {
            Self::Randomise => "Randomise".to_owned(),
            Self::Mutate { percent } => format!("Mutate {percent} %"),
        }
    }
}

/// Request for a variation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Kind of the variation.
    pub kind: Kind,
    /// Groups that stay as they are.
    pub locked: Groups,
    /// The present sound.
    pub sound: Patch,
    /// Seed of the random generator.
    pub seed: u64,
}

/// Failure of a variation, in a sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VariationError {
    #[error("every group is locked; unlock one to vary the sound")]
    Locked,
    #[error("none of {DRAWS} draws was audible; unlock another group, or try again")]
    Silent,
    #[error("the variation was stopped; try again")]
    Stopped,
}

/// Returns a variation of a sound: never above −6 dBFS in the standard phrase, at the louder of the present and the
/// default Volume, and never silent. Takes some tenths of a second; returns early if `stop` becomes true. `[worker]`
///
/// # Errors
/// If no audible sound is found.
pub fn vary(request: &Request, stop: &AtomicBool) -> Result<Patch, VariationError> {
    if request.locked.is_all() {
        return Err(VariationError::Locked);
    }
    let mut rng = Rng::with_seed(request.seed);
    let mut levels = Levels {
        audition: Audition::new(stop),
        volume: request
            .sound
            .get(Parameter::Volume)
            .max(Parameter::Volume.spec().default),
    };
    let loudness = match request.kind {
        Kind::Randomise => LOUDNESS,
        Kind::Mutate { .. } => match levels.measure(&request.sound, BELOW_LIMITER) {
            Ok(level) => level
                .loudness
                .clamp(*KEPT_LOUDNESS.start(), *KEPT_LOUDNESS.end()),
            Err(Unheard::Silent) => LOUDNESS,
            Err(Unheard::Stopped) => return Err(VariationError::Stopped),
        },
    };
    for _ in 0..DRAWS {
        let drawn = match request.kind {
            Kind::Randomise => draw::randomise(&request.sound, request.locked, &mut rng),
            Kind::Mutate { percent } => {
                let amount = percent.clamp(1, 100) as f32 / 100.0;
                draw::mutate(&request.sound, amount, request.locked, &mut rng)
            }
        };
        match levels.adjust(drawn, loudness) {
            Ok(patch) => return Ok(patch),
            Err(Unheard::Silent) => {}
            Err(Unheard::Stopped) => return Err(VariationError::Stopped),
        }
    }
    Err(VariationError::Silent)
}

/// Measures and sets the levels of sounds.
struct Levels<'a> {
    audition: Audition<'a>,
    /// Setting of Volume in dB.
    volume: f32,
}

impl Levels<'_> {
    /// Measures `patch` with Volume reduced by `below` dB, and adds them to the result.
    fn measure(&mut self, patch: &Patch, below: f32) -> Result<Level, Unheard> {
        // The phrase is played with the other settings of a new instance, such as its number of voices.
        let patch = presets::over(patch, &Patch::default());
        let patch = patch.with(Parameter::Volume, self.volume - below);
        let level = self.audition.level(&patch)?;
        Ok(Level {
            peak: level.peak + below,
            loudness: level.loudness + below,
        })
    }

    /// Returns `patch` with a level that brings it to `loudness`, or as near as its peaks allow.
    fn adjust(&mut self, mut patch: Patch, loudness: f32) -> Result<Patch, Unheard> {
        let (off, most) = Parameter::Level.spec().range.ends();
        if patch.get(Parameter::Level) <= off + 20.0 {
            patch.set(Parameter::Level, Parameter::Level.spec().default);
        }
        let mut below = BELOW_LIMITER;
        for _ in 0..CORRECTIONS {
            let level = self.measure(&patch, below)?;
            let room = PEAK - level.peak;
            if below == 0.0 && room >= 0.0 {
                return match level.loudness >= QUIETEST {
                    true => Ok(patch),
                    false => Err(Unheard::Silent),
                };
            }
            // With drive, the output follows the level only in part: the next measurement tells.
            let gain = match below == 0.0 {
                true => room - 0.3,
                false => (loudness - level.loudness).min(room - 0.3),
            };
            let moved = patch.get(Parameter::Level) + gain;
            if moved <= off {
                return Err(Unheard::Silent);
            }
            patch.set(Parameter::Level, moved.min(most));
            below = 0.0;
        }
        Err(Unheard::Silent)
    }
}
