//! State of the MIDI channels: the MPE zone, pedals, bend ranges and registered parameters.

use super::control_bank::ControlBank;
use crate::parameter::Parameter;
use crate::synth::{Rpn, RpnChange, Zone};

/// Number of MIDI channels.
const CHANNELS: usize = 16;

/// Position that never occurs.
const NEVER: u64 = u64::MAX;

/// State of the MIDI channels. `[audio]`
#[derive(Clone, Debug)]
pub(super) struct MidiChannels {
    zone: Zone,
    /// Bend ranges in semitones: of the wheel and of MPE members.
    bend_ranges: [f32; 2],
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
            zone: Zone::off(),
            bend_ranges: [0.0; 2],
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

    /// Reads zone and bend ranges. Returns true if they have changed. Ranges that were received by channels are then
    /// discarded where the parameter of their range has changed, and everywhere if the zone has.
    pub(super) fn read(&mut self, bank: &ControlBank) -> bool {
        let members = bank.value(Parameter::MpeChannels) as u8;
        let zone = match bank.value(Parameter::MpeZone) as u8 {
            0 => Zone::off(),
            1 => Zone::lower(members),
            _ => Zone::upper(members),
        };
        let ranges = [Parameter::BendRange, Parameter::MpeBendRange];
        let ranges = ranges.map(|parameter| bank.value(parameter));
        let [wheel, members] = [0, 1].map(|of| ranges[of] != self.bend_ranges[of]);
        let other_zone = zone != self.zone;
        for (channel, registered) in (0..).zip(&mut self.registered) {
            let moved = match zone.master_of(channel) {
                Some(_) => members,
                None => wheel,
            };
            if moved || other_zone {
                registered.forget_range();
            }
        }
        (self.zone, self.bend_ranges) = (zone, ranges);
        wheel | members | other_zone
    }

    /// Discards the bend ranges that were received by channels.
    pub(super) fn forget_ranges(&mut self) {
        self.registered.iter_mut().for_each(Rpn::forget_range);
    }

    /// Returns the MPE master of a channel, if it is a member.
    pub(super) fn master_of(&self, channel: u8) -> Option<u8> {
        self.zone.master_of(channel)
    }

    /// Returns true if a message on the channel `from` applies to the notes of the channel `to`.
    pub(super) fn reaches(&self, from: u8, to: u8) -> bool {
        self.zone.reaches(from, to)
    }

    /// Iterates over the channels whose notes a message on `channel` applies to.
    pub(super) fn reached_from(&self, channel: u8) -> impl Iterator<Item = u8> + use<> {
        let zone = self.zone.clone();
        (0..CHANNELS as u8).filter(move |note| zone.reaches(channel, *note))
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

    /// Handles a controller of `channel`, 0 to 15, that selects or changes a registered parameter. Returns true if it
    /// changed one.
    pub(super) fn register(
        &mut self,
        channel: u8,
        number: u8,
        value: u8,
        bank: &ControlBank,
    ) -> bool {
        let place = usize::from(channel);
        let master = self.zone.master_of(channel);
        let parameter = match master {
            Some(_) => Parameter::MpeBendRange,
            None => Parameter::BendRange,
        };
        let changed = self.registered[place].receive(number, value, bank.value(parameter));
        if changed == Some(RpnChange::BendRange) && master.is_some() {
            // MPE 1.1: the bend range of one member applies to all of them.
            let range = self.registered[place];
            for (other, registered) in (0..).zip(&mut self.registered) {
                if self.zone.master_of(other) == master {
                    registered.share_range(&range);
                }
            }
        }
        changed.is_some()
    }

    /// Deselects the registered parameter of a channel.
    pub(super) fn deselect(&mut self, channel: u8) {
        self.registered[usize::from(channel)].deselect();
    }

    /// Returns true if a sustain pedal holds the notes of `channel`.
    pub(super) fn pedal(&self, channel: u8) -> bool {
        let down = |channel: u8| self.sustain[usize::from(channel & 15)];
        down(channel) || self.zone.master_of(channel).is_some_and(down)
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
