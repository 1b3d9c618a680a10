//! Identity of a control: its index in the smoothing bank, its priority and its smoothing.
//!
//! The controls of the parameters come first, then those of the channels, then those of the voices. Each voice has its
//! own control blocks, so that an idle voice is skipped as a whole.

use std::ops::Range;

use crate::event::Expression;
use crate::parameter::{Parameter, Priority, Smoothing};
use crate::rt::{CONTROLS_PER_BLOCK, Style};
use crate::synth::{ChannelControl, VOICE_SLOTS};

/// Number of controls of a channel, some of them unused.
const PER_CHANNEL: usize = ChannelControl::ALL
    .len()
    .next_multiple_of(CONTROLS_PER_BLOCK);
const CHANNELS: usize = 16;
/// Index of the first control of the channels, after those of the parameters.
const FIRST_CHANNEL: usize = Parameter::COUNT.next_multiple_of(CONTROLS_PER_BLOCK);
const FIRST_VOICE: usize = FIRST_CHANNEL + PER_CHANNEL * CHANNELS;
/// Number of controls of a voice: its expressions, its per-note modulations, and unused ones.
const PER_VOICE: usize =
    (Expression::ALL.len() + Parameter::PER_NOTE.len()).next_multiple_of(CONTROLS_PER_BLOCK);
/// Total number of controls, of control blocks, and of words with a bit for each block.
pub(super) const COUNT: usize = FIRST_VOICE + PER_VOICE * VOICE_SLOTS;
pub(super) const BLOCKS: usize = COUNT / CONTROLS_PER_BLOCK;
pub(super) const WORDS: usize = BLOCKS.div_ceil(u128::BITS as usize);
/// Number of control blocks of the parameters, which come first.
pub(in crate::engine) const PARAMETER_BLOCKS: usize = FIRST_CHANNEL / CONTROLS_PER_BLOCK;

/// Returns the control blocks of the channels.
pub(super) fn channel_blocks() -> Range<usize> {
    PARAMETER_BLOCKS..FIRST_VOICE / CONTROLS_PER_BLOCK
}

/// Returns the control blocks of the note in `slot`.
pub(super) fn voice_blocks(slot: usize) -> Range<usize> {
    const BLOCKS: usize = PER_VOICE / CONTROLS_PER_BLOCK;
    let first = FIRST_VOICE / CONTROLS_PER_BLOCK + BLOCKS * slot;
    first..first + BLOCKS
}

const _: () = assert!(
    FIRST_VOICE.is_multiple_of(CONTROLS_PER_BLOCK) && COUNT <= u16::MAX as usize,
    "a block holds controls of one owner, and a change holds the number of a control in 16 bits"
);

/// Identity of a control in the smoothing bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum ControlId {
    /// Parameter, for all notes.
    Parameter(Parameter),
    /// Controller of a MIDI channel.
    Channel(u8, ChannelControl),
    /// Expression of the note in a slot.
    Expression(usize, Expression),
    /// Per-note modulation of a parameter for the note in a slot; the parameter is given by its number in
    /// [`Parameter::PER_NOTE`].
    Modulation(usize, usize),
}

impl ControlId {
    /// Returns the index in the bank.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Parameter(parameter) => parameter.index(),
            Self::Channel(channel, control) => {
                FIRST_CHANNEL + PER_CHANNEL * (usize::from(channel) % CHANNELS) + control as usize
            }
            Self::Expression(slot, expression) => {
                FIRST_VOICE + PER_VOICE * slot + expression as usize
            }
            Self::Modulation(slot, number) => {
                FIRST_VOICE + PER_VOICE * slot + Expression::ALL.len() + number
            }
        }
    }

    /// Returns the control at an index of the bank, or `None` for an unused one.
    pub(super) fn at(index: usize) -> Option<Self> {
        if index < FIRST_CHANNEL {
            return Parameter::at(index).map(Self::Parameter);
        }
        if index < FIRST_VOICE {
            let (channel, control) = ((index - FIRST_CHANNEL) / PER_CHANNEL, index % PER_CHANNEL);
            let control = ChannelControl::ALL.get(control)?;
            return Some(Self::Channel(channel as u8, *control));
        }
        let index = index - FIRST_VOICE;
        let (slot, number) = (index / PER_VOICE, index % PER_VOICE);
        match number.checked_sub(Expression::ALL.len()) {
            None => Some(Self::Expression(slot, Expression::ALL[number])),
            Some(number) if number < Parameter::PER_NOTE.len() => {
                Some(Self::Modulation(slot, number))
            }
            Some(_) => None,
        }
    }

    /// Returns the priority of the control's changes.
    pub(super) fn priority(self) -> Priority {
        match self {
            Self::Parameter(parameter) => parameter.spec().priority,
            Self::Modulation(_, number) => Parameter::PER_NOTE[number].spec().priority,
            Self::Channel(_, ChannelControl::Bend) | Self::Expression(_, Expression::Tuning) => {
                Priority::High
            }
            Self::Channel(..) | Self::Expression(..) => Priority::Normal,
        }
    }

    /// Returns the smoothing style and its duration in milliseconds.
    pub(super) fn smoothing(self) -> (Style, f32) {
        let parameter = match self {
            Self::Parameter(parameter) => parameter,
            // A per-note value keeps pace with the common one.
            Self::Modulation(_, number) => Parameter::PER_NOTE[number],
            // A bend wheel sends some hundred values a second, and its latency is audible.
            Self::Channel(_, ChannelControl::Bend) => return (Style::Linear, 5.0),
            // Hosts that tune notes compute glides themselves.
            Self::Expression(_, Expression::Tuning) => return (Style::Linear, 0.0),
            Self::Channel(..) | Self::Expression(..) => return (Style::Linear, 10.0),
        };
        match parameter.spec().smoothing {
            Smoothing::Ramp(style, milliseconds) => (style, milliseconds),
            Smoothing::None => (Style::Linear, 0.0),
        }
    }
}

/// Iterates over the controls of the note in `slot`.
pub(super) fn voice_controls(slot: usize) -> impl Iterator<Item = ControlId> {
    let expressions = Expression::ALL.map(|expression| ControlId::Expression(slot, expression));
    let modulations =
        (0..Parameter::PER_NOTE.len()).map(move |number| ControlId::Modulation(slot, number));
    expressions.into_iter().chain(modulations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_is_found_at_its_index_and_only_there() {
        let mut found = 0;
        for index in 0..COUNT {
            if let Some(id) = ControlId::at(index) {
                assert_eq!(id.index(), index, "{id:?}");
                found += 1;
            }
        }
        let per_voice = Expression::ALL.len() + Parameter::PER_NOTE.len();
        let expected = Parameter::COUNT + 16 * ChannelControl::ALL.len() + VOICE_SLOTS * per_voice;
        assert_eq!(found, expected);
        assert!((0..VOICE_SLOTS).all(|slot| voice_controls(slot).count() == per_voice));
    }

    #[test]
    fn exactly_the_parameters_that_say_so_can_be_modulated_per_note() {
        for parameter in Parameter::all() {
            let found = parameter
                .per_note_number()
                .map(|number| Parameter::PER_NOTE[number]);
            let per_note = parameter.spec().per_note();
            assert_eq!(found, per_note.then_some(parameter), "{parameter:?}");
        }
    }
}
