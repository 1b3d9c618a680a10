//! A panic in any function that a host or nice-plug calls: the host survives, and the plugin can be played again.
//!
//! The bundle under test is built with injected panics; a test checks that other bundles contain none.

use std::env;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use clap_sys::ext::gui::CLAP_WINDOW_API_X11;
use tidepool_tests::bundles::{self, PROFILE};
use tidepool_tests::display::Display;
use tidepool_tests::raw_host::{
    Block, Child, Events, Flow, Host, Library, Manners, Outgoing, Plugin, isolated, modulation,
    note_on, value,
};
use xtask::workspace::Profile;

/// Symbol of the function that plants a panic.
const SYMBOL: &str = "tidepool_plant_fault";
/// Environment variables that pass the library and the place to a child process.
const LIBRARY: &str = "TIDEPOOL_FAULT_LIBRARY";
const PLACE: &str = "TIDEPOOL_FAULT_PLACE";

/// Places that need no window, and places that need one, by the numbers in `plugin/src/fault.rs`.
const WITHOUT_WINDOW: std::ops::RangeInclusive<u32> = 1..=14;
const WITH_WINDOW: std::ops::RangeInclusive<u32> = 15..=18;
const EXTENSION: u32 = 19;

/// Number of polls for the window's panic, and the time between them.
const LOOKS: u32 = 400;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

#[test]
fn no_panic_reaches_the_host() {
    // Release builds would panic in the same places; one build of this bundle is enough.
    if PROFILE == Profile::Release {
        return;
    }
    let library = bundles::with_faults();
    let display = Display::start();
    let mut failed = Vec::new();
    for place in WITHOUT_WINDOW.chain([EXTENSION]).chain(WITH_WINDOW) {
        let mut variables = vec![
            (LIBRARY, library.display().to_string()),
            (PLACE, place.to_string()),
        ];
        if WITH_WINDOW.contains(&place) {
            let Some(display) = &display else {
                println!("no Xvfb here: place {place} is not tested");
                continue;
            };
            variables.push(("DISPLAY", display.name.clone()));
        }
        let child = Child::run("faults::with_one_fault", &variables);
        if !child.is_done() {
            failed.push(format!(
                "place {place}: {:?}\n{}",
                child.ending,
                child.end(12)
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Runs in the child processes that [`no_panic_reaches_the_host`] starts.
#[test]
#[ignore = "needs the library that another test builds"]
fn with_one_fault() {
    isolated(|| {
        let path = env::var_os(LIBRARY).expect("the library is named");
        let place: u32 = env::var(PLACE).unwrap().parse().unwrap();
        let library = Library::load(Path::new(&path));
        let plant = library.plant_fault(SYMBOL);
        plant(place);
        let first = library.create_tidepool(Host::new(Manners::GOOD));
        // A panic during the creation fails it, and the next creation succeeds.
        let plugin = first.unwrap_or_else(|| {
            assert!(plant(0) > 0, "there is no plugin, and no panic");
            library.create(Host::new(Manners::GOOD))
        });
        use_all_of(&plugin);
        let mut struck = plant(place);
        if WITH_WINDOW.contains(&place) {
            assert!(plugin.gui_create(Some(CLAP_WINDOW_API_X11), false));
            let window = display_root();
            plugin.gui_parent(Some(CLAP_WINDOW_API_X11), window);
            plugin.gui_show();
            for _ in 0..LOOKS {
                struck += plant(place);
                if struck > 0 {
                    break;
                }
                sleep(BETWEEN_LOOKS);
                plugin.on_main_thread();
            }
            plugin.gui_destroy();
        }
        struck += plant(0);
        let was_made = struck > 0 || place <= 3;
        assert!(was_made, "nothing of this called place {place}");
        recovers(&plugin);
    });
}

/// Calls every function that a host calls, and ignores the results.
fn use_all_of(plugin: &Plugin) {
    plugin.init();
    plugin.activate(48_000.0, 1, 512);
    plugin.start();
    let cutoff = tidepool::params::param_id("cutoff");
    let mut events = Events::new();
    events
        .push(note_on(0, 60))
        .push(value(10, cutoff, 0.4))
        .push(modulation(20, cutoff, 0.1));
    for _ in 0..3 {
        let played = plugin.process(&Block::new(512, &events));
        assert_eq!(played.fault(), None);
    }
    plugin.flush(Some(&events), Outgoing::Taken);
    plugin.param_value(cutoff);
    plugin.value_to_text(cutoff, 0.5, Some(64));
    plugin.text_to_value(cutoff, Some(b"440 Hz"));
    plugin.remote_controls(0);
    if let Some(state) = plugin.save(Flow::Whole) {
        plugin.load(&state, Flow::Whole);
    }
    plugin.reset();
    plugin.stop();
    plugin.deactivate();
    plugin.on_main_thread();
}

/// Checks that the instance plays normally after the fault.
fn recovers(plugin: &Plugin) {
    assert!(plugin.init());
    assert!(plugin.activate(48_000.0, 1, 512), "it does not activate");
    assert!(plugin.start());
    let mut events = Events::new();
    events.push(note_on(0, 60));
    let mut peak = 0.0_f32;
    for _ in 0..8 {
        let played = plugin.process(&Block::new(512, &events));
        assert_eq!(played.fault(), None);
        peak = peak.max(played.peak());
        events = Events::new();
    }
    assert!(peak > 0.001, "it is silent");
}

/// Returns the id of the window that becomes the editor's parent.
fn display_root() -> usize {
    use x11rb::connection::Connection;
    let (connection, screen) = x11rb::connect(None).expect("there is a display");
    connection.setup().roots[screen].root as usize
}

#[test]
fn bundles_for_people_have_no_faults_planted() {
    for path in [bundles::clap_library(), bundles::vst3_library()] {
        let bytes = fs::read(&path).unwrap();
        let found = bytes
            .windows(SYMBOL.len())
            .any(|window| window == SYMBOL.as_bytes());
        assert!(!found, "{} can be made to panic", path.display());
    }
}
