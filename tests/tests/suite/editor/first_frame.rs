//! First frame of a window that the host shows late, as hosts do on a busy machine.

use std::thread;
use std::time::Duration;

use tidepool_tests::Rig;
use tidepool_tests::display::{Screen, in_own_process};

use super::{attach, close, painted, show};

#[test]
fn a_window_that_is_shown_late_is_drawn() {
    if !in_own_process("editor::first_frame::a_window_that_is_shown_late_is_drawn") {
        return;
    }
    let screen = Screen::connect(None);
    let mut rig = Rig::new();
    for delay in [30, 300] {
        let parent = attach(&mut rig.instance, &screen, 0);
        thread::sleep(Duration::from_millis(delay));
        show(&mut rig.instance);
        painted(&mut rig.instance, &screen, parent);
        close(&mut rig.instance);
        screen.close(parent);
    }
}
