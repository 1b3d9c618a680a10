//! What moves the voices: once a tick the values of every parameter of every voice are put together from the parameters, the
//! matrix and the players' hands.

use std::array::from_fn;

use super::automation::Automation;
use super::lanes::{self, Lane};
use super::matrix::{Matrix, Motion, Source, Sources};
use super::settings::{LfoSettings, Settings};
use super::touch::Touch;
use crate::parameter::{
    EnvelopeParameter, LfoParameter, OperatorParameter, OscillatorParameter, Parameter,
};
use crate::rt::{TICK, ones};
use crate::synth::lanes::{GROUP, Lanes, Mask, all, exp2};
use crate::synth::{
    ENVELOPES, EnvelopeControls, FmControls, GROUPS, LFOS, LadderControls, Lfo, LfoControls,
    NoiseControls, OperatorControls, OscillatorControls, Pitches, VoiceControls, VoiceGroup, Zone,
};

/// Key at which the filter's tracking leaves the cutoff where it is, and whatever else is measured from a key.
const MIDDLE_C: f32 = 60.0;
/// What full pressure and full brightness add to the cutoff, in semitones.
const PRESSURE_SEMITONES: f32 = 24.0;
const BRIGHTNESS_SEMITONES: f32 = 48.0;

/// What a group's voices are told.
#[derive(Clone, Debug)]
struct Group {
    /// Every parameter that can be moved, as it is for each voice.
    values: [Lanes; Parameter::MODULATED],
    sources: Sources<GROUP>,
    touch: Touch,
    /// What velocity makes of the loudness, linear.
    velocity_gain: Lanes,
    velocity: Lanes,
    key: Lanes,
    /// The values are those of another time.
    stale: bool,
}

/// Time, and where a vibrato is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) sample_rate: f32,
    /// Quarter notes per minute.
    pub(super) tempo: f32,
    /// Where a full vibrato is, −1 to 1.
    pub(super) vibrato: f32,
}

/// What is to be known of a note that begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginning {
    pub(super) key: f32,
    pub(super) velocity: f32,
    /// Linear.
    pub(super) velocity_gain: f32,
    /// −1 to 1.
    pub(super) random: f32,
}

/// `[audio]`, all but [`new`](Self::new).
#[derive(Debug)]
pub(super) struct Modulation {
    motions: [Motion; Parameter::MODULATED],
    /// Every parameter as it was last taken over, and those that can be moved once more, side by side.
    known: [f32; Parameter::COUNT],
    base: [f32; Parameter::MODULATED],
    /// Those of them that have changed since the groups were told.
    changed: [u16; Parameter::MODULATED],
    changes: usize,
    matrix: Matrix,
    globals: [Lfo<1>; LFOS],
    groups: Box<[Group]>,
}

impl Modulation {
    /// Allocates. `[gui]`
    pub(super) fn new() -> Self {
        let group = Group {
            values: [Lanes::ZERO; Parameter::MODULATED],
            sources: Sources::default(),
            touch: Touch::default(),
            velocity_gain: Lanes::ZERO,
            velocity: Lanes::ZERO,
            key: Lanes::ZERO,
            stale: true,
        };
        Self {
            motions: Motion::all(),
            known: [0.0; Parameter::COUNT],
            base: [0.0; Parameter::MODULATED],
            changed: [0; Parameter::MODULATED],
            changes: 0,
            matrix: Matrix::default(),
            globals: from_fn(|_| Lfo::default()),
            groups: vec![group; GROUPS].into_boxed_slice(),
        }
    }

    /// As new; to be told of everything again.
    pub(super) fn reset(&mut self, automation: &mut Automation) {
        self.globals = from_fn(|_| Lfo::default());
        for group in &mut self.groups {
            group.touch = Touch::default();
            group.sources = Sources::default();
            group.velocity_gain = Lanes::ZERO;
            group.velocity = Lanes::ZERO;
            group.key = Lanes::ZERO;
        }
        self.follow_all(automation);
        self.read_matrix(automation);
    }

    /// Takes over what has moved. Answers whether any parameter has that voices have no values of their own of.
    pub(super) fn follow(&mut self, automation: &mut Automation) -> bool {
        self.changes = 0;
        if automation.take_snapped() {
            self.follow_all(automation);
            return true;
        }
        let mut settings = false;
        for parameter in automation.moving_parameters() {
            let value = automation.value(parameter);
            if std::mem::replace(&mut self.known[parameter.index()], value) == value {
                continue;
            }
            match parameter.modulated_number() {
                Some(number) => {
                    self.base[number] = value;
                    self.changed[self.changes] = number as u16;
                    self.changes += 1;
                }
                None => settings = true,
            }
        }
        settings
    }

    fn follow_all(&mut self, automation: &Automation) {
        for parameter in Parameter::all() {
            self.known[parameter.index()] = automation.value(parameter);
        }
        for (base, parameter) in self.base.iter_mut().zip(Parameter::modulated()) {
            *base = automation.value(parameter);
        }
        self.groups.iter_mut().for_each(|group| group.stale = true);
    }

    /// Takes over what moves what.
    pub(super) fn read_matrix(&mut self, automation: &Automation) {
        let matrix = Matrix::read(|parameter| automation.value(parameter));
        if !matrix.same_routes(&self.matrix) {
            // What is no longer moved has to go back.
            self.groups.iter_mut().for_each(|group| group.stale = true);
        }
        self.matrix = matrix;
    }

    /// The LFOs that all voices share move on by a tick, whether anything sounds or not.
    pub(super) fn tick_globals(&mut self, settings: &Settings, moment: &Moment) {
        for (number, (lfo, of)) in self.globals.iter_mut().zip(&settings.lfos).enumerate() {
            if of.global {
                let value = |parameter| Lanes([self.base[lfo_number(number, parameter)]]);
                let controls = lfo_controls(of, moment, value(LfoParameter::Rate), value);
                lfo.tick(&controls, of.shape, moment.sample_rate);
            }
        }
    }

    /// Nothing of the group's is known any more.
    pub(super) fn forget(&mut self, group: usize) {
        self.groups[group].stale = true;
    }

    /// A note begins in a lane of a group.
    pub(super) fn begin(&mut self, group: usize, lane: usize, note: Beginning) {
        let group = &mut self.groups[group];
        group.velocity_gain.0[lane] = note.velocity_gain;
        group.velocity.0[lane] = note.velocity;
        group.key.0[lane] = note.key;
        group.sources.at_mut(Source::Random).0[lane] = note.random;
    }

    /// At a tick: where the voices of `group` are wanted at its end. `channels` are those of their notes.
    #[inline(always)]
    pub(super) fn tick(
        &mut self,
        number: usize,
        group: &mut VoiceGroup<GROUP>,
        settings: &Settings,
        moment: &Moment,
        automation: &Automation,
    ) -> VoiceControls<GROUP> {
        // What has moved moves LFOs and envelopes in this very tick.
        let slots = u128::from(all::<GROUP>()) << (number * GROUP);
        let own = (0..lanes::MODULATED.len()).any(|place| automation.own(place) & slots != 0);
        if self.groups[number].stale || self.changes > 0 || own {
            self.evaluate(number, automation);
        }
        let shapes = settings.lfos.map(|lfo| lfo.shape);
        let lfos = self.lfo_controls(number, settings, moment);
        group.tick_lfos(&lfos, &shapes, moment.sample_rate);
        group.glide(settings.glide, settings.glide_mode, moment.sample_rate);
        group.aim_envelopes(&self.envelopes(number), moment.sample_rate);
        self.sense(number, group, TICK - 1, settings, automation);
        self.evaluate(number, automation);
        self.controls(number, group, moment)
    }

    /// On any sample: where the voices in `lanes`, which begin there, are wanted.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn settle(
        &mut self,
        number: usize,
        group: &mut VoiceGroup<GROUP>,
        phase: usize,
        settings: &Settings,
        moment: &Moment,
        automation: &Automation,
        lanes: Mask,
    ) -> VoiceControls<GROUP> {
        // What a note brings with it is known. What moves it by itself begins at nothing, and not where it was for the
        // last note in its lane.
        self.sense(number, group, phase, settings, automation);
        let sources = &mut self.groups[number].sources.0;
        for source in &mut sources[Source::Envelope1 as usize..=Source::Lfo3 as usize] {
            *source = source.blend(Lanes::ZERO, lanes);
        }
        self.evaluate(number, automation);
        let shapes = settings.lfos.map(|lfo| lfo.shape);
        let lfos = self.lfo_controls(number, settings, moment);
        group.settle_lfos(&lfos, &shapes, moment.sample_rate, lanes);
        group.settle_envelopes(phase, &self.envelopes(number), moment.sample_rate, lanes);
        self.sense(number, group, phase, settings, automation);
        self.evaluate(number, automation);
        self.controls(number, group, moment)
    }

    /// Within a tick: the pitches that the notes of `group` are bound for.
    pub(super) fn pitches(
        &mut self,
        number: usize,
        group: &VoiceGroup<GROUP>,
        moment: &Moment,
        automation: &Automation,
    ) -> Pitches<GROUP> {
        self.evaluate(number, automation);
        self.pitches_of(number, group, moment)
    }

    /// How hands move the note in a lane of a group.
    pub(super) fn feel(&mut self, automation: &Automation, zone: &Zone, slot: usize, channel: u8) {
        let touch = &mut self.groups[slot / GROUP].touch;
        touch.read(slot % GROUP, automation, zone, slot, channel);
    }

    /// The sources of a voice, and what each slot adds to its destination.
    pub(super) fn look(&self, slot: usize) -> ([f32; super::SOURCES], [f32; Parameter::SLOTS]) {
        let (group, lane) = (&self.groups[slot / GROUP], slot % GROUP);
        let sources = group.sources.0.map(|source| source.0[lane]);
        (sources, self.matrix.contributions(&group.sources, lane))
    }

    /// What sources are at, the envelopes at the sample `at` of the tick.
    #[inline(always)]
    fn sense(
        &mut self,
        number: usize,
        group: &VoiceGroup<GROUP>,
        at: usize,
        settings: &Settings,
        automation: &Automation,
    ) {
        let Self {
            groups, globals, ..
        } = self;
        let Group {
            sources,
            touch,
            velocity,
            key,
            ..
        } = &mut groups[number];
        for (number, level) in group.envelopes(at).into_iter().enumerate() {
            sources.0[Source::Envelope1 as usize + number] = level;
        }
        for (number, own) in group.lfos().into_iter().enumerate() {
            sources.0[Source::Lfo1 as usize + number] = if settings.lfos[number].global {
                Lanes::splat(globals[number].value().0[0])
            } else {
                own
            };
        }
        *sources.at_mut(Source::Velocity) = *velocity;
        *sources.at_mut(Source::Key) = (*key - MIDDLE_C) * (1.0 / 60.0);
        touch.sources(sources);
        for number in 0..Parameter::MACROS {
            let value = automation.value(Parameter::macro_knob(number));
            sources.0[Source::Macro1 as usize + number] = Lanes::splat(value);
        }
    }

    /// Puts the values of all voices of a group together.
    #[inline(always)]
    fn evaluate(&mut self, number: usize, automation: &Automation) {
        let Self {
            motions,
            base,
            changed,
            changes,
            matrix,
            groups,
            ..
        } = self;
        let group = &mut groups[number];
        if std::mem::take(&mut group.stale) {
            for (value, base) in group.values.iter_mut().zip(&*base) {
                *value = Lanes::splat(*base);
            }
        } else {
            for number in &changed[..*changes] {
                let number = usize::from(*number);
                group.values[number] = Lanes::splat(base[number]);
            }
        }
        let first = number * GROUP;
        let own_value = |place: usize, value: &mut Lanes| {
            for slot in ones(automation.own(place) >> first & u128::from(all::<GROUP>())) {
                value.0[slot] = automation.at(Lane::Modulation(first + slot, place));
            }
        };
        for (place, parameter) in lanes::MODULATED.into_iter().enumerate() {
            if let Some(number) = parameter.modulated_number() {
                let value = &mut group.values[number];
                // Whoever has none of its own any more is where all are.
                *value = Lanes::splat(base[number]);
                own_value(place, value);
            }
        }
        let values = &mut group.values;
        matrix.apply(&group.sources, |number, offset| {
            let mut value = Lanes::splat(base[number]);
            let parameter = Parameter::modulated_at(number);
            if let Some(place) = lanes::modulated(parameter) {
                own_value(place, &mut value);
            }
            values[number] = motions[number].moved(value, offset);
        });
    }

    #[inline(always)]
    fn value(&self, group: usize, parameter: Parameter) -> Lanes {
        // Those that cannot be moved are not asked for here.
        let number = parameter.modulated_number().unwrap_or(0);
        self.groups[group].values[number]
    }

    fn lfo_controls(
        &self,
        group: usize,
        settings: &Settings,
        moment: &Moment,
    ) -> [LfoControls<GROUP>; LFOS] {
        from_fn(|number| {
            let unmoved = Lanes::splat(self.base[lfo_number(number, LfoParameter::Rate)]);
            lfo_controls(&settings.lfos[number], moment, unmoved, |parameter| {
                self.groups[group].values[lfo_number(number, parameter)]
            })
        })
    }

    #[inline(always)]
    fn pitches_of(
        &self,
        number: usize,
        group: &VoiceGroup<GROUP>,
        moment: &Moment,
    ) -> Pitches<GROUP> {
        let touch = &self.groups[number].touch;
        let value = |parameter| self.value(number, parameter);
        let vibrato = touch.wheel() * value(Parameter::VibratoDepth) * moment.vibrato;
        let note = group.pitch() + value(Parameter::Tune) + touch.bend() + vibrato;
        Pitches {
            oscillators: from_fn(|number| {
                let of = |parameter| value(Parameter::oscillator(number, parameter));
                note + of(OscillatorParameter::Pitch) + of(OscillatorParameter::Fine)
            }),
            fm: note,
        }
    }

    #[inline(always)]
    fn controls(
        &self,
        number: usize,
        group: &VoiceGroup<GROUP>,
        moment: &Moment,
    ) -> VoiceControls<GROUP> {
        let own = &self.groups[number];
        let value = |parameter| self.value(number, parameter);
        let pitches = self.pitches_of(number, group, moment);
        let level = |number, parameter| value(Parameter::oscillator(number, parameter));
        let cutoff = value(Parameter::Cutoff)
            + value(Parameter::Keytrack) * (pitches.fm - MIDDLE_C)
            + own.touch.pressure() * PRESSURE_SEMITONES
            + own.touch.brightness() * BRIGHTNESS_SEMITONES
            + value(Parameter::FilterEnv) * own.sources.0[Source::Envelope2 as usize];
        let heard = group.fm_used() || !value(Parameter::FmLevel).all_equal(0.0);
        VoiceControls {
            oscillators: [
                self.oscillator(number, 0, &pitches),
                self.oscillator(number, 1, &pitches),
            ],
            fm: if heard {
                Some(self.fm(number, pitches.fm))
            } else {
                None
            },
            noise: NoiseControls {
                rate: hertz(value(Parameter::NoiseRate)),
            },
            mixer: [
                [
                    level(0, OscillatorParameter::Level),
                    level(0, OscillatorParameter::Pan),
                ],
                [
                    level(1, OscillatorParameter::Level),
                    level(1, OscillatorParameter::Pan),
                ],
                [value(Parameter::RingLevel), value(Parameter::RingPan)],
                [value(Parameter::FmLevel), value(Parameter::FmPan)],
                [value(Parameter::NoiseLevel), value(Parameter::NoisePan)],
            ],
            filter: LadderControls {
                cutoff,
                resonance: value(Parameter::Resonance),
                drive: value(Parameter::Drive),
            },
            filter_fm: value(Parameter::FilterFm),
            gain: own.velocity_gain * own.touch.gain() * value(Parameter::Level),
            pan: (value(Parameter::Pan) + own.touch.pan()).clamp(-1.0, 1.0),
            sends: [value(Parameter::SendDelay), value(Parameter::SendReverb)],
        }
    }

    #[inline(always)]
    fn envelopes(&self, group: usize) -> [EnvelopeControls<GROUP>; ENVELOPES] {
        [
            self.envelope(group, 0),
            self.envelope(group, 1),
            self.envelope(group, 2),
        ]
    }

    // Functions rather than closures from here on, for what is not inlined is not compiled for wide vectors.

    #[inline(always)]
    fn oscillator(
        &self,
        group: usize,
        number: usize,
        pitches: &Pitches<GROUP>,
    ) -> OscillatorControls<GROUP> {
        let of = |parameter| self.value(group, Parameter::oscillator(number, parameter));
        OscillatorControls {
            pitch: pitches.oscillators[number],
            shape: of(OscillatorParameter::Shape),
            width: of(OscillatorParameter::Width),
            detune: of(OscillatorParameter::Detune),
            spread: of(OscillatorParameter::Spread),
        }
    }

    #[inline(always)]
    fn envelope(&self, group: usize, number: usize) -> EnvelopeControls<GROUP> {
        let of = |parameter| self.value(group, Parameter::envelope(number, parameter));
        EnvelopeControls {
            delay: of(EnvelopeParameter::Delay),
            attack: of(EnvelopeParameter::Attack),
            hold: of(EnvelopeParameter::Hold),
            decay: of(EnvelopeParameter::Decay),
            sustain: of(EnvelopeParameter::Sustain),
            release: of(EnvelopeParameter::Release),
            attack_curve: of(EnvelopeParameter::AttackCurve),
            decay_curve: of(EnvelopeParameter::DecayCurve),
            release_curve: of(EnvelopeParameter::ReleaseCurve),
        }
    }

    #[inline(always)]
    fn operator(&self, group: usize, number: usize) -> OperatorControls<GROUP> {
        let of = |parameter| self.value(group, Parameter::operator(number, parameter));
        OperatorControls {
            ratio: of(OperatorParameter::Ratio),
            fixed: of(OperatorParameter::Fixed),
            detune: of(OperatorParameter::Detune),
            level: of(OperatorParameter::Level),
            feedback: of(OperatorParameter::Feedback),
            velocity: of(OperatorParameter::Velocity),
            key_level: of(OperatorParameter::KeyLevel),
            key_rate: of(OperatorParameter::KeyRate),
            rates: [
                of(OperatorParameter::Rate1),
                of(OperatorParameter::Rate2),
                of(OperatorParameter::Rate3),
                of(OperatorParameter::Rate4),
            ],
            levels: [
                of(OperatorParameter::Level1),
                of(OperatorParameter::Level2),
                of(OperatorParameter::Level3),
                of(OperatorParameter::Level4),
            ],
            output: of(OperatorParameter::Output),
        }
    }

    #[inline(always)]
    fn fm(&self, number: usize, pitch: Lanes) -> FmControls<GROUP> {
        let own = &self.groups[number];
        let mut matrix = [[Lanes::ZERO; Parameter::OPERATORS]; Parameter::OPERATORS];
        for (to, row) in matrix.iter_mut().enumerate() {
            for (from, modulator) in row.iter_mut().enumerate() {
                if from != to {
                    *modulator = self.value(number, Parameter::modulator(to, from));
                }
            }
        }
        FmControls {
            pitch,
            key: own.key,
            velocity: own.velocity,
            operators: [
                self.operator(number, 0),
                self.operator(number, 1),
                self.operator(number, 2),
                self.operator(number, 3),
                self.operator(number, 4),
                self.operator(number, 5),
            ],
            matrix,
        }
    }
}

/// What an LFO is to do; `unmoved` is its rate where no slot moves it.
#[inline(always)]
fn lfo_controls<const N: usize>(
    of: &LfoSettings,
    moment: &Moment,
    unmoved: Lanes<N>,
    value: impl Fn(LfoParameter) -> Lanes<N>,
) -> LfoControls<N> {
    let rate = value(LfoParameter::Rate);
    LfoControls {
        rate: if of.beats > 0.0 {
            // In time, unless a slot makes it faster or slower, by as much as it would one that runs free.
            ratio(rate - unmoved) * (moment.tempo / 60.0 / of.beats)
        } else {
            hertz(rate)
        },
        phase: value(LfoParameter::Phase),
        fade: value(LfoParameter::Fade),
    }
}

/// The place of an LFO's parameter among those that can be moved, as all that are asked for here can.
#[inline(always)]
fn lfo_number(lfo: usize, parameter: LfoParameter) -> usize {
    Parameter::lfo(lfo, parameter)
        .modulated_number()
        .unwrap_or(0)
}

/// What an interval in semitones does to a frequency.
#[inline(always)]
fn ratio<const N: usize>(interval: Lanes<N>) -> Lanes<N> {
    exp2(interval * (1.0 / 12.0))
}

/// The frequency of a pitch, 69 at 440 Hz.
#[inline(always)]
fn hertz<const N: usize>(pitch: Lanes<N>) -> Lanes<N> {
    ratio(pitch - 69.0) * 440.0
}
