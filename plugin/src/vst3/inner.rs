//! The wrapper's component while it is initialized, with everything that belongs to it.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use atomic_refcell::{AtomicRefCell, AtomicRefMut};
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_GESTURE_BEGIN, CLAP_EVENT_PARAM_GESTURE_END,
    CLAP_EVENT_PARAM_VALUE, clap_event_header, clap_event_param_gesture, clap_event_param_value,
    clap_input_events, clap_output_events,
};
use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    ChannelContext::IInfoListener, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentHandler, IComponentHandlerTrait, IComponentTrait, IEditController, IEditController2,
    IEditControllerTrait, INoteExpressionController, IProcessContextRequirements, ParamID,
};
use vst3::Steinberg::{
    FUnknown, IPluginBaseTrait, IPluginFactory, IPluginFactoryTrait, TUID, kResultOk, tresult,
};

use super::CREATED;
use super::blocks::Blocks;
use super::listing::{Kind, Listing};
use super::plugin::ClapPlugin;
use super::stubs;
use super::units::Units;
use super::view::{self, Window};

/// Mask of parameter ids: VST3's have 31 bits, CLAP's 32.
const ID: u32 = 0x7FFF_FFFF;
/// Time after which a call stops waiting for a block.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sample rate and block size that the host announced with `setupProcessing`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    /// Sample rate in Hz, 1 kHz to 1 MHz.
    pub(super) rate: f64,
    /// Length of the longest block, in samples, 1 to 65,536.
    pub(super) longest: i32,
}

/// Initialized component of the wrapper.
pub(super) struct Inner {
    pub(super) component: ComPtr<IComponent>,
    pub(super) processor: ComPtr<IAudioProcessor>,
    pub(super) controller: ComPtr<IEditController>,
    pub(super) controller2: Option<ComPtr<IEditController2>>,
    pub(super) expressions: Option<ComPtr<INoteExpressionController>>,
    pub(super) requirements: Option<ComPtr<IProcessContextRequirements>>,
    pub(super) channel: Option<ComPtr<IInfoListener>>,
    pub(super) listing: Rc<Listing>,
    pub(super) units: Units,
    /// Memory for the audio thread's blocks, from the first activation on.
    pub(super) blocks: AtomicRefCell<Option<Blocks>>,
    pub(super) setup: Cell<Option<Setup>>,
    pub(super) active: AtomicBool,
    pub(super) processing: AtomicBool,
    /// True if a state has been loaded into the component.
    pub(super) loaded: Cell<bool>,
    /// True if a block was played since processing began.
    pub(super) played: AtomicBool,
    /// Receiver of edits.
    pub(super) handler: RefCell<ComPtr<IComponentHandler>>,
    pub(super) window: Window,
    pub(super) plugin: ClapPlugin,
}

impl Inner {
    /// Creates and initializes a component of `class`; `None` if the wrapper cannot. `[gui]`
    ///
    /// # Safety
    /// `context` is null or the host's context, which lives until [`Inner::stop`].
    pub(super) unsafe fn start(
        factory: &ComPtr<IPluginFactory>,
        class: &TUID,
        context: *mut FUnknown,
    ) -> Option<Self> {
        let mut created = ptr::null_mut();
        let interface = <IComponent as vst3::Interface>::IID;
        // SAFETY: both ids are of 16 bytes, and the place for the object is ours.
        let component = unsafe {
            let result =
                factory.createInstance(class.as_ptr(), interface.as_ptr().cast(), &mut created);
            let created = ComPtr::from_raw(created.cast::<IComponent>());
            created.filter(|_| result == kResultOk)?
        };
        let handler = stubs::handler();
        let context = match context.is_null() {
            true => handler.as_ptr().cast(),
            false => context,
        };
        CREATED.set(ptr::null());
        // SAFETY: the context is not null; the wrapper takes a reference to it.
        if unsafe { component.initialize(context) } != kResultOk {
            // SAFETY: the wrapper accepts the call whether it is initialized or not.
            unsafe { component.terminate() };
            return None;
        }
        // SAFETY: a plugin that `initialize` created on this thread is the component's, and lives as long.
        let plugin = unsafe { ClapPlugin::new(CREATED.take()) }?;
        let controller: ComPtr<IEditController> = component.cast()?;
        // SAFETY: the component is initialized.
        let (listing, units) = unsafe {
            controller.setComponentHandler(handler.as_ptr());
            let listing = Listing::read(&controller, plugin);
            for known in listing.known() {
                if let Kind::Midi(proxy) = known.kind {
                    controller.setParamNormalized(known.id, proxy.neutral());
                }
            }
            (Rc::new(listing), Units::read(&component))
        };
        Some(Self {
            processor: component.cast()?,
            controller2: component.cast(),
            expressions: component.cast(),
            requirements: component.cast(),
            channel: component.cast(),
            controller,
            component,
            listing,
            units,
            blocks: AtomicRefCell::new(None),
            setup: Cell::new(None),
            active: AtomicBool::new(false),
            processing: AtomicBool::new(false),
            loaded: Cell::new(false),
            played: AtomicBool::new(false),
            handler: RefCell::new(handler),
            window: Window::default(),
            plugin,
        })
    }

    /// Terminates the component, in the order that it expects. `[gui]`
    pub(super) fn stop(self) -> tresult {
        view::close(&self.window);
        // SAFETY: the component is initialized, and nothing uses it after this.
        unsafe {
            if self.processing.load(Relaxed) {
                self.processor.setProcessing(0);
            }
            if self.active.load(Relaxed) {
                self.component.setActive(0);
            }
            self.component.terminate()
        }
    }

    /// Returns exclusive access to the blocks once no other thread plays one; blocks are refused while it is held.
    /// Returns `None` after a timeout, for example when a host calls back from the thread that plays.
    pub(super) fn wait_for_block(&self) -> Option<AtomicRefMut<'_, Option<Blocks>>> {
        let start = Instant::now();
        loop {
            match self.blocks.try_borrow_mut() {
                Ok(blocks) => return Some(blocks),
                Err(_) if start.elapsed() > PATIENCE => return None,
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// Returns true if blocks can be played.
    pub(super) fn plays(&self) -> bool {
        self.active.load(Relaxed) && self.processing.load(Relaxed)
    }

    /// Sends values that the host has set without playing them to the plugin, so that a saved state contains them.
    /// `[gui]`
    ///
    /// A value set while blocks are played is also played by the host in one of the next blocks, and a point of the
    /// same parameter replaces it. After processing has played a point of a parameter, values set for it are display
    /// only.
    pub(super) fn play_unplayed(&self) {
        let mut values: Vec<(ParamID, f64)> = Vec::new();
        let mut events: Vec<clap_event_param_value> = Vec::new();
        for known in self.listing.known() {
            let Kind::Own(own) = known.kind else {
                continue;
            };
            if let Some(value) = known.take_unplayed() {
                values.push((known.id, value));
                events.push(value_event(own.clap, own.plain(value)));
            }
        }
        if self.plays() {
            // While blocks are played, the plugin has taken the edits of its window. The wrapper never runs a block and
            // a flush concurrently.
            if !values.is_empty() || !self.played.load(Relaxed) {
                let rate = self.setup.get().map_or(48_000.0, |setup| setup.rate);
                Blocks::new(&self.listing, 0, rate).set(&self.processor, &values);
            }
        } else {
            let input = clap_input_events {
                ctx: ptr::from_mut(&mut events).cast(),
                size: Some(count),
                get: Some(get),
            };
            let output = clap_output_events {
                ctx: ptr::from_ref(self).cast_mut().cast(),
                try_push: Some(tell),
            };
            self.plugin.flush(&input, &output);
        }
    }

    /// Reports an edit in the plugin's window to the host. `[gui]`
    ///
    /// # Safety
    /// `event` is null or an event of CLAP.
    unsafe fn tell(&self, event: *const clap_event_header) {
        let handler = self.handler.borrow().clone();
        // SAFETY: null or alive, as the caller promises.
        let Some(header) = (unsafe { event.as_ref() }) else {
            return;
        };
        // SAFETY: the type identifies the event behind the header; the handler is the host's and alive.
        unsafe {
            match header.type_ {
                CLAP_EVENT_PARAM_GESTURE_BEGIN | CLAP_EVENT_PARAM_GESTURE_END => {
                    let id = (*event.cast::<clap_event_param_gesture>()).param_id & ID;
                    if header.type_ == CLAP_EVENT_PARAM_GESTURE_BEGIN {
                        handler.beginEdit(id);
                    } else {
                        handler.endEdit(id);
                    }
                }
                CLAP_EVENT_PARAM_VALUE => {
                    let event = &*event.cast::<clap_event_param_value>();
                    let id = event.param_id & ID;
                    if let Some(Kind::Own(own)) = self.listing.get(id).map(|known| known.kind) {
                        let value = own.normalized(event.value);
                        self.controller.setParamNormalized(id, value);
                        handler.performEdit(id, value);
                    }
                }
                _ => {}
            }
        }
    }
}

fn value_event(param_id: u32, value: f64) -> clap_event_param_value {
    clap_event_param_value {
        header: clap_event_header {
            size: size_of::<clap_event_param_value>() as u32,
            time: 0,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_: CLAP_EVENT_PARAM_VALUE,
            flags: 0,
        },
        param_id,
        cookie: ptr::null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        value,
    }
}

/// Returns the events of a list made by [`Inner::play_unplayed`].
///
/// # Safety
/// `list` is that list.
unsafe fn events<'a>(list: *const clap_input_events) -> &'a Vec<clap_event_param_value> {
    // SAFETY: the list's context is the vector, which lives as long.
    unsafe { &*(*list).ctx.cast() }
}

unsafe extern "C" fn count(list: *const clap_input_events) -> u32 {
    // SAFETY: the plugin gives back the list that it got.
    unsafe { events(list) }.len() as u32
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as above.
    let event = unsafe { events(list) }.get(index as usize);
    event.map_or(ptr::null(), |event| &raw const event.header)
}

/// Forwards an edit to [`Inner::tell`].
unsafe extern "C" fn tell(
    list: *const clap_output_events,
    event: *const clap_event_header,
) -> bool {
    // SAFETY: the list's context is the object that made it, which lives as long.
    unsafe { (*(*list).ctx.cast::<Inner>()).tell(event) };
    true
}
