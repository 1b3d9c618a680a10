//! What a note is told once a tick, put together from everything that moves it.

use super::automation::Automation;
use super::lanes::Lane;
use crate::event::{Expression, Note};
use crate::parameter::Parameter;
use crate::synth::{ChannelControl, Controls, Zone, channel_gain};

/// Key at which the filter's tracking leaves the cutoff where it is.
const MIDDLE_C: f32 = 60.0;
/// What full pressure and full brightness add to the cutoff, in semitones.
const PRESSURE_SEMITONES: f32 = 24.0;
const BRIGHTNESS_SEMITONES: f32 = 48.0;

/// Where the note in `slot` is wanted at the end of the tick: what moves all notes, its channel, that one's
/// MPE master, and the note itself, put together.
pub(super) fn controls(
    automation: &Automation,
    zone: &Zone,
    vibrato: f32,
    slot: usize,
    note: Note,
) -> Controls {
    let channel = note.channel & 15;
    let member = |control| automation.at(Lane::Channel(channel, control));
    let master = zone.master_of(channel);
    let of_master = |control: ChannelControl| {
        master.map_or(control.rest(), |master| {
            automation.at(Lane::Channel(master, control))
        })
    };
    let own = |expression| automation.at(Lane::Expression(slot, expression));
    let parameter = |parameter| automation.value_of(slot, parameter);

    let wheel_range = automation.value(Parameter::BendRange);
    let member_range = match master {
        Some(_) => automation.value(Parameter::MpeBendRange),
        None => wheel_range,
    };
    let wheel = member(ChannelControl::Modulation)
        + of_master(ChannelControl::Modulation)
        + own(Expression::Vibrato);
    let pitch = f32::from(note.key)
        + parameter(Parameter::Tune)
        + own(Expression::Tuning)
        + member(ChannelControl::Bend) * member_range
        + of_master(ChannelControl::Bend) * wheel_range
        + wheel.min(1.0) * parameter(Parameter::VibratoDepth) * vibrato;

    let pressure = member(ChannelControl::Pressure)
        + of_master(ChannelControl::Pressure)
        + own(Expression::Pressure);
    let brightness = member(ChannelControl::Brightness)
        + of_master(ChannelControl::Brightness)
        + own(Expression::Brightness)
        - 1.5;
    let cutoff = parameter(Parameter::Cutoff)
        + parameter(Parameter::Keytrack) * (pitch - MIDDLE_C)
        + PRESSURE_SEMITONES * pressure.min(1.0)
        + BRIGHTNESS_SEMITONES * brightness;

    let loudness = |of: &dyn Fn(ChannelControl) -> f32| {
        channel_gain(of(ChannelControl::Volume), of(ChannelControl::Expression))
    };
    let gain = own(Expression::Volume)
        * own(Expression::Expression)
        * loudness(&member)
        * loudness(&of_master);
    let pan = own(Expression::Pan) + member(ChannelControl::Pan) + of_master(ChannelControl::Pan);
    Controls {
        pitch,
        cutoff,
        filter_env: parameter(Parameter::FilterEnv),
        resonance: parameter(Parameter::Resonance).clamp(0.0, 1.0),
        drive: parameter(Parameter::Drive).max(0.0),
        sustain: parameter(Parameter::Sustain).clamp(0.0, 1.0),
        gain,
        pan: pan.clamp(-1.0, 1.0),
    }
}
