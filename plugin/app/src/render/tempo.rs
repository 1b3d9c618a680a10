//! The tempo map: converts the ticks of a song to time.
//!
//! Times are whole numbers of a unit that divides every tick of the song, so no error accumulates over a long song with
//! many tempo changes. Only the last step, to a sample, rounds. The two units of time of a file are those of the
//! Standard MIDI Files 1.0 specification (MIDI Manufacturers Association, 1996), under "Header Chunks".

use midly::{Fps, Timing};

/// Default tempo of a song: 120 beats a minute, in µs per beat.
pub const DEFAULT_TEMPO: u32 = 500_000;

/// Tempo from one tick on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TempoChange {
    /// Tick at which it takes effect.
    pub tick: u64,
    /// Length of a beat (a quarter note) in microseconds, above 0.
    pub us_per_beat: u32,
}

/// Tempo and position of a song at a tick, as a host would show them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Beats (quarter notes) per minute.
    pub bpm: f64,
    /// Beats since the start of the song.
    pub beats: f64,
    /// Seconds since the start of the song.
    pub seconds: f64,
}

/// Part of the song with one tempo.
#[derive(Debug, Clone, Copy)]
struct Span {
    tick: u64,
    /// Units of time before this span.
    time: u128,
    units_per_tick: u64,
    us_per_beat: u32,
    /// Beats before this span.
    beats: f64,
}

/// Conversion of ticks to time for a whole song.
#[derive(Debug, Clone)]
pub struct TempoMap {
    units_per_second: u64,
    /// Spans in ascending order of tick; the first starts at tick 0.
    spans: Vec<Span>,
}

impl TempoMap {
    /// Returns the map of a file with the unit of time `timing` and `changes` in ascending order of tick.
    ///
    /// Returns `None` if `timing` has no ticks in a beat or a frame, which gives ticks no length.
    pub fn new(timing: Timing, changes: &[TempoChange]) -> Option<Self> {
        // With a metrical division a tick is a fraction of a beat, so the tempo decides its length: in units of 1 µs /
        // (ticks per beat) that is the tempo itself. With a timecode a tick is a fixed fraction of a film frame, and
        // the tempo only gives the plugin its beats.
        let (units_per_second, frame) = match timing {
            Timing::Metrical(per_beat) => (1_000_000 * u64::from(per_beat.as_int()), None),
            Timing::Timecode(fps, per_frame) => {
                let (frames, seconds) = match fps {
                    Fps::Fps24 => (24, 1),
                    Fps::Fps25 => (25, 1),
                    Fps::Fps29 => (30_000, 1001),
                    Fps::Fps30 => (30, 1),
                };
                (frames * u64::from(per_frame), Some(seconds))
            }
        };
        if units_per_second == 0 {
            return None;
        }
        let units_per_tick = |us_per_beat: u32| frame.unwrap_or(u64::from(us_per_beat));
        let mut map = Self {
            units_per_second,
            spans: vec![Span {
                tick: 0,
                time: 0,
                units_per_tick: units_per_tick(DEFAULT_TEMPO),
                us_per_beat: DEFAULT_TEMPO,
                beats: 0.0,
            }],
        };
        for change in changes {
            let time = map.time(change.tick);
            let beats = map.moment(change.tick).beats;
            map.spans.push(Span {
                tick: change.tick,
                time,
                units_per_tick: units_per_tick(change.us_per_beat),
                us_per_beat: change.us_per_beat,
                beats,
            });
        }
        Some(map)
    }

    /// Returns the sample of `tick` at `rate` samples a second, rounded to the nearest.
    pub fn sample(&self, tick: u64, rate: u32) -> u64 {
        let unit = u128::from(self.units_per_second);
        let doubled = 2 * self.time(tick) * u128::from(rate) + unit;
        u64::try_from(doubled / (2 * unit)).unwrap_or(u64::MAX)
    }

    /// Returns tempo and position at `tick`.
    pub fn moment(&self, tick: u64) -> Moment {
        let span = self.span(tick);
        let seconds_in = self.seconds(self.time(tick) - span.time);
        Moment {
            bpm: 60e6 / f64::from(span.us_per_beat),
            beats: span.beats + seconds_in * 1e6 / f64::from(span.us_per_beat),
            seconds: self.seconds(self.time(tick)),
        }
    }

    /// Returns the ticks at which a span with its own tempo starts, tick 0 included.
    pub fn changes(&self) -> impl Iterator<Item = u64> {
        self.spans.iter().map(|span| span.tick)
    }

    /// Returns the span that contains `tick`: the last that starts no later.
    fn span(&self, tick: u64) -> &Span {
        let after = self.spans.partition_point(|span| span.tick <= tick);
        &self.spans[after - 1]
    }

    fn time(&self, tick: u64) -> u128 {
        let span = self.span(tick);
        span.time + u128::from(tick - span.tick) * u128::from(span.units_per_tick)
    }

    fn seconds(&self, time: u128) -> f64 {
        time as f64 / self.units_per_second as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrical(per_beat: u16, changes: &[(u64, u32)]) -> TempoMap {
        let changes: Vec<_> = changes
            .iter()
            .map(|&(tick, us_per_beat)| TempoChange { tick, us_per_beat })
            .collect();
        TempoMap::new(Timing::Metrical(per_beat.into()), &changes).unwrap()
    }

    #[test]
    fn a_song_without_a_tempo_plays_at_120() {
        let map = metrical(480, &[]);
        assert_eq!(map.sample(480, 48_000), 24_000);
        assert_eq!(
            map.moment(960),
            Moment {
                bpm: 120.0,
                beats: 2.0,
                seconds: 1.0
            }
        );
    }

    #[test]
    fn tempo_changes_add_up_by_hand() {
        // Two beats at 120 (1 s), four at 60 (4 s), then 240.
        let map = metrical(96, &[(192, 1_000_000), (576, 250_000)]);
        for (tick, seconds) in [
            (0, 0.0),
            (96, 0.5),
            (192, 1.0),
            (288, 2.0),
            (576, 5.0),
            (672, 5.25),
        ] {
            assert_eq!(
                map.sample(tick, 48_000),
                (seconds * 48_000.0) as u64,
                "tick {tick}"
            );
            assert_eq!(map.moment(tick).seconds, seconds, "tick {tick}");
            assert_eq!(map.moment(tick).beats, tick as f64 / 96.0, "tick {tick}");
        }
        assert_eq!(map.moment(576).bpm, 240.0);
    }

    #[test]
    fn the_last_of_two_tempos_on_one_tick_holds() {
        let map = metrical(96, &[(0, 250_000), (0, 1_000_000)]);
        assert_eq!(map.sample(96, 1000), 1000);
    }

    #[test]
    fn timecode_ignores_the_tempo() {
        let change = [TempoChange {
            tick: 0,
            us_per_beat: 250_000,
        }];
        let map = TempoMap::new(Timing::Timecode(Fps::Fps25, 40), &change).unwrap();
        assert_eq!(map.sample(1000, 48_000), 48_000);
        assert_eq!(
            map.moment(1000),
            Moment {
                bpm: 240.0,
                beats: 4.0,
                seconds: 1.0
            }
        );
        // 30 frames of drop-frame timecode last a thousandth longer than a second.
        let map = TempoMap::new(Timing::Timecode(Fps::Fps29, 4), &[]).unwrap();
        assert_eq!(map.sample(120, 48_000), 48_048);
    }

    #[test]
    fn nothing_drifts_over_an_hour_of_odd_tempos() {
        // 7919 µs is prime, and so are the division and the rate's remainder: every change lies between two samples,
        // where a sum of rounded times would soon be off.
        let changes: Vec<_> = (0..10_000)
            .map(|i| (i * 37, 7919 * (30 + i as u32 % 11)))
            .collect();
        let map = metrical(97, &changes);
        let mut exact: u128 = 0;
        for (i, &(tick, us)) in changes.iter().enumerate() {
            assert_eq!(map.time(tick), exact, "change {i}");
            exact += 37 * u128::from(us);
        }
        let end = 370_000;
        let expected = (exact * 44_100 + 48_500_000) / 97_000_000;
        assert_eq!(u128::from(map.sample(end, 44_100)), expected);
    }

    #[test]
    fn a_division_of_zero_has_no_map() {
        assert!(TempoMap::new(Timing::Metrical(0.into()), &[]).is_none());
        assert!(TempoMap::new(Timing::Timecode(Fps::Fps24, 0), &[]).is_none());
    }
}
