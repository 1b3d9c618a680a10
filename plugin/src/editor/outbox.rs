//! The editor's end of the command queue: what it refuses is counted, and what must arrive is kept.

use tidepool_dsp::{Command, CommandSender, Patch};

/// Most commands that wait for a block before keys are refused. It is less than half of what the queue
/// holds, since a block that ends may have begun before they were sent: a key that went down always
/// finds room for going up again, even if the window closes at that moment and nobody is left to try.
const MAX_WAITING: usize = 30;

/// What sends a command, or answers that it has no room.
type Queue = Box<dyn FnMut(Command) -> bool + Send>;

/// What panels may ask of the engine that is no parameter. `[gui]`
pub struct Outbox {
    queue: Option<Queue>,
    /// Sent since `blocks` moved.
    waiting: usize,
    /// Host blocks when last looked at.
    blocks: u64,
    /// Keys whose going up was refused, a bit each.
    owed_keys: u128,
    /// A panic was refused.
    owed_panic: bool,
    refused: u64,
}

impl Outbox {
    /// In front of `sender`; without one, nothing can be asked.
    pub fn new(sender: Option<CommandSender>) -> Self {
        Self::before(
            sender.map(|mut sender| -> Queue {
                Box::new(move |command| sender.send(command).is_ok())
            }),
        )
    }

    /// In front of anything that takes commands.
    fn before(queue: Option<Queue>) -> Self {
        Self {
            queue,
            waiting: 0,
            blocks: 0,
            owed_keys: 0,
            owed_panic: false,
            refused: 0,
        }
    }

    /// Whether there is an engine at the other end.
    pub fn is_connected(&self) -> bool {
        self.queue.is_some()
    }

    /// How many commands were refused: each once, however often it was tried.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Once a frame, with the number of host blocks so far: tries again what is owed.
    pub fn maintain(&mut self, blocks: u64) {
        if blocks != self.blocks {
            self.blocks = blocks;
            self.waiting = 0;
        }
        self.pay();
    }

    /// Asks for a note; answers whether it will sound. A refused one is not tried again: late is worse
    /// than never.
    pub fn key_down(&mut self, key: u8, velocity: f32) -> bool {
        let sent = self.waiting < MAX_WAITING && self.send(Command::KeyDown { key, velocity });
        self.refused += u64::from(!sent);
        sent
    }

    /// Ends a note, now or as soon as there is room.
    pub fn key_up(&mut self, key: u8) {
        if !self.send(Command::KeyUp { key }) {
            self.owed_keys |= 1 << key;
            self.refused += 1;
        }
    }

    /// Ends everything, now or as soon as there is room.
    pub fn panic(&mut self) {
        if !self.send(Command::Panic) {
            self.owed_panic = true;
            self.refused += 1;
        }
    }

    /// Hands a whole sound over. When it is refused, its parameters arrive at their own pace all the same.
    pub fn load(&mut self, patch: Patch) {
        let sent = self.send(Command::Load(patch));
        self.refused += u64::from(!sent);
    }

    /// Sends `command`, but nothing before what is owed: a note would end with the one before it.
    fn send(&mut self, command: Command) -> bool {
        self.pay() && self.put(command)
    }

    /// Answers whether nothing is owed any more.
    fn pay(&mut self) -> bool {
        while self.owed_keys != 0 {
            let key = self.owed_keys.trailing_zeros() as u8;
            if !self.put(Command::KeyUp { key }) {
                return false;
            }
            self.owed_keys &= self.owed_keys - 1;
        }
        if self.owed_panic {
            self.owed_panic = !self.put(Command::Panic);
        }
        !self.owed_panic
    }

    fn put(&mut self, command: Command) -> bool {
        let sent = (self.queue.as_mut()).is_some_and(|queue| queue(command));
        self.waiting += usize::from(sent);
        sent
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    /// A queue that can be looked into.
    #[derive(Clone, Default)]
    pub struct Glass(Arc<Mutex<VecDeque<Command>>>);

    #[expect(clippy::disallowed_methods, reason = "a test")]
    impl Glass {
        /// An outbox before a queue for `room` commands.
        pub fn of(room: usize) -> (Outbox, Self) {
            let queue = Self::default();
            let inside = queue.clone();
            let send = move |command| {
                let mut queue = inside.0.lock().unwrap();
                let fits = queue.len() < room;
                if fits {
                    queue.push_back(command);
                }
                fits
            };
            (Outbox::before(Some(Box::new(send))), queue)
        }

        /// Takes out what is there, as a block does.
        pub fn drain(&self) -> Vec<Command> {
            self.0.lock().unwrap().drain(..).collect()
        }
    }

    pub fn down(key: u8) -> Command {
        let velocity = 0.5;
        Command::KeyDown { key, velocity }
    }

    pub fn up(key: u8) -> Command {
        Command::KeyUp { key }
    }

    #[test]
    fn what_must_arrive_does_and_before_anything_newer() {
        let (mut outbox, queue) = Glass::of(2);
        assert!(outbox.key_down(60, 0.5) && outbox.key_down(62, 0.5));
        outbox.key_up(62);
        outbox.key_up(60);
        outbox.panic();
        assert!(!outbox.key_down(60, 0.5));
        outbox.load(Patch::default());
        assert_eq!(outbox.refused(), 5);
        for _ in 0..3 {
            outbox.maintain(0);
        }
        assert_eq!(outbox.refused(), 5, "trying again is no refusal more");

        assert_eq!(queue.drain(), [down(60), down(62)]);
        outbox.maintain(1);
        assert_eq!(queue.drain(), [up(60), up(62)]);
        assert!(outbox.key_down(60, 0.5));
        assert_eq!(queue.drain(), [Command::Panic, down(60)]);
        outbox.maintain(2);
        assert_eq!(queue.drain(), []);
    }

    #[test]
    fn a_key_that_goes_down_has_room_to_go_up_again() {
        let (mut outbox, queue) = Glass::of(64);
        // Two blocks' worth: the first blocks counter that moves may be that of a block already begun.
        let mut down = 0;
        for block in 0..2 {
            outbox.maintain(block);
            for key in 0..100 {
                if outbox.key_down(key, 0.5) {
                    down += 1;
                    outbox.key_up(key);
                }
            }
        }
        assert_eq!(outbox.owed_keys, 0);
        assert_eq!(queue.drain().len(), 2 * down);
        assert_eq!(outbox.refused(), 200 - down as u64);
    }

    #[test]
    fn the_engines_own_queue_has_the_room_that_is_counted_on() {
        let room = tidepool_dsp::EngineConfig::default().commands;
        assert!(2 * (MAX_WAITING + 1) <= room);
    }

    #[test]
    fn without_an_engine_nothing_can_be_asked() {
        let mut outbox = Outbox::new(None);
        assert!(!outbox.is_connected());
        assert!(!outbox.key_down(60, 0.5));
    }
}
