//! Reads the JSON of a state entry by entry, so that a damaged entry does not affect the others.

use std::collections::BTreeMap;

use nice_plug::plugin::{ParamValue, PluginState};
use serde_json::{Map, Value};

use super::{LoadReport, make_loadable};
use crate::quote;

/// Most bytes of a state. A state with two Scala files of the largest size takes 14 MiB if each of their characters
/// has to be escaped twice; a state without them takes 15 KB.
pub const LARGEST: u64 = 16 << 20;

/// Reason why a state is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The host's stream reported an error, or returned more bytes than requested.
    #[error("the host's stream failed after {read} bytes")]
    Unreadable {
        /// Bytes read before the failure.
        read: u64,
    },
    /// The stream ended early.
    #[error("it ends after {read} of {announced} bytes")]
    Truncated {
        /// Bytes in the stream after the length prefix.
        read: u64,
        /// The length prefix.
        announced: u64,
    },
    /// The length prefix is greater than [`LARGEST`].
    #[error("{announced} bytes are announced, and no state has more than {LARGEST}")]
    TooLarge {
        /// The length prefix.
        announced: u64,
    },
    /// Not JSON, or not UTF-8.
    #[error("it is not JSON ({0})")]
    NotJson(String),
    /// JSON without the structure of a state.
    #[error("it has no {0}, so it is not a state of Tidepool")]
    NoState(&'static str),
}

/// Reads a state and makes it [loadable](make_loadable). `[gui]`
///
/// A parameter or field that cannot be read gets its default and is listed in the report. Of duplicate keys, the last
/// one counts.
///
/// # Errors
/// If the text is not a JSON object, or lacks the text `version` or the object `params`, which every state has.
pub fn parse(bytes: &[u8]) -> Result<(PluginState, LoadReport), StateError> {
    let state: Value = serde_json::from_slice(bytes)
        .map_err(|error| StateError::NotJson(quote::quote(&error.to_string())))?;
    let Value::Object(mut state) = state else {
        return Err(StateError::NoState("version and parameters"));
    };
    let Some(Value::String(version)) = state.remove("version") else {
        return Err(StateError::NoState("version"));
    };
    let Some(Value::Object(params)) = state.remove("params") else {
        return Err(StateError::NoState("parameters"));
    };
    let mut damaged = Vec::new();
    let params = readable(params, &mut damaged, |value| match value {
        Value::Object(value) => param(&value),
        _ => None,
    });
    let fields = match state.remove("fields") {
        Some(Value::Object(fields)) => fields,
        Some(_) => {
            damaged.push("fields".into());
            Map::new()
        }
        None => Map::new(),
    };
    let fields = readable(fields, &mut damaged, |value| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    let mut state = PluginState {
        version,
        params,
        fields,
    };
    let mut report = make_loadable(&mut state);
    report.defaulted.splice(..0, damaged);
    Ok((state, report))
}

/// Returns the entries that `read` accepts; adds the keys of the others to `damaged`.
fn readable<T>(
    entries: Map<String, Value>,
    damaged: &mut Vec<String>,
    read: impl Fn(Value) -> Option<T>,
) -> BTreeMap<String, T> {
    let mut readable = BTreeMap::new();
    for (key, value) in entries {
        match read(value) {
            Some(value) => drop(readable.insert(key, value)),
            None => damaged.push(key),
        }
    }
    readable
}

/// Reads a value under the name of its type, as nice-plug writes it. Out-of-range numbers are clamped to the type;
/// `make_loadable` clamps them to the parameter's range.
fn param(value: &Map<String, Value>) -> Option<ParamValue> {
    let (kind, value) = value.iter().next().filter(|_| value.len() == 1)?;
    match kind.as_str() {
        "f32" => {
            let value = value.as_f64()?;
            let nearest = value.clamp(f64::from(f32::MIN), f64::from(f32::MAX));
            Some(ParamValue::F32(nearest as f32))
        }
        "i32" => {
            let value = value.as_f64().filter(|value| value.fract() == 0.0)?;
            Some(ParamValue::I32(value as i32))
        }
        "bool" => value.as_bool().map(ParamValue::Bool),
        "string" => Some(ParamValue::String(value.as_str()?.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tuning;

    fn read(state: &Value) -> (PluginState, LoadReport) {
        parse(&serde_json::to_vec(state).unwrap()).unwrap()
    }

    #[test]
    fn a_damaged_part_takes_its_default_and_leaves_the_others() {
        let (state, report) = read(&json!({
            "version": "0.1.0",
            "params": {
                "cutoff": { "f32": null },
                "resonance": { "f64": 0.5 },
                "volume": 3,
                "pan": { "f32": 0.5, "i32": 1 },
                "voices": { "i32": 2.5 },
                "tune": { "f32": "3" },
                "sustain": { "f32": 0.25 },
            },
            "fields": { "tuning": 7, "sequence": "[]" },
        }));
        let mut defaulted = report.defaulted.clone();
        defaulted.sort();
        assert_eq!(
            defaulted,
            [
                "cutoff",
                "pan",
                "resonance",
                "tune",
                "tuning",
                "voices",
                "volume"
            ]
        );
        assert_eq!(report.unknown, ["sequence"]);
        let (plain, _) = read(&json!({ "version": "0.1.0", "params": {}, "fields": {} }));
        for (id, value) in &state.params {
            if id == "sustain" {
                assert!(matches!(value, ParamValue::F32(0.25)), "{value:?}");
            } else {
                assert_eq!(
                    format!("{value:?}"),
                    format!("{:?}", plain.params[id]),
                    "{id}"
                );
            }
        }
        assert_eq!(state.fields, plain.fields);
        assert_eq!(state.fields[tuning::FIELD], r#"{"scale":null,"map":null}"#);
    }

    #[test]
    fn numbers_beyond_their_type_become_the_nearest_of_the_range() {
        let (state, report) = read(&json!({
            "version": "",
            "params": {
                "cutoff": { "f32": 1e300 },
                "volume": { "f32": -1e300 },
                "voices": { "i32": 1e12 },
                "bend_range": { "i32": i64::MIN },
            },
        }));
        assert_eq!(report.sentence(), None);
        assert!(matches!(state.params["cutoff"], ParamValue::F32(20_000.0)));
        assert!(matches!(state.params["volume"], ParamValue::F32(-60.0)));
        assert!(matches!(state.params["voices"], ParamValue::I32(64)));
        assert!(matches!(state.params["bend_range"], ParamValue::I32(0)));
    }

    #[test]
    fn random_damage_gives_a_state_in_range_or_a_sentence() {
        let (whole, _) = read(&json!({ "version": "0.1.0", "params": {}, "fields": {} }));
        let whole = serde_json::to_vec(&whole).unwrap();
        let mut seed = 1_u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        let mut loaded = 0;
        for _ in 0..500 {
            let mut bytes = whole.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                // ASCII only, so that some of the texts remain JSON.
                bytes[at] = random(96) as u8 + 32;
            }
            bytes.truncate(whole.len() - [0, random(whole.len())][random(8) / 7]);
            let Ok((state, _)) = parse(&bytes) else {
                continue;
            };
            loaded += 1;
            for parameter in tidepool_dsp::Parameter::all() {
                let spec = parameter.spec();
                let (min, max) = spec.range.ends();
                let inside = match state.params[spec.id] {
                    ParamValue::F32(value) => (min..=max).contains(&value),
                    ParamValue::I32(value) => (min..=max).contains(&(value as f32)),
                    _ => false,
                };
                assert!(inside, "{}: {:?}", spec.id, state.params[spec.id]);
            }
        }
        assert!((50..450).contains(&loaded), "{loaded} of 500 are states");
    }

    #[test]
    fn the_later_of_two_keys_counts() {
        let text =
            br#"{"version":"1","version":"2","params":{"voices":{"i32":3},"voices":{"i32":4}}}"#;
        let (state, _) = parse(text).unwrap();
        assert_eq!(state.version, "2");
        assert!(matches!(state.params["voices"], ParamValue::I32(4)));
    }

    #[test]
    fn what_is_no_state_is_refused_in_one_bounded_sentence() {
        let deep = "[".repeat(1 << 20);
        let long = format!("{{\"version\": {}", "x".repeat(1 << 20));
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"params":{}}"#,
            r#"{"version":1,"params":{}}"#,
            r#"{"version":"1","params":[]}"#,
            r#"{"version":"1","params":{}"#,
            &deep,
            &long,
        ] {
            let sentence = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(sentence.len() < 200, "{sentence}");
            assert!(sentence.starts_with("it "), "{sentence}");
        }
        assert!(parse(&[0xFF; 64]).is_err());
    }
}
