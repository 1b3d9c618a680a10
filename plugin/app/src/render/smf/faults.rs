//! Faults of a MIDI file that is played nevertheless: one sentence per kind, with the first place and the count, so
//! that their number is bounded for any file.

/// Kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Bytes before the header.
    BeforeHeader,
    /// Header chunk that does not end where it says.
    HeaderLength,
    /// Division that gives ticks no length.
    Division,
    /// Tracks beyond the only one of format 0.
    TracksOfFormat0,
    /// Tracks that are separate songs.
    Format2,
    /// Format above 2.
    UnknownFormat,
    /// Bytes that do not belong to a chunk.
    BetweenChunks,
    /// Track that does not end where it says.
    TrackLength,
    /// Track that is cut off by the end of the file.
    Truncated,
    /// Track without an end-of-track event.
    NoEndOfTrack,
    /// Bytes after the end-of-track event.
    AfterEnd,
    /// Running status after a meta or system exclusive event, which cancels it.
    RunningStatus,
    /// Event that cannot be read.
    DamagedEvent,
    /// Rest of a track in which no event could be found.
    DamagedTrack,
    /// Delay of more than 28 bits.
    Delay,
}

/// Position in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePosition {
    /// Track, from 1; 0 outside of tracks.
    pub track: usize,
    /// Ticks since the start of the track.
    pub tick: Option<u64>,
    /// Offset in the file, from 0.
    pub byte: usize,
}

impl FilePosition {
    /// Returns a position outside of tracks.
    pub fn byte(byte: usize) -> Self {
        Self {
            track: 0,
            tick: None,
            byte,
        }
    }
}

/// Faults found in a file so far.
#[derive(Debug, Default)]
pub struct Faults {
    /// Each kind with its first place and its count, in the order in which they were found.
    found: Vec<(Fault, FilePosition, u64)>,
    /// Number of tracks that the header announces and the number found, if they differ.
    tracks: Option<(u16, usize)>,
}

impl Faults {
    /// Records one fault at `place`.
    pub fn add(&mut self, fault: Fault, place: FilePosition) {
        self.add_many(fault, place, 1);
    }

    /// Records `count` faults, or a fault of `count` bytes, from `place` on.
    pub fn add_many(&mut self, fault: Fault, place: FilePosition, count: u64) {
        if count == 0 {
            return;
        }
        match self.found.iter_mut().find(|found| found.0 == fault) {
            Some(found) => found.2 = found.2.saturating_add(count),
            None => self.found.push((fault, place, count)),
        }
    }

    /// Records that the header announces another number of tracks than were found.
    pub fn note_tracks(&mut self, announced: u16, there: usize) {
        self.tracks = Some((announced, there));
    }

    /// Returns the count of a kind.
    pub fn count(&self, fault: Fault) -> u64 {
        let found = self.found.iter().find(|found| found.0 == fault);
        found.map_or(0, |found| found.2)
    }

    /// Returns a sentence for each kind: the fault, the first place, and the remedy applied.
    pub fn sentences(&self) -> Vec<String> {
        let tracks = self.tracks.map(|(announced, there)| {
            format!(
                "the header announces {}, but the file has {there}; all that are there were read",
                number(announced.into(), "track")
            )
        });
        let found = self.found.iter();
        let found = found.map(|(fault, place, count)| sentence(*fault, *place, *count));
        tracks.into_iter().chain(found).collect()
    }
}

fn sentence(fault: Fault, place: FilePosition, count: u64) -> String {
    let FilePosition { track, byte, .. } = place;
    let first = match place.tick {
        Some(tick) => format!("track {track} at tick {tick} (byte {byte})"),
        None => format!("track {track} (byte {byte})"),
    };
    // "3 events are ..., the first in track 2 (byte 7)", "1 event is ..., in track 2 (byte 7)".
    let (is, first) = match count {
        1 => ("is", format!("in {first}")),
        _ => ("are", format!("the first in {first}")),
    };
    match fault {
        Fault::BeforeHeader => format!(
            "{} before the header, from byte {byte} on, were skipped",
            number(count, "byte")
        ),
        Fault::HeaderLength => format!(
            "the length of the header (byte {byte}) is wrong; the tracks were looked for behind it"
        ),
        Fault::Division => format!(
            "the header's division (byte {byte}) gives ticks no length; 480 ticks to the beat were assumed"
        ),
        Fault::TracksOfFormat0 => {
            "a file of format 0 has one track, and this one has more; all were played at once".to_owned()
        }
        Fault::Format2 => {
            "the file is of format 2, whose tracks are songs of their own; they were played one after the other"
                .to_owned()
        }
        Fault::UnknownFormat => format!(
            "the header (byte {byte}) names a format beyond 2; the file was read as one of format 1"
        ),
        Fault::BetweenChunks => format!(
            "{} that belong to no chunk, the first at byte {byte}, were skipped",
            number(count, "byte")
        ),
        Fault::TrackLength => format!(
            "the length of {} is wrong, {first}; what comes up to the next track was read",
            number(count, "track")
        ),
        Fault::Truncated => format!(
            "the file ends within track {track} (byte {byte}); what is there was played"
        ),
        Fault::NoEndOfTrack => format!(
            "the end-of-track event of {} is missing, {first}; the last event was taken as the end",
            number(count, "track")
        ),
        Fault::AfterEnd => format!(
            "{} behind an end-of-track event, {first}, were left out",
            number(count, "byte")
        ),
        Fault::RunningStatus => format!(
            "{} {is} without a status behind a meta or system exclusive event, {first}; the status before that was used",
            number(count, "event")
        ),
        Fault::DamagedEvent => format!(
            "{} {is} damaged, {first}, and left out",
            number(count, "event")
        ),
        Fault::DamagedTrack => format!(
            "the rest of {} could not be read, {first}, and was left out",
            number(count, "track")
        ),
        Fault::Delay => format!(
            "{} before an event {is} longer than the format allows, {first}, and taken as none",
            number(count, "delay")
        ),
    }
}

fn number(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
