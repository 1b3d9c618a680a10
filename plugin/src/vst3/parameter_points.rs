//! The points of a block's automation, each at its own sample.
//!
//! A host gives one queue of points for each parameter, of which the wrapper plays only the last point. So the wrapper
//! is given a queue of one point for each point, in order of time.

use std::cell::{Cell, RefCell};

use vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID,
    ParamValue,
};
use vst3::Steinberg::{int32, kInvalidArgument, kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::listing::{Kind, Listing};

/// Limit of points in one block that are all played. Beyond it, only the last point of each parameter is.
const MOST: usize = 16_384;
/// Limit of queues, and of points of one queue besides its last one, that are read.
const MAX_READ: i32 = 65_536;
/// Limit of points in one block that are read, besides the last one of each queue.
const MAX_READ_IN_BLOCK: i32 = 1 << 20;
/// Limit of messages of one controller at one sample. Beyond it, the last is played.
const MAX_TURNS: u16 = 8;

/// Value of a parameter at a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Offset in samples from the start of the block.
    pub(super) offset: i32,
    /// Number of earlier points of the same queue at the same sample.
    turn: u16,
    rank: u8,
    arrival: u32,
    id: ParamID,
    /// Normalized value, 0 to 1.
    value: f64,
}

/// Range of the points, which the wrapper gets in place of the host's `IParameterChanges`.
pub(super) struct Points {
    list: RefCell<Vec<Point>>,
    /// Range that is shown.
    shown: Cell<(usize, usize)>,
    /// Sample that offsets count from.
    start: Cell<i32>,
    queue: ComWrapper<Queue>,
    queue_pointer: ComPtr<IParamValueQueue>,
}

/// Queue of one point, the one that was requested last. The wrapper reads a queue before it requests the next.
struct Queue(Cell<(ParamID, i32, f64)>);

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl Class for Points {
    type Interfaces = (IParameterChanges,);
}

impl Points {
    /// Allocates room for the points of a block in which any of `parameters` change.
    pub(super) fn new(parameters: usize) -> ComWrapper<Self> {
        let queue = ComWrapper::new(Queue(Cell::new((0, 0, 0.0))));
        let queue_pointer = queue.to_com_ptr().expect("a queue is in its own list");
        ComWrapper::new(Self {
            list: RefCell::new(Vec::with_capacity(MOST + parameters)),
            shown: Cell::new((0, 0)),
            start: Cell::new(0),
            queue,
            queue_pointer,
        })
    }

    /// Reads the points of a block of `samples` from the host and sorts them by time. `[audio]`
    ///
    /// # Safety
    /// `changes` is null or lives for this call.
    pub(super) unsafe fn read(
        &self,
        changes: *mut IParameterChanges,
        samples: i32,
        listing: &Listing,
    ) {
        let mut list = self.list.borrow_mut();
        list.clear();
        self.shown.set((0, 0));
        // SAFETY: null or alive, as the caller promises.
        let Some(changes) = (unsafe { ComRef::from_raw(changes) }) else {
            return;
        };
        let mut left = MAX_READ_IN_BLOCK;
        // SAFETY: the host's objects live for this call; each of their pointers is checked.
        unsafe {
            for index in 0..changes.getParameterCount().min(MAX_READ) {
                if let Some(queue) = ComRef::from_raw(changes.getParameterData(index)) {
                    read_queue(&mut list, &queue, samples, listing, &mut left);
                }
            }
        }
        // An unstable sort needs no memory.
        list.sort_unstable_by_key(|point| (point.offset, point.turn, point.rank, point.arrival));
    }

    /// Sets `values`, all at the first sample. `[gui]`
    pub(super) fn set(&self, values: &[(ParamID, f64)]) {
        let mut list = self.list.borrow_mut();
        list.clear();
        let points = values.iter().zip(0..).map(|(&(id, value), arrival)| Point {
            offset: 0,
            turn: 0,
            rank: 1,
            arrival,
            id,
            value,
        });
        list.extend(points);
        self.show((0, values.len()), 0);
    }

    /// Returns the sample of a point.
    pub(super) fn offset(&self, index: usize) -> Option<i32> {
        self.list.borrow().get(index).map(|point| point.offset)
    }

    /// Shows the points of the range `stretch`, with offsets counted from `start`. `[audio]`
    pub(super) fn show(&self, stretch: (usize, usize), start: i32) {
        self.shown.set(stretch);
        self.start.set(start);
    }
}

/// Reads the points of one queue, at most `left` of them besides the last one.
///
/// # Safety
/// The queue lives for this call.
unsafe fn read_queue(
    list: &mut Vec<Point>,
    queue: &ComRef<IParamValueQueue>,
    samples: i32,
    listing: &Listing,
    left: &mut i32,
) {
    // SAFETY: the queue lives, as the caller promises.
    let (id, count) = unsafe { (queue.getParameterId(), queue.getPointCount()) };
    let Some(known) = listing.get(id) else {
        return;
    };
    // Only MIDI messages belong together at one sample.
    let (rank, most_turns) = match known.kind {
        Kind::Own(_) => (1, 0),
        Kind::Midi(proxy) => (proxy.rank(), MAX_TURNS),
    };
    let mut last: Option<usize> = None;
    let read = count.clamp(0, MAX_READ.min(*left));
    *left -= read;
    let beyond = (count > read).then_some(count - 1);
    for index in (0..read).chain(beyond) {
        let (mut offset, mut value) = (0, f64::NAN);
        // SAFETY: the queue lives, and both places are ours.
        let result = unsafe { queue.getPoint(index, &mut offset, &mut value) };
        if result != kResultOk || !value.is_finite() {
            continue;
        }
        let mut point = Point {
            offset: offset.clamp(0, (samples - 1).max(0)),
            turn: 0,
            rank,
            arrival: list.len() as u32,
            id,
            value: value.clamp(0.0, 1.0),
        };
        let full = list.len() >= MOST;
        match last.map(|place| &mut list[place]) {
            Some(before) if full => {
                point.arrival = before.arrival;
                *before = point;
            }
            Some(before) if before.offset == point.offset && before.turn >= most_turns => {
                before.value = point.value;
            }
            before => {
                if let Some(before) = before.filter(|before| before.offset == point.offset) {
                    point.turn = before.turn + 1;
                }
                // Beyond the room for all parameters, only queues that repeat a parameter are left out.
                if list.len() < list.capacity() {
                    last = Some(list.len());
                    list.push(point);
                }
            }
        }
    }
    if last.is_some() {
        known.play_point();
    }
}

impl IParameterChangesTrait for Points {
    unsafe fn getParameterCount(&self) -> int32 {
        let (from, to) = self.shown.get();
        (to - from) as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        let list = self.list.borrow();
        let place = self.shown.get().0 + index.max(0) as usize;
        if let Some(point) = list.get(place) {
            let offset = point.offset - self.start.get();
            self.queue.0.set((point.id, offset, point.value));
        }
        self.queue_pointer.as_ptr()
    }

    unsafe fn addParameterData(
        &self,
        _id: *const ParamID,
        _index: *mut int32,
    ) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.0.get().0
    }

    unsafe fn getPointCount(&self) -> int32 {
        1
    }

    unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        if index != 0 || offset.is_null() || value.is_null() {
            return kInvalidArgument;
        }
        let (_, at, point) = self.0.get();
        // SAFETY: not null, and the wrapper's to be filled.
        unsafe {
            *offset = at;
            *value = point;
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _offset: int32, _value: ParamValue, _index: *mut int32) -> tresult {
        kNotImplemented
    }
}
