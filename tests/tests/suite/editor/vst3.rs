//! The editor in a VST3 host without a toolkit: a plain X11 window, with or without a frame that answers.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::thread;
use std::time::Duration;

use tidepool_tests::display::{Screen, in_own_process};
use tidepool_tests::vst3_host::Plugin;
use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IRunLoop, IRunLoopTrait, ITimerHandler, ITimerHandlerTrait,
    TimerInterval,
};
use vst3::Steinberg::Vst::IEditControllerTrait;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::sizes::MENU;
use super::{click, eventually, fills, is_painted, plugins_own, save};

/// A host's frame with its run loop, which accepts or refuses sizes.
#[derive(Default)]
struct Frame {
    accepts: Cell<bool>,
    asked: RefCell<Vec<(i32, i32)>>,
    timers: RefCell<Vec<ComPtr<ITimerHandler>>>,
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        // SAFETY: the view and the size are valid for this call.
        let (view, mut size) = unsafe { (ComRef::from_raw(view), *size) };
        self.asked.borrow_mut().push((size.right, size.bottom));
        match view {
            // SAFETY: as above.
            Some(view) if self.accepts.get() => unsafe { view.onSize(&raw mut size) },
            _ => kResultFalse,
        }
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(&self, _: *mut IEventHandler, _: FileDescriptor) -> tresult {
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, _: *mut IEventHandler) -> tresult {
        kResultOk
    }

    unsafe fn registerTimer(&self, handler: *mut ITimerHandler, _: TimerInterval) -> tresult {
        // SAFETY: the handler is valid for this call.
        let handler = unsafe { ComRef::from_raw(handler) };
        self.timers
            .borrow_mut()
            .extend(handler.map(|handler| handler.to_com_ptr()));
        kResultOk
    }

    unsafe fn unregisterTimer(&self, handler: *mut ITimerHandler) -> tresult {
        let mut timers = self.timers.borrow_mut();
        timers.retain(|timer| timer.as_ptr() != handler);
        kResultOk
    }
}

impl Frame {
    /// Runs the host's timers once.
    fn run(&self) {
        let timers = self.timers.borrow().clone();
        for timer in timers {
            // SAFETY: the timer has not been unregistered.
            unsafe { timer.onTimer() };
        }
    }
}

fn rect(width: i32, height: i32) -> ViewRect {
    ViewRect {
        left: 0,
        top: 0,
        right: width,
        bottom: height,
    }
}

/// Width and height that the view reports.
fn told(view: &ComPtr<IPlugView>) -> (i32, i32) {
    let mut size = rect(-7, -7);
    // SAFETY: a place for the size.
    assert_eq!(unsafe { view.getSize(&raw mut size) }, kResultOk);
    (size.right - size.left, size.bottom - size.top)
}

/// Returns the view of an instance.
fn view(plugin: &Plugin) -> ComPtr<IPlugView> {
    // SAFETY: the name is terminated, and the pointer is the caller's.
    let view = unsafe { ComPtr::from_raw(plugin.controller.createView(c"editor".as_ptr())) };
    view.expect("there is a view")
}

/// Attaches the view to a window.
fn attach(view: &ComPtr<IPlugView>, parent: u32) {
    let parent = parent as usize as *mut c_void;
    // SAFETY: the window outlives the view.
    let attached = unsafe { view.attached(parent, kPlatformTypeX11EmbedWindowID) };
    assert_eq!(attached, kResultOk);
}

#[test]
fn it_is_drawn_and_resized_in_a_plain_window() {
    if !in_own_process("editor::vst3::it_is_drawn_and_resized_in_a_plain_window") {
        return;
    }
    let screen = Screen::connect(None);
    let plugin = Plugin::initialized();
    // A host may ask for the size before it attaches the view or not at all, and may show its window after that.
    for (round, (asks, late)) in [(true, false), (false, false), (true, true)]
        .into_iter()
        .enumerate()
    {
        let view = view(&plugin);
        let first = if round == 0 {
            (1_000, 720)
        } else {
            (1_300, 800)
        };
        if asks {
            assert_eq!(told(&view), first, "round {round}");
        }
        let parent = screen.open(0, 1_300, 800);
        if late {
            screen.hide(parent);
        }
        attach(&view, parent);
        if late {
            thread::sleep(Duration::from_millis(500));
            screen.show(parent);
        }
        let shown = eventually(|| Some(screen.picture(parent)).filter(is_painted));
        save(&shown.expect("the window stays black"), "editor-vst3.png");
        assert_eq!(told(&view), first, "round {round}");
        // SAFETY: the places for sizes are local.
        unsafe {
            assert_eq!(view.canResize(), kResultOk);
            for (asked, near) in [
                ((0, 0), (675, 450)),
                ((-5, i32::MAX), (7_680, 4_320)),
                ((1_300, 800), (1_300, 800)),
            ] {
                let mut size = rect(asked.0, asked.1);
                assert_eq!(view.checkSizeConstraint(&raw mut size), kResultOk);
                assert_eq!((size.right, size.bottom), near, "{asked:?}");
            }
            let mut size = rect(1_300, 800);
            assert_eq!(view.onSize(&raw mut size), kResultOk);
        }
        assert_eq!(told(&view), (1_300, 800));
        let window = plugins_own(&screen, parent);
        assert_eq!(screen.size(window), (1_300, 800));
        let filled = eventually(|| fills(&screen.picture(parent)).then_some(()));
        assert!(filled.is_some(), "round {round}");
        // SAFETY: the view is attached.
        assert_eq!(unsafe { view.removed() }, kResultOk);
        drop(view);
        screen.close(parent);
    }
}

#[test]
fn the_menu_asks_the_host_and_a_refused_size_is_not_told() {
    const TEST: &str = "editor::vst3::the_menu_asks_the_host_and_a_refused_size_is_not_told";
    if !in_own_process(TEST) {
        return;
    }
    let screen = Screen::connect(None);
    let plugin = Plugin::initialized();
    let view = view(&plugin);
    let frame = ComWrapper::new(Frame::default());
    let pointer = frame.to_com_ptr::<IPlugFrame>().expect("a frame");
    // SAFETY: the frame outlives the view.
    assert_eq!(unsafe { view.setFrame(pointer.as_ptr()) }, kResultOk);
    assert_eq!(told(&view), (1_000, 720));
    let parent = screen.open(0, 1_000, 720);
    attach(&view, parent);
    let shown = eventually(|| Some(screen.picture(parent)).filter(is_painted));
    shown.expect("the window stays black");
    let window = plugins_own(&screen, parent);
    // After the refusal of 150 %, 900 of the 1000 points fit, so that the menu is at 10 / 9 of its place.
    for (accepts, menu, item, size) in [
        (false, MENU, 95, (1_500, 1_080)),
        (true, (950, 65), 106, (1_350, 972)),
    ] {
        frame.accepts.set(accepts);
        frame.asked.borrow_mut().clear();
        click(&screen, window, menu);
        click(&screen, window, (menu.0, menu.1 + item));
        let wanted = size;
        let size = if accepts { size } else { (1_000, 720) };
        let settled = eventually(|| {
            frame.run();
            let asked = frame.asked.borrow().contains(&wanted);
            (asked && told(&view) == size).then_some(())
        });
        let asked = frame.asked.borrow().clone();
        assert!(settled.is_some(), "{accepts}: {asked:?} {:?}", told(&view));
        // The size stays.
        for _ in 0..40 {
            frame.run();
            thread::sleep(Duration::from_millis(30));
        }
        assert_eq!(told(&view), size, "{accepts}");
        let real = screen.size(window);
        assert_eq!(real, (size.0 as u32, size.1 as u32), "{accepts}");
        screen.resize(parent, real.0, real.1);
        let filled = eventually(|| fills(&screen.picture(parent)).then_some(()));
        save(
            &screen.picture(parent),
            &format!("editor-vst3-{accepts}.png"),
        );
        assert!(filled.is_some(), "{accepts}");
    }
    // SAFETY: the view is attached.
    assert_eq!(unsafe { view.removed() }, kResultOk);
    drop(view);
    screen.close(parent);
}
