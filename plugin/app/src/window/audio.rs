//! Audio output: a player in the callback of an audio system, or in a thread that only keeps time.

mod jack_client;
pub mod player;
mod seat;
mod silence;
mod sound_card;
mod test_tone;

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use tidepool::program::{Item, Setup};

pub use jack_client::JackClient;
use jack_client::PreparedJack;
pub use player::{Monitor, Player};
use seat::Seat;
use silence::Silence;
use sound_card::PreparedCard;
pub use sound_card::collect_messages;

/// Time that an audio system has to return the player.
const PATIENCE: Duration = Duration::from_secs(3);

/// Ids of the audio systems that are no sound cards.
pub const AUTO: &str = "auto";
pub const JACK: &str = "jack";
pub const DUMMY: &str = "dummy";

/// Audio system of the platform's sound cards.
pub const NATIVE: &str = if cfg!(target_os = "macos") {
    "coreaudio"
} else if cfg!(windows) {
    "wasapi"
} else {
    "alsa"
};

/// Returns the audio systems of this platform. JACK is one of them everywhere, because it is looked for at run time.
pub fn systems() -> Vec<Item> {
    [AUTO, JACK, NATIVE, DUMMY].map(item).to_vec()
}

/// Returns the ids of the audio systems that are tried in turn for the one that a [`Setup`] names.
pub fn candidates(system: &str) -> Vec<&str> {
    match system {
        AUTO => vec![JACK, NATIVE],
        one => vec![one],
    }
}

fn item(id: &str) -> Item {
    Item {
        id: id.to_owned(),
        name: name(id).to_owned(),
    }
}

/// Returns the name of an audio system.
pub fn name(id: &str) -> &str {
    match id {
        AUTO => "Automatic",
        JACK => "JACK",
        DUMMY => "None (silent)",
        "alsa" => "ALSA",
        "coreaudio" => "CoreAudio",
        "wasapi" => "WASAPI",
        other => other,
    }
}

/// Facts about an open device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Id of the audio system.
    pub system: &'static str,
    /// Name of the device; empty where there is none.
    pub device: String,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Length of a block in samples; 0 if the system chooses it.
    pub block: u32,
    /// Number of output channels.
    pub channels: u32,
}

/// Device that is ready to be opened.
pub enum Prepared {
    Jack(PreparedJack),
    Card(Box<PreparedCard>),
    Silence(Facts),
}

impl Prepared {
    /// Looks for the device that `setup` names, in the audio system `system`. `[worker]`
    ///
    /// # Errors
    /// One sentence if there is none, or it does not support the rate.
    pub fn find(system: &str, setup: &Setup) -> Result<Self, String> {
        match system {
            JACK => Ok(Self::Jack(PreparedJack::connect(setup)?)),
            NATIVE => Ok(Self::Card(Box::new(PreparedCard::find(setup)?))),
            DUMMY => Ok(Self::silence(setup)),
            other => Err(format!(
                "there is no audio system \"{other}\"; choose another one"
            )),
        }
    }

    /// Returns the device that plays nothing.
    pub fn silence(setup: &Setup) -> Self {
        Self::Silence(Facts {
            system: DUMMY,
            device: String::new(),
            rate: setup.rate,
            block: setup.block,
            channels: 2,
        })
    }

    /// Returns the sample rate for which the player has to be made.
    pub fn rate(&self) -> u32 {
        match self {
            Self::Jack(jack) => jack.rate(),
            Self::Card(card) => card.facts.rate,
            Self::Silence(facts) => facts.rate,
        }
    }

    /// Opens the device. `[worker]`
    ///
    /// # Errors
    /// One sentence, and the player, if the device returned it.
    #[expect(clippy::disallowed_methods, reason = "[worker]")]
    #[expect(
        clippy::result_large_err,
        reason = "a player moves once per opened device"
    )]
    pub fn open(self, player: Player, channel: u32) -> Result<Stream, (String, Option<Player>)> {
        let (home, returned) = mpsc::channel();
        let seat = Seat::new(player, home);
        let opened = match self {
            Self::Jack(jack) => {
                let facts = jack.facts();
                (jack.start(seat, channel)).map(|client| (Kind::Jack(client), facts))
            }
            Self::Card(card) => {
                let facts = card.facts.clone();
                (card.start(seat, channel)).map(|stream| (Kind::Card(stream), facts))
            }
            Self::Silence(facts) => {
                let silence = Silence::start(seat, facts.rate, facts.block);
                silence.map(|silence| (Kind::Silence(silence), facts))
            }
        };
        match opened {
            Ok((kind, facts)) => Ok(Stream {
                kind,
                facts,
                returned,
            }),
            Err(sentence) => Err((sentence, returned.recv_timeout(PATIENCE).ok())),
        }
    }
}

enum Kind {
    Jack(JackClient),
    /// Held open until it is dropped.
    Card(#[expect(dead_code)] cpal::Stream),
    /// Held open until it is dropped.
    Silence(#[expect(dead_code)] Silence),
}

/// Open device with a player in it.
pub struct Stream {
    kind: Kind,
    /// Facts about the device.
    pub facts: Facts,
    returned: Receiver<Player>,
}

impl Stream {
    /// Returns true if the output is played.
    pub fn is_heard(&self) -> bool {
        !matches!(self.kind, Kind::Silence(_))
    }

    /// Returns the client of JACK, if this is one.
    pub fn jack(&self) -> Option<&JackClient> {
        match &self.kind {
            Kind::Jack(client) => Some(client),
            _ => None,
        }
    }

    /// Closes the device and returns the player; `None` if the device does not let it go. `[worker]`
    #[expect(clippy::disallowed_methods, reason = "[worker]")]
    pub fn close(self) -> Option<Player> {
        drop(self.kind);
        self.returned.recv_timeout(PATIENCE).ok()
    }
}

/// Returns the output devices of `system`; none if it does not have devices to choose. `[worker]`
pub fn outputs(system: &str) -> Vec<Item> {
    let native = candidates(system).contains(&NATIVE);
    if native {
        sound_card::outputs()
    } else {
        Vec::new()
    }
}
