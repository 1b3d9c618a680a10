//! Count of the frames that a window paints, by X11's damage reports.

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

use super::Screen;

/// Time in milliseconds within which reports belong to one frame.
const FRAME: u32 = 6;

/// Counter of the frames of a window, from its creation on.
pub struct Paints {
    /// A connection of its own, so that it receives nothing else.
    connection: RustConnection,
    /// Server's time of the last frame.
    last: u32,
}

impl Screen {
    /// Counts the frames that `window` paints from now on.
    pub fn paints(&self, window: Window) -> Paints {
        let (connection, _) = x11rb::connect(None).expect("the display answers");
        let version = connection.damage_query_version(1, 1);
        let version = version.expect("the server listens").reply();
        version.expect("the server reports damage");
        let damage = connection.generate_id().expect("a report has an id");
        let created = connection.damage_create(damage, window, ReportLevel::RAW_RECTANGLES);
        let created = created.expect("the server listens").check();
        created.expect("the window is there");
        Paints {
            connection,
            last: 0,
        }
    }
}

impl Paints {
    /// Returns the number of frames since the last call.
    pub fn count(&mut self) -> usize {
        let mut frames = 0;
        loop {
            let event = self.connection.poll_for_event();
            match event.expect("the server listens") {
                Some(Event::DamageNotify(report)) => {
                    frames += usize::from(report.timestamp.wrapping_sub(self.last) > FRAME);
                    self.last = report.timestamp;
                }
                Some(_) => {}
                None => return frames,
            }
        }
    }
}
