//! The consumer's end of a bridge.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::counters::{BridgeCounters, FrameState, add};
use super::mailbox::{Inbox, Outbox};
use super::{Identity, ReturnedFrame, SentFrame, Stamp};
use crate::rt::pool::Frame;

/// Receives frames in the order of sending. `[worker]`, one thread.
pub struct Receiver {
    incoming: RefCell<Inbox<SentFrame>>,
    returns: RefCell<Outbox<ReturnedFrame>>,
    counters: Arc<BridgeCounters>,
}

/// A frame held by the consumer; dropping it returns it. Several may be held at once.
pub struct Received<'a> {
    receiver: &'a Receiver,
    /// `None` once the frame has been returned.
    frame: Option<Frame<f32>>,
    identity: Identity,
    stamp: Stamp,
}

impl Receiver {
    pub(super) fn new(
        incoming: Inbox<SentFrame>,
        returns: Outbox<ReturnedFrame>,
        counters: Arc<BridgeCounters>,
    ) -> Self {
        Self {
            incoming: RefCell::new(incoming),
            returns: RefCell::new(returns),
            counters,
        }
    }

    /// Returns the next frame, if one has arrived.
    #[inline]
    pub fn receive(&self) -> Option<Received<'_>> {
        let SentFrame {
            frame,
            identity,
            stamp,
        } = self.incoming.borrow_mut().receive()?;
        self.counters
            .receiver_says(identity, FrameState::Processing);
        add(&self.counters.receiver().received, 1);
        Some(Received {
            receiver: self,
            frame: Some(frame),
            identity,
            stamp,
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.counters.receiver().gone.store(true, Relaxed);
    }
}

impl Received<'_> {
    /// Returns the header of the frame.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Returns the identity of the frame.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Returns the valid samples of channel `n`, counted from 0; empty if there is no such channel.
    pub fn channel(&self, n: usize) -> &[f32] {
        let valid = usize::from(self.stamp.valid);
        let stride = self.len() / usize::from(self.stamp.channels).max(1);
        if n >= usize::from(self.stamp.channels) {
            return &[];
        }
        self.get(n * stride..n * stride + valid.min(stride))
            .unwrap_or(&[])
    }
}

impl Deref for Received<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.frame.as_deref().unwrap_or(&[])
    }
}

impl Drop for Received<'_> {
    #[inline]
    fn drop(&mut self) {
        let Some(frame) = self.frame.take() else {
            return;
        };
        self.receiver
            .counters
            .receiver_says(self.identity, FrameState::Available);
        // If the return path is full, which takes more frames than one set has, the frame goes back to its
        // pool and the sender writes it off after the timeout.
        let _ = self.receiver.returns.borrow_mut().send(ReturnedFrame {
            frame,
            identity: self.identity,
        });
    }
}
