//! An MPE zone: a master channel and the members that carry a note each (MIDI Polyphonic Expression 1.1).

use std::ops::Range;

/// The active MPE zone, if there is one. Channels are counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    master: u8,
    members: Range<u8>,
}

impl Zone {
    /// Returns no zone: every channel is independent.
    pub fn off() -> Self {
        Self::default()
    }

    /// Returns the zone with the master on the first channel and `members` (1 to 15) from the second channel up.
    pub fn lower(members: u8) -> Self {
        Self {
            master: 0,
            members: 1..1 + members.clamp(1, 15),
        }
    }

    /// Returns the zone with the master on the last channel and `members` (1 to 15) from the last but one down.
    pub fn upper(members: u8) -> Self {
        Self {
            master: 15,
            members: 15 - members.clamp(1, 15)..15,
        }
    }

    /// Returns the master of `channel`, if that is a member.
    pub fn master_of(&self, channel: u8) -> Option<u8> {
        self.members.contains(&channel).then_some(self.master)
    }

    /// Returns true if messages on channel `from` also apply to notes on channel `to`.
    pub fn reaches(&self, from: u8, to: u8) -> bool {
        from == to || self.master_of(to) == Some(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masters_reach_only_their_members() {
        let lower = Zone::lower(3);
        assert_eq!(lower.master_of(0), None);
        assert!((1..=3).all(|member| lower.master_of(member) == Some(0)));
        assert_eq!(lower.master_of(4), None);
        let upper = Zone::upper(15);
        assert!((0..=14).all(|member| upper.master_of(member) == Some(15)));
        assert!(upper.reaches(15, 0) && upper.reaches(15, 15) && !upper.reaches(0, 15));
        assert!((0..16).all(|channel| Zone::off().master_of(channel).is_none()));
    }
}
