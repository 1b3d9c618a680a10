//! Musical checks of the score.

use super::*;
use crate::render::song::Song;

/// Pitch classes of D major.
const KEY: [u8; 7] = [2, 4, 6, 7, 9, 11, 1];

/// Returns the pitch classes of the harmony on each beat of a ground, from its root. On the fourth beat, the ground's
/// note carries a minor chord at first and the tonic's sixth chord later.
fn harmony(ground: u32) -> [[u8; 3]; 8] {
    let fourth = if ground < 8 { [6, 9, 1] } else { [6, 9, 2] };
    let (tonic, dominant, subdominant) = ([2, 6, 9], [9, 1, 4], [7, 11, 2]);
    [
        tonic,
        dominant,
        [11, 2, 6],
        fourth,
        subdominant,
        tonic,
        subdominant,
        dominant,
    ]
}

#[test]
fn every_line_is_as_long_as_the_ground() {
    for line in VARIATIONS.iter().chain([&GROUND]) {
        assert_eq!(notation::read(line).1, GROUND_TICKS, "{line}");
    }
}

#[test]
fn every_voice_ends_with_the_close() {
    for (index, part) in PARTS.iter().enumerate() {
        let end = voice(index)
            .iter()
            .map(|note| note.start + sounding(*note))
            .max();
        assert_eq!(end, Some(CLOSE_START + 4 * BEAT), "{}", part.name);
    }
}

#[test]
fn every_note_is_of_the_key() {
    for (index, part) in PARTS.iter().enumerate() {
        for note in voice(index) {
            assert!(KEY.contains(&(note.key % 12)), "{}: {note:?}", part.name);
        }
    }
}

#[test]
fn the_violins_play_one_canon() {
    let first = voice(0);
    for entry in 1..3 {
        let other = voice(entry);
        let (_, melody) = other.split_last().unwrap();
        assert_eq!(melody[0].start, (1 + entry as u32) * GROUND_TICKS);
        let follows = shifted(&first, entry as u32 * GROUND_TICKS);
        assert_eq!(melody, &follows[..melody.len()]);
    }
}

#[test]
fn ground_and_chords_are_the_harmony() {
    let (bass, _) = notation::read(GROUND);
    for ground in 0..GROUNDS {
        for (beat, mut expected) in harmony(ground).into_iter().enumerate() {
            assert_eq!(
                bass[beat].key % 12,
                expected[0],
                "bass, ground {ground}, beat {beat}"
            );
            let keys = chords(ground)[beat]
                .split_whitespace()
                .filter_map(notation::pitch);
            let mut chord: Vec<u8> = keys.map(|key| key % 12).collect();
            chord.sort_unstable();
            expected.sort_unstable();
            assert_eq!(chord, expected, "chord, ground {ground}, beat {beat}");
        }
    }
}

#[test]
fn what_is_struck_on_a_beat_belongs_to_its_harmony() {
    let mut foreign = Vec::new();
    for violin in 0..CONTINUO {
        for note in voice(violin)
            .into_iter()
            .filter(|note| note.start < CLOSE_START)
        {
            let (ground, within) = (note.start / GROUND_TICKS, note.start % GROUND_TICKS);
            let beat = within / BEAT;
            let chord = harmony(ground)[beat as usize];
            if within % BEAT == 0 && !chord.contains(&(note.key % 12)) {
                foreign.push((violin as u32, ground - violin as u32, 1 + beat));
            }
        }
    }
    // The one suspension, in the fourth variation of each violin: D over the last A of the ground,
    // which resolves to C sharp.
    assert_eq!(foreign, [(0, 4, 8), (1, 4, 8), (2, 4, 8)]);
}

#[test]
fn it_ends_on_the_tonic_over_its_root() {
    let close: Vec<u8> = CLOSE
        .iter()
        .map(|line| notation::read(line).0[0].key)
        .collect();
    assert_eq!(close.iter().min(), Some(&38)); // D2, in the bass
    let mut classes: Vec<u8> = close.iter().map(|key| key % 12).collect();
    classes.sort_unstable();
    classes.dedup();
    assert_eq!(classes, [2, 6, 9]);
}

#[test]
fn no_voice_strikes_a_key_that_is_down() {
    for (index, part) in PARTS.iter().enumerate() {
        let notes = voice(index);
        for (at, note) in notes.iter().enumerate() {
            let end = note.start + sounding(*note);
            let clash = notes[at + 1..]
                .iter()
                .find(|next| next.key == note.key && next.start < end);
            assert_eq!(clash, None, "{}: {note:?}", part.name);
        }
    }
}

#[test]
fn the_file_holds_the_whole_score() {
    let song = Song::parse(&midi_file()).unwrap();
    let written: usize = (0..PARTS.len()).map(|index| voice(index).len()).sum();
    assert_eq!((song.notes, song.tracks), (written, 1 + PARTS.len()));
    assert_eq!(song.name.as_deref(), Some("Canon in D"));
    let seconds = song.tempo.moment(song.end).seconds;
    assert!((90.0..110.0).contains(&seconds), "{seconds}");
    let pedal = song
        .messages
        .iter()
        .filter(|message| message.bytes[..2] == [0xb3, PEDAL]);
    assert_eq!(pedal.count() as u32, 2 * GROUNDS * 8);
}
