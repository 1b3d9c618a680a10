//! Standalone program with a window of its own.

mod jack;
mod kept;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use image::RgbImage;
use tempfile::TempDir;
use tidepool_tests::bundles;
use tidepool_tests::display::{Display, Pointer, Screen};

/// Time limit for the program to show its window, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Display and folders of a user who starts the program several times.
struct User {
    display: Display,
    home: TempDir,
}

impl User {
    /// Creates a user without any settings, or `None` without a display.
    fn new(test: &str) -> Option<Self> {
        let Some(display) = Display::start() else {
            eprintln!("skipped {test}: there is no Xvfb");
            return None;
        };
        let home = tempfile::tempdir().expect("a folder for settings is made");
        Some(Self { display, home })
    }

    /// Returns the path of a file of the program's settings or data.
    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("tidepool").join(name)
    }

    /// Returns the program with its arguments, before it starts.
    fn program(&self, flags: &[&str]) -> Command {
        let mut program = Command::new(bundles::standalone());
        program
            .args(flags)
            .env("DISPLAY", &self.display.name)
            .env("XDG_CONFIG_HOME", self.home.path())
            .env("XDG_DATA_HOME", self.home.path())
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        program
    }

    /// Starts the program without audio and waits for its window.
    fn open(&self, flags: &[&str]) -> Running {
        let mut program = self.program(&["--backend", "dummy"]);
        self.start(program.args(flags))
    }

    /// Starts `program` and waits for its window.
    fn start(&self, program: &mut Command) -> Running {
        let program = program.spawn().expect("the program starts");
        let screen = Screen::connect(Some(&self.display.name));
        let window = screen.titled("Tidepool", PATIENCE);
        Running {
            program,
            window: window.expect("there is no window called Tidepool"),
            screen,
        }
    }
}

/// Program with its window open.
struct Running {
    program: Child,
    screen: Screen,
    window: u32,
}

impl Running {
    /// Waits until the editor has drawn itself, and returns its window.
    fn editor(&self) -> u32 {
        let drawn = eventually(|| is_drawn(&self.screen.picture(self.window)));
        assert!(drawn, "the window stays empty");
        self.screen.children(self.window)[0]
    }

    /// Clicks into the editor.
    fn click(&self, at: (u32, u32)) {
        let editor = self.editor();
        for pointer in [Pointer::Move, Pointer::Press, Pointer::Release] {
            self.screen.point(editor, pointer, at);
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Clicks into the editor until it looks different.
    fn click_until_changed(&self, at: (u32, u32)) {
        self.editor();
        let before = self.screen.picture(self.window);
        let changed = eventually(|| {
            self.click(at);
            self.screen.picture(self.window) != before
        });
        assert!(changed, "a click at {at:?} has no effect");
    }

    /// Closes the window and waits for the end of the program.
    fn close(mut self) {
        self.screen.ask_to_close(self.window);
        self.end();
    }

    fn is_alive(&mut self) -> bool {
        self.program
            .try_wait()
            .expect("the program is ours")
            .is_none()
    }

    /// Waits for the program to exit, without an error.
    fn end(&mut self) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.program.try_wait().expect("the program is ours") {
                assert!(status.success(), "it ends with {status}");
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not end when its window closes");
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
    let Some(user) = User::new("standalone::it_stays_until_its_window_is_closed") else {
        return;
    };
    let mut running = user.open(&[]);
    thread::sleep(Duration::from_secs(2));
    assert!(running.is_alive(), "it does not survive two seconds");
    running.close();
}

#[test]
fn it_is_as_large_as_is_wished() {
    const TEST: &str = "standalone::it_is_as_large_as_is_wished";
    for (flags, size) in [
        (&[][..], (1000, 720)),
        (&["--dpi-scale", "0.5"], (500, 360)),
        (&["--dpi-scale=2"], (2000, 1440)),
    ] {
        let Some(user) = User::new(TEST) else {
            return;
        };
        let running = user.open(flags);
        running.editor();
        let picture = running.screen.picture(running.window);
        assert_eq!(picture.dimensions(), size, "{flags:?}");
    }
}

#[test]
fn the_editor_follows_the_size_of_its_window() {
    let Some(user) = User::new("standalone::the_editor_follows_the_size_of_its_window") else {
        return;
    };
    let running = user.open(&[]);
    let editor = running.editor();
    for (width, height) in [(1280, 800), (900, 600), (1100, 700)] {
        running.screen.resize(running.window, width, height);
        let follows = eventually(|| running.screen.size(editor) == (width, height));
        assert!(follows, "{width} x {height}");
    }
    // The corner of the last size is drawn, too.
    running.editor();
    running.close();
}

/// Waits until `condition` is true, for as long as a slow machine may take; returns false if it never is.
fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if condition() {
            return true;
        }
        thread::sleep(Duration::from_millis(100));
    }
    false
}

/// Returns true if there is more than one colour in the lower right eighth of `picture`, where the last key is: the
/// drawing fills the window.
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
        let Some(user) = User::new("standalone::it_ends_when_it_is_told_to") else {
            return;
        };
        let mut running = user.open(&[]);
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
