//! `IComponent`: buses and states.

use std::sync::atomic::Ordering::Relaxed;

use vst3::Steinberg::Vst::BusDirections_::{kInput, kOutput};
use vst3::Steinberg::Vst::MediaTypes_::{kAudio, kEvent};
use vst3::Steinberg::Vst::{
    BusDirection, BusInfo, IAudioProcessorTrait, IComponentTrait, IoMode, MediaType, RoutingInfo,
};
use vst3::Steinberg::{
    IBStream, TBool, TUID, int32, kInvalidArgument, kNotImplemented, kNotInitialized, kResultFalse,
    kResultOk, tresult,
};

use super::blocks::Blocks;
use super::inner::Inner;
use super::instance::Instance;
use super::stream;

/// Returns true if the bus exists. The wrapper does not check the index of a bus, so every query is checked here.
pub(super) fn is_bus(
    inner: &Inner,
    kind: MediaType,
    direction: BusDirection,
    index: int32,
) -> bool {
    let known =
        [kAudio, kEvent].contains(&(kind as _)) && [kInput, kOutput].contains(&(direction as _));
    // SAFETY: the component is initialized.
    known && (0..unsafe { inner.component.getBusCount(kind, direction) }).contains(&index)
}

impl Inner {
    /// Loads a state from the host. `[gui]`
    ///
    /// # Safety
    /// `state` is null or the host's stream, which lives for this call.
    pub(super) unsafe fn load(&self, state: *mut IBStream) -> tresult {
        // SAFETY: as the caller promises.
        let Some(stream) = (unsafe { stream::whole(state) }) else {
            return kInvalidArgument;
        };
        // Taken before the call, because the wrapper notifies the host from inside it, and hosts read the values at
        // once.
        let unplayed: Vec<_> = self
            .listing
            .known()
            .iter()
            .filter_map(|known| {
                let value = known.take_unplayed();
                known.forget_unplayed();
                Some((known, value?))
            })
            .collect();
        // SAFETY: the component is initialized, and the stream lives for this call.
        let result = unsafe { self.component.setState(stream.as_ptr()) };
        if result == kResultOk {
            self.loaded.set(true);
        } else {
            for (known, value) in unplayed {
                known.set_unplayed(value);
            }
        }
        result
    }

    fn activate(&self) -> tresult {
        if self.active.load(Relaxed) {
            return kResultFalse;
        }
        let (rate, longest) = match self.setup.get() {
            Some(setup) => (setup.rate, setup.longest),
            None => return kNotInitialized,
        };
        let Some(mut blocks) = self.wait_for_block() else {
            return kResultFalse;
        };
        *blocks = Some(Blocks::new(&self.listing, longest as usize, rate));
        drop(blocks);
        // SAFETY: the component is initialized and not active.
        let result = unsafe { self.component.setActive(1) };
        self.active.store(result == kResultOk, Relaxed);
        result
    }

    fn deactivate(&self) -> tresult {
        // The wrapper frees the memory of its blocks even while one is being played.
        let Some(_blocks) = self.wait_for_block() else {
            return kResultFalse;
        };
        // SAFETY: the component is initialized; it expects processing to end first.
        unsafe {
            if self.processing.swap(false, Relaxed) {
                self.processor.setProcessing(0);
            }
            if self.active.swap(false, Relaxed) {
                return self.component.setActive(0);
            }
        }
        kResultOk
    }
}

impl IComponentTrait for Instance {
    unsafe fn getControllerClassId(&self, _class: *mut TUID) -> tresult {
        // Component and controller are one object.
        kNotImplemented
    }

    unsafe fn setIoMode(&self, _mode: IoMode) -> tresult {
        kNotImplemented
    }

    unsafe fn getBusCount(&self, kind: MediaType, direction: BusDirection) -> int32 {
        // SAFETY: the wrapper returns 0 for kinds and directions that it does not know.
        self.with(0, |inner| unsafe {
            inner.component.getBusCount(kind, direction)
        })
    }

    unsafe fn getBusInfo(
        &self,
        kind: MediaType,
        direction: BusDirection,
        index: int32,
        bus: *mut BusInfo,
    ) -> tresult {
        self.ask(|inner| {
            if bus.is_null() || !is_bus(inner, kind, direction, index) {
                return kInvalidArgument;
            }
            // SAFETY: the bus exists, and the place for its information is the host's.
            unsafe { inner.component.getBusInfo(kind, direction, index, bus) }
        })
    }

    unsafe fn getRoutingInfo(
        &self,
        _input: *mut RoutingInfo,
        _output: *mut RoutingInfo,
    ) -> tresult {
        kNotImplemented
    }

    unsafe fn activateBus(
        &self,
        kind: MediaType,
        direction: BusDirection,
        index: int32,
        state: TBool,
    ) -> tresult {
        self.ask(|inner| {
            if !is_bus(inner, kind, direction, index) {
                return kInvalidArgument;
            }
            // SAFETY: the bus exists.
            unsafe { inner.component.activateBus(kind, direction, index, state) }
        })
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        self.ask(|inner| match state {
            0 => inner.deactivate(),
            _ => inner.activate(),
        })
    }

    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        // SAFETY: null or the host's stream, which lives for this call.
        self.ask(|inner| unsafe { inner.load(state) })
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        self.ask(|inner| {
            // SAFETY: null or the host's stream, which lives for this call.
            let Some(stream) = (unsafe { stream::whole(state) }) else {
                return kInvalidArgument;
            };
            inner.play_unplayed();
            // SAFETY: the component is initialized, and the stream lives for this call.
            unsafe { inner.component.getState(stream.as_ptr()) }
        })
    }
}
