//! The program with a JACK server that has no sound card: audio, several MIDI inputs, and a server that goes away.

use std::fs;
use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tidepool_tests::display::read_text;

use super::{Running, User, eventually};

/// Server of one test, with a name of its own; stopped when dropped.
struct Server {
    name: String,
    process: Child,
    clients: Vec<Child>,
}

impl Server {
    /// Starts a server, or returns `None` if JACK is not installed.
    fn start(test: &str) -> Option<Self> {
        let name = format!("tidepool-{}-{}", std::process::id(), test.len());
        let tools = Command::new("jack_lsp").arg("--version").output();
        if tools.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            eprintln!("skipped {test}: there is no jackd with its tools (package jackd2)");
            return None;
        }
        let server = Self {
            process: Self::process(&name)?,
            name,
            clients: Vec::new(),
        };
        let runs = eventually(|| server.ports("").contains("system:playback_1"));
        if !runs {
            eprintln!("skipped {test}: jackd does not run here");
        }
        runs.then_some(server)
    }

    fn process(name: &str) -> Option<Child> {
        Command::new("jackd")
            .args(["--no-realtime", "--name", name, "-d", "dummy"])
            .args(["--rate", "44100", "--period", "512"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()
    }

    fn stop(&mut self) {
        // A server that is killed leaves its shared memory behind, of which a system has eight pieces.
        let kill = format!("kill -s TERM {}", self.process.id());
        // It may have ended already.
        let _ = Command::new("sh").args(["-c", &kill]).status();
        let _ = self.process.wait();
    }

    fn start_again(&mut self) {
        self.process = Self::process(&self.name).expect("jackd starts again");
    }

    /// Returns a tool that uses this server.
    fn tool(&self, program: &str) -> Command {
        let mut tool = Command::new(program);
        tool.env("JACK_DEFAULT_SERVER", &self.name)
            .env("JACK_NO_START_SERVER", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        tool
    }

    /// Returns the output of `jack_lsp`.
    fn ports(&self, flag: &str) -> String {
        let mut tool = self.tool("jack_lsp");
        if !flag.is_empty() {
            tool.arg(flag);
        }
        let output = tool.stdout(Stdio::piped()).output();
        let output = output.expect("jack_lsp runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns true if both ports are there and connected.
    fn connected(&self, from: &str, to: &str) -> bool {
        let ports = self.ports("--connections");
        let mut lines = ports.lines().skip_while(|line| *line != from).skip(1);
        (lines.by_ref())
            .take_while(|line| line.starts_with(' '))
            .any(|line| line.trim() == to)
    }

    /// Starts a client that plays middle A for half of each second.
    fn keys(&mut self, name: &str) {
        let mut keys = self.tool("jack_midiseq");
        let keys = keys.args([name, "44100", "0", "69", "22050"]).spawn();
        self.clients.push(keys.expect("jack_midiseq runs"));
    }

    /// Records a second of an output and returns its samples.
    fn record(&self, port: &str) -> Vec<f32> {
        let folder = tempfile::tempdir().expect("a folder is made");
        let file = folder.path().join("recorded.wav");
        let mut recorder = self.tool("jack_rec");
        let recorded = (recorder.arg("-f").arg(&file))
            .args(["-d", "1", "-b", "32", port])
            .status();
        assert!(recorded.expect("jack_rec runs").success());
        let bytes = fs::read(&file).expect("there is a recording");
        let samples = bytes[44.min(bytes.len())..].chunks_exact(4);
        samples
            .map(|sample| i32::from_le_bytes(sample.try_into().unwrap()) as f32 / i32::MAX as f32)
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for client in &mut self.clients {
            let _ = client.kill();
            let _ = client.wait();
        }
        self.stop();
    }
}

/// Starts the program with the server in its environment.
fn open(user: &User, server: &Server, flags: &[&str]) -> Running {
    let mut program = user.program(flags);
    program.env("JACK_DEFAULT_SERVER", &server.name);
    user.start(&mut program)
}

fn is_sound(samples: &[f32]) -> bool {
    samples.iter().any(|sample| sample.abs() > 0.001)
}

const LEFT: &str = "tidepool:output_1";
const MIDI: &str = "tidepool:midi_input";

#[test]
fn keys_of_two_inputs_sound_and_the_choice_of_inputs_comes_back() {
    const TEST: &str =
        "standalone::jack::keys_of_two_inputs_sound_and_the_choice_of_inputs_comes_back";
    let Some(user) = User::new(TEST) else { return };
    let Some(mut server) = Server::start(TEST) else {
        return;
    };
    fs::create_dir_all(user.file("")).expect("the folder is made");
    let settings =
        "[program]\nevery_midi_input = false\nmidi_inputs = [\"one:out\", \"two:out\"]\n";
    fs::write(user.file("settings.toml"), settings).expect("the settings are written");
    let running = open(&user, &server, &[]);
    assert!(eventually(|| server.connected(LEFT, "system:playback_1")));
    assert!(!is_sound(&server.record(LEFT)), "it sounds without keys");
    server.keys("two");
    assert!(eventually(|| server.connected("two:out", MIDI)));
    assert!(eventually(|| is_sound(&server.record(LEFT))));
    server.keys("one");
    server.keys("three");
    assert!(eventually(|| server.connected("one:out", MIDI)));
    assert!(server.connected("two:out", MIDI) && !server.connected("three:out", MIDI));
    drop(running);

    // The command line wins for one start.
    let running = open(&user, &server, &["--midi-input", "three:out"]);
    assert!(eventually(|| server.connected("three:out", MIDI)));
    assert!(!server.connected("one:out", MIDI));
    drop(running);
    let kept = fs::read_to_string(user.file("settings.toml")).expect("there are settings");
    assert!(
        kept.contains("one:out") && !kept.contains("three:out"),
        "{kept}"
    );
}

#[test]
fn a_server_that_is_gone_is_survived_and_used_again() {
    const TEST: &str = "standalone::jack::a_server_that_is_gone_is_survived_and_used_again";
    let Some(user) = User::new(TEST) else { return };
    let Some(mut server) = Server::start(TEST) else {
        return;
    };
    let mut running = open(&user, &server, &[]);
    running.editor();
    assert!(eventually(|| server.connected(LEFT, "system:playback_1")));
    server.stop();
    let said = eventually(|| {
        let picture = running.screen.picture(running.window);
        let header = image::imageops::crop_imm(&picture, 620, 0, 380, 48).to_image();
        read_text(&header).contains("No audio")
    });
    assert!(said, "the window does not say that JACK is gone");
    assert!(running.is_alive());
    server.start_again();
    let back = eventually(|| server.connected(LEFT, "system:playback_1"));
    assert!(back, "it does not return to JACK");
    drop(running);
}

#[test]
fn the_chosen_system_and_channels_come_back_and_a_test_tone_is_heard() {
    const TEST: &str =
        "standalone::jack::the_chosen_system_and_channels_come_back_and_a_test_tone_is_heard";
    let Some(user) = User::new(TEST) else { return };
    let Some(server) = Server::start(TEST) else {
        return;
    };
    fs::create_dir_all(user.file("")).expect("the folder is made");
    let settings = "page = \"Program\"\n[program]\nsystem = \"dummy\"\n";
    fs::write(user.file("settings.toml"), settings).expect("the settings are written");
    let running = open(&user, &server, &[]);
    running.editor();
    // The chosen system is not JACK.
    thread::sleep(Duration::from_secs(1));
    assert!(!server.ports("").contains("tidepool"));
    drop(running);

    let running = open(&user, &server, &["--backend", "jack"]);
    assert!(eventually(|| server.connected(LEFT, "system:playback_1")));
    let heard = std::thread::scope(|scope| {
        let recorder = scope.spawn(|| (0..10).any(|_| is_sound(&server.record(LEFT))));
        for _ in 0..5 {
            running.click(TEST_TONE);
        }
        recorder.join().expect("the recorder runs")
    });
    assert!(heard, "the test tone is not heard");
    drop(running);
}

/// Position of the button on the page Audio & MIDI.
const TEST_TONE: (u32, u32) = (180, 270);
