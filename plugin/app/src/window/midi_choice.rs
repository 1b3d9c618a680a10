//! The user's choice of MIDI inputs, applied to those of the system and those of JACK.

use tidepool::program::{MidiInput, Setup};

use super::audio::JackClient;
use super::midi_inputs::MidiInputs;

/// Inputs, connected as the user has chosen.
pub struct MidiChoice {
    system: MidiInputs,
    /// Port of JACK that the command line connects.
    jack_port: Option<String>,
    /// Ports of JACK that were connected here; connections of other programs stay.
    connected: Vec<String>,
    inputs: Vec<MidiInput>,
    problems: Vec<String>,
}

impl MidiChoice {
    pub fn new(system: MidiInputs, jack_port: Option<String>) -> Self {
        Self {
            system,
            jack_port,
            connected: Vec::new(),
            inputs: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Returns all inputs.
    pub fn inputs(&self) -> &[MidiInput] {
        &self.inputs
    }

    /// Returns sentences about inputs that do not work.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Connects the inputs that `setup` names, as far as they are there, and disconnects the others. `[worker]`
    pub fn follow(&mut self, setup: &Setup, jack: Option<&JackClient>) {
        let is_chosen = |name: &str| setup.midi_inputs.iter().any(|chosen| chosen == name);
        let sources = jack.map(JackClient::midi_sources).unwrap_or_default();
        // JACK's ports of the hardware are the system's inputs once more, so that each key would be played twice.
        let jack_has_hardware = sources.iter().any(|(_, is_hardware)| *is_hardware);
        self.inputs.clear();
        self.problems.clear();
        for (name, is_hardware) in &sources {
            let is_wanted = self.jack_port.as_ref() == Some(name)
                || match setup.every_midi_input {
                    true => *is_hardware,
                    false => is_chosen(name),
                };
            let ours = self.connected.iter().position(|ours| ours == name);
            let Some(jack) = jack else { continue };
            let is_connected = match (ours, is_wanted) {
                (Some(place), false) => {
                    self.connected.remove(place);
                    jack.disconnect(name);
                    false
                }
                (_, true) if !jack.is_connected(name) => {
                    if ours.is_none() {
                        self.connected.push(name.clone());
                    }
                    jack.connect(name)
                }
                _ => jack.is_connected(name),
            };
            self.inputs.push(MidiInput {
                name: name.clone(),
                is_connected,
            });
        }
        let wanted = |name: &str| match setup.every_midi_input {
            true => !jack_has_hardware,
            false => is_chosen(name),
        };
        for (name, is_connected) in self.system.follow(wanted) {
            if wanted(&name) && !is_connected {
                self.problems.push(format!(
                    "the MIDI input \"{name}\" cannot be opened; close the program that uses it"
                ));
            }
            self.inputs.push(MidiInput { name, is_connected });
        }
        if setup.every_midi_input {
            return;
        }
        for name in &setup.midi_inputs {
            if !self.inputs.iter().any(|input| input.name == *name) {
                self.problems.push(format!(
                    "the MIDI input \"{name}\" is not connected; it plays when it is"
                ));
                self.inputs.push(MidiInput {
                    name: name.clone(),
                    is_connected: false,
                });
            }
        }
    }
}
