//! A song: the channel messages and tempos of a standard MIDI file, in playing order.

use std::path::Path;

use tidepool::encoding;
use tidepool::files;

use super::smf::{Event, Faults, Smf};
use super::tempo::{DEFAULT_TEMPO, TempoChange, TempoMap};
use crate::failure::Failure;

/// Size limit of a song in bytes, 16 MiB: hours of the densest playing, some hundred times the usual size.
const LARGEST: u64 = 16 << 20;
/// Limit of the shown characters of a name.
const LONGEST_NAME: usize = 80;

/// Channel message as bytes on the wire, at its tick. Messages of two bytes end with a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Ticks since the start of the song.
    pub tick: u64,
    /// Status byte and data bytes.
    pub bytes: [u8; 3],
}

impl Message {
    /// Returns true if the message starts a note.
    fn starts_note(&self) -> bool {
        let [status, _, velocity] = self.bytes;
        status & 0xf0 == 0x90 && velocity > 0
    }
}

/// The audible content of a standard MIDI file.
#[derive(Debug, Clone)]
pub struct Song {
    /// Name of the first track, which by the standard is the song's: one line of at most 80 characters.
    pub name: Option<String>,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of notes started.
    pub notes: usize,
    /// Conversion of ticks to time.
    pub tempo: TempoMap,
    /// Every channel message. At one tick the first track's come first, and those of one track stay in the order of the
    /// file, so that a note that ends and starts again does so in that order.
    pub messages: Vec<Message>,
    /// Tick of the last end-of-track event, or of the last event if that is missing.
    pub end: u64,
    /// Faults of the file and how they were handled, a sentence for each kind.
    pub warnings: Vec<String>,
}

impl Song {
    /// Reads the file at `path`, of at most 16 MiB.
    ///
    /// # Errors
    /// If it cannot be read, or [`Song::parse`] rejects it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let bytes = files::read(path, LARGEST).map_err(|error| {
            let sentence = format_args!("cannot be read: {error}; choose a file that can be read");
            Failure::at(path, sentence)
        })?;
        let large = "is larger than 16 MiB, so it is hardly a song; choose another one";
        let bytes = bytes.ok_or_else(|| Failure::at(path, large))?;
        Self::parse(&bytes).map_err(|reason| Failure::at(path, reason))
    }

    /// Parses a standard MIDI file, alone or in an RMID file. A damaged file is read as far as possible, and the
    /// [warnings](Self::warnings) say what was left out. The tracks of a file of format 2 follow each other.
    ///
    /// # Errors
    /// One clause, for a sentence that starts with the file, if there is no header or no note: the fault and the
    /// remedy.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut faults = Faults::default();
        let smf = Smf::parse(bytes, &mut faults)?;
        let sequential = smf.format == 2;
        let tracks = smf.tracks.len();
        let (mut name, mut messages, mut tempos) = (None, Vec::new(), Vec::new());
        let (mut start, mut end) = (0, 0);
        for (place, mut track) in smf.tracks.into_iter().enumerate() {
            if sequential {
                // A separate song begins with the default tempo.
                tempos.push(TempoChange {
                    tick: start,
                    us_per_beat: DEFAULT_TEMPO,
                });
            }
            while let Some((tick, event)) = track.next(&mut faults) {
                let tick = start + tick;
                match event {
                    Event::Midi(bytes) => messages.push(Message { tick, bytes }),
                    Event::Tempo(us_per_beat) => tempos.push(TempoChange { tick, us_per_beat }),
                    Event::Name(bytes) if place == 0 => name = line(&encoding::decode(bytes)),
                    // System exclusive messages address some other instrument, and the rest has no sound.
                    Event::Name(_) | Event::End | Event::Other => {}
                }
            }
            end = end.max(start + track.tick());
            if sequential {
                start = end;
            }
        }
        let notes = messages.iter().filter(|note| note.starts_note()).count();
        if notes == 0 {
            return Err("has no notes to play; choose a song that has some".into());
        }
        messages.sort_by_key(|message| message.tick);
        tempos.sort_by_key(|change| change.tick);
        let tempo = TempoMap::new(smf.timing, &tempos)
            .ok_or("says that a beat or a frame has no ticks; export the song again")?;
        Ok(Self {
            name,
            tracks,
            notes,
            tempo,
            messages,
            end,
            warnings: faults.sentences(),
        })
    }
}

/// Returns `text` as one printable line, cut if it is too long; `None` if it is blank.
fn line(text: &str) -> Option<String> {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let text = text.trim_matches(blank);
    let letters = text.chars().map(|c| if blank(c) { ' ' } else { c });
    let mut line: String = letters.take(LONGEST_NAME).collect();
    if text.chars().nth(LONGEST_NAME).is_some() {
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a file of `format` with the given division and tracks, each the bytes of its events.
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
        assert_eq!((song.notes, song.end), (2, 10));
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
        assert_eq!(song.tempo.sample(song.end, 1000), 2000);
    }

    #[test]
    fn the_first_track_s_name_is_the_song_s() {
        let named = [&[0, 0xff, 0x03, 4, b' ', b'O', b'd', b'e'][..], NOTE].concat();
        let name = |tracks: &[&[u8]]| Song::parse(&file(1, 96, tracks)).unwrap().name;
        assert_eq!(name(&[&named, NOTE]).as_deref(), Some("Ode"));
        assert_eq!(name(&[NOTE, &named]), None);
    }

    #[test]
    fn names_are_shown_as_they_were_meant() {
        let name = |bytes: &[u8]| {
            let event = [&[0, 0xff, 0x03, bytes.len() as u8], bytes, NOTE].concat();
            Song::parse(&file(0, 96, &[&event])).unwrap().name
        };
        assert_eq!(name(b"F\xfcr Elise").as_deref(), Some("Für Elise"));
        assert_eq!(name("Für Elise".as_bytes()).as_deref(), Some("Für Elise"));
        assert_eq!(name(b"\x93L\x92\xe9t\xe9\x94").as_deref(), Some("“L’été”"));
        // No terminal escape sequences.
        assert_eq!(name(b"a\x1b[31m\nb\0").as_deref(), Some("a [31m b"));
        assert_eq!(name(b" \0 "), None);
        let long = name(&[b'x'; 120]).unwrap();
        assert_eq!(long, format!("{}…", "x".repeat(80)));
    }

    #[test]
    fn a_song_lasts_to_the_last_end_of_track() {
        let late = [0x83, 0x60, 0xff, 0x2f, 0];
        let song = Song::parse(&file(1, 96, &[&late, NOTE])).unwrap();
        assert_eq!(song.end, 480);
        assert_eq!(song.warnings, [""; 0]);
        // If the event is missing, the song lasts to the last event.
        let song = Song::parse(&file(1, 96, &[NOTE, &[0x83, 0x60, 0xb0, 7, 1]])).unwrap();
        assert_eq!(song.end, 480);
        assert_eq!(song.warnings.len(), 1, "{:?}", song.warnings);
        assert!(
            song.warnings[0]
                .contains("end-of-track event of 1 track is missing, in track 2 at tick 480"),
            "{:?}",
            song.warnings
        );
    }

    #[test]
    fn songs_of_format_2_follow_each_other_with_their_own_tempos() {
        let slow = [&[0, 0xff, 0x51, 3, 0x0f, 0x42, 0x40][..], NOTE].concat(); // 60 bpm
        let song = Song::parse(&file(2, 96, &[&slow, NOTE])).unwrap();
        let ticks: Vec<_> = song.messages.iter().map(|message| message.tick).collect();
        assert_eq!(ticks, [0, 96, 96, 192]);
        assert_eq!(
            (song.tempo.sample(96, 1000), song.tempo.sample(192, 1000)),
            (1000, 1500)
        );
        assert!(song.warnings[0].contains("format 2"), "{:?}", song.warnings);
    }

    #[test]
    fn what_is_no_song_has_its_own_clause() {
        let value_error = |bytes: &[u8]| Song::parse(bytes).unwrap_err();
        assert!(value_error(b"").contains("not a standard MIDI file"));
        assert!(value_error(b"RIFF????WAVE").contains("not a standard MIDI file"));
        assert!(value_error(b"MThd\0\0\0\x06\0\0").contains("ends within its header"));
        assert!(value_error(&file(0, 96, &[&END])).contains("no notes"));
        assert!(value_error(&file(0, 96, &[])).contains("no notes"));
    }

    #[test]
    fn a_file_cut_anywhere_plays_what_is_there_and_says_so() {
        let whole = file(1, 96, &[NOTE, NOTE]);
        let first_note = 14 + 8 + 4;
        for length in 0..whole.len() {
            let song = Song::parse(&whole[..length]);
            assert_eq!(song.is_ok(), length >= first_note, "cut to {length} bytes");
            if let Ok(song) = song {
                assert!(!song.warnings.is_empty(), "cut to {length} bytes");
                assert!((1..=2).contains(&song.notes), "cut to {length} bytes");
            }
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
