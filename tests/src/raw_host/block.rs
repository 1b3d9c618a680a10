//! Arguments and result of one `process` call.

use std::ptr;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{clap_event_transport, clap_event_type};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use super::events::Returned;
use super::{Events, Guarded, Outgoing, Plugin};
use crate::sound::LOUDEST;

/// Output ports of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// One port with two channels.
    Stereo,
    /// Several ports with two channels each.
    Ports(u32),
    /// One port with this number of channels.
    Channels(u32),
    /// One port by count, but a null pointer to it.
    NullPort,
    /// One port without buffers.
    NoData,
    /// One port with 64-bit buffers only.
    DoubleOnly,
    /// One port whose left (0) or right (1) channel is null.
    NullChannel(usize),
    /// One port whose two channels share one buffer.
    OneBuffer,
}

/// Input ports of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// No port.
    None,
    /// One port with two channels of silence.
    Stereo,
    /// Two channels with this value, given as the bits of a 32-bit float, in every sample.
    Filled(u32),
    /// One port with this number of silent channels.
    Channels(u32),
    /// Several ports with two channels each.
    Ports(u32),
    /// One port by count, but a null pointer to it.
    NullPort,
    /// No port by count, with a wild pointer.
    WildPointer,
    /// One port without buffers.
    NoData,
    /// One port whose two channels are null.
    NullChannels,
    /// One port whose left (0) or right (1) channel is null.
    NullChannel(usize),
    /// The output's buffers, left to left and right to right.
    InPlace,
    /// The output's buffers, left and right swapped.
    Crossed,
    /// One port whose two channels share one buffer.
    OneBuffer,
}

/// Arguments of one `process` call.
pub struct Block<'a> {
    /// Block length in samples, as passed to the plugin.
    pub frames: u32,
    /// Length of the buffers in samples, if it differs from `frames`.
    pub real_frames: Option<u32>,
    /// Output ports.
    pub output: Output,
    /// Input ports.
    pub input: Input,
    /// Transport; `None` for a null pointer.
    pub transport: Option<clap_event_transport>,
    /// Input events; `None` for a null pointer.
    pub events: Option<&'a Events>,
    /// Behaviour of the output event list.
    pub outgoing: Outgoing,
    /// Steady time in samples, as passed to the plugin.
    pub steady_time: i64,
}

impl<'a> Block<'a> {
    /// Returns a valid block without input.
    pub fn new(frames: u32, events: &'a Events) -> Self {
        Self {
            frames,
            real_frames: None,
            output: Output::Stereo,
            input: Input::None,
            transport: None,
            events: Some(events),
            outgoing: Outgoing::Taken,
            steady_time: -1,
        }
    }
}

/// Result of a block.
#[derive(Clone, Debug)]
pub struct Played {
    /// Status that the plugin returned.
    pub status: clap_process_status,
    /// The first two channels of the first output port, as far as they exist.
    pub channels: Vec<Vec<f32>>,
    /// Type and time of each event that the plugin sent.
    pub returned: Vec<(clap_event_type, u32)>,
}

impl Played {
    /// Returns true if the plugin returned an error.
    pub fn is_error(&self) -> bool {
        self.status == CLAP_PROCESS_ERROR
    }

    /// Returns the largest absolute sample.
    pub fn peak(&self) -> f32 {
        let samples = self.channels.iter().flatten();
        samples.fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    /// Describes the first fault of the output: a sample that is not written, not finite or too loud, or not cleared
    /// after an error.
    pub fn fault(&self) -> Option<String> {
        for (n, channel) in self.channels.iter().enumerate() {
            let bad = |&sample: &f32| match self.is_error() {
                true => sample != 0.0,
                // Also true for NaN, which the buffer was filled with.
                false => sample.is_nan() || sample.abs() > LOUDEST,
            };
            if let Some(at) = channel.iter().position(bad) {
                let (status, sample) = (self.status, channel[at]);
                return Some(format!(
                    "status {status}: sample {at} of channel {n} is {sample}"
                ));
            }
        }
        None
    }
}

/// Buffers of one port.
struct Port {
    channels: Vec<Guarded>,
    pointers: Vec<*mut f32>,
}

impl Port {
    fn new(channels: u32, frames: usize, fill: f32) -> Self {
        let channels: Vec<_> = (0..channels)
            .map(|_| Guarded::samples_of_nan(frames))
            .collect();
        if !fill.is_nan() {
            for channel in &channels {
                for n in 0..frames {
                    // SAFETY: `n` is within the samples just allocated.
                    unsafe { channel.pointer::<f32>().add(n).write(fill) };
                }
            }
        }
        let pointers = channels.iter().map(Guarded::pointer).collect();
        Self { channels, pointers }
    }

    fn raw(&mut self) -> clap_audio_buffer {
        clap_audio_buffer {
            data32: self.pointers.as_mut_ptr(),
            data64: ptr::null_mut(),
            channel_count: self.pointers.len() as u32,
            latency: 0,
            constant_mask: 0,
        }
    }

    fn is_intact(&self) -> bool {
        self.channels.iter().all(Guarded::is_intact)
    }
}

impl Plugin {
    /// Calls `process`. A write past a buffer ends the process.
    ///
    /// # Panics
    /// When the plugin has written before a buffer.
    pub fn process(&self, block: &Block<'_>) -> Played {
        let frames = block.real_frames.unwrap_or(block.frames) as usize;
        let mut outputs = output_ports(block.output, frames);
        let mut raw_outputs: Vec<_> = outputs.iter_mut().map(Port::raw).collect();
        let mut doubles = vec![0.0_f64; frames];
        let mut double_pointers = [doubles.as_mut_ptr(), doubles.as_mut_ptr()];
        match block.output {
            Output::NoData => raw_outputs[0].data32 = ptr::null_mut(),
            Output::DoubleOnly => {
                raw_outputs[0].data32 = ptr::null_mut();
                raw_outputs[0].data64 = double_pointers.as_mut_ptr();
            }
            _ => (),
        }

        let mut inputs = input_ports(block.input, frames);
        match block.input {
            Input::InPlace | Input::Crossed
                if outputs.first().is_some_and(|port| port.pointers.len() > 1) =>
            {
                let mut pointers = outputs[0].pointers[..2].to_vec();
                if block.input == Input::Crossed {
                    pointers.reverse();
                }
                inputs[0].pointers = pointers;
            }
            _ => (),
        }
        let mut raw_inputs: Vec<_> = inputs.iter_mut().map(Port::raw).collect();
        if block.input == Input::NoData {
            raw_inputs[0].data32 = ptr::null_mut();
        }

        let incoming = block.events.map(Events::raw);
        let returned = Returned::new(block.outgoing);
        let taken = returned.raw();
        let process = clap_process {
            steady_time: block.steady_time,
            frames_count: block.frames,
            transport: block.transport.as_ref().map_or(ptr::null(), ptr::from_ref),
            audio_inputs: match block.input {
                Input::NullPort | Input::None => ptr::null(),
                Input::WildPointer => super::events::wild_pointer().cast(),
                _ => raw_inputs.as_ptr(),
            },
            audio_outputs: match block.output {
                Output::NullPort => ptr::null_mut(),
                _ => raw_outputs.as_mut_ptr(),
            },
            audio_inputs_count: match block.input {
                Input::NullPort => 1,
                _ => raw_inputs.len() as u32,
            },
            audio_outputs_count: match block.output {
                Output::NullPort => 1,
                _ => raw_outputs.len() as u32,
            },
            in_events: incoming.as_ref().map_or(ptr::null(), ptr::from_ref),
            out_events: match block.outgoing {
                Outgoing::Null => ptr::null(),
                _ => &raw const taken,
            },
        };
        let status = self.process_raw(&process);
        for port in outputs.iter().chain(&inputs) {
            assert!(port.is_intact(), "the plugin writes before a buffer");
        }
        Played {
            status,
            channels: written(block.output, &outputs),
            returned: returned.events.take(),
        }
    }
}

/// Returns the channels of the first output port that the plugin can write to.
fn written(output: Output, outputs: &[Port]) -> Vec<Vec<f32>> {
    let visible = match output {
        Output::NullPort | Output::NoData | Output::DoubleOnly => None,
        _ => outputs.first(),
    };
    let channels = visible.into_iter().flat_map(|port| &port.channels).take(2);
    channels.map(Guarded::samples).collect()
}

fn output_ports(output: Output, frames: usize) -> Vec<Port> {
    let port = |channels| Port::new(channels, frames, f32::NAN);
    match output {
        Output::Stereo | Output::NoData | Output::DoubleOnly => vec![port(2)],
        Output::Ports(ports) => (0..ports).map(|_| port(2)).collect(),
        Output::Channels(channels) => vec![port(channels)],
        Output::NullPort => Vec::new(),
        Output::NullChannel(n) => {
            // Only the other channel can be read back.
            let mut one = port(1);
            one.pointers.insert(n, ptr::null_mut());
            vec![one]
        }
        Output::OneBuffer => {
            let mut one = port(1);
            one.pointers.push(one.pointers[0]);
            vec![one]
        }
    }
}

fn input_ports(input: Input, frames: usize) -> Vec<Port> {
    let port = |channels| Port::new(channels, frames, 0.0);
    match input {
        Input::None | Input::NullPort | Input::WildPointer => Vec::new(),
        Input::Stereo | Input::NoData | Input::InPlace | Input::Crossed => vec![port(2)],
        Input::Filled(bits) => vec![Port::new(2, frames, f32::from_bits(bits))],
        Input::Channels(channels) => vec![port(channels)],
        Input::Ports(ports) => (0..ports).map(|_| port(2)).collect(),
        Input::NullChannels => {
            let mut none = port(0);
            none.pointers = vec![ptr::null_mut(); 2];
            vec![none]
        }
        Input::NullChannel(n) => {
            let mut one = port(1);
            one.pointers.insert(n, ptr::null_mut());
            vec![one]
        }
        Input::OneBuffer => {
            let mut one = port(1);
            one.pointers.push(one.pointers[0]);
            vec![one]
        }
    }
}
