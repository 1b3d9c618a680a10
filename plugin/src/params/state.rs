//! States as they come in: from this version, an older or a later one, or damaged.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use super::{AnyParam, Choice, TidepoolParams};

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

/// Makes `state` safe to load: what lies outside a parameter's range is taken to its nearest end,
/// what is no number or of the wrong type is left out, so that the parameter keeps its value.
/// Parameters that this version does not know are left alone, and the framework passes them over.
/// `[gui]`
///
/// nice-plug stores what it reads as it is, without looking at the range, which is why this exists.
pub fn make_loadable(state: &mut PluginState) {
    let params = TidepoolParams::default();
    for (id, param) in params.groups().iter().flat_map(|(_, params)| params) {
        let Some(value) = state.params.get_mut(*id) else {
            continue;
        };
        let sound = match (param, &mut *value) {
            (AnyParam::Float(param), ParamValue::F32(value)) => {
                *value = into_range(&param.range(), *value);
                value.is_finite()
            }
            (AnyParam::Int(param), ParamValue::I32(value)) => {
                *value = into_whole_range(&param.range(), *value);
                true
            }
            (AnyParam::NoteLength(param), ParamValue::String(id)) => is_choice(*param, id),
            (AnyParam::Zone(param), ParamValue::String(id)) => is_choice(*param, id),
            _ => false,
        };
        if !sound {
            state.params.remove(*id);
        }
    }
    state.fields.insert(LOADED.into(), YES.into());
}

fn is_choice<const P: usize>(_: &EnumParam<Choice<P>>, id: &str) -> bool {
    Choice::<P>::ids().is_some_and(|ids| ids.contains(&id))
}

fn into_range(range: &FloatRange, value: f32) -> f32 {
    match *range {
        FloatRange::Linear { min, max }
        | FloatRange::Skewed { min, max, .. }
        | FloatRange::SymmetricalSkewed { min, max, .. } => value.clamp(min, max),
        FloatRange::Reversed(inner) => into_range(inner, value),
    }
}

/// Not by way of `normalize`, whose subtraction overflows for values far below the range.
fn into_whole_range(range: &IntRange, value: i32) -> i32 {
    match *range {
        IntRange::Linear { min, max } => value.clamp(min, max),
        IntRange::Reversed(inner) => into_whole_range(inner, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

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
        assert!(matches!(params["voices"], ParamValue::I32(32)));
        assert!(matches!(params["bend_range"], ParamValue::I32(0)));
        assert!(matches!(params["sustain"], ParamValue::F32(0.25)));
    }

    #[test]
    fn what_cannot_be_a_value_is_left_out_and_strangers_stay() {
        let params = loaded(&[
            ("cutoff", ParamValue::F32(f32::NAN)),
            ("voices", ParamValue::F32(3.0)),
            ("vibrato_rate", ParamValue::String("1/7".into())),
            ("vibrato_depth", ParamValue::Bool(true)),
            ("mpe_zone", ParamValue::String("Middle".into())),
            ("from_the_future", ParamValue::F32(1.0)),
        ]);
        assert_eq!(params.keys().collect::<Vec<_>>(), ["from_the_future"]);
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
