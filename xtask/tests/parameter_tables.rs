//! Compares the tables of parameters in docs/manual.md with the code: `UPDATE_DOCS=1 cargo test -p xtask --test
//! parameter_tables` writes them.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{
    EnvelopeParameter, LfoParameter, MatrixParameter, OperatorParameter, OscillatorParameter,
    Priority, Range, Reach, Smoothing, Spec, Unit,
};
use tidepool_dsp::rt::Style;

const BEGIN: &str =
    "<!-- parameters: written by `UPDATE_DOCS=1 cargo test -p xtask --test parameter_tables` -->\n";
const END: &str = "<!-- end of parameters -->\n";
/// Limit of the choices that are listed in a row; longer lists follow the tables.
const SHORT_LIST: usize = 8;

#[test]
fn the_page_lists_the_parameters_as_they_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual.md");
    let page = fs::read_to_string(&path)
        .expect("docs/manual.md")
        .replace("\r\n", "\n");
    let (before, rest) = page.split_once(BEGIN).expect("the mark before the tables");
    let (tables, after) = rest.split_once(END).expect("the mark after the tables");
    let wanted = self::tables();
    if tables == wanted {
        return;
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, [before, BEGIN, &wanted, END, after].concat()).expect("a file to write");
        return;
    }
    let differ = tables.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    panic!("docs/manual.md is not what the code says, first here: {differ:#?}");
}

/// Parameters that exist several times and differ only by a part of their id and name.
struct Family {
    heading: &'static str,
    /// Placeholder for that part in id and name.
    template: (&'static str, &'static str),
    /// Variable part and parameters of each member.
    members: Vec<(String, String, Vec<Parameter>)>,
}

fn families() -> Vec<Family> {
    let numbered = |count: usize,
                    id: &dyn Fn(usize) -> String,
                    name: &dyn Fn(usize) -> String,
                    parameters: &dyn Fn(usize) -> Vec<Parameter>| {
        (0..count)
            .map(|n| (id(n + 1), name(n + 1), parameters(n)))
            .collect()
    };
    let letter = |n: usize, first: u8| char::from(first + n as u8 - 1);
    let modulators = (0..Parameter::OPERATORS).flat_map(|to| {
        let others = (0..Parameter::OPERATORS).filter(move |from| *from != to);
        others.map(move |from| {
            let (f, t) = (from + 1, to + 1);
            let one = vec![Parameter::modulator(to, from)];
            (format!("fm_{f}_to_{t}"), format!("FM {f} to {t}"), one)
        })
    });
    vec![
        Family {
            heading: "Macros, N = 1 to 8",
            template: ("macroN", "Macro N"),
            members: numbered(
                Parameter::MACROS,
                &|n| format!("macro{n}"),
                &|n| format!("Macro {n}"),
                &|n| vec![Parameter::macro_knob(n)],
            ),
        },
        Family {
            heading: "Oscillators, X = A, B",
            template: ("osc_x_", "Osc X "),
            members: numbered(
                Parameter::OSCILLATORS,
                &|n| format!("osc_{}_", letter(n, b'a')),
                &|n| format!("Osc {} ", letter(n, b'A')),
                &|n| {
                    OscillatorParameter::ALL
                        .map(|of| Parameter::oscillator(n, of))
                        .to_vec()
                },
            ),
        },
        Family {
            heading: "Operators, N = 1 to 6",
            template: ("opN_", "Op N "),
            members: numbered(
                Parameter::OPERATORS,
                &|n| format!("op{n}_"),
                &|n| format!("Op {n} "),
                &|n| {
                    OperatorParameter::ALL
                        .map(|of| Parameter::operator(n, of))
                        .to_vec()
                },
            ),
        },
        Family {
            heading: "Free algorithm: operator F modulates operator T",
            template: ("fm_F_to_T", "FM F to T"),
            members: modulators.collect(),
        },
        Family {
            heading: "Envelopes, N = 1 to 3 (ids of the first have no prefix: `attack`, `env2_attack`)",
            template: ("envN_", "Env N "),
            members: numbered(
                Parameter::ENVELOPES,
                &|n| {
                    if n == 1 {
                        String::new()
                    } else {
                        format!("env{n}_")
                    }
                },
                &|n| format!("Env {n} "),
                &|n| {
                    EnvelopeParameter::ALL
                        .map(|of| Parameter::envelope(n, of))
                        .to_vec()
                },
            ),
        },
        Family {
            heading: "LFOs, N = 1 to 3",
            template: ("lfoN_", "LFO N "),
            members: numbered(
                Parameter::LFOS,
                &|n| format!("lfo{n}_"),
                &|n| format!("LFO {n} "),
                &|n| LfoParameter::ALL.map(|of| Parameter::lfo(n, of)).to_vec(),
            ),
        },
        Family {
            heading: "Slots of the matrix, N = 1 to 16",
            template: ("slotN_", "Slot N "),
            members: numbered(
                Parameter::MATRIX_SLOTS,
                &|n| format!("slot{n}_"),
                &|n| format!("Slot {n} "),
                &|n| {
                    MatrixParameter::ALL
                        .map(|of| Parameter::matrix_slot(n, of))
                        .to_vec()
                },
            ),
        },
    ]
}

/// Returns everything between the marks.
fn tables() -> String {
    let families = families();
    let mut written: HashSet<usize> = families
        .iter()
        .flat_map(|family| &family.members)
        .flat_map(|(.., parameters)| parameters.iter().map(|parameter| parameter.index()))
        .collect();
    let mut text = format!(
        "\n{} parameters, of which the matrix can move {}.\n",
        Parameter::COUNT,
        Parameter::DESTINATIONS
    );
    let mut lists = Vec::new();
    let mut group = "";
    for spec in Parameter::all().map(Parameter::spec) {
        if !written.insert(spec.parameter.index()) {
            continue;
        }
        if spec.group != group {
            group = spec.group;
            head(&mut text, group);
        }
        line(&mut text, spec.id, spec.name, &[spec], &mut lists);
    }
    for family in &families {
        head(&mut text, family.heading);
        for place in 0..family.members[0].2.len() {
            let specs: Vec<_> = family
                .members
                .iter()
                .map(|(.., parameters)| parameters[place].spec())
                .collect();
            let rest: Vec<_> = family
                .members
                .iter()
                .zip(&specs)
                .map(|((id, name, _), spec)| (strip(spec.id, id), strip(spec.name, name)))
                .collect();
            assert!(rest.iter().all(|of| *of == rest[0]), "not alike: {rest:?}");
            let id = format!("{}{}", family.template.0, rest[0].0);
            let name = format!("{}{}", family.template.1, rest[0].1);
            line(&mut text, &id, &name, &specs, &mut lists);
        }
    }
    assert_eq!(written.len(), Parameter::COUNT);
    text.push_str("\n### Lists\n\n");
    for (name, list) in lists {
        writeln!(text, "- **{name}**: {}.", list.join(", ")).expect("a string takes it");
    }
    text.push('\n');
    text
}

fn strip<'a>(text: &'a str, prefix: &str) -> &'a str {
    text.strip_prefix(prefix)
        .unwrap_or_else(|| panic!("{text} does not begin with {prefix}"))
}

fn head(text: &mut String, heading: &str) {
    write!(
        text,
        "\n### {heading}\n\n\
         | id | name | range | default | priority | smoothing | moved by |\n\
         |---|---|---|---|---|---|---|\n"
    )
    .expect("a string takes it");
}

type Lists = Vec<(String, &'static [&'static str])>;

/// Writes the line of several parameters, which have everything in common but the default and the modulation by hosts.
fn line(text: &mut String, id: &str, name: &str, specs: &[&Spec], lists: &mut Lists) {
    let common = |of: &dyn Fn(&Spec) -> String| {
        let all: Vec<_> = specs.iter().map(|spec| of(spec)).collect();
        if all.iter().all(|one| *one == all[0]) {
            all[0].clone()
        } else {
            // Only the first one may differ.
            assert!(all[1..].iter().all(|one| *one == all[1]), "{id}: {all:?}");
            format!("{}; others: {}", all[0], all[1])
        }
    };
    for spec in specs {
        let Spec {
            unit,
            range,
            priority,
            smoothing,
            ..
        } = **spec;
        let first = (
            specs[0].unit,
            specs[0].range,
            specs[0].priority,
            specs[0].smoothing,
        );
        assert_eq!((unit, range, priority, smoothing), first, "{}", spec.id);
    }
    let range = range(specs[0], name, lists);
    writeln!(
        text,
        "| `{id}` | {name} | {range} | {} | {} | {} | {} |",
        common(&|spec| value(spec, spec.default)),
        match specs[0].priority {
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Low => "low",
        },
        match specs[0].smoothing {
            Smoothing::None => "–".into(),
            Smoothing::Ramp(style, milliseconds) => format!(
                "{}, {milliseconds} ms",
                match style {
                    Style::Linear => "linear",
                    Style::Logarithmic => "logarithmic",
                    Style::Exponential => "exponential",
                }
            ),
        },
        common(&moved_by),
    )
    .expect("a string takes it");
}

fn moved_by(spec: &Spec) -> String {
    match (spec.reach, spec.is_destination()) {
        (Reach::Note, true) => "matrix, host per note",
        (_, true) => "matrix",
        _ => "–",
    }
    .into()
}

fn range(spec: &Spec, name: &str, lists: &mut Lists) -> String {
    let (min, max) = spec.range.ends();
    match spec.unit {
        // The other names are those in the tables.
        Unit::Choice(names) if names.len() == Parameter::DESTINATIONS + 1 => {
            "None, or the name of a destination".into()
        }
        Unit::Choice(names) if names.len() <= SHORT_LIST => names.join(", "),
        Unit::Choice(names) => {
            if !lists.iter().any(|(_, other)| *other == names) {
                lists.push((name.into(), names));
            }
            let (of, _) = lists
                .iter()
                .find(|(_, other)| *other == names)
                .expect("pushed");
            format!("list *{of}*")
        }
        Unit::Shape => "Sine (0), Triangle (1), Saw (2), Pulse (3) and between".into(),
        _ => {
            let skewed = matches!(spec.range, Range::Skewed { .. });
            let (min, max) = (number(spec.unit, min), value(spec, max));
            let least = match spec.unit {
                Unit::Level => "off, ".to_owned() + &min,
                _ => min,
            };
            format!("{least} to {max}{}", if skewed { ", skewed" } else { "" })
        }
    }
}

/// Formats a value with its unit.
fn value(spec: &Spec, plain: f32) -> String {
    let number = number(spec.unit, plain);
    match spec.unit {
        Unit::Choice(names) => names[plain as usize].into(),
        Unit::Level if plain <= spec.range.ends().0 => "off".into(),
        Unit::Shape => ["Sine", "Triangle", "Saw", "Pulse"][plain as usize].into(),
        Unit::Hertz => number + " Hz",
        Unit::Decibels | Unit::Level => number + " dB",
        Unit::DecibelsPerOctave => number + " dB per octave",
        Unit::Seconds => number + " s",
        Unit::Percent => number + " %",
        Unit::Semitones => number + " semitones",
        Unit::Cents => number + " cents",
        Unit::Count => number,
    }
}

fn number(unit: Unit, plain: f32) -> String {
    let plain = f64::from(plain) * if unit == Unit::Percent { 100.0 } else { 1.0 };
    // Rounded to the digits of the table: the rest is the error of single precision.
    format!("{}", (plain * 1e4).round() / 1e4).replace('-', "−")
}
