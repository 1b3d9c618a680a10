//! States as they come in: from this version, an older or a later one, or damaged.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::{ParamValue, PluginState};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Spec, Unit};

use crate::tuning::{self, ScalaFiles};

/// The name of the field that nice-plug reads last, and all that it can say.
const LOADED: &str = "loaded";
const YES: &str = "null";

/// Whether a state has been loaded since anybody asked.
///
/// nice-plug tells nobody when it has loaded one: the host's thread just sets the parameters while the
/// audio thread plays. It sets the fields of a state after all parameters, though, so this is such a field.
/// It holds nothing and is in every state, as [`make_loadable`] sees to.
#[derive(Debug, Default)]
pub struct Loaded(AtomicBool);

impl Loaded {
    /// Whether that is so; the next answer is about what comes after this one. Whoever is told so sees all
    /// values of that state, or later ones. `[audio]`
    pub fn take(&self) -> bool {
        self.0.load(Relaxed) && self.0.swap(false, Acquire)
    }
}

impl PersistentField<'_, ()> for Loaded {
    /// `[gui]`
    fn set(&self, (): ()) {
        self.0.store(true, Release);
    }

    fn map<F: Fn(&()) -> R, R>(&self, f: F) -> R {
        f(&())
    }
}

/// Makes `state` safe to load: what lies outside a parameter's range is taken to its nearest end, what is no
/// number or of the wrong type is left out, so that the parameter keeps its value. Choices are kept as numbers;
/// the first states had their names, which are looked up. Parameters that this version does not know are left
/// alone, and the framework passes them over. `[gui]`
///
/// nice-plug stores what it reads as it is, without looking at the range, which is why this exists.
pub fn make_loadable(state: &mut PluginState) {
    for spec in Parameter::all().map(Parameter::spec) {
        let Some(value) = state.params.get_mut(spec.id) else {
            continue;
        };
        let known = match (spec.range, &*value) {
            (Range::Whole { min, max }, ParamValue::I32(value)) => {
                Some(ParamValue::I32((*value).clamp(min, max)))
            }
            (Range::Whole { .. }, ParamValue::String(name)) => numbered(spec, name),
            (Range::Linear { .. } | Range::Skewed { .. }, ParamValue::F32(value)) => {
                let finite = value.is_finite();
                finite.then(|| ParamValue::F32(spec.range.clamp(*value)))
            }
            _ => None,
        };
        match known {
            Some(known) => *value = known,
            None => drop(state.params.remove(spec.id)),
        }
    }
    // A state without a tuning was made with the usual one, whatever is chosen now.
    let usual = || serde_json::to_string(&ScalaFiles::default()).unwrap_or_default();
    (state.fields.entry(tuning::FIELD.into())).or_insert_with(usual);
    state.fields.insert(LOADED.into(), YES.into());
}

/// The number of the choice with this very name.
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
    fn what_cannot_be_a_value_is_left_out_and_strangers_stay() {
        let params = loaded(&[
            ("cutoff", ParamValue::F32(f32::NAN)),
            ("bend_range", ParamValue::F32(3.0)),
            ("vibrato_rate", ParamValue::String("1/7".into())),
            ("vibrato_depth", ParamValue::Bool(true)),
            ("mpe_zone", ParamValue::String("Middle".into())),
            ("voices", ParamValue::String("3".into())),
            ("from_the_future", ParamValue::F32(1.0)),
        ]);
        assert_eq!(params.keys().collect::<Vec<_>>(), ["from_the_future"]);
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
