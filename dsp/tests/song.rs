//! Song position: what is synchronized to the tempo agrees with the bar, and equal passages of a song give equal bits.

mod common;

use common::measure::{bend as second_difference, peak};
use common::{RATE, Session, bare, controller, everything, key, off, on, routed, set, with};
use tidepool_dsp::engine::Source;
use tidepool_dsp::{EventKind, Parameter, Patch, SongPosition};

/// Lengths in quarter notes of the choices of an LFO's sync, in order.
const DIVISIONS: [f64; 13] = [
    32.0,
    16.0,
    8.0,
    4.0,
    2.0,
    1.5,
    1.0,
    0.75,
    2.0 / 3.0,
    0.5,
    1.0 / 3.0,
    0.25,
    0.125,
];

/// Host that announces the song at the beginning of each block.
struct Host {
    session: Session,
    rate: f64,
    /// Block lengths, used in turn.
    blocks: Vec<usize>,
    next: usize,
    song: Option<SongPosition>,
}

impl Host {
    fn new(rate: f64, patch: &Patch, events: Vec<(u64, EventKind)>, blocks: &[usize]) -> Self {
        let session = Session::at(rate as f32, patch, events);
        let blocks = blocks.to_vec();
        let (next, song) = (0, None);
        Self {
            session,
            rate,
            blocks,
            next,
            song,
        }
    }

    /// Plays until sample `end`, from the position `song` on.
    fn play(&mut self, song: Option<(f64, f64)>, end: usize) -> &mut Self {
        self.song = song.map(|(beats, tempo)| SongPosition { beats, tempo });
        self.go_on(end)
    }

    fn go_on(&mut self, end: usize) -> &mut Self {
        while self.session.left.len() < end {
            let block = self.blocks[self.next % self.blocks.len()];
            let block = block.min(end - self.session.left.len());
            self.next += 1;
            let engine = &mut self.session.engine;
            engine.set_tempo(self.song.map_or(120.0, |song| song.tempo as f32));
            // As fixed-point positions are rounded.
            let rounded = |beats: f64| (beats * 2_147_483_648.0).floor() / 2_147_483_648.0;
            engine.set_song_position(self.song.map(|song| SongPosition {
                beats: rounded(song.beats),
                ..song
            }));
            self.session.block = block;
            self.session.until(self.session.left.len() + block);
            if let Some(song) = &mut self.song {
                song.beats += block as f64 * song.tempo / 60.0 / self.rate;
            }
        }
        self
    }

    /// Returns the value of LFO 1.
    fn lfo(&mut self) -> f64 {
        f64::from(self.session.engine.modulation_snapshot().sources[Source::Lfo1 as usize])
    }

    /// Returns the bits of both channels from sample `from` to `to`.
    fn bits(&self, from: usize, to: usize) -> Vec<u32> {
        let Session { left, right, .. } = &self.session;
        let both = left[from..to].iter().chain(&right[from..to]);
        both.map(|sample| sample.to_bits()).collect()
    }
}

/// Returns the sine of an angle in cycles.
fn sine(cycles: f64) -> f64 {
    (std::f64::consts::TAU * cycles).sin()
}

#[test]
fn a_global_lfo_in_sync_is_a_function_of_the_position() {
    for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for (sync, division) in (1..).zip(DIVISIONS) {
            let values = [
                ("lfo1_sync", sync as f32),
                ("lfo1_mode", 1.0),
                ("lfo1_phase", 0.125),
            ];
            let patch = with(Patch::default(), &values);
            let (start, end, beats, tempo) = (1_003, 30_000, -2.3, 133.0);
            let value = |blocks: &[usize]| {
                let mut host = Host::new(rate, &patch, vec![], blocks);
                host.play(None, start).play(Some((beats, tempo)), end).lfo()
            };
            let got = value(&[512]);
            // The engine begins a tick where the song starts, and the value is that at the end of the running tick.
            let played = (end - start).next_multiple_of(32) as f64;
            let position = beats + played * tempo / 60.0 / rate;
            let want = sine(position / division + 0.125);
            assert!(
                (got - want).abs() < 1e-4,
                "{got} for {want} in {division} at {rate}"
            );
            for blocks in [&[1_usize][..], &[441], &[4096, 3, 64]] {
                assert_eq!(value(blocks).to_bits(), got.to_bits());
            }
        }
    }
}

#[test]
fn without_a_song_cycles_run_on_from_their_last_phase() {
    let patch = with(Patch::default(), &[("lfo1_sync", 4.0), ("lfo1_mode", 1.0)]);
    let mut host = Host::new(RATE, &patch, vec![], &[256]);
    // 17.3 quarter notes, then half a second at 120 per minute.
    host.play(Some((16.0, 97.5)), 38_400).play(None, 62_400);
    let want = sine((17.3 + 1.0) / 4.0);
    assert!(
        (host.lfo() - want).abs() < 2e-3,
        "{} for {want}",
        host.lfo()
    );
}

#[test]
fn a_free_lfo_stays_free() {
    let patch = with(Patch::default(), &[("lfo1_rate", 3.0), ("lfo1_mode", 1.0)]);
    let value = |song: Option<(f64, f64)>| {
        let mut host = Host::new(RATE, &patch, vec![], &[512]);
        host.play(None, 48_000).play(song, 96_000).lfo()
    };
    assert_eq!(value(None), value(Some((3.21, 77.0))));
}

/// Returns a patch with every source and effect on, whose effects are silent soon.
fn short_tails() -> Patch {
    with(
        everything(),
        &[
            ("lfo1_sync", 8.0),
            ("lfo1_shape", 5.0),
            ("lfo3_sync", 10.0),
            ("delay_feedback", 0.2),
            ("reverb_decay", 0.1),
            ("release", 0.05),
            ("external", -60.0),
        ],
    )
}

/// Returns a passage of a song that begins at `from`: notes, a wheel, automation.
fn passage(from: u64) -> Vec<(u64, EventKind)> {
    let mut events = vec![(0, controller(0, 1, 0.8))];
    for (n, number) in [36, 60, 64, 67, 50, 62].into_iter().enumerate() {
        let at = 2_900 * n as u64;
        events.push((at, on(key(number), 0.7)));
        events.push((at + 6_000, off(key(number))));
    }
    events.push((9_013, set(Parameter::Cutoff, 5_000.0)));
    events.push((9_500, set(Parameter::DelayTime, 5.0)));
    events.push((20_000, set(Parameter::DelayTime, 8.0)));
    events.push((21_000, controller(0, 1, 0.0)));
    events
        .into_iter()
        .map(|(at, kind)| (from + at, kind))
        .collect()
}

#[test]
fn play_stop_play_gives_the_same_bits() {
    const LENGTH: usize = 40_000;
    // Far from a multiple of the tick.
    let (first, second) = (2_048, 200_013);
    let events = [passage(first as u64), passage(second as u64)].concat();
    let mut host = Host::new(RATE, &short_tails(), events, &[512]);
    for start in [first, second] {
        host.play(None, start);
        // The plugin passes the automation of a block's first sample on before the song.
        host.session.engine.set(Parameter::Cutoff, 500.0, 0.0);
        host.play(Some((64.0, 131.0)), start + LENGTH);
    }
    let heard = host.bits(first, first + LENGTH);
    assert!(peak(&host.session.left[first..first + LENGTH]) > 0.05);
    assert_eq!(
        peak(&host.session.left[second - 512..second]),
        0.0,
        "the tail has ended"
    );
    let again = host.bits(second, second + LENGTH);
    assert_eq!(heard.iter().zip(&again).position(|(a, b)| a != b), None);
    // From another position the bits differ.
    let events = passage(first as u64);
    let mut other = Host::new(RATE, &short_tails(), events, &[512]);
    other
        .play(None, first)
        .play(Some((64.5, 131.0)), first + LENGTH);
    assert!(heard != other.bits(first, first + LENGTH));
}

#[test]
fn loops_jumps_and_tempo_changes_give_the_same_bits_in_blocks_of_any_size() {
    let heard = |blocks: &[usize]| {
        let events = [passage(100), passage(60_000), passage(90_017)].concat();
        let mut host = Host::new(RATE, &short_tails(), events, blocks);
        host.play(None, 77).play(Some((4.0, 120.0)), 24_077);
        // A loop of a quarter note, then a jump, a new tempo from there on, and the end.
        host.play(Some((4.0, 120.0)), 48_000)
            .play(Some((4.0, 120.0)), 60_000);
        host.play(Some((100.3, 120.0)), 80_001);
        let beats = 100.3 + 20_001.0 * 2.0 / RATE;
        host.play(Some((beats, 150.0)), 90_000).play(None, 130_000);
        host.bits(0, 130_000)
    };
    let want = heard(&[512]);
    for blocks in [&[64_usize][..], &[441], &[4096], &[1, 700, 31, 32, 33]] {
        assert!(heard(blocks) == want, "blocks of {blocks:?}");
    }
}

/// Returns a patch of a low sine whose level and pitch are moved by a global LFO in sync.
fn trembling() -> Patch {
    let lfo = Source::Lfo1 as usize;
    let patch = with(
        bare(),
        &[
            ("osc_a_shape", 0.0),
            ("attack", 0.03),
            ("lfo1_sync", 7.0),
            ("lfo1_mode", 1.0),
            ("vibrato_depth", 30.0),
            ("send_delay", -6.0),
            ("delay_time", 5.0),
        ],
    );
    let patch = routed(patch, 0, lfo, 0, "level", -0.2);
    routed(patch, 1, lfo, 0, "osc_a_pitch", 0.02)
}

#[test]
fn starts_and_jumps_do_not_click() {
    let events = vec![(0, on(key(33), 1.0)), (0, controller(0, 1, 1.0))];
    for later in [0, 109, 218, 454] {
        // The phase of the LFO jumps by half a cycle, twice.
        let (start, jump) = (24_013 + later, 48_013 + later);
        let mut host = Host::new(RATE, &trembling(), events.clone(), &[512]);
        host.play(None, start).play(Some((7.4, 120.0)), jump);
        let there = 7.4 + 24_000.0 * 2.0 / RATE;
        host.play(Some((there + 16.5, 120.0)), 72_000);
        let sound = &host.session.left;
        let still = second_difference(&sound[12_000..start]);
        let bent = second_difference(&sound[start - 2..]);
        let line = peak(sound) / 32.0;
        assert!(
            (bent - still) / line < 1.5,
            "{} times a line",
            (bent - still) / line
        );
    }
}

#[test]
fn tempo_ramps_do_not_click() {
    let events = vec![(0, on(key(33), 1.0)), (0, controller(0, 1, 1.0))];
    let mut host = Host::new(RATE, &trembling(), events, &[480]);
    host.play(Some((0.0, 120.0)), 48_000);
    let mut end = 48_000;
    while end < 144_000 {
        end += 480;
        if let Some(song) = &mut host.song {
            // The host integrates the tempo and announces that at the beginning of the block.
            song.beats += 480.0 / RATE * 0.6 / 60.0;
            song.tempo += 1.2;
        }
        host.go_on(end);
    }
    let sound = &host.session.left;
    let still = second_difference(&sound[12_000..48_000]);
    let bent = second_difference(&sound[48_000..]);
    assert!(
        bent < 1.3 * still + peak(sound) / 32.0 * 0.05,
        "{bent} after {still}"
    );
    // The LFO has kept pace with the song.
    let song = host.song.unwrap();
    let want = sine(song.beats);
    assert!(
        (host.lfo() - want).abs() < 0.03,
        "{} for {want}",
        host.lfo()
    );
}

#[test]
fn vibrato_follows_the_position() {
    // Two notes at the same position of a song have the same pitch at each sample, wherever the engine's own time is.
    let patch = with(bare(), &[("vibrato_depth", 100.0), ("vibrato_rate", 2.0)]);
    let heard = |start: usize| {
        let events = vec![(0, controller(0, 1, 1.0)), (start as u64, on(key(60), 1.0))];
        let mut host = Host::new(RATE, &patch, events, &[512]);
        host.play(None, start)
            .play(Some((10.0, 90.0)), start + 24_000);
        host.bits(start, start + 24_000)
    };
    let want = heard(4_800);
    assert!(
        [5_000, 12_345, 33_333]
            .into_iter()
            .all(|start| heard(start) == want)
    );
}

#[test]
fn a_moved_rate_plays_the_nearest_division_on_the_beat_of_the_note() {
    let octaves = 5_000.0_f32.log2();
    let macro1 = Source::Macro1 as usize;
    let patch = with(Patch::default(), &[("lfo1_sync", 7.0), ("sustain", 1.0)]);
    // The LFO has to be used to be computed.
    let patch = routed(patch, 0, Source::Lfo1 as usize, 0, "pan", 0.1);
    let patch = routed(patch, 1, macro1, 0, "lfo1_rate", 1.0);
    let (tempo, start) = (120.0, 1_000);
    for octave in [
        -4.9_f32, -3.0, -1.2, -0.9, -0.1, 0.0, 0.15, 0.3, 0.6, 1.1, 2.0, 3.2,
    ] {
        let patch = routed(patch, 1, macro1, 0, "lfo1_rate", octave.signum());
        // The modulation changes twice, and the phase agrees with the division as if it had never been another one.
        let knob = octave.abs() / octaves;
        let events = vec![
            (0, set(Parameter::macro_knob(0), knob)),
            (start, on(key(60), 1.0)),
            (20_000, set(Parameter::macro_knob(0), 1.5 / octaves)),
            (30_000, set(Parameter::macro_knob(0), knob)),
        ];
        let mut host = Host::new(RATE, &patch, events, &[512]);
        let end = 65_000;
        let got = host.play(Some((3.2, tempo)), end).lfo();
        let rate = f64::from(octave).exp2();
        let division = DIVISIONS
            .into_iter()
            .min_by(|a, b| {
                let off = |division: f64| (division * rate).ln().abs();
                off(*a).total_cmp(&off(*b))
            })
            .unwrap();
        let ticked = (end as f64 / 32.0).ceil() * 32.0;
        let elapsed = (ticked - start as f64) * tempo / 60.0 / RATE;
        let want = sine(elapsed / division);
        assert!(
            (got - want).abs() < 1e-3,
            "{got} for {want}, {octave} octaves: {division}"
        );
    }
}
