//! What a MIDI channel does to all its notes.

/// The controllers of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// Bend wheel, −1 to 1.
    pub bend: f32,
    /// Modulation wheel, 0 to 1.
    pub modulation: f32,
    /// Channel pressure, 0 to 1.
    pub pressure: f32,
    /// Pan, −1 to 1.
    pub pan: f32,
    /// Whether the sustain pedal is down.
    pub sustain: bool,
    volume: f32,
    expression: f32,
}

impl Default for Channel {
    /// As General MIDI resets it: volume 100, expression full.
    fn default() -> Self {
        Self {
            bend: 0.0,
            modulation: 0.0,
            pressure: 0.0,
            pan: 0.0,
            sustain: false,
            volume: Self::USUAL_VOLUME,
            expression: 1.0,
        }
    }
}

impl Channel {
    const USUAL_VOLUME: f32 = 100.0 / 127.0;

    /// Loudness of the channel, linear; 1 where nobody touched volume or expression. Both act by
    /// their square, as General MIDI recommends.
    pub fn gain(&self) -> f32 {
        let product = self.volume / Self::USUAL_VOLUME * self.expression;
        product * product
    }

    /// Takes controller `number` at `value`, 0 to 1. Those that concern notes instead of the
    /// channel's state (sustain aside) are the voices' business.
    pub fn control(&mut self, number: u8, value: f32) {
        match number {
            1 => self.modulation = value,
            7 => self.volume = value,
            // 64 of 127 is the middle, and both ends are reached.
            10 => self.pan = ((value * 127.0 - 64.0) / 63.0).max(-1.0),
            11 => self.expression = value,
            64 => self.sustain = value >= 0.5,
            121 => {
                // RP-015: volume and pan stay as they are.
                *self = Self {
                    volume: self.volume,
                    pan: self.pan,
                    ..Self::default()
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_reach_their_ends_and_reset_spares_the_mixer() {
        let mut channel = Channel::default();
        assert!((channel.gain() - 1.0).abs() < 1e-6);
        channel.control(10, 0.0);
        assert_eq!(channel.pan, -1.0);
        channel.control(10, 64.0 / 127.0);
        assert!(channel.pan.abs() < 1e-6);
        channel.control(10, 1.0);
        assert!((channel.pan - 1.0).abs() < 1e-6);
        channel.control(7, 0.5);
        channel.control(64, 1.0);
        let volume = channel.volume;
        channel.control(121, 0.0);
        assert!(!channel.sustain);
        assert_eq!((channel.volume, channel.pan > 0.99), (volume, true));
    }
}
