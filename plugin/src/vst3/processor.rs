//! `IAudioProcessor`: setup and processing of blocks.

use std::sync::atomic::Ordering::Relaxed;

use vst3::Steinberg::Vst::MediaTypes_::kAudio;
use vst3::Steinberg::Vst::SymbolicSampleSizes_::kSample32;
use vst3::Steinberg::Vst::{
    BusDirection, IAudioProcessorTrait, IProcessContextRequirementsTrait, ProcessData,
    ProcessSetup, SpeakerArrangement, kInfiniteTail,
};
use vst3::Steinberg::{
    TBool, int32, kInvalidArgument, kNotInitialized, kResultFalse, kResultOk, tresult, uint32,
};

use super::buffers::clear;
use super::component::is_bus;
use super::inner::{Inner, Setup};
use super::instance::Instance;
use super::{answer, guarded};

/// Supported sample rates, in Hz.
const RATES: std::ops::RangeInclusive<f64> = 1_000.0..=1_000_000.0;
/// Supported maximum block sizes, in samples. Longer blocks are played, but no memory is allocated for them.
const LENGTHS: std::ops::RangeInclusive<i32> = 1..=65_536;

impl Inner {
    /// # Safety
    /// The pointers in `data` are null or live for this call, as far as its counts say.
    unsafe fn play(&self, data: &ProcessData) -> tresult {
        let blocks = self.blocks.try_borrow_mut();
        let Some(mut blocks) = blocks.ok().filter(|_| self.plays()) else {
            // SAFETY: as the caller promises.
            unsafe { clear(data, 0) };
            return kNotInitialized;
        };
        if data.numSamples > 0 {
            self.played.store(true, Relaxed);
        }
        let Some(blocks) = blocks.as_mut() else {
            return kNotInitialized;
        };
        // SAFETY: as the caller promises.
        unsafe { blocks.play(&self.processor, data, &self.listing) }
    }
}

impl IAudioProcessorTrait for Instance {
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        input_count: int32,
        outputs: *mut SpeakerArrangement,
        output_count: int32,
    ) -> tresult {
        self.ask(|inner| {
            let wrong =
                |list: *mut SpeakerArrangement, count| count < 0 || (count > 0 && list.is_null());
            if wrong(inputs, input_count) || wrong(outputs, output_count) {
                return kInvalidArgument;
            }
            // SAFETY: both lists have the stated lengths.
            unsafe {
                let processor = &inner.processor;
                processor.setBusArrangements(inputs, input_count, outputs, output_count)
            }
        })
    }

    unsafe fn getBusArrangement(
        &self,
        direction: BusDirection,
        index: int32,
        arrangement: *mut SpeakerArrangement,
    ) -> tresult {
        self.ask(|inner| {
            let known = is_bus(inner, kAudio as _, direction, index);
            if arrangement.is_null() || !known {
                return kInvalidArgument;
            }
            // SAFETY: the bus exists, and the place for the result is the host's.
            unsafe {
                inner
                    .processor
                    .getBusArrangement(direction, index, arrangement)
            }
        })
    }

    unsafe fn canProcessSampleSize(&self, size: int32) -> tresult {
        if size == kSample32 as i32 {
            kResultOk
        } else {
            kResultFalse
        }
    }

    unsafe fn getLatencySamples(&self) -> uint32 {
        // SAFETY: the component is initialized.
        self.with(0, |inner| unsafe { inner.processor.getLatencySamples() })
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        self.ask(|inner| {
            // SAFETY: null or the host's, for this call.
            let Some(announced) = (unsafe { setup.as_ref() }) else {
                return kInvalidArgument;
            };
            if !RATES.contains(&announced.sampleRate)
                || !LENGTHS.contains(&announced.maxSamplesPerBlock)
                || announced.symbolicSampleSize != kSample32 as i32
            {
                return kResultFalse;
            }
            // SAFETY: not null, and its numbers are in range.
            let result = unsafe { inner.processor.setupProcessing(setup) };
            if result == kResultOk {
                inner.setup.set(Some(Setup {
                    rate: announced.sampleRate,
                    longest: announced.maxSamplesPerBlock,
                }));
            }
            result
        })
    }

    unsafe fn setProcessing(&self, state: TBool) -> tresult {
        self.ask(|inner| {
            if !inner.active.load(Relaxed) {
                return if state == 0 { kResultOk } else { kResultFalse };
            }
            // A block on another thread is finished first, and the next one is refused.
            let _blocks = inner.wait_for_block();
            // SAFETY: the component is active.
            let result = unsafe { inner.processor.setProcessing(state) };
            let begun = state != 0 && result == kResultOk;
            inner.played.store(false, Relaxed);
            for known in inner.listing.known() {
                known.begin();
            }
            inner.processing.store(begun, Relaxed);
            result
        })
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: null or the host's, for this call.
        let Some(data) = (unsafe { data.as_ref() }) else {
            return kInvalidArgument;
        };
        // Kept apart from the result of a method, so that the outputs are cleared after a panic too.
        // SAFETY: the host's pointers live for this call, as VST3 promises.
        let played = self.with(None, |inner| Some(unsafe { inner.play(data) }));
        played.unwrap_or_else(|| {
            answer(|| {
                // SAFETY: as above.
                unsafe { clear(data, 0) };
                kNotInitialized
            })
        })
    }

    unsafe fn getTailSamples(&self) -> uint32 {
        // CLAP's tail is the present one, which is zero in silence. A VST3 host asks once, to know how long to continue
        // after the last note, and the lengths of releases, echoes and reverb depend on the sound.
        guarded(kInfiniteTail, || kInfiniteTail)
    }
}

impl IProcessContextRequirementsTrait for Instance {
    unsafe fn getProcessContextRequirements(&self) -> uint32 {
        self.with(0, |inner| {
            let requirements = inner.requirements.as_ref();
            // SAFETY: the component is initialized.
            requirements.map_or(0, |own| unsafe { own.getProcessContextRequirements() })
        })
    }
}
