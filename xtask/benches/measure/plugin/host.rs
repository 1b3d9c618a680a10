//! A minimal host: one instance, its buffers, and notes at the start of a block.

use std::path::Path;

use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent};
use clack_host::prelude::*;

pub const SAMPLE_RATE: f64 = 48_000.0;
/// Maximum block size that the plugin is given, in samples.
const LONGEST: u32 = 512;
const VELOCITY: f64 = 0.8;

/// Loaded and initialised library.
pub struct Bundle(PluginEntry);

/// Active instance and the buffers of its blocks.
pub struct Instance {
    processor: StartedPluginAudioProcessor<()>,
    _plugin: PluginInstance<()>,
    audio: [Vec<f32>; 2],
    external: [Vec<f32>; 2],
    inputs: AudioPorts,
    outputs: AudioPorts,
    nothing: EventBuffer,
}

impl Bundle {
    /// Loads the CLAP's shared library.
    ///
    /// # Panics
    /// When it cannot be loaded.
    pub fn load(path: &Path) -> Self {
        // SAFETY: the library is Tidepool's own, whose entry conforms to CLAP.
        let entry = unsafe { PluginEntry::load(path) };
        Self(entry.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Creates an instance that is ready for blocks of `block` samples.
    ///
    /// # Panics
    /// When the plugin refuses.
    pub fn create(&self, block: usize) -> Instance {
        let host = HostInfo::new("Benchmark", "Tidepool", "", "1").expect("no zero in a name");
        let factory = self.0.get_plugin_factory().expect("the bundle has plugins");
        let descriptor = factory.plugin_descriptor(0).expect("there is a plugin");
        let id = descriptor.id().expect("the plugin has an id");
        let mut plugin = PluginInstance::<()>::new(|()| (), |()| (), &self.0, id, &host)
            .expect("an instance is created");
        let configuration = PluginAudioConfiguration {
            sample_rate: SAMPLE_RATE,
            min_frames_count: 1,
            max_frames_count: LONGEST,
        };
        let stopped = plugin
            .activate(|(), ()| (), configuration)
            .expect("the plugin activates");
        let silence = || vec![0.0; block];
        Instance {
            processor: stopped.start_processing().expect("the plugin starts"),
            _plugin: plugin,
            audio: [silence(), silence()],
            external: [silence(), silence()],
            inputs: AudioPorts::with_capacity(2, 1),
            outputs: AudioPorts::with_capacity(2, 1),
            nothing: EventBuffer::new(),
        }
    }
}

impl Instance {
    /// Plays a block without events.
    pub fn play(&mut self) -> &[Vec<f32>; 2] {
        let nothing = std::mem::take(&mut self.nothing);
        self.play_events(&nothing);
        self.nothing = nothing;
        &self.audio
    }

    /// Plays a block at whose start `keys` go down.
    pub fn press(&mut self, keys: impl Iterator<Item = u8>) -> &[Vec<f32>; 2] {
        let mut events = EventBuffer::new();
        for key in keys {
            let pckn = Pckn::new(0_u16, 0_u16, u16::from(key), u32::from(key));
            events.push(&NoteOnEvent::new(0, pckn, VELOCITY));
        }
        self.play_events(&events);
        &self.audio
    }

    /// Plays a block at whose start all keys go up.
    pub fn release(&mut self) {
        let mut events = EventBuffer::new();
        events.push(&NoteOffEvent::new(0, Pckn::match_all(), VELOCITY));
        self.play_events(&events);
    }

    fn play_events(&mut self, events: &EventBuffer) {
        let input = self.external.each_mut().map(|buffer| InputChannel {
            buffer: buffer.as_mut_slice(),
            is_constant: true,
        });
        let inputs = self.inputs.with_input_buffers([AudioPortBuffer {
            channels: AudioPortBufferType::<_, [InputChannel<'_, f64>; 0]>::F32(input),
            latency: 0,
        }]);
        let output = self.audio.each_mut().map(Vec::as_mut_slice);
        let mut outputs = self.outputs.with_output_buffers([AudioPortBuffer {
            channels: AudioPortBufferType::<_, [&mut [f64]; 0]>::F32(output),
            latency: 0,
        }]);
        let status = self.processor.process(
            &inputs,
            &mut outputs,
            &events.as_input(),
            &mut OutputEvents::void(),
            None,
            None,
        );
        status.expect("the plugin plays");
    }
}
