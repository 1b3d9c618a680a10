//! Modulation matrix: routes from sources to destinations, and their amounts.

use std::array::from_fn;

use crate::parameter::{MatrixParameter, OscillatorParameter, Parameter, Range, Unit};
use crate::synth::f32s::{F32s, Mask, exp2};
use crate::synth::{ENVELOPES, Pitches};

/// Sources of the matrix, in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// No source.
    None,
    /// Envelope 1, 0 to 1.
    Envelope1,
    /// Envelope 2, 0 to 1.
    Envelope2,
    /// Envelope 3, 0 to 1.
    Envelope3,
    /// LFO 1, −1 to 1.
    Lfo1,
    /// LFO 2, −1 to 1.
    Lfo2,
    /// LFO 3, −1 to 1.
    Lfo3,
    /// Velocity of the note, 0 to 1.
    Velocity,
    /// Octaves from middle C, divided by five, −1 to about 1.
    Key,
    /// Pressure of channel, MPE master and note together, 0 to 1.
    Pressure,
    /// Brightness relative to its neutral value, −1 to 1.
    Timbre,
    /// Bend wheel, −1 to 1.
    Bend,
    /// Modulation wheel, 0 to 1.
    ModWheel,
    /// Random value of each note, −1 to 1.
    Random,
    /// Volume expression of the note, minus 1: 0 when neutral, 3 at four times the gain.
    NoteVolume,
    /// Pan expression of the note, −1 to 1.
    NotePan,
    /// Tuning expression of the note, in octaves.
    NoteTuning,
    /// Vibrato expression of the note, 0 to 1.
    NoteVibrato,
    /// Expression of the note, 0 to 1.
    NoteExpression,
    /// First of the eight macro knobs, 0 to 1.
    Macro1,
    /// Constant 1; its number follows the eight macros.
    Constant = Self::Macro1 as isize + Parameter::MACROS as isize,
    /// Breath controller of channel and MPE master together, 0 to 1.
    Breath,
    /// Foot controller of channel and MPE master together, 0 to 1.
    Foot,
    /// Expression controller of channel times that of the MPE master, 0 to 1; 1 when neutral.
    Expression,
    /// Velocity with which the key was released, 0 to 1; 0 until then.
    ReleaseVelocity,
    /// First of the controllers whose numbers are parameters, of channel and MPE master together, 0 to 1.
    ControllerA,
    /// The second one.
    ControllerB,
    /// The third one.
    ControllerC,
    /// The fourth one.
    ControllerD,
}

/// Number of sources, including none.
pub const SOURCES: usize = Source::ControllerD as usize + 1;

/// Values of all sources for each of `N` voices.
#[derive(Clone, Debug)]
pub(super) struct Sources<const N: usize>(pub(super) [F32s<N>; SOURCES]);

impl<const N: usize> Default for Sources<N> {
    fn default() -> Self {
        let mut sources = Self([F32s::ZERO; SOURCES]);
        *sources.at_mut(Source::Constant) = F32s::splat(1.0);
        sources
    }
}

impl<const N: usize> Sources<N> {
    /// Restores the values `before` in these lanes.
    #[inline(always)]
    pub(super) fn keep(&mut self, before: &Self, lanes: Mask) {
        for (source, before) in self.0.iter_mut().zip(&before.0) {
            *source = source.blend(*before, lanes);
        }
    }

    pub(super) fn at_mut(&mut self, source: Source) -> &mut F32s<N> {
        &mut self.0[source as usize]
    }
}

/// Number of pitched sound sources: oscillators A and B, and the operators.
const PITCHES: usize = Parameter::OSCILLATORS + 1;

/// Matrix slot in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Route {
    slot: usize,
    source: usize,
    /// Second source; 0 for none.
    via: usize,
    /// Number of the destination.
    destination: usize,
}

/// Slots in use, sorted by destination.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Matrix {
    routes: [Route; Parameter::MATRIX_SLOTS],
    count: usize,
    amounts: [f32; Parameter::MATRIX_SLOTS],
    /// Range in semitones of each slot's destination, for the pitches of oscillators A and B and of the operators; 0
    /// unless the slot applies an envelope to a pitch.
    pitched: [[f32; PITCHES]; Parameter::MATRIX_SLOTS],
    /// True if any slot applies an envelope to a pitch.
    curvatures: bool,
}

impl Matrix {
    /// Reads the matrix from the parameters; `value` returns their values.
    pub(super) fn read(value: impl Fn(Parameter) -> f32) -> Self {
        let mut matrix = Self::default();
        for slot in 0..Parameter::MATRIX_SLOTS {
            let of = |parameter| value(Parameter::matrix_slot(slot, parameter));
            let (source, destination) = (
                of(MatrixParameter::Source),
                of(MatrixParameter::Destination),
            );
            if source >= 1.0 && destination >= 1.0 {
                matrix.routes[matrix.count] = Route {
                    slot,
                    source: (source as usize).min(SOURCES - 1),
                    via: (of(MatrixParameter::Via) as usize).min(SOURCES - 1),
                    destination: (destination as usize - 1).min(Parameter::DESTINATIONS - 1),
                };
                matrix.pitched[slot] = pitched(&matrix.routes[matrix.count]);
                matrix.curvatures |= matrix.pitched[slot] != [0.0; PITCHES];
                matrix.count += 1;
                matrix.amounts[slot] = of(MatrixParameter::Amount);
            }
        }
        matrix.routes[..matrix.count].sort_unstable_by_key(|route| (route.destination, route.slot));
        matrix
    }

    /// Returns true if the routes are the same, whatever their amounts.
    pub(super) fn same_routes(&self, other: &Self) -> bool {
        (self.count, self.routes) == (other.count, other.routes)
    }

    /// Returns true if a slot moves `destination`.
    pub(super) fn moves(&self, destination: Parameter) -> bool {
        let number = destination.destination_index();
        let routes = &self.routes[..self.count];
        routes.iter().any(|route| Some(route.destination) == number)
    }

    /// Returns true if a slot reads the source of this number.
    pub(super) fn reads(&self, source: usize) -> bool {
        let routes = &self.routes[..self.count];
        routes
            .iter()
            .any(|route| route.source == source || route.via == source)
    }

    /// Iterates over the routes, by destination.
    #[inline(always)]
    pub(super) fn by_destination(&self) -> impl Iterator<Item = &[Route]> {
        self.routes[..self.count].chunk_by(|a, b| a.destination == b.destination)
    }

    /// Returns the destination that `routes` move, and its offset as a fraction of its range.
    #[inline(always)]
    pub(super) fn offset<const N: usize>(
        &self,
        routes: &[Route],
        sources: &Sources<N>,
    ) -> (usize, F32s<N>) {
        let offset = routes.iter().fold(F32s::ZERO, |sum, route| {
            sum + self.contribution(route, sources)
        });
        (routes[0].destination, offset)
    }

    /// Returns true if an envelope moves a pitch, so that the pitch does not follow a straight line within a tick.
    #[inline(always)]
    pub(super) fn curves_pitch(&self) -> bool {
        self.curvatures
    }

    /// Returns the deviation of the pitches in semitones from the straight line between the sources `before` and
    /// `after`, at the fraction `part` of the tick, where the envelopes are at `envelopes`.
    #[inline(always)]
    pub(super) fn curvature<const N: usize>(
        &self,
        before: &Sources<N>,
        after: &Sources<N>,
        envelopes: &[F32s<N>; ENVELOPES],
        part: f32,
    ) -> Pitches<N> {
        let mut curvatures = Pitches::default();
        let mut there = before.clone();
        for (there, after) in there.0.iter_mut().zip(&after.0) {
            *there += (*after - *there) * part;
        }
        let first = Source::Envelope1 as usize;
        there.0[first..first + ENVELOPES].copy_from_slice(envelopes);
        for route in &self.routes[..self.count] {
            let spans = self.pitched[route.slot];
            if spans == [0.0; PITCHES] {
                continue;
            }
            let [from, there, to] =
                [before, &there, after].map(|sources| self.contribution(route, sources));
            let beside = there - from - (to - from) * part;
            let [a, b] = &mut curvatures.oscillators;
            for (curvature, span) in [a, b, &mut curvatures.fm].into_iter().zip(spans) {
                *curvature += beside * span;
            }
        }
        curvatures
    }

    /// Returns the contribution of each slot to its destination for the voice in `lane`.
    pub(super) fn contributions<const N: usize>(
        &self,
        sources: &Sources<N>,
        lane: usize,
    ) -> [f32; Parameter::MATRIX_SLOTS] {
        let mut slots = [0.0; Parameter::MATRIX_SLOTS];
        for route in &self.routes[..self.count] {
            slots[route.slot] = self.contribution(route, sources).0[lane];
        }
        slots
    }

    #[inline(always)]
    fn contribution<const N: usize>(&self, route: &Route, sources: &Sources<N>) -> F32s<N> {
        let amount = sources.0[route.source] * self.amounts[route.slot];
        if route.via == 0 {
            amount
        } else {
            amount * sources.0[route.via]
        }
    }
}

/// Returns the range of a route's destination in semitones, for the pitches of oscillators A and B and of the
/// operators; 0 unless the route applies an envelope to a pitch.
fn pitched(route: &Route) -> [f32; PITCHES] {
    let envelope =
        |source: usize| (Source::Envelope1 as usize..=Source::Envelope3 as usize).contains(&source);
    if !envelope(route.source) && !envelope(route.via) {
        return [0.0; PITCHES];
    }
    let parameter = Parameter::destination_at(route.destination);
    let (first, last) = parameter.spec().range.ends();
    let span = parameter.engine_value(last) - parameter.engine_value(first);
    let of = |number| {
        [OscillatorParameter::Pitch, OscillatorParameter::Fine]
            .map(|parameter| Parameter::oscillator(number, parameter))
            .contains(&parameter)
    };
    let all = parameter == Parameter::Tune;
    [of(0) || all, of(1) || all, all].map(|moves| if moves { span } else { 0.0 })
}

/// Law by which the matrix moves a parameter, in the engine's unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Motion {
    /// Adds a fraction of the range.
    Even { least: f32, most: f32 },
    /// Adds a fraction of the range to the fourth root, as a knob does.
    Skewed { least: f32, most: f32 },
    /// Multiplies, so that equal offsets give equal ratios.
    Ratios {
        least: f32,
        most: f32,
        /// Octaves between the ends of the range.
        octaves: f32,
    },
}

impl Motion {
    /// Returns the motion of each destination.
    pub(super) fn all() -> [Self; Parameter::DESTINATIONS] {
        let mut parameters = Parameter::destinations();
        from_fn(|_| {
            parameters.next().map_or(
                Self::Even {
                    least: 0.0,
                    most: 0.0,
                },
                Self::of,
            )
        })
    }

    fn of(parameter: Parameter) -> Self {
        let spec = parameter.spec();
        let (first, last) = spec.range.ends();
        let (least, most) = (parameter.engine_value(first), parameter.engine_value(last));
        match (spec.unit, spec.range) {
            (Unit::Decibels, _) => Self::Ratios {
                least,
                most,
                octaves: (most / least).log2(),
            },
            // Frequencies are pitches in the engine's unit.
            (Unit::Hertz, _) => Self::Even { least, most },
            (_, Range::Skewed { .. }) => Self::Skewed { least, most },
            _ => Self::Even { least, most },
        }
    }

    /// Returns `value`, moved by the fraction `offset` of the range and clamped to it.
    #[inline(always)]
    pub(super) fn moved<const N: usize>(self, value: F32s<N>, offset: F32s<N>) -> F32s<N> {
        match self {
            Self::Even { least, most } => (value + offset * (most - least)).clamp(least, most),
            Self::Skewed { least, most } => {
                let span = most - least;
                let place =
                    ((value - least) * (1.0 / span)).map(|part| part.max(0.0).sqrt().sqrt());
                let place = (place + offset).clamp(0.0, 1.0);
                let square = place * place;
                square * square * span + least
            }
            Self::Ratios {
                least,
                most,
                octaves,
            } => (value * exp2(offset * octaves)).clamp(least, most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::Patch;

    fn read(slots: &[(usize, Source, Source, Parameter, f32)]) -> Matrix {
        let mut patch = Patch::default();
        for (slot, source, via, destination, amount) in slots {
            let number = destination.destination_index().unwrap();
            for (parameter, value) in [
                (MatrixParameter::Source, *source as usize as f32),
                (MatrixParameter::Via, *via as usize as f32),
                (MatrixParameter::Destination, number as f32 + 1.0),
                (MatrixParameter::Amount, *amount),
            ] {
                patch.set(Parameter::matrix_slot(*slot, parameter), value);
            }
        }
        Matrix::read(|parameter| patch.get(parameter))
    }

    #[test]
    fn names_and_numbers_of_sources_agree() {
        let Unit::Choice(names) = Parameter::matrix_slot(0, MatrixParameter::Source)
            .spec()
            .unit
        else {
            panic!("sources have names");
        };
        assert_eq!(names.len(), SOURCES);
        for (source, name) in [
            (Source::None, "None"),
            (Source::Envelope3, "Env 3"),
            (Source::Lfo1, "LFO 1"),
            (Source::Timbre, "Timbre"),
            (Source::Random, "Random"),
            (Source::NoteExpression, "Note Expression"),
            (Source::Macro1, "Macro 1"),
            (Source::Constant, "Constant"),
            (Source::Expression, "Expression"),
            (Source::ReleaseVelocity, "Release Velocity"),
        ] {
            assert_eq!(names[source as usize], name);
        }
    }

    #[test]
    fn slots_of_one_destination_add_up_and_via_multiplies() {
        let matrix = read(&[
            (3, Source::Velocity, Source::None, Parameter::Cutoff, 0.5),
            (0, Source::Lfo1, Source::ModWheel, Parameter::Cutoff, 1.0),
            (7, Source::Constant, Source::None, Parameter::Pan, -0.25),
            (8, Source::None, Source::None, Parameter::Pan, 1.0),
        ]);
        let mut sources = Sources::<2>::default();
        *sources.at_mut(Source::Velocity) = F32s([1.0, 0.5]);
        *sources.at_mut(Source::Lfo1) = F32s([-1.0, 1.0]);
        *sources.at_mut(Source::ModWheel) = F32s([0.5, 0.0]);
        let routes = matrix.by_destination();
        let mut moved: Vec<_> = routes.map(|of| matrix.offset(of, &sources)).collect();
        let number = |parameter: Parameter| parameter.destination_index().unwrap();
        moved.sort_by_key(|(number, _)| *number);
        let mut want = [
            (number(Parameter::Cutoff), F32s([0.0, 0.25])),
            (number(Parameter::Pan), F32s([-0.25, -0.25])),
        ];
        want.sort_by_key(|(number, _)| *number);
        assert_eq!(moved, want);
        let slots = matrix.contributions(&sources, 0);
        assert_eq!(
            (slots[0], slots[3], slots[7], slots[8]),
            (-0.5, 0.5, -0.25, 0.0)
        );
    }

    #[test]
    fn whatever_moves_a_parameter_it_stays_in_its_range() {
        for (parameter, motion) in Parameter::destinations().zip(Motion::all()) {
            let (first, last) = parameter.spec().range.ends();
            let (least, most) = (parameter.engine_value(first), parameter.engine_value(last));
            let middle = parameter.engine_value(parameter.spec().range.plain(0.5));
            let offsets = F32s([-1e9, -1.0, -0.1, 0.0, 0.1, 1.0, 1e9, f32::NAN]);
            let moved = motion.moved(F32s::splat(middle), offsets);
            let slack = (most - least).abs() * 1e-5;
            assert!(
                moved
                    .0
                    .iter()
                    .all(|value| (least - slack..=most + slack).contains(value)),
                "{parameter:?}: {moved:?}"
            );
            assert!((moved.0[3] - middle).abs() <= slack, "{parameter:?}");
            assert!(moved.0[2] < moved.0[4], "{parameter:?}");
        }
    }
}
