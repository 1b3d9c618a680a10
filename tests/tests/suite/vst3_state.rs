//! States in a raw VST3 host.

use std::cell::Cell;
use std::ptr;

use tidepool::params::param_id;
use tidepool_tests::vst3_host::{Block, Plugin, Stream};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::{kInvalidArgument, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

/// Returns the plugin's own parameters with their values.
fn values(plugin: &Plugin) -> Vec<(ParamID, f64)> {
    let automatable = ParameterInfo_::ParameterFlags_::kCanAutomate;
    let own = plugin.parameters().into_iter();
    own.filter(|info| info.flags & automatable != 0)
        .map(|info| (info.id, plugin.value(info.id)))
        .collect()
}

/// Returns a value in the middle of a step, of another setting than `value`.
fn other(info: &ParameterInfo, value: f64) -> f64 {
    let steps = f64::from(info.stepCount);
    match info.stepCount {
        0 => 0.25 + 0.5 * value,
        1 => 1.0 - value.round(),
        _ => ((value * steps).round() + 1.0).rem_euclid(steps + 1.0) / steps,
    }
}

/// Changes every parameter in one of the ways open to a host, by state of the plugin.
fn told(plugin: &Plugin, way: usize) {
    for info in plugin.parameters() {
        if info.flags & ParameterInfo_::ParameterFlags_::kCanAutomate == 0 {
            continue;
        }
        let value = other(&info, plugin.value(info.id));
        assert_eq!(plugin.set(info.id, value), kResultOk);
        if way == 3 {
            plugin.process(&Block::new(0).points(info.id, &[(0, value)]), |_| ());
        }
    }
    if way == 4 {
        plugin.play(&Block::new(512));
    }
}

#[test]
fn a_state_holds_what_was_set_before_any_block() {
    for way in 0..5 {
        let plugin = Plugin::initialized();
        if way > 0 {
            plugin.set_up(48_000.0, 512);
        }
        // SAFETY: the component is initialized.
        unsafe {
            if way > 1 {
                plugin.component.setActive(1);
            }
            if way > 2 {
                plugin.processor.setProcessing(1);
            }
        }
        told(&plugin, way);
        let set = values(&plugin);
        let state = plugin.state();
        let second = Plugin::initialized();
        assert_eq!(second.load(&state, i32::MAX), kResultOk);
        for ((id, set), (_, loaded)) in set.iter().zip(values(&second)) {
            assert!(
                (set - loaded).abs() < 1e-6,
                "way {way}: {id} is {loaded} and was {set}"
            );
        }
        assert!(second.state() == state, "way {way}");
        assert!(
            plugin.state() == state,
            "way {way}: a second saving differs"
        );
    }
}

#[test]
fn a_point_in_a_block_is_newer_than_what_was_set_before() {
    let plugin = Plugin::playing(512);
    let cutoff = param_id("cutoff") & 0x7FFF_FFFF;
    plugin.set(cutoff, 0.2);
    plugin.play(&Block::new(512).points(cutoff, &[(0, 0.9)]));
    let second = Plugin::initialized();
    second.load(&plugin.state(), i32::MAX);
    assert!((second.value(cutoff) - 0.9).abs() < 1e-6);
}

#[test]
fn a_value_shown_while_points_are_played_is_display_only() {
    let plugin = Plugin::playing(512);
    let cutoff = param_id("cutoff") & 0x7FFF_FFFF;
    let saved = || {
        let second = Plugin::initialized();
        assert_eq!(second.load(&plugin.state(), i32::MAX), kResultOk);
        second.value(cutoff)
    };
    let near = |value: f64, expected: f64| (value - expected).abs() < 1e-6;
    plugin.play(&Block::new(512).points(cutoff, &[(0, 0.9)]));
    // Simulates a host that sends its automation to the controller late.
    plugin.set(cutoff, 0.85);
    assert!(near(plugin.value(cutoff), 0.85), "it is not shown");
    assert!(near(saved(), 0.9), "it is saved");
    plugin.play(&Block::new(512).points(cutoff, &[(0, 0.9)]));
    assert!(near(plugin.value(cutoff), 0.9), "the point is not shown");
    // SAFETY: the component is active.
    unsafe { plugin.processor.setProcessing(0) };
    plugin.set(cutoff, 0.3);
    assert!(near(saved(), 0.3), "a value set between playing is lost");
    // SAFETY: as above.
    unsafe { plugin.processor.setProcessing(1) };
    plugin.set(cutoff, 0.4);
    assert!(near(saved(), 0.4), "a value set before a point is lost");
}

#[test]
fn loading_forgets_what_was_set_before() {
    let plugin = Plugin::initialized();
    let state = plugin.state();
    told(&plugin, 0);
    assert_eq!(plugin.load(&state, i32::MAX), kResultOk);
    assert!(plugin.state() == state);
}

/// Component handler that reads a value as soon as it is notified of changed values.
struct Reader {
    controller: ComPtr<IEditController>,
    id: ParamID,
    read: Cell<Option<f64>>,
}

impl Class for Reader {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Reader {
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _: ParamID, _: f64) -> tresult {
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, flags: i32) -> tresult {
        if flags & RestartFlags_::kParamValuesChanged != 0 {
            // SAFETY: the controller lives as long as the test.
            let value = unsafe { self.controller.getParamNormalized(self.id) };
            self.read.set(Some(value));
        }
        kResultOk
    }
}

#[test]
fn a_host_that_reads_values_while_a_state_is_loaded_gets_the_loaded_ones() {
    let cutoff = param_id("cutoff") & 0x7FFF_FFFF;
    let source = Plugin::initialized();
    source.set(cutoff, 0.2);
    let state = source.state();
    let plugin = Plugin::initialized();
    let reader = ComWrapper::new(Reader {
        controller: plugin.controller.clone(),
        id: cutoff,
        read: Cell::new(None),
    });
    let handler: ComPtr<IComponentHandler> = reader.to_com_ptr().expect("a reader is a handler");
    // SAFETY: the handler lives until it is removed below.
    unsafe { plugin.controller.setComponentHandler(handler.as_ptr()) };
    plugin.set(cutoff, 0.8);
    // A failed load leaves the values unchanged.
    assert_ne!(plugin.load(&state[..state.len() / 2], i32::MAX), kResultOk);
    assert!((plugin.value(cutoff) - 0.8).abs() < 1e-6);
    reader.read.set(None);
    assert_eq!(plugin.load(&state, i32::MAX), kResultOk);
    let read = reader.read.get().expect("the host is told");
    assert!((read - 0.2).abs() < 1e-6, "the host reads {read}");
    // SAFETY: null removes the handler.
    unsafe { plugin.controller.setComponentHandler(ptr::null_mut()) };
}

#[test]
fn the_controller_follows_the_state_of_the_component() {
    let source = Plugin::initialized();
    told(&source, 0);
    let state = source.state();
    let shown = values(&source);
    // Order of calls in Ableton Live: component first, then controller.
    let both = Plugin::initialized();
    assert_eq!(both.load(&state, i32::MAX), kResultOk);
    assert_eq!(both.show(&state), kResultOk);
    // A host with a separate instance for its controller.
    let controller = Plugin::initialized();
    assert_eq!(controller.show(&state), kResultOk);
    for plugin in [both, controller] {
        for ((id, set), (_, loaded)) in shown.iter().zip(values(&plugin)) {
            assert!(
                (set - loaded).abs() < 1e-6,
                "{id} is {loaded} and was {set}"
            );
        }
        assert!(plugin.state() == state);
    }
}

#[test]
fn streams_may_move_a_few_bytes_at_a_time() {
    let plugin = Plugin::initialized();
    told(&plugin, 0);
    let state = plugin.state();
    for step in [1, 7, 1000] {
        let second = Plugin::initialized();
        assert_eq!(
            second.load(&state, step),
            kResultOk,
            "{step} bytes at a time"
        );
        assert!(second.state() == state);
        let stream = Stream::new(Vec::new(), step);
        // SAFETY: the stream outlives the call.
        let result = unsafe { plugin.component.getState(stream.pointer().as_ptr()) };
        assert_eq!(result, kResultOk);
        assert!(stream.bytes() == state, "{step} bytes at a time");
    }
}

#[test]
fn no_stream_and_damaged_ones_are_refused() {
    let plugin = Plugin::initialized();
    let state = plugin.state();
    // SAFETY: null is refused.
    unsafe {
        assert_eq!(plugin.component.setState(ptr::null_mut()), kInvalidArgument);
        assert_eq!(plugin.component.getState(ptr::null_mut()), kInvalidArgument);
        assert_eq!(
            plugin.controller.setComponentState(ptr::null_mut()),
            kInvalidArgument
        );
    }
    for damaged in [&[][..], &[1, 2, 3], &[0xFF; 64], &state[..state.len() / 2]] {
        assert_ne!(plugin.load(damaged, i32::MAX), kResultOk);
        assert_ne!(plugin.show(damaged), kResultOk);
    }
    assert!(plugin.state() == state);
}
