//! The real-time ground floor: what the audio thread may stand on without allocating or waiting.

mod counting_allocator;
mod meter;
mod ramp;
mod smoothing;
mod tick;

pub use counting_allocator::CountingAllocator;
pub use meter::{BlockMeter, MeterReader, Piece, Reading, block_meter};
pub use ramp::Ramp;
pub use smoothing::SmoothingBank;
pub use tick::{TICK, TickClock};
