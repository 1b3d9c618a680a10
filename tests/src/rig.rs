//! Test rig: a plugin instance, its audio processor and the buffers between them.

use std::iter;
use std::ops::RangeInclusive;

use tidepool::params::param_id;
use tidepool_host::{Event, External, Instance, Param, PluginEntry, Processor, Timed};

use crate::{Score, Sound, bundles};

/// Default sample rate of the tests, in Hz.
pub const RATE: f64 = 48_000.0;

/// Side-chain input while a score is played.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Stereo port with silence, as in a host with nothing connected.
    Silence,
    /// No input port.
    None,
    /// The left channel only.
    Mono(&'a Sound),
    /// Both channels, in buffers of their own.
    Stereo(&'a Sound),
    /// Both channels, in the buffers of the output.
    InPlace(&'a Sound),
}

/// An active instance of the bundled CLAP, used from one thread.
pub struct Rig {
    /// Instance, for all calls on the main thread.
    pub instance: Instance,
    /// Events sent by the plugin, with their positions in samples since the start of the score.
    pub received: Vec<(usize, Event)>,
    processor: Option<Processor>,
}

impl Rig {
    /// Creates a rig at 48 kHz, with blocks of up to 8192 samples.
    pub fn new() -> Self {
        Self::at(RATE, 1..=8192)
    }

    /// Creates a rig with the given sample rate and range of block lengths.
    pub fn at(sample_rate: f64, blocks: RangeInclusive<u32>) -> Self {
        Self::of(bundles::clap(), sample_rate, blocks)
    }

    /// Creates a rig with the plugin of `entry` instead of the bundled one.
    pub fn of(entry: &PluginEntry, sample_rate: f64, blocks: RangeInclusive<u32>) -> Self {
        let instance = Instance::new(entry).expect("an instance is created");
        let mut rig = Self {
            instance,
            received: Vec::new(),
            processor: None,
        };
        rig.activate(sample_rate, blocks);
        rig
    }

    /// Activates the instance, and deactivates it first if necessary.
    pub fn activate(&mut self, sample_rate: f64, blocks: RangeInclusive<u32>) {
        self.deactivate();
        let mut processor = self
            .instance
            .activate(sample_rate, blocks)
            .expect("the plugin activates");
        processor.start().expect("processing starts");
        self.processor = Some(processor);
    }

    /// Stops processing and deactivates, if active.
    pub fn deactivate(&mut self) {
        if let Some(mut processor) = self.processor.take() {
            processor.stop();
            self.instance.deactivate(processor);
        }
    }

    /// Returns the audio processor.
    pub fn processor(&mut self) -> &mut Processor {
        self.processor.as_mut().expect("the plugin is active")
    }

    /// Plays `score` in blocks of the given lengths, repeated cyclically until the end, with silence at the side-chain.
    pub fn play(&mut self, score: &Score, blocks: &[usize]) -> Sound {
        self.play_with(score, blocks, Input::Silence)
    }

    /// Plays `score` with `input` at the side-chain.
    pub fn play_with(&mut self, score: &Score, blocks: &[usize], input: Input<'_>) -> Sound {
        assert!(
            blocks.iter().any(|&block| block > 0),
            "blocks of nothing never end"
        );
        self.received.clear();
        // Samples that the plugin does not write stay NaN, so that tests detect them.
        let mut output = Sound {
            left: vec![f32::NAN; score.frames],
            right: vec![f32::NAN; score.frames],
        };
        let mut start = 0;
        for &block in iter::repeat_n(blocks, usize::MAX).flatten() {
            let end = (start + block).min(score.frames);
            let events = score.block(start, end - start);
            let buffers = [&mut output.left[start..end], &mut output.right[start..end]];
            self.block(start, buffers, &events, input);
            start = end;
            if start == score.frames {
                break;
            }
        }
        output
    }

    fn block(
        &mut self,
        start: usize,
        [left, right]: [&mut [f32]; 2],
        events: &[Timed],
        input: Input<'_>,
    ) {
        let range = start..start + left.len();
        let processor = self.processor.as_mut().expect("the plugin is active");
        let (mut side_left, mut side_right);
        let external = match input {
            Input::None => External::None,
            Input::Silence => {
                (side_left, side_right) = (vec![0.0; left.len()], vec![0.0; left.len()]);
                External::Stereo([&mut side_left, &mut side_right])
            }
            Input::Mono(sound) => {
                side_left = sound.left[range].to_vec();
                External::Mono(&mut side_left)
            }
            Input::Stereo(sound) => {
                side_left = sound.left[range.clone()].to_vec();
                side_right = sound.right[range].to_vec();
                External::Stereo([&mut side_left, &mut side_right])
            }
            Input::InPlace(sound) => {
                left.copy_from_slice(&sound.left[range.clone()]);
                right.copy_from_slice(&sound.right[range]);
                External::InPlace
            }
        };
        processor
            .process([left, right], external, events)
            .expect("the plugin processes");
        let received = processor.received();
        assert!(
            received.is_sorted_by_key(|timed| timed.time),
            "the plugin sends its events out of order: {received:?}"
        );
        let received = received.iter();
        self.received
            .extend(received.map(|timed| (start + timed.time as usize, timed.event)));
    }

    /// Returns the parameter with the text id `key`.
    pub fn param(&mut self, key: &str) -> Param {
        let id = param_id(key);
        let mut params = self.instance.params().into_iter();
        params
            .find(|param| param.id == id)
            .unwrap_or_else(|| panic!("there is no parameter `{key}`"))
    }

    /// Returns the event that sets `key` to the value of `text`.
    pub fn set(&mut self, key: &str, text: &str) -> Event {
        let id = param_id(key);
        let value = self
            .instance
            .text_to_value(id, text)
            .unwrap_or_else(|| panic!("`{key}` does not understand \"{text}\""));
        Event::Param { id, value }
    }

    /// Returns id and value of every parameter.
    pub fn values(&mut self) -> Vec<(u32, f64)> {
        let params = self.instance.params();
        params.iter().map(|param| (param.id, param.value)).collect()
    }
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.deactivate();
    }
}
