//! Loading of states written by this version, an older or a later one, and of damaged states.

mod json;
mod preset_context;
mod report;

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::{ParamValue, PluginState};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Spec, Unit};

use super::sound_info::{self, SoundInfo};
use crate::comparison::{self, Comparison};
use crate::midi_map::{self, MidiMap};
use crate::tuning::{self, ScalaFiles};
pub use json::{LARGEST, StateError, parse};
pub use preset_context::{keep_settings, leave_out_settings, of_sound};
pub use report::LoadReport;

/// Name of the field that nice-plug sets last when it loads a state, and its only content.
const LOADED: &str = "loaded";
const YES: &str = "null";

/// Fields of a state: the name, whether a text is usable, and the text of the default.
type Field = (&'static str, fn(&str) -> bool, fn() -> String);
const FIELDS: [Field; 4] = [
    (
        tuning::FIELD,
        |text| {
            let files = serde_json::from_str::<ScalaFiles>(text);
            files.is_ok_and(|files| files.tuning().is_ok())
        },
        || serde_json::to_string(&ScalaFiles::default()).unwrap_or_default(),
    ),
    (
        sound_info::FIELD,
        |text| serde_json::from_str::<SoundInfo>(text).is_ok_and(|info| info.is_valid()),
        || serde_json::to_string(&SoundInfo::default()).unwrap_or_default(),
    ),
    (
        comparison::FIELD,
        |text| serde_json::from_str::<Comparison>(text).is_ok(),
        || serde_json::to_string(&Comparison::default()).unwrap_or_default(),
    ),
    (
        midi_map::FIELD,
        |text| serde_json::from_str::<MidiMap>(text).is_ok(),
        || serde_json::to_string(&MidiMap::default()).unwrap_or_default(),
    ),
];

/// Flag that a state has been loaded since the last [`take`](Self::take).
///
/// nice-plug does not report that it has loaded a state: the host's thread just sets the parameters while the
/// audio thread plays. It sets the fields of a state after all parameters, though, so this is such a field.
/// The field is empty; [`make_loadable`] adds it to every state.
#[derive(Debug, Default)]
pub struct Loaded(AtomicBool);

impl Loaded {
    /// Returns true if a state was loaded since the last call. If so, the calling thread sees all values of that state, or
    /// later ones. `[audio]`
    pub fn take(&self) -> bool {
        self.0.load(Relaxed) && self.0.swap(false, Acquire)
    }
}

impl PersistentField<'_, ()> for Loaded {
    /// Sets the flag. `[gui]`
    fn set(&self, (): ()) {
        self.0.store(true, Release);
    }

    fn map<F: Fn(&()) -> R, R>(&self, f: F) -> R {
        f(&())
    }
}

/// Makes `state` safe to load and independent of what was loaded before: parameters and fields that are missing, NaN or
/// of the wrong type get their defaults. A number outside a parameter's range is clamped. Choices are stored as
/// numbers; names of choices, which the first states have, are looked up. Parameters and fields that this version does
/// not know are removed. `[gui]`
///
/// nice-plug itself stores the values of a state without checking the range, and leaves parameters that the state lacks
/// at their last values.
pub fn make_loadable(state: &mut PluginState) -> LoadReport {
    let mut report = LoadReport {
        version: state.version.clone(),
        ..LoadReport::default()
    };
    let mut given = std::mem::take(&mut state.params);
    for spec in Parameter::all().map(Parameter::spec) {
        let value = given.remove(spec.id).map(|value| value_of(spec, &value));
        if matches!(value, Some(None)) {
            report.defaulted.push(spec.id.to_owned());
        }
        let value = value
            .flatten()
            .unwrap_or_else(|| preset_context::value_of(spec, spec.default));
        state.params.insert(spec.id.to_owned(), value);
    }
    report.unknown.extend(given.into_keys());

    let mut given = std::mem::take(&mut state.fields);
    for (name, is_usable, default) in FIELDS {
        let text = given.remove(name);
        let usable = text.as_deref().is_some_and(is_usable);
        if text.is_some() && !usable {
            report.defaulted.push(name.to_owned());
        }
        let text = text.filter(|_| usable).unwrap_or_else(default);
        state.fields.insert(name.to_owned(), text);
    }
    given.remove(LOADED);
    report.unknown.extend(given.into_keys());
    state.fields.insert(LOADED.to_owned(), YES.to_owned());
    report
}

/// Returns the valid value that `value` stands for; `None` if it is of another type, NaN, or not a choice.
fn value_of(spec: &Spec, value: &ParamValue) -> Option<ParamValue> {
    match (spec.range, value) {
        (Range::Whole { min, max }, ParamValue::I32(value)) => {
            Some(ParamValue::I32((*value).clamp(min, max)))
        }
        (Range::Whole { .. }, ParamValue::String(name)) => numbered(spec, name),
        (Range::Linear { .. } | Range::Skewed { .. }, ParamValue::F32(value)) => {
            (!value.is_nan()).then(|| ParamValue::F32(spec.range.clamp(*value)))
        }
        _ => None,
    }
}

/// Returns the number of the choice with exactly this name.
fn numbered(spec: &Spec, name: &str) -> Option<ParamValue> {
    let Unit::Choice(names) = spec.unit else {
        return None;
    };
    let place = names.iter().position(|known| *known == name)?;
    Some(ParamValue::I32(place as i32))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nice_plug::params::Params;

    use super::*;
    use crate::params::TidepoolParams;

    fn filtered(values: &[(&str, ParamValue)]) -> PluginState {
        let mut state = PluginState {
            version: "99.0.0".into(),
            params: values
                .iter()
                .map(|(id, value)| (id.to_string(), value.clone()))
                .collect(),
            fields: BTreeMap::new(),
        };
        make_loadable(&mut state);
        state
    }

    fn loaded(values: &[(&str, ParamValue)]) -> BTreeMap<String, ParamValue> {
        filtered(values).params
    }

    #[test]
    fn values_are_taken_into_their_range() {
        let params = loaded(&[
            ("cutoff", ParamValue::F32(1e30)),
            ("volume", ParamValue::F32(-1e30)),
            ("voices", ParamValue::I32(1000)),
            ("bend_range", ParamValue::I32(i32::MIN)),
            ("sustain", ParamValue::F32(0.25)),
        ]);
        assert!(matches!(params["cutoff"], ParamValue::F32(20_000.0)));
        assert!(matches!(params["volume"], ParamValue::F32(-60.0)));
        assert!(matches!(params["voices"], ParamValue::I32(64)));
        assert!(matches!(params["bend_range"], ParamValue::I32(0)));
        assert!(matches!(params["sustain"], ParamValue::F32(0.25)));
    }

    #[test]
    fn what_cannot_be_a_value_takes_the_default_and_strangers_are_left_out() {
        let damaged = [
            ("cutoff", ParamValue::F32(f32::NAN)),
            ("bend_range", ParamValue::F32(3.0)),
            ("vibrato_rate", ParamValue::String("1/7".into())),
            ("vibrato_depth", ParamValue::Bool(true)),
            ("mpe_zone", ParamValue::String("Middle".into())),
            ("voices", ParamValue::String("3".into())),
        ];
        let stranger = ("from_the_future", ParamValue::F32(1.0));
        let mut state = filtered(&[]);
        state.params.extend(
            damaged
                .iter()
                .chain([&stranger])
                .cloned()
                .map(|(id, value)| (id.into(), value)),
        );
        let report = make_loadable(&mut state);
        let mut ids = damaged.map(|(id, _)| id);
        let mut defaulted = report.defaulted;
        defaulted.sort();
        ids.sort();
        assert_eq!(defaulted, ids);
        assert_eq!(report.unknown, ["from_the_future"]);
        assert_eq!(
            format!("{:?}", state.params),
            format!("{:?}", filtered(&[]).params)
        );
    }

    #[test]
    fn a_state_without_parameters_is_that_of_a_new_instance() {
        let state = filtered(&[]);
        assert_eq!(state.params.len(), Parameter::COUNT);
        for parameter in Parameter::all() {
            let value = match state.params[parameter.spec().id] {
                ParamValue::F32(value) => value,
                ParamValue::I32(value) => value as f32,
                _ => f32::NAN,
            };
            assert_eq!(value, parameter.spec().default, "{parameter:?}");
        }
    }

    #[test]
    fn a_tuning_that_cannot_be_used_is_the_usual_one() {
        let good = r#"{"scale":"fifths\n 2\n 3/2\n 2/1\n","map":null}"#;
        let large = serde_json::to_string(&ScalaFiles {
            scale: Some("!".repeat(2 << 20)),
            map: None,
        });
        let scale = r#"{"scale":"no scale","map":null}"#;
        for (text, kept) in [
            (good, true),
            ("", false),
            ("null", false),
            ("7", false),
            (r#"{"scale":7}"#, false),
            (scale, false),
            (&large.unwrap(), false),
        ] {
            let mut state = filtered(&[]);
            state.fields.insert(tuning::FIELD.into(), text.into());
            let report = make_loadable(&mut state);
            let usual = r#"{"scale":null,"map":null}"#;
            assert_eq!(state.fields[tuning::FIELD], if kept { text } else { usual });
            assert_eq!(report.defaulted.is_empty(), kept);
        }
    }

    #[test]
    fn choices_are_known_by_their_names_too() {
        let params = loaded(&[
            ("vibrato_rate", ParamValue::String("1/16".into())),
            ("mpe_zone", ParamValue::String("Upper".into())),
            ("filter_mode", ParamValue::I32(5)),
            ("quality", ParamValue::I32(5)),
        ]);
        assert!(matches!(params["vibrato_rate"], ParamValue::I32(6)));
        assert!(matches!(params["mpe_zone"], ParamValue::I32(2)));
        assert!(matches!(params["filter_mode"], ParamValue::I32(5)));
        assert!(matches!(params["quality"], ParamValue::I32(2)));
    }

    #[test]
    fn every_state_tells_of_itself_in_the_field_that_is_there_for_it() {
        let params = TidepoolParams::default();
        assert_eq!(filtered(&[]).fields, params.serialize_fields());
        assert!(!params.loaded.take());
        params.deserialize_fields(&filtered(&[]).fields);
        assert!(params.loaded.take());
        assert!(!params.loaded.take(), "it is told once");
    }
}
