//! The host's plug frame around the window, in front of the wrapper's view.
//!
//! The wrapper's view passes itself when it requests another size; hosts compare that pointer with the view that they
//! got.

use std::cell::Cell;
use std::rc::Rc;

use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IRunLoop, IRunLoopTrait, ITimerHandler, TimerInterval,
};
use vst3::Steinberg::{
    IPlugFrame, IPlugFrameTrait, IPlugView, ViewRect, kInvalidArgument, kNotInitialized, tresult,
};
use vst3::{Class, ComPtr, ComWrapper};

use super::answer;

/// Frame for a host without a run loop.
struct Plain {
    host: ComPtr<IPlugFrame>,
    view: Rc<Cell<*mut IPlugView>>,
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
) -> Option<ComPtr<IPlugFrame>> {
    let run_loop = host.cast::<IRunLoop>();
    let plain = Plain { host, view };
    match run_loop {
        Some(run_loop) => ComWrapper::new(Running { plain, run_loop }).to_com_ptr(),
        None => ComWrapper::new(plain).to_com_ptr(),
    }
}

impl IPlugFrameTrait for Plain {
    unsafe fn resizeView(&self, _view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        answer(|| {
            let view = self.view.get();
            if view.is_null() {
                return kNotInitialized;
            }
            if size.is_null() {
                return kInvalidArgument;
            }
            // SAFETY: the view is the host's and lives, and the size is the wrapper's, for this call.
            unsafe { self.host.resizeView(view, size) }
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
