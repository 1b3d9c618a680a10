//! Sizes of the window: asked for by a host, forced on it, chosen in its menu, and remembered.

use clack_extensions::gui::{AspectRatioStrategy, GuiSize, PluginGui};
use fastrand::Rng;
use image::RgbImage;
use tidepool_host::Instance;
use tidepool_tests::Rig;
use tidepool_tests::display::in_own_process;

use super::{
    Opened, PLAY, click, close, eventually, fills, open, opened, painted, save, settled_on,
};

/// Smallest and largest window.
const LEAST: (u32, u32) = (675, 450);
const MOST: (u32, u32) = (7680, 4320);

/// Scales of a window of 2560 × 1440 and of one of 1000 × 720 pixels.
const SCALES: [f32; 2] = [1_440.0 / 864.0, 1.0];
/// Times that the window is resized several times at once.
const ROUNDS: usize = 8;

/// Width and height that the editor reports.
fn told(instance: &mut Instance) -> (u32, u32) {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    let size = gui.get_size(&handle).expect("the editor has a size");
    (size.width, size.height)
}

/// Asks the editor for the nearest size that it accepts.
fn adjusted(instance: &mut Instance, (width, height): (u32, u32)) -> (u32, u32) {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    let size = gui.adjust_size(&handle, GuiSize { width, height });
    let size = size.expect("the editor knows the nearest size");
    (size.width, size.height)
}

/// Sets the size of the editor; returns true if it accepts.
fn set(instance: &mut Instance, (width, height): (u32, u32)) -> bool {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    gui.set_size(&handle, GuiSize { width, height }).is_ok()
}

#[test]
fn a_host_sets_sizes_within_limits_and_the_next_window_has_the_last_one() {
    const TEST: &str =
        "editor::sizes::a_host_sets_sizes_within_limits_and_the_next_window_has_the_last_one";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let instance = &mut rig.instance;
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    assert!(gui.can_resize(&handle));
    let hints = gui.get_resize_hints(&handle).expect("there are hints");
    assert!(hints.can_resize_horizontally && hints.can_resize_vertically);
    assert_eq!(hints.strategy, AspectRatioStrategy::Disregard);
    for (size, near) in [
        ((0, 0), LEAST),
        ((1, 9_000), (675, 4320)),
        ((u32::MAX, u32::MAX), MOST),
        ((1_234, 777), (1_234, 777)),
    ] {
        assert_eq!(adjusted(instance, size), near);
        if size != near {
            assert!(!set(instance, size), "{size:?} is accepted");
        }
        assert_eq!(told(instance), (1_000, 720), "{size:?}");
        assert_eq!(screen.size(window), (1_000, 720), "{size:?}");
    }
    for size in [LEAST, (1_920, 1_080), (1_234, 777)] {
        assert!(set(instance, size), "{size:?} is refused");
        assert_eq!(told(instance), size);
        screen.resize(parent, size.0, size.1);
        assert_eq!(screen.size(window), size);
    }
    settled_on(&mut rig, &screen, parent);
    close(&mut rig.instance);

    let mut next = Rig::new();
    let second = open(&mut next.instance, &screen, 1_280);
    assert_eq!(told(&mut next.instance), (1_234, 777));
    assert_eq!(screen.size(second), (1_234, 777));
    painted(&mut next.instance, &screen, second);
    close(&mut next.instance);
    drop(next);
    screen.close(parent);
    screen.close(second);
    at_rest.assert_again(&screen);
}

#[test]
fn it_survives_two_hundred_wild_sizes() {
    if !in_own_process("editor::sizes::it_survives_two_hundred_wild_sizes") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let mut random = Rng::with_seed(15);
    for round in 0..200 {
        let wild = |random: &mut Rng, most: u32| match random.u8(..6) {
            0 => 1,
            1 => most,
            _ => random.u32(1..=most),
        };
        let size = (wild(&mut random, 2_560), wild(&mut random, 1_440));
        match random.u8(..3) {
            // A host that asks.
            0 => {
                let near = adjusted(&mut rig.instance, size);
                assert!(set(&mut rig.instance, near), "{round}: {near:?}");
                assert_eq!(told(&mut rig.instance), near, "{round}");
            }
            // One that does not.
            1 => {
                set(&mut rig.instance, size);
            }
            // One that changes the window behind the editor's back.
            _ => screen.resize(window, size.0, size.1),
        }
        rig.instance.idle();
        if round % 20 == 0 {
            let real = eventually(|| {
                rig.instance.idle();
                (told(&mut rig.instance) == screen.size(window)).then_some(())
            });
            assert!(real.is_some(), "{round}: another size is told");
        }
    }
    for size in [(900, 600), (675, 450), (1_000, 720), (2_560, 1_440)] {
        screen.resize(parent, size.0, size.1);
        assert!(set(&mut rig.instance, size), "{size:?}");
        let shown = eventually(|| {
            let picture = settled_on(&mut rig, &screen, parent);
            save(&picture, &format!("editor-{}x{}.png", size.0, size.1));
            fills(&picture).then_some(())
        });
        assert!(shown.is_some(), "{size:?} is not filled");
    }
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn the_scale_follows_the_last_of_many_sizes() {
    if !in_own_process("editor::sizes::the_scale_follows_the_last_of_many_sizes") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let mut random = Rng::with_seed(167);
    let resize = |rig: &mut Rig, (width, height): (u32, u32), asks: bool| {
        screen.resize(parent, width, height);
        match asks {
            true => assert!(set(&mut rig.instance, (width, height))),
            false => screen.resize(window, width, height),
        }
        rig.instance.idle();
    };
    for round in 0..ROUNDS {
        for _ in 0..random.u32(1..8) {
            let size = (random.u32(675..2_560), random.u32(450..1_440));
            resize(&mut rig, size, random.bool());
            std::thread::sleep(std::time::Duration::from_millis(random.u64(0..40)));
        }
        let last = random.usize(0..2);
        let size = [(2_560, 1_440), (1_000, 720)][last];
        resize(&mut rig, size, random.bool());
        let scaled = eventually(|| {
            rig.instance.idle();
            has_scale(&screen.picture(parent), SCALES[last]).then_some(())
        });
        if scaled.is_none() {
            save(&screen.picture(parent), "editor-wrong-scale.png");
            panic!("{round}: not {} times the usual size", SCALES[last]);
        }
    }
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

/// Returns true if the tab of the first page, which has the accent's colour, is where it is at this scale.
fn has_scale(picture: &RgbImage, scale: f32) -> bool {
    let is_tab = |scale: f32| {
        let [x, y] = [17.0, 54.0].map(|points| (points * scale) as u32);
        picture.get_pixel(x, y).0[1] > 150
    };
    is_tab(scale)
        && SCALES
            .iter()
            .all(|other| *other == scale || !is_tab(*other))
}

#[test]
fn the_menu_enlarges_the_window() {
    if !in_own_process("editor::sizes::the_menu_enlarges_the_window") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    // The host accepts every size.
    click(&screen, window, MENU);
    let menu = settled_on(&mut rig, &screen, parent);
    save(&menu, "editor-size-menu.png");
    click(&screen, window, (MENU.0, MENU.1 + 95));
    let shown = eventually(|| {
        rig.instance.idle();
        (screen.size(window) == (1_500, 1_080)).then(|| screen.resize(parent, 1_500, 1_080))
    });
    assert!(shown.is_some(), "{:?}", screen.size(window));
    let picture = settled_on(&mut rig, &screen, parent);
    save(&picture, "editor-150.png");
    assert!(fills(&picture));
    assert_eq!(told(&mut rig.instance), (1_500, 1_080));
    close(&mut rig.instance);
    // The scale is remembered with the size.
    let second = open(&mut rig.instance, &screen, 0);
    assert_eq!(screen.size(second), (1_500, 1_080));
    painted(&mut rig.instance, &screen, second);
    close(&mut rig.instance);
    screen.close(parent);
    screen.close(second);
    at_rest.assert_again(&screen);
}

/// Position of the menu of sizes.
pub const MENU: (u32, u32) = (955, PLAY.1);
