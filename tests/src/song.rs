//! Generated Standard MIDI files for the renderer.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

const TICKS_PER_BEAT: u16 = 480;

/// Returns a format 1 file with a tempo change and `voices` tracks of overlapping notes, pedal and bend: two bars, at
/// 120 and then 90 beats per minute.
pub fn small(voices: u8) -> Vec<u8> {
    let mut song = Smf::new(Header::new(
        Format::Parallel,
        Timing::Metrical(u15::new(TICKS_PER_BEAT)),
    ));
    song.tracks.push(vec![
        meta(0, MetaMessage::Tempo(u24::new(500_000))),
        meta(4 * 480, MetaMessage::Tempo(u24::new(666_667))),
        meta(4 * 480, MetaMessage::EndOfTrack),
    ]);
    for voice in 0..voices {
        let key = 45 + 7 * voice;
        let mut track = vec![midi(
            u32::from(voice) * 60,
            voice,
            MidiMessage::Controller {
                controller: u7::new(64),
                value: u7::new(127),
            },
        )];
        for step in 0..8 {
            let key = u7::new(key + [0, 3, 7, 10][step % 4]);
            track.push(midi(
                0,
                voice,
                MidiMessage::NoteOn {
                    key,
                    vel: u7::new(90),
                },
            ));
            track.push(midi(
                360,
                voice,
                MidiMessage::NoteOff {
                    key,
                    vel: u7::new(0),
                },
            ));
        }
        track.push(midi(
            0,
            voice,
            MidiMessage::PitchBend {
                bend: midly::PitchBend::from_f32(0.5),
            },
        ));
        // The pedal goes up at the end of the second bar.
        track.push(midi(
            8 * 480 - 8 * 360 - 60 * u32::from(voice),
            voice,
            MidiMessage::Controller {
                controller: u7::new(64),
                value: u7::new(0),
            },
        ));
        track.push(meta(0, MetaMessage::EndOfTrack));
        song.tracks.push(track);
    }
    let mut bytes = Vec::new();
    song.write_std(&mut bytes).expect("a song fits into memory");
    bytes
}

/// Returns a format 0 file in which `key` is held for two quarters at 120 beats per minute, which is a second.
///
/// # Panics
/// When `key` is above 127.
pub fn one_note(key: u8) -> Vec<u8> {
    let key = u7::try_from(key).expect("a key is at most 127");
    let mut song = Smf::new(Header::new(
        Format::SingleTrack,
        Timing::Metrical(u15::new(TICKS_PER_BEAT)),
    ));
    let on = MidiMessage::NoteOn {
        key,
        vel: u7::new(100),
    };
    let off = MidiMessage::NoteOff {
        key,
        vel: u7::new(0),
    };
    song.tracks.push(vec![
        midi(0, 0, on),
        midi(2 * u32::from(TICKS_PER_BEAT), 0, off),
        meta(0, MetaMessage::EndOfTrack),
    ]);
    let mut bytes = Vec::new();
    song.write_std(&mut bytes).expect("a song fits into memory");
    bytes
}

/// Returns the number of tracks of a MIDI file that contain notes.
///
/// # Panics
/// When `file` is not a MIDI file.
pub fn tracks_with_notes(file: &[u8]) -> usize {
    let song = Smf::parse(file).expect("the song is a MIDI file");
    let plays = |event: &TrackEvent<'_>| {
        matches!(
            event.kind,
            TrackEventKind::Midi {
                message: MidiMessage::NoteOn { .. },
                ..
            }
        )
    };
    song.tracks
        .iter()
        .filter(|track| track.iter().any(plays))
        .count()
}

fn meta(delta: u32, message: MetaMessage<'static>) -> TrackEvent<'static> {
    TrackEvent {
        delta: u28::new(delta),
        kind: TrackEventKind::Meta(message),
    }
}

fn midi(delta: u32, channel: u8, message: MidiMessage) -> TrackEvent<'static> {
    TrackEvent {
        delta: u28::new(delta),
        kind: TrackEventKind::Midi {
            channel: u4::new(channel),
            message,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_has_the_tracks_asked_for() {
        assert_eq!(tracks_with_notes(&small(5)), 5);
        assert_eq!(tracks_with_notes(&one_note(60)), 1);
    }
}
