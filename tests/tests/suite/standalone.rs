//! Standalone program with a window of its own.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use image::RgbImage;
use tempfile::TempDir;
use tidepool_tests::bundles;
use tidepool_tests::display::{Display, Screen};

/// Time limit for the program to show its window, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Program with its window open, or `None` without a display.
struct Running {
    program: Child,
    screen: Screen,
    window: u32,
    _display: Display,
    _settings: TempDir,
}

impl Running {
    fn start(test: &str, flags: &[&str]) -> Option<Self> {
        let Some(display) = Display::start() else {
            eprintln!("skipped {test}: there is no Xvfb");
            return None;
        };
        let settings = tempfile::tempdir().expect("a folder for settings is made");
        let program = Command::new(bundles::standalone())
            .args(["--backend", "dummy"])
            .args(flags)
            .env("DISPLAY", &display.name)
            .env("XDG_CONFIG_HOME", settings.path())
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
            _settings: settings,
        })
    }

    fn is_alive(&mut self) -> bool {
        self.program
            .try_wait()
            .expect("the program is ours")
            .is_none()
    }

    /// Waits for the program to exit; returns true if it exited without an error.
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
        // Usually the program has exited already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn it_stays_until_its_window_is_closed() {
    let Some(mut running) = Running::start("standalone::it_stays_until_its_window_is_closed", &[])
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
fn it_is_as_large_as_is_wished() {
    const TEST: &str = "standalone::it_is_as_large_as_is_wished";
    for (flags, size) in [
        (&[][..], (1000, 720)),
        (&["--dpi-scale", "0.5"], (500, 360)),
        (&["--dpi-scale=2"], (2000, 1440)),
    ] {
        let Some(running) = Running::start(TEST, flags) else {
            return;
        };
        let drawn = || running.screen.picture(running.window);
        let start = Instant::now();
        // The drawing fills the window: its corner, at the last key, shows more than the background.
        while !is_drawn(&drawn()) && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(100));
        }
        let picture = drawn();
        assert_eq!(picture.dimensions(), size, "{flags:?}");
        assert!(is_drawn(&picture), "{flags:?}: it is empty");
    }
}

/// Returns true if there is more than one colour in the lower right eighth of `picture`.
fn is_drawn(picture: &RgbImage) -> bool {
    let (width, height) = picture.dimensions();
    let corner = (height * 7 / 8..height)
        .flat_map(|y| (width * 7 / 8..width).map(move |x| picture.get_pixel(x, y)));
    let mut colours: Vec<_> = corner.map(|pixel| pixel.0).collect();
    colours.sort_unstable();
    colours.dedup();
    colours.len() > 1
}

#[test]
fn it_ends_when_it_is_told_to() {
    // Signals of Ctrl-C in a terminal, and of the end of a session.
    for signal in ["INT", "TERM"] {
        let Some(mut running) = Running::start("standalone::it_ends_when_it_is_told_to", &[])
        else {
            return;
        };
        // The shell's built-in `kill`, because a minimal system has no program of that name.
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

#[test]
fn what_no_window_can_be_opened_with_gets_one_clear_line() {
    for (flags, words) in [
        (["--sample-rate", "0"], ["--sample-rate", "8000 to 768000"]),
        (["-r", "1e9"], ["--sample-rate", "\"1e9\""]),
        (["--period-size", "0"], ["--period-size", "1 to 8192"]),
        (["--dpi-scale", "0"], ["--dpi-scale", "0.5 to 4"]),
    ] {
        // With and without the subcommand, and before the program looks for a display.
        for subcommand in [Some("window"), None] {
            let output = Command::new(bundles::standalone())
                .args(subcommand)
                .args(flags)
                .env_remove("DISPLAY")
                .output()
                .expect("the program starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{flags:?}: {said}");
            assert_eq!(said.lines().count(), 1, "{flags:?}: {said}");
            for word in words {
                assert!(said.contains(word), "{flags:?}: `{word}` is not in: {said}");
            }
        }
    }
}
