//! Control rate: once per tick, and at the start of voices, the targets of all voices are set.

use crate::engine::control_bank::ControlBank;
use crate::engine::division;
use crate::engine::midi_channels::MidiChannels;
use crate::engine::modulation::Modulation;
use crate::engine::modulation_snapshot::ModulationSnapshot;
use crate::engine::settings::Settings;
use crate::engine::song_position::Song;
use crate::engine::tick_context::TickContext;
use crate::parameter::Parameter;
use crate::rt::{TICK, Work, dispatch, ones};
use crate::synth::f32s::{Mask, VOICES_PER_GROUP, all};
use crate::synth::{GROUPS, Oversampling, ROUTES, VoiceGroup, Voices};

/// Valid tempos in quarter notes per minute.
const TEMPOS: (f32, f32) = (1.0, 1000.0);

/// Settings and modulation of the voices. `[audio]`
#[derive(Debug)]
pub(in crate::engine) struct ControlRate {
    pub(super) settings: Settings,
    pub(super) modulation: Modulation,
    pub(in crate::engine) context: TickContext,
    pub(super) song: Song,
    /// Phase of the vibrato, 0 to 1.
    vibrato_phase: f32,
    /// True for offline rendering.
    offline: bool,
}

impl ControlRate {
    /// Creates the settings and the modulation. Allocates. `[gui]`
    pub(super) fn new(bank: &ControlBank) -> Self {
        Self {
            settings: Settings::read(bank),
            modulation: Modulation::new(),
            context: TickContext {
                sample_rate: 0.0,
                tempo: 120.0,
                vibrato: 0.0,
            },
            song: Song::default(),
            vibrato_phase: 0.0,
            offline: false,
        }
    }

    /// Prepares for `sample_rate` in Hz, for real-time or `offline` rendering. It has to be [reset](Self::reset)
    /// afterwards.
    pub(super) fn prepare(&mut self, sample_rate: f32, offline: bool) {
        self.context.sample_rate = sample_rate;
        self.offline = offline;
    }

    /// Resets song, vibrato and modulation. The settings have to be [read](Self::read_settings) afterwards.
    pub(super) fn reset(&mut self, bank: &ControlBank) {
        self.song = Song::default();
        self.context.vibrato = 0.0;
        self.vibrato_phase = 0.0;
        self.modulation.reset(bank);
    }

    /// Sets the tempo in quarter notes per minute, clamped, from the next tick on.
    pub(in crate::engine) fn set_tempo(&mut self, tempo: f32) {
        let (least, most) = TEMPOS;
        self.context.tempo = tempo.max(least).min(most);
    }

    /// Advances vibrato and shared LFOs by the tick that begins at `time`, whether anything sounds or not. While a song
    /// plays, the phases of the vibrato and of LFOs in sync are functions of the position in the song.
    pub(super) fn advance(&mut self, bank: &ControlBank, time: u64) {
        let context = &mut self.context;
        let song = self.song.at(time + TICK as u64);
        let beats = bank.value(Parameter::VibratoRate);
        self.vibrato_phase = match song {
            Some(position) => division::cycles(position, beats).rem_euclid(1.0) as f32,
            None => {
                let phase = self.vibrato_phase
                    + context.tempo / beats / 60.0 * TICK as f32 / context.sample_rate;
                phase - phase.floor()
            }
        };
        context.vibrato = f64::from(std::f32::consts::TAU * self.vibrato_phase).sin() as f32;
        self.modulation.tick_globals(&self.settings, context, song);
    }

    /// Reads the settings, which are not per voice.
    pub(super) fn read_settings(&mut self, bank: &ControlBank) {
        self.settings = Settings::read(bank);
        if self.offline {
            self.settings.voice.oversampling = Oversampling::BEST;
        }
        self.modulation.read_matrix(bank);
    }

    /// Ramps all voices to their targets for the end of the tick. `external` are the routes of the External input
    /// through the voices, and `moved` is true if the settings have changed since the last tick.
    pub(super) fn tick(
        &mut self,
        external: [bool; ROUTES],
        moved: bool,
        voices: &mut Voices,
        bank: &ControlBank,
    ) {
        let moved = moved | (self.settings.voice.external != external);
        self.settings.voice.external = external;
        dispatch(Tick {
            modulation: &mut self.modulation,
            voices,
            settings: &self.settings,
            moved,
            bank,
            context: self.context,
        });
    }

    /// Updates the notes whose performance controls move, or all of them.
    pub(super) fn update_controllers(
        &mut self,
        all: bool,
        channels: &MidiChannels,
        voices: &Voices,
        bank: &ControlBank,
    ) {
        if !all && !bank.any_controller_moves() {
            return;
        }
        for slot in voices.sounding() {
            if all || bank.controllers_move(slot) {
                let channel = voices.slot(slot).note.channel;
                (self.modulation).update_controllers(bank, channels, slot, channel);
            }
        }
    }

    /// Retargets voices whose pitch was changed within a tick, on the sample `phase`.
    pub(super) fn retarget_pitches(
        &mut self,
        phase: usize,
        voices: &mut Voices,
        bank: &ControlBank,
    ) {
        let context = &self.context;
        for (number, group) in voices.groups_mut().iter_mut().enumerate() {
            if !group.is_silent() {
                let (pitches, moved) = self.modulation.pitches(number, group, context, bank);
                // A ramp that is retargeted to its own target would round differently.
                let moved = moved & group.busy();
                if moved != 0 {
                    group.retarget_at(phase, &pitches, moved, context.sample_rate);
                }
            }
        }
    }

    /// Starts the `unheard` voices, one bit for each slot, directly on their targets, on the sample `phase`.
    pub(super) fn start_voices(
        &mut self,
        unheard: u128,
        phase: usize,
        channels: &MidiChannels,
        voices: &mut Voices,
        bank: &ControlBank,
    ) {
        for slot in ones(unheard) {
            let channel = voices.slot(slot).note.channel;
            (self.modulation).update_controllers(bank, channels, slot, channel);
        }
        for number in 0..GROUPS {
            let lanes =
                (unheard >> (number * VOICES_PER_GROUP)) as Mask & all::<VOICES_PER_GROUP>();
            if lanes != 0 {
                dispatch(StartVoices {
                    modulation: &mut self.modulation,
                    group: &mut voices.groups_mut()[number],
                    number,
                    phase,
                    settings: &self.settings,
                    bank,
                    context: self.context,
                    lanes,
                });
            }
        }
    }

    /// Writes the modulation of the newest sounding note to the snapshot, or that which depends on no note.
    pub(super) fn write_snapshot(
        &self,
        voices: &Voices,
        bank: &ControlBank,
        snapshot: &mut ModulationSnapshot,
    ) {
        let (settings, modulation) = (&self.settings, &self.modulation);
        match voices.last() {
            Some(slot) => {
                let group = &voices.groups()[slot / VOICES_PER_GROUP];
                modulation.write_snapshot(slot, group, settings, &self.context, snapshot);
            }
            None => modulation.write_idle_snapshot(settings, bank, snapshot),
        }
    }
}

/// Update of the voices at a tick.
struct Tick<'a> {
    modulation: &'a mut Modulation,
    voices: &'a mut Voices,
    settings: &'a Settings,
    /// True if the settings differ from those of the last tick.
    moved: bool,
    bank: &'a ControlBank,
    context: TickContext,
}

impl Work for Tick<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let TickContext { sample_rate, .. } = self.context;
        for (number, group) in self.voices.groups_mut().iter_mut().enumerate() {
            if !group.is_silent() {
                let controls = self.modulation.tick(
                    number,
                    group,
                    self.settings,
                    self.moved,
                    &self.context,
                    self.bank,
                );
                let voice = &self.settings.voice;
                match controls {
                    Some(controls) => group.ramp_to(controls, voice, sample_rate),
                    None => group.stay(voice, sample_rate),
                }
            }
        }
    }
}

/// Start of voices in a group.
struct StartVoices<'a> {
    modulation: &'a mut Modulation,
    group: &'a mut VoiceGroup<VOICES_PER_GROUP>,
    number: usize,
    phase: usize,
    settings: &'a Settings,
    bank: &'a ControlBank,
    context: TickContext,
    lanes: Mask,
}

impl Work for StartVoices<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let controls = self.modulation.jump_to(
            self.number,
            self.group,
            self.phase,
            self.settings,
            &self.context,
            self.bank,
            self.lanes,
        );
        let sample_rate = self.context.sample_rate;
        self.group.jump_to(
            self.phase,
            controls,
            &self.settings.voice,
            sample_rate,
            self.lanes,
        );
        let controls = self.modulation.ramp_from(
            self.number,
            self.group,
            self.phase,
            self.settings,
            &self.context,
            self.bank,
            self.lanes,
        );
        self.group.ramp_from(
            self.phase,
            controls,
            &self.settings.voice,
            sample_rate,
            self.lanes,
        );
    }
}
