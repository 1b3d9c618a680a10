//! The audio thread's end of a bridge.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::control::SharedSettings;
use super::counters::{BridgeCounters, FrameState, add};
use super::mailbox::{Inbox, Outbox};
use super::set::{FrameLocation, Set};
use super::{Identity, ReturnedFrame, SentFrame, Stamp};
use crate::rt::Clock;
use crate::rt::pool::Frame;

/// Interval of timed acquires: only every 64th is timed, because reading the clock costs more than the acquire.
const TIMED: u64 = 64;

/// Sends frames. `[audio]`
pub struct Sender {
    out: Outbox<SentFrame>,
    back: Inbox<ReturnedFrame>,
    set: Box<Set>,
    counters: Arc<BridgeCounters>,
    settings: Arc<SharedSettings>,
    clock: Clock,
    /// Time passed to the last [`maintain`](Self::maintain).
    now: Duration,
    /// Time of the last returned frame, or of the first frame sent while none was in flight.
    last_sign: Duration,
    in_flight: usize,
    /// Lower bound of the send times of all frames in flight.
    oldest: Duration,
    vacancies: usize,
}

/// A frame that is being filled. There is no time limit on filling it; a writer that is neither sent nor put back is
/// missing from the set until the next resize.
#[must_use = "send it, or put it back"]
pub struct FrameWriter {
    frame: Frame<f32>,
    identity: Identity,
}

impl FrameWriter {
    /// Returns the identity of the frame.
    pub fn identity(&self) -> Identity {
        self.identity
    }
}

impl Deref for FrameWriter {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.frame
    }
}

impl DerefMut for FrameWriter {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.frame
    }
}

impl Sender {
    /// Returns the number of drops so far.
    pub fn drops(&self) -> u64 {
        self.counters.sender().drops.load(Relaxed)
    }

    pub(super) fn new(
        out: Outbox<SentFrame>,
        back: Inbox<ReturnedFrame>,
        set: Box<Set>,
        counters: Arc<BridgeCounters>,
        settings: Arc<SharedSettings>,
    ) -> Self {
        Self {
            out,
            back,
            set,
            counters,
            settings,
            clock: Clock::default(),
            now: Duration::ZERO,
            last_sign: Duration::ZERO,
            in_flight: 0,
            oldest: Duration::ZERO,
            vacancies: 0,
        }
    }

    /// Returns the number of `f32` samples per frame.
    pub fn samples(&self) -> usize {
        self.set.samples
    }

    /// Returns a frame to be filled, or `None` if all are out, which counts as a drop.
    #[inline]
    pub fn acquire(&mut self) -> Option<FrameWriter> {
        let words = self.counters.sender();
        let asked = words.acquires.load(Relaxed);
        words.acquires.store(asked + 1, Relaxed);
        if !asked.is_multiple_of(TIMED) {
            return self.acquire_ready();
        }
        // Not in a function of its own, which would return every writer through memory.
        let began = self.clock.now();
        let writer = self.acquire_ready();
        self.count_time(began);
        writer
    }

    #[inline(always)]
    fn acquire_ready(&mut self) -> Option<FrameWriter> {
        if self.set.ready.is_empty() {
            self.collect();
        }
        let Some((id, frame)) = self.set.ready.pop() else {
            add(&self.counters.sender().drops, 1);
            return None;
        };
        Some(FrameWriter {
            frame,
            identity: self.set.identity(id),
        })
    }

    /// Counts the time of an acquire that started at `began` on the clock.
    #[cold]
    fn count_time(&self, began: u64) {
        let nanos = self.clock.now() - began;
        let words = self.counters.sender();
        add(&words.timed, 1);
        add(&words.timed_nanos, nanos);
        if nanos > words.worst_nanos.load(Relaxed) {
            words.worst_nanos.store(nanos, Relaxed);
        }
    }

    /// Sends `writer` and moves the ownership of its frame to the consumer.
    ///
    /// ```compile_fail
    /// # use tidepool_dsp::rt::{BridgeConfig, FramePool, PoolConfig, Stamp, bridge};
    /// let (pool, _maintainer) = FramePool::new(PoolConfig::default()).unwrap();
    /// let (mut sender, _receiver, _control) = bridge(&pool, BridgeConfig::default()).unwrap();
    /// let mut writer = sender.acquire().unwrap();
    /// sender.send(writer, Stamp::default());
    /// writer[0] = 1.0; // moved away
    /// ```
    #[inline]
    pub fn send(&mut self, writer: FrameWriter, stamp: Stamp) {
        let FrameWriter { frame, identity } = writer;
        if identity.epoch != self.set.epoch {
            // Filled across a resize: the frame returns to the pool.
            add(&self.counters.sender().drops, 1);
            return;
        }
        let parcel = SentFrame {
            frame,
            identity,
            stamp,
        };
        if let Err(SentFrame { frame, .. }) = self.out.send(parcel) {
            // The ring has room for two sets of frames, so it should never be full; if it is, the samples are
            // dropped and the frame is kept.
            add(&self.counters.sender().drops, 1);
            return self.put_back(FrameWriter { frame, identity });
        }
        if self.in_flight == 0 {
            self.oldest = self.now;
            if !self.stalled() {
                self.last_sign = self.now;
            }
        }
        self.in_flight += 1;
        self.set.slots[usize::from(identity.id)].location = FrameLocation::Out(self.now);
        self.counters.sender_says(identity, FrameState::InFlight);
        add(&self.counters.sender().sent, 1);
    }

    /// Takes `writer` back unsent.
    pub fn put_back(&mut self, writer: FrameWriter) {
        let FrameWriter { frame, identity } = writer;
        // A frame that was filled across a resize returns to the pool.
        if identity.epoch == self.set.epoch {
            self.set.ready.push((identity.id, frame));
        }
    }

    /// To be called once per block: collects returned frames, writes off those overdue at `now` on a monotonic clock,
    /// detects stalls, and takes over a new set of frames from the control.
    pub fn maintain(&mut self, now: Duration) {
        self.now = now.max(self.now);
        if !self.settings.fresh.is_empty() {
            self.renew();
        }
        self.collect();
        if self.in_flight > 0 {
            self.write_off();
        }
        self.look_for_stalls();
    }

    fn stalled(&self) -> bool {
        self.counters.sender().stalled.load(Relaxed)
    }

    /// Collects all returned frames.
    fn collect(&mut self) {
        while let Some(ReturnedFrame { frame, identity }) = self.back.receive() {
            self.last_sign = self.now;
            self.counters.sender().stalled.store(false, Relaxed);
            if identity.epoch != self.set.epoch {
                // Of an earlier set: it returns to the pool.
                continue;
            }
            if self.set.identity(identity.id) == identity {
                self.set.slots[usize::from(identity.id)].location = FrameLocation::Ready;
                self.in_flight -= 1;
                self.set.ready.push((identity.id, frame));
                self.counters.sender_says(identity, FrameState::Available);
                add(&self.counters.sender().returned, 1);
            } else {
                add(&self.counters.sender().late, 1);
                self.set.spares.push(frame);
                self.fill_vacancies();
            }
        }
    }

    /// Writes off overdue frames while some are in flight, and fills vacant numbers.
    fn write_off(&mut self) {
        let timeout = self.settings.timeout();
        // `oldest` usually shows that none can be overdue.
        if self.now - self.oldest > timeout {
            self.write_off_overdue(timeout);
        }
        self.fill_vacancies();
    }

    #[cold]
    fn write_off_overdue(&mut self, timeout: Duration) {
        self.oldest = self.now;
        for id in 0..self.set.slots.len() {
            let slot = &mut self.set.slots[id];
            let FrameLocation::Out(since) = slot.location else {
                continue;
            };
            if self.now - since <= timeout {
                self.oldest = self.oldest.min(since);
                continue;
            }
            self.in_flight -= 1;
            self.vacancies += 1;
            add(&self.counters.sender().timeouts, 1);
            // A return with the old generation is late.
            slot.generation = slot.generation.wrapping_add(1);
            slot.location = FrameLocation::Vacant;
            self.counters
                .sender_says(self.set.identity(id as u16), FrameState::TimedOut);
        }
    }

    /// Assigns spares to written-off numbers.
    fn fill_vacancies(&mut self) {
        for id in 0..self.set.slots.len() {
            if self.vacancies == 0 {
                break;
            }
            if self.set.slots[id].location != FrameLocation::Vacant {
                continue;
            }
            let Some(spare) = self.set.spares.pop() else {
                break;
            };
            self.vacancies -= 1;
            self.set.slots[id].location = FrameLocation::Ready;
            self.set.ready.push((id as u16, spare));
            self.counters
                .sender_says(self.set.identity(id as u16), FrameState::Available);
        }
        let spares = self.set.spares.len() as u32;
        self.counters.sender().spares.store(spares, Relaxed);
    }

    fn look_for_stalls(&mut self) {
        // A stall ends when a frame comes back, and not merely because all frames were written off.
        let Some(limit) = self.settings.stall() else {
            self.counters.sender().stalled.store(false, Relaxed);
            return;
        };
        if self.in_flight > 0 && !self.stalled() && self.now - self.last_sign > limit {
            let words = self.counters.sender();
            words.stalled.store(true, Relaxed);
            add(&words.stalls, 1);
        }
    }

    /// Takes over a new set. The old one is queued to be freed by the control.
    #[cold]
    fn renew(&mut self) {
        // The queue is full until the control tidies up after the earlier changes; the new set waits.
        if self.settings.stale.is_full() {
            return;
        }
        let Some(fresh) = self.settings.fresh.pop() else {
            return;
        };
        let stale = std::mem::replace(&mut self.set, fresh);
        let _ = self.settings.stale.push(stale);
        self.in_flight = 0;
        self.vacancies = 0;
        let words = self.counters.sender();
        for id in 0..self.set.slots.len() {
            self.counters
                .sender_says(self.set.identity(id as u16), FrameState::Available);
        }
        words.frames.store(self.set.slots.len() as u32, Relaxed);
        words.samples.store(self.set.samples as u32, Relaxed);
        words.spares.store(self.set.spares.len() as u32, Relaxed);
        add(&words.resizes, 1);
    }
}
