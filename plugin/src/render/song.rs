//! A song: the channel messages and tempos of a standard MIDI file, in playing order.

use std::fs;
use std::path::Path;

use midly::{Format, MetaMessage, MidiMessage, TrackEventKind};

use super::failure::Failure;
use super::tempo::{TempoChange, TempoMap};

/// A channel message as bytes on the wire, at its tick. Messages of two bytes end with a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Ticks since the start of the song.
    pub tick: u64,
    /// Status byte and data bytes.
    pub bytes: [u8; 3],
}

/// All of a standard MIDI file that can be heard.
#[derive(Debug, Clone)]
pub struct Song {
    /// The name of the first track, which by the standard is the song's.
    pub name: Option<String>,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of notes started.
    pub notes: usize,
    /// Which moment each tick falls on.
    pub tempo: TempoMap,
    /// Every channel message. At one tick the first track's come first, and those of one track stay
    /// in the order of the file, so that a note that ends and starts again does so in that order.
    pub messages: Vec<Message>,
}

impl Song {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read, or is none of the files that [`Song::parse`] takes.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path).map_err(|error| {
            let sentence = format_args!("cannot be read: {error}; choose a file that can be read");
            Failure::at(path, sentence)
        })?;
        Self::parse(&bytes).map_err(|reason| Failure::at(path, reason))
    }

    /// Reads the bytes of a standard MIDI file of format 0 or 1.
    ///
    /// # Errors
    /// One clause, for a sentence that starts with the file: what is wrong and what to do.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if has_impossible_division(bytes) {
            return Err("counts time in a way that no MIDI file can; export the song again".into());
        }
        let (header, mut chunks) = midly::parse(bytes).map_err(|error| {
            let reason = error.kind().message();
            format!("is not a standard MIDI file ({reason}); choose one, such as SONG.mid")
        })?;
        if header.format == Format::Sequential {
            return Err(
                "is a MIDI file of format 2, whose tracks are separate songs; save it as format 0 or 1"
                    .into(),
            );
        }
        // Bytes after the last declared track are none of the song's, and some programs pad there.
        let tracks = chunks.size_hint().0;
        let mut reader = Reader::default();
        for track in 1..=tracks {
            let damaged = |reason: &str| {
                format!("is damaged in track {track} of {tracks} ({reason}); export the song again")
            };
            let events = chunks
                .next()
                .ok_or_else(|| damaged("the file ends before it"))?
                .map_err(|error| damaged(error.kind().message()))?;
            reader.start_track();
            for event in events {
                let event = event.map_err(|error| damaged(error.kind().message()))?;
                reader.read(event.delta.as_int().into(), event.kind);
            }
        }
        if reader.notes == 0 {
            return Err("has no notes to play; choose a song that has some".into());
        }
        reader.messages.sort_by_key(|message| message.tick);
        reader.tempos.sort_by_key(|change| change.tick);
        let tempo = TempoMap::new(header.timing, &reader.tempos)
            .ok_or("says that a beat or a frame has no ticks; export the song again")?;
        Ok(Self {
            name: reader.name,
            tracks,
            notes: reader.notes,
            tempo,
            messages: reader.messages,
        })
    }

    /// The tick of the last message.
    pub fn end(&self) -> u64 {
        self.messages.last().map_or(0, |message| message.tick)
    }
}

/// Gathers the events of one track after the other.
#[derive(Default)]
struct Reader {
    /// Tracks started.
    tracks: usize,
    tick: u64,
    name: Option<String>,
    notes: usize,
    messages: Vec<Message>,
    tempos: Vec<TempoChange>,
}

impl Reader {
    fn start_track(&mut self) {
        self.tracks += 1;
        self.tick = 0;
    }

    fn read(&mut self, delta: u64, kind: TrackEventKind) {
        self.tick += delta;
        match kind {
            TrackEventKind::Midi { channel, message } => {
                self.notes += usize::from(starts_note(message));
                self.messages.push(Message {
                    tick: self.tick,
                    bytes: wire_bytes(channel.as_int(), message),
                });
            }
            TrackEventKind::Meta(MetaMessage::Tempo(us_per_beat)) => {
                // A beat of no length would be an infinite tempo; such a change is left out.
                if us_per_beat > 0 {
                    let us_per_beat = us_per_beat.as_int();
                    self.tempos.push(TempoChange {
                        tick: self.tick,
                        us_per_beat,
                    });
                }
            }
            TrackEventKind::Meta(MetaMessage::TrackName(name)) if self.tracks == 1 => {
                let name = String::from_utf8_lossy(name);
                let name = name.trim_matches(|c: char| c.is_whitespace() || c.is_control());
                self.name = (!name.is_empty()).then(|| name.to_owned());
            }
            // System exclusive messages address some other instrument, and the rest is for the eye.
            TrackEventKind::SysEx(_) | TrackEventKind::Escape(_) | TrackEventKind::Meta(_) => {}
        }
    }
}

/// Whether the header's division names a timecode of 128 frames a second.
///
/// No such timecode exists, and midly 0.5.3 negates that number with an overflow that stops a debug
/// build, so such a file must not get there.
fn has_impossible_division(bytes: &[u8]) -> bool {
    let header = bytes.windows(4).position(|id| id == b"MThd");
    header.is_some_and(|at| bytes.get(at + 12) == Some(&0x80))
}

fn starts_note(message: MidiMessage) -> bool {
    matches!(message, MidiMessage::NoteOn { vel, .. } if vel > 0)
}

/// `message` as it goes over the wire.
fn wire_bytes(channel: u8, message: MidiMessage) -> [u8; 3] {
    let (status, first, second) = match message {
        MidiMessage::NoteOff { key, vel } => (0x80, key.as_int(), vel.as_int()),
        MidiMessage::NoteOn { key, vel } => (0x90, key.as_int(), vel.as_int()),
        MidiMessage::Aftertouch { key, vel } => (0xa0, key.as_int(), vel.as_int()),
        MidiMessage::Controller { controller, value } => {
            (0xb0, controller.as_int(), value.as_int())
        }
        MidiMessage::ProgramChange { program } => (0xc0, program.as_int(), 0),
        MidiMessage::ChannelAftertouch { vel } => (0xd0, vel.as_int(), 0),
        MidiMessage::PitchBend { bend } => {
            let bend = bend.0.as_int();
            (0xe0, (bend & 0x7f) as u8, (bend >> 7) as u8)
        }
    };
    [status | channel, first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of `format` with the given division and tracks, each the bytes of its events.
    fn file(format: u16, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"MThd\0\0\0\x06".to_vec();
        bytes.extend(format.to_be_bytes());
        bytes.extend((tracks.len() as u16).to_be_bytes());
        bytes.extend(division.to_be_bytes());
        for track in tracks {
            bytes.extend(b"MTrk");
            bytes.extend((track.len() as u32).to_be_bytes());
            bytes.extend(*track);
        }
        bytes
    }

    const END: [u8; 4] = [0, 0xff, 0x2f, 0];
    const NOTE: &[u8] = &[0, 0x90, 60, 100, 96, 0x80, 60, 64, 0, 0xff, 0x2f, 0];

    #[test]
    fn running_status_and_every_kind_of_message_come_through() {
        let track = [
            &[0, 0x93, 60, 100, 10, 64, 101][..], // two notes, the second by running status
            &[0, 0xa3, 60, 1, 0, 0xb3, 64, 127, 0, 0xc3, 5, 0, 0xd3, 6],
            &[0, 0xe3, 0x01, 0x41, 0, 0x83, 60, 9, 0, 0x93, 64, 0],
            &END,
        ]
        .concat();
        let song = Song::parse(&file(0, 96, &[&track])).unwrap();
        let bytes: Vec<_> = song.messages.iter().map(|message| message.bytes).collect();
        assert_eq!(
            bytes,
            [
                [0x93, 60, 100],
                [0x93, 64, 101],
                [0xa3, 60, 1],
                [0xb3, 64, 127],
                [0xc3, 5, 0],
                [0xd3, 6, 0],
                [0xe3, 0x01, 0x41],
                [0x83, 60, 9],
                [0x93, 64, 0],
            ]
        );
        assert_eq!((song.notes, song.end()), (2, 10));
    }

    #[test]
    fn messages_at_one_tick_keep_the_order_of_tracks_and_file() {
        // Track 1 repeats a note at tick 96: off, then on. Track 2 has its own at the same tick.
        let first = [&[0, 0x90, 60, 1, 96, 0x80, 60, 0, 0, 0x90, 60, 2][..], &END].concat();
        let second = [&[96, 0x91, 60, 3][..], &END].concat();
        let song = Song::parse(&file(1, 96, &[&first, &second])).unwrap();
        let bytes: Vec<_> = song.messages.iter().map(|message| message.bytes).collect();
        assert_eq!(
            bytes,
            [[0x90, 60, 1], [0x80, 60, 0], [0x90, 60, 2], [0x91, 60, 3]]
        );
    }

    #[test]
    fn tempos_of_every_track_count() {
        let conductor = [&[0, 0xff, 0x51, 3, 0x0f, 0x42, 0x40][..], &END].concat(); // 60 bpm
        let notes = [&[96, 0xff, 0x51, 3, 0, 0, 0][..], NOTE].concat(); // a tempo of nothing
        let song = Song::parse(&file(1, 96, &[&conductor, &notes])).unwrap();
        assert_eq!(song.tempo.sample(song.end(), 1000), 2000);
    }

    #[test]
    fn the_first_track_s_name_is_the_song_s() {
        let named = [&[0, 0xff, 0x03, 4, b' ', b'O', b'd', b'e'][..], NOTE].concat();
        let name = |tracks: &[&[u8]]| Song::parse(&file(1, 96, tracks)).unwrap().name;
        assert_eq!(name(&[&named, NOTE]).as_deref(), Some("Ode"));
        assert_eq!(name(&[NOTE, &named]), None);
    }

    #[test]
    fn padding_after_the_last_track_is_ignored() {
        let mut bytes = file(0, 96, &[NOTE]);
        bytes.extend([0, 0]);
        assert!(Song::parse(&bytes).is_ok());
    }

    #[test]
    fn each_damage_has_its_own_clause() {
        let refusal = |bytes: &[u8]| Song::parse(bytes).unwrap_err();
        assert!(refusal(b"").contains("not a standard MIDI file"));
        assert!(refusal(b"RIFF????WAVE").contains("not a standard MIDI file"));
        assert!(refusal(&file(2, 96, &[NOTE])).contains("format 2"));
        assert!(refusal(&file(0, 96, &[&END])).contains("no notes"));
        assert!(refusal(&file(0, 96, &[])).contains("no notes"));
        assert!(refusal(&file(0, 0, &[NOTE])).contains("no ticks"));
        // A data byte with its top bit set, in the second track.
        let bent = [0, 0x90, 60, 200, 0, 0xff, 0x2f, 0];
        assert!(refusal(&file(1, 96, &[NOTE, &bent])).contains("damaged in track 2 of 2"));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_and_never_panics() {
        let whole = file(1, 96, &[NOTE, NOTE]);
        for length in 0..whole.len() {
            assert!(
                Song::parse(&whole[..length]).is_err(),
                "cut to {length} bytes"
            );
        }
    }

    #[test]
    fn any_flipped_byte_is_survived() {
        let whole = file(1, 96, &[NOTE, NOTE]);
        for at in 0..whole.len() {
            for flip in 1..=255u8 {
                let mut bytes = whole.clone();
                bytes[at] ^= flip;
                let _ = Song::parse(&bytes);
            }
        }
    }
}
