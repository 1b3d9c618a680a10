//! The editor's window in a VST3 host: an object in front of the wrapper's view.
//!
//! The wrapper returns the same view to every caller, with one reference for all, and its view calls the plugin even
//! after the plugin is gone. So only one view exists at a time, and it releases the wrapper's when the component ends.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use vst3::Steinberg::{
    FIDString, IPlugFrame, IPlugView, IPlugViewContentScaleSupport,
    IPlugViewContentScaleSupport_::ScaleFactor, IPlugViewContentScaleSupportTrait, IPlugViewTrait,
    TBool, ViewRect, char16, int16, kInvalidArgument, kNotInitialized, kResultFalse, kResultOk,
    tresult,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::answer;
use super::frame::{self, Accepted, extent};

/// The wrapper's view, while it exists.
pub(super) type Window = Rc<RefCell<Option<ComPtr<IPlugView>>>>;

const EMPTY: ViewRect = ViewRect {
    left: 0,
    top: 0,
    right: 0,
    bottom: 0,
};

/// View that a host gets.
struct View {
    window: Window,
    /// Pointer by which the host knows this view; null once the view is gone.
    own: Rc<Cell<*mut IPlugView>>,
    /// Width and height that the host knows; `None` while it has neither asked for them nor set them.
    accepted: Accepted,
    /// The host's frame as the wrapper sees it; the wrapper holds no reference of its own.
    frame: RefCell<Option<ComPtr<IPlugFrame>>>,
}

impl Class for View {
    type Interfaces = (IPlugView, IPlugViewContentScaleSupport);
}

/// Opens a view on the result of `create`; `None` while another view exists. `[gui]`
pub(super) fn open(
    window: &Window,
    create: impl FnOnce() -> Option<ComPtr<IPlugView>>,
) -> Option<ComPtr<IPlugView>> {
    if window.borrow().is_some() {
        return None;
    }
    let created = create()?;
    *window.borrow_mut() = Some(created);
    let own = Rc::new(Cell::new(ptr::null_mut()));
    let view = ComWrapper::new(View {
        window: window.clone(),
        own: own.clone(),
        accepted: Accepted::default(),
        frame: RefCell::new(None),
    });
    let view: ComPtr<IPlugView> = view.to_com_ptr()?;
    own.set(view.as_ptr());
    Some(view)
}

/// Releases the wrapper's view, before the plugin goes. `[gui]`
pub(super) fn close(window: &Window) {
    let view = window.borrow_mut().take();
    if let Some(view) = view {
        // SAFETY: the view lives until this reference is given back.
        unsafe { view.removed() };
    }
}

impl View {
    fn ask(&self, work: impl FnOnce(&ComPtr<IPlugView>) -> tresult) -> tresult {
        answer(|| {
            // Cloned, because the host may call back from inside.
            let view = self.window.borrow().clone();
            view.as_ref().map_or(kNotInitialized, work)
        })
    }
}

impl Drop for View {
    fn drop(&mut self) {
        answer(|| {
            close(&self.window);
            self.own.set(ptr::null_mut());
            kResultOk
        });
    }
}

impl IPlugViewTrait for View {
    unsafe fn isPlatformTypeSupported(&self, kind: FIDString) -> tresult {
        self.ask(|view| match kind.is_null() {
            true => kInvalidArgument,
            // SAFETY: a terminated string, as VST3 promises.
            false => unsafe { view.isPlatformTypeSupported(kind) },
        })
    }

    unsafe fn attached(&self, parent: *mut c_void, kind: FIDString) -> tresult {
        self.ask(|view| {
            // SAFETY: the host's window, and a terminated string or null, as VST3 promises.
            unsafe {
                let supported = !kind.is_null() && view.isPlatformTypeSupported(kind) == kResultOk;
                if parent.is_null() || !supported {
                    return kInvalidArgument;
                }
                // The wrapper gives the window the size that it last told, or none if a host has not asked.
                if self.accepted.get().is_none() {
                    let mut size = EMPTY;
                    view.getSize(&raw mut size);
                    self.accepted.set(Some(extent(&size)));
                }
                view.attached(parent, kind)
            }
        })
    }

    unsafe fn removed(&self) -> tresult {
        // SAFETY: the wrapper's view lives.
        self.ask(|view| unsafe { view.removed() })
    }

    unsafe fn onWheel(&self, distance: f32) -> tresult {
        // SAFETY: as above.
        self.ask(|view| unsafe { view.onWheel(distance) })
    }

    unsafe fn onKeyDown(&self, key: char16, code: int16, modifiers: int16) -> tresult {
        // SAFETY: as above.
        self.ask(|view| unsafe { view.onKeyDown(key, code, modifiers) })
    }

    unsafe fn onKeyUp(&self, key: char16, code: int16, modifiers: int16) -> tresult {
        // SAFETY: as above.
        self.ask(|view| unsafe { view.onKeyUp(key, code, modifiers) })
    }

    unsafe fn getSize(&self, size: *mut ViewRect) -> tresult {
        self.ask(|view| match size.is_null() {
            true => kInvalidArgument,
            // SAFETY: not null, and the host's to be filled.
            false => unsafe {
                // The wrapper computes with the corner that it finds here.
                *size = EMPTY;
                let result = view.getSize(size);
                if self.accepted.get().is_none() {
                    self.accepted.set(Some(extent(&*size)));
                }
                result
            },
        })
    }

    unsafe fn onSize(&self, size: *mut ViewRect) -> tresult {
        self.ask(|view| match size.is_null() {
            true => kInvalidArgument,
            // SAFETY: not null, and the host's.
            false => unsafe {
                self.accepted.set(Some(extent(&*size)));
                view.onSize(size)
            },
        })
    }

    unsafe fn onFocus(&self, state: TBool) -> tresult {
        // SAFETY: the wrapper's view lives.
        self.ask(|view| unsafe { view.onFocus(state) })
    }

    unsafe fn setFrame(&self, host: *mut IPlugFrame) -> tresult {
        self.ask(|view| {
            // SAFETY: null or the host's frame.
            let host = unsafe { ComRef::from_raw(host) };
            let frame = host.and_then(|host| {
                frame::new(host.to_com_ptr(), self.own.clone(), self.accepted.clone())
            });
            let pointer = frame.as_ref().map_or(ptr::null_mut(), ComPtr::as_ptr);
            // SAFETY: null or a frame that lives as long as this view.
            let result = unsafe { view.setFrame(pointer) };
            *self.frame.borrow_mut() = frame;
            result
        })
    }

    unsafe fn canResize(&self) -> tresult {
        // SAFETY: the wrapper's view lives.
        self.ask(|view| unsafe { view.canResize() })
    }

    unsafe fn checkSizeConstraint(&self, size: *mut ViewRect) -> tresult {
        self.ask(|view| match size.is_null() {
            true => kInvalidArgument,
            // SAFETY: not null, and the host's to be changed.
            false => unsafe { view.checkSizeConstraint(size) },
        })
    }
}

impl IPlugViewContentScaleSupportTrait for View {
    unsafe fn setContentScaleFactor(&self, factor: ScaleFactor) -> tresult {
        self.ask(|view| match view.cast::<IPlugViewContentScaleSupport>() {
            // SAFETY: the wrapper's view lives.
            Some(view) if factor.is_finite() && factor > 0.0 => unsafe {
                view.setContentScaleFactor(factor)
            },
            _ => kResultFalse,
        })
    }
}
