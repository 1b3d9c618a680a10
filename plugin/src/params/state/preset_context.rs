//! States in the context of a preset: the sound without the settings of the instrument, which a preset leaves alone.

use std::collections::BTreeMap;

use nice_plug::plugin::{ParamValue, PluginState};
use tidepool_dsp::parameter::{Range, Spec};
use tidepool_dsp::{Parameter, Patch};

use crate::comparison;
use crate::midi_map;
use crate::presets::NOT_IN_PRESETS;
use crate::tuning;

/// Fields that are not part of a sound, as [`NOT_IN_PRESETS`] are the parameters that are not.
const FIELDS_NOT_IN_PRESETS: [&str; 3] = [tuning::FIELD, comparison::FIELD, midi_map::FIELD];

/// Removes from `state` everything that is not part of a sound. `[gui]`
pub fn leave_out_settings(state: &mut PluginState) {
    for parameter in NOT_IN_PRESETS {
        state.params.remove(parameter.spec().id);
    }
    for field in FIELDS_NOT_IN_PRESETS {
        state.fields.remove(field);
    }
}

/// Replaces everything in `state` that is not part of a sound by the values of the instance: those of `current` and of its
/// `fields`. `[gui]`
pub fn keep_settings(
    state: &mut PluginState,
    current: &Patch,
    mut fields: BTreeMap<String, String>,
) {
    for parameter in NOT_IN_PRESETS {
        let spec = parameter.spec();
        let value = value_of(spec, current.get(parameter));
        state.params.insert(spec.id.to_owned(), value);
    }
    for field in FIELDS_NOT_IN_PRESETS {
        if let Some(text) = fields.remove(field) {
            state.fields.insert(field.to_owned(), text);
        }
    }
}

/// Returns the state with the values of `sound` and no fields. `[gui]`
pub fn of_sound(sound: &Patch) -> PluginState {
    let value = |parameter: Parameter| value_of(parameter.spec(), sound.get(parameter));
    PluginState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        params: Parameter::all()
            .map(|parameter| (parameter.spec().id.to_owned(), value(parameter)))
            .collect(),
        fields: BTreeMap::new(),
    }
}

/// Returns `plain` in the state's representation.
pub(super) fn value_of(spec: &Spec, plain: f32) -> ParamValue {
    match spec.range {
        Range::Whole { .. } => ParamValue::I32(plain as i32),
        Range::Linear { .. } | Range::Skewed { .. } => ParamValue::F32(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::make_loadable;

    fn whole(cutoff: f32, voices: f32, tuning: &str) -> PluginState {
        let mut sound = Patch::default();
        sound.set(Parameter::Cutoff, cutoff);
        sound.set(Parameter::Voices, voices);
        let mut state = of_sound(&sound);
        state.fields.insert(tuning::FIELD.into(), tuning.into());
        (state.fields).insert(midi_map::FIELD.into(), format!("map of {tuning}"));
        state
    }

    #[test]
    fn a_preset_has_the_sound_without_the_settings() {
        let mut state = whole(500.0, 3.0, "a scale");
        leave_out_settings(&mut state);
        assert_eq!(
            state.params.len(),
            Parameter::COUNT - NOT_IN_PRESETS.len(),
            "the settings, and nothing else, are left out"
        );
        assert!(matches!(state.params["cutoff"], ParamValue::F32(500.0)));
        assert!(state.fields.is_empty());
    }

    #[test]
    fn the_settings_of_the_instance_stay_whatever_the_state_holds() {
        let mut current = Patch::default();
        current.set(Parameter::Voices, 7.0);
        current.set(Parameter::Cutoff, 9_000.0);
        let fields = || whole(0.0, 0.0, "own").fields;
        let mut without = whole(500.0, 3.0, "another");
        leave_out_settings(&mut without);
        for mut state in [whole(500.0, 3.0, "another"), without] {
            make_loadable(&mut state);
            keep_settings(&mut state, &current, fields());
            assert!(matches!(state.params["cutoff"], ParamValue::F32(500.0)));
            assert!(matches!(state.params["voices"], ParamValue::I32(7)));
            assert_eq!(state.fields[tuning::FIELD], "own");
            assert_eq!(state.fields[midi_map::FIELD], "map of own");
            assert_eq!(state.params.len(), Parameter::COUNT);
        }
    }
}
