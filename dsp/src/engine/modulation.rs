//! Modulation of the voices: once a tick, the values of every parameter of every voice are computed from the
//! parameters, the matrix and the performance controls.

mod common_values;
mod group_values;

use std::array::from_fn;

use common_values::CommonValues;
#[cfg(test)]
pub(super) use common_values::READ_EACH_TICK;
use group_values::GroupValues;
pub(super) use group_values::NoteStart;

use super::control_bank::{ControlBank, ControlId};
use super::controls;
use super::division;
use super::matrix::{Matrix, Motion, Source, Sources};
use super::midi_channels::MidiChannels;
use super::modulation_snapshot::ModulationSnapshot;
use super::settings::Settings;
use super::sources::MIXER;
use super::tick_context::TickContext;
use crate::parameter::{LfoParameter, Parameter};
use crate::rt::{halfway, part_halfway};
use crate::synth::f32s::{F32s, Mask, VOICES_PER_GROUP, all};
use crate::synth::{
    ChannelControl, ENVELOPES, GROUPS, INPUTS, Input, LFOS, Lfo, Pitches, VoiceControls, VoiceGroup,
};

/// The sample in the middle of a tick.
const HALF_TICK: usize = halfway(0);

/// Modulation of all voices. `[audio]`, except [`new`](Self::new).
#[derive(Debug)]
pub(super) struct Modulation {
    motions: [Motion; Parameter::DESTINATIONS],
    common: CommonValues,
    matrix: Matrix,
    /// True if the matrix has changed since the groups were updated.
    matrix_moved: bool,
    /// True for each [`Input`] whose level a slot moves; and true if a slot moves oscillator B's modulation of the
    /// cutoff.
    kept: [bool; INPUTS],
    filter_fm_kept: bool,
    /// True for each LFO that the matrix reads.
    used: [bool; LFOS],
    globals: [Lfo<1>; LFOS],
    groups: Box<[GroupValues]>,
    /// Targets of a group's voices, filled in for one group after the other, because they are too large to be passed by
    /// value.
    controls: Box<VoiceControls<VOICES_PER_GROUP>>,
}

impl Modulation {
    /// Creates the modulation. Allocates. `[gui]`
    pub(super) fn new() -> Self {
        Self {
            motions: Motion::all(),
            common: CommonValues::new(),
            matrix: Matrix::default(),
            matrix_moved: false,
            kept: [false; INPUTS],
            filter_fm_kept: false,
            used: [false; LFOS],
            globals: from_fn(|_| Lfo::default()),
            groups: vec![GroupValues::new(); GROUPS].into_boxed_slice(),
            controls: Box::default(),
        }
    }

    /// Resets to the initial state and reads all parameters again.
    pub(super) fn reset(&mut self, bank: &ControlBank) {
        self.globals = from_fn(|_| Lfo::default());
        self.groups.iter_mut().for_each(GroupValues::reset);
        self.read_all(bank);
        self.read_matrix(bank);
    }

    /// Takes over the parameters that have moved. Returns true if any settings have changed, which have no values per
    /// voice.
    pub(super) fn follow(&mut self, bank: &mut ControlBank) -> bool {
        self.matrix_moved = false;
        if bank.take_jumped() {
            self.read_all(bank);
            return true;
        }
        self.common.follow(bank)
    }

    fn read_all(&mut self, bank: &ControlBank) {
        self.common.read(bank);
        self.groups.iter_mut().for_each(|group| group.stale = true);
    }

    /// Reads the matrix.
    pub(super) fn read_matrix(&mut self, bank: &ControlBank) {
        let matrix = Matrix::read(|parameter| bank.value(parameter));
        if !matrix.same_routes(&self.matrix) {
            // Destinations without a slot have to return to their parameters' values.
            self.groups.iter_mut().for_each(|group| group.stale = true);
        }
        self.matrix_moved |= matrix != self.matrix;
        self.matrix = matrix;
        self.kept = MIXER.map(|row| self.matrix.moves(row.level));
        self.filter_fm_kept = self.matrix.moves(Parameter::FilterFm);
        self.used = from_fn(|number| self.matrix.reads(Source::Lfo1 as usize + number));
    }

    /// Advances the LFOs that all voices share by a tick, whether anything sounds or not. `song` is the position in the
    /// song at the end of the tick, in quarter notes, from which LFOs in sync take their phase.
    pub(super) fn tick_globals(
        &mut self,
        settings: &Settings,
        context: &TickContext,
        song: Option<f64>,
    ) {
        for (number, (lfo, of)) in self.globals.iter_mut().zip(&settings.lfos).enumerate() {
            if of.global {
                let value = |parameter| self.common.at(Parameter::lfo(number, parameter));
                let controls = controls::lfo(of, context, value(LfoParameter::Rate), |parameter| {
                    F32s([value(parameter)])
                });
                match song.filter(|_| of.beats > 0.0) {
                    Some(position) => {
                        let cycles = division::cycles(position, of.beats);
                        lfo.tick_to(cycles, &controls, of.shape, context.sample_rate)
                    }
                    None => lfo.tick(&controls, of.shape, context.sample_rate),
                };
            }
        }
    }

    /// Starts a note in a lane of a group.
    pub(super) fn begin(&mut self, group: usize, lane: usize, note: NoteStart) {
        self.groups[group].begin(lane, note);
    }

    /// Sets the release velocity, 0 to 1, of the note in a slot, as its key is released.
    pub(super) fn set_release_velocity(&mut self, slot: usize, velocity: f32) {
        let group = &mut self.groups[slot / VOICES_PER_GROUP];
        group.set_release_velocity(slot % VOICES_PER_GROUP, velocity);
    }

    /// Marks the values of a group as outdated.
    pub(super) fn forget(&mut self, group: usize) {
        self.groups[group].stale = true;
    }

    /// Computes the targets of a group's voices for the end of the tick. Returns `None` if all voices are on their
    /// targets already; for that, `settings` must be those of the last tick, unless `moved` is true.
    #[inline(always)]
    pub(super) fn tick(
        &mut self,
        number: usize,
        group: &mut VoiceGroup<VOICES_PER_GROUP>,
        settings: &Settings,
        moved: bool,
        context: &TickContext,
        bank: &ControlBank,
    ) -> Option<&VoiceControls<VOICES_PER_GROUP>> {
        // Changed parameters affect LFOs and envelopes in this tick already.
        let slots = u128::from(all::<VOICES_PER_GROUP>()) << (number * VOICES_PER_GROUP);
        let own = (0..Parameter::PER_NOTE.len()).any(|place| bank.own(place) & slots != 0);
        let moved_values = self.groups[number].stale
            || !self.common.changed().is_empty()
            || self.matrix_moved
            || own;
        if moved_values {
            self.evaluate(number, bank);
        }
        let untouched = !(moved | moved_values | self.groups[number].touched);
        // If no value changed in the last tick either, LFOs and envelopes keep their controls.
        let known = group.rested() & untouched;
        if !(known & (self.groups[number].tempo == context.tempo)) {
            self.groups[number].lfos =
                self.groups[number].lfo_controls(&self.common, settings, context);
            self.groups[number].tempo = context.tempo;
        }
        let shapes = settings.lfos.map(|lfo| lfo.shape);
        let lfos = &self.groups[number].lfos;
        group
            .modulators
            .tick_lfos(lfos, &shapes, self.used, context.sample_rate);
        group
            .modulators
            .glide(settings.glide, settings.glide_mode, context.sample_rate);
        if !(known & group.modulators.envelopes_wait()) {
            let envelopes = controls::envelopes(&self.groups[number].values);
            group
                .modulators
                .ramp_envelopes_to(&envelopes, context.sample_rate);
        }
        let levels = group.modulators.envelopes_ahead();
        let same = untouched && {
            let lfos = self.lfos(group, settings);
            self.groups[number].is_idle(group, &levels, &lfos)
        };
        let steady = group.is_steady(same);
        if steady && !cfg!(debug_assertions) {
            return None;
        }
        let before = self.sources_before(number);
        self.read_sources(number, group, levels, settings, bank);
        self.evaluate(number, bank);
        self.fill(number, group, context, Mask::MAX);
        self.curvature(
            number,
            before.as_ref(),
            group.modulators.envelopes(HALF_TICK),
            0.5,
        );
        let own = &mut self.groups[number];
        (own.touched, own.notes) = (false, group.modulators.pitch());
        #[cfg(debug_assertions)]
        {
            assert!(!steady || self.controls.lead_alike(&own.last), "not steady");
            own.last.clone_from(&self.controls);
        }
        (!steady).then_some(&*self.controls)
    }

    /// Returns the values of the LFOs, per voice or shared.
    #[inline(always)]
    fn lfos(&self, group: &VoiceGroup<VOICES_PER_GROUP>, settings: &Settings) -> [F32s; LFOS] {
        let own = group.modulators.lfos();
        from_fn(|number| {
            if settings.lfos[number].global {
                F32s::splat(self.globals[number].value().0[0])
            } else {
                own[number]
            }
        })
    }

    /// Computes the start values of the voices in `lanes`, which start on the sample `phase`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn jump_to(
        &mut self,
        number: usize,
        group: &mut VoiceGroup<VOICES_PER_GROUP>,
        phase: usize,
        settings: &Settings,
        context: &TickContext,
        bank: &ControlBank,
        lanes: Mask,
    ) -> &VoiceControls<VOICES_PER_GROUP> {
        // Note-on values are known here. Envelopes and LFOs start at 0 and not at their values for the last note in the
        // lane.
        let before = self.groups[number].sources.clone();
        self.read_sources(
            number,
            group,
            group.modulators.envelopes(phase),
            settings,
            bank,
        );
        let sources = &mut self.groups[number].sources;
        for source in &mut sources.0[Source::Envelope1 as usize..=Source::Lfo3 as usize] {
            *source = source.blend(F32s::ZERO, lanes);
        }
        sources.keep(&before, !lanes);
        self.evaluate(number, bank);
        let shapes = settings.lfos.map(|lfo| lfo.shape);
        let lfos = self.groups[number].lfo_controls(&self.common, settings, context);
        group
            .modulators
            .jump_lfos_to(&lfos, &shapes, context.sample_rate, lanes);
        let envelopes = controls::envelopes(&self.groups[number].values);
        group
            .modulators
            .jump_envelopes_to(phase, &envelopes, context.sample_rate, lanes);
        self.read_sources(
            number,
            group,
            group.modulators.envelopes(phase),
            settings,
            bank,
        );
        self.groups[number].sources.keep(&before, !lanes);
        self.evaluate(number, bank);
        self.fill(number, group, context, lanes);
        &self.controls
    }

    /// Computes the targets of the same voices for the end of the tick, after [`jump_to`](Self::jump_to).
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn ramp_from(
        &mut self,
        number: usize,
        group: &mut VoiceGroup<VOICES_PER_GROUP>,
        phase: usize,
        settings: &Settings,
        context: &TickContext,
        bank: &ControlBank,
        lanes: Mask,
    ) -> &VoiceControls<VOICES_PER_GROUP> {
        let shapes = settings.lfos.map(|lfo| lfo.shape);
        let lfos = self.groups[number].lfo_controls(&self.common, settings, context);
        let glide = (settings.glide, settings.glide_mode);
        group
            .modulators
            .pass(phase, &lfos, &shapes, glide, context.sample_rate, lanes);
        let before = self.groups[number].sources.clone();
        self.read_sources(
            number,
            group,
            group.modulators.envelopes_ahead(),
            settings,
            bank,
        );
        self.groups[number].sources.keep(&before, !lanes);
        self.evaluate(number, bank);
        self.fill(number, group, context, lanes);
        let before = self.matrix.curves_pitch().then_some(before);
        let levels = group.modulators.envelopes(phase + halfway(phase));
        self.curvature(number, before.as_ref(), levels, part_halfway(phase));
        &self.controls
    }

    /// Returns the sources as they were read last, if the matrix applies an envelope to a pitch.
    #[inline(always)]
    fn sources_before(&self, number: usize) -> Option<Sources<VOICES_PER_GROUP>> {
        self.matrix
            .curves_pitch()
            .then(|| self.groups[number].sources.clone())
    }

    /// Sets the curvature of the pitches: their deviation from a straight line, at the fraction `part` of the way from
    /// the sources `before` to those read last, where the envelopes are at `envelopes`.
    #[inline(always)]
    fn curvature(
        &mut self,
        number: usize,
        before: Option<&Sources<VOICES_PER_GROUP>>,
        envelopes: [F32s; ENVELOPES],
        part: f32,
    ) {
        let curvatures = match before {
            Some(before) => {
                let after = &self.groups[number].sources;
                self.matrix.curvature(before, after, &envelopes, part)
            }
            None => Pitches::default(),
        };
        for (controls, curvature) in self
            .controls
            .oscillators
            .iter_mut()
            .zip(curvatures.oscillators)
        {
            controls.curvature = curvature;
        }
        self.controls.fm.curvature = curvatures.fm;
    }

    /// Returns the target pitches of a group's notes within a tick, and the lanes in which they have changed.
    pub(super) fn pitches(
        &mut self,
        number: usize,
        group: &VoiceGroup<VOICES_PER_GROUP>,
        context: &TickContext,
        bank: &ControlBank,
    ) -> (Pitches<VOICES_PER_GROUP>, Mask) {
        self.evaluate(number, bank);
        let own = &mut self.groups[number];
        own.touched = true;
        let pitches = controls::pitches(
            &own.values,
            &own.performance,
            group.modulators.pitch(),
            context,
        );
        let moved = pitches.differ(&own.pitches);
        own.pitches = pitches;
        (pitches, moved)
    }

    /// Updates the performance controls of the note in a slot.
    pub(super) fn update_controllers(
        &mut self,
        bank: &ControlBank,
        channels: &MidiChannels,
        slot: usize,
        channel: u8,
    ) {
        let group = &mut self.groups[slot / VOICES_PER_GROUP];
        group.touched = true;
        let lane = slot % VOICES_PER_GROUP;
        (group.performance).read(lane, bank, channels, slot, channel);
    }

    /// Writes the sources of the voice in `slot` and the contributions of the matrix slots to the snapshot.
    pub(super) fn write_snapshot(
        &self,
        slot: usize,
        voices: &VoiceGroup<VOICES_PER_GROUP>,
        settings: &Settings,
        context: &TickContext,
        snapshot: &mut ModulationSnapshot,
    ) {
        let (group, lane) = (
            &self.groups[slot / VOICES_PER_GROUP],
            slot % VOICES_PER_GROUP,
        );
        snapshot.known = u64::MAX;
        snapshot.sources = group.sources.0.map(|source| source.0[lane]);
        // LFOs that move nothing were not computed.
        let controls = group.lfo_controls(&self.common, settings, context);
        let shapes = settings.lfos.map(|lfo| lfo.shape);
        let now = voices
            .modulators
            .lfos_now(&controls, &shapes, context.sample_rate);
        for number in 0..LFOS {
            if !settings.lfos[number].global && !self.used[number] {
                snapshot.sources[Source::Lfo1 as usize + number] = now[number].0[lane];
            }
        }
        snapshot.slots = self.matrix.contributions(&group.sources, lane);
    }

    /// Writes a snapshot while nothing sounds: the values that do not depend on a voice. A wheel shows the value of
    /// greatest magnitude among the channels, because the channel of the next note is unknown.
    pub(super) fn write_idle_snapshot(
        &self,
        settings: &Settings,
        bank: &ControlBank,
        snapshot: &mut ModulationSnapshot,
    ) {
        let mut sources = Sources::<1>::default();
        snapshot.known = 1 << Source::None as usize | 1 << Source::Constant as usize;
        let mut show = |source: usize, value: f32| {
            sources.0[source] = F32s([value]);
            snapshot.known |= 1 << source;
        };
        for (number, (lfo, of)) in self.globals.iter().zip(&settings.lfos).enumerate() {
            if of.global {
                show(Source::Lfo1 as usize + number, lfo.value().0[0]);
            }
        }
        for (source, control) in [
            (Source::Bend, ChannelControl::Bend),
            (Source::ModWheel, ChannelControl::Modulation),
            (Source::Breath, ChannelControl::Breath),
            (Source::Foot, ChannelControl::Foot),
            (Source::ControllerA, ChannelControl::ControllerA),
            (Source::ControllerB, ChannelControl::ControllerB),
            (Source::ControllerC, ChannelControl::ControllerC),
            (Source::ControllerD, ChannelControl::ControllerD),
        ] {
            let at = |channel| bank.at(ControlId::Channel(channel, control));
            let furthest = (0..16).map(at).max_by(|a, b| a.abs().total_cmp(&b.abs()));
            show(source as usize, furthest.unwrap_or(0.0));
        }
        for number in 0..Parameter::MACROS {
            let value = bank.value(Parameter::macro_knob(number));
            show(Source::Macro1 as usize + number, value);
        }
        snapshot.sources = sources.0.map(|source| source.0[0]);
        snapshot.slots = self.matrix.contributions(&sources, 0);
    }

    /// Reads the sources of a group, with the envelopes at `levels`.
    #[inline(always)]
    fn read_sources(
        &mut self,
        number: usize,
        group: &VoiceGroup<VOICES_PER_GROUP>,
        levels: [F32s; ENVELOPES],
        settings: &Settings,
        bank: &ControlBank,
    ) {
        let lfos = self.lfos(group, settings);
        self.groups[number].read_sources(&levels, &lfos, bank);
    }

    /// Computes the values of all voices of a group.
    #[inline(always)]
    fn evaluate(&mut self, number: usize, bank: &ControlBank) {
        let (common, matrix) = (&self.common, &self.matrix);
        self.groups[number].evaluate(number, common, matrix, &self.motions, bank);
    }

    /// Fills in the targets of a group's voices from the values computed last. Only the voices in `lanes` move to them.
    #[inline(always)]
    fn fill(
        &mut self,
        number: usize,
        group: &VoiceGroup<VOICES_PER_GROUP>,
        context: &TickContext,
        lanes: Mask,
    ) {
        let GroupValues {
            values,
            sources,
            performance,
            note_on,
            pitches: bound,
            ..
        } = &mut self.groups[number];
        let pitches = controls::pitches(values, performance, group.modulators.pitch(), context);
        *bound = bound.blend(&pitches, lanes);
        let envelope = sources.0[Source::Envelope2 as usize];
        self.controls.kept = self.kept;
        for (input, row) in Input::ALL.into_iter().zip(&MIXER) {
            if row.on_demand {
                let raised = group.is_audible(input) || !controls::is_silent(values, row.level);
                self.controls.kept[input as usize] |= raised;
            }
        }
        self.controls.filter_fm_kept = self.filter_fm_kept;
        controls::fill(
            &mut self.controls,
            values,
            performance,
            note_on,
            envelope,
            &pitches,
        );
    }
}
