//! Engine: joins events, parameters, voices, effects and the tap.

mod bus;
mod carried_events;
mod control_bank;
mod controls;
mod division;
mod effects;
mod external;
mod fx_chain;
mod matrix;
mod midi_channels;
mod modulation;
mod modulation_snapshot;
mod module;
mod performance_controls;
mod settings;
mod song_position;
mod sources;
mod tail;
#[cfg(test)]
mod tests;
mod tick_context;
mod values;
mod voice_engine;

use bus::Bus;
use carried_events::{CarriedEvents, CarryingPort};
use voice_engine::VoiceEngine;

use crate::analysis::Tap;
use crate::command::{CommandReceiver, CommandSender, commands};
use crate::config::{ConfigError, EngineConfig};
use crate::event::NotePort;
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::metrics::{MAX_MODULES, ModuleTimer};
use crate::rt::{Arena, Clock, Stamp, TICK};
use crate::synth::Tuning;
use crate::synth::effects::{Effect, Limiter};
pub use control_bank::ChangeStats;
pub use effects::{EFFECTS, EffectRow};
pub use matrix::{SOURCES, Source};
pub use modulation_snapshot::{MeterPoint, ModulationSnapshot, Overload};
pub use module::Module;
pub use song_position::SongPosition;
pub use sources::{MIXER, MixerRow};

/// Supported sample rates in Hz; others are clamped. The default replaces one that is not finite.
const SAMPLE_RATES: (f32, f32) = (8_000.0, 1_000_000.0);
const DEFAULT_SAMPLE_RATE: f32 = 48_000.0;
/// Maximum number of samples that are rendered at once; longer blocks are processed in pieces.
const MAX_STRETCH: usize = 8_192;

/// Audio buffers of one block. `right` is as long as `left`; where an External channel is shorter, its missing samples
/// count as silence.
pub struct Block<'a> {
    /// Left output.
    pub left: &'a mut [f32],
    /// Right output.
    pub right: &'a mut [f32],
    /// Left and right of the External input; empty if there is none.
    pub external: [&'a [f32]; 2],
}

/// Results of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Number of notes that sound at the end of the block.
    pub voices: usize,
    /// Maximum number of notes that sounded at once within the block.
    pub most_voices: usize,
    /// Number of notes that started.
    pub notes: u32,
    /// True if the engine can still make sound without further input, even if its output is silent at this moment:
    /// notes and their ends, echoes still to come, the reverb, the release of the limiter.
    pub rings: bool,
    /// Number of samples of the External input or of the output that were not finite and were silenced, and of events
    /// that carried such a value and were ignored.
    pub silenced: u64,
    /// Number of events for the next block that took effect at the end of this one, because
    /// [`EngineConfig::carried_events`] events waited already.
    pub early: u64,
    /// Number of denormal samples in the output, which occur only on a thread without flush-to-zero.
    pub denormal: u64,
    /// Number of values that were not finite, by the module that produced them.
    pub not_finite: [u64; MAX_MODULES],
}

impl Status {
    /// Number of voices muted because they were not finite.
    pub fn muted_voices(&self) -> u64 {
        self.not_finite[Module::Voices as usize]
    }

    /// Counts values of `module` that were not finite and were silenced.
    fn not_finite(&mut self, module: Module, count: u64) {
        self.not_finite[module as usize] += count;
        if module != Module::Voices {
            self.silenced += count;
        }
    }
}

/// Synthesizer. `[audio]`, except [`new`](Self::new), [`prepare`](Self::prepare),
/// [`render_offline`](Self::render_offline), [`measure_by`](Self::measure_by) and
/// [`take_commands`](Self::take_commands).
///
/// The first block of a note:
///
/// ```
/// use tidepool_dsp::{Block, Engine, Event, EventKind, Note, NotePort};
///
/// struct Events(Option<Event>);
///
/// impl NotePort for Events {
///     fn next_event(&mut self) -> Option<Event> {
///         self.0.take()
///     }
///     fn note_ended(&mut self, _at: u32, _note: Note) {}
/// }
///
/// let mut engine = Engine::default();
/// engine.prepare(48_000.0, 256);
/// let note = Note { id: None, channel: 0, key: 60 };
/// let kind = EventKind::NoteOn { note, velocity: 0.8 };
/// let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
/// let block = Block { left: &mut left, right: &mut right, external: [&[], &[]] };
/// let status = engine.process(block, &mut Events(Some(Event { at: 0, kind })));
/// assert_eq!(status.voices, 1);
/// assert!(left.iter().any(|sample| *sample != 0.0));
/// ```
pub struct Engine {
    voice_engine: VoiceEngine,
    limiter: Limiter,
    /// Scratch memory of a block.
    arena: Arena,
    /// Number of samples that the arena has room for.
    stretch: usize,
    /// Tap that receives the output. It is set on `[gui]` and used on `[audio]`, where its bridge has to be
    /// [maintained](Tap::maintain).
    pub tap: Option<Tap>,
    carried: CarriedEvents,
    commands: CommandReceiver,
    /// Sending end of the commands, until it is taken.
    sender: Option<CommandSender>,
    /// True if the next preparation is for offline rendering.
    offline: bool,
    /// Number of parameter values since the last block that were not finite.
    refused: u64,
}

impl Default for Engine {
    /// Engine with the default configuration.
    fn default() -> Self {
        Self::with(&EngineConfig::default())
    }
}

impl Engine {
    /// Creates an engine for 48 kHz and blocks of 512 samples. Allocates. `[gui]`
    ///
    /// # Errors
    /// [`ConfigError`] when a field of `config` is out of its range.
    pub fn new(config: &EngineConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::with(config))
    }

    /// Creates an engine that is silent until it is [prepared](Self::prepare), for a caller that learns the sample rate
    /// later: the memory of the effects is allocated once instead of twice. Allocates. `[gui]`
    ///
    /// # Errors
    /// [`ConfigError`] when a field of `config` is out of its range.
    pub fn unprepared(config: &EngineConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::without_memory(config))
    }

    fn with(config: &EngineConfig) -> Self {
        let mut engine = Self::without_memory(config);
        engine.prepare(DEFAULT_SAMPLE_RATE, 512);
        engine
    }

    /// Creates an engine of a valid configuration. Its arena has no room for a bus, so its blocks are silent.
    fn without_memory(config: &EngineConfig) -> Self {
        let (sender, receiver) = commands(config.commands);
        Self {
            voice_engine: VoiceEngine::new(config),
            limiter: Limiter::default(),
            arena: Arena::new(0),
            stretch: MAX_STRETCH,
            tap: None,
            carried: CarriedEvents::new(config.carried_events),
            commands: receiver,
            sender: Some(sender),
            offline: false,
            refused: 0,
        }
    }

    /// Returns the sending end of the commands; `None` on later calls. `[gui]`
    pub fn take_commands(&mut self) -> Option<CommandSender> {
        self.sender.take()
    }

    /// Selects offline rendering, which uses the best quality whatever [`Parameter::Quality`] is set to. Takes effect
    /// at the next [`prepare`](Self::prepare), so that no running sound changes. `[gui]`
    pub fn render_offline(&mut self, offline: bool) {
        self.offline = offline;
    }

    /// Prepares for `sample_rate` in Hz (8000 to 1 000 000, clamped) and blocks of usually at most `max_block` samples;
    /// longer ones are processed in pieces. Allocates. `[gui]`, or the thread on which the host activates the plugin.
    pub fn prepare(&mut self, sample_rate: f32, max_block: usize) {
        let (low, high) = SAMPLE_RATES;
        let sample_rate = if sample_rate.is_finite() {
            sample_rate.clamp(low, high)
        } else {
            DEFAULT_SAMPLE_RATE
        };
        self.voice_engine.prepare(sample_rate, self.offline);
        self.carried.clear();
        self.stretch = max_block.clamp(TICK, MAX_STRETCH);
        self.limiter.prepare(sample_rate);
        // The bus and the copy of the External input, both in stereo, and the voice engine's scratch memory.
        let stereo = 2 * Arena::bytes_for::<f32>(self.stretch);
        self.arena = Arena::new(2 * stereo + VoiceEngine::scratch());
    }

    /// Measures the time of the modules with `clock`. `[gui]`
    pub fn measure_by(&mut self, clock: Clock) {
        self.voice_engine.timer = ModuleTimer::new(clock, Module::Metrics as usize);
    }

    /// Returns the timer of the modules, by the number of each [`Module`].
    pub fn timer(&mut self) -> &mut ModuleTimer {
        &mut self.voice_engine.timer
    }

    /// Sets a parameter from the next sample on, in accordance with its priority: a plain value, and its modulation for
    /// all notes without a modulation of their own, which is added to the normalized value.
    pub fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32) {
        if plain.is_finite() && modulation.is_finite() {
            let time = self.voice_engine.clock.position();
            (self.voice_engine.bank).set(parameter, plain, modulation, time);
        } else {
            self.refused += 1;
        }
    }

    /// Sets the tempo in quarter notes per minute, 1 to 1000, clamped; takes effect at the next tick.
    pub fn set_tempo(&mut self, tempo: f32) {
        self.voice_engine.control_rate.set_tempo(tempo);
    }

    /// Sets the position in the song of the next sample; `None` while no song plays or its position is unknown. To be
    /// called before each block. While a song plays, vibrato and global LFOs in sync take their phase from the position;
    /// otherwise they run on from their last phase.
    pub fn set_song_position(&mut self, position: Option<SongPosition>) {
        self.voice_engine.follow_song(position);
    }

    /// Loads a patch, whose values are reached by the end of the next tick instead of by each parameter's own
    /// smoothing.
    pub fn load(&mut self, patch: &Patch) {
        self.voice_engine.load(patch);
    }

    /// Returns the counts of changes of parameters, controllers and expressions.
    pub fn changes(&self) -> ChangeStats {
        self.voice_engine.bank.stats()
    }

    /// Sets the tuning for the keys that are pressed from then on.
    pub fn set_tuning(&mut self, tuning: &Tuning) {
        self.voice_engine.notes.tuning = *tuning;
    }

    /// Enables the overload meters, which start anew, or disables them. They are off in a new engine, because they cost
    /// about a twentieth of a note and are read only in an open editor. The sound does not depend on them. `[audio]`
    pub fn set_metered(&mut self, metered: bool) {
        self.voice_engine.renderer.fx.set_metered(metered);
    }

    /// Returns the values for the editor. Its overload meters are valid only while they are
    /// [enabled](Self::set_metered).
    pub fn modulation_snapshot(&mut self) -> ModulationSnapshot {
        self.voice_engine.modulation_snapshot()
    }

    /// Resets to silence at sample 0, with every parameter at its target. Equal blocks after a reset give equal bits.
    pub fn reset(&mut self) {
        self.voice_engine.reset();
        self.limiter.reset();
        self.carried.clear();
    }

    /// Returns the arena of a block's scratch memory, for its size and its peak use.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Renders one block.
    #[cfg_attr(rtsan, sanitize(realtime = "nonblocking"))]
    pub fn process(&mut self, block: Block<'_>, port: &mut impl NotePort) -> Status {
        let Block {
            left,
            right,
            external,
        } = block;
        let length = left.len().min(right.len());
        let position = self.voice_engine.clock.position();

        let mut status = Status::default();
        status.not_finite(Module::Parameters, std::mem::take(&mut self.refused));
        self.voice_engine.timer.start();
        for command in self.commands.drain() {
            self.voice_engine
                .obey(command, |note| port.note_ended(0, note));
        }
        let port = &mut CarryingPort {
            carried: &mut self.carried,
            port,
        };
        let mut pending = port.next_event();
        self.voice_engine.timer.mark(Module::Events as usize);
        let mut at = 0;
        while at < length {
            let end = length.min(at + self.stretch);
            let mut scratch = self.arena.scope();
            let Some(mut bus) = Bus::new(&mut scratch, end - at, external, at, &mut status) else {
                // The arena is sized for this; should it ever be too small, the output is silent.
                left[at..end].fill(0.0);
                right[at..end].fill(0.0);
                status.silenced += (end - at) as u64;
                at = end;
                continue;
            };
            self.voice_engine
                .play(&mut bus, at, &mut pending, port, &mut scratch, &mut status);
            let mut out = [&mut left[at..end], &mut right[at..end]];
            let silent = bus.write(out.each_mut().map(|out| &mut **out), &mut status);
            limit(&mut self.limiter, position + at as u64, out, silent);
            status.not_finite(Module::Output, self.limiter.non_finite_count().into());
            self.voice_engine.timer.mark(Module::Output as usize);
            at = end;
        }
        // A block may be a piece that the plugin split at a parameter event on the sample after it. Notes of that
        // sample that precede the parameter in the host's list arrive with this piece, but belong to the next one, as
        // they would if the host's own block ended here. Events of a flood that wait for a sample after this block are
        // carried over, too.
        let CarryingPort { carried, port } = port;
        if let Some(event) = pending {
            carried.put_back(event.kind);
        }
        while let Some(event) = port.next_event() {
            if let Some(kind) = carried.push(event.kind) {
                let last = length.saturating_sub(1);
                self.voice_engine.handle(kind, 0, last, *port, &mut status);
                status.early += 1;
            }
        }
        status.voices = self.voice_engine.voices.live();
        status.most_voices = status.most_voices.max(status.voices);
        status.rings = self.voice_engine.is_sounding() || !self.limiter.is_idle();
        if let Some(tap) = &mut self.tap {
            let stamp = Stamp {
                sample_rate: self.voice_engine.control_rate.context.sample_rate,
                position,
                ..Stamp::default()
            };
            tap.feed(left, right, stamp);
            self.voice_engine.timer.mark(Module::Tap as usize);
        }
        status
    }
}

/// Limits the samples from position `from` on to full scale, tick by tick; ticks lie on multiples of [`TICK`]. If
/// `silent`, the samples are zeros, and an idle limiter is skipped.
fn limit(limiter: &mut Limiter, from: u64, [left, right]: [&mut [f32]; 2], silent: bool) {
    let (mut at, mut phase) = (0, (from % TICK as u64) as usize);
    while at < left.len() {
        if phase == 0 {
            limiter.ramp_to(&());
        }
        let end = left.len().min(at + TICK - phase);
        if !silent || !limiter.is_idle() {
            limiter.process(phase, &mut left[at..end], &mut right[at..end]);
        }
        (at, phase) = (end, 0);
    }
}
