//! Output to a sound card, through `cpal`.

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Data, Device, DeviceId, ErrorKind, FromSample, I24, SampleFormat, SizedSample,
    Stream, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange,
};
use tidepool::program::{Item, Setup};

use super::player::MAX_BLOCK;
use super::seat::Seat;
use super::{Facts, NATIVE};

/// Sample formats that are written.
const FORMATS: [SampleFormat; 7] = [
    SampleFormat::F32,
    SampleFormat::I32,
    SampleFormat::I24,
    SampleFormat::I16,
    SampleFormat::F64,
    SampleFormat::U16,
    SampleFormat::U8,
];

const NONE: &str = "there is no sound card; connect one, or start JACK";

/// Keeps the messages of ALSA on this thread from the standard error, where each attempt to open a device that is gone
/// would print some; errors are told by their kind. Has to be called again from time to time, since the messages are
/// collected. `[worker]`
#[cfg(target_os = "linux")]
pub fn collect_messages() {
    // Without a handler the messages are printed.
    let _ = alsa::Output::local_error_handler();
}

/// Does nothing: the other systems print nothing.
#[cfg(not(target_os = "linux"))]
pub fn collect_messages() {}

/// Returns the output devices. `[worker]`
pub fn outputs() -> Vec<Item> {
    let devices = cpal::default_host().output_devices();
    let item = |device: Device| {
        Some(Item {
            id: device.id().ok()?.id().to_owned(),
            name: name(&device),
        })
    };
    let mut items: Vec<Item> = devices.into_iter().flatten().filter_map(item).collect();
    items.dedup_by(|a, b| a.id == b.id);
    items
}

fn name(device: &Device) -> String {
    let id = || device.id().map_or(String::new(), |id| id.id().to_owned());
    device
        .description()
        .map_or_else(|_| id(), |facts| facts.name().to_owned())
}

/// Returns the device with this id or name; the system's default one for an empty text.
fn device(text: &str) -> Result<Device, String> {
    let host = cpal::default_host();
    if text.is_empty() {
        let device = host.default_output_device();
        return device.ok_or(NONE.to_owned());
    }
    if let Some(device) = host.device_by_id(&DeviceId::new(host.id(), text)) {
        return Ok(device);
    }
    let devices = host.output_devices();
    let mut devices = devices.into_iter().flatten();
    let found = devices.find(|device| name(device) == text);
    found.ok_or_else(|| {
        format!("the audio device \"{text}\" is not connected; connect it, or choose another one")
    })
}

/// Device with a configuration that it supports.
pub struct PreparedCard {
    device: Device,
    format: SampleFormat,
    config: StreamConfig,
    pub facts: Facts,
}

impl PreparedCard {
    /// Looks for the device of `setup`, and for its configuration next to the wanted one.
    ///
    /// # Errors
    /// One sentence if there is no such device, or it cannot play.
    pub fn find(setup: &Setup) -> Result<Self, String> {
        let device = device(&setup.device)?;
        let name = name(&device);
        let configs = device.supported_output_configs();
        let configs = configs.map_err(|error| match setup.device.as_str() {
            "" if error.kind() == ErrorKind::DeviceNotAvailable => NONE.to_owned(),
            _ => said(&name, &error),
        })?;
        let configs: Vec<_> = configs
            .filter(|config| FORMATS.contains(&config.sample_format()) && config.channels() > 0)
            .collect();
        let best = best(&configs, setup);
        let config = best.ok_or_else(|| {
            format!("the audio device \"{name}\" has no output; choose another one")
        })?;
        let rate = (setup.rate).clamp(config.min_sample_rate(), config.max_sample_rate());
        let (buffer_size, block) = match config.buffer_size() {
            SupportedBufferSize::Range { min, max } => {
                let block = setup.block.clamp(*min, (*max).max(*min));
                (BufferSize::Fixed(block), block)
            }
            SupportedBufferSize::Unknown => (BufferSize::Default, 0),
        };
        Ok(Self {
            device,
            format: config.sample_format(),
            config: StreamConfig {
                channels: config.channels(),
                sample_rate: rate,
                buffer_size,
            },
            facts: Facts {
                system: NATIVE,
                device: name,
                rate,
                block,
                channels: u32::from(config.channels()),
            },
        })
    }

    /// Opens the device.
    ///
    /// # Errors
    /// One sentence if another program uses it, or it is gone.
    pub fn start(self, seat: Seat, channel: u32) -> Result<Stream, String> {
        let format = self.format;
        let built = match format {
            SampleFormat::F32 => self.build::<f32>(seat, channel),
            SampleFormat::I32 => self.build::<i32>(seat, channel),
            SampleFormat::I24 => self.build::<I24>(seat, channel),
            SampleFormat::I16 => self.build::<i16>(seat, channel),
            SampleFormat::F64 => self.build::<f64>(seat, channel),
            SampleFormat::U16 => self.build::<u16>(seat, channel),
            SampleFormat::U8 => self.build::<u8>(seat, channel),
            other => return Err(format!("samples of the format {other} cannot be played")),
        };
        let stream = built.map_err(|error| said(&self.facts.device, &error))?;
        match stream.play() {
            Err(error) if error.kind() != ErrorKind::RealtimeDenied => {
                Err(said(&self.facts.device, &error))
            }
            _ => Ok(stream),
        }
    }

    fn build<T>(&self, mut seat: Seat, channel: u32) -> Result<Stream, cpal::Error>
    where
        T: SizedSample + FromSample<f32>,
    {
        let monitor = seat.player().map(|player| player.monitor().clone());
        let channels = usize::from(self.config.channels);
        // A device with one channel, or without the chosen pair, plays on those that it has.
        let left = (channel as usize).min(channels.saturating_sub(2));
        let right = (left + 1).min(channels - 1);
        let mut scratch = [vec![0.0; MAX_BLOCK], vec![0.0; MAX_BLOCK]];
        let write = move |data: &mut Data, _: &cpal::OutputCallbackInfo| {
            let Some(samples) = data.as_slice_mut::<T>() else {
                return;
            };
            for samples in samples.chunks_mut(MAX_BLOCK * channels) {
                let frames = samples.len() / channels;
                let [in_left, in_right] = &mut scratch;
                let (in_left, in_right) = (&mut in_left[..frames], &mut in_right[..frames]);
                match seat.player() {
                    Some(player) => player.play([in_left, in_right], None),
                    None => return,
                }
                for (n, frame) in samples.chunks_exact_mut(channels).enumerate() {
                    frame.fill(T::EQUILIBRIUM);
                    if left == right {
                        frame[left] = T::from_sample((in_left[n] + in_right[n]) / 2.0);
                    } else {
                        frame[left] = T::from_sample(in_left[n]);
                        frame[right] = T::from_sample(in_right[n]);
                    }
                }
            }
        };
        let fail = move |error: cpal::Error| {
            // Both are over when they are reported.
            if !matches!(error.kind(), ErrorKind::Xrun | ErrorKind::DeviceChanged)
                && let Some(monitor) = &monitor
            {
                monitor.lose();
            }
        };
        let format = self.format;
        (self.device).build_output_stream_raw(self.config, format, write, fail, None)
    }
}

/// Returns the configuration next to the wanted one: with its rate, its channels, and the best format, in this order.
fn best<'a>(
    configs: &'a [SupportedStreamConfigRange],
    setup: &Setup,
) -> Option<&'a SupportedStreamConfigRange> {
    configs.iter().min_by_key(|config| {
        let rate = (setup.rate).clamp(config.min_sample_rate(), config.max_sample_rate());
        let channels = u32::from(config.channels());
        let missing = (setup.channel + 2).saturating_sub(channels);
        let format = FORMATS
            .iter()
            .position(|known| *known == config.sample_format());
        (rate.abs_diff(setup.rate), missing, channels, format)
    })
}

/// Returns a sentence about an error of a device.
fn said(name: &str, error: &cpal::Error) -> String {
    match error.kind() {
        ErrorKind::DeviceBusy => format!(
            "the audio device \"{name}\" is used by another program; close that program, or choose another device"
        ),
        ErrorKind::DeviceNotAvailable => format!(
            "the audio device \"{name}\" does not answer; connect it, or choose another one"
        ),
        _ => {
            let reason = error.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            format!("the audio device \"{name}\" cannot be opened ({reason}); choose another one")
        }
    }
}
