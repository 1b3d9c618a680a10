//! Values of a group's voices: sources of the matrix, parameters moved by it, and what they were computed from.

use super::common_values::CommonValues;
use crate::engine::control_bank::{ControlBank, ControlId};
use crate::engine::controls::{self, MIDDLE_C};
use crate::engine::matrix::{Matrix, Motion, Source, Sources};
use crate::engine::performance_controls::PerformanceControls;
use crate::engine::settings::Settings;
use crate::engine::tick_context::TickContext;
use crate::engine::values::{NoteOnValues, Values, place};
use crate::parameter::{LfoParameter, Parameter};
use crate::rt::ones;
#[cfg(debug_assertions)]
use crate::synth::VoiceControls;
use crate::synth::f32s::{F32s, VOICES_PER_GROUP, all};
use crate::synth::{ENVELOPES, LFOS, LfoControls, Pitches, VoiceGroup};

/// Data of a note that starts.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct NoteStart {
    pub(in crate::engine) key: f32,
    pub(in crate::engine) velocity: f32,
    /// Gain from the velocity, linear.
    pub(in crate::engine) velocity_gain: f32,
    /// Random value of the note, −1 to 1.
    pub(in crate::engine) random: f32,
}

/// Modulation state of a group's voices.
#[derive(Clone, Debug)]
pub(super) struct GroupValues {
    pub(super) values: Values,
    pub(super) sources: Sources<VOICES_PER_GROUP>,
    pub(super) performance: PerformanceControls,
    pub(super) note_on: NoteOnValues,
    /// Target pitches of the notes.
    pub(super) pitches: Pitches<VOICES_PER_GROUP>,
    /// True if the values are outdated and have to be rebuilt from the parameters.
    pub(super) stale: bool,
    /// True if a note has started, or performance controls or a pitch have changed, since the last tick's controls were
    /// computed.
    pub(super) touched: bool,
    /// Pitches of the notes' glides that the controls were computed from.
    pub(super) notes: F32s,
    /// Controls of the LFOs at the last tick, and the tempo that they were computed for.
    pub(super) lfos: [LfoControls<VOICES_PER_GROUP>; LFOS],
    pub(super) tempo: f32,
    /// Controls of the last tick, to check that an omitted update would have been equal.
    #[cfg(debug_assertions)]
    pub(super) last: VoiceControls<VOICES_PER_GROUP>,
}

impl GroupValues {
    pub(super) fn new() -> Self {
        Self {
            values: [F32s::ZERO; Parameter::DESTINATIONS],
            sources: Sources::default(),
            performance: PerformanceControls::default(),
            note_on: NoteOnValues::default(),
            pitches: Pitches::default(),
            stale: true,
            touched: true,
            notes: F32s::ZERO,
            lfos: [LfoControls::default(); LFOS],
            tempo: 0.0,
            #[cfg(debug_assertions)]
            last: VoiceControls::default(),
        }
    }

    /// Resets sources, performance controls and note-on values.
    pub(super) fn reset(&mut self) {
        self.performance = PerformanceControls::default();
        self.sources = Sources::default();
        self.note_on = NoteOnValues::default();
    }

    /// Starts a note in a lane.
    pub(super) fn begin(&mut self, lane: usize, note: NoteStart) {
        self.touched = true;
        self.note_on.gain.0[lane] = note.velocity_gain;
        self.note_on.velocity.0[lane] = note.velocity;
        self.note_on.key.0[lane] = note.key;
        self.sources.at_mut(Source::Random).0[lane] = note.random;
        self.sources.at_mut(Source::ReleaseVelocity).0[lane] = 0.0;
    }

    /// Sets the release velocity of the note in a lane.
    pub(super) fn set_release_velocity(&mut self, lane: usize, velocity: f32) {
        self.touched = true;
        self.sources.at_mut(Source::ReleaseVelocity).0[lane] = velocity;
    }

    /// Returns true if the controls of the voices would equal those of the last tick, as far as they depend on what moves
    /// by itself: envelopes, which are at `levels`, LFOs, glides and vibrato.
    #[inline(always)]
    pub(super) fn is_idle(
        &self,
        voices: &VoiceGroup<VOICES_PER_GROUP>,
        levels: &[F32s; ENVELOPES],
        lfos: &[F32s; LFOS],
    ) -> bool {
        let vibrato = self.performance.wheel() * self.values[place(Parameter::VibratoDepth)];
        let mut rests = voices.modulators.envelopes_wait() & vibrato.all_equal(0.0);
        rests &= voices.modulators.pitch().equals(self.notes);
        for (envelope, level) in levels.iter().enumerate() {
            rests &= self.sources.0[Source::Envelope1 as usize + envelope].equals(*level);
        }
        for (lfo, value) in lfos.iter().enumerate() {
            rests &= self.sources.0[Source::Lfo1 as usize + lfo].equals(*value);
        }
        rests
    }

    /// Reads the sources, with the envelopes at `levels`.
    #[inline(always)]
    pub(super) fn read_sources(
        &mut self,
        levels: &[F32s; ENVELOPES],
        lfos: &[F32s; LFOS],
        bank: &ControlBank,
    ) {
        let Self {
            sources,
            performance,
            note_on,
            ..
        } = self;
        for (number, level) in levels.iter().enumerate() {
            sources.0[Source::Envelope1 as usize + number] = *level;
        }
        for (number, lfo) in lfos.iter().enumerate() {
            sources.0[Source::Lfo1 as usize + number] = *lfo;
        }
        *sources.at_mut(Source::Velocity) = note_on.velocity;
        *sources.at_mut(Source::Key) = (note_on.key - MIDDLE_C) * (1.0 / 60.0);
        performance.sources(sources);
        for number in 0..Parameter::MACROS {
            let value = bank.value(Parameter::macro_knob(number));
            sources.0[Source::Macro1 as usize + number] = F32s::splat(value);
        }
    }

    /// Computes the values of the group with this `number`.
    #[inline(always)]
    pub(super) fn evaluate(
        &mut self,
        number: usize,
        common: &CommonValues,
        matrix: &Matrix,
        motions: &[Motion; Parameter::DESTINATIONS],
        bank: &ControlBank,
    ) {
        let base = common.destinations();
        let values = &mut self.values;
        if std::mem::take(&mut self.stale) {
            for (value, base) in values.iter_mut().zip(base) {
                *value = F32s::splat(*base);
            }
        } else {
            for destination in common.changed() {
                let destination = usize::from(*destination);
                values[destination] = F32s::splat(base[destination]);
            }
        }
        for (place, parameter) in Parameter::PER_NOTE.into_iter().enumerate() {
            if let Some(destination) = parameter.destination_index() {
                let value = &mut values[destination];
                // Voices without per-note modulation use the common value.
                *value = F32s::splat(base[destination]);
                own_values(value, number, place, bank);
            }
        }
        for routes in matrix.by_destination() {
            let (destination, offset) = matrix.offset(routes, &self.sources);
            let mut value = F32s::splat(base[destination]);
            let parameter = Parameter::destination_at(destination);
            if let Some(place) = parameter.per_note_number() {
                own_values(&mut value, number, place, bank);
            }
            values[destination] = motions[destination].moved(value, offset);
        }
    }

    /// Returns the controls of the LFOs from the values computed last.
    #[inline(always)]
    pub(super) fn lfo_controls(
        &self,
        common: &CommonValues,
        settings: &Settings,
        context: &TickContext,
    ) -> [LfoControls<VOICES_PER_GROUP>; LFOS] {
        let mut all = [LfoControls::default(); LFOS];
        for (number, controls) in all.iter_mut().enumerate() {
            let of = |parameter| Parameter::lfo(number, parameter);
            let unmoved = common.at(of(LfoParameter::Rate));
            *controls = controls::lfo(&settings.lfos[number], context, unmoved, |parameter| {
                self.values[place(of(parameter))]
            });
        }
        all
    }
}

/// Sets the value of the voices with their own modulation of the parameter with the number `place` in
/// [`Parameter::PER_NOTE`], in the group with this `number`.
#[inline(always)]
fn own_values(value: &mut F32s, number: usize, place: usize, bank: &ControlBank) {
    let first = number * VOICES_PER_GROUP;
    for lane in ones(bank.own(place) >> first & u128::from(all::<VOICES_PER_GROUP>())) {
        value.0[lane] = bank.at(ControlId::Modulation(first + lane, place));
    }
}
