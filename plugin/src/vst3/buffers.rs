//! The host's audio buffers, with spare memory where the host gives none.
//!
//! The wrapper reads one input and one output bus of two channels each, whatever the host provides.

use std::ptr;
use std::slice;

use vst3::Steinberg::Vst::SymbolicSampleSizes_::kSample64;
use vst3::Steinberg::Vst::{AudioBusBuffers, AudioBusBuffers__type0, ProcessData};

/// Channels of each bus, and the mask of their bits in VST3's silence flags.
const CHANNELS: usize = 2;
const ALL_SILENT: u64 = (1 << CHANNELS) - 1;
/// Limit of buses and channels that are cleared.
const MAX_CLEARED: i32 = 64;

/// Memory for channels that a host does not provide.
pub(super) struct Spare {
    /// Input, only read, so it stays silent.
    silence: Vec<f32>,
    /// Output, written and discarded.
    unheard: [Vec<f32>; CHANNELS],
}

/// Channel pointers of a block.
pub(super) struct Buffers {
    inputs: [*mut f32; CHANNELS],
    outputs: [*mut f32; CHANNELS],
    /// True if the host gave fewer channels than required; its outputs are cleared.
    pub(super) damaged: bool,
    /// True if the outputs are the host's.
    heard: bool,
}

impl Spare {
    /// Allocates memory for pieces of up to `samples`.
    pub(super) fn new(samples: usize) -> Self {
        let channel = vec![0.0; samples];
        Self {
            silence: channel.clone(),
            unheard: [channel.clone(), channel],
        }
    }

    /// Returns the length in samples of the longest piece that the memory suffices for.
    pub(super) fn samples(&self) -> usize {
        self.silence.len()
    }
}

/// Returns the number of channels and the channels of bus `index` in an array of `count` buses.
///
/// # Safety
/// `buses` is null or points to `count` buses whose channels live for this call.
unsafe fn channels(buses: *const AudioBusBuffers, count: i32, index: i32) -> (i32, *mut *mut f32) {
    if buses.is_null() || index >= count {
        return (0, ptr::null_mut());
    }
    // SAFETY: inside the array; both fields of the union are pointers.
    unsafe {
        let bus = &*buses.add(index as usize);
        (bus.numChannels.max(0), bus.__field0.channelBuffers32)
    }
}

/// Returns two channels of the first bus, null where the host gives none or a misaligned pointer, and the number of
/// channels that the bus declares.
///
/// # Safety
/// Same as for [`channels`].
unsafe fn pair(buses: *const AudioBusBuffers, count: i32) -> ([*mut f32; CHANNELS], i32) {
    // SAFETY: as the caller promises.
    let (said, channels) = unsafe { channels(buses, count, 0) };
    let pair = [0, 1].map(|channel| {
        if channels.is_null() || channel >= said {
            ptr::null_mut()
        } else {
            // SAFETY: the index is below the number of channels of the bus.
            let channel = unsafe { *channels.add(channel as usize) };
            match channel.is_aligned() {
                true => channel,
                false => ptr::null_mut(),
            }
        }
    });
    (pair, said)
}

impl Buffers {
    /// Finds the channels of `data` and substitutes spare ones where it has none. `[audio]`
    ///
    /// # Safety
    /// The pointers in `data` are null or live for this call, as far as its counts say.
    pub(super) unsafe fn find(data: &ProcessData, spare: &mut Spare) -> Self {
        // SAFETY: as the caller promises.
        let ((mut inputs, _), (mut outputs, said)) = unsafe {
            (
                pair(data.inputs, data.numInputs),
                pair(data.outputs, data.numOutputs),
            )
        };
        // Two channels in the same memory cannot both be played.
        let apart = (outputs[0] as usize).abs_diff(outputs[1] as usize);
        let missing = outputs.iter().any(|channel| channel.is_null())
            || apart < data.numSamples.max(0) as usize * size_of::<f32>();
        for channel in inputs.iter_mut().filter(|channel| channel.is_null()) {
            *channel = spare.silence.as_mut_ptr();
        }
        if missing {
            outputs = spare.unheard.each_mut().map(|channel| channel.as_mut_ptr());
        }
        Self {
            inputs,
            outputs,
            // A bus without channels is switched off by the host, and a block without samples needs none.
            damaged: missing && said > 0 && data.numSamples > 0,
            heard: !missing,
        }
    }

    /// Returns the input and output channels of the piece at `start`.
    pub(super) fn piece(&self, start: i32, spare: &Spare) -> [[*mut f32; CHANNELS]; 2] {
        let ours = [&spare.silence, &spare.unheard[0], &spare.unheard[1]];
        [self.inputs, self.outputs].map(|channels| {
            channels.map(|channel| {
                // Spare channels are as long as a piece, and every piece uses them from their start.
                let is_ours = ours.iter().any(|ours| ptr::eq(ours.as_ptr(), channel));
                channel.wrapping_add(if is_ours { 0 } else { start as usize })
            })
        })
    }

    /// Sets the silence flags of the first output bus, by which hosts skip later processing. `[audio]`
    ///
    /// # Safety
    /// The outputs of `data` have been played for `samples` and are those that [`Buffers::find`] found.
    pub(super) unsafe fn mark_silence(&self, data: &ProcessData, samples: i32) {
        if !self.heard {
            return;
        }
        let silent = (0..CHANNELS).filter(|&channel| {
            // SAFETY: each channel of the host has room for the whole block.
            let heard = unsafe { slice::from_raw_parts(self.outputs[channel], samples as usize) };
            heard.iter().all(|sample| *sample == 0.0)
        });
        let flags = silent.fold(0, |flags, channel| flags | 1 << channel);
        // SAFETY: the channels are those of the first bus.
        unsafe { (*data.outputs).silenceFlags = flags };
    }
}

/// Returns two channels as a bus.
pub(super) fn bus(channels: &mut [*mut f32; CHANNELS]) -> AudioBusBuffers {
    AudioBusBuffers {
        numChannels: CHANNELS as i32,
        silenceFlags: 0,
        __field0: AudioBusBuffers__type0 {
            channelBuffers32: channels.as_mut_ptr(),
        },
    }
}

/// Clears the output channels of `data`, in the first bus from the channel `from` on, and sets their silence flags.
/// `[audio]`
///
/// # Safety
/// The pointers in `data` are null or live for this call, as far as its counts say.
pub(super) unsafe fn clear(data: &ProcessData, from: i32) {
    let samples = data.numSamples.max(0) as usize;
    let width = if data.symbolicSampleSize == kSample64 as i32 {
        size_of::<f64>()
    } else {
        size_of::<f32>()
    };
    for index in 0..data.numOutputs.min(MAX_CLEARED) {
        // SAFETY: as the caller promises.
        let (count, channels) = unsafe { channels(data.outputs, data.numOutputs, index) };
        if data.outputs.is_null() || channels.is_null() {
            continue;
        }
        let first = if index == 0 { from } else { 0 };
        for channel in first..count.min(MAX_CLEARED) {
            // SAFETY: the index is below the number of channels, each of which has `samples` samples of the host's
            // sample size.
            unsafe {
                let start = (*channels.add(channel as usize)).cast::<u8>();
                if !start.is_null() {
                    ptr::write_bytes(start, 0, samples * width);
                }
            }
        }
        if first == 0 {
            // SAFETY: inside the array.
            unsafe { (*data.outputs.add(index as usize)).silenceFlags = ALL_SILENT };
        }
    }
}
