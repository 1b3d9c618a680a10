//! The host's plug frame around the window, in front of the wrapper's view.
//!
//! The wrapper's view passes itself when it requests another size; hosts compare that pointer with the view that they
//! got. It reads the host's answer the wrong way round, because `kResultOk` is 0, and keeps it from the plugin, whose window
//! has already got the new size. So this frame turns the answer, and sets the size back where the host refuses.

use std::cell::Cell;
use std::rc::Rc;

use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IRunLoop, IRunLoopTrait, ITimerHandler, TimerInterval,
};
use vst3::Steinberg::{
    IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewTrait, ViewRect, kResultFalse, kResultOk,
    tresult,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::answer;

/// Results of `resizeView` as the wrapper's view reads them.
const WRAPPER_SUCCEEDS: tresult = kResultFalse;
const WRAPPER_FAILS: tresult = kResultOk;

/// Width and height of the window that the host knows, if it knows one.
pub(super) type Accepted = Rc<Cell<Option<(i32, i32)>>>;

/// Returns width and height.
pub(super) fn extent(size: &ViewRect) -> (i32, i32) {
    let side = |from: i32, to: i32| to.saturating_sub(from);
    (side(size.left, size.right), side(size.top, size.bottom))
}

/// Frame for a host without a run loop.
struct Plain {
    host: ComPtr<IPlugFrame>,
    view: Rc<Cell<*mut IPlugView>>,
    accepted: Accepted,
}

/// Frame with the run loop that hosts on Linux provide.
struct Running {
    plain: Plain,
    run_loop: ComPtr<IRunLoop>,
}

impl Class for Plain {
    type Interfaces = (IPlugFrame,);
}

impl Class for Running {
    type Interfaces = (IPlugFrame, IRunLoop);
}

/// Returns a frame that forwards calls to `host` for `view`, which is null once the view is gone. `[gui]`
pub(super) fn new(
    host: ComPtr<IPlugFrame>,
    view: Rc<Cell<*mut IPlugView>>,
    accepted: Accepted,
) -> Option<ComPtr<IPlugFrame>> {
    let run_loop = host.cast::<IRunLoop>();
    let plain = Plain {
        host,
        view,
        accepted,
    };
    match run_loop {
        Some(run_loop) => ComWrapper::new(Running { plain, run_loop }).to_com_ptr(),
        None => ComWrapper::new(plain).to_com_ptr(),
    }
}

impl IPlugFrameTrait for Plain {
    unsafe fn resizeView(&self, _view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        answer(|| {
            let view = self.view.get();
            if view.is_null() || size.is_null() {
                return WRAPPER_FAILS;
            }
            // SAFETY: the view is the host's and lives, and the size is the wrapper's, for this call.
            let result = unsafe { self.host.resizeView(view, size) };
            if result == kResultOk {
                // SAFETY: as above.
                self.accepted.set(Some(extent(unsafe { &*size })));
                return WRAPPER_SUCCEEDS;
            }
            // SAFETY: the view lives.
            let view = unsafe { ComRef::from_raw(view) };
            if let (Some(view), Some((right, bottom))) = (view, self.accepted.get()) {
                let mut before = ViewRect {
                    left: 0,
                    top: 0,
                    right,
                    bottom,
                };
                // SAFETY: the view lives, and the size is ours.
                unsafe { view.onSize(&raw mut before) };
            }
            WRAPPER_FAILS
        })
    }
}

impl IPlugFrameTrait for Running {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        // SAFETY: forwarded unchanged.
        unsafe { self.plain.resizeView(view, size) }
    }
}

impl IRunLoopTrait for Running {
    unsafe fn registerEventHandler(
        &self,
        handler: *mut IEventHandler,
        file: FileDescriptor,
    ) -> tresult {
        // SAFETY: forwarded unchanged.
        answer(|| unsafe { self.run_loop.registerEventHandler(handler, file) })
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        // SAFETY: forwarded unchanged.
        answer(|| unsafe { self.run_loop.unregisterEventHandler(handler) })
    }

    unsafe fn registerTimer(
        &self,
        handler: *mut ITimerHandler,
        milliseconds: TimerInterval,
    ) -> tresult {
        // SAFETY: forwarded unchanged.
        answer(|| unsafe { self.run_loop.registerTimer(handler, milliseconds) })
    }

    unsafe fn unregisterTimer(&self, handler: *mut ITimerHandler) -> tresult {
        // SAFETY: forwarded unchanged.
        answer(|| unsafe { self.run_loop.unregisterTimer(handler) })
    }
}
