//! Note expressions: each is audible, and only on its own note.

use tidepool_host::{Event, Expression, Note};
use tidepool_tests::score::{note, on};
use tidepool_tests::{Rig, Score, Sound};

/// Largest rounding difference in a sum of two notes.
const ROUNDING: f32 = 1e-5;

/// Expressions with values different from their neutral values, in CLAP's units.
const EXPRESSIONS: [(Expression, f64); 7] = [
    (Expression::Volume, 0.25),
    (Expression::Pan, 0.1),
    (Expression::Tuning, 3.0),
    (Expression::Vibrato, 1.0),
    (Expression::Expression, 0.5),
    (Expression::Brightness, 0.9),
    (Expression::Pressure, 1.0),
];

fn express(note: Note, kind: Expression, value: f64) -> Event {
    Event::Expression { note, kind, value }
}

fn play(score: &Score) -> Sound {
    Rig::new().play(score, &[480])
}

#[test]
fn each_changes_its_note_as_if_that_were_alone_and_no_other() {
    for (kind, value) in EXPRESSIONS {
        for target in [note(57), Note::new(0, 57)] {
            let change = express(target, kind, value);
            let one = Score::new(14_400).at(0, on(57));
            let two = one.clone().at(0, on(64));
            let alone = play(&one.clone().at(4000, change)).minus(&play(&one));
            let among = play(&two.clone().at(4000, change)).minus(&play(&two));
            assert!(alone.peak() > 0.001, "{kind:?} is not heard");
            let rest = among.minus(&alone).peak();
            assert!(rest < ROUNDING, "{kind:?} changes the other note by {rest}");
        }
    }
}

#[test]
fn on_a_notes_first_sample_each_is_there_from_the_start() {
    let half = play(
        &Score::new(4800)
            .at(7, on(57))
            .at(7, express(note(57), Expression::Volume, 0.5)),
    );
    let whole = play(&Score::new(4800).at(7, on(57)));
    let doubled = half.left.iter().map(|sample| 2.0 * sample);
    let error = doubled.zip(&whole.left).map(|(a, b)| (a - b).abs());
    let error = error.fold(0.0, f32::max);
    assert!(error < ROUNDING, "half the volume is off by {error}");

    let left = play(
        &Score::new(4800)
            .at(7, on(57))
            .at(7, express(note(57), Expression::Pan, 0.0)),
    );
    let channel = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(channel(&left.left) > 0.1 && channel(&left.right) < ROUNDING);
}

#[test]
fn brightness_and_pressure_open_the_filter() {
    // Ratio of second difference to level, which weights the filter's passband by the fourth power of frequency.
    let edge = |sound: &Sound| {
        let curve = sound.left.windows(3).map(|x| x[0] - 2.0 * x[1] + x[2]);
        curve.map(|x| x * x).sum::<f32>().sqrt() / sound.rms()
    };
    let plain = Score::new(9600).at(0, on(45));
    let with = |kind, value| play(&plain.clone().at(0, express(note(45), kind, value)));
    let middle = edge(&play(&plain));
    assert!(edge(&with(Expression::Brightness, 1.0)) > 4.0 * middle);
    assert!(edge(&with(Expression::Brightness, 0.0)) < 0.25 * middle);
    assert!(edge(&with(Expression::Pressure, 1.0)) > 4.0 * middle);
    let rest = with(Expression::Brightness, 0.5);
    assert_eq!(rest.first_difference(&play(&plain)), None);
}
