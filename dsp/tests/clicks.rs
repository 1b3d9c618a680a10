//! Changes to a sounding note do not click.
//!
//! The second difference of a low sine is about a ten-thousandth of its amplitude, so that a click stands out. A change
//! may raise the second difference no more than a linear crossfade to the new sound would, over the specified time: 3
//! ms where a voice is stolen, a tick where the sound changes.

mod common;

use common::measure::{bend as second_difference, peak};
use common::{Session, bare, choke, controller, key, off, on, set, with};
use tidepool_dsp::{Engine, EventKind, Note, NoteFilter, Parameter, Patch};

/// Sample of the change, in the middle of a tick.
const AT: usize = 24_013;
/// Delays of the change in several runs, so that it meets a low note near its zeros as well as at its peaks, and early
/// as well as late in the ramps of parameters.
const LATER: [usize; 6] = [0, 109, 218, 332, 454, 691];
/// Samples that are examined before and after the change; anything later is the new sound.
const BEFORE: usize = 9_600;
const AFTER: usize = 24_000;

/// Lengths in samples of a crossfade of 3 ms, and of a tick.
const FADE: f64 = 144.0;
const TICK: f64 = 32.0;

/// Returns a patch of a low sine with soft attack and release.
fn calm() -> Patch {
    with(
        bare(),
        &[("osc_a_shape", 0.0), ("attack", 0.03), ("release", 0.1)],
    )
}

/// Returns the events of a chord of low notes from the beginning on.
fn chord(keys: &[u8]) -> Vec<(u64, EventKind)> {
    keys.iter()
        .map(|number| (0, on(key(*number), 1.0)))
        .collect()
}

/// Returns the worst ratio of the second difference caused by a change at [`AT`] or [later](LATER) to that of a
/// crossfade over `line` samples.
fn excess(patch: &Patch, events: &[(u64, EventKind)], line: f64, act: impl Fn(&mut Engine)) -> f64 {
    let each = excesses(patch, events, line, act);
    each.into_iter().fold(f64::MIN, f64::max)
}

/// Returns that ratio for each delay.
fn excesses(
    patch: &Patch,
    events: &[(u64, EventKind)],
    line: f64,
    act: impl Fn(&mut Engine),
) -> [f64; LATER.len()] {
    let once = |later: usize| {
        let at = AT + later;
        let moved = |(time, kind): &(u64, EventKind)| {
            let later = if *time < AT as u64 { 0 } else { later as u64 };
            (time + later, *kind)
        };
        let mut session = Session::new(patch, events.iter().map(moved).collect());
        // Audible in patches that use the External input.
        session.external = (0..at + AFTER).map(hum).collect();
        session.until(at);
        act(&mut session.engine);
        session.until(at + AFTER);
        let worst = [&session.left, &session.right].map(|sound| {
            let before = &sound[at - BEFORE..at];
            let after = &sound[at + AFTER - BEFORE..];
            let still = second_difference(before).max(second_difference(after));
            // Where one line ends and another begins, the second difference is at most twice the slope of a line.
            let height = peak(&sound[at - BEFORE..]);
            assert!(height > 0.01, "there is nothing to hear");
            let bent = second_difference(&sound[at - 2..]);
            (bent - still) / (height / line)
        });
        worst[0].max(worst[1])
    };
    LATER.map(once)
}

/// Returns a sample of the External input.
fn hum(n: usize) -> f32 {
    (n as f32 * std::f32::consts::TAU * 55.0 / common::RATE as f32).sin() * 0.5
}

/// Fails if the sound clicks.
fn smooth(what: &str, patch: &Patch, events: Vec<(u64, EventKind)>, line: f64) {
    act_smooth(what, patch, events, line, |_| ());
}

fn act_smooth(
    what: &str,
    patch: &Patch,
    events: Vec<(u64, EventKind)>,
    line: f64,
    act: impl Fn(&mut Engine),
) {
    let excess = excess(patch, &events, line, act);
    println!("{what}: {excess:.2}");
    assert!(
        excess <= 1.5,
        "{what} bends the sound {excess:.2} times as far as a line"
    );
}

fn and(mut events: Vec<(u64, EventKind)>, kinds: &[EventKind]) -> Vec<(u64, EventKind)> {
    events.extend(kinds.iter().map(|kind| (AT as u64, *kind)));
    events
}

#[test]
fn a_click_is_noticed() {
    let mut session = Session::new(&calm(), chord(&[45]));
    session.until(AT + AFTER);
    for sound in [&mut session.left, &mut session.right] {
        // A step of a fiftieth of the amplitude.
        for x in &mut sound[AT + 1_000..] {
            *x += 0.005;
        }
    }
    let height = peak(&session.left);
    let bent = second_difference(&session.left[AT..]) - second_difference(&session.left[..AT]);
    assert!(
        bent / (height / FADE) > 3.0 && height > 0.1,
        "{}",
        bent / (height / FADE)
    );
}

#[test]
fn notes_that_end_do_not_click() {
    smooth(
        "a note that is let go",
        &calm(),
        and(chord(&[45]), &[off(key(45))]),
        FADE,
    );
    let quick = with(calm(), &[("release", 0.003), ("release_curve", 0.0)]);
    smooth("at once", &quick, and(chord(&[45]), &[off(key(45))]), FADE);
    smooth(
        "a choke",
        &calm(),
        and(chord(&[45]), &[choke(key(45))]),
        FADE,
    );
    let sound_off = controller(0, 120, 1.0);
    smooth(
        "all sound off",
        &calm(),
        and(chord(&[33, 40, 45]), &[sound_off]),
        FADE,
    );
    let wet = with(
        calm(),
        &[
            ("send_delay", 0.0),
            ("send_reverb", 0.0),
            ("chorus_mix", 0.5),
            ("chorus_level", 0.0),
            ("delay_feedback", 0.8),
            ("output_drive", 6.0),
            ("volume", -18.0),
        ],
    );
    let everything = EventKind::Choke(NoteFilter::default());
    for (what, kinds) in [
        ("all sound off with effects", &[sound_off][..]),
        ("a choke of everything with effects", &[everything]),
        (
            "all sound off on a channel that is silent",
            &[controller(5, 120, 1.0)],
        ),
        ("twice", &[sound_off, everything]),
    ] {
        smooth(what, &wet, and(chord(&[33, 40, 45]), kinds), FADE);
    }
    let mut tail = chord(&[33, 40, 45]);
    tail.extend([33, 40, 45].map(|number| (16_000, off(key(number)))));
    smooth(
        "all sound off in a tail",
        &wet,
        and(tail, &[sound_off]),
        FADE,
    );
    let attack = with(calm(), &[("attack", 1.0), ("attack_curve", 0.0)]);
    smooth(
        "a choke within the attack",
        &attack,
        and(chord(&[45]), &[choke(key(45))]),
        FADE,
    );
}

#[test]
fn a_voice_that_is_stolen_does_not_click() {
    for voices in [1.0, 2.0, 3.0] {
        let patch = with(calm(), &[("voices", voices)]);
        let held = &[33, 40, 45][..voices as usize];
        smooth(
            "a steal",
            &patch,
            and(chord(held), &[on(key(38), 1.0)]),
            FADE,
        );
    }
    let fewer = [set(Parameter::Voices, 1.0)];
    smooth(
        "fewer voices",
        &calm(),
        and(chord(&[33, 40, 45]), &fewer),
        FADE,
    );
    let filtered = with(
        calm(),
        &[
            ("voices", 1.0),
            ("osc_a_route", 0.0),
            ("cutoff", 300.0),
            ("resonance", 0.9),
        ],
    );
    smooth(
        "a filter's",
        &filtered,
        and(chord(&[45]), &[on(key(38), 1.0)]),
        FADE,
    );
    let wet = with(
        calm(),
        &[("voices", 1.0), ("send_delay", 0.0), ("send_reverb", 0.0)],
    );
    smooth(
        "one with effects",
        &wet,
        and(chord(&[45]), &[on(key(38), 1.0)]),
        FADE,
    );
}

/// Stolen voices do not click even if no slot is left for their fades.
#[test]
fn more_than_can_give_way_at_once_do_not_click() {
    let patch = with(calm(), &[("voices", 64.0), ("volume", -24.0)]);
    let held: Vec<u8> = (24..88).collect();
    for count in [16, 17, 24, 40] {
        let notes: Vec<_> = (24..24 + count)
            .map(|number| {
                on(
                    Note {
                        channel: 1,
                        ..key(number)
                    },
                    1.0,
                )
            })
            .collect();
        let what = format!("{count} more notes");
        smooth(&what, &patch, and(chord(&held), &notes), FADE);
    }
}

#[test]
fn voices_that_change_their_note_do_not_click() {
    for mode in [1.0, 2.0] {
        for glide in [0.0, 0.1] {
            for next in [38, 57] {
                let patch = with(
                    calm(),
                    &[("mode", mode), ("glide", glide), ("sustain", 0.6)],
                );
                let what = format!("mode {mode}, glide {glide}, to key {next}");
                smooth(
                    &what,
                    &patch,
                    and(chord(&[45]), &[on(key(next), 1.0)]),
                    FADE,
                );
                let back = and(chord(&[45, next]), &[off(key(next))]);
                smooth(&format!("{what}, and back"), &patch, back, FADE);
                let softer = and(chord(&[45]), &[on(key(next), 0.2)]);
                let touchy = with(patch, &[("velocity", 1.0)]);
                smooth(&format!("{what}, softer"), &touchy, softer, TICK);
            }
        }
    }
}

#[test]
fn changes_of_mode_do_not_click() {
    for (from, to) in [(0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (2.0, 0.0), (1.0, 2.0)] {
        let patch = with(calm(), &[("mode", from), ("sustain", 0.7)]);
        let change = set(Parameter::Mode, to);
        let what = format!("mode {from} to {to}");
        smooth(&what, &patch, and(chord(&[33, 40, 45]), &[change]), FADE);
        let mut later = and(chord(&[33, 40, 45]), &[change]);
        later.push((AT as u64 + 600, on(key(38), 1.0)));
        smooth(&format!("{what}, and a note"), &patch, later, FADE);
    }
}

/// Every choice parameter of a voice, from each value to the next, while a note sounds.
#[test]
fn choices_do_not_click() {
    let through = with(
        calm(),
        &[
            ("osc_a_route", 0.0),
            ("cutoff", 150.0),
            ("keytrack", 0.0),
            ("filter_env", 0.0),
        ],
    );
    let ringing = with(through, &[("resonance", 0.8)]);
    let pair = with(
        through,
        &[
            ("osc_b_shape", 0.0),
            ("osc_b_level", -6.0),
            ("osc_b_pitch", 7.0),
        ],
    );
    let operators = with(
        calm(),
        &[
            ("osc_a_level", -60.0),
            ("fm_level", -6.0),
            ("fm_route", 1.0),
            ("op2_level", 0.2),
            ("op3_level", 0.3),
            ("op4_level", 0.2),
            ("op5_level", 0.2),
            ("op6_level", 0.2),
        ],
    );
    let mut clicks = Vec::new();
    let synced = with(pair, &[("osc_b_level", 0.0), ("osc_a_level", -60.0)]);
    let cases: [(&str, &Patch, &[f32]); 14] = [
        (
            "filter_mode",
            &ringing,
            &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0],
        ),
        ("quality", &ringing, &[0.0, 1.0, 2.0, 0.0]),
        ("osc_a_route", &through, &[0.0, 1.0, 0.0]),
        ("osc_a_unison", &calm(), &[1.0, 2.0, 8.0, 3.0, 1.0]),
        (
            "osc_a_unison",
            &with(calm(), &[("osc_a_spread", 1.0)]),
            &[1.0, 8.0, 2.0, 1.0],
        ),
        ("osc_a_unison", &through, &[1.0, 8.0, 1.0]),
        ("osc_b_route", &pair, &[0.0, 1.0, 0.0]),
        (
            "fm_algorithm",
            &operators,
            &[0.0, 1.0, 4.0, 30.0, 31.0, 32.0, 0.0],
        ),
        (
            "fm_route",
            &with(operators, &[("cutoff", 100.0)]),
            &[0.0, 1.0, 0.0],
        ),
        ("op1_wave", &operators, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0]),
        ("op2_wave", &operators, &[0.0, 2.0, 4.0, 0.0]),
        ("sync", &synced, &[0.0, 1.0, 0.0]),
        (
            "ring_route",
            &with(pair, &[("ring_level", 0.0)]),
            &[0.0, 1.0, 0.0],
        ),
        (
            "op1_mode",
            &with(operators, &[("op1_fixed", 150.0)]),
            &[0.0, 1.0, 0.0],
        ),
    ];
    for (id, patch, values) in cases {
        for pair in values.windows(2) {
            let patch = with(*patch, &[(id, pair[0])]);
            let change = set(common::parameter(id), pair[1]);
            let events = and(chord(&[33]), &[change]);
            let excess = excess(&patch, &events, TICK, |_| ());
            println!("{id} from {} to {}: {excess:.2}", pair[0], pair[1]);
            // A crossfade from one sound to another begins and ends with both.
            if excess > 2.0 {
                clicks.push(format!("{id} from {} to {}: {excess:.2}", pair[0], pair[1]));
            }
        }
    }
    assert!(clicks.is_empty(), "{clicks:#?}");
}

/// The route of the External input changes.
#[test]
fn the_way_of_the_input_changes_without_a_click() {
    let patch = with(
        calm(),
        &[
            ("osc_a_level", -60.0),
            ("external", 0.0),
            ("cutoff", 100.0),
            ("keytrack", 0.0),
            ("filter_env", 0.0),
        ],
    );
    for (from, to) in [
        (0.0, 1.0),
        (1.0, 2.0),
        (2.0, 1.0),
        (1.0, 0.0),
        (0.0, 2.0),
        (2.0, 0.0),
    ] {
        let patch = with(patch, &[("external_route", from)]);
        let change = set(Parameter::ExternalRoute, to);
        let events = and(chord(&[33]), &[change]);
        let excess = excess(&patch, &events, TICK, |_| ());
        println!("from {from} to {to}: {excess:.2}");
        assert!(excess <= 2.0, "from {from} to {to}: {excess:.2}");
    }
}

/// The two sides of a voice become one when it stops being stereo.
#[test]
fn a_voice_that_becomes_mono_does_not_click() {
    let wide = with(
        calm(),
        &[
            ("osc_a_route", 0.0),
            ("cutoff", 80.0),
            ("keytrack", 0.0),
            ("filter_env", 0.0),
            ("resonance", 0.95),
            ("osc_a_pan", 1.0),
            ("osc_b_shape", 0.0),
            ("osc_b_level", -12.0),
        ],
    );
    let middle = [set(common::parameter("osc_a_pan"), 0.0)];
    smooth("to the middle", &wide, and(chord(&[33]), &middle), TICK);
    let gone = [set(common::parameter("osc_a_level"), -60.0)];
    smooth("to nothing", &wide, and(chord(&[33]), &gone), TICK);
    let sides = with(
        wide,
        &[
            ("osc_a_pan", 0.0),
            ("osc_a_unison", 4.0),
            ("osc_a_spread", 1.0),
        ],
    );
    let one = [set(common::parameter("osc_a_unison"), 1.0)];
    smooth("to one voice", &sides, and(chord(&[33]), &one), TICK);
}

#[test]
fn another_sound_does_not_click() {
    let dark = with(
        calm(),
        &[
            ("osc_a_route", 0.0),
            ("cutoff", 60.0),
            ("keytrack", 0.0),
            ("filter_env", 0.0),
        ],
    );
    let operators = with(
        calm(),
        &[
            ("osc_a_level", -60.0),
            ("fm_level", -6.0),
            ("fm_route", 1.0),
            ("op2_level", 0.2),
        ],
    );
    let wide = with(
        calm(),
        &[("osc_a_unison", 7.0), ("osc_a_spread", 1.0), ("pan", -0.6)],
    );
    let quiet = with(calm(), &[("volume", -20.0)]);
    let solo = with(
        dark,
        &[("mode", 2.0), ("filter_mode", 2.0), ("quality", 1.0)],
    );
    let wet = with(calm(), &[("send_delay", 0.0), ("send_reverb", 0.0)]);
    let higher = with(calm(), &[("tune", 7.0)]);
    let sounds = [
        ("calm", calm()),
        ("dark", dark),
        ("operators", operators),
        (
            "other operators",
            with(operators, &[("op1_wave", 2.0), ("op2_wave", 4.0)]),
        ),
        ("wide", wide),
        ("quiet", quiet),
        ("solo", solo),
        ("wet", wet),
        ("higher", higher),
    ];
    let mut clicks = Vec::new();
    for (from, patch) in &sounds {
        for (to, next) in &sounds {
            let load = |engine: &mut Engine| engine.load(next);
            let [first, later @ ..] = excesses(patch, &chord(&[33, 40]), TICK, load);
            let later = later.into_iter().fold(f64::MIN, f64::max);
            println!("{from} to {to}: {first:.2}, later {later:.2}");
            // Levels, pans and routes have ramps of their own, which all begin and end here; at the peak of a note they
            // have farther to go than near its zero.
            if first > 3.0 || later > 3.5 {
                clicks.push(format!("{from} to {to}: {first:.2}, later {later:.2}"));
            }
        }
    }
    assert!(clicks.is_empty(), "{clicks:#?}");
}

#[test]
fn another_tempo_does_not_click_while_echoes_sound() {
    let patch = with(
        calm(),
        &[
            ("send_delay", 0.0),
            ("chorus_mix", 0.5),
            ("delay_feedback", 0.8),
            ("delay_time", 5.0),
            ("volume", -18.0),
        ],
    );
    for tempo in [60.0, 121.0, 240.0, 1.0, 1e6] {
        let what = format!("120 to {tempo}");
        act_smooth(&what, &patch, chord(&[33]), FADE, |engine| {
            engine.set_tempo(tempo)
        });
    }
    let free = with(patch, &[("delay_sync", 0.0)]);
    for (what, patch, moved) in [
        ("another time", &patch, set(Parameter::DelayTime, 0.0)),
        ("out of sync", &patch, set(Parameter::DelaySync, 0.0)),
        ("into sync", &free, set(Parameter::DelaySync, 1.0)),
        ("longer", &free, set(Parameter::DelayFreeTime, 2.0)),
        ("shorter", &free, set(Parameter::DelayFreeTime, 0.001)),
        ("off the chorus", &free, set(Parameter::ChorusDelay, -60.0)),
    ] {
        smooth(what, patch, and(chord(&[33]), &[moved]), FADE);
    }
}

#[test]
fn pedals_and_wheels_do_not_click() {
    let patch = with(calm(), &[("vibrato_depth", 50.0)]);
    for (what, kind) in [
        ("volume", controller(0, 7, 0.0)),
        ("expression", controller(0, 11, 0.1)),
        ("pan", controller(0, 10, 1.0)),
        ("modulation wheel", controller(0, 1, 1.0)),
        ("bend", common::bend(0, 1.0)),
        (
            "tuning",
            common::express(key(45), tidepool_dsp::Expression::Tuning, 5.0),
        ),
        (
            "pressure",
            EventKind::ChannelPressure {
                channel: 0,
                value: 1.0,
            },
        ),
        ("reset", controller(0, 121, 0.0)),
    ] {
        smooth(what, &patch, and(chord(&[45]), &[kind]), FADE);
    }
    let pedal = vec![
        (0, on(key(45), 1.0)),
        (10, controller(0, 64, 1.0)),
        (1_000, EventKind::note_off(NoteFilter::default())),
        (AT as u64, controller(0, 64, 0.0)),
    ];
    smooth("the pedal", &calm(), pedal, FADE);
}
