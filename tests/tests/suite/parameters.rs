//! Parameters: stable ids, conversion from and to text, and sample-accurate automation.

use std::collections::HashSet;

use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use tidepool::params::param_id;
use tidepool_host::{Event, Note};
use tidepool_tests::score::on;
use tidepool_tests::{Rig, Score};

/// Published parameters, which must stay compatible; the format is described in the file.
const PARAMETERS: &str = include_str!("parameters.txt");

/// Marker in the file that stands for names.
const NAMES: &str = "...";

/// Returns the text id of each parameter, and the possible endings of its values as text.
fn golden() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = PARAMETERS.lines().filter(|line| !line.starts_with('#'));
    let words = lines.map(|line| line.split(' '));
    words
        .filter_map(|mut words| Some((words.next()?, words.collect())))
        .collect()
}

#[test]
fn ids_are_stable() {
    let mut rig = Rig::new();
    let expected: HashSet<_> = golden().iter().map(|&(key, _)| param_id(key)).collect();
    let found: HashSet<_> = rig.instance.params().iter().map(|param| param.id).collect();
    for (key, _) in golden() {
        assert!(
            found.contains(&param_id(key)),
            "the parameter `{key}` is gone"
        );
    }
    for param in rig.instance.params() {
        assert!(
            expected.contains(&param.id),
            "\"{}\" is not in parameters.txt",
            param.name
        );
    }
}

#[test]
fn every_value_is_written_with_its_unit() {
    let mut rig = Rig::new();
    for (key, units) in golden() {
        let param = rig.param(key);
        for value in [param.min, param.default, param.max] {
            let text = rig
                .instance
                .value_to_text(param.id, value)
                .expect("a value has a text");
            if units == [NAMES] {
                assert!(!text.is_empty(), "{key} has no name for {value}");
            } else if units.is_empty() {
                assert!(text.parse::<f64>().is_ok(), "{key} is \"{text}\"");
            } else {
                let known = units.iter().any(|unit| text.ends_with(unit));
                assert!(
                    known,
                    "{key} is \"{text}\", which ends in none of {units:?}"
                );
            }
        }
    }
}

/// Tests texts typed into the host's own parameter window.
#[test]
fn a_decimal_comma_is_read_as_a_point() {
    let mut rig = Rig::new();
    for (key, comma, point) in [
        ("cutoff", "440,5 Hz", "440.5 Hz"),
        ("cutoff", "1,25 kHz", "1.25 kHz"),
        ("cutoff", "1,500 kHz", "1.5 kHz"),
        ("volume", "-6,5", "-6.5 dB"),
        ("sustain", "12,5 %", "12.5 %"),
        ("attack", "4,5 ms", "4.5 ms"),
        ("osc_a_shape", "Saw 12,5 % Pulse", "Saw 12.5 % Pulse"),
    ] {
        let id = rig.param(key).id;
        let read = rig.instance.text_to_value(id, comma);
        assert!(read.is_some(), "{key}: \"{comma}\" is refused");
        assert_eq!(
            read,
            rig.instance.text_to_value(id, point),
            "{key}: {comma}"
        );
    }
    // Thousands separators are not accepted.
    let id = rig.param("cutoff").id;
    for text in ["1,500.5 Hz", "1.500,5 Hz", "1,000,000 Hz", "1.000.000"] {
        assert_eq!(rig.instance.text_to_value(id, text), None, "{text}");
    }
}

#[test]
fn every_parameter_is_presentable() {
    let mut rig = Rig::new();
    let params = rig.instance.params();
    let names: HashSet<_> = params.iter().map(|param| &param.name).collect();
    assert_eq!(names.len(), params.len(), "two parameters share a name");
    for param in &params {
        assert!(
            !param.name.is_empty() && param.name.trim() == param.name,
            "{param:?}"
        );
        assert!(
            !param.module.is_empty(),
            "\"{}\" is in no group",
            param.name
        );
        assert!(param.min < param.max, "{param:?}");
        assert!(
            (param.min..=param.max).contains(&param.default),
            "{param:?}"
        );
        assert_eq!(
            param.value, param.default,
            "a new instance has \"{}\" elsewhere",
            param.name
        );
        assert!(param.automatable, "\"{}\" cannot be automated", param.name);
    }
}

#[test]
fn text_goes_both_ways() {
    let mut rig = Rig::new();
    for param in rig.instance.params() {
        let steps = if param.stepped {
            (param.max - param.min) as u32
        } else {
            40
        };
        for step in 0..=steps {
            let value = param.min + (param.max - param.min) * f64::from(step) / f64::from(steps);
            let name = &param.name;
            let text = rig.instance.value_to_text(param.id, value);
            let text = text.unwrap_or_else(|| panic!("{name} has no text for {value}"));
            let back = rig.instance.text_to_value(param.id, &text);
            let back =
                back.unwrap_or_else(|| panic!("{name} does not understand its own \"{text}\""));
            assert!(
                (param.min..=param.max).contains(&back),
                "{name}: \"{text}\" is read as {back}"
            );
            let again = rig.instance.value_to_text(param.id, back);
            assert_eq!(again.as_ref(), Some(&text), "{name} at {value}");
            if param.stepped {
                assert!(
                    (back - value).abs() < 1e-3,
                    "{name}: \"{text}\" is read as {back}, not {value}"
                );
            }
        }
    }
}

#[test]
fn text_is_understood_as_people_write_it() {
    let mut rig = Rig::new();
    let same = [
        ("cutoff", "440 Hz", "440"),
        ("cutoff", "1 kHz", "1000 hz"),
        ("volume", "-6 dB", "-6"),
        ("volume", "-6 dB", "-6.0db"),
        ("attack", "10 ms", "0.01 s"),
    ];
    for (key, one, other) in same {
        let (one, other) = (rig.set(key, one), rig.set(key, other));
        assert_eq!(one, other, "{key}");
    }
    let eighth = rig.set("vibrato_rate", "1/8");
    let Event::Param { id, value } = eighth else {
        unreachable!("`set` makes parameter events")
    };
    assert_eq!(
        rig.instance.value_to_text(id, value).as_deref(),
        Some("1/8")
    );

    for param in rig.instance.params() {
        for nonsense in ["", "  ", "a lot", "--3", "NaN", "🌊"] {
            let read = rig.instance.text_to_value(param.id, nonsense);
            let harmless = read.is_none_or(|value| (param.min..=param.max).contains(&value));
            assert!(harmless, "{} reads \"{nonsense}\" as {read:?}", param.name);
        }
    }
}

#[test]
fn remote_control_pages_reach_every_parameter() {
    let mut rig = Rig::new();
    let params: HashSet<_> = rig.instance.params().iter().map(|param| param.id).collect();
    let handle = rig.instance.handle();
    let remote: PluginRemoteControls = handle.get_extension().expect("there are remote controls");
    let pages = remote.count(&handle);
    assert!(pages > 0, "there are no pages");
    let mut reached = HashSet::new();
    let mut ids = HashSet::new();
    for index in 0..pages {
        let mut buffer = RemoteControlsPageBuffer::new();
        let page = remote
            .get(&handle, index, &mut buffer)
            .expect("a page that is counted is there");
        assert!(!page.page_name.is_empty(), "page {index} has no name");
        assert!(ids.insert(page.page_id), "two pages share an id");
        reached.extend(page.param_ids.iter().flatten().map(|id| id.get()));
    }
    assert_eq!(
        reached, params,
        "the pages do not show exactly the parameters"
    );
}

#[test]
fn automation_is_heard_from_its_sample_on() {
    let plain = Score::new(9600).at(0, on(48));
    let reference = Rig::new().play(&plain, &[480]);
    for (key, text) in [
        ("volume", "-30 dB"),
        ("cutoff", "150 Hz"),
        ("resonance", "90 %"),
        ("tune", "7 st"),
    ] {
        for at in [1000, 4800, 5001] {
            let mut rig = Rig::new();
            let change = rig.set(key, text);
            let sound = rig.play(&plain.clone().at(at, change), &[480]);
            let first = sound.first_difference(&reference);
            let first = first.unwrap_or_else(|| panic!("{key} at {at} is not heard"));
            assert!(first >= at, "{key} at {at} is heard at {first} already");
            assert!(first < at + 480, "{key} at {at} is heard at {first} only");
        }
    }
}

#[test]
fn automation_of_a_value_to_itself_changes_nothing() {
    let mut rig = Rig::new();
    let plain = Score::new(9600).at(0, on(48));
    let reference = Rig::new().play(&plain, &[480]);
    let mut same = plain;
    for (n, param) in rig.instance.params().into_iter().enumerate() {
        let event = Event::Param {
            id: param.id,
            value: param.value,
        };
        same = same.at(500 + 20 * n, event);
    }
    assert_eq!(rig.play(&same, &[480]).first_difference(&reference), None);
}

#[test]
fn modulation_is_heard_and_can_be_withdrawn() {
    let mut rig = Rig::new();
    let modulate = |amount| Event::Modulation {
        id: param_id("cutoff"),
        note: Note::ALL,
        amount,
    };
    let before = rig.param("cutoff").value;
    let plain = Score::new(9600).at(0, on(48));
    let reference = Rig::new().play(&plain, &[480]);
    let sound = rig.play(&plain.clone().at(3000, modulate(-0.3)), &[480]);
    let first = sound
        .first_difference(&reference)
        .expect("modulation is heard");
    assert!(
        (3000..3480).contains(&first),
        "modulation at 3000 is heard at {first}"
    );

    rig.play(&Score::new(64).at(0, modulate(0.0)), &[64]);
    assert_eq!(rig.param("cutoff").value, before);
    rig.processor().reset();
    assert_eq!(rig.play(&plain, &[480]).first_difference(&reference), None);
}

#[test]
fn nonsense_values_are_survived() {
    let mut rig = Rig::new();
    for param in rig.instance.params() {
        let mut score = Score::new(4800).at(0, on(60));
        let wild = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            -1e300,
            param.max + 1.0,
            param.min - 1.0,
        ];
        for (n, value) in wild.into_iter().enumerate() {
            score = score.at(
                400 * n,
                Event::Param {
                    id: param.id,
                    value,
                },
            );
        }
        rig.play(&score, &[480]).assert_sane(&param.name);
        let value = rig
            .instance
            .value(param.id)
            .expect("the parameter is there");
        assert!(
            (param.min..=param.max).contains(&value),
            "{} is at {value}",
            param.name
        );
        rig.processor().reset();
    }
    let unknown = Event::Param { id: 1, value: 0.5 };
    rig.play(&Score::a440(4800).at(7, unknown), &[480])
        .assert_sane("an unknown parameter");
}

#[test]
fn a_value_set_while_inactive_is_kept() {
    let mut rig = Rig::new();
    let Event::Param { id, value } = rig.set("cutoff", "5 kHz") else {
        unreachable!("`set` makes parameter events")
    };
    assert!(
        rig.instance.set_value(id, value).is_err(),
        "an active plugin takes values in blocks"
    );
    rig.deactivate();
    rig.instance
        .set_value(id, value)
        .expect("an inactive plugin takes values");
    rig.activate(48_000.0, 1..=512);
    assert_eq!(rig.instance.value(id), Some(value));
}
