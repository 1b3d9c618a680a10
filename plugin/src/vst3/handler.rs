//! The component handler that the wrapper gets in place of the host's: it reports edits in the window with exact
//! values.
//!
//! The wrapper truncates the values of stepped parameters, which the plugin computes in 32-bit floats, so that some
//! come out one step too low (see [`Own::normalized`](super::own::Own::normalized)).

use std::rc::Rc;

use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandler2, IComponentHandler2Trait, IComponentHandlerTrait,
    ParamID, ParamValue,
};
use vst3::Steinberg::{FIDString, TBool, int32, tresult};
use vst3::{Class, ComPtr, ComWrapper};

use super::answer;
use super::listing::{Kind, Listing};
use super::plugin::ClapPlugin;

/// Handler with the first version of the interface.
struct Plain {
    host: ComPtr<IComponentHandler>,
    plugin: ClapPlugin,
    listing: Rc<Listing>,
}

/// Handler with the second version of the interface.
struct Second {
    plain: Plain,
    host: ComPtr<IComponentHandler2>,
}

impl Class for Plain {
    type Interfaces = (IComponentHandler,);
}

impl Class for Second {
    type Interfaces = (IComponentHandler, IComponentHandler2);
}

/// Returns a handler that forwards calls to `host` with the values of `plugin`. `[gui]`
pub(super) fn exact(
    host: ComPtr<IComponentHandler>,
    plugin: ClapPlugin,
    listing: Rc<Listing>,
) -> ComPtr<IComponentHandler> {
    let second = host.cast::<IComponentHandler2>();
    let plain = Plain {
        host,
        plugin,
        listing,
    };
    let handler = match second {
        Some(host) => ComWrapper::new(Second { plain, host }).to_com_ptr(),
        None => ComWrapper::new(plain).to_com_ptr(),
    };
    handler.expect("a handler is in both lists of interfaces")
}

impl IComponentHandlerTrait for Plain {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.beginEdit(id) })
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        answer(|| {
            let mut value = value;
            if let Some(known) = self.listing.get(id) {
                // Values that the host has set before are older.
                known.forget_unplayed();
                if let Kind::Own(own) = known.kind {
                    value = self.plugin.value(own).unwrap_or(value);
                }
            }
            // SAFETY: the host's handler lives.
            unsafe { self.host.performEdit(id, value) }
        })
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.endEdit(id) })
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.restartComponent(flags) })
    }
}

impl IComponentHandlerTrait for Second {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        // SAFETY: forwarded unchanged.
        unsafe { self.plain.beginEdit(id) }
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        // SAFETY: forwarded unchanged.
        unsafe { self.plain.performEdit(id, value) }
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        // SAFETY: forwarded unchanged.
        unsafe { self.plain.endEdit(id) }
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        // SAFETY: forwarded unchanged.
        unsafe { self.plain.restartComponent(flags) }
    }
}

impl IComponentHandler2Trait for Second {
    unsafe fn setDirty(&self, state: TBool) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.setDirty(state) })
    }

    unsafe fn requestOpenEditor(&self, name: FIDString) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.requestOpenEditor(name) })
    }

    unsafe fn startGroupEdit(&self) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.startGroupEdit() })
    }

    unsafe fn finishGroupEdit(&self) -> tresult {
        // SAFETY: the host's handler lives.
        answer(|| unsafe { self.host.finishGroupEdit() })
    }
}
