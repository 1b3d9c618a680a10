//! Names of the keys under a tuning whose pattern does not repeat every twelve keys, so that the usual names would mislead.

use tidepool_dsp::synth::{KeyboardMap, Scale};

/// Number of MIDI keys.
const KEYS: u8 = 128;
/// Keys per octave of the usual names.
const USUAL_KEYS: usize = 12;
/// Number of the octave that the middle key begins: C4 is key 60.
const MIDDLE_OCTAVE: i64 = 4;
/// Periods that are called octaves, in cents.
const OCTAVES: std::ops::RangeInclusive<f64> = 1190.0..=1210.0;

/// Name of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// MIDI key, 0 to 127.
    pub key: u8,
    /// Degree of the scale from 0, and octave, such as `5, oct 4`; `unused` for a key that is not mapped.
    pub name: String,
}

/// Returns the names of all keys in order; none if the keys repeat every twelve, or never. `[gui]`
pub(super) fn key_names(scale: &Scale, map: &KeyboardMap) -> Vec<KeyName> {
    if matches!(map.keys_per_period(scale), 0 | USUAL_KEYS) || scale.degrees() == 0 {
        return Vec::new();
    }
    let period = match OCTAVES.contains(&scale.cents(scale.degrees() as i64)) {
        true => "oct",
        false => "period",
    };
    let name = |key| match map.degree(key, scale) {
        Some((degree, above)) => {
            format!("{degree}, {period} {}", MIDDLE_OCTAVE + i64::from(above))
        }
        None => "unused".to_owned(),
    };
    (0..KEYS)
        .map(|key| KeyName {
            key,
            name: name(key),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(steps: u32, period: f64) -> Scale {
        let mut text = format!("equal\n {steps}\n");
        for step in 1..=steps {
            text += &format!(" {:.6}\n", period * f64::from(step) / f64::from(steps));
        }
        Scale::parse(text).unwrap()
    }

    #[test]
    fn keys_are_named_by_degree_and_octave() {
        let every = KeyboardMap::default();
        let names = key_names(&equal(19, 1200.0), &every);
        assert_eq!(names.len(), 128);
        for (key, name) in [(60, "0, oct 4"), (59, "18, oct 3"), (79, "0, oct 5")] {
            assert_eq!((names[key].key, &*names[key].name), (key as u8, name));
        }
        let thirds = key_names(&equal(13, 1901.955), &every);
        assert_eq!(thirds[61].name, "1, period 4");
        let map = "3\n60\n127\n60\n69\n440.0\n5\n0\nx\n3\n";
        let mapped = key_names(&equal(5, 1200.0), &KeyboardMap::parse(map).unwrap());
        let named: Vec<_> = mapped[59..64].iter().map(|key| &*key.name).collect();
        assert_eq!(
            named,
            ["unused", "0, oct 4", "unused", "3, oct 4", "0, oct 5"]
        );
    }

    #[test]
    fn the_usual_names_stay_where_they_fit() {
        let twelve = "12\n0\n127\n60\n69\n415.0\n12\n".to_owned()
            + &(0..12)
                .map(|degree| format!("{degree}\n"))
                .collect::<String>();
        let twelve = KeyboardMap::parse(twelve).unwrap();
        for (scale, map) in [
            (Scale::default(), KeyboardMap::default()),
            (equal(12, 1200.0), KeyboardMap::default()),
            (equal(19, 1200.0), twelve),
            (Scale::parse("one\n 0\n").unwrap(), KeyboardMap::default()),
        ] {
            assert_eq!(key_names(&scale, &map), []);
        }
    }
}
