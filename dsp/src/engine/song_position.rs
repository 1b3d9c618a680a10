//! Position in the song, followed from block to block.
//!
//! A host announces the position once per block, rounded. Therefore the position of a sample is computed from an anchor,
//! the last announcement that was news, so that it does not depend on the block sizes.

/// Difference between announced and expected position that counts as rounding, in samples.
const ROUNDING: f64 = 0.5;
/// Difference beyond which the song has jumped, in quarter notes. Smaller ones come from tempo ramps, whose tempo
/// hosts announce once per block.
const JUMP: f64 = 1.0 / 16.0;
/// Limit of positions in quarter notes.
const FARTHEST: f64 = 1e9;
/// Valid tempos in quarter notes per minute.
const TEMPOS: (f64, f64) = (1.0, 1000.0);

/// Position and tempo of a song that plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SongPosition {
    /// Quarter notes since the start of the song; negative in a count-in.
    pub beats: f64,
    /// Quarter notes per minute, 1 to 1000, clamped.
    pub tempo: f64,
}

/// The song, as far as the host has announced it. `[audio]`
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Song {
    anchor: Option<Anchor>,
}

/// A known position, from which later ones are computed.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    beats: f64,
    /// Time in samples since the last reset.
    time: u64,
    /// Quarter notes per sample.
    rate: f64,
}

impl Anchor {
    fn at(&self, time: u64) -> f64 {
        self.beats + (time as f64 - self.time as f64) * self.rate
    }
}

impl Song {
    /// Returns the position in quarter notes at `time`, in samples since the last reset; `None` while no song plays.
    pub(super) fn at(&self, time: u64) -> Option<f64> {
        self.anchor.map(|anchor| anchor.at(time))
    }

    /// Follows the host, which announces a position at `time`. Returns true if the song starts or jumps there.
    pub(super) fn follow(
        &mut self,
        announced: Option<SongPosition>,
        time: u64,
        sample_rate: f32,
    ) -> bool {
        let is_valid = |song: &SongPosition| song.beats.abs() <= FARTHEST && song.tempo.is_finite();
        let Some(SongPosition { beats, tempo }) = announced.filter(is_valid) else {
            self.anchor = None;
            return false;
        };
        let rate = tempo.clamp(TEMPOS.0, TEMPOS.1) / 60.0 / f64::from(sample_rate);
        let (expected, last_rate) = match self.anchor {
            Some(anchor) => (anchor.at(time), anchor.rate),
            None => (f64::INFINITY, rate),
        };
        let difference = (beats - expected).abs();
        let is_rounding = difference <= ROUNDING * rate.max(last_rate);
        if !(is_rounding && rate == last_rate) {
            let beats = if is_rounding { expected } else { beats };
            self.anchor = Some(Anchor { beats, time, rate });
        }
        difference > JUMP
    }

    /// Moves the time of the last announcement to `time`.
    pub(super) fn move_to(&mut self, time: u64) {
        if let Some(anchor) = &mut self.anchor {
            anchor.time = time;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    /// Follows a host that announces `tempo` and exact positions, rounded to 31 binary places, every `block` samples.
    fn played(block: usize, tempo: f64, samples: usize) -> Song {
        let mut song = Song::default();
        for time in (0..samples).step_by(block) {
            let exact = 3.7 + time as f64 / f64::from(RATE) * tempo / 60.0;
            let beats = (exact * 2_147_483_648.0).round() / 2_147_483_648.0;
            let started = song.follow(Some(SongPosition { beats, tempo }), time as u64, RATE);
            assert_eq!(started, time == 0);
        }
        song
    }

    #[test]
    fn block_sizes_do_not_change_the_position() {
        for tempo in [33.3, 120.0, 999.0] {
            let at = |block| played(block, tempo, 480_000).at(480_000).unwrap().to_bits();
            assert!(
                [1, 7, 64, 441, 4096]
                    .into_iter()
                    .all(|block| at(block) == at(512))
            );
            let exact = 3.7 + 10.0 * tempo / 60.0;
            assert!((f64::from_bits(at(512)) - exact).abs() < 1e-8);
        }
    }

    #[test]
    fn starts_and_jumps_are_told_from_ramps_and_stops() {
        let mut song = Song::default();
        let mut follow = |time: u64, beats: f64, tempo: f64| {
            let started = song.follow(Some(SongPosition { beats, tempo }), time, RATE);
            (started, song.at(time))
        };
        assert_eq!(follow(0, 8.0, 120.0), (true, Some(8.0)));
        // A new tempo goes on from the expected position.
        let (started, position) = follow(24_000, 9.000_001, 240.0);
        assert!(!started && (position.unwrap() - 9.0).abs() < 1e-12);
        // The host's own position within a ramp is taken over.
        assert_eq!(follow(36_000, 10.01, 250.0), (false, Some(10.01)));
        // A loop.
        assert_eq!(follow(36_512, 8.0, 250.0), (true, Some(8.0)));
        assert!(!song.follow(None, 37_000, RATE) && song.at(37_000).is_none());
        for beats in [f64::NAN, f64::INFINITY, -1e10] {
            let wild = SongPosition {
                beats,
                tempo: 120.0,
            };
            assert!(!song.follow(Some(wild), 38_000, RATE) && song.at(38_000).is_none());
        }
        let wild = SongPosition {
            beats: -4.0,
            tempo: -7.0,
        };
        assert!(song.follow(Some(wild), 39_000, RATE));
        assert!(song.at(87_000).unwrap() > -4.0);
    }
}
