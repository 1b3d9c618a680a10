//! Performance controls of a group's notes: wheels, pressure, continuous pedals, expressions.

use super::control_bank::{ControlBank, ControlId};
use super::matrix::{Source, Sources};
use super::midi_channels::MidiChannels;
use crate::event::Expression;
use crate::parameter::Parameter;
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::{ChannelControl, channel_gain};

/// Sums of the controls of channel, MPE master and note, for the voices of a group.
#[derive(Clone, Debug, Default)]
pub(super) struct PerformanceControls {
    /// Bend in semitones.
    bend: F32s,
    /// Bend wheels without their range, −1 to 1.
    bend_wheel: F32s,
    /// Modulation wheel and vibrato expression, 0 to 1.
    wheel: F32s,
    /// Pressure, 0 to 1.
    pressure: F32s,
    /// Brightness relative to its neutral value, −0.5 to 0.5; beyond that where several add up.
    brightness: F32s,
    /// Gain, linear.
    gain: F32s,
    /// Pan, −1 to 1; beyond that where several add up.
    pan: F32s,
    /// Breath and foot controllers, 0 to 1.
    breath: F32s,
    foot: F32s,
    /// Expression controller, 0 to 1.
    expression: F32s,
    /// Controllers whose numbers are parameters, 0 to 1.
    numbered: [F32s; Parameter::CONTROLLERS],
    /// Expressions in the host's units: volume, pan, tuning, vibrato, expression.
    expressions: [F32s; 5],
}

impl PerformanceControls {
    pub(super) fn pitch_bend(&self) -> F32s {
        self.bend
    }

    pub(super) fn wheel(&self) -> F32s {
        self.wheel
    }

    pub(super) fn pressure(&self) -> F32s {
        self.pressure
    }

    pub(super) fn brightness(&self) -> F32s {
        self.brightness
    }

    pub(super) fn gain(&self) -> F32s {
        self.gain
    }

    pub(super) fn pan(&self) -> F32s {
        self.pan
    }

    /// Reads the controls of the note in `slot`, in `lane` of the group, on `channel`.
    pub(super) fn read(
        &mut self,
        lane: usize,
        bank: &ControlBank,
        channels: &MidiChannels,
        slot: usize,
        channel: u8,
    ) {
        let channel = channel & 15;
        let member = |control| bank.at(ControlId::Channel(channel, control));
        let master = channels.master_of(channel);
        let of_master = |control: ChannelControl| {
            master.map_or(control.neutral(), |master| {
                bank.at(ControlId::Channel(master, control))
            })
        };
        let own = |expression| bank.at(ControlId::Expression(slot, expression));

        let (wheel, member_wheel) = (Parameter::BendRange, Parameter::MpeBendRange);
        let parameter = if master.is_some() {
            member_wheel
        } else {
            wheel
        };
        let member_range = channels.bend_range(channel, parameter, bank);
        let wheel_range = channels.bend_range(master.unwrap_or(channel), wheel, bank);
        let tuning = |channel: u8| channels.tuning(channel);
        let tuning = tuning(channel) + master.map_or(0.0, tuning);
        let bend_wheels = [
            member(ChannelControl::Bend),
            of_master(ChannelControl::Bend),
        ];
        self.bend.0[lane] = own(Expression::Tuning)
            + bend_wheels[0] * member_range
            + bend_wheels[1] * wheel_range
            + tuning;
        self.bend_wheel.0[lane] = (bend_wheels[0] + bend_wheels[1]).clamp(-1.0, 1.0);

        let wheel = member(ChannelControl::Modulation)
            + of_master(ChannelControl::Modulation)
            + own(Expression::Vibrato);
        self.wheel.0[lane] = wheel.min(1.0);
        let pressure = member(ChannelControl::Pressure)
            + of_master(ChannelControl::Pressure)
            + own(Expression::Pressure);
        self.pressure.0[lane] = pressure.min(1.0);
        self.brightness.0[lane] = member(ChannelControl::Brightness)
            + of_master(ChannelControl::Brightness)
            + own(Expression::Brightness)
            - 1.5;

        let sum = |control| (member(control) + of_master(control)).min(1.0);
        self.breath.0[lane] = sum(ChannelControl::Breath);
        self.foot.0[lane] = sum(ChannelControl::Foot);
        for (value, control) in self.numbered.iter_mut().zip(ChannelControl::NUMBERED) {
            value.0[lane] = sum(control);
        }
        self.expression.0[lane] =
            member(ChannelControl::Expression) * of_master(ChannelControl::Expression);

        let loudness = |of: &dyn Fn(ChannelControl) -> f32| {
            channel_gain(of(ChannelControl::Volume), of(ChannelControl::Expression))
        };
        self.gain.0[lane] = own(Expression::Volume)
            * own(Expression::Expression)
            * loudness(&member)
            * loudness(&of_master);
        self.pan.0[lane] =
            own(Expression::Pan) + member(ChannelControl::Pan) + of_master(ChannelControl::Pan);
        let expressions = [
            Expression::Volume,
            Expression::Pan,
            Expression::Tuning,
            Expression::Vibrato,
            Expression::Expression,
        ];
        for (of, expression) in self.expressions.iter_mut().zip(expressions) {
            of.0[lane] = own(expression);
        }
    }

    /// Writes the controls that are sources of the matrix.
    #[inline(always)]
    pub(super) fn sources(&self, sources: &mut Sources<VOICES_PER_GROUP>) {
        let [volume, pan, tuning, vibrato, expression] = self.expressions;
        let [a, b, c, d] = self.numbered;
        for (source, value) in [
            (Source::Pressure, self.pressure),
            (Source::Timbre, self.brightness * 2.0),
            (Source::Bend, self.bend_wheel),
            (Source::ModWheel, self.wheel),
            (Source::NoteVolume, volume - 1.0),
            (Source::NotePan, pan),
            (Source::NoteTuning, tuning * (1.0 / 12.0)),
            (Source::NoteVibrato, vibrato),
            (Source::NoteExpression, expression),
            (Source::Breath, self.breath),
            (Source::Foot, self.foot),
            (Source::Expression, self.expression),
            (Source::ControllerA, a),
            (Source::ControllerB, b),
            (Source::ControllerC, c),
            (Source::ControllerD, d),
        ] {
            *sources.at_mut(source) = value;
        }
    }
}
