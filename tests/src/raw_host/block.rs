//! A block as the plugin is asked to play it, and what comes of it.

use std::ptr;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{clap_event_transport, clap_event_type};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use super::events::Returned;
use super::{Events, Guarded, Outgoing, Plugin};
use crate::sound::LOUDEST;

/// The output that the host offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// One port with two channels.
    Stereo,
    /// This many ports with two channels each.
    Ports(u32),
    /// One port with this many channels.
    Channels(u32),
    /// A port is claimed, the pointer to it is null.
    NullPort,
    /// One port without buffers.
    NoData,
    /// One port with buffers of 64 bits only.
    DoubleOnly,
    /// One port, whose left or right channel is null.
    NullChannel(usize),
    /// Both channels are the same buffer.
    OneBuffer,
}

/// The input that the host offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// No port.
    None,
    /// One port with two channels of silence.
    Stereo,
    /// Two channels with this in every sample, given in bits.
    Filled(u32),
    /// One port with this many channels of silence.
    Channels(u32),
    /// This many ports with two channels each.
    Ports(u32),
    /// A port is claimed, the pointer to it is null.
    NullPort,
    /// No port is claimed, the pointer is wild.
    WildPointer,
    /// One port without buffers.
    NoData,
    /// One port, both of whose channels are null.
    NullChannels,
    /// One port, whose left or right channel is null.
    NullChannel(usize),
    /// The channels are those of the output.
    InPlace,
    /// The channels are those of the output, crossed over.
    Crossed,
    /// Both channels are the same buffer.
    OneBuffer,
}

/// A block.
pub struct Block<'a> {
    /// Length in samples, as the plugin is told.
    pub frames: u32,
    /// Length in samples of the buffers, where that is not the same.
    pub real_frames: Option<u32>,
    /// The output.
    pub output: Output,
    /// The input.
    pub input: Input,
    /// The transport; a null pointer for `None`.
    pub transport: Option<clap_event_transport>,
    /// The events; a null pointer for `None`.
    pub events: Option<&'a Events>,
    /// Where the plugin's own events go.
    pub outgoing: Outgoing,
    /// The host's count of samples.
    pub steady_time: i64,
}

impl<'a> Block<'a> {
    /// A block as it should be, without input.
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

/// What came of a block.
#[derive(Clone, Debug)]
pub struct Played {
    /// What the plugin answered.
    pub status: clap_process_status,
    /// The first two channels of the first output port, as far as they are there.
    pub channels: Vec<Vec<f32>>,
    /// Type and time of each event that the plugin sent.
    pub returned: Vec<(clap_event_type, u32)>,
}

impl Played {
    /// The plugin refused.
    pub fn is_error(&self) -> bool {
        self.status == CLAP_PROCESS_ERROR
    }

    /// The largest absolute sample.
    pub fn peak(&self) -> f32 {
        let samples = self.channels.iter().flatten();
        samples.fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    /// What is wrong with it: a sample that is not written, not finite or too loud, or not cleared after an error.
    pub fn fault(&self) -> Option<String> {
        for (n, channel) in self.channels.iter().enumerate() {
            let bad = |&sample: &f32| match self.is_error() {
                true => sample != 0.0,
                // NaN too, which the buffer was filled with.
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

/// The buffers of one port.
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
                    // SAFETY: within the samples just made.
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
    /// Plays a block. A write past a buffer ends the process.
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

/// The channels of the first output port that the plugin can write to.
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
            // The other channel is the only one that can be looked at.
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
