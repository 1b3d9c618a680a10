//! Reads the events of a track and recovers from damaged ones.
//!
//! After a damaged event, reading resumes where the event would have ended if the next events are valid there, else at
//! the first place with an explicit status and valid events after it. The search is bounded per event and per file.

use super::faults::{Fault, Faults, FilePosition};

/// Number of events that have to be valid where reading resumes.
const LOOK_AHEAD: usize = 6;
/// Number of bytes after a damaged event that are searched for the next valid one.
const SEARCHED: usize = 1024;
/// Number of damaged events of a file beyond which no search is made.
const MAX_DAMAGED: u64 = 1000;
/// Number of the look-ahead events that may be damaged themselves, if they end where their status byte says.
const FURTHER_DAMAGED: usize = 2;
/// Longest delay of the event at which the search resumes, and of those after it; a place with longer delays is
/// unlikely to be right.
const LONGEST_FOUND: u32 = 1 << 13;
const LONGEST_AFTER: u32 = 1 << 16;
/// Limit of the length of a variable-length number in bytes. The format allows 4; more may only be leading zeros.
const LONGEST_NUMBER: usize = 8;
/// Greatest variable-length number.
const GREATEST: u32 = (1 << 28) - 1;

/// Event of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Channel message as bytes on the wire. Messages of two bytes end with a zero.
    Midi([u8; 3]),
    /// Length of a beat from here on, in µs, above 0.
    Tempo(u32),
    /// Name of the track, in an encoding that the format does not specify.
    Name(&'a [u8]),
    /// End of the track.
    End,
    /// Event without effect on the sound.
    Other,
}

/// Track that is read event by event.
pub struct Track<'a> {
    number: usize,
    /// Offset of `bytes` in the file.
    start: usize,
    bytes: &'a [u8],
    at: usize,
    tick: u64,
    running: Running,
    ended: bool,
}

/// Status byte of events without one of their own.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    status: Option<u8>,
    /// True if a meta or system exclusive event followed. The format then cancels the status, but many files use it.
    cancelled: bool,
}

/// Event that could be read.
struct Read<'a> {
    /// Delay in ticks; `None` if it is too long.
    delay: Option<u32>,
    event: Event<'a>,
    /// Offset of the next event.
    next: usize,
    running: Running,
    /// True if the event uses a cancelled running status.
    used_cancelled: bool,
}

/// Event that could not be read.
struct Damaged {
    /// Delay in ticks, as far as it could be read.
    delay: u32,
    /// Offset of the next event if only the content of this one is wrong.
    next: Option<usize>,
}

impl<'a> Track<'a> {
    /// Returns the track with this `number`, from 1, in `bytes`, which begin at `start` in the file.
    pub fn new(number: usize, start: usize, bytes: &'a [u8]) -> Self {
        Self {
            number,
            start,
            bytes,
            at: 0,
            tick: 0,
            running: Running::default(),
            ended: false,
        }
    }

    /// Returns the next event and its tick, `None` at the end of the track. Ticks count from the start of the track.
    pub fn next(&mut self, faults: &mut Faults) -> Option<(u64, Event<'a>)> {
        while !self.ended {
            let place = FilePosition {
                track: self.number,
                tick: Some(self.tick),
                byte: self.start + self.at,
            };
            if self.at == self.bytes.len() {
                faults.add(Fault::NoEndOfTrack, place);
                break;
            }
            match read(self.bytes, self.at, self.running) {
                Ok(read) => {
                    if read.delay.is_none() {
                        faults.add(Fault::Delay, place);
                    }
                    if read.used_cancelled {
                        faults.add(Fault::RunningStatus, place);
                    }
                    self.tick += u64::from(read.delay.unwrap_or(0));
                    self.at = read.next;
                    self.running = read.running;
                    if read.event == Event::End {
                        self.ended = true;
                        self.note_rest(faults);
                    }
                    return Some((self.tick, read.event));
                }
                Err(damaged) => {
                    self.tick += u64::from(damaged.delay);
                    match self.way_on(&damaged, faults) {
                        Some(next) => {
                            faults.add(Fault::DamagedEvent, place);
                            self.at = next;
                        }
                        // The file may have been cut within the last event.
                        None if self.bytes.len() - self.at < 8 => {
                            faults.add(Fault::NoEndOfTrack, place);
                            break;
                        }
                        None => {
                            faults.add(Fault::DamagedTrack, place);
                            break;
                        }
                    }
                }
            }
        }
        self.ended = true;
        None
    }

    /// Returns the last tick that was reached.
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// Records bytes after the end, unless they are padding.
    fn note_rest(&self, faults: &mut Faults) {
        let rest = &self.bytes[self.at..];
        if rest.iter().any(|byte| *byte != 0) {
            let place = FilePosition {
                track: self.number,
                tick: Some(self.tick),
                byte: self.start + self.at,
            };
            faults.add_many(Fault::AfterEnd, place, rest.len() as u64);
        }
    }

    /// Returns the offset at which reading resumes after a damaged event.
    fn way_on(&self, damaged: &Damaged, faults: &Faults) -> Option<usize> {
        if faults.count(Fault::DamagedEvent) >= MAX_DAMAGED {
            return None;
        }
        let inside = |next: &usize| *next <= self.bytes.len();
        let usual = damaged.next.filter(inside);
        if let Some(next) = usual
            && self.is_good(next, self.running, GREATEST, FURTHER_DAMAGED)
        {
            return Some(next);
        }
        let last = self.bytes.len().min(self.at + SEARCHED);
        let found = (self.at + 1..last).find(|at| self.is_good_start(*at));
        found.or(usual)
    }

    /// Returns true if plausible events start at `at`.
    fn is_good_start(&self, at: usize) -> bool {
        // Without a running status, only events with an explicit one can be read.
        let Ok(first) = read(self.bytes, at, Running::default()) else {
            return false;
        };
        let likely = first.delay.is_some_and(|delay| delay <= LONGEST_FOUND);
        likely
            && (first.event == Event::End
                || self.is_good(first.next, first.running, LONGEST_AFTER, 0))
    }

    /// Returns true if the next events from `at` on are valid, up to `LOOK_AHEAD` of them, with delays of at most
    /// `longest` and up to `further` damaged ones.
    fn is_good(
        &self,
        mut at: usize,
        mut running: Running,
        longest: u32,
        mut further: usize,
    ) -> bool {
        for _ in 0..LOOK_AHEAD {
            if at == self.bytes.len() {
                return true;
            }
            match read(self.bytes, at, running) {
                Ok(read) if read.delay.is_none_or(|delay| delay > longest) => return false,
                Ok(Read {
                    event: Event::End, ..
                }) => return true,
                Ok(read) => (at, running) = (read.next, read.running),
                Err(Damaged {
                    next: Some(next), ..
                }) if further > 0 && next <= self.bytes.len() => {
                    further -= 1;
                    at = next;
                }
                Err(_) => return false,
            }
        }
        true
    }
}

/// Reads the event at `at`.
fn read(bytes: &[u8], at: usize, running: Running) -> Result<Read<'_>, Damaged> {
    let unknown = Damaged {
        delay: 0,
        next: None,
    };
    let (delay, at) = number(bytes, at).ok_or(unknown)?;
    let damaged = |next| Damaged {
        delay: delay.unwrap_or(0),
        next,
    };
    let first = *bytes.get(at).ok_or(damaged(None))?;
    let (status, at, explicit) = match (first, running.status) {
        (0x80.., _) => (first, at + 1, true),
        (_, Some(status)) => (status, at, false),
        (_, None) => return Err(damaged(None)),
    };
    let cancelled = Running {
        cancelled: true,
        ..running
    };
    let (event, next, now) = match status {
        0x80..=0xef => {
            let length = if matches!(status, 0xc0..=0xdf) { 1 } else { 2 };
            let data = bytes.get(at..at + length).ok_or(damaged(None))?;
            if data.iter().any(|byte| *byte >= 0x80) {
                return Err(damaged(Some(at + length)));
            }
            let second = data.get(1).copied().unwrap_or(0);
            let now = Running {
                status: Some(status),
                cancelled: false,
            };
            (Event::Midi([status, data[0], second]), at + length, now)
        }
        0xff => {
            let kind = *bytes.get(at).ok_or(damaged(None))?;
            let (content, next) = block(bytes, at + 1).ok_or(damaged(None))?;
            let event = meta(kind, content).ok_or(damaged(Some(next)))?;
            (event, next, cancelled)
        }
        0xf0 | 0xf7 => {
            let Some((_, next)) = block(bytes, at) else {
                // In the form that goes over the wire, without a length, it ends with 0xf7.
                let rest = bytes[at..].iter().take(SEARCHED);
                let end = rest.clone().position(|byte| *byte == 0xf7);
                return Err(damaged(end.map(|end| at + end + 1)));
            };
            (Event::Other, next, cancelled)
        }
        // System common and real-time messages are not allowed in a file.
        0xf1 | 0xf3 => return Err(damaged(Some(at + 1))),
        0xf2 => return Err(damaged(Some(at + 2))),
        _ => return Err(damaged(Some(at))),
    };
    Ok(Read {
        delay,
        event,
        next,
        running: now,
        used_cancelled: !explicit && running.cancelled,
    })
}

/// Decodes the meta event of this `kind`; `None` if its content is not valid for the kind.
fn meta(kind: u8, content: &[u8]) -> Option<Event<'_>> {
    match (kind, content) {
        (0x80.., _) => None,
        (0x2f, []) => Some(Event::End),
        (0x2f, _) => None,
        (0x51, &[high, middle, low]) => {
            let length = u32::from_be_bytes([0, high, middle, low]);
            // A beat without a length would be an infinite tempo.
            (length > 0).then_some(Event::Tempo(length))
        }
        (0x51, _) => None,
        (0x03, name) => Some(Event::Name(name)),
        _ => Some(Event::Other),
    }
}

/// Reads the variable-length number at `at`, seven bits to a byte; returns it with the offset after it. The inner
/// option is `None` if it has more than 28 bits, the outer one if it does not end.
fn number(bytes: &[u8], at: usize) -> Option<(Option<u32>, usize)> {
    let rest = bytes.get(at..)?;
    let length = 1 + rest
        .iter()
        .take(LONGEST_NUMBER)
        .position(|byte| *byte < 0x80)?;
    let digits = rest[..length].iter();
    let value = digits.fold(0_u64, |value, byte| value << 7 | u64::from(byte & 0x7f));
    let value = u32::try_from(value).ok().filter(|value| *value <= GREATEST);
    Some((value, at + length))
}

/// Returns the bytes that a length at `at` counts, and the offset after them.
fn block(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (length, start) = number(bytes, at)?;
    let end = start.checked_add(length? as usize)?;
    Some((bytes.get(start..end)?, end))
}
