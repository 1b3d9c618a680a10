//! The editor's end of the command queue: refused commands are counted, and those that must arrive are retried.

use tidepool_dsp::{Command, CommandSender, Patch, ScreenControl};

/// Most commands that may wait for a block before key-downs are refused. Less than half of the queue's length, since
/// a block that ends may have begun before they were sent: a key that went down always finds room for its key-up,
/// even if the window closes at that moment and nothing is retried.
const MAX_WAITING: usize = 30;

/// Performance controls, by their numbers.
const CONTROLS: [ScreenControl; 4] = [
    ScreenControl::Bend,
    ScreenControl::Modulation,
    ScreenControl::Pressure,
    ScreenControl::Sustain,
];

/// Sends a command; returns false if the queue has no room.
type Queue = Box<dyn FnMut(Command) -> bool + Send>;

/// Sends the editor's commands to the engine. `[gui]`
pub struct Outbox {
    queue: Option<Queue>,
    /// Commands sent since `blocks` changed.
    waiting: usize,
    /// Number of host blocks at the last call of [`maintain`](Self::maintain).
    blocks: u64,
    /// Keys whose key-up was refused, one bit each.
    owed_keys: u128,
    /// True if a panic was refused.
    owed_panic: bool,
    /// Newest value of each performance control that has not been sent, by [`ScreenControl`].
    owed_controls: [Option<f32>; CONTROLS.len()],
    refused: u64,
}

impl Outbox {
    /// Makes an outbox in front of `sender`; without one, every command is refused.
    pub fn new(sender: Option<CommandSender>) -> Self {
        Self::before(
            sender.map(|mut sender| -> Queue {
                Box::new(move |command| sender.send(command).is_ok())
            }),
        )
    }

    /// Makes an outbox in front of any queue.
    fn before(queue: Option<Queue>) -> Self {
        Self {
            queue,
            waiting: 0,
            blocks: 0,
            owed_keys: 0,
            owed_panic: false,
            owed_controls: [None; CONTROLS.len()],
            refused: 0,
        }
    }

    /// Returns true if there is an engine at the other end.
    pub fn is_connected(&self) -> bool {
        self.queue.is_some()
    }

    /// Returns the number of refused commands; retries are not counted again.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Retries refused key-ups, panics and performance controls; to be called once a frame, with the number of host blocks so far.
    pub fn maintain(&mut self, blocks: u64) {
        if blocks != self.blocks {
            self.blocks = blocks;
            self.waiting = 0;
        }
        self.pay();
        self.send_controls();
    }

    /// Sends a key-down; returns true if the note will sound. A refused key-down is not retried: a late note is worse
    /// than none.
    pub fn key_down(&mut self, key: u8, velocity: f32) -> bool {
        let sent = self.waiting < MAX_WAITING && self.send(Command::KeyDown { key, velocity });
        self.refused += u64::from(!sent);
        sent
    }

    /// Sends a key-up, at once or as soon as there is room.
    pub fn key_up(&mut self, key: u8) {
        if !self.send(Command::KeyUp { key }) {
            self.owed_keys |= 1 << key;
            self.refused += 1;
        }
    }

    /// Sends a panic, at once or as soon as there is room.
    pub fn panic(&mut self) {
        if !self.send(Command::Panic) {
            self.owed_panic = true;
            self.refused += 1;
        }
    }

    /// Moves a performance control to `value`, at once or as soon as there is room. Of several values that wait, the
    /// newest is sent.
    pub fn perform(&mut self, control: ScreenControl, value: f32) {
        self.owed_controls[control as usize] = Some(value);
        self.send_controls();
    }

    /// Sends the performance controls that wait, but leaves room for key-ups.
    fn send_controls(&mut self) {
        for control in CONTROLS {
            let value = self.owed_controls[control as usize];
            if let Some(value) = value.filter(|_| self.waiting < MAX_WAITING)
                && self.send(Command::Perform { control, value })
            {
                self.owed_controls[control as usize] = None;
            }
        }
    }

    /// Sends a whole patch. If it is refused, its parameters still arrive by way of the host.
    pub fn load(&mut self, patch: Patch) {
        let sent = self.send(Command::Load(patch));
        self.refused += u64::from(!sent);
    }

    /// Sends `command` after all that waits to be retried: a key-down before a pending key-up would end with it.
    fn send(&mut self, command: Command) -> bool {
        self.pay() && self.put(command)
    }

    /// Retries refused key-ups and panics; returns true if none is left.
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

    /// A queue whose commands can be read.
    #[derive(Clone, Default)]
    pub struct Glass(Arc<Mutex<VecDeque<Command>>>);

    #[expect(clippy::disallowed_methods, reason = "a test")]
    impl Glass {
        /// Makes an outbox in front of a queue for `room` commands.
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

        /// Takes all commands out, as a block does.
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
        // Two blocks' worth: the first change of the block count may be that of a block that had already begun.
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

    #[test]
    fn of_the_positions_of_a_wheel_the_newest_arrives_and_key_ups_find_room() {
        let (mut outbox, queue) = Glass::of(64);
        for step in 0..100 {
            outbox.perform(ScreenControl::Modulation, step as f32 / 100.0);
        }
        let sent = queue.drain();
        assert_eq!(sent.len(), MAX_WAITING);
        outbox.perform(ScreenControl::Modulation, 1.0);
        outbox.key_up(60);
        assert_eq!(queue.drain(), [up(60)]);
        outbox.maintain(1);
        let last = Command::Perform {
            control: ScreenControl::Modulation,
            value: 1.0,
        };
        assert_eq!(queue.drain(), [last]);
    }
}
