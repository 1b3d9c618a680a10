//! The host's component handler as the wrapper sees it: edits in the window are told with exact values.
//!
//! The wrapper cuts the values of parameters with steps, which the plugin computes from numbers of 32 bits, so some come out one step
//! too low (see [`Own::normalized`](super::listing::Own::normalized)).

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

/// A handler in its first version.
struct Plain {
    host: ComPtr<IComponentHandler>,
    plugin: ClapPlugin,
    listing: Rc<Listing>,
}

/// A handler in its second version.
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

/// A handler that passes on to `host`, whose values are those of `plugin`. `[gui]`
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
                // What the host has set before is older.
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
        // SAFETY: passed on as it came.
        unsafe { self.plain.beginEdit(id) }
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        // SAFETY: passed on as it came.
        unsafe { self.plain.performEdit(id, value) }
    }

    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        // SAFETY: passed on as it came.
        unsafe { self.plain.endEdit(id) }
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        // SAFETY: passed on as it came.
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
