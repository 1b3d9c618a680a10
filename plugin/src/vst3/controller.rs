//! `IEditController` and the interfaces beside it: parameters, texts, groups, MIDI controllers, the window.

use std::ffi::CStr;

use vst3::Steinberg::Vst::BusDirections_::kInput;
use vst3::Steinberg::Vst::ChannelContext::IInfoListenerTrait;
use vst3::Steinberg::Vst::MediaTypes_::kEvent;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::{
    FIDString, IBStream, IPlugView, TBool, int16, int32, kInvalidArgument, kNotImplemented,
    kResultFalse, kResultOk, tresult,
};
use vst3::{ComPtr, ComRef};

use super::handler;
use super::instance::Instance;
use super::listing::Kind;
use super::midi_proxies::utf16;
use super::stubs;
use super::view;

/// Name of the only view that VST3 defines.
const EDITOR: &CStr = c"editor";

/// Returns `value` clamped to 0 to 1; NaN counts as 0.
fn normalized(value: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(0.0, 1.0)
    }
}

/// Returns a copy of up to 127 units of `text`, terminated with a zero.
///
/// # Safety
/// `text` is a terminated string or has at least 127 units.
unsafe fn terminated(text: *const TChar) -> String128 {
    let mut copy = [0; 128];
    for (index, place) in copy.iter_mut().take(127).enumerate() {
        // SAFETY: no unit before this one ended the string.
        *place = unsafe { *text.add(index) };
        if *place == 0 {
            break;
        }
    }
    copy
}

/// Returns `text` up to its terminating zero as a string.
fn string(text: &String128) -> String {
    let units: Vec<u16> = text
        .iter()
        .map(|&unit| unit as u16)
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

impl IEditControllerTrait for Instance {
    unsafe fn setComponentState(&self, state: *mut IBStream) -> tresult {
        self.ask(|inner| {
            if state.is_null() {
                return kInvalidArgument;
            }
            // Component and controller are one object, so the controller shows the state that the component has loaded.
            // A host that made the object for its controller alone only makes this call.
            if inner.loaded.get() {
                return kResultOk;
            }
            // SAFETY: the host's stream, which lives for this call.
            let result = unsafe { inner.load(state) };
            inner.loaded.set(false);
            result
        })
    }

    unsafe fn setState(&self, _state: *mut IBStream) -> tresult {
        kNotImplemented
    }

    unsafe fn getState(&self, _state: *mut IBStream) -> tresult {
        kNotImplemented
    }

    unsafe fn getParameterCount(&self) -> int32 {
        self.with(0, |inner| inner.listing.shown().len() as int32)
    }

    unsafe fn getParameterInfo(&self, index: int32, info: *mut ParameterInfo) -> tresult {
        self.ask(|inner| {
            let found = usize::try_from(index)
                .ok()
                .and_then(|index| inner.listing.shown().get(index));
            match (found, info.is_null()) {
                (Some(found), false) => {
                    // SAFETY: not null, and the host's to be filled.
                    unsafe { *info = *found };
                    kResultOk
                }
                _ => kInvalidArgument,
            }
        })
    }

    unsafe fn getParamStringByValue(
        &self,
        id: ParamID,
        value: f64,
        text: *mut String128,
    ) -> tresult {
        self.ask(|inner| {
            let Some(known) = inner.listing.get(id).filter(|_| !text.is_null()) else {
                return kInvalidArgument;
            };
            let value = normalized(value);
            // SAFETY: the wrapper knows the parameter, and the place for the text is the host's.
            unsafe {
                match known.kind {
                    Kind::Own(_) => inner.controller.getParamStringByValue(id, value, text),
                    Kind::Midi(proxy) => {
                        *text = utf16(&proxy.text(value));
                        kResultOk
                    }
                }
            }
        })
    }

    unsafe fn getParamValueByString(
        &self,
        id: ParamID,
        text: *mut TChar,
        value: *mut f64,
    ) -> tresult {
        self.ask(|inner| {
            let Some(known) = inner
                .listing
                .get(id)
                .filter(|_| !text.is_null() && !value.is_null())
            else {
                return kInvalidArgument;
            };
            // SAFETY: a string of the host's, as VST3 promises.
            let mut text = unsafe { terminated(text) };
            let found = match known.kind {
                Kind::Own(_) => {
                    let mut found = 0.0;
                    let text = text.as_mut_ptr();
                    // SAFETY: the wrapper knows the parameter, and text and place are ours.
                    let result =
                        unsafe { inner.controller.getParamValueByString(id, text, &mut found) };
                    (result == kResultOk).then_some(found)
                }
                Kind::Midi(proxy) => proxy.value(&string(&text)),
            };
            let Some(found) = found.filter(|found| found.is_finite()) else {
                return kResultFalse;
            };
            // SAFETY: not null, and the host's to be filled.
            unsafe { *value = found };
            kResultOk
        })
    }

    unsafe fn normalizedParamToPlain(&self, id: ParamID, value: f64) -> f64 {
        self.with(value, |inner| match inner.listing.get(id) {
            // SAFETY: the wrapper knows the parameter.
            Some(_) => unsafe { inner.controller.normalizedParamToPlain(id, value) },
            None => value,
        })
    }

    unsafe fn plainParamToNormalized(&self, id: ParamID, value: f64) -> f64 {
        self.with(value, |inner| match inner.listing.get(id) {
            // SAFETY: the wrapper knows the parameter.
            Some(_) => unsafe { inner.controller.plainParamToNormalized(id, value) },
            None => value,
        })
    }

    unsafe fn getParamNormalized(&self, id: ParamID) -> f64 {
        self.with(0.0, |inner| {
            let Some(known) = inner.listing.get(id) else {
                return 0.0;
            };
            let shown = match known.kind {
                Kind::Own(own) => known.shown(inner.plugin.value(own)),
                Kind::Midi(_) => None,
            };
            // SAFETY: the wrapper knows the parameter.
            shown.unwrap_or_else(|| unsafe { inner.controller.getParamNormalized(id) })
        })
    }

    unsafe fn setParamNormalized(&self, id: ParamID, value: f64) -> tresult {
        self.ask(|inner| {
            let Some(known) = inner.listing.get(id).filter(|_| !value.is_nan()) else {
                return kInvalidArgument;
            };
            let value = normalized(value);
            match known.kind {
                // Hosts show automation on the controller late; the points of the blocks are played instead.
                Kind::Own(own) if inner.plays() && known.is_automated() => {
                    known.display(value, inner.plugin.value(own));
                }
                _ => known.set_unplayed(value),
            }
            // SAFETY: the wrapper knows the parameter.
            unsafe { inner.controller.setParamNormalized(id, value) }
        })
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        self.ask(|inner| {
            // SAFETY: null or the host's handler.
            let given = unsafe { ComRef::from_raw(handler) };
            let handler: ComPtr<IComponentHandler> = given.map_or_else(stubs::handler, |handler| {
                handler::exact(handler.to_com_ptr(), inner.plugin, inner.listing.clone())
            });
            // SAFETY: the wrapper takes a reference of its own, and never sees null.
            let result = unsafe { inner.controller.setComponentHandler(handler.as_ptr()) };
            *inner.handler.borrow_mut() = handler;
            result
        })
    }

    unsafe fn createView(&self, name: FIDString) -> *mut IPlugView {
        self.with(std::ptr::null_mut(), |inner| {
            // SAFETY: null or a terminated string, as VST3 promises.
            if name.is_null() || unsafe { CStr::from_ptr(name) } != EDITOR {
                return std::ptr::null_mut();
            }
            let view = view::open(&inner.window, || {
                // SAFETY: the component is initialized, and returns null or a view with a reference.
                unsafe { ComPtr::from_raw(inner.controller.createView(name)) }
            });
            view.map_or(std::ptr::null_mut(), ComPtr::into_raw)
        })
    }
}

impl IEditController2Trait for Instance {
    unsafe fn setKnobMode(&self, mode: KnobMode) -> tresult {
        self.ask(|inner| match &inner.controller2 {
            // SAFETY: the component is initialized.
            Some(controller) => unsafe { controller.setKnobMode(mode) },
            None => kNotImplemented,
        })
    }

    unsafe fn openHelp(&self, only_check: TBool) -> tresult {
        self.ask(|inner| match &inner.controller2 {
            // SAFETY: the component is initialized.
            Some(controller) => unsafe { controller.openHelp(only_check) },
            None => kNotImplemented,
        })
    }

    unsafe fn openAboutBox(&self, only_check: TBool) -> tresult {
        self.ask(|inner| match &inner.controller2 {
            // SAFETY: the component is initialized.
            Some(controller) => unsafe { controller.openAboutBox(only_check) },
            None => kNotImplemented,
        })
    }
}

impl IUnitInfoTrait for Instance {
    unsafe fn getUnitCount(&self) -> int32 {
        self.with(0, |inner| inner.units.all().len() as int32)
    }

    unsafe fn getUnitInfo(&self, index: int32, info: *mut UnitInfo) -> tresult {
        self.ask(|inner| {
            let found = usize::try_from(index)
                .ok()
                .and_then(|index| inner.units.all().get(index));
            match (found, info.is_null()) {
                (Some(found), false) => {
                    // SAFETY: not null, and the host's to be filled.
                    unsafe { *info = *found };
                    kResultOk
                }
                _ => kInvalidArgument,
            }
        })
    }

    unsafe fn getProgramListCount(&self) -> int32 {
        0
    }

    unsafe fn getProgramListInfo(&self, _index: int32, _info: *mut ProgramListInfo) -> tresult {
        kResultFalse
    }

    unsafe fn getProgramName(
        &self,
        _list: ProgramListID,
        _index: int32,
        _name: *mut String128,
    ) -> tresult {
        kResultFalse
    }

    unsafe fn getProgramInfo(
        &self,
        _list: ProgramListID,
        _index: int32,
        _attribute: CString,
        _value: *mut String128,
    ) -> tresult {
        kResultFalse
    }

    unsafe fn hasProgramPitchNames(&self, _list: ProgramListID, _index: int32) -> tresult {
        kResultFalse
    }

    unsafe fn getProgramPitchName(
        &self,
        _list: ProgramListID,
        _index: int32,
        _pitch: int16,
        _name: *mut String128,
    ) -> tresult {
        kResultFalse
    }

    unsafe fn getSelectedUnit(&self) -> UnitID {
        kRootUnitId
    }

    unsafe fn selectUnit(&self, _unit: UnitID) -> tresult {
        kResultOk
    }

    unsafe fn getUnitByBus(
        &self,
        kind: MediaType,
        direction: BusDirection,
        index: int32,
        channel: int32,
        unit: *mut UnitID,
    ) -> tresult {
        self.ask(|_| {
            let notes = kind == kEvent as MediaType && direction == kInput as BusDirection;
            if unit.is_null() || !notes || index != 0 || !(0..16).contains(&channel) {
                return kResultFalse;
            }
            // SAFETY: not null, and the host's to be filled.
            unsafe { *unit = kRootUnitId };
            kResultOk
        })
    }

    unsafe fn setUnitProgramData(
        &self,
        _unit: int32,
        _index: int32,
        _data: *mut IBStream,
    ) -> tresult {
        kNotImplemented
    }
}

impl IMidiMappingTrait for Instance {
    unsafe fn getMidiControllerAssignment(
        &self,
        bus: int32,
        channel: int16,
        controller: CtrlNumber,
        id: *mut ParamID,
    ) -> tresult {
        self.ask(|inner| match inner.listing.assigned(channel, controller) {
            Some(found) if bus == 0 && !id.is_null() => {
                // SAFETY: not null, and the host's to be filled.
                unsafe { *id = found };
                kResultOk
            }
            _ => kResultFalse,
        })
    }
}

impl INoteExpressionControllerTrait for Instance {
    unsafe fn getNoteExpressionCount(&self, bus: int32, channel: int16) -> int32 {
        self.with(0, |inner| match &inner.expressions {
            // SAFETY: the component is initialized.
            Some(expressions) => unsafe { expressions.getNoteExpressionCount(bus, channel) },
            None => 0,
        })
    }

    unsafe fn getNoteExpressionInfo(
        &self,
        bus: int32,
        channel: int16,
        index: int32,
        info: *mut NoteExpressionTypeInfo,
    ) -> tresult {
        self.ask(|inner| match &inner.expressions {
            // SAFETY: the component is initialized, and the index is in range.
            Some(expressions) => unsafe {
                let count = expressions.getNoteExpressionCount(bus, channel);
                if info.is_null() || !(0..count).contains(&index) {
                    return kInvalidArgument;
                }
                expressions.getNoteExpressionInfo(bus, channel, index, info)
            },
            None => kResultFalse,
        })
    }

    unsafe fn getNoteExpressionStringByValue(
        &self,
        bus: int32,
        channel: int16,
        id: NoteExpressionTypeID,
        value: NoteExpressionValue,
        text: *mut String128,
    ) -> tresult {
        self.ask(|inner| match &inner.expressions {
            Some(expressions) if !text.is_null() => {
                let value = normalized(value);
                // SAFETY: the component is initialized, and the place for the text is the host's.
                unsafe { expressions.getNoteExpressionStringByValue(bus, channel, id, value, text) }
            }
            _ => kResultFalse,
        })
    }

    unsafe fn getNoteExpressionValueByString(
        &self,
        bus: int32,
        channel: int16,
        id: NoteExpressionTypeID,
        text: *const TChar,
        value: *mut NoteExpressionValue,
    ) -> tresult {
        self.ask(|inner| match &inner.expressions {
            Some(expressions) if !text.is_null() && !value.is_null() => {
                // SAFETY: a string of the host's, as VST3 promises.
                let text = unsafe { terminated(text) };
                let text = text.as_ptr();
                // SAFETY: the component is initialized, and the place for the value is the host's.
                unsafe { expressions.getNoteExpressionValueByString(bus, channel, id, text, value) }
            }
            _ => kResultFalse,
        })
    }
}

impl IInfoListenerTrait for Instance {
    unsafe fn setChannelContextInfos(&self, list: *mut IAttributeList) -> tresult {
        self.ask(|inner| match &inner.channel {
            // SAFETY: the host's list, which lives for this call.
            Some(channel) if !list.is_null() => unsafe { channel.setChannelContextInfos(list) },
            _ => kResultFalse,
        })
    }
}
