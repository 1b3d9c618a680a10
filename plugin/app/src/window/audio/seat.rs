//! The player's place in an audio callback, which it leaves when the callback is dropped.

use std::sync::mpsc::Sender;

use super::player::Player;

/// Place of a player. Audio systems drop their callback when a device is closed or lost; the player then returns to the
/// worker, so that the next device plays on with the same sound.
pub struct Seat {
    player: Option<Player>,
    home: Sender<Player>,
}

impl Seat {
    pub fn new(player: Player, home: Sender<Player>) -> Self {
        Self {
            player: Some(player),
            home,
        }
    }

    /// Returns the player. `[audio]`
    pub fn player(&mut self) -> Option<&mut Player> {
        self.player.as_mut()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(player) = self.player.take() {
            // Nobody waits for it while the program ends.
            let _ = self.home.send(player);
        }
    }
}
