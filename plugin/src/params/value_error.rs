//! Error messages for invalid parameter values, shared by presets and the command line.

use tidepool_dsp::parameter::{Spec, Unit};

use super::text;
use crate::quote::quote;
use crate::suggest;

/// Most choices that an error lists in full; for longer lists it suggests the nearest, or names the command that lists
/// them.
const FEW: usize = 8;

/// Returns the clause that rejects `words` as a value of the parameter, with the valid values or the nearest of them.
pub fn value_error(spec: &Spec, words: &str) -> String {
    let Unit::Choice(names) = spec.unit else {
        let (min, max) = spec.range.ends();
        let (min, max) = (text::format(spec, min), text::format(spec, max));
        return format!("\"{}\" is not a value from {min} to {max}", quote(words));
    };
    let advice = if let Some(few) = few(names) {
        format!("choose from {few}")
    } else {
        let near = suggest::suggest(words, names.iter().map(|name| [*name]));
        suggest::advice(&near, &format!("{} lists them", list(spec)))
    };
    format!("\"{}\" is not one of the choices; {advice}", quote(words))
}

/// Describes the parameter's valid values in a few words.
pub fn values(spec: &Spec, min: &str, max: &str) -> String {
    match spec.unit {
        Unit::Choice(names) => few(names)
            .unwrap_or_else(|| format!("{} choices, which {} lists", names.len(), list(spec))),
        _ => format!("{min} to {max}"),
    }
}

/// Returns `names` joined by commas if they are at most [`FEW`].
fn few(names: &[&str]) -> Option<String> {
    (names.len() <= FEW).then(|| names.join(", "))
}

/// Returns the command that prints all choices of the parameter.
fn list(spec: &Spec) -> String {
    format!("`tidepool params {}`", spec.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidepool_dsp::Parameter;

    #[test]
    fn what_a_refusal_names_is_taken() {
        for spec in Parameter::all().map(Parameter::spec) {
            let value_error = value_error(spec, "Qqq 7.7.7");
            let offered = if let Some((_, few)) = value_error.split_once("; choose from ") {
                few.split(", ").collect::<Vec<_>>()
            } else if let Some((_, near)) = value_error.split_once("; the nearest: ") {
                near.split(", ").collect()
            } else if let Some((_, range)) = value_error.split_once(" is not a value from ") {
                let (min, max) = range.split_once(" to ").unwrap();
                vec![min, max]
            } else {
                assert!(value_error.contains(&list(spec)), "{value_error}");
                Vec::new()
            };
            for value in offered {
                assert!(
                    text::parse(spec, value).is_some(),
                    "{}: {value_error}",
                    spec.id
                );
            }
        }
    }

    #[test]
    fn short_lists_are_there_in_full_and_long_ones_say_where() {
        let values = |id| values(Parameter::named(id).unwrap().spec(), "a", "b");
        assert_eq!(values("mode"), "Poly, Mono, Legato");
        assert_eq!(values("cutoff"), "a to b");
        let long = values("slot1_destination");
        assert!(
            long.ends_with(" choices, which `tidepool params slot1_destination` lists"),
            "{long}"
        );
    }
}
