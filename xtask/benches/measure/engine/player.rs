//! An engine that holds notes and plays block after block.

use tidepool_dsp::rt::Clock;
use tidepool_dsp::rt::metrics::MAX_MODULES;
use tidepool_dsp::{Block, Engine, EngineConfig, Event, EventKind, Note, NotePort};

use super::SAMPLE_RATE;
use crate::sounds::Sound;

/// Engine with the audio of its last block.
pub struct Player {
    pub engine: Engine,
    audio: [Vec<f32>; 2],
}

impl Player {
    /// Returns a player without notes.
    pub fn new(sound: Sound, block: usize, config: &EngineConfig) -> Self {
        let mut engine = Engine::new(config).expect("a valid configuration");
        engine.prepare(SAMPLE_RATE, block);
        engine.load(&sound.patch());
        engine.reset();
        Self {
            engine,
            audio: [vec![0.0; block], vec![0.0; block]],
        }
    }

    /// Returns a player that holds `voices` notes of a sound from the first block on.
    pub fn holding(sound: Sound, voices: usize, block: usize) -> Self {
        let mut player = Self::new(sound, block, &EngineConfig::default());
        player.play_events(&mut Notes(chord(voices)));
        player
    }

    pub fn measure_by(&mut self, clock: Clock) {
        self.engine.measure_by(clock);
    }

    pub fn take_module_times(&mut self) -> [u32; MAX_MODULES] {
        self.engine.timer().take()
    }

    /// Plays a block without events.
    pub fn play(&mut self) -> &[Vec<f32>; 2] {
        self.play_events(&mut Nothing)
    }

    /// Plays a block with the events of `port`.
    pub fn play_events(&mut self, port: &mut impl NotePort) -> &[Vec<f32>; 2] {
        let length = self.audio[0].len();
        self.play_stretch(0, length, port);
        &self.audio
    }

    /// Plays the samples from `from` to `to` of a block, as a block of their own.
    pub fn play_stretch(&mut self, from: usize, to: usize, port: &mut impl NotePort) {
        let [left, right] = &mut self.audio;
        let block = Block {
            left: &mut left[from..to],
            right: &mut right[from..to],
            external: [&[], &[]],
        };
        self.engine.process(block, port);
    }

    /// Returns the audio of the last block.
    pub fn audio(&self) -> &[Vec<f32>; 2] {
        &self.audio
    }
}

/// Returns `voices` notes spread over the keyboard.
pub fn chord(voices: usize) -> impl Iterator<Item = EventKind> {
    keys(voices).map(|key| EventKind::NoteOn {
        note: Note {
            id: None,
            channel: 0,
            key,
        },
        velocity: 0.8,
    })
}

/// Returns `voices` keys spread over the keyboard, distinct up to 64.
pub fn keys(voices: usize) -> impl Iterator<Item = u8> {
    (0..voices).map(|voice| 36 + (3 * voice % 64) as u8)
}

/// Port without events.
pub struct Nothing;

impl NotePort for Nothing {
    fn next_event(&mut self) -> Option<Event> {
        None
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// Port with events at the first sample of a block.
pub struct Notes<I>(pub I);

impl<I: Iterator<Item = EventKind>> NotePort for Notes<I> {
    fn next_event(&mut self) -> Option<Event> {
        self.0.next().map(|kind| Event { at: 0, kind })
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}
