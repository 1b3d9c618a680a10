//! The window: it opens inside a host's window, shows text, and leaves nothing behind.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use clack_extensions::gui::{GuiApiType, GuiConfiguration, PluginGui, Window as GuiWindow};
use image::RgbImage;
use tidepool::host::Instance;
use tidepool_tests::display::{Screen, in_own_process, read_text};
use tidepool_tests::{Rig, Score, bundles};

/// X11, inside a window of the host's.
const EMBEDDED: GuiConfiguration<'static> = GuiConfiguration {
    api_type: GuiApiType::X11,
    is_floating: false,
};

/// How long a window may take to paint or to go; a software renderer on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn the_window_opens_shows_text_and_closes_twenty_times() {
    if !in_own_process("editor::the_window_opens_shows_text_and_closes_twenty_times") {
        return;
    }
    let screen = Screen::connect(None);
    let mut rig = Rig::new();
    let at_rest = screen.windows().len();
    for round in 0..20 {
        let parent = open(&mut rig.instance, &screen, 0);
        let picture = wait_for(&mut rig.instance, |_| {
            let picture = screen.picture(parent);
            is_painted(&picture).then_some(picture)
        });
        let picture = picture.unwrap_or_else(|| panic!("opening {round}: nothing is painted"));
        // The synth plays on while its window is open.
        assert!(!rig.play(&Score::a440(4800), &[512]).is_silent());

        // Reading takes a second, so only the first and the last picture are read.
        if round == 0 || round == 19 {
            let picture = settled(&mut rig.instance, &screen, parent, picture);
            let folder = bundles::workspace().target.join("screens");
            fs::create_dir_all(&folder).expect("the folder for pictures is made");
            picture
                .save(folder.join("editor.png"))
                .expect("the picture is saved");
            assert_shows(&mut rig.instance, &read_text(&picture), round);
        }

        close(&mut rig.instance);
        let empty = wait_for(&mut rig.instance, |_| {
            screen.children(parent).is_empty().then_some(())
        });
        assert!(
            empty.is_some(),
            "opening {round}: the plugin's window stays"
        );
        screen.close(parent);
    }
    let left = wait_for(&mut rig.instance, |_| {
        (screen.windows().len() <= at_rest).then_some(())
    });
    assert!(
        left.is_some(),
        "windows are left: {at_rest} before, {} after",
        screen.windows().len()
    );
}

#[test]
fn two_windows_are_open_at_once() {
    if !in_own_process("editor::two_windows_are_open_at_once") {
        return;
    }
    let screen = Screen::connect(None);
    let mut rigs = [Rig::new(), Rig::new()];
    let [first, second] = &mut rigs;
    let parents = [
        open(&mut first.instance, &screen, 0),
        open(&mut second.instance, &screen, 1280),
    ];
    for (rig, parent) in rigs.iter_mut().zip(parents) {
        let painted = wait_for(&mut rig.instance, |_| {
            is_painted(&screen.picture(parent)).then_some(())
        });
        assert!(painted.is_some(), "one of two windows stays empty");
    }
    // The one that is left has to survive the other.
    let [first, second] = &mut rigs;
    close(&mut first.instance);
    thread::sleep(Duration::from_millis(200));
    assert!(
        is_painted(&screen.picture(parents[1])),
        "the other window went blank"
    );
    close(&mut second.instance);
}

#[test]
fn an_instance_may_go_while_its_window_is_open() {
    if !in_own_process("editor::an_instance_may_go_while_its_window_is_open") {
        return;
    }
    let screen = Screen::connect(None);
    for _ in 0..3 {
        let mut rig = Rig::new();
        let parent = open(&mut rig.instance, &screen, 0);
        wait_for(&mut rig.instance, |_| {
            is_painted(&screen.picture(parent)).then_some(())
        });
        close(&mut rig.instance);
        drop(rig);
        screen.close(parent);
    }
}

/// Opens the editor in a window of ours, `left` pixels from the screen's edge, and answers that window.
fn open(instance: &mut Instance, screen: &Screen, left: u32) -> u32 {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    assert!(
        gui.is_api_supported(&handle, EMBEDDED),
        "the editor does not embed under X11"
    );
    gui.create(&handle, EMBEDDED)
        .expect("the editor is created");
    let size = gui.get_size(&handle).expect("the editor has a size");
    let parent = screen.open(left, size.width, size.height);
    // SAFETY: the window is open and stays so until the editor is destroyed.
    unsafe { gui.set_parent(&handle, GuiWindow::from_x11_handle(parent.into())) }
        .expect("the editor moves in");
    // Optional in CLAP for embedded windows, and some plugins say no.
    let _ = gui.show(&handle);
    parent
}

fn close(instance: &mut Instance) {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    gui.destroy(&handle);
}

/// Runs the host's main loop until `look` finds something, or patience is over.
fn wait_for<T>(
    instance: &mut Instance,
    mut look: impl FnMut(&mut Instance) -> Option<T>,
) -> Option<T> {
    let start = Instant::now();
    loop {
        instance.idle();
        let found = look(instance);
        if found.is_some() || start.elapsed() > PATIENCE {
            return found;
        }
        thread::sleep(Duration::from_millis(30));
    }
}

/// The window a second later, when everything that comes in the first frames is there.
fn settled(instance: &mut Instance, screen: &Screen, window: u32, first: RgbImage) -> RgbImage {
    let start = Instant::now();
    let mut picture = first;
    while start.elapsed() < Duration::from_secs(1) {
        instance.idle();
        thread::sleep(Duration::from_millis(50));
        picture = screen.picture(window);
    }
    picture
}

/// Whether there is more to see than an empty window: text with its soft edges has many colours.
fn is_painted(picture: &RgbImage) -> bool {
    let mut colours = Vec::new();
    for pixel in picture.pixels() {
        if !colours.contains(pixel) {
            colours.push(*pixel);
            if colours.len() > 8 {
                return true;
            }
        }
    }
    false
}

fn assert_shows(instance: &mut Instance, text: &str, round: usize) {
    let plain = |text: &str| text.to_lowercase().replace(char::is_whitespace, "");
    let shown = plain(text);
    assert!(
        shown.contains("tidepool"),
        "opening {round}: \"Tidepool\" is not in {text:?}"
    );
    let params = instance.params();
    let named: Vec<_> = params
        .iter()
        .filter(|param| shown.contains(&plain(&param.name)))
        .collect();
    assert!(
        named.len() >= 2,
        "opening {round}: hardly a parameter's name is in {text:?}"
    );
}
