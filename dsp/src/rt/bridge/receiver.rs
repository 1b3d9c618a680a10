//! The consumer's end of a bridge.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::counters::{BridgeCounters, FrameState, add};
use super::mailbox::{Inbox, Outbox};
use super::{Identity, ReturnedFrame, SentFrame, Stamp};
use crate::rt::pool::Frame;

/// Receives frames in the order in which they were sent. `[worker]`, one thread.
pub struct Receiver {
    incoming: RefCell<Inbox<SentFrame>>,
    returns: RefCell<Outbox<ReturnedFrame>>,
    counters: Arc<BridgeCounters>,
}

/// A frame with the consumer; dropping it returns it. Several may be held at once.
pub struct Received<'a> {
    receiver: &'a Receiver,
    /// Taken when it is returned.
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

    /// The next frame, if one is there.
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
    /// What the frame carries beside its samples.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Which frame it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The valid samples of channel `n`, counted from 0; empty where there is no such channel.
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
        // Where the way back is full, which takes a set of frames more than there are, the frame
        // goes to its pool and the sender writes it off in time.
        let _ = self.receiver.returns.borrow_mut().send(ReturnedFrame {
            frame,
            identity: self.identity,
        });
    }
}
