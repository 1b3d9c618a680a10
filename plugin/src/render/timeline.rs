//! A song's events at the samples of one sample rate.

use super::song::Song;
use super::tempo::Moment;

/// What happens at a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cue {
    /// A stretch with its own tempo starts.
    Tempo(Moment),
    /// A channel message, as bytes on the wire.
    Midi([u8; 3]),
}

/// Everything that happens in a song, in order.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The cues with the sample each falls on. Tempos come before the messages of their sample.
    pub cues: Vec<(u64, Cue)>,
    /// The sample of the last message.
    pub end: u64,
}

impl Timeline {
    /// Lays `song` out at `rate` samples a second.
    pub fn new(song: &Song, rate: u32) -> Self {
        let tempos = song.tempo.changes().map(|tick| {
            (
                song.tempo.sample(tick, rate),
                Cue::Tempo(song.tempo.moment(tick)),
            )
        });
        let messages = song.messages.iter().map(|message| {
            (
                song.tempo.sample(message.tick, rate),
                Cue::Midi(message.bytes),
            )
        });
        let mut cues: Vec<_> = tempos.chain(messages).collect();
        // A stable sort: what shares a sample stays as it was, tempos first.
        cues.sort_by_key(|&(sample, _)| sample);
        Self {
            cues,
            end: song.tempo.sample(song.end(), rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A format 1 file of 96 ticks to the beat: a tempo track that doubles 120 bpm at the second
    /// beat, and a track with a note on each of three beats.
    const FILE: &[u8] = &[
        b'M', b'T', b'h', b'd', 0, 0, 0, 6, 0, 1, 0, 2, 0, 96, //
        b'M', b'T', b'r', b'k', 0, 0, 0, 11, //
        96, 0xff, 0x51, 3, 0x03, 0xd0, 0x90, 0, 0xff, 0x2f, 0, //
        b'M', b'T', b'r', b'k', 0, 0, 0, 14, //
        0, 0x90, 60, 1, 96, 61, 2, 96, 62, 3, 0, 0xff, 0x2f, 0,
    ];

    #[test]
    fn cues_fall_on_their_samples_and_tempos_come_first() {
        let song = Song::parse(FILE).unwrap();
        let timeline = Timeline::new(&song, 44_100);
        let tempo = |bpm, beats, seconds| {
            Cue::Tempo(Moment {
                bpm,
                beats,
                seconds,
            })
        };
        assert_eq!(
            timeline.cues,
            [
                (0, tempo(120.0, 0.0, 0.0)),
                (0, Cue::Midi([0x90, 60, 1])),
                (22_050, tempo(240.0, 1.0, 0.5)),
                (22_050, Cue::Midi([0x90, 61, 2])),
                (33_075, Cue::Midi([0x90, 62, 3])),
            ]
        );
        assert_eq!(timeline.end, 33_075);
    }

    #[test]
    fn samples_round_to_the_nearest() {
        let song = Song::parse(FILE).unwrap();
        // Half a second and three quarters of a second, of 8001 samples each.
        let samples: Vec<u64> = Timeline::new(&song, 8001)
            .cues
            .iter()
            .map(|cue| cue.0)
            .collect();
        assert_eq!(samples, [0, 0, 4001, 4001, 6001]);
    }
}
