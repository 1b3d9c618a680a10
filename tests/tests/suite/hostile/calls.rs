//! Invalid queries: indices out of range, unknown ids, null pointers and broken streams.

use clap_sys::ext::state_context::CLAP_STATE_CONTEXT_FOR_PRESET as FOR_PRESET;
use tidepool_tests::raw_host::{Events, Flow, isolated, note_on};

use super::{BLOCK, id, initialised, peak_of, play, playing, read};

/// Returns indices at and past `count`.
fn past(count: u32) -> [u32; 6] {
    [
        count,
        count + 1,
        count + 100,
        i32::MAX as u32,
        1 << 31,
        u32::MAX,
    ]
}

#[test]
fn parameters_past_the_last() {
    isolated(|| {
        let plugin = initialised();
        let count = plugin.params();
        assert!(plugin.param(count - 1).is_some());
        for index in past(count) {
            assert!(
                plugin.param(index).is_none(),
                "there is a parameter {index}"
            );
        }
        assert!(!plugin.param_into_null(0));
    });
}

#[test]
fn parameters_that_are_not_there() {
    isolated(|| {
        let plugin = initialised();
        for unknown in [0, 1, 12_345, u32::MAX] {
            assert_eq!(plugin.param_value(unknown), None);
            assert_eq!(plugin.value_to_text(unknown, 0.5, Some(64)), None);
            assert_eq!(plugin.text_to_value(unknown, Some(b"1")), None);
        }
        assert!(!plugin.param_value_into_null(id("cutoff")));
    });
}

#[test]
fn values_as_text_fit_the_buffer() {
    isolated(|| {
        let plugin = initialised();
        for index in 0..plugin.params() {
            let (id, largest) = plugin.param(index).expect("the parameter is there");
            for value in [
                0.0,
                largest,
                largest / 3.0,
                -1.0,
                1e308,
                -1e308,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
            ] {
                plugin.value_to_text(id, value, None);
                plugin.value_to_text(id, value, Some(0));
                for capacity in [1, 2, 3, 5, 256] {
                    let text = plugin.value_to_text(id, value, Some(capacity));
                    let Some(text) = text else { continue };
                    assert!(text.contains(&0), "{id} at {value} has no end: {text:?}");
                }
            }
        }
    });
}

#[test]
fn texts_as_values_may_be_anything() {
    isolated(|| {
        let plugin = initialised();
        let long = vec![b'9'; 1 << 16];
        let texts: [&[u8]; 16] = [
            b"",
            b" ",
            b"\xff",
            b"440 \xc3\x28",
            b"nan",
            b"inf",
            b"-inf",
            b"NaN Hz",
            b"infinity %",
            b"1e999",
            b"-1e999",
            b"1/0",
            b"1/1/1",
            b"-",
            "𝄞♯".as_bytes(),
            &long,
        ];
        for index in 0..plugin.params() {
            let (id, largest) = plugin.param(index).expect("the parameter is there");
            assert_eq!(plugin.text_to_value(id, None), None);
            for text in texts {
                if let Some(value) = plugin.text_to_value(id, Some(text)) {
                    assert!(
                        (0.0..=largest).contains(&value),
                        "{} gives {value} to {id}",
                        String::from_utf8_lossy(&text[..text.len().min(32)])
                    );
                }
            }
        }
    });
}

#[test]
fn ports_and_pages_past_the_last() {
    isolated(|| {
        let plugin = initialised();
        for is_input in [false, true] {
            let (count, first) = plugin.audio_port(0, is_input);
            assert_eq!((count, first), (1, Some(2)));
            for index in past(1) {
                assert_eq!(plugin.audio_port(index, is_input), (1, None), "{index}");
                assert!(!plugin.note_port(index, is_input), "{index}");
            }
        }
        let pages = plugin.remote_control_pages();
        for index in past(pages) {
            assert!(!plugin.remote_controls(index), "{index}");
        }
        for index in past(1) {
            assert!(!plugin.ports_config(index), "{index}");
            assert!(!plugin.select_ports_config(index), "{index}");
        }
    });
}

#[test]
fn contexts_that_are_not_there_save_and_load_the_whole_state() {
    isolated(|| {
        let plugin = initialised();
        let state = plugin.save(Flow::Whole);
        for context in [0, 2, 3, 4, 1 << 31, u32::MAX] {
            assert_eq!(plugin.save_in(context, Flow::Whole), state, "{context}");
            let state = state.as_ref().expect("the state is saved");
            assert!(plugin.load_in(context, state, Flow::Whole), "{context}");
        }
    });
}

#[test]
fn note_names_past_the_last() {
    isolated(|| {
        let plugin = initialised();
        assert_eq!(plugin.note_names(), 0);
        for index in past(0) {
            assert_eq!(plugin.note_name(index), None, "{index}");
        }
    });
}

#[test]
fn structures_that_are_null_are_not_filled() {
    isolated(|| {
        let plugin = initialised();
        assert_eq!(plugin.ask_into_null(), [""; 0]);
    });
}

#[test]
fn render_modes_and_facts_at_any_time() {
    isolated(|| {
        let plugin = initialised();
        let ask = || {
            for mode in [0, 1, 2, -1, i32::MAX, i32::MIN] {
                plugin.render(mode);
                let (latency, _, voices) = plugin.facts();
                assert_eq!(latency, 0);
                assert!(voices.is_some_and(|(count, capacity)| count <= capacity));
            }
            plugin.on_main_thread();
        };
        ask();
        assert!(plugin.activate(super::RATE, 1, BLOCK));
        ask();
        assert!(plugin.start());
        ask();
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        ask();
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn a_ports_configuration_selected_while_it_plays() {
    isolated(|| {
        let plugin = playing();
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        for index in [0, 1, 7, u32::MAX] {
            plugin.select_ports_config(index);
            play(&plugin, BLOCK, &Events::new());
        }
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn streams_that_fail_are_reported() {
    isolated(|| {
        let plugin = playing();
        let state = plugin.save(Flow::Whole).expect("the state is saved");
        assert_eq!(plugin.save(Flow::Trickle).as_ref(), Some(&state));
        assert!(plugin.load(&state, Flow::Trickle));
        for after in [0, 1, 7, 8, 9, state.len() / 2, state.len() - 1] {
            assert_eq!(plugin.save(Flow::Fails(after)), None, "after {after}");
            assert!(!plugin.load(&state, Flow::Fails(after)), "after {after}");
            assert!(!plugin.load(&state[..after], Flow::Whole), "after {after}");
        }
        let preset = plugin.save_in(FOR_PRESET, Flow::Whole);
        let preset = preset.expect("the preset is saved");
        assert_eq!(
            plugin.save_in(FOR_PRESET, Flow::Trickle).as_ref(),
            Some(&preset)
        );
        assert!(plugin.load_in(FOR_PRESET, &preset, Flow::Trickle));
        for after in [0, 1, 7, 8, 9, preset.len() / 2, preset.len() - 1] {
            let fails = Flow::Fails(after);
            assert_eq!(plugin.save_in(FOR_PRESET, fails), None, "after {after}");
            assert!(!plugin.load_in(FOR_PRESET, &preset, fails), "after {after}");
        }
        assert_eq!(plugin.save_and_load_null(FOR_PRESET), [false; 4]);
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}

#[test]
fn streams_without_functions_are_reported() {
    isolated(|| {
        let plugin = playing();
        let state = plugin.save(Flow::Whole).expect("the state is saved");
        assert_eq!(plugin.save(Flow::Mute), None);
        assert_eq!(plugin.save_in(FOR_PRESET, Flow::Mute), None);
        assert!(!plugin.load(&state, Flow::Mute));
        assert!(!plugin.load_in(FOR_PRESET, &state, Flow::Mute));
    });
}

#[test]
fn streams_that_boast_are_not_believed() {
    isolated(|| {
        let plugin = playing();
        let state = plugin.save(Flow::Whole).expect("the state is saved");
        assert_eq!(plugin.save(Flow::Boasts), None);
        assert_eq!(plugin.save_in(FOR_PRESET, Flow::Boasts), None);
        assert!(!plugin.load(&state, Flow::Boasts));
        assert!(!plugin.load_in(FOR_PRESET, &state, Flow::Boasts));
    });
}

#[test]
fn damaged_states_are_survived() {
    isolated(|| {
        let plugin = playing();
        let state = plugin.save(Flow::Whole).expect("the state is saved");
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..200 {
            let mut damaged = state.clone();
            for _ in 0..random.usize(1..20) {
                let at = random.usize(0..damaged.len());
                damaged[at] = random.u8(..);
            }
            plugin.load(&damaged, Flow::Whole);
            plugin.load_in(random.u32(0..5), &damaged, Flow::Whole);
            play(&plugin, 64, &Events::new());
        }
        for length in [0, 1, 1 << 20, u64::MAX, i64::MAX as u64] {
            let mut lying = length.to_le_bytes().to_vec();
            lying.extend(&state[8..]);
            plugin.load(&lying, Flow::Whole);
        }
        assert!(plugin.load(&state, Flow::Whole));
        assert!(read(&plugin, "cutoff").is_finite());
        plugin.reset();
        play(&plugin, BLOCK, Events::new().push(note_on(0, 60)));
        assert!(peak_of(&plugin, 4) > 0.001);
    });
}
