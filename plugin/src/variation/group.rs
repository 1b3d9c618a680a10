//! Groups of parameters that a variation changes together and that can be locked.

use tidepool_dsp::Parameter;

use crate::presets::NOT_IN_PRESETS;

/// Group of a sound's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Virtual-analogue oscillators, ring modulator and noise.
    Oscillators,
    /// FM operators, their algorithm and their level.
    Fm,
    /// Ladder filter.
    Filter,
    /// The three envelopes.
    Envelopes,
    /// LFOs, modulation matrix and vibrato.
    Modulation,
    /// Macro knobs.
    Macros,
    /// Effects with their sends, and the output drive.
    Effects,
    /// Playing mode, glide, transposition, pan and velocity sensitivity.
    Voice,
}

impl Group {
    /// All groups, in the order of the editor's list.
    pub const ALL: [Self; 8] = [
        Self::Oscillators,
        Self::Fm,
        Self::Filter,
        Self::Envelopes,
        Self::Modulation,
        Self::Macros,
        Self::Effects,
        Self::Voice,
    ];

    /// Returns the name in the editor and in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oscillators => "Oscillators",
            Self::Fm => "FM",
            Self::Filter => "Filter",
            Self::Envelopes => "Envelopes",
            Self::Modulation => "Modulation",
            Self::Macros => "Macros",
            Self::Effects => "Effects",
            Self::Voice => "Voice",
        }
    }

    /// Returns the group of `parameter`; `None` for [`Parameter::Level`], which sets the loudness of a variation, and
    /// for the settings that are not part of a sound.
    pub fn of(parameter: Parameter) -> Option<Self> {
        if parameter == Parameter::Level || NOT_IN_PRESETS.contains(&parameter) {
            return None;
        }
        match parameter {
            Parameter::FmLevel | Parameter::FmPan | Parameter::FmRoute => return Some(Self::Fm),
            Parameter::VibratoRate | Parameter::VibratoDepth => return Some(Self::Modulation),
            _ => {}
        }
        // The blocks of the table, by the names of their groups, some of which end with a number or a letter.
        let block = parameter.spec().group;
        let block = block.split(' ').next().unwrap_or(block);
        Some(match block {
            "Mixer" | "Oscillator" => Self::Oscillators,
            "FM" | "Operator" => Self::Fm,
            "Filter" => Self::Filter,
            "Envelope" => Self::Envelopes,
            "LFO" | "Matrix" => Self::Modulation,
            "Macros" => Self::Macros,
            "Sends" | "Output" => Self::Effects,
            "Voice" => Self::Voice,
            _ => return None,
        })
    }
}

/// Set of groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups(u8);

impl Groups {
    /// Returns true if `group` is in the set.
    pub fn contains(self, group: Group) -> bool {
        self.0 & 1 << group as u8 != 0
    }

    /// Adds `group` if it is missing, and removes it otherwise.
    pub fn toggle(&mut self, group: Group) {
        self.0 ^= 1 << group as u8;
    }

    /// Returns true if all groups are in the set.
    pub fn is_all(self) -> bool {
        Group::ALL.iter().all(|group| self.contains(*group))
    }

    /// Returns the names of the groups in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let groups = Group::ALL.into_iter();
        groups
            .filter(move |group| self.contains(*group))
            .map(Group::name)
    }

    /// Returns the set of the groups with these names; others are left out.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let named = |name| Group::ALL.into_iter().find(|group| group.name() == name);
        names.into_iter().filter_map(named).collect()
    }
}

impl FromIterator<Group> for Groups {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        let bits = groups.into_iter().map(|group| 1 << group as u8);
        Self(bits.fold(0, |set, bit| set | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_a_sound_but_its_level_is_in_a_group() {
        for parameter in Parameter::all() {
            let expected = parameter != Parameter::Level && !NOT_IN_PRESETS.contains(&parameter);
            assert_eq!(Group::of(parameter).is_some(), expected, "{parameter:?}");
        }
        let of = |id: &str| Group::of(Parameter::named(id).unwrap()).unwrap();
        assert_eq!(of("osc_b_level"), Group::Oscillators);
        assert_eq!(of("fm_3_to_2"), Group::Fm);
        assert_eq!(of("fm_level"), Group::Fm);
        assert_eq!(of("attack"), Group::Envelopes);
        assert_eq!(of("slot4_source"), Group::Modulation);
        assert_eq!(of("output_drive"), Group::Effects);
    }

    #[test]
    fn sets_come_back_from_their_names() {
        let mut locked: Groups = [Group::Fm, Group::Voice].into_iter().collect();
        assert_eq!(locked.names().collect::<Vec<_>>(), ["FM", "Voice"]);
        assert_eq!(Groups::named(["Voice", "Unknown", "FM"]), locked);
        locked.toggle(Group::Fm);
        assert_eq!(Groups::named(["Voice"]), locked);
        assert!(Group::ALL.into_iter().collect::<Groups>().is_all() && !locked.is_all());
    }
}
