//! The object that a host gets: component, processor and controller in one, as in the wrapper.
//!
//! The object owns a component of the wrapper from `initialize` to `terminate`, and a new one after that. Interfaces
//! that are not in its list are refused instead of queried from the wrapper: a pointer to the wrapper's object would
//! bypass the checks and have another identity.

use atomic_refcell::AtomicRefCell;
use vst3::Steinberg::Vst::{
    ChannelContext::IInfoListener, IAudioProcessor, IComponent, IEditController, IEditController2,
    IMidiMapping, INoteExpressionController, IProcessContextRequirements, IUnitInfo,
};
use vst3::Steinberg::{
    FUnknown, IPluginBaseTrait, IPluginFactory, TUID, kNotInitialized, kResultFalse, kResultOk,
    tresult,
};
use vst3::{Class, ComPtr};

use super::inner::Inner;
use super::{answer, guarded};

/// Instance of the plugin in a VST3 host.
pub(super) struct Instance {
    factory: ComPtr<IPluginFactory>,
    class: TUID,
    inner: AtomicRefCell<Option<Inner>>,
}

impl Class for Instance {
    type Interfaces = (
        IComponent,
        IAudioProcessor,
        IProcessContextRequirements,
        IEditController,
        IEditController2,
        IUnitInfo,
        IMidiMapping,
        INoteExpressionController,
        IInfoListener,
    );
}

impl Instance {
    /// Returns an instance of `class` of the wrapper's `factory`.
    pub(super) fn new(factory: ComPtr<IPluginFactory>, class: TUID) -> Self {
        Self {
            factory,
            class,
            inner: AtomicRefCell::new(None),
        }
    }

    /// Runs `work` with the wrapper's component; returns `absent` while there is none, and when `work` panics. Any
    /// thread.
    pub(super) fn with<T: Copy>(&self, absent: T, work: impl FnOnce(&Inner) -> T) -> T {
        guarded(absent, || match self.inner.try_borrow() {
            Ok(inner) => inner.as_ref().map_or(absent, work),
            Err(_) => absent,
        })
    }

    /// Runs `work` as [`Instance::with`] does, for methods that return a `tresult`.
    pub(super) fn ask(&self, work: impl FnOnce(&Inner) -> tresult) -> tresult {
        self.with(kNotInitialized, work)
    }
}

impl IPluginBaseTrait for Instance {
    unsafe fn initialize(&self, context: *mut FUnknown) -> tresult {
        answer(|| {
            if !matches!(self.inner.try_borrow().as_deref(), Ok(None)) {
                return kResultFalse;
            }
            // SAFETY: null or the host's context, which lives until `terminate`, as VST3 promises.
            let inner = unsafe { Inner::start(&self.factory, &self.class, context) };
            let Ok(mut place) = self.inner.try_borrow_mut() else {
                return kResultFalse;
            };
            *place = inner;
            if place.is_some() {
                kResultOk
            } else {
                kResultFalse
            }
        })
    }

    unsafe fn terminate(&self) -> tresult {
        answer(|| {
            // A host that terminates from inside another call has to repeat the call.
            let inner = self
                .inner
                .try_borrow_mut()
                .ok()
                .and_then(|mut inner| inner.take());
            inner.map_or(kResultFalse, Inner::stop)
        })
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // The plugin is stopped even if the host does not terminate.
        answer(|| self.inner.get_mut().take().map_or(kResultOk, Inner::stop));
    }
}
