//! The worker that opens the devices of the user's choice, and returns to them when they come back.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rtrb::{Consumer, RingBuffer};
use tidepool::program::{Devices, Setup};
use tidepool::settings;
use tidepool_host::EVENT_CAPACITY;

use super::activation::Activator;
use super::audio::player::Message;
use super::audio::{self, DUMMY, Monitor, Player, Prepared, Stream};
use super::device_state::{Command, DeviceProgram, Shared, sentence};
use super::midi_choice::MidiChoice;
use super::midi_inputs::MidiInputs;

/// Interval between looks at the open device.
const LOOK: Duration = Duration::from_millis(200);
/// Interval between looks at lists of devices, and between attempts to open one that is gone.
const LIST: Duration = Duration::from_millis(1500);
/// Time without a block after which a device counts as lost.
const STALLED: Duration = Duration::from_secs(2);

/// Options of the command line that no setting has.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// Tempo without JACK's bars.
    pub tempo: f64,
    /// Ports of JACK that are connected to the External input.
    pub jack_inputs: Option<String>,
    /// Port of JACK that is connected to the MIDI input.
    pub jack_midi_input: Option<String>,
}

/// Running worker.
pub struct DeviceWorker {
    commands: Sender<Command>,
    thread: JoinHandle<()>,
}

impl DeviceWorker {
    /// Starts the worker with `setup`, and returns the program for the editor. `[main]`
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(
        setup: Setup,
        connections: Connections,
        activator: Activator,
    ) -> std::io::Result<(Self, DeviceProgram)> {
        let (commands, received) = mpsc::channel();
        let monitor = Arc::<Monitor>::default();
        let devices = Devices {
            setup: setup.clone(),
            systems: audio::systems(),
            status: "Opening the audio device".to_owned(),
            is_heard: true,
            ..Devices::default()
        };
        let shared = Arc::new(Shared::new(devices, monitor.clone()));
        let worker_shared = shared.clone();
        let thread = thread::Builder::new().name("devices".to_owned());
        let thread = thread.spawn(move || {
            let (queue, messages) = RingBuffer::new(EVENT_CAPACITY);
            let worker = Worker {
                midi: MidiChoice::new(MidiInputs::new(queue), connections.jack_midi_input.clone()),
                setup,
                connections,
                kept_problems: Vec::new(),
                shared: worker_shared,
                activator,
                monitor,
                messages: Some(messages),
                stream: None,
                is_wanted: false,
                problem: None,
                blocks: (0, Instant::now()),
                listed: None,
            };
            worker.run(&received);
        })?;
        let program = DeviceProgram::new(shared, commands.clone());
        Ok((Self { commands, thread }, program))
    }

    /// Requests that the plugin is activated again. `[main]`
    pub fn reopen(&self) {
        let _ = self.commands.send(Command::Reopen);
    }

    /// Tells the user a sentence, in the editor. `[main]`
    pub fn report(&self, sentence: String) {
        let _ = self.commands.send(Command::Report(sentence));
    }

    /// Requests the end: the worker returns the processor through its activator. `[main]`
    pub fn request_end(&self) {
        let _ = self.commands.send(Command::End);
    }

    /// Waits for the worker, after it has returned the processor. `[main]`
    pub fn join(self) {
        // A panic has been reported already.
        let _ = self.thread.join();
    }
}

struct Worker {
    setup: Setup,
    connections: Connections,
    kept_problems: Vec<String>,
    shared: Arc<Shared>,
    activator: Activator,
    monitor: Arc<Monitor>,
    midi: MidiChoice,
    /// Queue of MIDI messages, until the first player takes it.
    messages: Option<Consumer<Message>>,
    stream: Option<Stream>,
    /// True if the open device is the chosen one, and not the silent one in its place.
    is_wanted: bool,
    /// Sentence about the chosen device.
    problem: Option<String>,
    /// Number of blocks, and the time at which it last changed.
    blocks: (u64, Instant),
    /// Time of the last look at the lists.
    listed: Option<Instant>,
}

impl Worker {
    #[expect(clippy::disallowed_methods, reason = "[worker]")]
    fn run(mut self, commands: &Receiver<Command>) {
        audio::collect_messages();
        self.open();
        self.list();
        loop {
            match commands.recv_timeout(LOOK) {
                Ok(Command::Choose(setup)) => self.choose(setup),
                Ok(Command::Reopen) => self.open_anew(),
                Ok(Command::Report(sentence)) => {
                    if !self.kept_problems.contains(&sentence) {
                        self.kept_problems.push(sentence);
                        self.tell();
                    }
                }
                Ok(Command::End) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.look();
            if self.listed.is_none_or(|at| at.elapsed() >= LIST) {
                if !self.is_wanted {
                    self.return_to_wanted();
                }
                self.list();
            }
        }
        let player = self.stream.take().and_then(Stream::close);
        self.activator
            .end(player.map(|player| player.into_parts().0));
    }

    fn choose(&mut self, setup: Setup) {
        remember(&self.setup, &setup);
        let audio = |setup: &Setup| {
            let setup = setup.clone();
            (
                setup.system,
                setup.device,
                setup.rate,
                setup.block,
                setup.channel,
            )
        };
        let same = audio(&self.setup) == audio(&setup);
        self.setup = setup;
        if !same {
            self.open();
        }
        self.list();
    }

    /// Opens the chosen device, or the silent one in its place.
    fn open(&mut self) {
        let mut problems = Vec::new();
        for system in audio::candidates(&self.setup.system.clone()) {
            match self.find_and_open(system) {
                Ok(()) => {
                    self.is_wanted = true;
                    self.problem = None;
                    self.tell();
                    return;
                }
                Err(sentence) => problems.push(sentence),
            }
        }
        self.is_wanted = false;
        // The last system that is tried is that of the sound cards.
        self.problem = problems.pop();
        self.be_silent();
    }

    /// Opens the device again after the plugin has requested it.
    fn open_anew(&mut self) {
        if let Some(player) = self.stream.take().and_then(Stream::close) {
            let (processor, messages) = player.into_parts();
            self.messages = Some(messages);
            match self.activator.activate(Some(processor), self.setup.rate) {
                Ok(processor) => self.put_back(processor),
                Err(sentence) => self.kept_problems.push(sentence),
            }
        }
        self.open();
    }

    /// Keeps a processor in a silent device.
    fn put_back(&mut self, processor: tidepool_host::Processor) {
        if let Some(messages) = self.messages.take() {
            let player = self.new_player(processor, self.setup.rate, messages);
            let silence = Prepared::silence(&self.setup).open(player, 0);
            self.stream = silence.ok();
        }
    }

    fn be_silent(&mut self) {
        let silence = Prepared::silence(&self.setup);
        if let Err(sentence) = self.start(silence) {
            self.problem = Some(sentence);
        }
        self.tell();
    }

    fn find_and_open(&mut self, system: &str) -> Result<(), String> {
        // JACK allows one client of this name, and a sound card one program.
        let same_device =
            (self.stream.as_ref()).is_some_and(|stream| stream.facts.system == system);
        if same_device && system != DUMMY {
            self.free_device();
        }
        let prepared = Prepared::find(system, &self.setup)?;
        self.start(prepared)
    }

    /// Moves the player from its device to the silent one.
    fn free_device(&mut self) {
        let Some(rate) = self.stream.as_ref().map(|stream| stream.facts.rate) else {
            return;
        };
        let setup = Setup {
            rate,
            ..self.setup.clone()
        };
        if let Err(sentence) = self.start(Prepared::silence(&setup)) {
            self.problem = Some(sentence);
        }
    }

    /// Opens a device with the player of the last one.
    fn start(&mut self, prepared: Prepared) -> Result<(), String> {
        let rate = prepared.rate();
        let player = self.player(rate)?;
        match prepared.open(player, self.setup.channel) {
            Ok(stream) => {
                self.monitor.take_loss();
                self.blocks = (self.monitor.blocks(), Instant::now());
                if let (Some(client), Some(sources)) =
                    (stream.jack(), &self.connections.jack_inputs)
                {
                    client.connect_external(sources);
                }
                self.stream = Some(stream);
                Ok(())
            }
            Err((sentence, player)) => {
                if let Some(player) = player {
                    let setup = Setup {
                        rate,
                        ..self.setup.clone()
                    };
                    self.stream = Prepared::silence(&setup).open(player, 0).ok();
                }
                Err(sentence)
            }
        }
    }

    /// Takes the player out of the open device, for the sample rate `rate`.
    fn player(&mut self, rate: u32) -> Result<Player, String> {
        let (processor, messages) = match self.stream.take() {
            Some(stream) => {
                let same = stream.facts.rate == rate;
                let player = stream.close();
                let player = player.ok_or("the audio system does not end; start Tidepool again")?;
                if same {
                    return Ok(player);
                }
                let (processor, messages) = player.into_parts();
                (Some(processor), messages)
            }
            None => {
                let messages = self.messages.take();
                (
                    None,
                    messages.ok_or("the engine is lost; start Tidepool again")?,
                )
            }
        };
        match self.activator.activate(processor, rate) {
            Ok(processor) => Ok(self.new_player(processor, rate, messages)),
            Err(sentence) => {
                self.messages = Some(messages);
                Err(sentence)
            }
        }
    }

    fn new_player(
        &self,
        processor: tidepool_host::Processor,
        rate: u32,
        messages: Consumer<Message>,
    ) -> Player {
        let (tempo, monitor) = (self.connections.tempo, self.monitor.clone());
        Player::new(processor, rate, tempo, messages, monitor)
    }

    /// Looks at the open device, and plays on in silence when it is lost.
    fn look(&mut self) {
        let blocks = self.monitor.blocks();
        if blocks != self.blocks.0 {
            self.blocks = (blocks, Instant::now());
        }
        let Some(stream) = self.stream.as_ref().filter(|stream| stream.is_heard()) else {
            return;
        };
        let facts = &stream.facts;
        let length = f64::from(facts.block) / f64::from(facts.rate.max(1));
        let stalled = STALLED.max(Duration::from_secs_f64(4.0 * length));
        if self.monitor.take_loss() || self.blocks.1.elapsed() >= stalled {
            self.problem = Some(match facts.device.as_str() {
                "" => format!(
                    "{} has stopped; Tidepool plays on in silence, and uses it again when it is back",
                    audio::name(facts.system)
                ),
                device => format!(
                    "the audio device \"{device}\" is gone; Tidepool plays on in silence, and uses it again when it is back"
                ),
            });
            self.is_wanted = false;
            self.be_silent();
        }
    }

    /// Opens the chosen device if it is there again.
    fn return_to_wanted(&mut self) {
        for system in audio::candidates(&self.setup.system.clone()) {
            if self.find_and_open(system).is_ok() {
                self.is_wanted = true;
                self.problem = None;
                self.tell();
                return;
            }
        }
    }

    /// Refreshes the lists of devices and the connections of MIDI inputs.
    fn list(&mut self) {
        self.listed = Some(Instant::now());
        audio::collect_messages();
        let jack = self.stream.as_ref().and_then(Stream::jack);
        self.midi.follow(&self.setup, jack);
        let is_watched = self.shared.take_watched();
        let outputs = is_watched.then(|| audio::outputs(&self.setup.system));
        self.shared.change(|devices| {
            if let Some(outputs) = outputs {
                devices.outputs = outputs;
            }
        });
        self.tell();
    }

    /// Publishes the state for the editor.
    fn tell(&self) {
        let stream = self.stream.as_ref();
        let facts = stream.map(|stream| stream.facts.clone());
        let facts = facts.unwrap_or_default();
        let is_heard = stream.is_some_and(Stream::is_heard);
        let mut status = match (is_heard, facts.device.as_str()) {
            (false, _) => "No audio device".to_owned(),
            (true, "") => audio::name(facts.system).to_owned(),
            (true, device) => format!("{}, {device}", audio::name(facts.system)),
        };
        if is_heard {
            status += &format!(", {} Hz", facts.rate);
            if facts.block > 0 {
                let milliseconds = f64::from(facts.block) * 1000.0 / f64::from(facts.rate.max(1));
                status += &format!(", {} samples ({milliseconds:.1} ms)", facts.block);
            }
        }
        let problems = (self.problem.iter().chain(self.midi.problems()))
            .chain(&self.kept_problems)
            .map(|problem| sentence(problem))
            .collect();
        self.shared.change(|devices| {
            devices.channels = facts.channels;
            devices.is_fixed = facts.system == audio::JACK;
            devices.midi_inputs = self.midi.inputs().to_vec();
            devices.status = status;
            devices.problems = problems;
            devices.is_heard = is_heard;
        });
    }
}

/// Keeps the fields in which `after` differs from `before` for the user. Options of the command line, which are in both,
/// are those of one start.
fn remember(before: &Setup, after: &Setup) {
    settings::update(|settings| {
        let kept = &mut settings.program;
        macro_rules! keep {
            ($($field:ident),+) => {
                $(if before.$field != after.$field {
                    kept.$field = after.$field.clone();
                })+
            };
        }
        keep!(
            system,
            device,
            rate,
            block,
            channel,
            every_midi_input,
            midi_inputs
        );
    });
}
