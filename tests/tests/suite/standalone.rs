//! The program with a window of its own.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tidepool_tests::bundles;
use tidepool_tests::display::{Display, Screen};

/// How long the program may take to show its window, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program with its window open, or `None` where there is nothing to show it on.
struct Running {
    program: Child,
    screen: Screen,
    window: u32,
    _display: Display,
}

impl Running {
    fn start(test: &str) -> Option<Self> {
        let Some(display) = Display::start() else {
            eprintln!("skipped {test}: there is no Xvfb");
            return None;
        };
        let program = Command::new(bundles::standalone())
            .args(["--backend", "dummy"])
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        let screen = Screen::connect(Some(&display.name));
        let window = screen
            .titled("Tidepool", PATIENCE)
            .expect("there is no window called Tidepool");
        Some(Self {
            program,
            screen,
            window,
            _display: display,
        })
    }

    fn is_alive(&mut self) -> bool {
        self.program
            .try_wait()
            .expect("the program is ours")
            .is_none()
    }

    /// Waits for the program to end by itself; answers whether it did so without a fault.
    fn ends_well(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.program.try_wait().expect("the program is ours") {
                return status.success();
            }
            thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Usually it is gone already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn it_stays_until_its_window_is_closed() {
    let Some(mut running) = Running::start("standalone::it_stays_until_its_window_is_closed")
    else {
        return;
    };
    thread::sleep(Duration::from_secs(2));
    assert!(running.is_alive(), "it does not survive two seconds");
    running.screen.ask_to_close(running.window);
    assert!(
        running.ends_well(),
        "it does not end when its window is closed"
    );
}

#[test]
fn it_ends_when_it_is_told_to() {
    // A terminal's Ctrl-C, and a session that ends.
    for signal in ["INT", "TERM"] {
        let Some(mut running) = Running::start("standalone::it_ends_when_it_is_told_to") else {
            return;
        };
        // The shell's own, because a bare machine has no program of that name.
        let told = Command::new("sh")
            .args(["-c", &format!("kill -s {signal} {}", running.program.id())])
            .status();
        assert!(told.expect("a shell runs").success());
        let start = Instant::now();
        while running.is_alive() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(50));
        }
        assert!(!running.is_alive(), "SIG{signal} does not end it");
    }
}

#[test]
fn it_says_which_version_it_is() {
    let output = Command::new(bundles::standalone())
        .arg("--version")
        .output()
        .expect("the program starts");
    assert!(output.status.success());
    let version = &bundles::workspace().version;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains(version.as_str()),
        "{text:?} does not tell {version}"
    );
}
