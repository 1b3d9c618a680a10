//! The audio side of an instance: processes blocks without allocating.

use clack_host::events::io::{OutputEventBuffer, TryPushError};
use clack_host::plugin::PluginAudioProcessorHandle;
use clack_host::prelude::*;

use super::HostError;
use super::event::{Event, Timed, Transport};
use super::handlers::{AudioCall, Handlers};

/// Events per block in each direction without an allocation here or a refusal.
pub const EVENT_CAPACITY: usize = 4096;

/// Input of the plugin's side chain for one block.
///
/// The channels are mutable because CLAP leaves input buffers writable; Tidepool does not write them.
pub enum External<'a> {
    /// No input port at all.
    None,
    /// One channel, where the plugin expects two.
    Mono(&'a mut [f32]),
    /// Left and right.
    Stereo([&'a mut [f32]; 2]),
    /// Stereo in the same memory as the output, which holds the input when the block starts.
    InPlace,
}

/// Audio side of a plugin. It may move between threads and is used by one at a time.
pub struct Processor {
    plugin: PluginAudioProcessor<Handlers>,
    sample_rate: f64,
    steady_time: u64,
    transport: Option<Transport>,
    inputs: AudioPorts,
    outputs: AudioPorts,
    sent: EventBuffer,
    /// Events that `sent` has room for.
    room: usize,
    received: Received,
}

/// Events that the plugin sent during a block; refuses events beyond its capacity, so that it never grows.
struct Received(Vec<Timed>);

impl OutputEventBuffer for Received {
    fn try_push(&mut self, event: &UnknownEvent) -> Result<(), TryPushError> {
        if self.0.len() == self.0.capacity() {
            return Err(TryPushError::new());
        }
        self.0.extend(Timed::from_clap(event));
        Ok(())
    }
}

impl Processor {
    pub(super) fn new(stopped: StoppedPluginAudioProcessor<Handlers>, sample_rate: f64) -> Self {
        Self {
            plugin: stopped.into(),
            sample_rate,
            steady_time: 0,
            transport: None,
            inputs: AudioPorts::with_capacity(2, 1),
            outputs: AudioPorts::with_capacity(2, 1),
            sent: EventBuffer::with_capacity(EVENT_CAPACITY),
            room: EVENT_CAPACITY,
            received: Received(Vec::with_capacity(EVENT_CAPACITY)),
        }
    }

    pub(super) fn into_stopped(self) -> StoppedPluginAudioProcessor<Handlers> {
        let _role = AudioCall::enter();
        self.plugin.into_stopped()
    }

    /// Prepares the plugin for blocks; does nothing if it is prepared. `[audio]`
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn start(&mut self) -> Result<(), HostError> {
        let _role = AudioCall::enter();
        self.plugin.ensure_processing_started()?;
        Ok(())
    }

    /// Stops processing until the next [`Processor::start`]. `[audio]`
    pub fn stop(&mut self) {
        let _role = AudioCall::enter();
        self.plugin.ensure_processing_stopped();
    }

    /// Silences the plugin and resets its playing state. `[audio]`
    pub fn reset(&mut self) {
        let _role = AudioCall::enter();
        self.plugin.reset();
        self.steady_time = 0;
    }

    /// Sets the song position at the beginning of the next block, from where it advances by itself. `[audio]`
    pub fn set_transport(&mut self, transport: Transport) {
        self.transport = Some(transport);
    }

    /// Processes one block into `outputs`, left and right. `[audio]`
    ///
    /// `events` may come in any order; those of one sample keep theirs. A transport event applies until
    /// the next one, and the song position advances by itself. Events that the plugin sends are in
    /// [`Processor::received`] afterwards. Nothing is allocated up to [`EVENT_CAPACITY`] events.
    ///
    /// # Errors
    /// If the buffers differ in length, the processor is not started, or the plugin fails.
    pub fn process(
        &mut self,
        outputs: [&mut [f32]; 2],
        external: External<'_>,
        events: &[Timed],
    ) -> Result<ProcessStatus, HostError> {
        let frames = outputs[0].len();
        let fits = |channel: &[f32]| channel.len() == frames;
        let all_fit = fits(outputs[1])
            && match &external {
                External::None | External::InPlace => true,
                External::Mono(channel) => fits(channel),
                External::Stereo([left, right]) => fits(left) && fits(right),
            };
        if !all_fit {
            return Err(HostError::Lengths);
        }

        self.sent.clear();
        events
            .iter()
            .for_each(|event| event.push_to(&mut self.sent));
        self.sent.sort();
        self.received.0.clear();

        let status = self.process_ports(outputs, external)?;
        self.advance(frames, events);
        Ok(status)
    }

    /// Reserves memory for blocks of `events` events, so that [`process`](Self::process) allocates none. Any thread.
    pub fn reserve(&mut self, events: usize) {
        if events > self.room {
            self.room = events.next_power_of_two();
            self.sent = EventBuffer::with_capacity(self.room);
        }
    }

    /// Returns the plugin itself, for extensions that this host does not cover. `[audio]`
    pub fn handle(&mut self) -> PluginAudioProcessorHandle<'_> {
        self.plugin.plugin_handle()
    }

    /// Returns the events that the plugin sent during the last block: ended notes and changed parameters. `[audio]`
    pub fn received(&self) -> &[Timed] {
        &self.received.0
    }

    fn process_ports(
        &mut self,
        channels: [&mut [f32]; 2],
        external: External<'_>,
    ) -> Result<ProcessStatus, HostError> {
        let (inputs, mut outputs) = match external {
            // No port and a null pointer, as real hosts pass them.
            External::None => (
                InputAudioBuffers::empty(),
                self.outputs.with_output_buffers([port_out(channels)]),
            ),
            External::Mono(channel) => (
                self.inputs.with_input_buffers([port_in([channel])]),
                self.outputs.with_output_buffers([port_out(channels)]),
            ),
            External::Stereo(external) => (
                self.inputs.with_input_buffers([port_in(external)]),
                self.outputs.with_output_buffers([port_out(channels)]),
            ),
            External::InPlace => {
                let inputs = self.inputs.with_input_buffers([port_in(channels)]);
                let mut outputs = self.outputs.with_output_buffers([port_out([])]);
                // Input and output share memory, as CLAP allows: the plugin works through pointers anyway.
                let (input, output) = (&inputs.as_raw_buffers()[0], outputs.as_raw_buffers());
                output[0].data32 = input.data32;
                output[0].channel_count = input.channel_count;
                (inputs, outputs)
            }
        };

        let transport = self.transport.map(|transport| transport.to_clap(0));
        let _role = AudioCall::enter();
        let status = self.plugin.as_started_mut()?.process(
            &inputs,
            &mut outputs,
            &self.sent.as_input(),
            &mut OutputEvents::from_buffer(&mut self.received),
            Some(self.steady_time),
            transport.as_ref(),
        )?;
        Ok(status)
    }

    /// Advances song position and steady time by one block.
    fn advance(&mut self, frames: usize, events: &[Timed]) {
        let seconds = |samples: usize| samples as f64 / self.sample_rate;
        let last = events
            .iter()
            .filter_map(|timed| match timed.event {
                Event::Transport(transport) => Some((timed.time as usize, transport)),
                _ => None,
            })
            .max_by_key(|(time, _)| *time);
        self.transport = match last {
            Some((time, transport)) => {
                Some(transport.advanced(seconds(frames.saturating_sub(time))))
            }
            None => self
                .transport
                .map(|transport| transport.advanced(seconds(frames))),
        };
        self.steady_time += frames as u64;
    }
}

type PortIn<'a, const N: usize> =
    AudioPortBuffer<[InputChannel<'a, f32>; N], [InputChannel<'a, f64>; 0]>;

fn port_in<const N: usize>(channels: [&mut [f32]; N]) -> PortIn<'_, N> {
    AudioPortBuffer {
        channels: AudioPortBufferType::F32(channels.map(|buffer| InputChannel {
            buffer,
            is_constant: false,
        })),
        latency: 0,
    }
}

type PortOut<'a, const N: usize> = AudioPortBuffer<[&'a mut [f32]; N], [&'a mut [f64]; 0]>;

fn port_out<const N: usize>(channels: [&mut [f32]; N]) -> PortOut<'_, N> {
    AudioPortBuffer {
        channels: AudioPortBufferType::F32(channels),
        latency: 0,
    }
}
