//! Table of the promises: one row for each specified property, with its target.

use std::fmt;

use super::instrument::{Mode, Setup};
use super::reading::Reading;
use super::{aliases, controls, delay, headroom, key_level, noise, pitch, reverb, starts};

/// Required range of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// At most this value.
    AtMost(f64),
    /// Between these two values.
    Between(f64, f64),
    /// Reference that other figures are compared with; no requirement.
    Reference,
}

impl Target {
    /// Returns true if `value` meets the target. NaN meets only a reference.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::Between(least, most) => (least..=most).contains(&value),
            Self::Reference => true,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => f.write_str(&format!("≤ {most}").replace('-', "−")),
            Self::Between(least, most) => {
                f.write_str(&format!("{least} to {most}").replace('-', "−"))
            }
            Self::Reference => f.write_str("–"),
        }
    }
}

/// Setups in which a promise is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setups {
    /// Live and offline at the four rates.
    All,
    /// Live at the four rates, for a figure that compares live with offline.
    Live,
    /// Live and offline at 48 kHz.
    Usual,
    /// Live at 48 kHz.
    One,
}

impl Setups {
    /// Returns true if `setup` is among these setups.
    pub fn has(self, setup: Setup) -> bool {
        match self {
            Self::All => true,
            Self::Live => setup.mode == Mode::Live,
            Self::Usual => setup.rate == Setup::USUAL.rate,
            Self::One => setup == Setup::USUAL,
        }
    }
}

/// Specified property of the instrument.
pub struct Promise {
    /// Id for `--only`.
    pub id: &'static str,
    /// Name of the measured quantity.
    pub name: &'static str,
    /// Unit of the figure and of the target.
    pub unit: &'static str,
    /// Required range.
    pub target: Target,
    /// Setups of the measurement.
    pub setups: Setups,
    /// Measures the figure through the bundle.
    pub measure: fn(Setup) -> Reading,
}

const fn row(
    id: &'static str,
    name: &'static str,
    unit: &'static str,
    target: Target,
    setups: Setups,
    measure: fn(Setup) -> Reading,
) -> Promise {
    Promise {
        id,
        name,
        unit,
        target,
        setups,
        measure,
    }
}

use Setups::{All, Live, One, Usual};
use Target::{AtMost, Between, Reference};

/// All promises, in the order of the table.
#[rustfmt::skip]
pub const PROMISES: &[Promise] = &[
    row("pitch", "A4, away from 440 Hz", "cents", AtMost(0.1), All, |s| pitch::a4(s).into()),
    row("key-level-0", "Key Level 0 dB, rise over an octave", "dB", Between(-0.1, 0.1), All, |s| key_level::rise(s, "0 dB").into()),
    row("key-level-6", "Key Level 6 dB, rise over an octave", "dB", Between(5.9, 6.1), All, |s| key_level::rise(s, "6 dB").into()),
    row("key-level-12", "Key Level 12 dB, rise over an octave", "dB", Between(11.9, 12.1), All, |s| key_level::rise(s, "12 dB").into()),
    row("aliases-saw-84", "aliases of a saw, key 84", "dB", AtMost(-70.0), All, |s| aliases::saw(s, 84).into()),
    row("aliases-saw-96", "aliases of a saw, key 96", "dB", AtMost(-70.0), All, |s| aliases::saw(s, 96).into()),
    row("aliases-ladder-60", "aliases of the ladder, Drive 18 dB, key 60", "dB", AtMost(-40.0), All, |s| aliases::ladder(s, 60).into()),
    row("aliases-ladder-84", "aliases of the ladder, Drive 18 dB, key 84", "dB", AtMost(-40.0), All, |s| aliases::ladder(s, 84).into()),
    row("aliases-ring-84", "aliases of ring modulation, key 84", "dB", AtMost(-60.0), All, |s| aliases::ring(s, 84).into()),
    row("aliases-ring-96", "aliases of ring modulation, key 96", "dB", AtMost(-60.0), All, |s| aliases::ring(s, 96).into()),
    row("aliases-ring-108", "aliases of ring modulation, key 108", "dB", AtMost(-60.0), All, |s| aliases::ring(s, 108).into()),
    row("aliases-fm-72", "aliases of FM, index 4π, key 72", "dB", AtMost(-60.0), All, |s| aliases::fm(s, 72).into()),
    row("aliases-fm-84", "aliases of FM, index 4π, key 84", "dB", AtMost(-60.0), All, |s| aliases::fm(s, 84).into()),
    row("aliases-drive-60", "aliases of Output Drive 24 dB, key 60", "dB", AtMost(-45.0), All, |s| aliases::drive(s, 60).into()),
    row("aliases-drive-84", "aliases of Output Drive 24 dB, key 84", "dB", AtMost(-45.0), All, |s| aliases::drive(s, 84).into()),
    row("noise-white", "white noise, density against 48 kHz", "dB", AtMost(0.5), All, |s| noise::change(s, "White").into()),
    row("noise-pink", "pink noise, density against 48 kHz", "dB", AtMost(0.5), All, |s| noise::change(s, "Pink").into()),
    row("noise-brown", "brown noise, density against 48 kHz", "dB", AtMost(0.5), All, |s| noise::change(s, "Brown").into()),
    row("noise-blue", "blue noise, density against 48 kHz", "dB", AtMost(0.5), All, |s| noise::change(s, "Blue").into()),
    row("noise-hold", "sample & hold, density against 48 kHz", "dB", AtMost(2.0), All, |s| noise::change(s, "Sample & Hold").into()),
    row("start-residual", "a kick elsewhere in the tick, residual", "dB", AtMost(-60.0), All, |s| starts::residual(s).into()),
    row("start-spread", "sources of a note, first to last start", "samples", AtMost(1.0), All, start_spread),
    row("delay", "echo of an eighth, away from its sample", "samples", AtMost(0.0), All, |s| delay::error(s).into()),
    row("reverb-ideal", "crest of an ideal tail", "dB", Reference, Live, |s| reverb::ideal_crest(s).into()),
    row("reverb-colour-0", "reverb, crest over the ideal, Size 0 %", "dB", AtMost(2.0), All, |s| reverb::colour(s, ["0 %", "1 %", "2 %"]).into()),
    row("reverb-colour-60", "reverb, crest over the ideal, Size 60 %", "dB", AtMost(2.0), All, |s| reverb::colour(s, ["59 %", "60 %", "61 %"]).into()),
    row("reverb-colour-100", "reverb, crest over the ideal, Size 100 %", "dB", AtMost(2.0), All, |s| reverb::colour(s, ["98 %", "99 %", "100 %"]).into()),
    row("reverb-first", "reverb, first reflection", "ms", AtMost(5.0), All, |s| reverb::first_reflection(s).into()),
    row("reverb-decay", "reverb, decay measured over set", "%", Between(90.0, 110.0), All, |s| reverb::decay(s).into()),
    row("headroom", "highest peak of six notes ahead of the limiter", "dBFS", AtMost(-0.3), All, headroom::peak),
    row("live-offline", "octaves of presets, live against offline", "dB", AtMost(1.0), Live, headroom::live_to_offline),
    row("loudness", "loudness of presets, away from −21 LUFS", "LU", AtMost(2.0), Usual, headroom::loudness),
    row("dead-controls", "controls that are named and not heard", "count", AtMost(0.0), One, controls::dead),
];

/// Returns the number of samples between the first and the last source of a note.
fn start_spread(setup: Setup) -> Reading {
    let found = starts::first_samples(setup);
    let samples = found.iter().map(|(_, sample)| *sample);
    let (first, last) = (samples.clone().min(), samples.max());
    let texts: Vec<_> = (found.iter())
        .map(|(source, sample)| format!("{source} {sample}"))
        .collect();
    let value = first
        .zip(last)
        .map_or(f64::NAN, |(first, last)| (last - first) as f64);
    Reading::of(value, &texts.join(", "))
}

/// Returns the promise with this id.
///
/// # Panics
/// When there is none.
pub fn promise(id: &str) -> &'static Promise {
    let found = PROMISES.iter().find(|promise| promise.id == id);
    found.unwrap_or_else(|| panic!("there is no promise `{id}`"))
}
