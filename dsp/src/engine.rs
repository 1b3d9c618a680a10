//! The engine: the one place where time, parameters, voices, buses and the tap meet.

mod automation;
mod control_layout;
mod controls;
mod effects;
mod external;
mod fx_chain;
mod matrix;
mod modulation;
mod modulation_snapshot;
mod module;
mod performance_controls;
mod settings;
mod sources;
mod tail;
mod targets;
#[cfg(test)]
mod tests;
mod tick_context;
mod values;
mod voice_engine;

use std::collections::VecDeque;
use std::time::Duration;

use crate::analysis::Tap;
use crate::command::{CommandReceiver, CommandSender, commands};
use crate::config::{ConfigError, EngineConfig};
use crate::event::{Event, EventKind, Note, NotePort};
use crate::parameter::Parameter;
use crate::patch::Patch;
use crate::rt::metrics::{MAX_MODULES, ModuleTimer};
use crate::rt::{Arena, Channels, Clock, Scope, Stamp, TICK};
use crate::synth::Tuning;
use crate::synth::effects::{Effect, Limiter};
pub use automation::ChangeStats;
pub use effects::{EFFECTS, EffectRow};
pub use matrix::{SOURCES, Source};
pub use modulation_snapshot::{MeterPoint, ModulationSnapshot, Overload};
pub use module::Module;
pub use sources::{MIXER, MixerRow};
use voice_engine::{Bus, VoiceEngine};

/// The sample rates that the engine takes, in Hz, and what it takes others for.
const SAMPLE_RATES: (f32, f32) = (8_000.0, 1_000_000.0);
const DEFAULT_SAMPLE_RATE: f32 = 48_000.0;
/// The longest stretch that is rendered at once; longer blocks are taken in pieces.
const MAX_STRETCH: usize = 8_192;

/// The audio of one block. `right` is as long as `left`; where an External channel is shorter, the
/// rest of it counts as silence.
pub struct Block<'a> {
    /// Left output.
    pub left: &'a mut [f32],
    /// Right output.
    pub right: &'a mut [f32],
    /// Left and right of the External input; empty where there is none.
    pub external: [&'a [f32]; 2],
}

/// What a block left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Notes that sound at the end of the block.
    pub voices: usize,
    /// Most notes that sounded at once within it.
    pub most_voices: usize,
    /// Notes that began.
    pub notes: u32,
    /// Whether the engine sounds on by itself, however silent it is at this moment: notes and their ends,
    /// echoes still to come, the reverb, the release of the limiter. Without it, only what comes in can
    /// make a sound again.
    pub rings: bool,
    /// Samples of the External input or of the output that were not finite and were silenced, and
    /// events that carried such a value and were ignored.
    pub silenced: u64,
    /// Events that were to wait for the next block and took effect at the end of this one, because as many as
    /// [`EngineConfig::carried_events`] waited already.
    pub early: u64,
    /// Samples of the output that were denormal numbers, which only a thread without flush-to-zero comes to.
    pub denormal: u64,
    /// What was not finite, by the module that it came out of.
    pub not_finite: [u64; MAX_MODULES],
}

impl Status {
    /// Voices muted because they were not finite.
    pub fn muted_voices(&self) -> u64 {
        self.not_finite[Module::Voices as usize]
    }

    /// So many values that came out of `module` were not finite, and were silenced.
    fn not_finite(&mut self, module: Module, count: u64) {
        self.not_finite[module as usize] += count;
        if module != Module::Voices {
            self.silenced += count;
        }
    }
}

/// The synthesizer. `[audio]`, all but [`new`](Self::new), [`prepare`](Self::prepare),
/// [`render_offline`](Self::render_offline), [`attach`](Self::attach) and
/// [`take_commands`](Self::take_commands).
pub struct Engine {
    voice_engine: VoiceEngine,
    limiter: Limiter,
    /// The temporaries of a block.
    arena: Arena,
    /// How many samples the arena has room for.
    stretch: usize,
    tap: Option<Tap>,
    /// Events that wait for the next block: those of its first sample, and those of a flood. Never longer than `room`.
    carried: VecDeque<EventKind>,
    room: usize,
    commands: CommandReceiver,
    /// The other end, until somebody takes it.
    sender: Option<CommandSender>,
    /// What the next preparation is for.
    offline: bool,
    /// Parameters that were set to what is no number since the last block.
    refused: u64,
}

impl Default for Engine {
    /// With the default layout.
    fn default() -> Self {
        Self::with(&EngineConfig::default())
    }
}

impl Engine {
    /// An engine for 48 kHz and blocks of 512 samples. Allocates. `[gui]`
    ///
    /// # Errors
    /// [`ConfigError`] when a field of `config` is out of its range.
    pub fn new(config: &EngineConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::with(config))
    }

    /// An engine that is silent until it is [prepared](Self::prepare), for a caller that learns the sample rate later:
    /// the memory of the effects is asked for once instead of twice. Allocates. `[gui]`
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

    /// Makes an engine of a valid configuration. Its arena has no room for a bus, so that its blocks are silent.
    fn without_memory(config: &EngineConfig) -> Self {
        let (sender, receiver) = commands(config.commands);
        Self {
            voice_engine: VoiceEngine::new(config),
            limiter: Limiter::default(),
            arena: Arena::new(0),
            stretch: MAX_STRETCH,
            tap: None,
            carried: VecDeque::with_capacity(config.carried_events),
            room: config.carried_events,
            commands: receiver,
            sender: Some(sender),
            offline: false,
            refused: 0,
        }
    }

    /// The end that commands are sent from; the second time there is none left. `[gui]`
    pub fn take_commands(&mut self) -> Option<CommandSender> {
        self.sender.take()
    }

    /// Whether nobody waits for the sound, so that the best quality is taken whatever
    /// [`Parameter::Quality`] says. From the next [`prepare`](Self::prepare) on, so that no sound changes
    /// under way. `[gui]`
    pub fn render_offline(&mut self, offline: bool) {
        self.offline = offline;
    }

    /// Gets ready for `sample_rate` in Hz (8000 to 1 000 000, clamped) and blocks of usually at most
    /// `max_block` samples; longer ones are taken in pieces. Allocates. `[gui]`, or wherever the host
    /// activates.
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
        self.limiter.prepare(self.voice_engine.sample_rate());
        // The bus and the copy of the External input, both in stereo, and what the player needs.
        let stereo = 2 * Arena::bytes_for::<f32>(self.stretch);
        self.arena = Arena::new(2 * stereo + VoiceEngine::scratch());
    }

    /// Times the modules by `clock`. `[gui]`
    pub fn measure_by(&mut self, clock: Clock) {
        self.voice_engine.timer = ModuleTimer::new(clock, Module::Metrics as usize);
    }

    /// The nanoseconds that each [`Module`] took since this was last asked, by its number.
    pub fn take_module_times(&mut self) -> [u32; MAX_MODULES] {
        self.voice_engine.timer.take()
    }

    /// The module that was the last to finish a part of its work in the latest block. After a panic, the fault
    /// lies in what came next.
    pub fn last_module(&self) -> Option<Module> {
        self.voice_engine.timer.ended().and_then(Module::at)
    }

    /// Lets `tap` hear what leaves. `[gui]`
    pub fn attach(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// Moves a parameter from the next sample on, as its priority has it: a plain value, and what modulates
    /// it for all notes without a modulation of their own, added to the normalized value.
    pub fn set(&mut self, parameter: Parameter, plain: f32, modulation: f32) {
        if plain.is_finite() && modulation.is_finite() {
            self.voice_engine.set(parameter, plain, modulation);
        } else {
            self.refused += 1;
        }
    }

    /// In quarter notes per minute, 1 to 1000, clamped; from the next tick on.
    pub fn set_tempo(&mut self, tempo: f32) {
        self.voice_engine.set_tempo(tempo);
    }

    /// A whole sound takes over by the end of the next tick, instead of every parameter at its own pace.
    pub fn load(&mut self, patch: &Patch) {
        self.voice_engine.load(patch);
    }

    /// What became of the changes of parameters, controllers and expressions.
    pub fn changes(&self) -> ChangeStats {
        self.voice_engine.changes()
    }

    /// Other pitches for the keys that are pressed from now on.
    pub fn set_tuning(&mut self, tuning: &Tuning) {
        self.voice_engine.set_tuning(tuning);
    }

    /// Feeds the overload meters from now on, which start anew, or no longer. They are at rest in a new engine, because
    /// they cost about a twentieth of a note and are read in an open editor only. No sound depends on it. `[audio]`
    pub fn set_metered(&mut self, metered: bool) {
        self.voice_engine.set_metered(metered);
    }

    /// Reads the monitors. The overload meters show something only while they are [fed](Self::set_metered).
    pub fn modulation_snapshot(&mut self) -> ModulationSnapshot {
        self.voice_engine.modulation_snapshot()
    }

    /// Back to silence at sample 0, with every parameter where it was bound for. Equal blocks after it give
    /// equal bits.
    pub fn reset(&mut self) {
        self.voice_engine.reset();
        self.limiter.reset();
        self.carried.clear();
    }

    /// The temporaries of a block: room, and how much of it was ever used.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Chunks that the tap had no frame for.
    pub fn tap_drops(&self) -> u64 {
        self.tap.as_ref().map_or(0, Tap::drops)
    }

    /// Looks after what is not sound, once a block: `now` is the time on a clock that never goes back.
    pub fn maintain(&mut self, now: Duration) {
        if let Some(tap) = &mut self.tap {
            tap.maintain(now);
        }
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
        let position = self.voice_engine.position();

        let mut status = Status::default();
        status.not_finite(Module::Parameters, std::mem::take(&mut self.refused));
        self.voice_engine.timer.start();
        for command in self.commands.drain() {
            self.voice_engine
                .obey(command, |note| port.note_ended(0, note));
        }
        let port = &mut Feed {
            carried: &mut self.carried,
            port,
        };
        let mut pending = port.next_event();
        self.voice_engine.timer.mark(Module::Events as usize);
        let mut at = 0;
        while at < length {
            let end = length.min(at + self.stretch);
            let mut scratch = self.arena.scope();
            let Some(mut bus) = bus(&mut scratch, end - at, external, at, &mut status) else {
                // The arena was made for this; were it ever too small, silence is the honest answer.
                left[at..end].fill(0.0);
                right[at..end].fill(0.0);
                status.silenced += (end - at) as u64;
                at = end;
                continue;
            };
            self.voice_engine
                .play(&mut bus, at, &mut pending, port, &mut scratch, &mut status);
            let mut out = [&mut left[at..end], &mut right[at..end]];
            let mut silent = true;
            for (out, channel) in out.iter_mut().zip(0..) {
                let bus = bus.sound.channel(channel);
                if is_silent(bus) {
                    out.fill(0.0);
                    continue;
                }
                silent = false;
                let (silenced, denormal) = clean(out, bus);
                status.not_finite(Module::Output, silenced);
                status.denormal += denormal;
            }
            limit(&mut self.limiter, position + at as u64, out, silent);
            status.not_finite(Module::Output, self.limiter.non_finite_count().into());
            self.voice_engine.timer.mark(Module::Output as usize);
            at = end;
        }
        // A block may be a piece that a parameter event on the very next sample has cut off. Notes of that
        // sample that come before the parameter in the host's list come with this piece, but belong to the
        // next one, where they would have come had the host's own block ended here.
        // Events of a flood that wait for a later sample than this block has are carried, too.
        let Feed { carried, port } = port;
        if let Some(event) = pending {
            // It came out of there, or nothing is there.
            carried.push_front(event.kind);
        }
        while let Some(event) = port.next_event() {
            // In the order in which they came, or a note would miss its own end.
            if carried.len() >= self.room
                && let Some(kind) = carried.pop_front()
            {
                let last = length.saturating_sub(1);
                self.voice_engine.handle(kind, 0, last, *port, &mut status);
                status.early += 1;
            }
            carried.push_back(event.kind);
        }
        status.voices = self.voice_engine.live();
        status.most_voices = status.most_voices.max(status.voices);
        status.rings = self.voice_engine.is_sounding() || !self.limiter.is_idle();
        if let Some(tap) = &mut self.tap {
            let stamp = Stamp {
                sample_rate: self.voice_engine.sample_rate(),
                position,
                ..Stamp::default()
            };
            tap.feed(left, right, stamp);
            self.voice_engine.timer.mark(Module::Tap as usize);
        }
        status
    }
}

/// The events of a block: first those that waited for it, and then the port's.
struct Feed<'a, P> {
    carried: &'a mut VecDeque<EventKind>,
    port: &'a mut P,
}

impl<P: NotePort> NotePort for Feed<'_, P> {
    fn next_event(&mut self) -> Option<Event> {
        match self.carried.pop_front() {
            Some(kind) => Some(Event { at: 0, kind }),
            None => self.port.next_event(),
        }
    }

    fn note_ended(&mut self, at: u32, note: Note) {
        self.port.note_ended(at, note);
    }
}

/// A bus of `length` samples with a copy of the External input from `at` on: silent where there is
/// none, and where it is not finite, which is counted.
fn bus<'a>(
    scratch: &mut Scope<'a>,
    length: usize,
    external: [&[f32]; 2],
    at: usize,
    status: &mut Status,
) -> Option<Bus<'a>> {
    let sound = Channels::new([scratch.take(length)?, scratch.take(length)?]);
    let mut copy = Channels::new([scratch.take(length)?, scratch.take(length)?]);
    for (copy, input) in copy.each_mut().into_iter().zip(external) {
        let input = input.get(at..).unwrap_or_default();
        let input = if is_silent(input) { &[] } else { input };
        let (copy, rest) = copy.split_at_mut(input.len().min(length));
        let (silenced, _) = clean(copy, input);
        status.not_finite(Module::Mix, silenced);
        rest.fill(0.0);
    }
    Some(Bus {
        sound,
        external: copy,
    })
}

/// Returns true if all samples are positive zeros.
fn is_silent(samples: &[f32]) -> bool {
    samples.iter().fold(0, |bits, x| bits | x.to_bits()) == 0
}

/// Keeps what begins on the sample `from` within full scale, in ticks counted from the beginning of time. `is_silent` says that
/// it is digital silence, with which a limiter at rest has nothing to do.
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

/// Copies as much of `from` as `to` has room for. Samples that are not finite become zero, and so do subnormal ones, which
/// are silence that takes long to compute with; the answer counts the first and the second. There are no branches, so that
/// the compiler makes vectors of it.
fn clean(to: &mut [f32], from: &[f32]) -> (u64, u64) {
    let (mut silenced, mut denormal) = (0, 0);
    for (to, sample) in to.iter_mut().zip(from) {
        let is_finite = sample.abs() < f32::INFINITY;
        let is_small = sample.abs() < f32::MIN_POSITIVE;
        *to = if is_finite & !is_small { *sample } else { 0.0 };
        silenced += u32::from(!is_finite);
        denormal += u32::from(is_small & (*sample != 0.0));
    }
    (silenced.into(), denormal.into())
}
