//! The built-in song: Johann Pachelbel's Canon in D (P. 37, about 1690), its first ten variations.
//!
//! Three violins play one melody two bars apart over a ground of eight notes; a continuo plays the ground's chords as
//! arpeggios under its pedal. Where the original goes on, the voices close on the notes that their next variations
//! begin with, which together are the tonic chord.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::notation::{self, BEAT, Note};

/// Ground bass, repeated from the first bar to the last.
const GROUND: &str = "4 D3 A2 B2 F#2 G2 D2 G2 A2";

/// The continuo's chord on each note of the ground, from its lowest note.
#[rustfmt::skip]
const CHORDS: [&str; 8] = [
    "A3 D4 F#4", "A3 C#4 E4", "F#3 B3 D4", "F#3 A3 C#4",
    "D3 G3 B3", "D3 F#3 A3", "D3 G3 B3", "E3 A3 C#4",
];

/// Fourth chord from the eighth variation on, where the melody has D over the ground's F sharp: the tonic instead of
/// the minor chord.
const LATE_CHORD: &str = "F#3 A3 D4";
const LATE_BEAT: usize = 3;
const LATE_GROUND: u32 = 8;

/// The melody of the three violins, each line as long as the ground.
const VARIATIONS: [&str; 10] = [
    "4 F#5 E5 D5 C#5 B4 A4 B4 C#5",
    "4 D5 C#5 B4 A4 G4 F#4 G4 E4",
    "8 D4 F#4 A4 G4 F#4 D4 F#4 E4 D4 B3 D4 A4 G4 B4 A4 G4",
    "8 F#4 D4 E4 C#5 D5 F#5 A5 A4 B4 G4 A4 F#4 D4 D5 8. D5 16 C#5",
    "16 D5 C#5 D5 D4 C#4 A4 E4 F#4 D4 D5 C#5 B4 C#5 F#5 A5 B5 \
     G5 F#5 E5 G5 F#5 E5 D5 C#5 B4 A4 G4 F#4 E4 G4 F#4 E4",
    "16 D4 E4 F#4 G4 A4 E4 A4 G4 F#4 B4 A4 G4 A4 G4 F#4 E4 \
     D4 B3 B4 C#5 D5 C#5 B4 A4 G4 F#4 E4 B4 A4 B4 A4 G4",
    "8 F#4 F#5 4 E5 8 r D5 4 F#5 B5 A5 B5 C#6",
    "8 D6 D5 4 C#5 8 r B4 4 D5 4. D5 8 D5 D5 G5 E5 A5",
    "16 A5 32 F#5 G5 16 A5 32 F#5 G5 A5 A4 B4 C#5 D5 E5 F#5 G5 \
     16 F#5 32 D5 E5 16 F#5 32 F#4 G4 A4 B4 A4 G4 A4 F#4 G4 A4 \
     16 G4 32 B4 A4 16 G4 32 F#4 E4 F#4 E4 D4 E4 F#4 G4 A4 B4 \
     16 G4 32 B4 A4 16 B4 32 C#5 D5 A4 B4 C#5 D5 E5 F#5 G5 A5",
    "16 F#5 32 D5 E5 16 F#5 32 E5 D5 E5 C#5 D5 E5 F#5 E5 D5 C#5 \
     16 D5 32 B4 C#5 16 D5 32 D4 E4 F#4 G4 F#4 E4 F#4 D5 C#5 D5 \
     16 B4 32 D5 C#5 16 B4 32 A4 G4 A4 G4 F#4 G4 A4 B4 C#5 D5 \
     16 B4 32 D5 C#5 16 D5 32 C#5 B4 C#5 D5 E5 D5 C#5 D5 B4 C#5",
];

/// Closing notes of the three violins, the continuo and the bass.
const CLOSE: [&str; 5] = ["1 D5", "1 F#5", "1 A5", "1 A3", "1 D2"];

/// Length of the ground: two bars of four beats.
const GROUND_TICKS: u32 = 8 * BEAT;
/// Number of times that the ground is played before the close: once alone, then once for each variation.
const GROUNDS: u32 = 1 + VARIATIONS.len() as u32;
/// Start of the last chord, in ticks.
const CLOSE_START: u32 = GROUNDS * GROUND_TICKS;

/// Beats per minute, and the tempos of the last beats.
const TEMPO: f64 = 58.0;
const RITARDANDO: [f64; 5] = [55.0, 51.0, 46.0, 40.0, 38.0];

/// Part of the ensemble.
struct Part {
    name: &'static str,
    channel: u8,
    /// General MIDI program, for playing the file on other instruments.
    program: u8,
    pan: u8,
    /// Velocity of a plain note.
    velocity: i32,
}

const PARTS: [Part; 5] = [
    Part {
        name: "Violin I",
        channel: 0,
        program: 40,
        pan: 34,
        velocity: 84,
    },
    Part {
        name: "Violin II",
        channel: 1,
        program: 40,
        pan: 94,
        velocity: 80,
    },
    Part {
        name: "Violin III",
        channel: 2,
        program: 40,
        pan: 64,
        velocity: 80,
    },
    Part {
        name: "Continuo",
        channel: 3,
        program: 6,
        pan: 48,
        velocity: 50,
    },
    Part {
        name: "Bass",
        channel: 4,
        program: 42,
        pan: 64,
        velocity: 72,
    },
];
const CONTINUO: usize = 3;
const BASS: usize = 4;

/// Delay from one note of an arpeggio to the next, and the time that each key stays down.
const BREAK: u32 = BEAT / 8;
const KEY_DOWN: u32 = BEAT / 2;

/// MIDI controllers.
const VOLUME: u8 = 7;
const PAN: u8 = 10;
const PEDAL: u8 = 64;

/// Returns the song as a standard MIDI file of format 1.
pub fn midi_file() -> Vec<u8> {
    let mut tracks = vec![conductor()];
    tracks.extend(PARTS.iter().enumerate().map(|(index, part)| {
        let mut track = Track::of(part);
        if index == CONTINUO {
            track.pedal(part);
        }
        for note in voice(index) {
            track.note(part, note);
        }
        track.finish()
    }));
    let header = Header::new(Format::Parallel, Timing::Metrical(u15::from(BEAT as u16)));
    let mut bytes = Vec::new();
    Smf { header, tracks }
        .write_std(&mut bytes)
        .expect("a vector takes all bytes, and no track is beyond what the format holds");
    bytes
}

/// Returns all notes of part `index`, in order, as written.
fn voice(index: usize) -> Vec<Note> {
    let mut notes = match index {
        BASS => repeated(|_| notation::read(GROUND).0),
        CONTINUO => repeated(broken_chords),
        violin => canon(violin as u32),
    };
    let (close, _) = notation::read(CLOSE[index]);
    notes.extend(shifted(&close, CLOSE_START));
    notes
}

/// Returns the melody, entering `entry` grounds after the first violin and cut off at the close.
fn canon(entry: u32) -> Vec<Note> {
    VARIATIONS
        .iter()
        .enumerate()
        .map(|(number, variation)| (1 + entry + number as u32, variation))
        .take_while(|&(ground, _)| ground < GROUNDS)
        .flat_map(|(ground, variation)| {
            shifted(&notation::read(variation).0, ground * GROUND_TICKS)
        })
        .collect()
}

/// Returns the chords over the `ground`th repetition of the ground, as upward arpeggios.
fn broken_chords(ground: u32) -> Vec<Note> {
    let beats = (0..).step_by(BEAT as usize);
    chords(ground)
        .into_iter()
        .zip(beats)
        .flat_map(|(chord, beat)| {
            let keys = chord.split_whitespace().filter_map(notation::pitch);
            keys.zip(0..).map(move |(key, step)| Note {
                start: beat + step * BREAK,
                length: KEY_DOWN,
                key,
            })
        })
        .collect()
}

fn chords(ground: u32) -> [&'static str; 8] {
    let mut chords = CHORDS;
    if ground >= LATE_GROUND {
        chords[LATE_BEAT] = LATE_CHORD;
    }
    chords
}

/// Returns `part` of every ground, one after the other.
fn repeated(part: impl Fn(u32) -> Vec<Note>) -> Vec<Note> {
    (0..GROUNDS)
        .flat_map(|ground| shifted(&part(ground), ground * GROUND_TICKS))
        .collect()
}

fn shifted(notes: &[Note], by: u32) -> Vec<Note> {
    notes
        .iter()
        .map(|&note| Note {
            start: note.start + by,
            ..note
        })
        .collect()
}

/// Returns the velocity of `note`: an arch over each variation, and an accent by its place in the bar.
fn velocity(part: &Part, note: Note) -> u8 {
    let place = f64::from(note.start % GROUND_TICKS) / f64::from(GROUND_TICKS);
    let arch = (9.0 * (std::f64::consts::PI * place).sin()) as i32;
    let weight = match note.start % (4 * BEAT) {
        0 => 6,
        bar if bar == 2 * BEAT => 3,
        bar if bar % BEAT == 0 => 0,
        _ => -5,
    };
    (part.velocity + arch + weight).clamp(1, 127) as u8
}

/// Returns the sounding length of `note`: long notes nearly join, short ones are detached, the last is held.
fn sounding(note: Note) -> u32 {
    match note.length {
        _ if note.start >= CLOSE_START => note.length,
        length if length >= BEAT => length * 15 / 16,
        length if length == BEAT / 2 => length * 7 / 8,
        length => length * 11 / 12,
    }
}

/// Returns the track with title, metre and tempos.
fn conductor() -> midly::Track<'static> {
    let mut track = Track::named("Canon in D");
    track.meta(0, MetaMessage::TimeSignature(4, 2, 24, 8));
    let mut tempo = |tick, bpm: f64| {
        let us_per_beat = u24::from((60e6 / bpm).round() as u32);
        track.meta(tick, MetaMessage::Tempo(us_per_beat));
    };
    tempo(0, TEMPO);
    for (beat, bpm) in (0..).zip(RITARDANDO) {
        let slowing = RITARDANDO.len() as u32 - 1;
        tempo(CLOSE_START - slowing * BEAT + beat * BEAT, bpm);
    }
    track.finish()
}

/// Track that is being written: events at their ticks, in any order.
struct Track(Vec<(u32, TrackEventKind<'static>)>);

impl Track {
    fn named(name: &'static str) -> Self {
        let mut track = Self(Vec::new());
        track.meta(0, MetaMessage::TrackName(name.as_bytes()));
        track
    }

    /// Returns the track of `part` with its program and controllers.
    fn of(part: &Part) -> Self {
        let mut track = Self::named(part.name);
        let program = u7::from(part.program);
        track.midi(0, part, MidiMessage::ProgramChange { program });
        track.control(0, part, VOLUME, 100);
        track.control(0, part, PAN, part.pan);
        track
    }

    fn note(&mut self, part: &Part, note: Note) {
        let (key, vel) = (u7::from(note.key), u7::from(velocity(part, note)));
        self.midi(note.start, part, MidiMessage::NoteOn { key, vel });
        let vel = u7::from(64);
        self.midi(
            note.start + sounding(note),
            part,
            MidiMessage::NoteOff { key, vel },
        );
    }

    /// Adds the pedal: it catches each chord while its keys are down and lifts where the next one starts.
    fn pedal(&mut self, part: &Part) {
        for beat in (0..CLOSE_START).step_by(BEAT as usize) {
            self.control(beat + 3 * BREAK, part, PEDAL, 127);
            self.control(beat + BEAT, part, PEDAL, 0);
        }
    }

    fn control(&mut self, tick: u32, part: &Part, controller: u8, value: u8) {
        let (controller, value) = (u7::from(controller), u7::from(value));
        self.midi(tick, part, MidiMessage::Controller { controller, value });
    }

    fn midi(&mut self, tick: u32, part: &Part, message: MidiMessage) {
        let channel = u4::from(part.channel);
        self.0
            .push((tick, TrackEventKind::Midi { channel, message }));
    }

    fn meta(&mut self, tick: u32, message: MetaMessage<'static>) {
        self.0.push((tick, TrackEventKind::Meta(message)));
    }

    /// Returns the events in order, each with its distance to the previous one.
    fn finish(mut self) -> midly::Track<'static> {
        let starts = |kind: &TrackEventKind| {
            matches!(
                kind,
                TrackEventKind::Midi {
                    message: MidiMessage::NoteOn { .. },
                    ..
                }
            )
        };
        // At one tick, notes end before others start.
        self.0.sort_by_key(|(tick, kind)| (*tick, starts(kind)));
        let end = self.0.last().map_or(0, |&(tick, _)| tick);
        self.meta(end, MetaMessage::EndOfTrack);
        let mut before = 0;
        self.0
            .into_iter()
            .map(|(tick, kind)| {
                let delta = u28::from(tick - before);
                before = tick;
                TrackEvent { delta, kind }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
