//! The frames of a bridge, as the sender knows them.

use std::time::Duration;

use super::limits::{ResizeError, check};
use super::{BridgeConfig, Identity, MAX_FRAMES, MAX_SPARES};
use crate::rt::pool::{Frame, FramePool};

/// The frames of a bridge, as the sender knows them. Made and freed off the audio thread.
pub(super) struct Set {
    pub(super) epoch: u32,
    pub(super) samples: usize,
    /// Frames that can be filled, with the number under which they go.
    pub(super) ready: Vec<(u16, Frame<f32>)>,
    pub(super) spares: Vec<Frame<f32>>,
    pub(super) slots: Vec<SetSlot>,
}

/// One number of the set.
#[derive(Clone, Copy)]
pub(super) struct SetSlot {
    pub(super) generation: u32,
    pub(super) location: FrameLocation,
}

/// Where the frame under a number is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum FrameLocation {
    /// Among the ready ones, or being filled.
    Ready,
    /// Sent then.
    Out(Duration),
    /// Written off and not replaced.
    Vacant,
}

impl Set {
    /// Takes the frames from `pool`.
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
        // Room for every frame that can ever come: those of the set, and its spares.
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
