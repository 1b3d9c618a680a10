//! MIDI inputs of the system: their list, and connections to several of them at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use midir::{MidiInput, MidiInputConnection, MidiInputPort};
use rtrb::Producer;

use super::audio::player::{Message, channel_message};

/// Name of the clients of the system's MIDI.
const NAME: &str = "Tidepool";

/// Connected inputs, whose messages go into one queue.
pub struct MidiInputs {
    /// The callbacks of all inputs share the queue's end; the audio thread has the other one and never locks.
    queue: Arc<Mutex<Producer<Message>>>,
    connections: Vec<(MidiInputPort, MidiInputConnection<()>)>,
}

impl MidiInputs {
    pub fn new(queue: Producer<Message>) -> Self {
        Self {
            queue: Arc::new(Mutex::new(queue)),
            connections: Vec::new(),
        }
    }

    /// Connects the inputs that are `wanted` by name and disconnects all others. Returns the names of all inputs with
    /// true for those that are connected. `[worker]`
    pub fn follow(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<(String, bool)> {
        // A system without MIDI has no inputs.
        let Ok(list) = MidiInput::new(NAME) else {
            self.connections.clear();
            return Vec::new();
        };
        let ports = list.ports();
        // A port that is gone, or another one under the same number, has to be connected anew.
        self.connections
            .retain(|(port, _)| ports.iter().any(|present| present == port));
        let mut inputs = Vec::new();
        for port in ports {
            // A port that disappears meanwhile has no name.
            let Ok(full) = list.port_name(&port) else {
                continue;
            };
            let name = stable_name(&full);
            if name.starts_with(NAME) {
                continue;
            }
            let place = self.connections.iter().position(|(open, _)| *open == port);
            let is_connected = match (place, wanted(&name)) {
                (Some(_), true) => true,
                (Some(place), false) => {
                    self.connections.remove(place);
                    false
                }
                (None, true) => self.connect(&port),
                (None, false) => false,
            };
            inputs.push((name, is_connected));
        }
        inputs
    }

    /// Connects an input; returns true if it can be.
    #[expect(clippy::disallowed_methods, reason = "threads of the system's MIDI")]
    fn connect(&mut self, port: &MidiInputPort) -> bool {
        let Ok(input) = MidiInput::new(NAME) else {
            return false;
        };
        let queue = self.queue.clone();
        let receive = move |_time: u64, bytes: &[u8], (): &mut ()| {
            if let Some(bytes) = channel_message(bytes) {
                let at = Instant::now();
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                // A full queue means that no audio is played.
                let _ = queue.push(Message { bytes, at });
            }
        };
        match input.connect(port, "input", receive, ()) {
            Ok(connection) => {
                self.connections.push((port.clone(), connection));
                true
            }
            Err(_) => false,
        }
    }
}

/// Returns the name of an input without the numbers that ALSA gives it anew at each connection, such as " 28:0".
fn stable_name(name: &str) -> String {
    let stem = name.rsplit_once(' ').filter(|(_, numbers)| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        numbers
            .split_once(':')
            .is_some_and(|(client, port)| is_number(client) && is_number(port))
    });
    stem.map_or(name, |(stem, _)| stem).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_alsa_are_not_part_of_a_name() {
        for (full, stable) in [
            ("Keys:Keys MIDI 1 28:0", "Keys:Keys MIDI 1"),
            ("Keys 2", "Keys 2"),
            ("Keys a:0", "Keys a:0"),
            ("28:0", "28:0"),
        ] {
            assert_eq!(stable_name(full), stable);
        }
    }
}
