//! Tests of the list against the host's own, in blocks of every length.

use super::*;

/// A change from a host: time, parameter, true for modulation, and value.
type Told = (u32, Parameter, bool, f64);

/// A host's list at a fixed address.
struct HostList(Vec<Item>);

impl HostList {
    fn new(told: &[Told]) -> Box<Self> {
        let mut made = ParameterEvents::default();
        let items = told.iter().map(|&(time, parameter, modulation, value)| {
            made.items.clear();
            made.push_item(
                2 * parameter.index() + usize::from(modulation),
                time,
                value,
                false,
            );
            made.items[0]
        });
        Box::new(Self(items.collect()))
    }

    fn raw(&self) -> clap_input_events {
        unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
            // SAFETY: the list is that of a `HostList`.
            let host = unsafe { &*(*list).ctx.cast::<HostList>() };
            host.0.len() as u32
        }
        unsafe extern "C" fn get(
            list: *const clap_input_events,
            index: u32,
        ) -> *const clap_event_header {
            // SAFETY: as above.
            let host = unsafe { &*(*list).ctx.cast::<HostList>() };
            match &host.0[index as usize] {
                Item::Value(event) => &raw const event.header,
                Item::Modulation(event) => &raw const event.header,
                Item::Transport(_) => std::ptr::null(),
            }
        }
        clap_input_events {
            ctx: (&raw const *self).cast_mut().cast(),
            size: Some(size),
            get: Some(get),
        }
    }
}

/// Returns the changes in the lists when those of `told`, timed from the start, come in blocks of these lengths.
fn handed_on(told: &[Told], blocks: &[u32], total: u32) -> Vec<Told> {
    let mut events = ParameterEvents::default();
    let mut controllers = ControllerInput::default();
    let mut handed = Vec::new();
    let mut position = 0;
    for &length in blocks.iter().cycle() {
        if position >= total {
            break;
        }
        let length = length.min(total - position);
        let range = position..position + length;
        let inside: Vec<_> = told
            .iter()
            .filter(|change| range.contains(&change.0))
            .map(|&(time, parameter, modulation, value)| {
                (time - position, parameter, modulation, value)
            })
            .collect();
        let list = HostList::new(&inside);
        let raw = list.raw();
        // SAFETY: the list lives until the end of this pass.
        let mut reader = unsafe { EventReader::new(&raw, length) };
        let mut from = 0;
        while from < length {
            let to = events.fill(&mut reader, &mut controllers, position.into(), from, length);
            assert!(from < to && to <= length, "a piece from {from} to {to}");
            for item in &events.items {
                let time = events.time(item);
                assert!(time < to - from, "an event at {time} of {}", to - from);
                let (id, modulation, value) = match item {
                    Item::Value(event) => (event.param_id, false, event.value),
                    Item::Modulation(event) => (event.param_id, true, event.amount),
                    Item::Transport(_) => continue,
                };
                let parameter = super::super::host_events::parameter(id).unwrap();
                handed.push((position + from + time, parameter, modulation, value));
            }
            from = to;
        }
        position += length;
    }
    handed
}

/// Returns the last value and modulation of each parameter.
fn last(told: &[Told]) -> Vec<Option<f64>> {
    let mut last = vec![None; SLOTS];
    for &(_, parameter, modulation, value) in told {
        last[2 * parameter.index() + usize::from(modulation)] = Some(value);
    }
    last
}

fn flood(per_sample: usize, samples: u32) -> Vec<Told> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut told = Vec::new();
    for time in 0..samples {
        for _ in 0..per_sample {
            let parameter = Parameter::at(random.usize(..Parameter::COUNT)).unwrap();
            told.push((time, parameter, random.bool(), random.f64() / 2.0));
        }
    }
    told
}

#[test]
fn sparse_events_pass_unchanged() {
    let told: Vec<Told> = (0..64)
        .map(|n| (n * 5, Parameter::Cutoff, false, f64::from(n) / 64.0))
        .collect();
    for blocks in [&[512][..], &[1], &[7, 64]] {
        assert_eq!(handed_on(&told, blocks, 512), told, "{blocks:?}");
    }
}

#[test]
fn of_several_on_one_sample_the_last_counts() {
    let told = [0.1, 0.2, 0.3].map(|value| (9, Parameter::Volume, false, value));
    assert_eq!(handed_on(&told, &[64], 64), [told[2]]);
}

#[test]
fn no_value_is_lost_in_a_flood_and_no_block_size_can_be_told() {
    for per_sample in [3, 40, 500, 3_000] {
        let told = flood(per_sample, 60);
        let reference = handed_on(&told, &[512], 512);
        assert_eq!(last(&reference), last(&told), "{per_sample} a sample");
        assert!(reference.is_sorted_by_key(|change| change.0));
        // The modulations around a value are added for nice-plug and do not count here.
        let bound = (SLOTS + 64 / 8 * (DENSE as usize + SLOTS)) * 3;
        assert!(reference.len() <= bound, "{} events", reference.len());
        for blocks in [&[1][..], &[7], &[64], &[13, 1, 100]] {
            let other = handed_on(&told, blocks, 512);
            assert!(other == reference, "{per_sample} a sample in {blocks:?}");
        }
    }
}

#[test]
fn a_value_of_a_modulated_parameter_is_set_without_the_modulation() {
    let told = [
        (0, Parameter::Cutoff, true, 1.0),
        (4, Parameter::Cutoff, false, 0.25),
    ];
    let expected = [
        told[0],
        (4, Parameter::Cutoff, true, 0.0),
        told[1],
        (4, Parameter::Cutoff, true, 1.0),
    ];
    assert_eq!(handed_on(&told, &[64], 64), expected);
}

#[test]
fn events_without_samples_come_at_once_and_older_ones_before_them() {
    let mut events = ParameterEvents::default();
    let mut controllers = ControllerInput::default();
    let dense: Vec<Told> = flood(3_000, 1);
    // More than pass at once, because the allowance is reduced.
    events.allowed = 128;
    let list = HostList::new(&dense);
    let raw = list.raw();
    // SAFETY: the lists live until the end of the test.
    let mut reader = unsafe { EventReader::new(&raw, 1) };
    events.fill(&mut reader, &mut controllers, 0, 0, 1);
    assert!(events.waits());
    let list = HostList::new(&[]);
    let raw = list.raw();
    // SAFETY: as above.
    events.fill_at_once(
        &mut unsafe { EventReader::new(&raw, 1) },
        &mut controllers,
        true,
    );
    assert!(!events.waits() && !events.items.is_empty());
    // A loaded state replaces the waiting values.
    let list = HostList::new(&dense);
    let raw = list.raw();
    events.allowed = 0;
    // SAFETY: as above.
    events.fill(
        &mut unsafe { EventReader::new(&raw, 1) },
        &mut controllers,
        0,
        0,
        1,
    );
    events.forget();
    let list = HostList::new(&[]);
    let raw = list.raw();
    // SAFETY: as above.
    let mut reader = unsafe { EventReader::new(&raw, 64) };
    assert_eq!(events.fill(&mut reader, &mut controllers, 9, 0, 64), 64);
    assert!(events.items.is_empty());
}

#[test]
fn all_parameters_can_be_set_on_one_sample() {
    let told: Vec<Told> = Parameter::all()
        .map(|parameter| (17, parameter, false, 0.25))
        .collect();
    assert_eq!(handed_on(&told, &[64], 64), told);
}

#[test]
fn a_value_from_the_editor_comes_again_if_the_parameter_is_modulated() {
    let mut events = ParameterEvents::default();
    let mut controllers = ControllerInput::default();
    let modulated = HostList::new(&[(0, Parameter::Cutoff, true, 1.0)]);
    let raw = modulated.raw();
    // SAFETY: the lists live until the end of the test.
    events.fill(
        &mut unsafe { EventReader::new(&raw, 64) },
        &mut controllers,
        0,
        0,
        64,
    );
    events.edited(Parameter::Cutoff, 0.5);
    events.edited(Parameter::Volume, 0.5);
    let none = HostList::new(&[]);
    let raw = none.raw();
    // SAFETY: as above.
    events.fill(
        &mut unsafe { EventReader::new(&raw, 64) },
        &mut controllers,
        64,
        0,
        64,
    );
    let set: Vec<_> = events
        .items
        .iter()
        .filter(|item| matches!(item, Item::Value(_)))
        .collect();
    assert!(matches!(set[..], [Item::Value(event)] if event.value == 0.5));
    assert_eq!(events.items.len(), 3);
}
