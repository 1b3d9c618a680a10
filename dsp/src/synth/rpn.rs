//! The registered parameters of a MIDI channel: pitch bend range, fine and coarse tuning, MPE configuration.
//!
//! MIDI 1.0, "Registered Parameter Numbers"; MIDI Polyphonic Expression 1.1; data increment and decrement as in MMA's RP-018. Controllers 100 and 101
//! select a registered parameter, 98 and 99 a non-registered one, of which there are none; 6, 38, 96 and 97 then change the
//! selected parameter. Number 127/127 selects none.

/// Widest pitch bend range in semitones.
const MAX_RANGE: u8 = 96;
const CENTS: u16 = 100;
/// The middle of a 14-bit value.
const CENTRE: u16 = 8_192;

/// Change that a controller made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpnChange {
    /// The pitch bend range.
    BendRange,
    /// The tuning.
    Tuning,
    /// The number of members of the MPE zone that has the channel as its master, 0 to 127.
    Members(u8),
}

/// The registered parameters of one channel. `[audio]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rpn {
    /// Number of the selected parameter, MSB and LSB, 0 to 127 each.
    number: [u8; 2],
    /// True for a registered parameter.
    registered: bool,
    /// Pitch bend range in cents, if one was received.
    bend_range: Option<u16>,
    /// Fine tuning, 14 bits: 0 to 16383 for −100 to 100 cents.
    fine: u16,
    /// Coarse tuning in semitones, −64 to 63.
    coarse: i8,
}

impl Default for Rpn {
    /// No parameter selected, no value received.
    fn default() -> Self {
        Self {
            number: [127; 2],
            registered: false,
            bend_range: None,
            fine: CENTRE,
            coarse: 0,
        }
    }
}

impl Rpn {
    /// Returns true if [`receive`](Self::receive) processes MIDI controller `number`.
    pub fn is_message(number: u8) -> bool {
        matches!(number, 6 | 38 | 96..=101)
    }

    /// Processes MIDI controller `number` at `value`, 0 to 127. `range` is the pitch bend range in force, in semitones; a
    /// change of the cents alone starts from it if no range was received.
    pub fn receive(&mut self, number: u8, value: u8, range: f32) -> Option<RpnChange> {
        match number {
            98..=101 => {
                self.registered = number >= 100;
                self.number[usize::from(number.is_multiple_of(2))] = value;
                None
            }
            _ if !self.registered => None,
            _ => match self.number {
                [0, 0] => self.change_range(number, value, range),
                [0, 1] => self.change_fine(number, value),
                [0, 2] => self.change_coarse(number, value),
                // The LSB of the MPE Configuration Message has no meaning.
                [0, 6] => (number == 6).then_some(RpnChange::Members(value)),
                _ => None,
            },
        }
    }

    /// Deselects the parameter, as Reset All Controllers does.
    pub fn deselect(&mut self) {
        self.number = [127; 2];
        self.registered = false;
    }

    /// Returns the pitch bend range in semitones, 0 to 96, if one was received.
    pub fn bend_range(&self) -> Option<f32> {
        let cents = self.bend_range?;
        Some(f32::from(cents) / f32::from(CENTS))
    }

    /// Sets the pitch bend range in semitones, as if it had been received.
    pub fn set_bend_range(&mut self, semitones: u8) {
        self.bend_range = Some(u16::from(semitones.min(MAX_RANGE)) * CENTS);
    }

    /// Takes over the pitch bend range of `other`.
    pub fn share_range(&mut self, other: &Self) {
        self.bend_range = other.bend_range;
    }

    /// Discards the pitch bend range that was received.
    pub fn forget_range(&mut self) {
        self.bend_range = None;
    }

    /// Returns the sum of fine and coarse tuning in semitones, −65 to 64.
    pub fn tuning(&self) -> f32 {
        let fine = f32::from(self.fine) - f32::from(CENTRE);
        f32::from(self.coarse) + fine / f32::from(CENTRE)
    }

    fn change_range(&mut self, number: u8, value: u8, range: f32) -> Option<RpnChange> {
        let most = u16::from(MAX_RANGE) * CENTS;
        let known = (range.clamp(0.0, f32::from(MAX_RANGE)) * f32::from(CENTS)).round() as u16;
        let known = self.bend_range.unwrap_or(known);
        let cents = match number {
            6 => u16::from(value) * CENTS + known % CENTS,
            38 => known / CENTS * CENTS + u16::from(value).min(CENTS - 1),
            96 => known + 1,
            _ => known.saturating_sub(1),
        };
        self.bend_range = Some(cents.min(most));
        Some(RpnChange::BendRange)
    }

    fn change_fine(&mut self, number: u8, value: u8) -> Option<RpnChange> {
        self.fine = match number {
            6 => u16::from(value) << 7 | self.fine & 127,
            38 => self.fine & !127 | u16::from(value),
            96 => (self.fine + 1).min(2 * CENTRE - 1),
            _ => self.fine.saturating_sub(1),
        };
        Some(RpnChange::Tuning)
    }

    fn change_coarse(&mut self, number: u8, value: u8) -> Option<RpnChange> {
        self.coarse = match number {
            6 => value as i8 - 64,
            // Coarse tuning has no LSB.
            38 => return None,
            96 => (self.coarse + 1).min(63),
            _ => (self.coarse - 1).max(-64),
        };
        Some(RpnChange::Tuning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(messages: &[(u8, u8)]) -> Rpn {
        let mut rpn = Rpn::default();
        for (number, value) in messages {
            assert!(Rpn::is_message(*number));
            rpn.receive(*number, *value, 2.5);
        }
        rpn
    }

    #[test]
    fn each_parameter_has_its_unit_and_its_ends() {
        let range = |messages: &[(u8, u8)]| {
            let select = [(101, 0), (100, 0)];
            after(&[&select[..], messages].concat()).bend_range()
        };
        assert_eq!(range(&[]), None);
        assert_eq!(range(&[(6, 12), (38, 0)]), Some(12.0));
        assert_eq!(range(&[(6, 7), (38, 25)]), Some(7.25));
        // Cents alone change the range that is in force.
        assert_eq!(range(&[(38, 10)]), Some(2.1));
        assert_eq!(range(&[(96, 0)]), Some(2.51));
        assert_eq!(range(&[(6, 1), (38, 0), (97, 0)]), Some(0.99));
        assert_eq!(range(&[(6, 0), (38, 0), (97, 0)]), Some(0.0));
        assert_eq!(range(&[(6, 127), (38, 127)]), Some(96.0));

        let tuning = |number: u8, messages: &[(u8, u8)]| {
            let select = [(101, 0), (100, number)];
            after(&[&select[..], messages].concat()).tuning()
        };
        assert_eq!(tuning(1, &[]), 0.0);
        assert_eq!(tuning(1, &[(6, 0)]), -1.0);
        assert_eq!(tuning(1, &[(6, 96)]), 0.5);
        assert_eq!(tuning(1, &[(38, 64)]), 64.0 / 8_192.0);
        assert_eq!(
            tuning(1, &[(6, 127), (38, 127), (96, 0)]),
            8_191.0 / 8_192.0
        );
        assert_eq!(tuning(2, &[(6, 0)]), -64.0);
        assert_eq!(tuning(2, &[(6, 127), (96, 0)]), 63.0);
        assert_eq!(tuning(2, &[(6, 76), (38, 9), (97, 0)]), 11.0);
    }

    #[test]
    fn only_data_entry_configures_a_zone() {
        let mut rpn = after(&[(101, 0), (100, 6)]);
        assert_eq!(rpn.receive(6, 7, 2.0), Some(RpnChange::Members(7)));
        for number in [38, 96, 97] {
            assert_eq!(rpn.receive(number, 3, 2.0), None);
        }
        assert_eq!((rpn.bend_range(), rpn.tuning()), (None, 0.0));
    }

    #[test]
    fn data_for_nothing_and_for_what_is_not_registered_changes_nothing() {
        let data = [(6, 24), (38, 50), (96, 0), (97, 0)];
        for select in [
            &[][..],
            &[(101, 127), (100, 127)],
            &[(101, 0)],
            &[(101, 0), (100, 5)],
            &[(101, 1), (100, 0)],
            &[(101, 0), (100, 0), (99, 0), (98, 0)],
            &[(101, 0), (100, 0), (98, 0)],
            &[(101, 0), (100, 0), (101, 127), (100, 127)],
        ] {
            let rpn = after(&[select, &data].concat());
            assert_eq!((rpn.bend_range(), rpn.tuning()), (None, 0.0), "{select:?}");
        }
        // After another selection, the parameter changes again.
        let rpn = after(&[
            (99, 0),
            (98, 0),
            (6, 3),
            (101, 0),
            (100, 0),
            (6, 12),
            (38, 0),
        ]);
        assert_eq!(rpn.bend_range(), Some(12.0));
    }
}
