//! Keys of the on-screen keyboard that are down: several at once, and held beyond their release while Shift is down.

use crate::editor::outbox::Outbox;

/// Most keys that are down at once. With the commands that may wait, their key-ups always fit into the queue, even if
/// the window closes and none is retried.
const MOST: u32 = 30;

/// Keys that are down, one bit each. `[gui]`
#[derive(Debug, Default)]
pub struct PressedKeys {
    /// Keys that were sent down and have to be sent up.
    down: u128,
    /// Keys among them that were released while Shift was down.
    held: u128,
}

impl PressedKeys {
    /// Returns true if `key` is down.
    pub fn is_down(&self, key: u8) -> bool {
        self.down & bit(key) != 0
    }

    /// Sends `key` down with `velocity`, 0 to 1; up before, if it is down already. A refused key stays up.
    pub fn press(&mut self, key: u8, velocity: f32, outbox: &mut Outbox) {
        self.lift(key, outbox);
        if self.down.count_ones() < MOST && outbox.key_down(key, velocity) {
            self.down |= bit(key);
        }
    }

    /// Releases `key`: at once, or when Shift goes up if it is down now.
    pub fn release(&mut self, key: u8, shift: bool, outbox: &mut Outbox) {
        if shift {
            self.held |= self.down & bit(key);
        } else {
            self.lift(key, outbox);
        }
    }

    /// Sends the keys up that only Shift held, to be called while it is up.
    pub fn end_hold(&mut self, outbox: &mut Outbox) {
        self.lift_all(self.held, outbox);
    }

    /// Sends all keys up.
    pub fn clear(&mut self, outbox: &mut Outbox) {
        self.lift_all(self.down, outbox);
    }

    fn lift_all(&mut self, mut keys: u128, outbox: &mut Outbox) {
        while keys != 0 {
            self.lift(keys.trailing_zeros() as u8, outbox);
            keys &= keys - 1;
        }
    }

    fn lift(&mut self, key: u8, outbox: &mut Outbox) {
        if self.is_down(key) {
            outbox.key_up(key);
        }
        self.down &= !bit(key);
        self.held &= !bit(key);
    }
}

fn bit(key: u8) -> u128 {
    1 << (key & 127)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::outbox::tests::{Glass, down, up};

    #[test]
    fn shift_holds_what_is_released_until_it_goes_up() {
        let (mut outbox, queue) = Glass::of(64);
        let mut keys = PressedKeys::default();
        for key in [60, 64, 67] {
            keys.press(key, 0.5, &mut outbox);
        }
        keys.release(60, true, &mut outbox);
        keys.release(64, true, &mut outbox);
        assert_eq!(queue.drain(), [down(60), down(64), down(67)]);
        // A held key that is struck again sounds again, and is then down by itself.
        keys.press(64, 0.5, &mut outbox);
        keys.end_hold(&mut outbox);
        assert_eq!(queue.drain(), [up(64), down(64), up(60)]);
        assert!(keys.is_down(64) && keys.is_down(67) && !keys.is_down(60));
        keys.clear(&mut outbox);
        assert_eq!(queue.drain(), [up(64), up(67)]);
    }

    #[test]
    fn as_many_keys_go_down_as_can_come_up() {
        let (mut outbox, queue) = Glass::of(64);
        let mut keys = PressedKeys::default();
        for key in 0..100 {
            outbox.maintain(u64::from(key));
            keys.press(key, 0.5, &mut outbox);
            keys.release(key, true, &mut outbox);
        }
        assert_eq!(queue.drain().len() as u32, MOST);
        keys.end_hold(&mut outbox);
        assert_eq!(queue.drain().len() as u32, MOST);
    }
}
