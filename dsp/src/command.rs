//! What an editor asks of the engine that is no parameter, and the bounded queue that it comes through.

use crate::patch::Patch;
use crate::synth::Tuning;

/// Something to be done at the start of the next block.
// The large ones are rare, and memory for them is there anyway: boxes would have to be freed.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// A key of the on-screen keyboard goes down.
    KeyDown {
        /// MIDI key, 0 to 127.
        key: u8,
        /// 0 to 1.
        velocity: f32,
    },
    /// It goes up.
    KeyUp {
        /// MIDI key, 0 to 127.
        key: u8,
    },
    /// A whole sound, which is there within one tick instead of gliding there.
    Load(Patch),
    /// Other pitches for the keys that are pressed from now on.
    Tune(Tuning),
    /// Every note and every tail of an effect fades within 3 ms, and every controller but volume and pan goes to rest.
    Panic,
}

/// The end that asks. One thread at a time. `[gui]`
#[derive(Debug)]
pub struct CommandSender {
    queue: rtrb::Producer<Command>,
    refused: u64,
}

impl CommandSender {
    /// Asks for `command`. Neither waits nor allocates.
    ///
    /// # Errors
    /// The command itself when the queue is full, as it is when no blocks are played. That is counted.
    // The command comes back as it went, without a box that somebody would have to free.
    #[allow(clippy::result_large_err)]
    pub fn send(&mut self, command: Command) -> Result<(), Command> {
        self.queue.push(command).map_err(|full| {
            self.refused += 1;
            let rtrb::PushError::Full(command) = full;
            command
        })
    }

    /// How many commands found the queue full.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

/// The engine's end. `[audio]`
#[derive(Debug)]
pub(crate) struct CommandReceiver {
    queue: rtrb::Consumer<Command>,
}

impl CommandReceiver {
    /// The commands that are there now: no more than the queue holds, however fast new ones come.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Command> + '_ {
        let waiting = self.queue.slots();
        (0..waiting).map_while(|_| self.queue.pop().ok())
    }
}

/// A queue for `capacity` commands. Allocates. `[gui]`
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
}
