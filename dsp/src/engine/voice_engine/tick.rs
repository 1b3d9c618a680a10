//! Work of the voice engine that is done once per tick, and at the start of voices: setting targets.

use super::VoiceEngine;
use crate::engine::control_bank::ControlBank;
use crate::engine::effects::Context;
use crate::engine::modulation::Modulation;
use crate::engine::module::Module;
use crate::engine::settings::Settings;
use crate::engine::tick_context::TickContext;
use crate::event::Note;
use crate::parameter::Parameter;
use crate::rt::{TICK, Work, dispatch, ones};
use crate::synth::f32s::{Mask, VOICES_PER_GROUP, all};
use crate::synth::{GROUPS, Oversampling, VoiceGroup, Voices, Zone};

impl VoiceEngine {
    /// Runs everything that happens once per tick.
    pub(super) fn tick(&mut self, ended: impl FnMut(Note)) {
        self.bank.tick(self.clock.position());
        self.external.update(&self.bank);
        let settings_moved = self.modulation.follow(&mut self.bank);
        if settings_moved || self.bank.any_parameter_moves() {
            self.timer.mark(Module::Parameters as usize);
        }
        self.vibrato_phase += self.tempo / self.bank.value(Parameter::VibratoRate) / 60.0
            * TICK as f32
            / self.sample_rate;
        self.vibrato_phase -= self.vibrato_phase.floor();
        self.vibrato = f64::from(std::f32::consts::TAU * self.vibrato_phase).sin() as f32;
        self.modulation
            .tick_globals(&self.settings, &self.context());
        if settings_moved {
            self.read_settings();
        }
        if self.is_idle() {
            return;
        }
        if settings_moved {
            self.enforce_voice_limit(self.limit(), ended);
        }
        let external = self.external.through_voices();
        let moved = settings_moved | (self.settings.voice.external != external);
        self.settings.voice.external = external;
        self.fx.update(&self.bank, self.tempo);
        let context = self.context();
        self.update_controllers();
        dispatch(Tick {
            modulation: &mut self.modulation,
            voices: &mut self.voices,
            settings: &self.settings,
            moved,
            bank: &self.bank,
            context,
        });
    }

    /// Returns true if nothing sounds, has a tail or can come in. A caller that changes this has to [wake](Self::wake)
    /// the idle parts.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_sounding() && !self.external.is_audible()
    }

    /// Returns true if notes sound or effects have a tail, whatever the input.
    pub(in crate::engine) fn is_sounding(&self) -> bool {
        !self.voices.is_silent() || !self.fx.is_idle()
    }

    /// Takes over changes since the last tick while nothing sounded.
    pub(super) fn wake(&mut self) {
        self.read_settings();
        self.fx.update(&self.bank, self.tempo);
    }

    pub(super) fn context(&self) -> TickContext {
        TickContext {
            sample_rate: self.sample_rate,
            tempo: self.tempo,
            vibrato: self.vibrato,
        }
    }

    /// Reads the settings, which are not per voice.
    pub(super) fn read_settings(&mut self) {
        let value = |parameter| self.bank.value(parameter);
        let members = value(Parameter::MpeChannels) as u8;
        let zone = match value(Parameter::MpeZone) as u8 {
            0 => Zone::off(),
            1 => Zone::lower(members),
            _ => Zone::upper(members),
        };
        let bend_ranges = [Parameter::BendRange, Parameter::MpeBendRange].map(value);
        if (&zone, bend_ranges) != (&self.zone, self.bend_ranges) {
            self.notes.update_all_controllers();
            self.take_back_ranges(&zone, bend_ranges);
        }
        (self.zone, self.bend_ranges) = (zone, bend_ranges);
        self.settings = Settings::read(&self.bank);
        if self.offline {
            self.settings.voice.oversampling = Oversampling::BEST;
        }
        self.modulation.read_matrix(&self.bank);
        let context = Context {
            tempo: self.tempo,
            oversampled: self.settings.voice.oversamples(),
        };
        self.fx.read(&self.bank, context);
    }

    /// Updates the notes whose performance controls move.
    fn update_controllers(&mut self) {
        let all = self.notes.take_update_all_controllers();
        if !all && !self.bank.any_controller_moves() {
            return;
        }
        for slot in self.voices.sounding() {
            if all || self.bank.controllers_move(slot) {
                self.update_controllers_of(slot);
            }
        }
    }

    /// Updates the performance controls of the note in `slot`.
    fn update_controllers_of(&mut self, slot: usize) {
        let channel = self.voices.slot(slot).note.channel;
        self.modulation
            .update_controllers(&self.bank, &self.zone, &self.registered, slot, channel);
    }

    /// Retargets voices whose pitch was changed within a tick.
    pub(super) fn retarget_pitches(&mut self) {
        self.modulation.follow(&mut self.bank);
        self.update_controllers();
        let (phase, context) = (self.clock.phase(), self.context());
        for (number, group) in self.voices.groups_mut().iter_mut().enumerate() {
            if !group.is_silent() {
                let (pitches, moved) = self.modulation.pitches(number, group, &context, &self.bank);
                // A ramp that is retargeted to its own target would round differently.
                let moved = moved & group.busy();
                if moved != 0 {
                    group.retarget_at(phase, &pitches, moved, self.sample_rate);
                }
            }
        }
    }

    /// Starts unheard voices directly on their targets.
    pub(super) fn start_voices(&mut self) {
        let unheard = self.notes.take_unheard();
        if unheard == 0 {
            return;
        }
        for slot in ones(unheard) {
            self.update_controllers_of(slot);
        }
        let (phase, context) = (self.clock.phase(), self.context());
        for number in 0..GROUPS {
            let lanes =
                (unheard >> (number * VOICES_PER_GROUP)) as Mask & all::<VOICES_PER_GROUP>();
            if lanes != 0 {
                dispatch(StartVoices {
                    modulation: &mut self.modulation,
                    group: &mut self.voices.groups_mut()[number],
                    number,
                    phase,
                    settings: &self.settings,
                    bank: &self.bank,
                    context,
                    lanes,
                });
            }
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
