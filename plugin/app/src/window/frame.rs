//! The program's window: a frame of the system, which the editor fills.
//!
//! Its thread is the plugin's main thread. On X11 the window library gives each window a thread of its own; elsewhere it
//! is the program's first one.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use baseview::dpi::{LogicalSize, NativeSize};
use baseview::{
    Event, EventStatus, HandlerError, TimerHandle, Window, WindowContext, WindowEvent,
    WindowHandler, WindowSettings, WindowSize,
};

use super::contents;
use super::session::{Session, Start};
use crate::interrupt;

/// Interval of the main loop: short enough for the editor's requests.
const IDLE: Duration = Duration::from_millis(15);

/// Opens the window and returns when it is closed.
///
/// # Errors
/// The reason if it does not open.
pub fn run(start: Start) -> Result<(), String> {
    let size = |size: (f32, f32)| LogicalSize::new(f64::from(size.0), f64::from(size.1));
    let limits = tidepool::editor::window_limits();
    let settings = WindowSettings::new()
        .with_title("Tidepool")
        .with_size(size(start.size))
        .with_min_size(size(limits.smallest))
        .with_max_size(size(limits.largest));
    let window = Window::create(settings, move |context| Frame::open(context, start));
    let window = window.map_err(|error| error.to_string())?;
    window.run_until_closed().map_err(|error| error.to_string())
}

struct Frame {
    context: WindowContext,
    session: RefCell<Session>,
    _timer: TimerHandle,
    /// True after the editor has opened.
    is_open: Cell<bool>,
    /// Number of threads before the editor has opened.
    threads: Cell<usize>,
    /// Size with which the editor has opened, until the window has it too.
    opened: Cell<Option<(u32, u32)>>,
    /// True after the window was asked to close.
    closes: Cell<bool>,
}

impl Frame {
    fn open(context: WindowContext, start: Start) -> Result<Self, HandlerError> {
        let session = Session::start(start).map_err(failed)?;
        let timer = context.create_timer(IDLE)?;
        Ok(Self {
            context,
            session: RefCell::new(session),
            _timer: timer,
            is_open: Cell::new(false),
            threads: Cell::new(usize::MAX),
            opened: Cell::new(None),
            closes: Cell::new(false),
        })
    }

    /// Opens the editor, once the window is visible: on X11, the window library would wait for ever for a frame of a window
    /// that is not. Until then the window is not resized either, for the same reason.
    fn open_editor(&self, session: &mut Session) {
        if self.is_open.get() || !contents::is_visible(&self.context) {
            return;
        }
        self.is_open.set(true);
        self.threads.set(contents::threads());
        match session.open_editor(Box::new(self.context.platform_handle())) {
            Ok(size) => self.opened.set(Some(size)),
            Err(sentence) => {
                eprintln!("tidepool: {sentence}");
                self.close();
            }
        }
    }

    fn close(&self) {
        if !self.closes.replace(true) {
            self.context.request_close();
        }
    }
}

fn failed(sentence: String) -> HandlerError {
    HandlerError::from_boxed(sentence.into())
}

impl WindowHandler for Frame {
    fn draw(&self) -> Result<(), HandlerError> {
        Ok(())
    }

    fn resized(&self, size: WindowSize) -> Result<(), HandlerError> {
        let size: NativeSize<u32> = size.to_native_size();
        // The session is in use where the system reports a size while it is being set.
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.resize_editor(size.width, size.height);
        }
        Ok(())
    }

    fn on_event(&self, event: Event) -> EventStatus {
        match event {
            Event::Window(WindowEvent::Focused) => contents::pass_focus_on(&self.context),
            Event::Window(WindowEvent::WillClose) => {
                if let Ok(mut session) = self.session.try_borrow_mut() {
                    session.end();
                }
                contents::wait_until_closed(&self.context, self.threads.get());
            }
            _ => {}
        }
        EventStatus::Ignored
    }

    fn on_timer(&self, _timer: &TimerHandle) {
        let Ok(mut session) = self.session.try_borrow_mut() else {
            return;
        };
        session.idle();
        self.open_editor(&mut session);
        let wanted = session.wanted_size().or(self.opened.take());
        let closes = session.has_closed() || interrupt::is_requested();
        drop(session);
        if let Some((width, height)) = wanted {
            // A window manager may refuse the size, which `resized` then reports.
            let _ = self.context.resize(NativeSize::new(width, height));
        }
        if closes {
            self.close();
        }
    }
}
