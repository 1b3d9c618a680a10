//! The points of a block's automation, each at its own sample.
//!
//! A host gives a queue of points for each parameter, and the wrapper plays the last point of each queue. So it is shown a queue of
//! one point for each point, in order of time.

use std::cell::{Cell, RefCell};

use vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID,
    ParamValue,
};
use vst3::Steinberg::{int32, kInvalidArgument, kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

use super::listing::{Kind, Listing};

/// Points of one block that are played one by one. Of further ones the last of each parameter is.
const MOST: usize = 16_384;
/// Points that are looked at in one queue, beside its last one, and queues that are looked at.
const MAX_READ: i32 = 65_536;
/// Points that are looked at in one block, beside the last one of each queue.
const MAX_READ_IN_BLOCK: i32 = 1 << 20;
/// Messages of one controller at one sample. Of further ones the last is played.
const MAX_TURNS: u16 = 8;

/// A value of a parameter at a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Samples from the start of the block.
    pub(super) offset: i32,
    /// Number of points of the same queue before it at the same sample.
    turn: u16,
    rank: u8,
    arrival: u32,
    id: ParamID,
    /// 0 to 1.
    value: f64,
}

/// What the wrapper sees in the place of the host's `IParameterChanges`: a stretch of the points.
pub(super) struct Points {
    list: RefCell<Vec<Point>>,
    /// The stretch that is shown.
    shown: Cell<(usize, usize)>,
    /// The sample that offsets are counted from.
    start: Cell<i32>,
    queue: ComWrapper<Queue>,
    queue_pointer: ComPtr<IParamValueQueue>,
}

/// A queue of one point, the one that was asked for last. The wrapper reads a queue before it asks for the next.
struct Queue(Cell<(ParamID, i32, f64)>);

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl Class for Points {
    type Interfaces = (IParameterChanges,);
}

impl Points {
    /// Room for the points of a block in which any of `parameters` move.
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

    /// Takes the points of a block of `samples` from the host, in order of time. `[audio]`
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
        // SAFETY: the host's objects live for this call; every pointer of theirs is checked.
        unsafe {
            for index in 0..changes.getParameterCount().min(MAX_READ) {
                if let Some(queue) = ComRef::from_raw(changes.getParameterData(index)) {
                    read_queue(&mut list, &queue, samples, listing, &mut left);
                }
            }
        }
        // What is sorted lies in place, without the memory that a stable sort would ask for.
        list.sort_unstable_by_key(|point| (point.offset, point.turn, point.rank, point.arrival));
    }

    /// Takes `values`, all at the first sample. `[gui]`
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

    /// The sample of a point.
    pub(super) fn offset(&self, index: usize) -> Option<i32> {
        self.list.borrow().get(index).map(|point| point.offset)
    }

    /// Shows the points of a stretch, whose offsets count from `start`. `[audio]`
    pub(super) fn show(&self, stretch: (usize, usize), start: i32) {
        self.shown.set(stretch);
        self.start.set(start);
    }
}

/// Takes the points of one queue, of which `left` may be looked at beside the last one.
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
    // Only MIDI messages at one sample can say something together.
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
                // Beyond the room for all parameters there are only queues that repeat a parameter.
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
