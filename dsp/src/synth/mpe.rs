//! MPE zones: a master channel each, and the members that carry a note each (MIDI Polyphonic Expression 1.1).

/// Master channels of the lower and of the upper zone. Channels are counted from 0.
const LOWER: u8 = 0;
const UPPER: u8 = 15;

/// The lower and the upper zone; one without members is off. Channels are counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    /// Number of members: of the lower zone from the second channel up, of the upper zone from the last but one down.
    lower: u8,
    upper: u8,
}

impl Zones {
    /// Returns no zone: every channel is independent.
    pub fn off() -> Self {
        Self::default()
    }

    /// Returns the lower zone alone, with `members` (1 to 15).
    pub fn lower(members: u8) -> Self {
        Self {
            lower: members.clamp(1, 15),
            upper: 0,
        }
    }

    /// Returns the upper zone alone, with `members` (1 to 15).
    pub fn upper(members: u8) -> Self {
        Self {
            lower: 0,
            upper: members.clamp(1, 15),
        }
    }

    /// Returns true if `channel` can be the master of a zone.
    pub fn can_be_master(channel: u8) -> bool {
        matches!(channel, LOWER | UPPER)
    }

    /// Sets the number of members of the zone of `master` (0 or 15), as the MPE Configuration Message does: 1 to 15, or 0
    /// to switch the zone off. The other zone loses the channels that both would have, and is off without any.
    pub fn configure(&mut self, master: u8, members: u8) {
        let (zone, other) = match master {
            LOWER => (&mut self.lower, &mut self.upper),
            _ => (&mut self.upper, &mut self.lower),
        };
        *zone = members.min(15);
        if *zone > 0 {
            *other = (*other).min(14_u8.saturating_sub(*zone));
        }
    }

    /// Returns the master of `channel`, if that is a member.
    pub fn master_of(&self, channel: u8) -> Option<u8> {
        if (1..=self.lower).contains(&channel) {
            Some(LOWER)
        } else if (UPPER - self.upper..UPPER).contains(&channel) {
            Some(UPPER)
        } else {
            None
        }
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
        let lower = Zones::lower(3);
        assert_eq!(lower.master_of(0), None);
        assert!((1..=3).all(|member| lower.master_of(member) == Some(0)));
        assert_eq!(lower.master_of(4), None);
        let upper = Zones::upper(15);
        assert!((0..=14).all(|member| upper.master_of(member) == Some(15)));
        assert!(upper.reaches(15, 0) && upper.reaches(15, 15) && !upper.reaches(0, 15));
        assert!((0..16).all(|channel| Zones::off().master_of(channel).is_none()));
    }

    #[test]
    fn the_newer_of_two_zones_takes_the_channels_that_both_would_have() {
        let after = |messages: &[(u8, u8)]| {
            let mut zones = Zones::off();
            for (master, members) in messages {
                zones.configure(*master, *members);
            }
            (zones.lower, zones.upper)
        };
        assert_eq!(after(&[(0, 7), (15, 7)]), (7, 7));
        assert_eq!(after(&[(0, 7), (15, 10)]), (4, 10));
        assert_eq!(after(&[(15, 5), (0, 14)]), (14, 0));
        assert_eq!(after(&[(15, 5), (0, 15)]), (15, 0));
        assert_eq!(after(&[(0, 9), (15, 3), (0, 0)]), (0, 3));
        assert_eq!(after(&[(0, 127)]), (15, 0));
        let both = {
            let mut zones = Zones::lower(6);
            zones.configure(15, 8);
            zones
        };
        let masters: Vec<_> = (0..16).map(|channel| both.master_of(channel)).collect();
        assert!(masters[1..7].iter().all(|master| *master == Some(0)));
        assert!(masters[7..15].iter().all(|master| *master == Some(15)));
        assert_eq!((masters[0], masters[15]), (None, None));
    }
}
