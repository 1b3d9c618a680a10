//! Passes pooled frames from an audio thread to a worker and back, and shares one by reference.
//!
//! `cargo run --package tidepool-dsp --example pooled_frame`

use std::error::Error;
use std::thread;
use std::time::Duration;

use tidepool_dsp::rt::{BridgeConfig, FramePool, PoolConfig, Stamp, bridge};

const SAMPLES: usize = 1024;
const FRAMES: u64 = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let (pool, mut maintainer) = FramePool::new(PoolConfig::default())?;
    let (mut sender, receiver, control) = bridge(&pool, BridgeConfig::default())?;

    // Stands for the audio thread: it fills frames in place and gives them away.
    let audio = thread::spawn(move || {
        for number in 0..FRAMES {
            let Some(mut frame) = sender.acquire() else {
                continue; // counted as a drop
            };
            frame.fill(number as f32);
            let stamp = Stamp {
                channels: 1,
                valid: SAMPLES as u16,
                position: number * SAMPLES as u64,
                ..Stamp::default()
            };
            sender.send(frame, stamp);
        }
        sender
    });
    let mut sender = audio.join().expect("the audio thread does not panic");
    while let Some(received) = receiver.receive() {
        let level = received.channel(0)[0];
        println!("samples from {}: level {level}", received.stamp().position);
    }
    // Collects the frames that came back, as the audio thread does once per block.
    sender.maintain(Duration::from_millis(1));
    let status = control.reader().status();
    println!(
        "{} sent, {} received, {} returned, {} dropped",
        status.sent, status.received, status.returned, status.drops
    );

    // One frame with two readers; the last one to drop it returns it to the pool.
    let mut frame = pool
        .acquire::<f32>(SAMPLES)
        .expect("the pool has free frames");
    frame.fill(0.5);
    let shared = frame.share();
    let other = shared.clone();
    let sum = thread::spawn(move || other.iter().sum::<f32>());
    println!(
        "sum {} of a frame with {} holders",
        sum.join().expect("no panic"),
        shared.holders()
    );
    drop(shared);

    // Off the audio thread, a few times a second: the only place that allocates or frees.
    println!("{:?}", maintainer.maintain());
    Ok(())
}
