//! Hosts see exactly the table's parameters, and the engine reads exactly those that changed.

use super::*;
use std::collections::HashSet;

use tidepool_dsp::parameter::Range;

/// The parameters at a fixed address, and nice-plug's map of them for hosts.
fn seen() -> (Box<TidepoolParams>, Vec<(String, ParamPtr, String)>) {
    let params = Box::<TidepoolParams>::default();
    let map = params.param_map();
    (params, map)
}

#[test]
fn hosts_see_exactly_the_table() {
    let (params, map) = seen();
    assert_eq!(map.len(), Parameter::COUNT);
    for ((id, pointer, group), parameter) in map.into_iter().zip(Parameter::all()) {
        let spec = parameter.spec();
        assert_eq!((id.as_str(), group.as_str()), (spec.id, spec.group));
        let (least, most) = spec.range.ends();
        match params.get(parameter) {
            AnyParam::Float(param) => {
                assert_eq!(pointer, param.as_ptr(), "{id}");
                assert_matches(param, parameter);
                assert_eq!(param.default_plain_value(), spec.default);
                let ends = (param.preview_plain(0.0), param.preview_plain(1.0));
                assert_eq!(ends, (least, most), "{id}");
                assert!(!matches!(spec.range, Range::Whole { .. }), "{id}");
            }
            AnyParam::Int(param) => {
                assert_eq!(pointer, param.as_ptr(), "{id}");
                assert_matches(param, parameter);
                assert_eq!(param.default_plain_value() as f32, spec.default);
                let ends = (param.preview_plain(0.0), param.preview_plain(1.0));
                assert_eq!(ends, (least as i32, most as i32), "{id}");
                assert!(matches!(spec.range, Range::Whole { .. }), "{id}");
            }
        }
    }
}

/// Asserts what holds for parameters of all types.
fn assert_matches(param: &impl Param, parameter: Parameter) {
    let spec = parameter.spec();
    assert_eq!(param.name(), spec.name);
    let per_note = spec.per_note().then_some(parameter.index() as u32);
    assert_eq!(param.poly_modulation_id(), per_note, "{}", spec.id);
    // Mapping of normalized to plain values, for hosts and for the engine's modulation.
    for step in 0..=64 {
        let normalized = step as f32 / 64.0;
        let plain = spec.range.plain(normalized);
        let text = param.normalized_value_to_string(normalized, true);
        assert_eq!(
            text,
            text::format(spec, plain),
            "{} at {normalized}",
            spec.id
        );
        let read = param.string_to_normalized_value(&text);
        let back = read.unwrap_or_else(|| panic!("{}: {text}", spec.id));
        assert_eq!(param.normalized_value_to_string(back, true), text);
    }
}

#[test]
fn the_groups_hold_every_parameter_that_hosts_see() {
    let (params, map) = seen();
    let groups = params.groups();
    let listed = groups.iter().flat_map(|(group, params)| {
        (params.iter()).map(move |(parameter, _)| (parameter.spec().id.into(), group.to_string()))
    });
    assert!(listed.eq(map.into_iter().map(|(id, _, group)| (id, group))));
}

/// Hosts identify parameters by a hash of their ids only.
#[test]
fn no_two_ids_are_one_to_hosts() {
    let ids: HashSet<_> = Parameter::all()
        .map(|parameter| param_id(parameter.spec().id))
        .collect();
    assert_eq!(ids.len(), Parameter::COUNT);
}

/// Returns the changes that `gather` reports.
fn gathered(params: &TidepoolParams) -> Vec<(Parameter, ParamValue)> {
    let mut read = Vec::new();
    params.gather(|parameter, place| read.push((parameter, place)));
    read
}

#[test]
fn only_what_has_moved_is_read() {
    let params = TidepoolParams::default();
    assert_eq!(gathered(&params), [], "nothing has moved yet");
    params.dirty.mark(Parameter::Volume);
    params.dirty.mark(Parameter::MpeZone);
    let at = |plain| ParamValue {
        plain,
        modulation: 0.0,
    };
    let expected = [(Parameter::MpeZone, at(0.0)), (Parameter::Volume, at(-6.0))];
    assert_eq!(gathered(&params), expected);
    assert_eq!(gathered(&params), [], "nothing is read twice");

    params.dirty.mark_all();
    let all = gathered(&params);
    let defaults = Parameter::all().map(|parameter| (parameter, at(parameter.spec().default)));
    assert!(all.into_iter().eq(defaults));
}

#[test]
fn a_new_instance_has_the_engines_own_sound() {
    assert_eq!(TidepoolParams::default().sound(), Patch::default());
}
