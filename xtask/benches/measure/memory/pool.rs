//! Measures frames of 4 KiB that one holder acquires and releases.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use core_affinity::CoreId;
use crossbeam_queue::ArrayQueue;
use lockfree_object_pool::LinearObjectPool;
use tidepool_dsp::rt::{FramePool, PoolConfig};
use xtask::report::{Group, Row};

use super::companion::{CONTENDED, Companion, add_alone_and_contended};
use super::treiber::Treiber;
use crate::rounds::{Rounds, Times, anchored, row};

/// Number of `f32` samples in a frame of 4 KiB.
pub const SAMPLES: usize = 1024;
/// Number of frames of that size in every pool.
pub const FRAMES: u32 = 128;

/// Returns a pool of the default size classes.
pub fn pool() -> FramePool {
    let config = PoolConfig {
        minimum: FRAMES as usize,
        ..PoolConfig::default()
    };
    // The maintainer is dropped: no measurement needs more frames than there are.
    FramePool::new(config)
        .expect("the configuration is in range")
        .0
}

/// Adds the pool and the other implementations.
pub fn add(rounds: &mut Rounds, core: Option<CoreId>) {
    add_alone_and_contended(rounds, core, "frame", || {
        let pool = pool();
        let mut local = pool.local().expect("it has no other holder");
        let work = move || {
            let frame = local.acquire::<f32>(black_box(SAMPLES));
            if let Some(frame) = frame {
                black_box(frame.as_ptr());
                local.release(frame);
            }
        };
        (work, any_thread(pool))
    });
    add_alone_and_contended(rounds, core, "frame of any thread", || {
        let pool = pool();
        (any_thread(pool.clone()), any_thread(pool))
    });
    add_alone_and_contended(rounds, core, "treiber", || {
        twice(Treiber::new(FRAMES), |stack: &Treiber| {
            if let Some(index) = stack.pop() {
                stack.push(black_box(index));
            }
        })
    });
    add_alone_and_contended(rounds, core, "array queue", || {
        let queue = ArrayQueue::new(FRAMES as usize);
        (0..FRAMES).for_each(|index| queue.push(index).expect("there is room for each"));
        twice(queue, |queue: &ArrayQueue<u32>| {
            if let Some(index) = queue.pop() {
                // The index was just taken out, so it fits in again.
                let _ = queue.push(black_box(index));
            }
        })
    });
    add_alone_and_contended(rounds, core, "malloc", || (malloc, malloc));
    add_alone_and_contended(rounds, core, "object pool", || {
        let pool = LinearObjectPool::new(|| [0.0_f32; SAMPLES], |_| ());
        twice(pool, |pool: &LinearObjectPool<[f32; SAMPLES]>| {
            black_box(pool.pull().as_ptr());
        })
    });
    add_remote(rounds, core);
}

/// Returns the pool's rows beside those of the other implementations.
pub fn rows(times: &Times) -> Vec<Row> {
    let against = |name: &str, ours: &str, anchor: &str, theirs: &str, target: Option<f64>| {
        let row = row(Group::Memory, name, "ns", times.of(ours));
        anchored(Row { target, ..row }, anchor, times.of(theirs))
    };
    let contended = |name: &str, ours: &str, anchor: &str, theirs: &str| {
        let [ours, theirs] = [ours, theirs].map(|series| format!("{series}{CONTENDED}"));
        against(&format!("{name}_contended"), &ours, anchor, &theirs, None)
    };
    let queue = ("crossbeam ArrayQueue", "array queue");
    let malloc = ("malloc and free", "malloc");
    let objects = ("lockfree-object-pool", "object pool");
    let treiber = ("Treiber stack", "treiber");
    vec![
        against(
            "frame_acquire_release",
            "frame",
            queue.0,
            queue.1,
            Some(0.15),
        ),
        against(
            "frame_remote_release",
            "remote",
            treiber.0,
            "remote pop and push",
            Some(1.0),
        ),
        against(
            "frame_remote_release_vs_push",
            "remote",
            "push alone",
            "remote push",
            None,
        ),
        against("frame_vs_malloc", "frame", malloc.0, malloc.1, None),
        against("frame_vs_object_pool", "frame", objects.0, objects.1, None),
        against(
            "frame_of_any_thread",
            "frame of any thread",
            treiber.0,
            treiber.1,
            None,
        ),
        contended("frame_acquire_release", "frame", queue.0, queue.1),
        contended("frame_vs_malloc", "frame", malloc.0, malloc.1),
        contended("frame_vs_object_pool", "frame", objects.0, objects.1),
        contended(
            "frame_of_any_thread",
            "frame of any thread",
            treiber.0,
            treiber.1,
        ),
    ]
}

/// Returns work that acquires and releases a frame in the way that is open to every thread.
fn any_thread(pool: FramePool) -> impl FnMut() + Send {
    move || {
        if let Some(frame) = pool.acquire::<f32>(black_box(SAMPLES)) {
            black_box(frame.as_ptr());
        }
    }
}

fn malloc() {
    let layout = Layout::new::<[f32; SAMPLES]>();
    // SAFETY: the layout is not empty, and what was allocated with it is freed with it, once.
    unsafe {
        let memory = black_box(System.alloc(layout));
        System.dealloc(memory, layout);
    }
}

/// Returns the same work for two threads.
pub fn twice<T: Send + Sync + 'static>(
    on: T,
    work: impl Fn(&T) + Copy + Send + 'static,
) -> (impl FnMut() + 'static, impl FnMut() + Send + 'static) {
    let (on, same) = two_handles(on);
    (move || work(&on), move || work(&same))
}

/// Returns two handles of the same value.
pub fn two_handles<T>(thing: T) -> (Arc<T>, Arc<T>) {
    let thing = Arc::new(thing);
    (thing.clone(), thing)
}

/// Adds buffers that this thread acquires and another one releases, from a pool and from a Treiber stack: the cost for
/// the other thread, with the headers in this one's cache; and for the stack also the cost for both, which is how the
/// costs of an allocator are usually given.
fn add_remote(rounds: &mut Rounds, core: Option<CoreId>) {
    let mut local = pool().local().expect("it has no other holder");
    let acquire = move || local.acquire::<f32>(SAMPLES);
    remote(rounds, core, "remote", Counted::Release, acquire, drop);
    for (name, counted) in [
        ("remote push", Counted::Release),
        ("remote pop and push", Counted::Both),
    ] {
        let (here, there) = two_handles(Treiber::new(FRAMES));
        let pop = move || {
            let index = here.pop()?;
            here.node(index).holders.store(1, Relaxed);
            Some(index)
        };
        remote(rounds, core, name, counted, pop, move |index| {
            there.push(index);
        });
    }
}

/// Threads whose time counts.
#[derive(Clone, Copy, PartialEq)]
enum Counted {
    Release,
    Both,
}

fn remote<F: Send + 'static>(
    rounds: &mut Rounds,
    core: Option<CoreId>,
    name: &str,
    counted: Counted,
    mut acquire: impl FnMut() -> Option<F> + 'static,
    mut release: impl FnMut(F) + Send + 'static,
) {
    let (out, incoming) = sync_channel::<Vec<F>>(1);
    let (report, reports) = sync_channel(1);
    let companion = Companion::new(core, move || {
        let Ok(mut frames) = incoming.try_recv() else {
            return;
        };
        let start = Instant::now();
        frames.drain(..).for_each(&mut release);
        let elapsed = start.elapsed();
        let report = report.send((frames, elapsed));
        report.expect("somebody waits for it");
    });
    let mut frames = Vec::new();
    rounds.add_timed(name, f64::from(FRAMES), move || {
        let start = Instant::now();
        frames.extend((0..FRAMES).map_while(|_| acquire()));
        let mut took = start.elapsed();
        assert_eq!(frames.len(), FRAMES as usize);
        if counted == Counted::Release {
            took = Duration::ZERO;
        }
        companion.beside(|| {
            let sent = out.send(std::mem::take(&mut frames));
            sent.expect("somebody takes it");
            let (empty, elapsed) = loop {
                // Not `recv`: it would put this thread to sleep.
                if let Ok(report) = reports.try_recv() {
                    break report;
                }
            };
            frames = empty;
            took += elapsed;
        });
        took
    });
}
