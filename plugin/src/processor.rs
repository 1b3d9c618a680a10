//! The plugin that hosts run: connects the host's buffers, events and parameters with the engine.

mod events;
mod guard;
mod remote_control_pages;

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use clap_sys::fixedpoint::CLAP_BEATTIME_FACTOR;
use nice_plug::prelude::*;
use tidepool_dsp::analysis::Tap;
use tidepool_dsp::rt::metrics::{BlockProfiler, Piece, Totals, metrics};
use tidepool_dsp::rt::{Clock, CountingAllocator};
use tidepool_dsp::synth::MAX_VOICES;
use tidepool_dsp::{Block, CommandSender, Engine, EngineConfig, Module, SongPosition, Status};

use crate::catch::catch;
use crate::editor::{self, TidepoolEditor};
use crate::export::{self, HostHandles};
use crate::fault::{self, FaultPoint};
use crate::logging;
use crate::params::{TidepoolParams, make_loadable};
use crate::program;
use crate::settings;
use crate::telemetry::listener::listener;
use crate::telemetry::snapshot_feed::{FeedReader, FeedWriter, snapshot_feed};
use crate::telemetry::{HostFacts, Observer};
use crate::tuning::mts_esp;
use events::HostPort;
pub(crate) use events::bend;
use guard::Guard;

/// Tempo if the host provides none, in quarter notes per minute.
const DEFAULT_TEMPO: f32 = 120.0;

/// An instance of the synthesizer.
pub struct Tidepool {
    params: Arc<TidepoolParams>,
    /// Boxed because it takes 150 KB, and nice-plug moves the plugin about on the host's stack.
    engine: Box<Engine>,
    guard: Guard,
    clock: Clock,
    monitor: BlockProfiler,
    totals: Totals,
    /// The view of the instance for other threads: metrics, alerts, report.
    observer: Observer,
    /// Both ends of the feed of modulation and overloads.
    snapshot_feed: (FeedWriter, FeedReader),
    /// Sender of engine commands, until the editor takes it.
    commands: Option<CommandSender>,
    ties: Option<HostHandles>,
    /// Number of the host's block in the last call.
    last_block: u64,
    /// True if the observer has recorded the audio thread since the last activation.
    met: bool,
    /// Connection to the MTS-ESP master while the instance is active.
    mts_esp: Option<mts_esp::Connection>,
}

impl Default for Tidepool {
    fn default() -> Self {
        fault::at(FaultPoint::Create);
        let config = EngineConfig::default();
        let engine = Engine::unprepared(&config).expect("the default layout is valid");
        let mut engine = Box::new(engine);
        // After the engine, because the first clock of a process needs some time to have passed for its calibration.
        let clock = Clock::default();
        let (monitor, reader) = metrics(clock.clone(), Module::Metrics as usize);
        engine.measure_by(clock.clone());
        let commands = engine.take_commands();
        let listener = listener(config.bridge).map(|(tap, listener)| {
            engine.tap = Some(tap);
            listener
        });
        let params = Arc::<TidepoolParams>::default();
        let controllers = settings::get().midi_map;
        if !controllers.is_empty() {
            params.midi_map.replace(controllers);
        }
        let ties = export::host_handles();
        if let Some(ties) = &ties {
            let _ = ties.shared.params.set(params.clone());
            let waker = ties.waker;
            // The host names the keys by the tuning.
            params.tuning.on_change(move || waker.call_main_thread());
        }
        // The program with a window has no settings of a host that could be changed.
        let host = match &ties {
            Some(ties) if program::registered().is_none() => ties.host.clone(),
            _ => HostFacts::standalone(),
        };
        let observer = Observer::new(reader, listener);
        observer.tell(host, params.clone(), config);
        Self {
            params,
            engine,
            guard: Guard::default(),
            clock,
            monitor,
            totals: Totals::default(),
            observer,
            snapshot_feed: snapshot_feed(),
            commands,
            ties,
            met: false,
            mts_esp: None,
            last_block: 0,
        }
    }
}

impl Plugin for Tidepool {
    const NAME: &'static str = "Tidepool";
    const VENDOR: &'static str = "Tidepool";
    const URL: &'static str = env!("CARGO_PKG_REPOSITORY");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[AudioIOLayout {
        main_input_channels: None,
        main_output_channels: NonZeroU32::new(2),
        aux_input_ports: &[new_nonzero_u32(2)],
        names: PortNames {
            layout: Some("Stereo"),
            main_output: Some("Output"),
            aux_inputs: &["External"],
            ..PortNames::const_default()
        },
        ..AudioIOLayout::const_default()
    }];

    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    /// Parameter events split the block, so that they land on the tick they belong to in every host.
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;
    /// nice-plug allocates beyond this. It gets parameter events only, whose number is bounded: notes bypass it.
    const INPUT_EVENT_CAPACITY: usize = export::PARAMETER_EVENTS;

    type Editor = TidepoolEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        fault::at(FaultPoint::CreateEditor);
        editor::create(
            self.params.clone(),
            self.observer.clone(),
            self.snapshot_feed.1.clone(),
            self.commands.take(),
            self.ties.as_ref().map(|ties| ties.waker),
        )
    }

    fn setup_logger() -> Option<bool> {
        Some(logging::set_up())
    }

    fn filter_state(state: &mut PluginState) {
        let done = catch(false, || {
            fault::at(FaultPoint::FilterState);
            if let Some(sentence) = make_loadable(state).sentence() {
                nice_warn!("{sentence}");
            }
            true
        });
        if !done {
            // A state that could not be validated is not loaded.
            state.params.clear();
            state.fields.clear();
        }
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        config: &BufferConfig,
        _context: &mut impl ActivateContext<Self>,
    ) -> bool {
        catch(false, || self.prepare(config))
    }

    fn deactivate(&mut self) {
        catch((), || self.mts_esp = None);
    }

    fn reset(&mut self) {
        let done = catch(false, || {
            fault::at(FaultPoint::Reset);
            self.engine.reset();
            self.guard = Guard::default();
            // A panic may have come between taking a mark and reading its value.
            self.params.dirty.mark_all();
            true
        });
        if !done {
            self.guard.trip();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        catch(None, || Some(self.play(buffer, aux, context))).unwrap_or_else(|| {
            // The engine's own panics are caught in `play`; this one came from the code around it.
            self.guard.trip();
            self.totals.panics += 1;
            for channel in buffer.as_slice() {
                channel.fill(0.0);
            }
            ProcessStatus::Normal
        })
    }
}

impl Tidepool {
    /// Prepares the engine and the metrics; returns false only after a panic. Allocates. `[gui]`
    fn prepare(&mut self, config: &BufferConfig) -> bool {
        fault::at(FaultPoint::Activate);
        let offline = config.process_mode == ProcessMode::Offline;
        self.engine.render_offline(offline);
        self.engine
            .prepare(config.sample_rate, config.max_buffer_size as usize);
        self.monitor.prepare(config.sample_rate);
        self.snapshot_feed.0.prepare(config.sample_rate);
        self.met = false;
        self.observer.set_offline(offline);
        // Parameters may have changed on any thread while nothing was playing.
        self.params.dirty.mark_all();
        let params = Arc::downgrade(&self.params);
        self.mts_esp = mts_esp::connect(move |master| {
            if let Some(params) = params.upgrade() {
                params.tuning.follow(master.clone());
            }
        });
        true
    }

    /// Processes a block, or a piece of one. `[audio]`
    fn play(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        fault::at(FaultPoint::Process);
        let samples = buffer.samples();
        let [left, right] = buffer.as_slice() else {
            return ProcessStatus::Error("Tidepool needs a stereo output");
        };
        // nice-plug splits a block at every parameter event; without a count of host blocks, each piece is a block.
        let shared = self.ties.as_ref().map(|ties| &ties.shared);
        let block = shared.map(|shared| shared.blocks.load(Relaxed));
        let continues = block == Some(self.last_block);
        self.last_block = block.unwrap_or(0);
        if !std::mem::replace(&mut self.met, true) {
            self.observer.audio_thread().meet();
        }
        let allocations = CountingAllocator::watch();
        self.monitor.begin(samples, continues);
        let Self {
            params,
            engine,
            guard,
            clock,
            snapshot_feed: (snapshot_feed, _),
            ties,
            ..
        } = self;
        let outcome = guard.run(|| {
            fault::at(FaultPoint::Engine);
            let transport = context.transport();
            let tempo = transport.tempo.map_or(DEFAULT_TEMPO, |bpm| bpm as f32);
            let song = song_position(transport);
            let block = Block {
                left,
                right,
                external: external(aux, samples),
            };
            let context = RefCell::new(context);
            if !continues && let Some(tap) = &mut engine.tap {
                tap.maintain(Duration::from_nanos(clock.now()));
            }
            take_over(params, engine);
            engine.set_tempo(tempo);
            engine.set_song_position(song);
            let notes = ties
                .as_ref()
                .and_then(|ties| ties.shared.notes.try_borrow_mut().ok());
            let mut port = HostPort::new(&context, notes, samples);
            engine.set_metered(snapshot_feed.is_observed());
            let status = engine.process(block, &mut port);
            snapshot_feed.pass(samples, || engine.modulation_snapshot());
            status
        });
        let status = outcome.unwrap_or_else(|panicked| {
            left.fill(0.0);
            right.fill(0.0);
            if panicked {
                self.totals.panics += 1;
                let after = engine.timer().ended().and_then(Module::at);
                self.totals.panicked_after = after.map_or(0, |module| module as u64 + 1);
            }
            Status::default()
        });
        fault::at(FaultPoint::Measure);
        let counted = allocations.calls();
        self.totals.allocations += counted;
        self.monitor
            .end(&piece(&mut self.totals, &mut self.engine, &status));
        // Allocations of the profiler itself are reported with the next block.
        self.totals.allocations += allocations.calls() - counted;
        // `Normal` lets the host stop at the first silence and reports no tail: the gap before an echo must not be taken
        // for that silence. An open editor shows that blocks are played, and its keyboard may be played at any moment.
        if status.rings || self.monitor.is_observed() {
            ProcessStatus::KeepAlive
        } else {
            ProcessStatus::Normal
        }
    }
}

/// Returns the profiler's figures of a piece, and adds them to the `totals`.
fn piece(totals: &mut Totals, engine: &mut Engine, status: &Status) -> Piece {
    let changes = engine.changes();
    totals.changes = changes.all();
    totals.coalesced = changes.coalesced();
    (totals.batches, totals.early_flushes) = changes.batches();
    totals.batch_limit = changes.normal.limit as u64;
    totals.bridge_drops = engine.tap.as_ref().map_or(0, Tap::drops);
    totals.scratch_bytes = engine.arena().high_water() as u64;
    totals.scratch_refused = engine.arena().refused();
    totals.silenced += status.silenced;
    totals.denormal += status.denormal;
    for (total, count) in totals.not_finite.iter_mut().zip(status.not_finite) {
        *total += count;
    }
    Piece {
        voices: status.voices,
        most_voices: status.most_voices,
        notes: status.notes,
        settings: changes.settings,
        modules: engine.timer().take(),
        totals: *totals,
    }
}

/// Returns the position in the song, if one plays and the host says where. A position in seconds alone is none, because
/// it gives no quarter notes once the tempo has changed.
///
/// The position within a block is a sum of two rounded numbers. Rounded to CLAP's grid, it is what the host has sent, so
/// that a passage has the same bits wherever in a block it begins.
fn song_position(transport: &Transport) -> Option<SongPosition> {
    let (beats, tempo) = (transport.pos_beats?, transport.tempo?);
    let grid = CLAP_BEATTIME_FACTOR as f64;
    let beats = (beats * grid).round() / grid;
    transport.playing.then_some(SongPosition { beats, tempo })
}

/// Passes changed parameters, tuning and a loaded state on to the engine. `[audio]`
fn take_over(params: &TidepoolParams, engine: &mut Engine) {
    // Read before the parameters: seeing the flag of a state means seeing all of its values as well.
    let loaded = params.loaded.take();
    if let Some(tuning) = params.tuning.take() {
        engine.set_tuning(&tuning);
    }
    params.gather(|parameter, place| engine.set(parameter, place.plain, place.modulation));
    if loaded {
        // Jumps, so that the old sound does not glide into the loaded one.
        engine.load(&params.sound());
    }
}

/// Returns left and right of the External input. If the host provides none, or too few channels, nice-plug
/// leaves slices of other lengths: they are cut to the block and may be shorter.
fn external<'a>(aux: &'a AuxiliaryBuffers, samples: usize) -> [&'a [f32]; 2] {
    let channels = aux
        .inputs
        .first()
        .map_or(&[][..], |input| input.as_slice_immutable());
    [0, 1].map(|n| {
        let channel: &[f32] = channels.get(n).map_or(&[], |channel| channel);
        &channel[..samples.min(channel.len())]
    })
}

impl ClapPlugin for Tidepool {
    const CLAP_ID: &'static str = "io.github.tidepool-audio.tidepool";
    const CLAP_DESCRIPTION: Option<&'static str> = Some(
        "A polyphonic synthesizer with FM, virtual analogue oscillators, MPE and modulation per note",
    );
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::Instrument,
        ClapFeature::Synthesizer,
        ClapFeature::Stereo,
    ];
    const CLAP_POLY_MODULATION_CONFIG: Option<PolyModulationConfig> = Some(PolyModulationConfig {
        max_voice_capacity: MAX_VOICES as u32,
        supports_overlapping_voices: true,
    });

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        fault::at(FaultPoint::RemoteControls);
        remote_control_pages::add(&self.params, context);
    }
}
