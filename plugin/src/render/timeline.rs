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
