//! Client of JACK: output, External input, MIDI and the transport.

use jack::{
    AsyncClient, AudioIn, AudioOut, Client, ClientOptions, Control, LoggerType, MidiIn, Port,
    PortFlags, PortSpec, ProcessHandler, ProcessScope, TransportState,
};
use tidepool::program::Setup;
use tidepool_host::Transport;

use super::seat::Seat;
use super::{Facts, JACK};

/// Name of the client.
const NAME: &str = "tidepool";

/// Client that is not yet active.
pub struct PreparedJack {
    client: Client,
    ports: Ports,
    channels: u32,
}

struct Ports {
    outputs: [Port<AudioOut>; 2],
    external: [Port<AudioIn>; 2],
    midi: Port<MidiIn>,
}

impl PreparedJack {
    /// Connects to the server, if it runs. `[worker]`
    ///
    /// # Errors
    /// One sentence if there is no server.
    pub fn connect(_setup: &Setup) -> Result<Self, String> {
        jack::set_logger(LoggerType::None);
        let connected = Client::new(NAME, ClientOptions::NO_START_SERVER);
        let (client, _) = connected.map_err(|error| match error {
            jack::Error::LibraryError(_) => {
                "JACK is not installed; install it, or choose another audio system".to_owned()
            }
            _ => "JACK does not run; start it, or choose another audio system".to_owned(),
        })?;
        let refused = |error| format!("JACK refuses a port ({error}); choose another audio system");
        let output = |name| client.register_port(name, AudioOut::default());
        let input = |name| client.register_port(name, AudioIn::default());
        let ports = Ports {
            outputs: [
                output("output_1").map_err(refused)?,
                output("output_2").map_err(refused)?,
            ],
            external: [
                input("external_1").map_err(refused)?,
                input("external_2").map_err(refused)?,
            ],
            midi: (client.register_port("midi_input", MidiIn::default())).map_err(refused)?,
        };
        let channels = playback(&client).len() as u32;
        Ok(Self {
            client,
            ports,
            channels,
        })
    }

    /// Returns the sample rate of the server.
    pub fn rate(&self) -> u32 {
        self.client.sample_rate()
    }

    pub fn facts(&self) -> Facts {
        Facts {
            system: JACK,
            device: String::new(),
            rate: self.rate(),
            block: self.client.buffer_size(),
            channels: self.channels,
        }
    }

    /// Activates the client, with its output connected to two channels of the sound card from `channel` on.
    ///
    /// # Errors
    /// One sentence if the server is gone.
    pub fn start(self, seat: Seat, channel: u32) -> Result<JackClient, String> {
        let [left, right] = &self.ports.outputs;
        let outputs = [left.name(), right.name()].map(Result::unwrap_or_default);
        let midi = self.ports.midi.name().unwrap_or_default();
        let handler = Handler {
            seat,
            ports: self.ports,
        };
        let client = self.client.activate_async((), handler);
        let client = client.map_err(|_| "JACK does not answer; start it again".to_owned())?;
        let playback = playback(client.as_client());
        let first = (channel as usize).min(playback.len().saturating_sub(2));
        for (output, input) in outputs.iter().zip(playback.iter().skip(first)) {
            // A user may have connected them already.
            let _ = (client.as_client()).connect_ports_by_name(output, input);
        }
        Ok(JackClient { client, midi })
    }
}

/// Returns the names of the sound card's channels.
fn playback(client: &Client) -> Vec<String> {
    let flags = PortFlags::IS_PHYSICAL | PortFlags::IS_INPUT;
    client.ports(None, Some(AudioIn::default().jack_port_type()), flags)
}

/// Active client; closed when dropped.
pub struct JackClient {
    client: AsyncClient<(), Handler>,
    /// Name of the MIDI input.
    midi: String,
}

impl JackClient {
    /// Returns the names of the MIDI sources, and true for those of hardware. `[worker]`
    pub fn midi_sources(&self) -> Vec<(String, bool)> {
        let kind = MidiIn::default();
        let ports = |flags| {
            let client = self.client.as_client();
            client.ports(None, Some(kind.jack_port_type()), flags)
        };
        let physical = ports(PortFlags::IS_OUTPUT | PortFlags::IS_PHYSICAL);
        let all = ports(PortFlags::IS_OUTPUT).into_iter();
        all.map(|name| {
            let is_physical = physical.contains(&name);
            (name, is_physical)
        })
        .collect()
    }

    /// Returns true if the MIDI input is connected to a source. `[worker]`
    pub fn is_connected(&self, source: &str) -> bool {
        let port = self.client.as_client().port_by_name(source);
        port.is_some_and(|port| port.is_connected_to(&self.midi).unwrap_or(false))
    }

    /// Connects the MIDI input to a source; returns true if it is there. `[worker]`
    pub fn connect(&self, source: &str) -> bool {
        let client = self.client.as_client();
        client.connect_ports_by_name(source, &self.midi).is_ok()
    }

    /// Disconnects the MIDI input from a source. `[worker]`
    pub fn disconnect(&self, source: &str) {
        // A source that is gone is not connected either.
        let _ = (self.client.as_client()).disconnect_ports_by_name(source, &self.midi);
    }

    /// Connects the External input to these sources, the last of them to all channels that are left.
    pub fn connect_external(&self, sources: &str) {
        let client = self.client.as_client();
        let mut sources = sources.split(',').map(str::trim);
        let mut source = sources.next().unwrap_or_default();
        for n in 1..=2 {
            let _ =
                client.connect_ports_by_name(source, &format!("{}:external_{n}", client.name()));
            source = sources.next().unwrap_or(source);
        }
    }
}

/// Callback of the server. `[audio]`
struct Handler {
    seat: Seat,
    ports: Ports,
}

impl ProcessHandler for Handler {
    fn process(&mut self, client: &Client, scope: &ProcessScope) -> Control {
        let Some(player) = self.seat.player() else {
            return Control::Continue;
        };
        for message in self.ports.midi.iter(scope) {
            player.add_midi(message.time, message.bytes);
        }
        if let Ok(position) = client.transport().query() {
            let transport = transport(&position, client.sample_rate(), player.tempo());
            player.set_transport(transport);
        }
        let [left, right] = &mut self.ports.outputs;
        let [in_left, in_right] = &self.ports.external;
        player.play(
            [left.as_mut_slice(scope), right.as_mut_slice(scope)],
            Some([in_left.as_slice(scope), in_right.as_slice(scope)]),
        );
        Control::Continue
    }
}

/// Returns the position of JACK's transport; in `tempo` if the transport has no bars.
fn transport(position: &jack::TransportStatePosition, rate: u32, tempo: f64) -> Transport {
    let playing = position.state == TransportState::Rolling;
    let seconds = f64::from(position.pos.frame()) / f64::from(rate);
    let (tempo, beats) = match position.pos.bbt() {
        Some(bbt) => {
            // A beat of JACK is a note of the signature's denominator.
            let quarters = 4.0 / f64::from(bbt.sig_denom);
            let bars = (bbt.bar as f64 - 1.0) * f64::from(bbt.sig_num);
            let beats = bars + bbt.beat as f64 - 1.0 + bbt.tick as f64 / bbt.ticks_per_beat;
            (bbt.bpm * quarters, beats * quarters)
        }
        None => (tempo, seconds * tempo / 60.0),
    };
    Transport {
        tempo,
        beats,
        seconds,
        playing,
    }
}

#[cfg(test)]
mod tests {
    use jack::{TransportBBT, TransportPosition, TransportStatePosition};

    use super::*;

    #[test]
    fn positions_are_in_quarter_notes() {
        let position = || {
            let mut pos = TransportPosition::default();
            pos.set_frame(96_000);
            pos
        };
        let (pos, state) = (position(), TransportState::Rolling);
        let free = transport(&TransportStatePosition { pos, state }, 48_000, 90.0);
        assert_eq!((free.tempo, free.beats, free.seconds), (90.0, 3.0, 2.0));
        assert!(free.playing);

        // The middle of the second eighth of the third bar, in 6/8.
        let mut bbt = TransportBBT::default();
        bbt.with_bbt(3, 2, 480).with_bpm(90.0);
        bbt.with_timesig(6.0, 8.0).with_ticks_per_beat(960.0);
        let (mut pos, state) = (position(), TransportState::Stopped);
        pos.set_bbt(Some(bbt)).unwrap();
        let bars = transport(&TransportStatePosition { pos, state }, 48_000, 120.0);
        assert_eq!((bars.tempo, bars.beats, bars.playing), (45.0, 6.75, false));
    }
}
