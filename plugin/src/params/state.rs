//! States as they come in: from this version, an older or a later one, or damaged.

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use super::{AnyParam, NoteLength, TidepoolParams};

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
            (AnyParam::NoteLength(_), ParamValue::String(id)) => {
                NoteLength::ids().is_some_and(|ids| ids.contains(&id.as_str()))
            }
            _ => false,
        };
        if !sound {
            state.params.remove(*id);
        }
    }
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

    fn loaded(values: &[(&str, ParamValue)]) -> BTreeMap<String, ParamValue> {
        let mut state = PluginState {
            version: "99.0.0".into(),
            params: values
                .iter()
                .map(|(id, value)| (id.to_string(), value.clone()))
                .collect(),
            fields: BTreeMap::new(),
        };
        make_loadable(&mut state);
        state.params
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
            ("from_the_future", ParamValue::F32(1.0)),
        ]);
        assert_eq!(params.keys().collect::<Vec<_>>(), ["from_the_future"]);
    }
}
