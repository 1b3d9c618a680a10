//! Commands of an editor to the engine other than parameter changes, and the bounded queue that carries them.

use crate::patch::Patch;
use crate::synth::Tuning;

/// Command that takes effect at the start of the next block.
// The large variants are rare and the queue's memory is allocated in advance; boxes would have to be freed.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Press of a key of the on-screen keyboard.
    KeyDown {
        /// MIDI key, 0 to 127.
        key: u8,
        /// Velocity, 0 to 1.
        velocity: f32,
    },
    /// Release of a key of the on-screen keyboard.
    KeyUp {
        /// MIDI key, 0 to 127.
        key: u8,
    },
    /// Position of a performance control of the on-screen keyboard.
    Perform {
        /// The control.
        control: ScreenControl,
        /// Position: −1 to 1 for the bend wheel, else 0 to 1. A pedal is down from 0.5 on.
        value: f32,
    },
    /// Values for all parameters, reached within one tick instead of by each parameter's own smoothing.
    Load(Patch),
    /// Tuning for the keys that are pressed from then on.
    Tune(Tuning),
    /// Fades every note and every effect's tail within 3 ms, and sets every controller but volume and pan to its
    /// neutral value.
    Panic,
}

/// Performance control beside the on-screen keyboard. Like its keys, it plays on MIDI channel 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenControl {
    /// Bend wheel.
    Bend,
    /// Modulation wheel.
    Modulation,
    /// Channel pressure.
    Pressure,
    /// Sustain pedal.
    Sustain,
}

/// Sending end of the command queue, for one thread at a time. `[gui]`
#[derive(Debug)]
pub struct CommandSender {
    queue: rtrb::Producer<Command>,
    refused: u64,
}

impl CommandSender {
    /// Sends `command`. Neither waits nor allocates.
    ///
    /// # Errors
    /// Returns the command itself when the queue is full, as happens while no blocks are processed. The failure is
    /// counted.
    // The command is returned by value: a box would have to be freed.
    #[allow(clippy::result_large_err)]
    pub fn send(&mut self, command: Command) -> Result<(), Command> {
        self.queue.push(command).map_err(|full| {
            self.refused += 1;
            let rtrb::PushError::Full(command) = full;
            command
        })
    }

    /// Number of commands that found the queue full.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

/// Receiving end of the command queue, in the engine. `[audio]`
#[derive(Debug)]
pub(crate) struct CommandReceiver {
    queue: rtrb::Consumer<Command>,
}

impl CommandReceiver {
    /// Drains the commands present at the call: at most the queue's capacity, however fast new ones arrive.
    ///
    /// A key that went down in this block stays down for all of it: its release, and what follows, is left for the next
    /// block. A tap that is shorter than a block would otherwise begin and end on one sample, unheard.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Command> + '_ {
        let waiting = self.queue.slots();
        let mut pressed = 0_u128;
        (0..waiting).map_while(move |_| {
            match self.queue.peek().ok()? {
                Command::KeyDown { key, .. } => pressed |= bit(*key),
                Command::KeyUp { key } if pressed & bit(*key) != 0 => return None,
                _ => {}
            }
            self.queue.pop().ok()
        })
    }
}

fn bit(key: u8) -> u128 {
    1 << (key & 127)
}

/// Creates a queue for `capacity` commands. Allocates. `[gui]`
pub(crate) fn commands(capacity: usize) -> (CommandSender, CommandReceiver) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity);
    let sender = CommandSender {
        queue: producer,
        refused: 0,
    };
    (sender, CommandReceiver { queue: consumer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_hands_the_command_back_and_counts() {
        let (mut sender, mut receiver) = commands(2);
        let key = |key| Command::KeyUp { key };
        assert_eq!(sender.send(key(1)), Ok(()));
        assert_eq!(sender.send(key(2)), Ok(()));
        assert_eq!(sender.send(key(3)), Err(key(3)));
        assert_eq!(sender.refused(), 1);
        assert_eq!(receiver.drain().collect::<Vec<_>>(), [key(1), key(2)]);
        assert_eq!(sender.send(Command::Panic), Ok(()));
        assert_eq!(receiver.drain().collect::<Vec<_>>(), [Command::Panic]);
        assert_eq!(receiver.drain().count(), 0);
    }

    #[test]
    fn a_key_stays_down_for_the_block_in_which_it_was_pressed() {
        let (mut sender, mut receiver) = commands(8);
        let (down, up) = (
            |key| Command::KeyDown { key, velocity: 1.0 },
            |key| Command::KeyUp { key },
        );
        for command in [up(60), down(60), down(64), up(60), up(64), down(60), up(60)] {
            assert_eq!(sender.send(command), Ok(()));
        }
        let blocks = [
            vec![up(60), down(60), down(64)],
            vec![up(60), up(64), down(60)],
            vec![up(60)],
            vec![],
        ];
        for block in blocks {
            assert_eq!(receiver.drain().collect::<Vec<_>>(), block);
        }
    }
}
