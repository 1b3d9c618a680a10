//! Controllers of a host block that are assigned to parameters: each becomes a change of its parameters at the same
//! sample, and does not reach the engine. Program changes are noted for the main thread.

use tidepool_dsp::parameter::Range;
use tidepool_dsp::{EventKind, Parameter};

use super::host_events::{ParameterChange, steps};
use crate::midi_map::{ActiveMidiMap, Controller, ControllerSet, MidiTable};
use crate::presets::programs::Program;
use crate::program_change::ProgramChange;

/// First controllers of pairs; the second one of each is so many above it.
const PAIRS: usize = 32;
/// Controllers that only select or step registered parameters. "Learn MIDI" does not hear them, because keyboards send
/// them by themselves when they are switched on.
const UNHEARD: std::ops::RangeInclusive<u8> = 96..=101;

/// Controllers of a channel: the positions of the first controllers of pairs, and the bank.
#[derive(Clone, Copy, Debug)]
struct Channel {
    /// Value of the first controller of each pair; `None` before the first one.
    coarse: [Option<u8>; PAIRS],
    /// Controller of the last message.
    last: u8,
    /// Bank that is selected, 0 to 16,383.
    bank: u16,
}

/// No controller.
const NO_CONTROLLER: u8 = u8::MAX;

impl Default for Channel {
    fn default() -> Self {
        Self {
            coarse: [None; PAIRS],
            last: NO_CONTROLLER,
            bank: 0,
        }
    }
}

/// Translation of controllers to parameters. `[audio]`
#[derive(Debug, Default)]
pub(super) struct ControllerInput {
    table: MidiTable,
    channels: [Channel; 16],
    /// Controller that was moved last.
    heard: Option<Controller>,
    /// Program that was selected last.
    program: Option<Program>,
}

impl ControllerInput {
    /// Takes over new assignments, if there are any. `[audio]`
    pub(super) fn follow(&mut self, map: &ActiveMidiMap) {
        if let Some(table) = map.take() {
            self.table = table;
        }
    }

    /// Forgets the positions of all controllers. The selected banks stay. `[audio]`
    pub(super) fn reset(&mut self) {
        for channel in &mut self.channels {
            *channel = Channel {
                bank: channel.bank,
                ..Channel::default()
            };
        }
    }

    /// Returns the controllers that are assigned to parameters. `[audio]`
    pub(super) fn assigned(&self) -> ControllerSet {
        self.table.assigned()
    }

    /// Reports the controller that was moved last and the program that was selected last. Returns true if the main thread
    /// has to be called. `[audio]`
    pub(super) fn report(&mut self, map: &ActiveMidiMap, change: &ProgramChange) -> bool {
        if let Some(heard) = self.heard.take() {
            map.report(heard);
        }
        (self.program.take()).is_some_and(|program| change.select(program))
    }

    /// Notes a program change. `[audio]`
    pub(super) fn select(&mut self, channel: u8, number: u8) {
        let bank = self.channels[usize::from(channel & 15)].bank;
        self.program = Some(Program { bank, number });
    }

    /// Notes which controller `event` moves, for "Learn MIDI", and which bank it selects. `[audio]`
    pub(super) fn hear(&mut self, event: &EventKind) {
        let heard = match *event {
            EventKind::ChannelPressure { .. } => Some(Controller::Pressure),
            EventKind::Controller {
                channel,
                number,
                value,
            } => {
                let channel = &mut self.channels[usize::from(channel & 15)];
                let bits = (value * 127.0).round() as u16;
                match number {
                    0 => channel.bank = channel.bank & 127 | bits << 7,
                    32 => channel.bank = channel.bank & !127 | bits,
                    _ => {}
                }
                let before = std::mem::replace(&mut channel.last, number);
                // A controller with 14 bits sends both of its pair one after the other.
                let is_second =
                    usize::from(number) >= PAIRS && Some(before) == number.checked_sub(PAIRS as u8);
                match is_second {
                    true => Controller::pair(before),
                    false => Controller::cc(number).filter(|_| !UNHEARD.contains(&number)),
                }
            }
            _ => None,
        };
        self.heard = heard.or(self.heard);
    }

    /// Calls `change` with the new value of every parameter that the controller in `event` is assigned to; in bounded time.
    /// `[audio]`
    pub(super) fn changes(&mut self, event: &EventKind, mut change: impl FnMut(ParameterChange)) {
        let (controller, position) = match *event {
            EventKind::ChannelPressure { value, .. } => (Controller::Pressure, value),
            EventKind::Controller {
                channel,
                number,
                value,
            } => {
                self.pair(channel, number, value, &mut change);
                (Controller::Cc(number), value)
            }
            _ => return,
        };
        each(&self.table, controller, position, change);
    }

    /// Handles a controller as a part of its pair. The second one adds the lower 7 bits. The first one alone counts like a
    /// controller with 7 bits, so that it reaches both ends; sent again with the same value, it changes nothing.
    fn pair(
        &mut self,
        channel: u8,
        number: u8,
        value: f32,
        change: &mut impl FnMut(ParameterChange),
    ) {
        let place = usize::from(number) % PAIRS;
        let bits = (value * 127.0).round() as u8;
        let coarse = &mut self.channels[usize::from(channel & 15)].coarse[place];
        let position = match usize::from(number) / PAIRS {
            0 if *coarse == Some(bits) => return,
            0 => {
                *coarse = Some(bits);
                value
            }
            1 => (f32::from(coarse.unwrap_or(0)) * 128.0 + f32::from(bits)) / 16_383.0,
            _ => return,
        };
        each(&self.table, Controller::Pair(place as u8), position, change);
    }
}

/// Calls `change` with the value of every parameter that `controller` moves.
fn each(
    table: &MidiTable,
    controller: Controller,
    position: f32,
    mut change: impl FnMut(ParameterChange),
) {
    for assignment in table.of(controller) {
        let parameter = assignment.parameter;
        change(ParameterChange {
            parameter,
            modulation: false,
            from_midi: true,
            value: clap_value(parameter, assignment.at(position.clamp(0.0, 1.0))),
        });
    }
}

/// Returns the value in CLAP's range at a fraction of the range of `parameter`.
fn clap_value(parameter: Parameter, fraction: f32) -> f64 {
    let value = f64::from(fraction) * steps(parameter);
    match parameter.spec().range {
        Range::Whole { .. } => value.round(),
        Range::Linear { .. } | Range::Skewed { .. } => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::midi_map::{Assignment, MidiMap};

    fn input(assignments: &[Assignment]) -> (ControllerInput, ActiveMidiMap) {
        let mut map = MidiMap::default();
        for assignment in assignments {
            map.assign(*assignment).unwrap();
        }
        let active = ActiveMidiMap::default();
        active.replace(map);
        let mut input = ControllerInput::default();
        input.follow(&active);
        (input, active)
    }

    fn controller(number: u8, value: u8) -> EventKind {
        EventKind::Controller {
            channel: 3,
            number,
            value: f32::from(value) / 127.0,
        }
    }

    fn changes(input: &mut ControllerInput, event: EventKind) -> Vec<(Parameter, f64)> {
        let mut changes = Vec::new();
        input.changes(&event, |it| changes.push((it.parameter, it.value)));
        changes
    }

    #[test]
    fn a_controller_moves_all_its_parameters_within_their_ranges() {
        let mut inverse = Assignment::new(Parameter::Volume, Controller::Cc(7));
        (inverse.from, inverse.to) = (1.0, 0.5);
        let choice = Assignment::new(Parameter::FilterMode, Controller::Cc(7));
        let (mut input, _) = input(&[
            Assignment::new(Parameter::Cutoff, Controller::Cc(74)),
            inverse,
            choice,
        ]);
        assert_eq!(changes(&mut input, controller(1, 64)), []);
        assert_eq!(
            changes(&mut input, controller(74, 127)),
            [(Parameter::Cutoff, 1.0)]
        );
        let both = |volume, mode| [(Parameter::Volume, volume), (Parameter::FilterMode, mode)];
        let most = steps(Parameter::FilterMode);
        assert_eq!(changes(&mut input, controller(7, 0)), both(1.0, 0.0));
        assert_eq!(changes(&mut input, controller(7, 127)), both(0.5, most));
        let middle = changes(&mut input, controller(7, 64))[1].1;
        assert_eq!(middle.fract(), 0.0, "a choice is a whole number");
    }

    #[test]
    fn a_pair_has_fourteen_bits_and_its_first_controller_reaches_both_ends() {
        let assignment = Assignment::new(Parameter::Cutoff, Controller::Pair(1));
        let (mut input, _) = input(&[assignment]);
        let mut moved = |number, value| {
            let changes = changes(&mut input, controller(number, value));
            changes.first().map(|&(_, value)| value)
        };
        assert_eq!(moved(1, 127), Some(1.0));
        assert_eq!(moved(33, 127), Some(1.0));
        assert_eq!(moved(1, 0), Some(0.0));
        assert_eq!(moved(33, 0), Some(0.0));
        let value = moved(1, 64).unwrap();
        assert!((value - 64.0 / 127.0).abs() < 1e-6);
        let value = moved(33, 5).unwrap();
        assert!((value - (64.0 * 128.0 + 5.0) / 16_383.0).abs() < 1e-6);
        assert_eq!(moved(1, 64), None, "the first one alone says nothing new");
        assert_eq!(
            (moved(2, 3), moved(65, 3), moved(97, 3)),
            (None, None, None)
        );
    }

    #[test]
    fn a_program_is_one_of_the_bank_that_its_channel_has_selected() {
        let (mut input, active) = input(&[]);
        let change = ProgramChange::default();
        let mut select = |events: &[EventKind], channel| {
            events.iter().for_each(|event| input.hear(event));
            input.select(channel, 5);
            assert!(input.report(&active, &change));
            change.take().map(|program| (program.bank, program.number))
        };
        assert_eq!(select(&[], 3), Some((0, 5)));
        let bank = [controller(0, 2), controller(32, 127)];
        assert_eq!(select(&bank, 3), Some((2 * 128 + 127, 5)));
        assert_eq!(select(&[controller(32, 1)], 3), Some((2 * 128 + 1, 5)));
        assert_eq!(select(&[], 4), Some((0, 5)), "another channel");
        assert!(!input.report(&active, &change), "it is reported once");
    }

    #[test]
    fn learning_hears_single_controllers_and_pairs_but_no_selection_of_parameters() {
        let (mut input, active) = input(&[]);
        let mut hear = |event: EventKind| {
            input.hear(&event);
            input.report(&active, &ProgramChange::default());
            active.take_heard()
        };
        assert_eq!(hear(controller(74, 5)), Some(Controller::Cc(74)));
        assert_eq!(hear(controller(2, 5)), Some(Controller::Cc(2)));
        assert_eq!(hear(controller(34, 5)), Some(Controller::Pair(2)));
        assert_eq!(hear(controller(34, 6)), Some(Controller::Cc(34)));
        for unheard in [96, 98, 99, 100, 101, 120, 123, 127] {
            assert_eq!(hear(controller(unheard, 0)), None, "{unheard}");
        }
        let pressure = EventKind::ChannelPressure {
            channel: 0,
            value: 0.5,
        };
        assert_eq!(hear(pressure), Some(Controller::Pressure));
        assert_eq!(
            hear(EventKind::Bend {
                channel: 0,
                value: 0.5
            }),
            None
        );
    }
}
