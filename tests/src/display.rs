//! A virtual X server (`Xvfb`), simulated pointer events and screenshots of windows.

mod keyboard;
mod paints;

use std::env;
use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use x11rb::connection::Connection;
pub use x11rb::protocol::xproto::KeyButMask;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt, CreateWindowAux, ImageFormat as XImageFormat,
    MapState, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

pub use keyboard::ReceivedKeys;
pub use paints::Paints;

/// A running `Xvfb`, stopped when dropped.
pub struct Display {
    server: Child,
    /// Display name, as in the environment variable `DISPLAY`.
    pub name: String,
}

impl Display {
    /// Starts a server on a free display number. Returns `None` if `Xvfb` is not installed.
    ///
    /// # Panics
    /// When `Xvfb` is installed but does not start.
    pub fn start() -> Option<Self> {
        // Without -noreset, the server and its OpenGL state reset when the last window closes.
        let server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "2560x1440x24",
                "-noreset",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = match server {
            Ok(server) => server,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => panic!("Xvfb does not start: {error}"),
        };
        let mut number = String::new();
        let output = server.stdout.take().expect("the output is piped");
        BufReader::new(output)
            .read_line(&mut number)
            .expect("Xvfb tells its number");
        Some(Self {
            server,
            name: format!(":{}", number.trim()),
        })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // The server may have exited already, which is no error while dropping.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Runs the rest of the calling test in a child process with a display and settings of its own: a plugin finds its
/// display and the user's settings through the environment, which all tests of a process share.
///
/// Returns true in the child process, where the caller has to continue. Returns false in the parent, after the child
/// has ended or the test was skipped, which a printed line reports.
///
/// # Panics
/// When the child process fails.
pub fn in_own_process(test: &str) -> bool {
    const MARK: &str = "TIDEPOOL_TEST_DISPLAY";
    if env::var_os(MARK).is_some() {
        return true;
    }
    let Some(display) = Display::start() else {
        eprintln!("skipped {test}: there is no Xvfb");
        return false;
    };
    let this_program = env::current_exe().expect("the test knows its own path");
    let settings = tempfile::tempdir().expect("a folder for settings is made");
    let status = Command::new(this_program)
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(MARK, "1")
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .env("XDG_CONFIG_HOME", settings.path())
        .env("XDG_DATA_HOME", settings.path().join("data"))
        .status()
        .expect("the test starts itself");
    assert!(status.success(), "{test} failed on its own display");
    false
}

/// Pointer event in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// The pointer moves to the position.
    Move,
    /// The first button is pressed at the position.
    Press,
    /// The first button is released at the position.
    Release,
    /// The pointer leaves the window.
    Leave,
}

/// Connection of an X11 client to a display.
pub struct Screen {
    connection: RustConnection,
    root: Window,
}

impl Screen {
    /// Connects to the display `name`, or to the one in the environment.
    ///
    /// # Panics
    /// When there is no such display. All other methods panic when the server goes away.
    pub fn connect(name: Option<&str>) -> Self {
        let (connection, number) = x11rb::connect(name).expect("the display answers");
        let root = connection.setup().roots[number].root;
        Self { connection, root }
    }

    /// Opens an empty window, the parent of a plugin's editor, `left` pixels from the left edge of the screen: windows
    /// that cover each other cannot be captured.
    pub fn open(&self, left: u32, width: u32, height: u32) -> Window {
        let window = self.connection.generate_id().expect("a window has an id");
        self.connection
            .create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                window,
                self.root,
                left as i16,
                0,
                width as u16,
                height as u16,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &CreateWindowAux::new(),
            )
            .expect("a window opens");
        self.connection.map_window(window).expect("a window shows");
        self.sync();
        window
    }

    /// Hides a window that is shown.
    pub fn hide(&self, window: Window) {
        let hidden = self.connection.unmap_window(window);
        hidden.expect("the server listens");
        self.sync();
    }

    /// Shows a window that is hidden.
    pub fn show(&self, window: Window) {
        let shown = self.connection.map_window(window);
        shown.expect("the server listens");
        self.sync();
    }

    /// Gives a window another size, as a window manager or a host does.
    pub fn resize(&self, window: Window, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.connection
            .configure_window(window, &size)
            .expect("the server listens");
        self.sync();
    }

    /// Returns width and height of a window.
    pub fn size(&self, window: Window) -> (u32, u32) {
        let geometry = self.connection.get_geometry(window);
        let geometry = geometry.expect("the server listens").reply();
        let geometry = geometry.expect("the window is there");
        (geometry.width.into(), geometry.height.into())
    }

    /// Closes a window that [`Screen::open`] opened.
    pub fn close(&self, window: Window) {
        self.connection
            .destroy_window(window)
            .expect("a window closes");
        self.sync();
    }

    /// Returns all windows on the screen, of all clients.
    pub fn windows(&self) -> Vec<Window> {
        let mut found = self.children(self.root);
        let mut next = 0;
        while next < found.len() {
            found.extend(self.children(found[next]));
            next += 1;
        }
        found
    }

    /// Returns the direct children of `window`.
    pub fn children(&self, window: Window) -> Vec<Window> {
        let tree = self
            .connection
            .query_tree(window)
            .expect("the server listens");
        // A window may close between being listed and being queried.
        tree.reply().map(|tree| tree.children).unwrap_or_default()
    }

    /// Waits up to `patience` for a visible window with this title.
    pub fn titled(&self, title: &str, patience: Duration) -> Option<Window> {
        let start = Instant::now();
        loop {
            let found = self
                .windows()
                .into_iter()
                .find(|&window| self.title(window) == title && self.is_shown(window));
            if found.is_some() || start.elapsed() > patience {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns true if `window` is mapped: a window has its title shortly before it is visible.
    fn is_shown(&self, window: Window) -> bool {
        let attributes = self.connection.get_window_attributes(window);
        let attributes = attributes.expect("the server listens").reply();
        attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
    }

    fn title(&self, window: Window) -> String {
        let property = self
            .connection
            .get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 1024)
            .expect("the server listens");
        let bytes = property
            .reply()
            .map(|property| property.value)
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asks the client of `window` to close it, as the close button of a window manager does.
    pub fn ask_to_close(&self, window: Window) {
        use x11rb::protocol::xproto::{ClientMessageEvent, EventMask};
        let atom = |name: &str| {
            let atom = self
                .connection
                .intern_atom(false, name.as_bytes())
                .expect("the server listens");
            atom.reply().expect("an atom has a number").atom
        };
        let wish = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), wish);
        self.connection
            .send_event(false, window, EventMask::NO_EVENT, message)
            .expect("the server listens");
        self.sync();
    }

    /// Sends `window` a pointer event at `(x, y)` in its own coordinates. The display's one real pointer does not move.
    pub fn point(&self, window: Window, pointer: Pointer, (x, y): (u32, u32)) {
        use x11rb::protocol::xproto::{
            BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ButtonPressEvent, EventMask,
            LEAVE_NOTIFY_EVENT, LeaveNotifyEvent, MOTION_NOTIFY_EVENT, Motion, MotionNotifyEvent,
            NotifyDetail, NotifyMode,
        };
        let (x, y) = (x as i16, y as i16);
        let (time, root, state) = (x11rb::CURRENT_TIME, self.root, KeyButMask::default());
        let button = |response_type| ButtonPressEvent {
            response_type,
            detail: 1,
            sequence: 0,
            time,
            root,
            event: window,
            child: x11rb::NONE,
            root_x: x,
            root_y: y,
            event_x: x,
            event_y: y,
            state,
            same_screen: true,
        };
        let event: [u8; 32] = match pointer {
            Pointer::Press => button(BUTTON_PRESS_EVENT).into(),
            Pointer::Release => button(BUTTON_RELEASE_EVENT).into(),
            Pointer::Move => MotionNotifyEvent {
                response_type: MOTION_NOTIFY_EVENT,
                detail: Motion::NORMAL,
                sequence: 0,
                time,
                root,
                event: window,
                child: x11rb::NONE,
                root_x: x,
                root_y: y,
                event_x: x,
                event_y: y,
                state,
                same_screen: true,
            }
            .into(),
            Pointer::Leave => LeaveNotifyEvent {
                response_type: LEAVE_NOTIFY_EVENT,
                detail: NotifyDetail::NONLINEAR,
                sequence: 0,
                time,
                root,
                event: window,
                child: x11rb::NONE,
                root_x: x,
                root_y: y,
                event_x: x,
                event_y: y,
                state,
                mode: NotifyMode::NORMAL,
                same_screen_focus: 0,
            }
            .into(),
        };
        self.connection
            .send_event(false, window, EventMask::NO_EVENT, event)
            .expect("the server listens");
        self.sync();
    }

    /// Sends `window` the press and the release of a key, by its X11 keycode, with these modifiers held.
    pub fn press_key(&self, window: Window, keycode: u8, modifiers: KeyButMask) {
        use x11rb::protocol::xproto::{
            EventMask, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyPressEvent,
        };
        for response_type in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            let event = KeyPressEvent {
                response_type,
                detail: keycode,
                sequence: 0,
                time: x11rb::CURRENT_TIME,
                root: self.root,
                event: window,
                child: x11rb::NONE,
                root_x: 0,
                root_y: 0,
                event_x: 0,
                event_y: 0,
                state: modifiers,
                same_screen: true,
            };
            self.connection
                .send_event(false, window, EventMask::NO_EVENT, event)
                .expect("the server listens");
        }
        self.sync();
    }

    /// Returns a screenshot of `window`.
    pub fn picture(&self, window: Window) -> RgbImage {
        let geometry = self
            .connection
            .get_geometry(window)
            .expect("the server listens");
        let geometry = geometry.reply().expect("the window is there");
        let (width, height) = (geometry.width, geometry.height);
        let image = self
            .connection
            .get_image(
                XImageFormat::Z_PIXMAP,
                window,
                0,
                0,
                width,
                height,
                u32::MAX,
            )
            .expect("the server listens");
        let data = image.reply().expect("the window is on the screen").data;
        // At a depth of 24 bits the server sends blue, green, red and a padding byte.
        let pixel = |x: u32, y: u32| {
            let at = 4 * (y * u32::from(width) + x) as usize;
            Rgb([data[at + 2], data[at + 1], data[at]])
        };
        RgbImage::from_fn(width.into(), height.into(), pixel)
    }

    fn sync(&self) {
        self.connection.sync().expect("the server listens");
    }
}

/// Enlargement of a picture for `tesseract`, which is trained on scanned paper.
const PAPER: u32 = 3;

/// Returns the text in `picture`, recognised by `tesseract`.
///
/// # Panics
/// When `tesseract` is not installed or fails.
pub fn read_text(picture: &RgbImage) -> String {
    recognise(picture, &[])
}

/// Returns the middle of `words`, separated by spaces, where they stand beside each other in `picture`.
///
/// # Panics
/// When `tesseract` is not installed or fails.
pub fn find_text(picture: &RgbImage, words: &str) -> Option<(u32, u32)> {
    let table = recognise(picture, &["tsv"]);
    // Left, top, width, height and text of each word.
    let read: Vec<([u32; 4], &str)> = (table.lines().skip(1))
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |field: &str| field.parse::<u32>().ok();
            let [left, top, width, height, _, text] = *fields.get(6..)? else {
                return None;
            };
            let frame = [number(left)?, number(top)?, number(width)?, number(height)?];
            Some((frame, text.trim())).filter(|(_, text)| !text.is_empty())
        })
        .collect();
    let words: Vec<&str> = words.split(' ').collect();
    let place = read.windows(words.len()).position(|part| {
        let same_line = part[0].0[1].abs_diff(part[words.len() - 1].0[1]) < 8 * PAPER;
        same_line
            && part
                .iter()
                .zip(&words)
                .all(|((_, text), word)| text == word)
    })?;
    let ([left, top, ..], _) = read[place];
    let ([last_left, _, width, height], _) = read[place + words.len() - 1];
    let middle = |from: u32, to: u32| from.midpoint(to) / PAPER;
    Some((middle(left, last_left + width), middle(top, top + height)))
}

/// Returns what `tesseract` prints of `picture` in one of its output formats.
fn recognise(picture: &RgbImage, format: &[&str]) -> String {
    use std::io::{Cursor, Write};

    // Large letters, black on white.
    let (width, height) = (picture.width() * PAPER, picture.height() * PAPER);
    let filter = image::imageops::FilterType::CatmullRom;
    let mut paper =
        image::imageops::resize(&image::imageops::grayscale(picture), width, height, filter);
    let ink: u64 = paper.pixels().map(|pixel| u64::from(pixel.0[0])).sum();
    if ink / u64::from(width * height).max(1) < 128 {
        image::imageops::invert(&mut paper);
    }
    let mut file = Cursor::new(Vec::new());
    paper
        .write_to(&mut file, ImageFormat::Png)
        .expect("a picture becomes a PNG");

    let mut reader = Command::new("tesseract")
        .args(["stdin", "stdout", "--psm", "11"])
        .args(format)
        // Several threads of it wait for each other busily, which takes the other tests' time.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("tesseract is installed (package tesseract-ocr)");
    let mut input = reader.stdin.take().expect("the input is piped");
    input
        .write_all(file.get_ref())
        .expect("tesseract takes a picture");
    drop(input);
    let output = reader.wait_with_output().expect("tesseract answers");
    assert!(output.status.success(), "tesseract failed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
