//! What is wrong with a MIDI file and was played all the same: a sentence for each kind, with the first place and the
//! count, so that no file makes them many.

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Bytes before the header.
    BeforeHeader,
    /// The header's chunk does not end where it says.
    HeaderLength,
    /// The division gives ticks no length.
    Division,
    /// Tracks beside the one that format 0 has.
    TracksOfFormat0,
    /// Tracks that are songs of their own.
    Format2,
    /// A format beyond 2.
    UnknownFormat,
    /// Bytes that are no chunk.
    BetweenChunks,
    /// A track that does not end where it says.
    TrackLength,
    /// A track that the file ends within.
    Truncated,
    /// A track without an end-of-track event.
    NoEndOfTrack,
    /// Bytes behind the end-of-track event.
    AfterEnd,
    /// Running status where a meta or system exclusive event has cancelled it.
    RunningStatus,
    /// An event that is none.
    DamagedEvent,
    /// A stretch that no event could be found in.
    DamagedTrack,
    /// A delay of more than 28 bits.
    Delay,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePosition {
    /// From 1; 0 outside of tracks.
    pub track: usize,
    /// Ticks since the start of the track.
    pub tick: Option<u64>,
    /// From 0, in the file.
    pub byte: usize,
}

impl FilePosition {
    /// A place outside of tracks.
    pub fn byte(byte: usize) -> Self {
        Self {
            track: 0,
            tick: None,
            byte,
        }
    }
}

/// The faults found in a file so far.
#[derive(Debug, Default)]
pub struct Faults {
    /// Each kind with its first place and its count, in the order in which they were found.
    found: Vec<(Fault, FilePosition, u64)>,
    /// How many tracks the header announces and how many there are, if these differ.
    tracks: Option<(u16, usize)>,
}

impl Faults {
    /// Notes one fault at `place`.
    pub fn add(&mut self, fault: Fault, place: FilePosition) {
        self.add_many(fault, place, 1);
    }

    /// Notes `count` faults, or bytes of one, from `place` on.
    pub fn add_many(&mut self, fault: Fault, place: FilePosition, count: u64) {
        if count == 0 {
            return;
        }
        match self.found.iter_mut().find(|found| found.0 == fault) {
            Some(found) => found.2 = found.2.saturating_add(count),
            None => self.found.push((fault, place, count)),
        }
    }

    /// Notes that the header announces other than there are.
    pub fn note_tracks(&mut self, announced: u16, there: usize) {
        self.tracks = Some((announced, there));
    }

    /// The count of a kind.
    pub fn count(&self, fault: Fault) -> u64 {
        let found = self.found.iter().find(|found| found.0 == fault);
        found.map_or(0, |found| found.2)
    }

    /// A sentence for each kind: what, where the first is, and what was done.
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
