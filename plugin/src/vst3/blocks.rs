//! Plays one block of the host through the wrapper: checked, and split into pieces that fit its room for events.

use vst3::ComPtr;
use vst3::ComWrapper;
use vst3::Steinberg::Vst::SymbolicSampleSizes_::kSample32;
use vst3::Steinberg::Vst::{
    IAudioProcessor, IAudioProcessorTrait, IEventList, IParameterChanges, ParamID, ProcessData,
};
use vst3::Steinberg::{kInvalidArgument, kResultOk, tresult};

use super::buffers::{Buffers, Spare, bus, clear};
use super::context::checked;
use super::listing::Listing;
use super::note_events::NoteEvents;
use super::parameter_points::Points;

/// Limit of notes and points in one piece. The wrapper reserves memory for 8192, and one sample has at most 7424: 4096
/// events, and 8 points of each of 416 controllers.
const MAX_IN_PIECE: usize = 8_000;

/// Everything that playing a block needs, allocated when the plugin is activated.
pub(super) struct Blocks {
    points: ComWrapper<Points>,
    points_pointer: ComPtr<IParameterChanges>,
    events: ComWrapper<NoteEvents>,
    events_pointer: ComPtr<IEventList>,
    spare: Spare,
    rate: f64,
}

/// Piece of a block, with the ranges of its points and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    start: i32,
    end: i32,
    points: (usize, usize),
    events: (usize, usize),
}

impl Blocks {
    /// Returns buffers for blocks of up to `samples` at `rate`; longer blocks are played too. `[gui]`
    pub(super) fn new(listing: &Listing, samples: usize, rate: f64) -> Self {
        let points = Points::new(listing.known().len());
        let events = NoteEvents::new();
        Self {
            points_pointer: points.to_com_ptr().expect("it is in its own list"),
            events_pointer: events.to_com_ptr().expect("it is in its own list"),
            points,
            events,
            spare: Spare::new(samples),
            rate,
        }
    }

    /// Sets the parameters to `values` with a flush, without sound. `[gui]`
    pub(super) fn set(&mut self, processor: &ComPtr<IAudioProcessor>, values: &[(ParamID, f64)]) {
        self.points.set(values);
        self.events.show((0, 0), 0);
        let mut flush = ProcessData {
            processMode: 0,
            symbolicSampleSize: kSample32 as i32,
            numSamples: 0,
            numInputs: 0,
            numOutputs: 0,
            inputs: std::ptr::null_mut(),
            outputs: std::ptr::null_mut(),
            inputParameterChanges: self.points_pointer.as_ptr(),
            outputParameterChanges: std::ptr::null_mut(),
            inputEvents: self.events_pointer.as_ptr(),
            outputEvents: std::ptr::null_mut(),
            processContext: std::ptr::null_mut(),
        };
        // SAFETY: the lists live as long as `self`, and a block without samples has no buffers.
        unsafe { processor.process(&mut flush) };
    }

    /// Plays the host's block. `[audio]`
    ///
    /// # Safety
    /// The pointers in `data` are null or live for this call, as far as its counts say.
    pub(super) unsafe fn play(
        &mut self,
        processor: &ComPtr<IAudioProcessor>,
        data: &ProcessData,
        listing: &Listing,
    ) -> tresult {
        let samples = data.numSamples;
        if samples < 0 || data.symbolicSampleSize != kSample32 as i32 {
            // SAFETY: as the caller promises.
            unsafe { clear(data, 0) };
            return kInvalidArgument;
        }
        // SAFETY: as the caller promises.
        let buffers = unsafe {
            self.points
                .read(data.inputParameterChanges, samples, listing);
            self.events.read(data.inputEvents, samples);
            Buffers::find(data, &mut self.spare)
        };
        // Memory is allocated for the announced length, here and in the plugin.
        let longest = samples.min(self.spare.samples() as i32);
        let mut piece = Piece {
            start: 0,
            end: 0,
            points: (0, 0),
            events: (0, 0),
        };
        loop {
            piece = self.next(piece, samples, longest);
            // SAFETY: the piece lies in the block.
            let result = unsafe { self.play_piece(processor, data, &buffers, piece) };
            if result != kResultOk {
                // Another thread has ended processing meanwhile, and the wrapper has written nothing.
                // SAFETY: as the caller promises.
                unsafe { clear(data, 0) };
                return result;
            }
            if piece.end >= samples {
                break;
            }
        }
        // SAFETY: the block has been played.
        unsafe {
            if buffers.damaged {
                clear(data, 0);
                return kInvalidArgument;
            }
            buffers.mark_silence(data, samples);
            clear(data, 2);
        }
        kResultOk
    }

    /// Returns the piece after `last`, with at most `longest` samples.
    fn next(&self, last: Piece, samples: i32, longest: i32) -> Piece {
        let start = last.end;
        let limit = samples.min(start.saturating_add(longest.max(1)));
        let mut piece = Piece {
            start,
            end: limit,
            points: (last.points.1, last.points.1),
            events: (last.events.1, last.events.1),
        };
        // All events at one sample stay in one piece.
        loop {
            let next = [
                self.points.offset(piece.points.1),
                self.events.offset(piece.events.1),
            ];
            let Some(sample) = next.into_iter().flatten().min() else {
                break;
            };
            if sample >= limit && samples > 0 {
                break;
            }
            let (mut points, mut events) = (piece.points.1, piece.events.1);
            while self.points.offset(points) == Some(sample) {
                points += 1;
            }
            while self.events.offset(events) == Some(sample) {
                events += 1;
            }
            let count = points - piece.points.0 + events - piece.events.0;
            if count > MAX_IN_PIECE && sample > start {
                piece.end = sample;
                break;
            }
            (piece.points.1, piece.events.1) = (points, events);
        }
        piece
    }

    /// # Safety
    /// Same as for [`Blocks::play`], and `piece` lies in the block.
    unsafe fn play_piece(
        &mut self,
        processor: &ComPtr<IAudioProcessor>,
        data: &ProcessData,
        buffers: &Buffers,
        piece: Piece,
    ) -> tresult {
        self.points.show(piece.points, piece.start);
        self.events.show(piece.events, piece.start);
        let [mut inputs, mut outputs] = buffers.piece(piece.start, &self.spare);
        let (mut input, mut output) = (bus(&mut inputs), bus(&mut outputs));
        // SAFETY: null or alive, as the caller promises.
        let context = unsafe { data.processContext.as_ref() };
        let mut context = context.map(|context| checked(context, piece.start, self.rate));
        let mut part = ProcessData {
            numSamples: piece.end - piece.start,
            numInputs: 1,
            numOutputs: 1,
            inputs: &mut input,
            outputs: &mut output,
            inputParameterChanges: self.points_pointer.as_ptr(),
            inputEvents: self.events_pointer.as_ptr(),
            processContext: context
                .as_mut()
                .map_or(std::ptr::null_mut(), std::ptr::from_mut),
            ..*data
        };
        // SAFETY: every pointer points to memory that lives until the call returns; the two lists that the wrapper
        // writes to are null or the host's.
        unsafe { processor.process(&mut part) }
    }
}
