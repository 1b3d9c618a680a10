//! The real-time layer: building blocks that the audio thread can use without allocating or waiting.

mod arena;
mod bits;
mod bridge;
mod changes;
mod channels;
mod clock;
mod counting_allocator;
pub mod metrics;
mod pool;
mod ramp;
mod simd;
mod smoothing;
mod sync;
mod thread;
mod tick;
#[cfg(feature = "serde")]
mod units;

pub use arena::{Arena, Scope, Scratch};
pub use bits::ones;
pub use bridge::{
    BridgeConfig, BridgeControl, BridgeReader, BridgeStatus, FrameState, FrameWriter, Identity,
    MAX_FRAMES, MAX_SAMPLES, MAX_SPARES, Received, Receiver, ResizeError, Row, Sender, Stamp,
    bridge,
};
pub(crate) use bridge::{Field, bridge_fields};
pub use changes::{BatchConfig, BatchStats, Change, Changes, MAX_CHANGES};
pub use channels::Channels;
pub use clock::{Clock, MockTime};
pub use counting_allocator::{AllocationWatch, CountingAllocator};
pub use pool::{
    ACCOUNTS, Account, ClassStats, FfiMut, Frame, FrameInfo, FramePool, LocalPool, Maintained,
    PoolConfig, PoolError, PoolMaintainer, PoolStats, Refusal, Refused, Sample, SharedFrame, State,
};
pub use ramp::Ramp;
pub use simd::{Work, dispatch};
pub use smoothing::{CONTROLS_PER_BLOCK, SmoothingBank, Style};
pub use thread::this_thread;
pub use tick::{TICK, TickClock, halfway, part_halfway};
