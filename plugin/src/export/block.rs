//! A host's block, checked before nice-plug sees it and passed on in pieces that nice-plug has memory for.

use std::ptr;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::*;
use clap_sys::fixedpoint::{CLAP_BEATTIME_FACTOR, CLAP_SECTIME_FACTOR};
use clap_sys::process::clap_process;

use super::host_events::sound_transport;

/// Samples of the longest piece.
pub(super) const MAX_PIECE: u32 = 8192;

/// Silent input for channels that the host leaves out.
static SILENCE: [f32; MAX_PIECE as usize] = [0.0; MAX_PIECE as usize];

/// Both output channels, each with room for the whole block.
#[derive(Clone, Copy)]
pub(super) struct Output([*mut f32; 2]);

impl Output {
    /// Returns the output of `block`: `None` if a port, a channel or a pointer is missing, or if both channels share
    /// memory. `[audio]`
    ///
    /// # Safety
    /// All pointers in `block` are null or valid as CLAP requires.
    pub(super) unsafe fn of(block: &clap_process) -> Option<Self> {
        // SAFETY: as the caller promises.
        let [left, right] = unsafe { channels(block.audio_outputs, block.audio_outputs_count) };
        let (left, right) = (left?, right?);
        let apart = (left as usize).abs_diff(right as usize);
        (apart >= block.frames_count as usize * size_of::<f32>()).then_some(Self([left, right]))
    }

    /// Silences `block` from sample `from` on, as far as its pointers allow. `[audio]`
    ///
    /// # Safety
    /// As for [`of`](Self::of).
    pub(super) unsafe fn clear(block: &clap_process, from: u32) {
        // SAFETY: as the caller promises.
        let channels = unsafe { channels(block.audio_outputs, block.audio_outputs_count) };
        let count = block.frames_count.saturating_sub(from) as usize;
        for channel in channels.into_iter().flatten() {
            // SAFETY: each channel has as many samples as the block has frames, as CLAP demands.
            unsafe { ptr::write_bytes(channel.add(from as usize), 0, count) };
        }
    }

    /// Returns pointers to the samples from `from` on.
    fn pointers(self, from: u32) -> [*mut f32; 2] {
        // The block has more than `from` samples, so this stays within the channel.
        self.0.map(|channel| channel.wrapping_add(from as usize))
    }
}

/// Returns the first two channels of the first of `count` ports, where present and aligned for floats.
///
/// # Safety
/// `ports` is null or points to `count` ports, whose pointers are null or valid.
unsafe fn channels(ports: *const clap_audio_buffer, count: u32) -> [Option<*mut f32>; 2] {
    if ports.is_null() || count == 0 {
        return [None; 2];
    }
    // SAFETY: there is at least one.
    let port = unsafe { ports.read_unaligned() };
    if port.data32.is_null() {
        return [None; 2];
    }
    [0, 1].map(|channel| {
        if channel >= port.channel_count {
            return None;
        }
        // SAFETY: there are as many pointers as channels.
        let pointer = unsafe { port.data32.add(channel as usize).read_unaligned() };
        (!pointer.is_null() && pointer.is_aligned()).then_some(pointer)
    })
}

/// A part of a block: pointers to its samples, and the transport at its start.
pub(super) struct Piece {
    output: [*mut f32; 2],
    external: [*mut f32; 2],
    transport: Option<clap_event_transport>,
    frames: u32,
    steady_time: i64,
}

impl Piece {
    /// Returns the samples `from..to` of `block`. Missing channels of the External input are silent. `[audio]`
    ///
    /// # Safety
    /// As for [`Output::of`]; `from < to`, and both are in the block.
    pub(super) unsafe fn of(
        block: &clap_process,
        output: Output,
        transport: Option<clap_event_transport>,
        from: u32,
        to: u32,
    ) -> Self {
        // SAFETY: as the caller promises.
        let external = unsafe { channels(block.audio_inputs, block.audio_inputs_count) };
        let steady_time = match block.steady_time {
            // A negative time means unknown.
            time @ ..0 => time,
            time => time.saturating_add(from.into()),
        };
        Self {
            output: output.pointers(from),
            external: external.map(|channel| match channel {
                Some(channel) => channel.wrapping_add(from as usize),
                // nice-plug copies its inputs and never writes to them.
                None => SILENCE.as_ptr().cast_mut(),
            }),
            transport,
            frames: to - from,
            steady_time,
        }
    }

    /// Calls `process` with the piece and these events in CLAP's format. `[audio]`
    pub(super) fn run<T>(
        mut self,
        in_events: &clap_input_events,
        out_events: &clap_output_events,
        process: impl FnOnce(&clap_process) -> T,
    ) -> T {
        let port = |channels: &mut [*mut f32; 2]| clap_audio_buffer {
            data32: channels.as_mut_ptr(),
            data64: ptr::null_mut(),
            channel_count: 2,
            latency: 0,
            constant_mask: 0,
        };
        let inputs = port(&mut self.external);
        let mut outputs = port(&mut self.output);
        process(&clap_process {
            steady_time: self.steady_time,
            frames_count: self.frames,
            transport: self.transport.as_ref().map_or(ptr::null(), ptr::from_ref),
            audio_inputs: &raw const inputs,
            audio_outputs: &raw mut outputs,
            audio_inputs_count: 1,
            audio_outputs_count: 1,
            in_events,
            out_events,
        })
    }
}

/// Returns a copy of the transport of `block`, which later events replace. `[audio]`
///
/// # Safety
/// As for [`Output::of`].
pub(super) unsafe fn transport(block: &clap_process) -> Option<clap_event_transport> {
    // SAFETY: null or a transport, as the caller promises.
    let transport =
        (!block.transport.is_null()).then(|| unsafe { block.transport.read_unaligned() })?;
    Some(sound_transport(transport))
}

/// Returns `transport` after `samples` more samples at `sample_rate` in Hz, or before, if `samples` is negative.
pub(super) fn later(
    transport: clap_event_transport,
    samples: i64,
    sample_rate: f64,
) -> clap_event_transport {
    let seconds = samples as f64 / sample_rate;
    let is_playing = transport.flags & CLAP_TRANSPORT_IS_PLAYING != 0;
    if !is_playing || !seconds.is_finite() {
        return transport;
    }
    let beats = seconds / 60.0 * transport.tempo;
    clap_event_transport {
        song_pos_seconds: transport
            .song_pos_seconds
            .saturating_add((seconds * CLAP_SECTIME_FACTOR as f64).round() as i64),
        song_pos_beats: transport
            .song_pos_beats
            .saturating_add((beats * CLAP_BEATTIME_FACTOR as f64).round() as i64),
        ..transport
    }
}
