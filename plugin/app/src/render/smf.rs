//! Reads standard MIDI files as far as possible: the header, and the chunks that are tracks.
//!
//! Follows "Standard MIDI Files 1.0" (MIDI Manufacturers Association, 1996) and the RMID wrapper of the RIFF
//! specification. Chunks with a wrong length, unknown or truncated chunks lose only their own content, and each is
//! recorded in [`Faults`].

mod faults;
mod track;

use midly::{Fps, Timing};

use self::faults::Fault;
pub use self::faults::{Faults, FilePosition};
pub use self::track::{Event, Track};

/// Bytes of a chunk before its content: its name and its length.
const CHUNK_HEAD: usize = 8;
/// Bytes of the header's content that the format defines.
const HEADER: usize = 6;
/// Ticks per beat of a file whose header has no valid division.
const DEFAULT_TICKS_PER_BEAT: u16 = 480;

/// Standard MIDI file.
pub struct Smf<'a> {
    /// Format: 0 has one track; 1 has simultaneous tracks; 2 has tracks that are separate songs.
    pub format: u16,
    /// Unit of time, with at least one tick to the beat or frame.
    pub timing: Timing,
    /// The tracks, in the order of the file.
    pub tracks: Vec<Track<'a>>,
}

impl<'a> Smf<'a> {
    /// Finds the header and the tracks in `bytes` and records in `faults` each repair.
    ///
    /// # Errors
    /// One clause if there is no header, so that the rest cannot be interpreted.
    pub fn parse(bytes: &'a [u8], faults: &mut Faults) -> Result<Self, String> {
        let (start, bytes) = unwrap_riff(bytes);
        let at = find(bytes, start, b"MThd").ok_or_else(|| {
            "is not a standard MIDI file (it has no header); choose one, such as SONG.mid"
                .to_owned()
        })?;
        faults.add_many(
            Fault::BeforeHeader,
            FilePosition::byte(start),
            (at - start) as u64,
        );
        let content = at + CHUNK_HEAD;
        let Some(&[f1, f0, n1, n0, d1, d0]) = bytes.get(content..content + HEADER) else {
            return Err("ends within its header; get the file again".to_owned());
        };
        let (format, announced) = (u16::from_be_bytes([f1, f0]), u16::from_be_bytes([n1, n0]));
        let timing = timing([d1, d0]).unwrap_or_else(|| {
            faults.add(Fault::Division, FilePosition::byte(content + 4));
            Timing::Metrical(DEFAULT_TICKS_PER_BEAT.into())
        });

        let mut chunks = Chunks {
            bytes,
            zeros: bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1),
            at: content + HEADER,
            announced,
            tracks: Vec::new(),
        };
        let declared = chunks.end_of(at);
        if declared.is_some_and(|end| end >= content + HEADER && chunks.is_boundary(end)) {
            chunks.at = declared.unwrap_or(chunks.at);
        } else {
            faults.add(Fault::HeaderLength, FilePosition::byte(at + 4));
        }
        while chunks.step(faults) {}
        let tracks = chunks.tracks;

        if tracks.len() != usize::from(announced) {
            faults.note_tracks(announced, tracks.len());
        }
        match format {
            0 if tracks.len() > 1 => {
                faults.add(Fault::TracksOfFormat0, FilePosition::byte(content))
            }
            0 | 1 => {}
            2 => faults.add(Fault::Format2, FilePosition::byte(content)),
            _ => faults.add(Fault::UnknownFormat, FilePosition::byte(content)),
        }
        Ok(Self {
            format,
            timing,
            tracks,
        })
    }
}

/// Position in the chunks after the header.
struct Chunks<'a> {
    bytes: &'a [u8],
    /// Start of the zeros at the end of the file. Computed once, because every chunk may claim to end before them.
    zeros: usize,
    at: usize,
    /// Number of tracks that the header announces.
    announced: u16,
    tracks: Vec<Track<'a>>,
}

impl<'a> Chunks<'a> {
    /// Reads the chunk at the position, if it is a track, and advances to the next. Returns false at the end of the
    /// file.
    fn step(&mut self, faults: &mut Faults) -> bool {
        let at = self.at;
        if self.is_padding(at) {
            return false;
        }
        let declared = self.end_of(at);
        let boundary = declared.filter(|end| self.is_boundary(*end));
        if self.bytes[at..].starts_with(b"MTrk") {
            let number = self.tracks.len() + 1;
            let start = at + CHUNK_HEAD;
            let end = boundary.unwrap_or_else(|| {
                let next = find(self.bytes, start, b"MTrk");
                let fault = match next {
                    None if declared.is_none() => Fault::Truncated,
                    _ => Fault::TrackLength,
                };
                faults.add(
                    fault,
                    FilePosition {
                        track: number,
                        tick: None,
                        byte: at,
                    },
                );
                next.unwrap_or(self.bytes.len())
            });
            self.tracks
                .push(Track::new(number, start, &self.bytes[start..end]));
            self.at = end;
            return true;
        }
        match boundary.filter(|_| self.has_name(at)) {
            // A chunk of another kind, which the format says to skip.
            Some(end) => self.at = end,
            None => {
                let next = find(self.bytes, at, b"MTrk");
                // Some programs pad the file after the last track.
                if next.is_some() || self.tracks.len() < usize::from(self.announced) {
                    let end = next.unwrap_or(self.bytes.len());
                    faults.add_many(
                        Fault::BetweenChunks,
                        FilePosition::byte(at),
                        (end - at) as u64,
                    );
                }
                self.at = next.unwrap_or(self.bytes.len());
            }
        }
        true
    }

    /// Returns the end of the chunk at `at` according to its length, if the file is long enough.
    fn end_of(&self, at: usize) -> Option<usize> {
        let &[a, b, c, d] = self.bytes.get(at + 4..at + CHUNK_HEAD)? else {
            return None;
        };
        let end = (at + CHUNK_HEAD).checked_add(u32::from_be_bytes([a, b, c, d]) as usize)?;
        (end <= self.bytes.len()).then_some(end)
    }

    /// Returns true if a chunk may begin or the file may end at `at`.
    fn is_boundary(&self, at: usize) -> bool {
        self.has_name(at) || self.is_padding(at)
    }

    /// Returns true if the name of a chunk is at `at`: four letters, digits or blanks.
    fn has_name(&self, at: usize) -> bool {
        let letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b' ';
        let head = self.bytes.get(at..at + CHUNK_HEAD);
        head.is_some_and(|head| head[..4].iter().all(letter))
    }

    /// Returns true if only zeros, or too few bytes for a chunk, remain from `at` on.
    fn is_padding(&self, at: usize) -> bool {
        at >= self.zeros || self.bytes.len() - at < CHUNK_HEAD
    }
}

/// Returns the start of the MIDI file in `bytes`, and `bytes` up to its end: the data of an RMID file, which is a RIFF
/// file around a MIDI file, or everything.
fn unwrap_riff(bytes: &[u8]) -> (usize, &[u8]) {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12) != Some(b"RMID") {
        return (0, bytes);
    }
    let mut at = 12;
    while let Some(&[a, b, c, d]) = bytes.get(at + 4..at + CHUNK_HEAD) {
        // Little-endian, unlike in a MIDI file.
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let start = at + CHUNK_HEAD;
        let end = start.saturating_add(length).min(bytes.len());
        if &bytes[at..at + 4] == b"data" {
            return (start, &bytes[..end]);
        }
        // Chunks begin at even offsets.
        at = end + length % 2;
    }
    (0, bytes)
}

/// Finds the first occurrence of `name` in `bytes` at or after `start`.
fn find(bytes: &[u8], start: usize, name: &[u8; 4]) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let place = rest.windows(4).position(|window| window == name)?;
    Some(start + place)
}

/// Decodes the header's division; `None` if it gives ticks no length.
fn timing(division: [u8; 2]) -> Option<Timing> {
    let [high, low] = division;
    if high < 0x80 {
        let ticks = u16::from_be_bytes(division);
        return (ticks > 0).then(|| Timing::Metrical(ticks.into()));
    }
    let fps = match (high as i8).unsigned_abs() {
        24 => Fps::Fps24,
        25 => Fps::Fps25,
        29 => Fps::Fps29,
        30 => Fps::Fps30,
        _ => return None,
    };
    (low > 0).then_some(Timing::Timecode(fps, low))
}

#[cfg(test)]
mod tests;
