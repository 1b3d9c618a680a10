//! Properties of the VST3 that hosts list, and invalid queries.

use std::collections::HashSet;
use std::env;
use std::process::Command;
use std::ptr;

use tidepool_tests::vst3_host::{Block, Plugin, c_text, class, factory, latin, on, wide};
use vst3::ComPtr;
use vst3::Interface;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::*;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

/// Values that are invalid as an index, channel or controller.
const WILD: [i32; 6] = [-1, i32::MIN, i32::MAX, 65_536, 4_000, -129];

#[test]
fn parameters_have_titles_of_their_own_and_proxies_no_automation() {
    let plugin = Plugin::initialized();
    let all = plugin.parameters();
    let titles: HashSet<_> = all.iter().map(|info| wide(&info.title)).collect();
    let ids: HashSet<_> = all.iter().map(|info| info.id).collect();
    assert_eq!((titles.len(), ids.len()), (all.len(), all.len()));
    let proxies: Vec<_> = all
        .iter()
        .filter(|info| wide(&info.title).starts_with("MIDI CC "))
        .collect();
    // 17 of the 120 controllers are the engine's; the others are listed once for all channels.
    assert_eq!(proxies.len(), 16 * 26 + 120 - 17);
    for info in proxies {
        assert_eq!(info.flags, kNoFlags, "{}", wide(&info.title));
        assert_eq!(plugin.value(info.id), info.defaultNormalizedValue);
    }
    for (channel, controller, title) in [
        (0, 74, "MIDI CC 74 Ch 1"),
        (15, 129, "MIDI CC Bend Ch 16"),
        (9, 128, "MIDI CC Pressure Ch 10"),
    ] {
        let id = plugin.assignment(channel, controller);
        assert_eq!(id, Some(plugin.parameter(title).id));
    }
    let shared = plugin.parameter("MIDI CC 3").id;
    for channel in 0..16 {
        assert_eq!(plugin.assignment(channel, 3), Some(shared));
    }
    assert_eq!(plugin.assignment(16, 3), None);
    assert_eq!(plugin.assignment(0, 122), None, "it cannot be assigned");
}

#[test]
fn there_are_no_programs_and_no_units_of_channels() {
    let plugin = Plugin::initialized();
    let units: ComPtr<IUnitInfo> = plugin.component.cast().expect("it has units");
    // SAFETY: every output pointer refers to a local variable.
    unsafe {
        assert_eq!(units.getProgramListCount(), 0);
        let mut ids = HashSet::new();
        for index in 0..units.getUnitCount() {
            let mut info = std::mem::zeroed::<UnitInfo>();
            assert_eq!(units.getUnitInfo(index, &mut info), kResultOk);
            assert_eq!(info.programListId, kNoProgramListId);
            assert!(!wide(&info.name).starts_with("MIDI"));
            ids.insert(info.id);
        }
        for info in plugin.parameters() {
            assert!(ids.contains(&info.unitId), "{}", wide(&info.title));
        }
    }
}

#[test]
fn the_factory_tells_no_invented_address() {
    let factory = factory();
    // SAFETY: the output pointer refers to a local variable.
    unsafe {
        let mut info = std::mem::zeroed::<PFactoryInfo>();
        assert_eq!(factory.getFactoryInfo(&mut info), kResultOk);
        assert_eq!(latin(&info.email), "");
        assert_eq!(latin(&info.vendor), "Tidepool");
    }
}

#[test]
fn the_tail_is_not_said_to_be_nothing() {
    let plugin = Plugin::playing(512);
    // SAFETY: the component is initialized.
    assert_eq!(unsafe { plugin.processor.getTailSamples() }, kInfiniteTail);
}

#[test]
fn an_object_is_one_object() {
    let plugin = Plugin::initialized();
    let identity = |object: ComPtr<FUnknown>| object.as_ptr();
    let component: ComPtr<FUnknown> = plugin.component.cast().expect("anything is unknown");
    let controller: ComPtr<FUnknown> = plugin.controller.cast().expect("anything is unknown");
    assert_eq!(identity(component), identity(controller));
    let back: ComPtr<IComponent> = plugin.processor.cast().expect("it is a component");
    assert_eq!(back.as_ptr(), plugin.component.as_ptr());
    assert!(plugin.component.cast::<IPlugView>().is_none());
}

#[test]
fn questions_beside_every_list_are_answered_with_errors() {
    let plugin = Plugin::initialized();
    let mapping: ComPtr<IMidiMapping> = plugin.component.cast().expect("it has MIDI");
    let units: ComPtr<IUnitInfo> = plugin.component.cast().expect("it has units");
    let expressions: ComPtr<INoteExpressionController> =
        plugin.component.cast().expect("it has expressions");
    let (component, controller, processor) =
        (&plugin.component, &plugin.controller, &plugin.processor);
    // SAFETY: every output pointer refers to a local variable or is null, which the plugin rejects.
    unsafe {
        for wild in [-1, 16, 131, i16::MIN, i16::MAX] {
            let mut id = 0;
            assert_ne!(
                mapping.getMidiControllerAssignment(0, wild, 74, &mut id),
                kResultOk
            );
            let beyond = if wild == 16 { 130 } else { wild };
            assert_ne!(
                mapping.getMidiControllerAssignment(0, 0, beyond, &mut id),
                kResultOk
            );
        }
        for wild in WILD {
            let mut id = 0;
            assert_ne!(
                mapping.getMidiControllerAssignment(wild, 0, 74, &mut id),
                kResultOk
            );
            let mut parameter = std::mem::zeroed();
            assert_ne!(controller.getParameterInfo(wild, &mut parameter), kResultOk);
            let mut unit = std::mem::zeroed();
            assert_ne!(units.getUnitInfo(wild, &mut unit), kResultOk);
            for kind in [0, 1, wild] {
                for direction in [0, 1, wild] {
                    let mut bus = std::mem::zeroed();
                    assert_ne!(
                        component.getBusInfo(kind, direction, wild, &mut bus),
                        kResultOk
                    );
                    assert_ne!(component.activateBus(kind, direction, wild, 1), kResultOk);
                }
            }
            let mut arrangement = 0;
            assert_ne!(
                processor.getBusArrangement(0, wild, &mut arrangement),
                kResultOk
            );
            assert_ne!(
                processor.getBusArrangement(wild, 0, &mut arrangement),
                kResultOk
            );
            assert_ne!(
                processor.setBusArrangements(ptr::null_mut(), wild, ptr::null_mut(), wild),
                kResultOk
            );
            let mut info = std::mem::zeroed();
            assert_ne!(
                expressions.getNoteExpressionInfo(wild, 0, 0, &mut info),
                kResultOk
            );
            assert_ne!(
                expressions.getNoteExpressionInfo(0, 0, wild, &mut info),
                kResultOk
            );
            assert_ne!(controller.setParamNormalized(wild as u32, 0.5), kResultOk);
            let mut text = [0; 128];
            assert_ne!(
                controller.getParamStringByValue(wild as u32, 0.5, &mut text),
                kResultOk
            );
            let mut value = 0.0;
            assert_ne!(
                controller.getParamValueByString(wild as u32, text.as_mut_ptr(), &mut value),
                kResultOk
            );
            assert_eq!(controller.getParamNormalized(wild as u32), 0.0);
            assert_eq!(controller.normalizedParamToPlain(wild as u32, 0.5), 0.5);
        }
        assert_ne!(controller.getParameterInfo(0, ptr::null_mut()), kResultOk);
        assert_ne!(
            mapping.getMidiControllerAssignment(0, 0, 74, ptr::null_mut()),
            kResultOk
        );
        let cutoff = plugin.parameter("Cutoff").id;
        assert_ne!(
            controller.getParamStringByValue(cutoff, 0.5, ptr::null_mut()),
            kResultOk
        );
        assert_ne!(
            controller.getParamValueByString(cutoff, ptr::null_mut(), ptr::null_mut()),
            kResultOk
        );
        for value in [f64::NAN, f64::INFINITY, -1e300] {
            let mut text = [0; 128];
            controller.getParamStringByValue(cutoff, value, &mut text);
            controller.setParamNormalized(cutoff, value);
            assert!((0.0..=1.0).contains(&plugin.value(cutoff)), "{value}");
        }
        for name in ["", "Editor", "editor ", "\u{FF}"] {
            assert!(controller.createView(c_text(name).as_ptr()).is_null());
        }
        assert!(controller.createView(ptr::null()).is_null());
        assert_eq!(controller.setComponentHandler(ptr::null_mut()), kResultOk);
    }
}

#[test]
fn lives_in_any_order_are_no_matter() {
    let plugin = Plugin::created();
    // SAFETY: null stands for a host without a context; all other calls are made on live objects.
    unsafe {
        assert_ne!(plugin.component.terminate(), kResultOk);
        assert_ne!(plugin.component.setActive(1), kResultOk);
        assert_ne!(plugin.processor.setProcessing(1), kResultOk);
        assert_eq!(plugin.controller.getParameterCount(), 0);
        for _ in 0..3 {
            assert_eq!(plugin.component.initialize(ptr::null_mut()), kResultOk);
            assert_ne!(plugin.component.initialize(ptr::null_mut()), kResultOk);
            assert_ne!(plugin.processor.setProcessing(1), kResultOk);
            plugin.start(48_000.0, 256);
            assert_ne!(plugin.component.setActive(1), kResultOk);
            plugin.play(&Block::new(256).at(on(0, 60)));
            assert_eq!(plugin.component.setActive(0), kResultOk);
            plugin.play(&Block::new(256));
            plugin.start(96_000.0, 64);
            plugin.play(&Block::new(64).at(on(0, 60)));
            assert_eq!(plugin.component.terminate(), kResultOk);
            plugin.play(&Block::new(64));
        }
    }
}

#[test]
fn unknown_classes_and_interfaces_are_refused() {
    let factory = factory();
    let class = class(&factory);
    let mut object = ptr::dangling_mut();
    // SAFETY: both ids have 16 bytes or are null, which the plugin rejects.
    unsafe {
        let interface = IPlugView::IID;
        let known = IComponent::IID;
        assert_ne!(
            factory.createInstance(class.as_ptr(), interface.as_ptr().cast(), &mut object),
            kResultOk
        );
        assert!(object.is_null());
        assert_ne!(
            factory.createInstance([7; 16].as_ptr(), known.as_ptr().cast(), &mut object),
            kResultOk
        );
        assert_ne!(
            factory.createInstance(ptr::null(), known.as_ptr().cast(), &mut object),
            kResultOk
        );
        assert_ne!(
            factory.createInstance(class.as_ptr(), ptr::null(), &mut object),
            kResultOk
        );
        assert_ne!(
            factory.createInstance(class.as_ptr(), known.as_ptr().cast(), ptr::null_mut()),
            kResultOk
        );
        for wild in WILD {
            let mut info = std::mem::zeroed();
            assert_ne!(factory.getClassInfo(wild, &mut info), kResultOk);
        }
        assert_ne!(factory.getFactoryInfo(ptr::null_mut()), kResultOk);
        assert_ne!(factory.getClassInfoUnicode(0, ptr::null_mut()), kResultOk);
    }
}

#[test]
fn an_instance_writes_nothing_to_standard_error() {
    const MARK: &str = "TIDEPOOL_TEST_QUIET";
    const NAME: &str = "vst3_listing::an_instance_writes_nothing_to_standard_error";
    if env::var_os(MARK).is_some() {
        drop(Plugin::playing(64));
        return;
    }
    let this_program = env::current_exe().expect("the test knows its own path");
    let mut command = Command::new(this_program);
    command
        .args(["--exact", NAME, "--nocapture"])
        .env(MARK, "1");
    let output = command.output().expect("the test starts itself");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("AUDIO"), "{errors}");
}
