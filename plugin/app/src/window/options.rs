//! Options of `tidepool window`. They apply to one start, in the place of the settings.

use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::Args;
use tidepool::program::Setup;
use tidepool::quote::quote;

use super::audio::NATIVE;
use super::devices::Connections;

/// Tempo without another one, in quarter notes per minute.
const TEMPO: f64 = 120.0;

/// Options of the window.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Audio system; "auto" is JACK if it runs, else the sound card, and "dummy" plays nothing [default: as last time, at
    /// first auto]
    #[arg(short, long, value_name = "SYSTEM", ignore_case = true,
        value_parser = ["auto", "jack", NATIVE, "dummy"])]
    backend: Option<String>,
    /// Output device of a sound card, by its name or id on the page Devices [default: as last time, at first the
    /// system's]
    #[arg(long, value_name = "NAME")]
    output_device: Option<String>,
    /// First of the two output channels, 1 to 64 [default: as last time, at first 1]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=64))]
    output_channel: Option<u32>,
    /// Samples per second of a sound card, 8000 to 768000; JACK has its own [default: as last time, at first 48000]
    #[arg(short = 'r', long, value_name = "HZ", value_parser = rate, allow_negative_numbers = true)]
    sample_rate: Option<u32>,
    /// Samples per block of a sound card, 1 to 8192; JACK has its own [default: as last time, at first 512]
    #[arg(short = 'p', long, value_name = "SAMPLES", value_parser = block, allow_negative_numbers = true)]
    period_size: Option<u32>,
    /// Play this MIDI input, by its name on the page Devices; repeat the option for several [default: as last time,
    /// at first every input]
    #[arg(long, value_name = "NAME")]
    midi_input: Vec<String>,
    /// Connect the External input to these output ports of JACK
    #[arg(long, value_name = "PORT,PORT")]
    connect_jack_inputs: Option<String>,
    /// Connect the MIDI input to this output port of JACK
    #[arg(long, value_name = "PORT")]
    connect_jack_midi_input: Option<String>,
    /// Scale of the window's contents, 0.5 to 4 [default: as last time, at first 1]
    #[arg(long, value_name = "FACTOR", value_parser = scale, allow_negative_numbers = true)]
    pub dpi_scale: Option<f32>,
    /// Tempo in quarter notes per minute, 1 to 999, unless JACK's transport has one [default: 120]
    #[arg(long, value_name = "BPM", value_parser = tempo, allow_negative_numbers = true)]
    tempo: Option<f64>,
    /// Start with the initial sound, the default devices and the default window; what was kept stays until you change it
    #[arg(long)]
    pub fresh: bool,
}

impl Options {
    /// Returns `kept` with the devices of these options in the place of its own.
    pub fn setup(&self, kept: Setup) -> Setup {
        let mut setup = kept;
        if let Some(system) = &self.backend {
            setup.system = system.to_lowercase();
            // A device of another system.
            setup.device.clear();
        }
        if let Some(device) = &self.output_device {
            setup.device.clone_from(device);
        }
        if let Some(first) = self.output_channel {
            setup.channel = first - 1;
        }
        // The file of settings may have any numbers.
        setup.rate = self.sample_rate.unwrap_or(setup.rate).clamp(8_000, 768_000);
        setup.block = self.period_size.unwrap_or(setup.block).clamp(1, 8192);
        setup.channel = setup.channel.min(63);
        if !self.midi_input.is_empty() {
            setup.every_midi_input = false;
            setup.midi_inputs.clone_from(&self.midi_input);
        }
        setup
    }

    /// Returns the options that no setting has.
    pub fn connections(&self) -> Connections {
        Connections {
            tempo: self.tempo.unwrap_or(TEMPO),
            jack_inputs: self.connect_jack_inputs.clone(),
            jack_midi_input: self.connect_jack_midi_input.clone(),
        }
    }
}

fn rate(text: &str) -> Result<u32, String> {
    let takes = "a rate from 8000 to 768000 Hz; 48000 is usual";
    number::<f64>(text, 8_000.0..=768_000.0, takes).map(|rate| rate.round() as u32)
}

fn block(text: &str) -> Result<u32, String> {
    let takes = "a whole number of samples from 1 to 8192; 512 is usual";
    number(text, 1..=8192, takes)
}

fn scale(text: &str) -> Result<f32, String> {
    number(text, 0.5..=4.0, "a factor from 0.5 to 4; 1 is usual")
}

fn tempo(text: &str) -> Result<f64, String> {
    let takes = "a tempo from 1 to 999 quarter notes per minute; 120 is usual";
    number(text, 1.0..=999.0, takes)
}

fn number<T: FromStr + PartialOrd>(
    text: &str,
    range: RangeInclusive<T>,
    takes: &str,
) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("\"{}\" is not {takes}", quote(text)))
}
