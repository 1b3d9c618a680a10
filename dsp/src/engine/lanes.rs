//! Who has which lane of the smoothing bank: the parameters first, then the channels, then the voices, one
//! chunk each, so that a voice at rest is skipped as a whole.

use std::ops::Range;

use crate::event::Expression;
use crate::parameter::Parameter;
use crate::rt::LANES;
use crate::synth::{AMOUNTS, ChannelControl, SLOTS};

/// Lanes of a channel, of which the last rests.
const PER_CHANNEL: usize = 8;
const CHANNELS: usize = 16;
/// Lanes of the parameters end here.
const FIRST_CHANNEL: usize = Parameter::COUNT.next_multiple_of(LANES);
const FIRST_VOICE: usize = FIRST_CHANNEL + PER_CHANNEL * CHANNELS;
/// Lanes in all, and chunks of them.
pub(super) const COUNT: usize = FIRST_VOICE + LANES * SLOTS;
pub(super) const CHUNKS: usize = COUNT / LANES;
/// Those of the parameters, which come first.
pub(super) const PARAMETER_CHUNKS: usize = FIRST_CHANNEL / LANES;

/// The chunks of the channels.
pub(super) fn chunks_of_channels() -> Range<usize> {
    PARAMETER_CHUNKS..FIRST_VOICE / LANES
}

/// The chunk of the note in `slot`.
pub(super) fn chunk_of_voice(slot: usize) -> usize {
    FIRST_VOICE / LANES + slot
}

/// Parameters that every note can have its own modulation of.
pub(super) const MODULATED: [Parameter; AMOUNTS] = [
    Parameter::Tune,
    Parameter::VibratoDepth,
    Parameter::Cutoff,
    Parameter::Resonance,
    Parameter::Drive,
    Parameter::Keytrack,
    Parameter::FilterEnv,
    Parameter::Sustain,
];

/// The number of `parameter` in [`MODULATED`], if it is there.
pub(super) fn modulated(parameter: Parameter) -> Option<usize> {
    MODULATED.iter().position(|other| *other == parameter)
}

const _: () = assert!(
    CHUNKS <= u128::BITS as usize
        && COUNT.is_multiple_of(LANES)
        && Expression::ALL.len() + MODULATED.len() <= LANES,
    "the bank has no room for so many lanes"
);

/// What a lane moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// A parameter, for all.
    Parameter(Parameter),
    /// A control of a MIDI channel.
    Channel(u8, ChannelControl),
    /// An expression of the note in a slot.
    Expression(usize, Expression),
    /// A parameter for the note in a slot, where that has its own modulation of it: its number in
    /// [`MODULATED`].
    Modulation(usize, usize),
}

impl Lane {
    /// Its place in the bank.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Parameter(parameter) => parameter.index(),
            Self::Channel(channel, control) => {
                FIRST_CHANNEL + PER_CHANNEL * (usize::from(channel) % CHANNELS) + control as usize
            }
            Self::Expression(slot, expression) => FIRST_VOICE + LANES * slot + expression as usize,
            Self::Modulation(slot, number) => {
                FIRST_VOICE + LANES * slot + Expression::ALL.len() + number
            }
        }
    }

    /// What is at a place in the bank, if anything is.
    pub(super) fn at(index: usize) -> Option<Self> {
        if index < FIRST_CHANNEL {
            return Parameter::at(index).map(Self::Parameter);
        }
        if index < FIRST_VOICE {
            let (channel, control) = ((index - FIRST_CHANNEL) / PER_CHANNEL, index % PER_CHANNEL);
            let control = ChannelControl::ALL.get(control)?;
            return Some(Self::Channel(channel as u8, *control));
        }
        let (slot, number) = ((index - FIRST_VOICE) / LANES, index % LANES);
        match number.checked_sub(Expression::ALL.len()) {
            None => Some(Self::Expression(slot, Expression::ALL[number])),
            Some(number) if number < MODULATED.len() => Some(Self::Modulation(slot, number)),
            Some(_) => None,
        }
    }
}

/// The lanes of the note in `slot`.
pub(super) fn of_voice(slot: usize) -> impl Iterator<Item = Lane> {
    let expressions = Expression::ALL.map(|expression| Lane::Expression(slot, expression));
    let modulations = (0..MODULATED.len()).map(move |number| Lane::Modulation(slot, number));
    expressions.into_iter().chain(modulations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_found_at_its_place_and_only_there() {
        let mut found = 0;
        for index in 0..COUNT {
            if let Some(lane) = Lane::at(index) {
                assert_eq!(lane.index(), index, "{lane:?}");
                found += 1;
            }
        }
        let expected = Parameter::COUNT + 16 * ChannelControl::ALL.len() + SLOTS * 15;
        assert_eq!(found, expected);
        assert!((0..SLOTS).all(|slot| of_voice(slot).count() == 15));
    }

    #[test]
    fn exactly_the_parameters_that_say_so_can_be_modulated_per_note() {
        let said: Vec<_> = Parameter::all()
            .filter(|parameter| parameter.spec().per_note())
            .collect();
        assert_eq!(said, MODULATED);
    }
}
