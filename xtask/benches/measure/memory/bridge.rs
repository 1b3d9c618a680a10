//! Measures frames to a second thread and back, with nothing in them but their headers.

use std::hint::black_box;
use std::time::Duration;

use core_affinity::CoreId;
use crossbeam_queue::ArrayQueue;
use rtrb::RingBuffer;
use tidepool_dsp::rt::{BridgeConfig, Identity, Stamp, bridge};
use xtask::report::{Group, Row};

use super::companion::{Companion, STRETCH};
use super::pool::{pool, two_handles};
use crate::rounds::{Rounds, Times, anchored, row};

/// Number of frames in circulation, as many as a bridge has by default.
const FRAMES: usize = 16;
/// Number of frames between two checks for overdue ones, and their duration by the bridge's clock.
const PER_BLOCK: u32 = 8;
const BLOCK: Duration = Duration::from_micros(100);

/// Message of the other channels: the header of a frame, with a number for the frame itself.
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    ticket: Ticket,
    stamp: Stamp,
}

/// Reply of the other channels.
#[derive(Clone, Copy, Debug, Default)]
struct Ticket {
    frame: u32,
    identity: Identity,
}

/// Adds the bridge and the other channels, with all frames under way and with a single one.
pub fn add(rounds: &mut Rounds, core: Option<CoreId>) {
    for (kind, frames) in [("stream", FRAMES), ("round trip", 1)] {
        let units = f64::from(STRETCH);
        rounds.add_timed(format!("{kind}, bridge"), units, ours(core, frames));

        let (mut out, mut incoming) = RingBuffer::new(FRAMES);
        let (mut returns, mut back) = RingBuffer::new(FRAMES);
        let exchange = theirs(
            core,
            frames,
            move |header| out.push(header).expect("there is room for each"),
            move || incoming.pop().ok(),
            move |ticket| returns.push(ticket).expect("there is room for each"),
            move || back.pop().ok(),
        );
        rounds.add_timed(format!("{kind}, rtrb"), units, exchange);

        let (out, incoming) = two_handles(ArrayQueue::new(FRAMES));
        let (returns, back) = two_handles(ArrayQueue::new(FRAMES));
        let exchange = theirs(
            core,
            frames,
            move |header| out.push(header).expect("there is room for each"),
            move || incoming.pop(),
            move |ticket| returns.push(ticket).expect("there is room for each"),
            move || back.pop(),
        );
        rounds.add_timed(format!("{kind}, array queue"), units, exchange);
    }
}

/// Returns the bridge's rows beside those of the other channels.
pub fn rows(times: &Times) -> Vec<Row> {
    let against = |name, kind, anchor, theirs, target| {
        let ours = times.of(&format!("{kind}, bridge"));
        let row = Row {
            target,
            ..row(Group::Memory, name, "ns per frame", ours)
        };
        anchored(row, anchor, times.of(&format!("{kind}, {theirs}")))
    };
    let queue = "crossbeam ArrayQueue";
    vec![
        against("bridge_throughput", "stream", "rtrb", "rtrb", Some(1.0)),
        against(
            "bridge_vs_arrayqueue",
            "stream",
            queue,
            "array queue",
            Some(0.25),
        ),
        against("bridge_round_trip", "round trip", "rtrb", "rtrb", None),
        against(
            "bridge_round_trip_vs_arrayqueue",
            "round trip",
            queue,
            "array queue",
            None,
        ),
    ]
}

/// Returns the work of the bridge, maintained as in a plugin that sends a few frames in every block.
fn ours(core: Option<CoreId>, frames: usize) -> impl FnMut() -> Duration {
    let config = BridgeConfig {
        frames,
        ..BridgeConfig::default()
    };
    let (mut sender, receiver, _) = bridge(&pool(), config).expect("the pool has frames enough");
    let companion = Companion::new(core, move || {
        while let Some(frame) = receiver.receive() {
            black_box(frame.stamp().position);
        }
    });
    let mut now = Duration::ZERO;
    move || {
        companion.beside(|| {
            let mut sent = 0;
            while sent < STRETCH {
                let Some(draft) = sender.acquire() else {
                    continue;
                };
                let stamp = Stamp {
                    position: u64::from(sent),
                    ..Stamp::default()
                };
                sender.send(draft, black_box(stamp));
                sent += 1;
                if sent % PER_BLOCK == 0 {
                    now += BLOCK;
                    sender.maintain(now);
                }
            }
        })
    }
}

/// Returns the work of another channel, to the second thread and back, with nothing counted.
fn theirs(
    core: Option<CoreId>,
    frames: usize,
    mut send: impl FnMut(Header),
    mut receive: impl FnMut() -> Option<Header> + Send + 'static,
    mut give_back: impl FnMut(Ticket) + Send + 'static,
    mut take_back: impl FnMut() -> Option<Ticket>,
) -> impl FnMut() -> Duration {
    let companion = Companion::new(core, move || {
        while let Some(Header { ticket, stamp }) = receive() {
            black_box(stamp.position);
            give_back(ticket);
        }
    });
    let mut fresh = frames as u32;
    move || {
        companion.beside(|| {
            let mut sent = 0;
            while sent < STRETCH {
                let ticket = if fresh > 0 {
                    fresh -= 1;
                    Ticket {
                        frame: fresh,
                        ..Ticket::default()
                    }
                } else {
                    let Some(ticket) = take_back() else {
                        continue;
                    };
                    ticket
                };
                let stamp = Stamp {
                    position: u64::from(sent),
                    ..Stamp::default()
                };
                black_box((ticket.frame, ticket.identity));
                send(Header {
                    ticket,
                    stamp: black_box(stamp),
                });
                sent += 1;
            }
        })
    }
}
