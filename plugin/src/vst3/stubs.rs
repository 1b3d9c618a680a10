//! Objects for the wrapper where a host gives none, because it calls methods of the host's context and of the component
//! handler without checking for null.

use vst3::Steinberg::Vst::{IComponentHandler, IComponentHandlerTrait, ParamID, ParamValue};
use vst3::Steinberg::{int32, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

/// Component handler that ignores all calls.
struct Silence;

impl Class for Silence {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Silence {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
        kResultOk
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _flags: int32) -> tresult {
        kResultOk
    }
}

/// Returns a handler, which also serves as a context without interfaces of a host application.
pub(super) fn handler() -> ComPtr<IComponentHandler> {
    let object = ComWrapper::new(Silence);
    object
        .to_com_ptr()
        .expect("the handler is in the list of interfaces")
}
