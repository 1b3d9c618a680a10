//! The set of frames that a bridge circulates.

use std::time::Duration;

use super::limits::{ResizeError, check};
use super::{BridgeConfig, Identity, MAX_FRAMES, MAX_SPARES};
use crate::rt::pool::{Frame, FramePool};

/// The sender's record of the frames of a bridge. Allocated and freed off the audio thread.
pub(super) struct Set {
    pub(super) epoch: u32,
    pub(super) samples: usize,
    /// Frames that can be filled, each with its number in the set.
    pub(super) ready: Vec<(u16, Frame<f32>)>,
    pub(super) spares: Vec<Frame<f32>>,
    pub(super) slots: Vec<SetSlot>,
}

/// State of one number of the set.
#[derive(Clone, Copy)]
pub(super) struct SetSlot {
    pub(super) generation: u32,
    pub(super) location: FrameLocation,
}

/// Location of the frame with a given number.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum FrameLocation {
    /// Ready or being filled.
    Ready,
    /// Sent at this time.
    Out(Duration),
    /// Written off and not replaced.
    Vacant,
}

impl Set {
    /// Acquires the frames from `pool`.
    pub(super) fn gather(
        pool: &FramePool,
        config: &BridgeConfig,
        epoch: u32,
    ) -> Result<Box<Self>, ResizeError> {
        check(config)?;
        let samples = config.samples;
        let acquire = || {
            let frame = pool.acquire_for::<f32>(samples, config.account);
            frame.ok_or_else(|| {
                pool.request::<f32>(samples, config.frames + config.spares);
                ResizeError::PoolEmpty { samples }
            })
        };
        // Capacity for every frame that can ever arrive: those of the set, and its spares.
        let mut ready = Vec::with_capacity(MAX_FRAMES);
        for id in (0..config.frames).rev() {
            ready.push((id as u16, acquire()?));
        }
        let mut spares = Vec::with_capacity(MAX_FRAMES + MAX_SPARES);
        for _ in 0..config.spares {
            spares.push(acquire()?);
        }
        let slot = SetSlot {
            generation: 0,
            location: FrameLocation::Ready,
        };
        Ok(Box::new(Self {
            epoch,
            samples,
            ready,
            spares,
            slots: vec![slot; config.frames],
        }))
    }

    pub(super) fn identity(&self, id: u16) -> Identity {
        Identity {
            id,
            epoch: self.epoch,
            generation: self.slots[usize::from(id)].generation,
        }
    }
}
