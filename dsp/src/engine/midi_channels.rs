//! State of the MIDI channels: the MPE zones, pedals, bend ranges, registered parameters, and the numbers of controllers.

use std::array::from_fn;

use super::control_bank::ControlBank;
use crate::parameter::Parameter;
use crate::synth::{ChannelControl, Rpn, RpnChange, Zones};

/// Number of MIDI channels.
const CHANNELS: usize = 16;

/// Bend ranges in semitones after an MPE Configuration Message: of the master and of the members.
const MPE_BEND_RANGES: [u8; 2] = [2, 48];

/// Position that never occurs.
const NEVER: u64 = u64::MAX;

/// State of the MIDI channels. `[audio]`
#[derive(Clone, Debug)]
pub(super) struct MidiChannels {
    /// Zones in force: those of the parameters, or those that messages have configured since.
    zones: Zones,
    /// Zone of the parameters.
    selected: Zones,
    /// Bend ranges in semitones: of the wheel and of MPE members.
    bend_ranges: [f32; 2],
    /// Numbers of the controllers that are sources A to D; `None` after a reset, which has put them at rest.
    numbers: Option<[u8; Parameter::CONTROLLERS]>,
    /// Registered parameters of each channel.
    registered: [Rpn; CHANNELS],
    /// True for each channel whose sustain pedal is down, and whose sostenuto pedal is.
    sustain: [bool; CHANNELS],
    sostenuto: [bool; CHANNELS],
    /// Position at which each channel's silence last ended.
    silence_ended: [u64; CHANNELS],
}

impl Default for MidiChannels {
    fn default() -> Self {
        Self {
            zones: Zones::off(),
            selected: Zones::off(),
            bend_ranges: [0.0; 2],
            numbers: None,
            registered: [Rpn::default(); CHANNELS],
            sustain: [false; CHANNELS],
            sostenuto: [false; CHANNELS],
            silence_ended: [NEVER; CHANNELS],
        }
    }
}

impl MidiChannels {
    /// Lifts the pedals of all channels.
    pub(super) fn lift_pedals(&mut self) {
        self.sustain = [false; CHANNELS];
        self.sostenuto = [false; CHANNELS];
    }

    /// Reads zone and bend ranges. Returns true if they have changed. A changed zone replaces the zones that messages
    /// have configured. Ranges that were received by channels are discarded where the parameter of their range has
    /// changed, and everywhere if the zone has.
    pub(super) fn read(&mut self, bank: &ControlBank) -> bool {
        let members = bank.value(Parameter::MpeChannels) as u8;
        let selected = match bank.value(Parameter::MpeZone) as u8 {
            0 => Zones::off(),
            1 => Zones::lower(members),
            _ => Zones::upper(members),
        };
        let ranges = [Parameter::BendRange, Parameter::MpeBendRange];
        let ranges = ranges.map(|parameter| bank.value(parameter));
        let [wheel, members] = [0, 1].map(|of| ranges[of] != self.bend_ranges[of]);
        let other_zone = selected != self.selected;
        if other_zone {
            (self.selected, self.zones) = (selected, selected);
        }
        for (channel, registered) in (0..).zip(&mut self.registered) {
            let moved = match self.zones.master_of(channel) {
                Some(_) => members,
                None => wheel,
            };
            if moved || other_zone {
                registered.forget_range();
            }
        }
        self.bend_ranges = ranges;
        wheel | members | other_zone
    }

    /// Reads the numbers of the controllers. Returns those that have another number from now on.
    pub(super) fn read_numbers(
        &mut self,
        bank: &ControlBank,
    ) -> impl Iterator<Item = ChannelControl> + use<> {
        let numbers = from_fn(|source| bank.value(Parameter::controller(source)) as u8);
        let before = self.numbers.replace(numbers).unwrap_or(numbers);
        let moved = (0..).zip(ChannelControl::NUMBERED);
        moved.filter_map(move |(source, control)| {
            (numbers[source] != before[source]).then_some(control)
        })
    }

    /// Iterates over the controls that the controller `number` sets beside its own effect.
    pub(super) fn numbered(&self, number: u8) -> impl Iterator<Item = ChannelControl> + use<> {
        let numbers = self.numbers.into_iter().flatten();
        let controls = numbers.zip(ChannelControl::NUMBERED);
        controls.filter_map(move |(own, control)| (own == number).then_some(control))
    }

    /// Iterates over the channels that one of the sources A to D reaches from `channel`: that channel alone, if it is a
    /// member of an MPE zone, and otherwise all that are none, because a knob may send on any channel.
    pub(super) fn of_numbered(&self, channel: u8) -> impl Iterator<Item = u8> + use<> {
        let zones = self.zones;
        let is_member = move |channel| zones.master_of(channel).is_some();
        (0..CHANNELS as u8).filter(move |other| match is_member(channel) {
            true => *other == channel,
            false => !is_member(*other),
        })
    }

    /// Discards the bend ranges that were received by channels.
    pub(super) fn forget_ranges(&mut self) {
        self.registered.iter_mut().for_each(Rpn::forget_range);
    }

    /// Returns the MPE master of a channel, if it is a member.
    pub(super) fn master_of(&self, channel: u8) -> Option<u8> {
        self.zones.master_of(channel)
    }

    /// Returns true if a message on the channel `from` applies to the notes of the channel `to`.
    pub(super) fn reaches(&self, from: u8, to: u8) -> bool {
        self.zones.reaches(from, to)
    }

    /// Iterates over the channels whose notes a message on `channel` applies to.
    pub(super) fn reached_from(&self, channel: u8) -> impl Iterator<Item = u8> + use<> {
        let zones = self.zones;
        (0..CHANNELS as u8).filter(move |note| zones.reaches(channel, *note))
    }

    /// Returns the bend range of a channel in semitones: the one that it received, or the value of `parameter`.
    pub(super) fn bend_range(&self, channel: u8, parameter: Parameter, bank: &ControlBank) -> f32 {
        let received = self.registered[usize::from(channel)].bend_range();
        received.unwrap_or_else(|| bank.value(parameter))
    }

    /// Returns the tuning that a channel received, in semitones.
    pub(super) fn tuning(&self, channel: u8) -> f32 {
        self.registered[usize::from(channel)].tuning()
    }

    /// Handles a controller of `channel`, 0 to 15, that selects or changes a registered parameter. Returns the change, if
    /// it made one.
    pub(super) fn register(
        &mut self,
        channel: u8,
        number: u8,
        value: u8,
        bank: &ControlBank,
    ) -> Option<RpnChange> {
        let place = usize::from(channel);
        let master = self.zones.master_of(channel);
        let parameter = match master {
            Some(_) => Parameter::MpeBendRange,
            None => Parameter::BendRange,
        };
        let changed = self.registered[place].receive(number, value, bank.value(parameter));
        if changed == Some(RpnChange::BendRange) && master.is_some() {
            // MPE 1.1: the bend range of one member applies to all of them.
            let range = self.registered[place];
            for (other, registered) in (0..).zip(&mut self.registered) {
                if self.zones.master_of(other) == master {
                    registered.share_range(&range);
                }
            }
        }
        changed
    }

    /// Configures the zone of `master`, as a message on it asks, and sets the bend ranges of its channels to those that
    /// MPE 1.1 specifies. Returns the channels that the change affects, one bit each: none if the zones stay the same.
    pub(super) fn configure(&mut self, master: u8, members: u8) -> u16 {
        let before = self.zones;
        self.zones.configure(master, members);
        let [master_range, member_range] = MPE_BEND_RANGES;
        let mut affected = 0;
        for (channel, registered) in (0..).zip(&mut self.registered) {
            let (was, is) = (before.master_of(channel), self.zones.master_of(channel));
            match is {
                _ if channel == master && members > 0 => registered.set_bend_range(master_range),
                Some(zone) if zone == master => registered.set_bend_range(member_range),
                // A channel that has left its zone is an ordinary one again.
                _ if was != is || channel == master => registered.forget_range(),
                _ => {}
            }
            let belongs = |zones: &Zones| zones.reaches(master, channel);
            if was != is || before != self.zones && (belongs(&before) || belongs(&self.zones)) {
                affected |= 1 << channel;
            }
        }
        affected
    }

    /// Deselects the registered parameter of a channel.
    pub(super) fn deselect(&mut self, channel: u8) {
        self.registered[usize::from(channel)].deselect();
    }

    /// Returns true if a sustain pedal holds the notes of `channel`.
    pub(super) fn pedal(&self, channel: u8) -> bool {
        let down = |channel: u8| self.sustain[usize::from(channel & 15)];
        down(channel) || self.zones.master_of(channel).is_some_and(down)
    }

    /// Returns true if the sustain pedal of any channel is down.
    pub(super) fn any_sustain(&self) -> bool {
        self.sustain.contains(&true)
    }

    pub(super) fn set_sustain(&mut self, channel: u8, down: bool) {
        self.sustain[usize::from(channel)] = down;
    }

    /// Sets the sostenuto pedal. Returns true if it was down.
    pub(super) fn set_sostenuto(&mut self, channel: u8, down: bool) -> bool {
        std::mem::replace(&mut self.sostenuto[usize::from(channel)], down)
    }

    /// Marks that the silence of a channel ends at the position `time`.
    pub(super) fn end_silence(&mut self, channel: u8, time: u64) {
        self.silence_ended[usize::from(channel)] = time;
    }

    /// Returns true if the silence of a channel ended at the position `time`, so that all its notes are unheard.
    pub(super) fn is_unheard(&self, channel: u8, time: u64) -> bool {
        self.silence_ended[usize::from(channel)] == time
    }
}
