//! The events of a song at the samples of one sample rate.

use tidepool_dsp::synth::MAX_VOICES;

use super::report::clock;
use super::song::Song;
use super::tempo::Moment;

/// Event at a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cue {
    /// Start of a span with its own tempo.
    Tempo(Moment),
    /// Channel message, as bytes on the wire.
    Midi([u8; 3]),
}

/// All events of a song, in order.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// Cues with their samples. Tempos come before the messages of the same sample.
    pub cues: Vec<(u64, Cue)>,
    /// Sample at which the song ends.
    pub end: u64,
    /// Deviations from the file, a sentence for each.
    pub warnings: Vec<String>,
}

impl Timeline {
    /// Converts `song` to samples at `rate` samples a second, up to `longest` seconds. Keys and pedals that are still
    /// down at the end are released, so that no note sounds for ever.
    pub fn new(song: &Song, rate: u32, longest: u32) -> Self {
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
        // A stable sort keeps the order within a sample, tempos first.
        cues.sort_by_key(|&(sample, _)| sample);
        let mut end = song.tempo.sample(song.end, rate);
        let mut warnings = Vec::new();
        let limit = u64::from(longest) * u64::from(rate);
        if end > limit {
            let length = clock(song.tempo.moment(song.end).seconds);
            warnings.push(format!(
                "the song lasts {length} and was ended after {}; --longest SECONDS sets another limit",
                clock(longest.into())
            ));
            end = limit;
            cues.truncate(cues.partition_point(|(sample, _)| *sample < end));
        }
        let (releases, warning) = releases(&cues);
        cues.extend(releases.map(|bytes| (end, Cue::Midi(bytes))));
        warnings.extend(warning);
        Self {
            cues,
            end,
            warnings,
        }
    }
}

/// Returns the messages that release the keys and pedals down after all of `cues`, and a sentence if there are any.
fn releases(cues: &[(u64, Cue)]) -> (impl Iterator<Item = [u8; 3]> + use<>, Option<String>) {
    /// Controllers of pedals that hold notes: sustain and sostenuto.
    const PEDALS: [u8; 2] = [64, 66];
    /// All Sound Off, and the messages from All Notes Off on, which all end notes.
    const ALL_OFF: [u8; 6] = [120, 123, 124, 125, 126, 127];
    let mut keys = [[0_u32; 128]; 16];
    let mut pedals = [[false; PEDALS.len()]; 16];
    for (_, cue) in cues {
        let Cue::Midi([status, first, second]) = *cue else {
            continue;
        };
        let channel = usize::from(status & 0xf);
        let key = &mut keys[channel][usize::from(first & 0x7f)];
        match status & 0xf0 {
            0x90 if second > 0 => *key += 1,
            0x80 | 0x90 => *key = key.saturating_sub(1),
            0xb0 if ALL_OFF.contains(&first) => keys[channel] = [0; 128],
            0xb0 => {
                if let Some(pedal) = PEDALS.iter().position(|pedal| *pedal == first) {
                    pedals[channel][pedal] = second >= 64;
                }
            }
            _ => {}
        }
    }
    let held: u32 = keys.iter().flatten().sum();
    let down = pedals.iter().flatten().filter(|down| **down).count();
    let count = |number: usize, noun| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{number} {noun}s")),
    };
    let parts = [count(held as usize, "key"), count(down, "pedal")];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let warning = (!parts.is_empty()).then(|| {
        format!(
            "{} still down at the end of the song; released there",
            parts.join(" and ")
        )
    });
    let releases = (0..16_u8).flat_map(move |channel| {
        let (keys, pedals) = (keys[usize::from(channel)], pedals[usize::from(channel)]);
        let keys = (0..128_u8).flat_map(move |key| {
            // Once for each started note, up to the number that can sound at once.
            let times = (keys[usize::from(key)] as usize).min(MAX_VOICES);
            std::iter::repeat_n([0x80 | channel, key, 64], times)
        });
        let pedals = PEDALS.into_iter().zip(pedals);
        let pedals = pedals.filter(|(_, down)| *down);
        keys.chain(pedals.map(move |(pedal, _)| [0xb0 | channel, pedal, 0]))
    });
    (releases, warning)
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
        let timeline = Timeline::new(&song, 44_100, 3600);
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
                // The file releases no key.
                (33_075, Cue::Midi([0x80, 60, 64])),
                (33_075, Cue::Midi([0x80, 61, 64])),
                (33_075, Cue::Midi([0x80, 62, 64])),
            ]
        );
        assert_eq!(timeline.end, 33_075);
        assert_eq!(
            timeline.warnings,
            ["3 keys still down at the end of the song; released there"]
        );
    }

    #[test]
    fn a_song_is_ended_at_the_limit_and_what_is_down_goes_up_there() {
        // A pedal goes down, a key three times and up once, and the track ends 2^28 - 1 ticks later.
        let track = [
            0, 0xb2, 64, 127, 0, 0x92, 60, 1, 0, 60, 2, 0, 60, 3, 96, 60, 0, //
            0xff, 0xff, 0xff, 0x7f, 0xff, 0x2f, 0,
        ];
        let mut file = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0".to_vec();
        file.push(track.len() as u8);
        file.extend(track);
        let song = Song::parse(&file).unwrap();
        assert_eq!(song.end, (1 << 28) - 1 + 96);
        let timeline = Timeline::new(&song, 1000, 10);
        assert_eq!(timeline.end, 10_000);
        let last = &timeline.cues[timeline.cues.len() - 4..];
        assert_eq!(
            last,
            [
                (500, Cue::Midi([0x92, 60, 0])),
                (10_000, Cue::Midi([0x82, 60, 64])),
                (10_000, Cue::Midi([0x82, 60, 64])),
                (10_000, Cue::Midi([0xb2, 64, 0])),
            ]
        );
        assert_eq!(
            timeline.warnings,
            [
                "the song lasts 388:21:41.8 and was ended after 0:10.0; --longest SECONDS sets another limit",
                "2 keys and 1 pedal still down at the end of the song; released there",
            ]
        );
        // Events after the limit are not played.
        let timeline = Timeline::new(&song, 8000, 0);
        assert_eq!((timeline.cues.len(), timeline.end), (0, 0));
    }

    #[test]
    fn samples_round_to_the_nearest() {
        let song = Song::parse(FILE).unwrap();
        // Half a second and three quarters of a second, of 8001 samples each.
        let samples: Vec<u64> = Timeline::new(&song, 8001, 3600)
            .cues
            .iter()
            .map(|cue| cue.0)
            .collect();
        assert_eq!(samples[..5], [0, 0, 4001, 4001, 6001]);
    }
}
