//! Frames of the window: it is painted when something that it shows has changed, and not otherwise.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use tidepool_host::Event;
use tidepool_tests::display::{Paints, in_own_process};
use tidepool_tests::score::{off, on};
use tidepool_tests::{Rig, Score};

use super::{ENGINE, Opened, PLAY, click, close, eventually, opened};

/// Plays blocks in real time for this long while no key is touched; returns the number of frames.
fn frames_of(rig: &mut Rig, paints: &mut Paints, time: Duration) -> usize {
    paints.count();
    let start = Instant::now();
    while start.elapsed() < time {
        rig.play(&Score::new(480), &[480]);
        rig.instance.idle();
        thread::sleep(Duration::from_millis(10));
    }
    paints.count()
}

/// Waits until the window is painted less than twice a second.
fn rests(rig: &mut Rig, paints: &mut Paints) {
    let rests = eventually(|| {
        let frames = frames_of(rig, paints, Duration::from_secs(1));
        (frames < 2).then_some(())
    });
    rests.expect("the window is painted although nothing changes");
}

/// Plays `event` and silence after it, until the window is painted.
fn paints_after(rig: &mut Rig, paints: &mut Paints, event: Event) {
    paints.count();
    rig.play(&Score::new(480).at(0, event), &[480]);
    let painted = eventually(|| {
        rig.play(&Score::new(480), &[480]);
        rig.instance.idle();
        (paints.count() > 0).then_some(())
    });
    painted.expect("the window does not show the change");
}

#[test]
fn a_window_in_which_nothing_changes_is_not_painted() {
    const TEST: &str = "editor::idle::a_window_in_which_nothing_changes_is_not_painted";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let mut paints = screen.paints(window);
    rests(&mut rig, &mut paints);

    // The host automates a parameter.
    let cutoff = rig.set("cutoff", "300 Hz");
    paints_after(&mut rig, &mut paints, cutoff);
    rests(&mut rig, &mut paints);

    // A note lights its key, and the meters fall after it.
    let falls = eventually(|| {
        paints_after(&mut rig, &mut paints, on(69));
        frames_of(&mut rig, &mut paints, Duration::from_millis(500));
        rig.play(&Score::new(480).at(0, off(69)), &[480]);
        // A slow machine paints few frames, but more than the one that the key asks for.
        (frames_of(&mut rig, &mut paints, Duration::from_secs(2)) > 2).then_some(())
    });
    falls.expect("the meters do not move");
    rests(&mut rig, &mut paints);

    // The pointer is seen.
    click(&screen, window, PLAY);
    assert!(paints.count() > 0, "the pointer is not seen");
    rests(&mut rig, &mut paints);
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn the_engine_page_is_painted_four_times_a_second() {
    const TEST: &str = "editor::idle::the_engine_page_is_painted_four_times_a_second";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    click(&screen, window, ENGINE);
    let mut paints = screen.paints(window);
    let slow = eventually(|| {
        let frames = frames_of(&mut rig, &mut paints, Duration::from_secs(2));
        (2..=9).contains(&frames).then_some(())
    });
    slow.expect("the figures come too often or not at all");
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

/// Returns the processor time of this process, as a share of one core, while silent blocks are played in real time.
fn load(rig: &mut Rig) -> f64 {
    let used = || {
        let tasks = fs::read_dir("/proc/self/task").expect("the threads are listed");
        let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("schedstat"));
        let spent = tasks.flatten().filter_map(|task| of(task).ok());
        let spent = spent.filter_map(|text| text.split(' ').next()?.parse::<f64>().ok());
        Duration::from_secs_f64(spent.sum::<f64>() / 1e9)
    };
    let (start, before) = (Instant::now(), used());
    let mut blocks = 0;
    while start.elapsed() < Duration::from_secs(10) {
        rig.play(&Score::new(480), &[480]);
        rig.instance.idle();
        blocks += 1;
        let next = start + Duration::from_millis(10 * blocks);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    (used() - before).as_secs_f64() / start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "a measurement of ten seconds each, for docs/internals/design.md"]
fn cost_of_an_open_window() {
    if !in_own_process("editor::idle::cost_of_an_open_window") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let mut paints = screen.paints(window);
    rests(&mut rig, &mut paints);
    let open = load(&mut rig);
    click(&screen, window, ENGINE);
    let figures = load(&mut rig);
    click(&screen, window, PLAY);
    rig.play(&Score::new(480).at(0, on(69)), &[480]);
    let playing = load(&mut rig);
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
    rig.play(&Score::new(480).at(0, off(69)), &[480]);
    rig.play(&Score::new(96_000), &[480]);
    let closed = load(&mut rig);
    println!(
        "percent of a core: still window {:.2}, engine page {:.2}, playing {:.2}; closed {:.2}",
        open * 100.0,
        figures * 100.0,
        playing * 100.0,
        closed * 100.0
    );
}
