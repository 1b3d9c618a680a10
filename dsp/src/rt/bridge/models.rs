//! Loom models of the bridge; the pool's models explain the method.

use loom::model::Builder;
use loom::thread;

use super::mailbox::mailbox;
use super::*;
use crate::rt::pool::PoolConfig;

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 10_000;
    builder.check(model);
}

#[test]
fn letters_arrive_in_order_and_none_is_lost() {
    check(|| {
        let (mut out, mut inbox) = mailbox::<Box<u32>>(2);
        let other = thread::spawn(move || {
            let mut sent = 0;
            for n in 0..3 {
                sent += usize::from(out.send(Box::new(n)).is_ok());
            }
            sent
        });
        let mut got = Vec::new();
        for _ in 0..3 {
            got.extend(inbox.receive());
        }
        let sent = other.join().unwrap();
        while let Some(cell) = inbox.receive() {
            got.push(cell);
        }
        assert_eq!(got.len(), sent);
        assert!(got.windows(2).all(|pair| pair[0] < pair[1]));
    });
}

/// Creates a bridge of one frame over a pool of two.
fn small(spares: usize) -> (FramePool, Sender, Receiver, BridgeControl) {
    let (pool, _maintainer) = FramePool::new(PoolConfig {
        classes: vec![64],
        budget: 0,
        minimum: 2,
        limit: 128,
        low_water: 0,
        adoptable: 0,
        ..PoolConfig::default()
    })
    .unwrap();
    let config = BridgeConfig {
        frames: 1,
        samples: 4,
        spares,
        ..BridgeConfig::default()
    };
    let (sender, receiver, control) = bridge(&pool, config).unwrap();
    (pool, sender, receiver, control)
}

fn send(sender: &mut Sender, value: f32) {
    if let Some(mut writer) = sender.acquire() {
        writer[0] = value;
        sender.send(writer, Stamp::default());
    }
}

#[test]
fn a_frame_that_is_written_off_while_it_comes_back_has_one_owner() {
    check(|| {
        let (_pool, mut sender, receiver, _control) = small(1);
        send(&mut sender, 1.0);
        let other = thread::spawn(move || {
            if let Some(got) = receiver.receive() {
                assert_eq!(got[0], 1.0);
            }
            receiver
        });
        // Overdue at once: the write-off races with the return.
        sender.maintain(Duration::from_secs(10));
        send(&mut sender, 2.0);
        sender.maintain(Duration::from_secs(20));
        send(&mut sender, 3.0);
        drop(other.join().unwrap());
    });
}

#[test]
fn both_ends_go_at_the_same_time() {
    check(|| {
        let (pool, mut sender, receiver, control) = small(1);
        drop(control);
        send(&mut sender, 1.0);
        let other = thread::spawn(move || {
            drop(receiver.receive());
            drop(receiver);
        });
        drop(sender);
        other.join().unwrap();
        assert_eq!(pool.stats().classes[0].free, 2);
    });
}

#[test]
fn a_late_return_becomes_a_spare_while_its_number_is_in_use_again() {
    check(|| {
        let (_pool, mut sender, receiver, control) = small(1);
        send(&mut sender, 1.0);
        // Written off before the consumer has received it; its number is reused for the spare.
        sender.maintain(Duration::from_secs(10));
        let other = thread::spawn(move || {
            let mut seen = Vec::new();
            for _ in 0..2 {
                seen.extend(receiver.receive().map(|got| got[0]));
            }
            (receiver, seen)
        });
        send(&mut sender, 2.0);
        sender.maintain(Duration::from_secs(11));
        send(&mut sender, 3.0);
        let (receiver, mut seen) = other.join().unwrap();
        while let Some(got) = receiver.receive() {
            seen.push(got[0]);
        }
        assert!(seen.starts_with(&[1.0, 2.0]), "{seen:?}");
        drop(receiver);
        drop((sender, control));
    });
}

#[test]
fn a_resize_while_frames_are_on_their_way_loses_none() {
    check(|| {
        let (pool, mut sender, receiver, mut control) = small(0);
        send(&mut sender, 1.0);
        let other = thread::spawn(move || {
            drop(receiver.receive());
            receiver
        });
        control.resize(1, 4).unwrap();
        sender.maintain(Duration::from_secs(1));
        send(&mut sender, 2.0);
        let receiver = other.join().unwrap();
        while receiver.receive().is_some() {}
        sender.maintain(Duration::from_secs(2));
        control.tidy();
        drop((sender, receiver, control));
        assert_eq!(pool.stats().classes[0].free, 2);
    });
}
