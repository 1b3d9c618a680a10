//! Instrument under measurement: a new instance of the bundled CLAP, set by the texts that a user would type.

use std::fmt;

use tidepool::params::param_id;
use tidepool_host::{Event, Note};

use crate::{Rig, Score, Sound};

/// Block length in samples.
const BLOCK: usize = 512;

/// Render mode of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Real time, with Quality at its default.
    Live,
    /// Rendering to a file, announced through the render extension.
    Offline,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Offline => "offline",
        })
    }
}

/// Sample rate and mode of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    /// Samples per second.
    pub rate: u32,
    /// Live or offline.
    pub mode: Mode,
}

impl Setup {
    /// Sample rates of all measurements, in Hz.
    pub const RATES: [u32; 4] = [44_100, 48_000, 96_000, 192_000];

    /// Live at 48 kHz.
    pub const USUAL: Self = Self {
        rate: 48_000,
        mode: Mode::Live,
    };

    /// Returns all eight setups: live at the four rates, then offline.
    pub fn all() -> impl Iterator<Item = Self> {
        let rates = |mode| Self::RATES.map(move |rate| Self { rate, mode });
        [Mode::Live, Mode::Offline].into_iter().flat_map(rates)
    }

    /// Returns the sample rate in Hz.
    pub fn hertz(self) -> f64 {
        f64::from(self.rate)
    }

    /// Returns the number of samples in `seconds`, rounded.
    pub fn samples(self, seconds: f64) -> usize {
        (seconds * self.hertz()).round() as usize
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} Hz", self.mode, self.rate)
    }
}

/// Texts of parameters, by id.
pub type Texts<'a> = &'a [(&'a str, &'a str)];

/// Plays `score` on a new instance with the given texts; of several texts for one parameter the last one counts.
///
/// # Panics
/// When the plugin rejects a text, or returns a sample that is not finite.
pub fn play(setup: Setup, texts: Texts, score: &Score) -> Sound {
    let mut rig = rig(setup, texts);
    let sound = rig.play(score, &[BLOCK]);
    assert!(
        sound.samples().all(f32::is_finite),
        "{setup}: {texts:?} gives a sample that is not finite"
    );
    sound
}

/// Returns an active instance with the given texts.
///
/// # Panics
/// When the plugin rejects a text.
pub fn rig(setup: Setup, texts: Texts) -> Rig {
    let mut rig = Rig::at(setup.hertz(), 1..=8192);
    rig.deactivate();
    for &(key, text) in texts {
        let Event::Param { id, value } = rig.set(key, text) else {
            unreachable!("a text sets a parameter");
        };
        (rig.instance.set_value(id, value)).expect("an inactive plugin takes values");
    }
    (rig.instance.render_offline(setup.mode == Mode::Offline)).expect("the plugin takes the mode");
    rig.activate(setup.hertz(), 1..=8192);
    rig
}

/// Returns the value that the plugin reads from `text` for the parameter `key`, and the text that it displays for that
/// value.
///
/// # Panics
/// When the plugin rejects the text.
pub fn understood(rig: &mut Rig, key: &str, text: &str) -> (f64, String) {
    let id = param_id(key);
    let value = rig.instance.text_to_value(id, text);
    let value = value.unwrap_or_else(|| panic!("`{key}` does not understand \"{text}\""));
    let shown = rig.instance.value_to_text(id, value);
    (value, shown.unwrap_or_default())
}

/// Returns a score of `seconds` in which `keys` go down at the first sample and up after `held` seconds.
pub fn chord(setup: Setup, keys: &[u8], velocity: f64, held: f64, seconds: f64) -> Score {
    let mut score = Score::new(setup.samples(seconds));
    for &key in keys {
        let note = Note::new(0, key).with_id(u32::from(key));
        score = score.at(0, Event::NoteOn { note, velocity });
        let off = Event::NoteOff {
            note,
            velocity: 0.0,
        };
        score = score.at(setup.samples(held), off);
    }
    score
}

/// Returns the left channel of one key held for `seconds` at velocity 1, with the given texts.
///
/// # Panics
/// When [`play`] does.
pub fn tone(setup: Setup, texts: Texts, key: u8, seconds: f64) -> Vec<f32> {
    play(setup, texts, &chord(setup, &[key], 1.0, seconds, seconds)).left
}
