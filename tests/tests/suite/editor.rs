//! The window: it opens inside a host's window, shows text, and leaves nothing behind.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use clack_extensions::gui::{GuiApiType, GuiConfiguration, PluginGui, Window as GuiWindow};
use image::RgbImage;
use tidepool::host::Instance;
use tidepool_tests::display::{Screen, in_own_process, read_text};
use tidepool_tests::score::on;
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
    let at_rest = Rest::now(&screen);
    for round in 0..20 {
        let parent = open(&mut rig.instance, &screen, 0);
        let first = painted(&mut rig.instance, &screen, parent);
        // The synth plays on while its window is open.
        assert!(!rig.play(&Score::a440(4800), &[512]).is_silent());

        // Reading takes a second, so only the first and the last picture are read.
        if round == 0 || round == 19 {
            let picture = settled(&mut rig.instance, &screen, parent, first);
            let folder = bundles::workspace().target.join("screens");
            fs::create_dir_all(&folder).expect("the folder for pictures is made");
            picture
                .save(folder.join("editor.png"))
                .expect("the picture is saved");
            assert_shows(&mut rig.instance, &read_text(&picture), round);
        }

        close(&mut rig.instance);
        let gone = eventually(|| screen.children(parent).is_empty().then_some(()));
        assert!(gone.is_some(), "opening {round}: the plugin's window stays");
        screen.close(parent);
    }
    at_rest.assert_again(&screen);
}

#[test]
fn two_windows_are_open_at_once() {
    if !in_own_process("editor::two_windows_are_open_at_once") {
        return;
    }
    let screen = Screen::connect(None);
    let (mut first, mut second) = (Rig::new(), Rig::new());
    let at_rest = Rest::now(&screen);
    let left = open(&mut first.instance, &screen, 0);
    let right = open(&mut second.instance, &screen, 1280);
    painted(&mut first.instance, &screen, left);
    painted(&mut second.instance, &screen, right);

    // The one that is left has to survive the other.
    close(&mut first.instance);
    thread::sleep(Duration::from_millis(200));
    painted(&mut second.instance, &screen, right);
    close(&mut second.instance);
    screen.close(left);
    screen.close(right);
    at_rest.assert_again(&screen);
}

#[test]
fn an_instance_may_go_right_after_its_window() {
    if !in_own_process("editor::an_instance_may_go_right_after_its_window") {
        return;
    }
    let screen = Screen::connect(None);
    // What nice-plug keeps for all instances together comes with the first and stays.
    let _first = Rig::new();
    let at_rest = Rest::now(&screen);
    for _ in 0..3 {
        let mut rig = Rig::new();
        let parent = open(&mut rig.instance, &screen, 0);
        painted(&mut rig.instance, &screen, parent);
        close(&mut rig.instance);
        drop(rig);
        screen.close(parent);
    }
    at_rest.assert_again(&screen);
}

#[test]
fn the_meter_shows_what_is_played() {
    if !in_own_process("editor::the_meter_shows_what_is_played") {
        return;
    }
    let screen = Screen::connect(None);
    let mut rig = Rig::new();
    let at_rest = Rest::now(&screen);
    let parent = open(&mut rig.instance, &screen, 0);
    let first = painted(&mut rig.instance, &screen, parent);
    let silent = settled(&mut rig.instance, &screen, parent, first);

    // A chord in real time: the sound crosses the bridge to the worker that listens for the editor.
    let chord = [45, 57, 64, 69, 73].into_iter();
    let chord = chord.fold(Score::new(480), |score, key| score.at(0, on(key)));
    rig.play(&chord, &[480]);
    let held = Score::new(480);
    let mut playing = silent.clone();
    let shown = eventually(|| {
        for _ in 0..150 {
            rig.play(&held, &[480]);
            thread::sleep(Duration::from_millis(10));
        }
        rig.instance.idle();
        playing = screen.picture(parent);
        (changed_in_meter(&silent, &playing) > 500).then_some(())
    });
    let folder = bundles::workspace().target.join("screens");
    fs::create_dir_all(&folder).expect("the folder for pictures is made");
    let saved = playing.save(folder.join("editor-playing.png"));
    saved.expect("the picture is saved");
    assert!(shown.is_some(), "the meter does not move");
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

/// How many pixels of the output meter, which stands at the right edge, differ clearly.
fn changed_in_meter(before: &RgbImage, after: &RgbImage) -> usize {
    let left = before.width() * 88 / 100;
    let (top, bottom) = (before.height() / 8, before.height() * 3 / 4);
    let meter = (left..before.width()).flat_map(|x| (top..bottom).map(move |y| (x, y)));
    meter
        .filter(|(x, y)| {
            let (a, b) = (before.get_pixel(*x, *y).0, after.get_pixel(*x, *y).0);
            a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 60)
        })
        .count()
}

/// What is there while no editor is open.
struct Rest {
    windows: usize,
    threads: usize,
}

impl Rest {
    fn now(screen: &Screen) -> Self {
        let threads = fs::read_dir("/proc/self/task").expect("the threads are listed");
        Self {
            windows: screen.windows().len(),
            threads: threads.count(),
        }
    }

    /// Fails unless every window and every thread of the editors goes away. It also keeps the process
    /// from ending under a thread that still puts OpenGL away, which no program survives for sure.
    fn assert_again(&self, screen: &Screen) {
        let gone = eventually(|| {
            let now = Self::now(screen);
            (now.windows <= self.windows && now.threads <= self.threads).then_some(())
        });
        let now = Self::now(screen);
        assert!(
            gone.is_some(),
            "{} windows and {} threads were there before, {} and {} are left",
            self.windows,
            self.threads,
            now.windows,
            now.threads
        );
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

/// Waits until `look` finds something, or patience is over.
fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = look();
        if found.is_some() || start.elapsed() > PATIENCE {
            return found;
        }
        thread::sleep(Duration::from_millis(30));
    }
}

/// Runs the host's main loop until there is something in `window`, and answers its picture.
fn painted(instance: &mut Instance, screen: &Screen, window: u32) -> RgbImage {
    let picture = eventually(|| {
        instance.idle();
        Some(screen.picture(window)).filter(is_painted)
    });
    picture.expect("nothing is painted")
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
