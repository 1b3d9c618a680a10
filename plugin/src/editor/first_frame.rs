//! First frame of a window under X11.
//!
//! baseview 0.4.2 draws when the X server's Present extension answers its request for a frame, and sends no second request
//! before the first is answered. It selects for the answers only once the window is shown; a request that a timer has sent
//! between the creation of the window and a late `show` is never answered, and the window stays black. A host that takes
//! longer than 15 ms to show the window, as many do on a busy machine, meets this.

/// Requests the answer that baseview waits for, for the windows in `parent`, which the host has just shown. `[gui]`
///
/// Answers that baseview does not wait for have no effect. Without an X server or its Present extension nothing happens;
/// baseview draws by a timer then.
#[cfg(target_os = "linux")]
pub fn request(parent: u32) {
    use x11rb::protocol::present::ConnectionExt as _;
    use x11rb::protocol::xproto::ConnectionExt as _;
    use x11rb::wrapper::ConnectionExt as _;

    /// Serial number of baseview's first request.
    const FIRST: u32 = 0;
    /// Frames within which the answers come, about 4 s, for a window's thread that is late itself.
    const FRAMES: u64 = 256;
    /// Frames from one answer to the next.
    const STEP: usize = 8;

    let Ok((connection, _)) = x11rb::connect(None) else {
        return;
    };
    let tree = connection.query_tree(parent).ok();
    let Some(tree) = tree.and_then(|tree| tree.reply().ok()) else {
        return;
    };
    for window in tree.children {
        for frame in (0..FRAMES).step_by(STEP) {
            // The server answers at the next frame whose number has this remainder, also after this connection has closed.
            if connection
                .present_notify_msc(window, FIRST, 0, FRAMES, frame)
                .is_err()
            {
                return;
            }
        }
    }
    // An error means that the server is gone, and with it the window.
    let _ = connection.sync();
}

/// Does nothing: elsewhere no window waits for an answer.
#[cfg(not(target_os = "linux"))]
pub fn request(_parent: u32) {}
