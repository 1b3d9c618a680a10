//! Incomplete hosts: every extension and function of a host is optional.

use std::ffi::CString;
use std::thread;
use std::time::Duration;

use clap_sys::ext::gui::{
    CLAP_EXT_GUI, CLAP_WINDOW_API_COCOA, CLAP_WINDOW_API_WAYLAND, CLAP_WINDOW_API_WIN32,
    CLAP_WINDOW_API_X11,
};
use clap_sys::ext::latency::CLAP_EXT_LATENCY;
use clap_sys::ext::note_name::CLAP_EXT_NOTE_NAME;
use clap_sys::ext::params::CLAP_EXT_PARAMS;
use clap_sys::ext::preset_load::CLAP_EXT_PRESET_LOAD;
use clap_sys::ext::state::CLAP_EXT_STATE;
use clap_sys::ext::tail::CLAP_EXT_TAIL;
use clap_sys::ext::track_info::CLAP_EXT_TRACK_INFO;
use clap_sys::ext::voice_info::CLAP_EXT_VOICE_INFO;
use tidepool_tests::display::Display;
use tidepool_tests::raw_host::{
    Child, Events, Flow, Host, Library, Manners, Outgoing, isolated, note_on, value,
};

use super::{BLOCK, RATE, id, initialised, peak_of, play};

/// Runs a usual life-cycle: a state, a block, parameters, render modes and an editor.
#[track_caller]
fn live(manners: Manners) {
    let plugin = Library::bundled().create(Host::new(manners));
    assert!(plugin.init(), "{manners:?}");
    let state = plugin.save(Flow::Whole).expect("the state is saved");
    assert!(plugin.activate(RATE, 1, BLOCK), "{manners:?}");
    assert!(plugin.start());
    plugin.render(1);
    plugin.track_changed();
    let mut events = Events::new();
    events
        .push(note_on(0, 60))
        .push(value(9, id("voices"), 3.0));
    play(&plugin, BLOCK, &events);
    assert!(plugin.load(&state, Flow::Whole));
    assert!(plugin.load_preset(1, None, Some(c"Tideline")));
    assert!(!plugin.load_preset(0, None, None));
    plugin.on_main_thread();
    plugin.flush(Some(&events), Outgoing::Taken);
    play(&plugin, BLOCK, &events);
    plugin.gui_supports(Some(CLAP_WINDOW_API_X11), false);
    plugin.gui_create(Some(CLAP_WINDOW_API_X11), false);
    plugin.gui_size();
    plugin.gui_show();
    plugin.gui_resize(700, 500);
    plugin.on_main_thread();
    plugin.gui_destroy();
    plugin.render(0);
    plugin.stop();
    plugin.deactivate();
    plugin.on_main_thread();
    assert!(plugin.activate(2.0 * RATE, 1, BLOCK), "{manners:?}");
    assert!(plugin.start());
    play(&plugin, BLOCK, &events);
    assert!(peak_of(&plugin, 4) > 0.001, "{manners:?}");
}

#[test]
fn a_host_with_everything() {
    isolated(|| live(Manners::GOOD));
}

#[test]
fn a_host_without_any_extension() {
    isolated(|| live(Manners::BARE));
}

#[test]
fn a_host_without_get_extension() {
    isolated(|| {
        live(Manners {
            get_extension: false,
            ..Manners::GOOD
        });
    });
}

#[test]
fn a_host_whose_extensions_have_no_functions() {
    isolated(|| {
        live(Manners {
            functions: false,
            ..Manners::GOOD
        });
    });
}

#[test]
fn a_host_that_can_be_asked_for_nothing() {
    isolated(|| {
        live(Manners {
            requests: false,
            ..Manners::GOOD
        });
    });
}

#[test]
fn a_host_without_a_name() {
    isolated(|| {
        live(Manners {
            names: false,
            ..Manners::GOOD
        });
    });
}

#[test]
fn a_host_of_null_pointers() {
    isolated(|| live(Manners::WORST));
}

#[test]
fn hosts_without_one_extension() {
    isolated(|| {
        for extension in [
            CLAP_EXT_GUI,
            CLAP_EXT_LATENCY,
            CLAP_EXT_NOTE_NAME,
            CLAP_EXT_PARAMS,
            CLAP_EXT_PRESET_LOAD,
            CLAP_EXT_STATE,
            CLAP_EXT_TAIL,
            CLAP_EXT_TRACK_INFO,
            CLAP_EXT_VOICE_INFO,
        ] {
            live(Manners::without(extension));
        }
    });
}

#[test]
fn no_editor_in_a_host_without_the_extension() {
    isolated(|| {
        for manners in [
            Manners::without(CLAP_EXT_GUI),
            Manners::BARE,
            Manners::WORST,
        ] {
            let plugin = Library::bundled().create(Host::new(manners));
            plugin.init();
            assert!(!plugin.gui_create(Some(CLAP_WINDOW_API_X11), false));
            assert!(!plugin.gui_show());
            plugin.gui_destroy();
        }
    });
}

#[test]
fn no_editor_before_init() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        assert!(!plugin.gui_create(Some(CLAP_WINDOW_API_X11), false));
        plugin.gui_destroy();
    });
}

/// Calls every function of the editor with invalid arguments, in an unusual order.
fn bother_the_editor(plugin: &tidepool_tests::raw_host::Plugin) {
    let foreign = if cfg!(windows) {
        [CLAP_WINDOW_API_COCOA, CLAP_WINDOW_API_X11]
    } else if cfg!(target_os = "macos") {
        [CLAP_WINDOW_API_WIN32, CLAP_WINDOW_API_X11]
    } else {
        [CLAP_WINDOW_API_COCOA, CLAP_WINDOW_API_WIN32]
    };
    for api in [
        None,
        Some(c""),
        Some(c"beos"),
        Some(CLAP_WINDOW_API_WAYLAND),
    ]
    .into_iter()
    .chain(foreign.map(Some))
    {
        for floating in [false, true] {
            assert!(!plugin.gui_supports(api, floating), "{api:?}");
            assert!(!plugin.gui_create(api, floating), "{api:?}");
        }
        assert!(!plugin.gui_parent(api, 0));
        assert!(!plugin.gui_parent(api, 77));
    }
    assert!(!plugin.gui_preference()[0]);
    assert_eq!(plugin.gui_parent_null(), [false, false]);
    assert!(!plugin.gui_adjust_null());
    for scale in [1.0, 0.0, -1.0, 1e-9, 1e9, f64::NAN, f64::INFINITY] {
        plugin.gui_scale(scale);
    }
    for size in [0, 1, 100, 0x7fff, 0xffff, i32::MAX as u32, u32::MAX] {
        plugin.gui_adjust(size, size);
        plugin.gui_resize(size, size);
        plugin.gui_resize(size, 500);
    }
    plugin.gui_hints();
    plugin.gui_size();
    plugin.gui_title(None);
    plugin.gui_title(Some(c"\xff\xfe"));
    plugin.gui_hide();
    plugin.gui_show();
    plugin.on_main_thread();
}

#[test]
fn the_editors_functions_without_an_editor() {
    isolated(|| {
        let plugin = initialised();
        bother_the_editor(&plugin);
        plugin.gui_destroy();
        plugin.gui_destroy();
        bother_the_editor(&plugin);
    });
}

#[test]
fn the_editor_without_a_display() {
    isolated(|| {
        let plugin = initialised();
        for _ in 0..3 {
            plugin.gui_create(Some(CLAP_WINDOW_API_X11), false);
            bother_the_editor(&plugin);
            plugin.gui_destroy();
        }
    });
}

/// Runs in the child process that [`the_editor_on_a_display`] starts.
#[test]
#[ignore = "needs the display that another test starts"]
fn the_editor_on_a_given_display() {
    isolated(|| {
        let plugin = initialised();
        assert!(plugin.activate(RATE, 1, BLOCK));
        assert!(plugin.start());
        for round in 0..3 {
            assert!(
                plugin.gui_create(Some(CLAP_WINDOW_API_X11), false),
                "{round}"
            );
            assert!(!plugin.gui_create(Some(CLAP_WINDOW_API_X11), false));
            bother_the_editor(&plugin);
            let mut events = Events::new();
            events.push(note_on(0, 60));
            play(&plugin, BLOCK, &events);
            if round == 1 {
                plugin.gui_parent(Some(CLAP_WINDOW_API_X11), 0xffff_fff0);
                plugin.gui_parent(Some(CLAP_WINDOW_API_X11), 0);
            }
            plugin.gui_destroy();
            plugin.gui_destroy();
        }
        // Destroys the plugin with its editor open.
        assert!(plugin.gui_create(Some(CLAP_WINDOW_API_X11), false));
        plugin.gui_show();
    });
}

#[test]
#[ignore = "run by `the_editor_on_a_display`"]
fn an_editor_whose_plugin_is_destroyed_elsewhere() {
    isolated(|| {
        let plugin = initialised();
        assert!(plugin.activate(RATE, 1, BLOCK));
        assert!(plugin.start());
        assert!(plugin.gui_create(Some(CLAP_WINDOW_API_X11), false));
        plugin.gui_show();
        // An open editor requests processing in a host that plays no blocks.
        let before = plugin.host().requests();
        let asks = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(50));
            plugin.host().requests() > before
        });
        assert!(asks, "the editor asks for blocks");
        let host = plugin.destroy_elsewhere();
        thread::sleep(Duration::from_millis(50));
        let last = host.requests();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(host.requests(), last, "the host is asked after `destroy`");
    });
}

#[test]
fn the_editor_on_a_display() {
    let Some(display) = Display::start() else {
        println!("no Xvfb here: not tested");
        return;
    };
    for test in [
        "the_editor_on_a_given_display",
        "an_editor_whose_plugin_is_destroyed_elsewhere",
    ] {
        let child = Child::run(
            &format!("hostile::hosts::{test}"),
            &[("DISPLAY", display.name.clone())],
        );
        assert!(
            child.is_done(),
            "{test}: {:?}\n{}",
            child.ending,
            child.end(25)
        );
    }
}

#[test]
fn the_factory_takes_anything() {
    isolated(|| {
        let library = Library::bundled();
        let good = CString::new("io.github.tidepool-audio.tidepool").unwrap();
        let bad = CString::new("io.github.tidepool-audio.tidepoo").unwrap();
        assert!(!library.has_factory(None));
        assert!(!library.has_factory(Some(&bad)));
        assert!(library.has_descriptor(0));
        for index in [1, 2, i32::MAX as u32, u32::MAX] {
            assert!(!library.has_descriptor(index));
        }
        let host = || Some(Host::new(Manners::GOOD));
        assert!(library.create_with(None, Some(&good)).is_none());
        assert!(library.create_with(host(), None).is_none());
        assert!(library.create_with(host(), Some(&bad)).is_none());
        assert!(library.create_with(host(), Some(&good)).is_some());
        library.init_and_deinit(3);
        assert!(library.create_with(host(), Some(&good)).is_some());
    });
}
