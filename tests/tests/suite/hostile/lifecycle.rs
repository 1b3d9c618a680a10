//! Life-cycle calls in any order: every call returns, and the plugin can be played afterwards.

use std::thread;

use clap_sys::process::CLAP_PROCESS_ERROR;
use tidepool_tests::raw_host::{
    Block, Events, Flow, Host, Library, Manners, Outgoing, Plugin, isolated, modulation, note_on,
    value,
};

use super::{BLOCK, RATE, assert_holds, id, initialised, peak_of, play, playing, refuse};

/// Brings the plugin to the processing state, and plays it.
#[track_caller]
fn recovers(plugin: &Plugin) {
    plugin.stop();
    plugin.deactivate();
    assert!(plugin.activate(RATE, 1, BLOCK), "the plugin activates");
    assert!(plugin.start(), "processing starts");
    let mut events = Events::new();
    events.push(note_on(0, 60));
    play(plugin, BLOCK, &events);
    assert!(peak_of(plugin, 4) > 0.001, "the plugin is silent");
}

#[test]
fn a_block_before_activation_is_refused() {
    isolated(|| {
        let plugin = initialised();
        let mut events = Events::new();
        events
            .push(note_on(0, 60))
            .push(value(7, id("cutoff"), 0.2));
        for frames in [1, BLOCK, 8192] {
            refuse(&plugin, &Block::new(frames, &events));
        }
        assert_eq!(plugin.process_null(), CLAP_PROCESS_ERROR);
        recovers(&plugin);
    });
}

#[test]
fn a_block_before_init_is_refused() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        refuse(&plugin, &Block::new(BLOCK, &Events::new()));
        assert!(plugin.init());
        recovers(&plugin);
    });
}

#[test]
fn a_block_after_deactivation_is_refused() {
    isolated(|| {
        let plugin = playing();
        plugin.stop();
        plugin.deactivate();
        refuse(&plugin, &Block::new(BLOCK, &Events::new()));
        recovers(&plugin);
    });
}

#[test]
fn a_block_without_start_or_after_stop_does_no_harm() {
    isolated(|| {
        let plugin = initialised();
        assert!(plugin.activate(RATE, 1, BLOCK));
        let mut events = Events::new();
        events.push(note_on(0, 60));
        assert_eq!(plugin.process(&Block::new(BLOCK, &events)).fault(), None);
        assert!(plugin.start());
        plugin.stop();
        assert_eq!(plugin.process(&Block::new(BLOCK, &events)).fault(), None);
        recovers(&plugin);
    });
}

#[test]
fn activation_with_a_wild_rate_is_refused() {
    isolated(|| {
        let plugin = initialised();
        let wild = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            -0.0,
            -48_000.0,
            f64::MIN_POSITIVE,
            1.0,
            999.0,
            1_000_001.0,
            1e9,
            f64::MAX,
            -f64::NAN,
        ];
        for rate in wild {
            assert!(!plugin.activate(rate, 1, BLOCK), "{rate} Hz is accepted");
            refuse(&plugin, &Block::new(BLOCK, &Events::new()));
        }
        recovers(&plugin);
        // Also while active: the earlier activation may continue or end, but must not crash.
        for rate in wild {
            assert!(!plugin.activate(rate, 1, BLOCK), "{rate} Hz is accepted");
            let played = plugin.process(&Block::new(BLOCK, &Events::new()));
            assert_eq!(played.fault(), None);
        }
        recovers(&plugin);
    });
}

#[test]
fn activation_at_the_edges_of_the_rates_is_accepted() {
    isolated(|| {
        for rate in [1_000.0, 1_000_000.0] {
            let plugin = initialised();
            assert!(plugin.activate(rate, 1, BLOCK), "{rate} Hz is refused");
            assert!(plugin.start());
            let mut events = Events::new();
            events.push(note_on(0, 60));
            play(&plugin, BLOCK, &events);
            recovers(&plugin);
        }
    });
}

#[test]
fn activation_with_too_many_frames_is_refused() {
    isolated(|| {
        let plugin = initialised();
        for frames in [65_537, 1 << 20, i32::MAX as u32, 1 << 31, u32::MAX] {
            assert!(
                !plugin.activate(RATE, 1, frames),
                "{frames} frames are accepted"
            );
            refuse(&plugin, &Block::new(BLOCK, &Events::new()));
        }
        assert!(
            plugin.activate(RATE, 65_536, 65_536),
            "65,536 frames are refused"
        );
        assert!(plugin.start());
        let mut events = Events::new();
        events.push(note_on(0, 60));
        assert!(play(&plugin, 65_536, &events).peak() > 0.001);
        recovers(&plugin);
    });
}

#[test]
fn activation_with_frames_in_the_wrong_order_does_no_harm() {
    isolated(|| {
        let plugin = initialised();
        for (least, most) in [(0, 0), (1, 0), (512, 1), (u32::MAX, 1), (u32::MAX, 0)] {
            plugin.activate(RATE, least, most);
            let played = plugin.process(&Block::new(BLOCK, &Events::new()));
            assert_eq!(played.fault(), None, "{least} to {most}");
            plugin.deactivate();
        }
        recovers(&plugin);
    });
}

#[test]
fn everything_twice() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        assert!(plugin.init());
        plugin.init();
        plugin.activate(RATE, 1, BLOCK);
        plugin.activate(96_000.0, 1, 64);
        plugin.start();
        plugin.start();
        let mut events = Events::new();
        events.push(note_on(0, 60));
        assert_eq!(plugin.process(&Block::new(BLOCK, &events)).fault(), None);
        plugin.reset();
        plugin.reset();
        plugin.stop();
        plugin.stop();
        plugin.deactivate();
        plugin.deactivate();
        plugin.on_main_thread();
        plugin.on_main_thread();
        recovers(&plugin);
    });
}

#[test]
fn everything_in_the_wrong_order() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        plugin.deactivate();
        plugin.stop();
        plugin.reset();
        plugin.start();
        plugin.on_main_thread();
        plugin.flush(
            Some(Events::new().push(value(0, id("cutoff"), 0.5))),
            Outgoing::Taken,
        );
        plugin.activate(RATE, 1, BLOCK);
        plugin.init();
        plugin.deactivate();
        plugin.stop();
        plugin.reset();
        plugin.activate(RATE, 1, BLOCK);
        plugin.stop();
        plugin.reset();
        // Deactivates the plugin while it is processing.
        plugin.start();
        plugin.process(&Block::new(BLOCK, &Events::new()));
        plugin.deactivate();
        plugin.reset();
        recovers(&plugin);
    });
}

#[test]
fn instances_can_be_destroyed_at_any_point() {
    isolated(|| {
        let library = Library::bundled();
        let stages: [fn(&Plugin); 5] = [
            |_| (),
            |plugin| assert!(plugin.init()),
            |plugin| assert!(plugin.activate(RATE, 1, BLOCK)),
            |plugin| assert!(plugin.start()),
            |plugin| {
                let mut events = Events::new();
                events.push(note_on(0, 60));
                play(plugin, BLOCK, &events);
            },
        ];
        for reached in 0..=stages.len() {
            let plugin = library.create(Host::new(Manners::GOOD));
            for stage in &stages[..reached] {
                stage(&plugin);
            }
        }
    });
}

#[test]
fn extensions_are_there_before_init() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        assert!(plugin.params() > 0);
        assert!(plugin.param(0).is_some());
        assert!(plugin.save(Flow::Whole).is_some());
        assert_eq!(plugin.audio_port(0, false), (1, Some(2)));
        assert!(!plugin.has_extension(None));
        assert!(!plugin.has_extension(Some(c"")));
        assert!(!plugin.has_extension(Some(c"no.such.extension")));
        plugin.facts();
        assert!(plugin.init());
        recovers(&plugin);
    });
}

#[test]
fn a_state_can_be_loaded_at_any_time() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        let state = plugin.save(Flow::Whole).expect("a state before init");
        assert!(plugin.load(&state, Flow::Whole));
        assert!(plugin.init());
        assert!(plugin.load(&state, Flow::Trickle));
        assert!(plugin.activate(RATE, 1, BLOCK));
        assert!(plugin.load(&state, Flow::Whole));
        assert!(plugin.start());
        assert!(plugin.load(&state, Flow::Whole));
        play(&plugin, BLOCK, &Events::new());
        assert!(plugin.load(&state, Flow::Whole));
        plugin.deactivate();
        assert!(plugin.load(&state, Flow::Whole));
        recovers(&plugin);
    });
}

#[test]
fn a_state_is_loaded_whole_under_modulation_which_stays() {
    isolated(|| {
        let plugin = playing();
        let first = plugin.save(Flow::Whole).expect("a state");
        let volume = id("volume");
        let params: Vec<_> = (0..plugin.params())
            .filter_map(|index| plugin.param(index))
            .collect();
        for upwards in [true, false] {
            let mut events = Events::new();
            for &(id, most) in &params {
                events.push(value(0, id, if upwards { most } else { 0.0 }));
                events.push(modulation(0, id, if upwards { most } else { -most }));
            }
            play(&plugin, BLOCK, &events);
            assert!(plugin.load(&first, Flow::Whole));
            let saved = plugin.save(Flow::Whole);
            assert!(saved.as_ref() == Some(&first), "upwards: {upwards}");

            // Modulation belongs to the host and stays: once it is removed from the other parameters, that of the
            // volume alone silences the note.
            let mut events = Events::new();
            for &(id, _) in params.iter().filter(|(id, _)| upwards || *id != volume) {
                events.push(modulation(0, id, 0.0));
            }
            play(&plugin, BLOCK, &events);
            let mut events = Events::new();
            events.push(note_on(0, 60));
            play(&plugin, BLOCK, &events);
            assert_eq!(peak_of(&plugin, 4) > 0.001, upwards);
            let saved = plugin.save(Flow::Whole);
            assert!(saved.as_ref() == Some(&first), "upwards: {upwards}");
            plugin.reset();
        }
    });
}

#[test]
fn states_come_and_go_while_another_thread_plays() {
    isolated(|| {
        let plugin = playing();
        let state = plugin.save(Flow::Whole).expect("the state is saved");
        thread::scope(|scope| {
            let player = scope.spawn(|| {
                for n in 0..400 {
                    let mut events = Events::new();
                    events.push(note_on(0, 40 + n % 40)).push(value(
                        n as u32,
                        id("cutoff"),
                        f64::from(n) / 400.0,
                    ));
                    play(&plugin, BLOCK, &events);
                }
            });
            while !player.is_finished() {
                assert!(plugin.load(&state, Flow::Whole));
                assert!(plugin.save(Flow::Whole).is_some());
                plugin.on_main_thread();
                plugin.facts();
                plugin.render(0);
            }
        });
        recovers(&plugin);
    });
}

#[test]
fn the_host_activates_and_resets_while_another_thread_plays() {
    isolated(|| {
        let plugin = playing();
        thread::scope(|scope| {
            let player = scope.spawn(|| {
                let mut events = Events::new();
                events.push(note_on(0, 60));
                for _ in 0..400 {
                    assert_eq!(plugin.process(&Block::new(BLOCK, &events)).fault(), None);
                }
            });
            let mut round = 0;
            while !player.is_finished() {
                plugin.deactivate();
                plugin.activate([RATE, 96_000.0][round % 2], 1, BLOCK);
                plugin.reset();
                round += 1;
            }
        });
        recovers(&plugin);
    });
}

#[test]
fn parameters_are_flushed_active_or_not_from_either_thread() {
    isolated(|| {
        let plugin = Library::bundled().create(Host::new(Manners::GOOD));
        let flush = |wanted| {
            let mut events = Events::new();
            events.push(value(u32::MAX, id("cutoff"), wanted));
            plugin.flush(Some(&events), Outgoing::Taken);
            assert_holds(&plugin, "cutoff", wanted);
        };
        flush(0.1);
        assert!(plugin.init());
        flush(0.2);
        assert!(plugin.activate(RATE, 1, BLOCK));
        flush(0.3);
        assert!(plugin.start());
        thread::scope(|scope| {
            scope.spawn(|| flush(0.4));
        });
        play(&plugin, BLOCK, &Events::new());
        assert_holds(&plugin, "cutoff", 0.4);
        plugin.stop();
        flush(0.5);
        plugin.deactivate();
        flush(0.6);
        thread::scope(|scope| {
            scope.spawn(|| flush(0.7));
        });
        recovers(&plugin);
    });
}

#[test]
fn parameters_are_flushed_while_another_thread_plays() {
    isolated(|| {
        let plugin = playing();
        thread::scope(|scope| {
            let player = scope.spawn(|| {
                let mut events = Events::new();
                events
                    .push(note_on(0, 60))
                    .push(value(100, id("resonance"), 0.5));
                for _ in 0..400 {
                    assert_eq!(plugin.process(&Block::new(BLOCK, &events)).fault(), None);
                }
            });
            while !player.is_finished() {
                let mut events = Events::new();
                events
                    .push(value(0, id("cutoff"), 0.5))
                    .push(note_on(0, 62));
                plugin.flush(Some(&events), Outgoing::Taken);
            }
        });
        recovers(&plugin);
    });
}
