//! Controls of a MIDI channel that apply to all its notes.

/// Continuous control of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelControl {
    /// Bend wheel, −1 to 1.
    Bend,
    /// Modulation wheel, 0 to 1.
    Modulation,
    /// Channel pressure, 0 to 1.
    Pressure,
    /// Brightness, the third dimension of MPE, 0 to 1; one half leaves the cutoff where it is.
    Brightness,
    /// Pan, −1 to 1.
    Pan,
    /// Volume relative to the default of General MIDI; 1 if not set.
    Volume,
    /// Expression, 0 to 1.
    Expression,
    /// Breath controller, 0 to 1.
    Breath,
    /// Foot controller, 0 to 1.
    Foot,
    /// First of the controllers whose numbers are parameters, 0 to 1.
    ControllerA,
    /// The second one.
    ControllerB,
    /// The third one.
    ControllerC,
    /// The fourth one.
    ControllerD,
}

use ChannelControl::*;

/// Default volume of General MIDI.
const DEFAULT_VOLUME: f32 = 100.0 / 127.0;

impl ChannelControl {
    /// All controls in order.
    pub const ALL: [Self; 13] = [
        Bend,
        Modulation,
        Pressure,
        Brightness,
        Pan,
        Volume,
        Expression,
        Breath,
        Foot,
        ControllerA,
        ControllerB,
        ControllerC,
        ControllerD,
    ];
    /// Controllers whose numbers are parameters, in the order of those.
    pub const NUMBERED: [Self; 4] = [ControllerA, ControllerB, ControllerC, ControllerD];

    /// Returns the value of the control when nothing has been sent.
    pub fn neutral(self) -> f32 {
        match self {
            Brightness => 0.5,
            Volume | Expression => 1.0,
            _ => 0.0,
        }
    }

    /// Returns true if Reset All Controllers resets the control. MMA's RP-015 leaves volume, pan and the sound controllers
    /// (70 to 79, of which brightness is one) alone.
    pub fn resets(self) -> bool {
        !matches!(self, Pan | Volume | Brightness)
    }

    /// Returns true if Panic resets the control: all but volume and pan.
    pub fn resets_in_panic(self) -> bool {
        !matches!(self, Pan | Volume)
    }

    /// Returns the control that MIDI controller `number` sets, and its value for `value` from 0 to 1; `None` for switches
    /// and unused controllers.
    pub fn of_controller(number: u8, value: f32) -> Option<(Self, f32)> {
        // 64 of 127 is the centre of a bipolar control, and both ends are reached.
        let centred = ((value * 127.0 - 64.0) / 63.0).max(-1.0);
        Some(match number {
            1 => (Modulation, value),
            2 => (Breath, value),
            4 => (Foot, value),
            7 => (Volume, value / DEFAULT_VOLUME),
            10 => (Pan, centred),
            11 => (Expression, value),
            74 => (Brightness, 0.5 + 0.5 * centred),
            _ => return None,
        })
    }
}

/// Returns the gain of a channel, linear. Both controls act by their square, as General MIDI recommends.
pub fn channel_gain(volume: f32, expression: f32) -> f32 {
    let product = volume * expression;
    product * product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_reach_their_ends_and_their_middle() {
        let set = |number, value: u8| {
            ChannelControl::of_controller(number, f32::from(value) / 127.0).unwrap()
        };
        for (value, pan, brightness) in [(0, -1.0, 0.0), (64, 0.0, 0.5), (127, 1.0, 1.0)] {
            assert!((set(10, value).1 - pan).abs() < 1e-6);
            assert!((set(74, value).1 - brightness).abs() < 1e-6);
        }
        assert!((set(7, 100).1 - Volume.neutral()).abs() < 1e-6);
        assert_eq!(ChannelControl::of_controller(64, 1.0), None);
        assert_eq!(channel_gain(Volume.neutral(), Expression.neutral()), 1.0);
    }
}
