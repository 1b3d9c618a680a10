//! The program around the plugin, as its editor sees it: the audio and MIDI devices, and the choice among them.
//!
//! The program in `plugin/app` [registers](register) itself before it opens the editor; in hosts there is none. `[gui]`
//! and `[worker]`.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// Sample rates that are offered, in Hz.
pub const RATES: [u32; 6] = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
/// Block lengths that are offered, in samples.
pub const BLOCKS: [u32; 8] = [32, 64, 128, 256, 512, 1024, 2048, 4096];

/// Choice of devices, kept for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// Id of the audio system; "auto" for the first that works.
    pub system: String,
    /// Id of the output device; empty for the system's default.
    pub device: String,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Length of a block in samples.
    pub block: u32,
    /// First of the two output channels, counted from 0.
    pub channel: u32,
    /// True if every MIDI input is played, also one that is connected later.
    pub every_midi_input: bool,
    /// Names of the MIDI inputs that are played otherwise.
    pub midi_inputs: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            system: "auto".to_owned(),
            device: String::new(),
            rate: 48_000,
            block: 512,
            channel: 0,
            every_midi_input: true,
            midi_inputs: Vec::new(),
        }
    }
}

/// Item of a list: an audio system, or a device of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Id, as in a [`Setup`].
    pub id: String,
    /// Name for the user.
    pub name: String,
}

/// MIDI input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MidiInput {
    /// Name, as in a [`Setup`].
    pub name: String,
    /// True if its messages are played.
    pub is_connected: bool,
}

/// State of the devices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Devices {
    /// Present choice.
    pub setup: Setup,
    /// Audio systems of this platform.
    pub systems: Vec<Item>,
    /// Output devices of the chosen system; empty where it has none to choose.
    pub outputs: Vec<Item>,
    /// Number of output channels of the open device.
    pub channels: u32,
    /// True if rate and block are those of the audio system, and not of the choice.
    pub is_fixed: bool,
    /// MIDI inputs, those that were chosen and are gone included.
    pub midi_inputs: Vec<MidiInput>,
    /// Description of the open device, such as "ALSA, 48000 Hz, 512 samples".
    pub status: String,
    /// Sentences about what does not work.
    pub problems: Vec<String>,
    /// True if an audio device plays the output.
    pub is_heard: bool,
}

/// The program. Each function returns at once.
pub trait Program: Send + Sync {
    /// Returns the state of the devices; lists are refreshed while this is called.
    fn devices(&self) -> Arc<Devices>;
    /// Returns the reason if no audio device plays the output.
    fn unheard(&self) -> Option<String>;
    /// Changes the choice.
    fn choose(&self, setup: Setup);
    /// Plays a test tone for a short time.
    fn test_tone(&self);
}

static PROGRAM: OnceLock<Arc<dyn Program>> = OnceLock::new();

/// Registers the program of this process. Only the first call has an effect.
pub fn register(program: Arc<dyn Program>) {
    PROGRAM.get_or_init(|| program);
}

/// Returns the program of this process; `None` in a host.
pub fn registered() -> Option<&'static dyn Program> {
    PROGRAM.get().map(|program| &**program)
}
