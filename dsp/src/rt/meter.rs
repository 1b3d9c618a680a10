//! How near the blocks come to their deadline: written by the audio thread, read by anyone, with plain
//! stores and loads only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Audio over which load and worst block are taken, in seconds.
const WINDOW: f32 = 1.0;

/// What both ends share. Every field is one word that only the audio thread writes, and no two have
/// to agree with each other, so relaxed stores are enough.
#[derive(Debug, Default)]
struct Board {
    load: AtomicU32,
    worst: AtomicU32,
    worst_ever: AtomicU32,
    voices: AtomicU32,
    most_voices: AtomicU32,
    blocks: AtomicU64,
    muted_voices: AtomicU64,
    silenced: AtomicU64,
    panics: AtomicU64,
    scratch: AtomicU64,
    scratch_refused: AtomicU64,
    changes: AtomicU64,
    coalesced: AtomicU64,
    batch_limit: AtomicU64,
}

/// What the meter says now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Time spent over time available, in the last whole second of audio; 1 is the deadline.
    pub load: f32,
    /// The same of the worst block of that second.
    pub worst: f32,
    /// The same of the worst block since the last [`BlockMeter::prepare`].
    pub worst_ever: f32,
    /// Voices that sound.
    pub voices: u32,
    /// Most voices at once since the last [`BlockMeter::prepare`].
    pub most_voices: u32,
    /// Host blocks since the meter was made.
    pub blocks: u64,
    /// Voices muted because they were not finite.
    pub muted_voices: u64,
    /// Samples and events silenced because they were not finite.
    pub silenced: u64,
    /// Panics caught.
    pub panics: u64,
    /// Most bytes of the scratch arena that were ever in use.
    pub scratch: u64,
    /// How often the scratch arena had no room.
    pub scratch_refused: u64,
    /// Changes of parameters, controllers and expressions since the meter was made.
    pub changes: u64,
    /// Those of them that a later one took the place of.
    pub coalesced: u64,
    /// Most changes of normal priority that a batch holds at present.
    pub batch_limit: u64,
}

/// The audio thread's end. `[audio]`
#[derive(Debug)]
pub struct BlockMeter {
    board: Arc<Board>,
    sample_rate: f32,
    block: Span,
    window: Span,
    worst: f32,
}

/// Time spent on samples.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    spent: f32,
    samples: usize,
}

/// One call of the plugin's processing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Piece {
    /// How long it took.
    pub elapsed: Duration,
    /// How many samples it made.
    pub samples: usize,
    /// Whether it goes on with the host block of the piece before.
    pub continues: bool,
    /// Voices that sound at its end.
    pub voices: usize,
    /// Most voices that sounded within it.
    pub most_voices: usize,
    /// Voices muted in it.
    pub muted_voices: u64,
    /// Samples and events silenced in it.
    pub silenced: u64,
    /// Most bytes of the scratch arena that were ever in use.
    pub scratch: usize,
    /// How often the scratch arena has had no room.
    pub scratch_refused: u64,
    /// Changes of parameters, controllers and expressions that there have been.
    pub changes: u64,
    /// Those of them that a later one took the place of.
    pub coalesced: u64,
    /// Most changes of normal priority that a batch holds at present.
    pub batch_limit: usize,
}

/// Any other thread's end; clones read the same meter.
#[derive(Clone, Debug)]
pub struct MeterReader {
    board: Arc<Board>,
}

/// A meter and the reader of it.
pub fn block_meter() -> (BlockMeter, MeterReader) {
    let board = Arc::new(Board::default());
    let meter = BlockMeter {
        board: board.clone(),
        sample_rate: 48_000.0,
        block: Span::default(),
        window: Span::default(),
        worst: 0.0,
    };
    (meter, MeterReader { board })
}

impl BlockMeter {
    /// Starts over for `sample_rate` in Hz. Counters go on. `[gui]`, or wherever the host activates.
    pub fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.block = Span::default();
        self.window = Span::default();
        self.worst = 0.0;
        let board = &*self.board;
        for field in [&board.load, &board.worst, &board.worst_ever] {
            store(field, 0.0);
        }
        board.most_voices.store(0, Relaxed);
    }

    /// Takes note of one call of the processor. The host block that a piece belongs to is judged when
    /// the next one begins.
    pub fn record(&mut self, piece: Piece) {
        if !piece.continues {
            self.close_block();
        }
        self.block.spent += piece.elapsed.as_secs_f32();
        self.block.samples += piece.samples;

        let board = &*self.board;
        board.voices.store(piece.voices as u32, Relaxed);
        if piece.most_voices as u32 > board.most_voices.load(Relaxed) {
            board.most_voices.store(piece.most_voices as u32, Relaxed);
        }
        board.scratch.store(piece.scratch as u64, Relaxed);
        board.scratch_refused.store(piece.scratch_refused, Relaxed);
        board.changes.store(piece.changes, Relaxed);
        board.coalesced.store(piece.coalesced, Relaxed);
        board.batch_limit.store(piece.batch_limit as u64, Relaxed);
        add(&board.muted_voices, piece.muted_voices);
        add(&board.silenced, piece.silenced);
    }

    /// Takes note of a panic that was caught.
    pub fn panicked(&mut self) {
        add(&self.board.panics, 1);
    }

    fn close_block(&mut self) {
        let Span { spent, samples } = std::mem::take(&mut self.block);
        if samples == 0 {
            return;
        }
        let board = &*self.board;
        add(&board.blocks, 1);
        let ratio = spent / (samples as f32 / self.sample_rate);
        self.worst = self.worst.max(ratio);
        if ratio > load(&board.worst_ever) {
            store(&board.worst_ever, ratio);
        }
        self.window.spent += spent;
        self.window.samples += samples;
        let available = self.window.samples as f32 / self.sample_rate;
        if available >= WINDOW {
            store(&board.load, self.window.spent / available);
            store(&board.worst, self.worst);
            self.window = Span::default();
            self.worst = 0.0;
        }
    }
}

impl MeterReader {
    /// What the meter says now.
    pub fn read(&self) -> Reading {
        let board = &*self.board;
        Reading {
            load: load(&board.load),
            worst: load(&board.worst),
            worst_ever: load(&board.worst_ever),
            voices: board.voices.load(Relaxed),
            most_voices: board.most_voices.load(Relaxed),
            blocks: board.blocks.load(Relaxed),
            muted_voices: board.muted_voices.load(Relaxed),
            silenced: board.silenced.load(Relaxed),
            panics: board.panics.load(Relaxed),
            scratch: board.scratch.load(Relaxed),
            scratch_refused: board.scratch_refused.load(Relaxed),
            changes: board.changes.load(Relaxed),
            coalesced: board.coalesced.load(Relaxed),
            batch_limit: board.batch_limit.load(Relaxed),
        }
    }
}

fn load(field: &AtomicU32) -> f32 {
    f32::from_bits(field.load(Relaxed))
}

fn store(field: &AtomicU32, value: f32) {
    field.store(value.to_bits(), Relaxed);
}

/// One writer, so that no read-modify-write is needed.
fn add(counter: &AtomicU64, count: u64) {
    if count > 0 {
        counter.store(counter.load(Relaxed) + count, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(micros: u64, samples: usize, continues: bool) -> Piece {
        Piece {
            elapsed: Duration::from_micros(micros),
            samples,
            continues,
            ..Piece::default()
        }
    }

    #[test]
    fn pieces_of_one_host_block_are_judged_together() {
        let (mut meter, reader) = block_meter();
        meter.prepare(48_000.0);
        // 480 samples are 10 ms. A single-sample piece of 1 ms is no overrun if its block is in time.
        for _ in 0..101 {
            meter.record(piece(500, 240, false));
            meter.record(piece(1000, 1, true));
            meter.record(piece(500, 239, true));
        }
        meter.record(Piece {
            scratch: 4096,
            scratch_refused: 1,
            ..piece(0, 0, true)
        });
        let reading = reader.read();
        assert_eq!((reading.scratch, reading.scratch_refused), (4096, 1));
        assert_eq!(reading.blocks, 100);
        assert!((reading.load - 0.2).abs() < 1e-3, "{reading:?}");
        assert!((reading.worst - 0.2).abs() < 1e-3, "{reading:?}");
    }

    #[test]
    fn the_worst_block_is_kept_after_its_second_has_passed() {
        let (mut meter, reader) = block_meter();
        meter.prepare(48_000.0);
        for n in 0..302 {
            meter.record(piece(if n == 50 { 9_000 } else { 1_000 }, 480, false));
            if n == 101 {
                assert!((reader.read().worst - 0.9).abs() < 1e-3);
            }
        }
        let reading = reader.read();
        assert!((reading.worst - 0.1).abs() < 1e-3, "{reading:?}");
        assert!((reading.worst_ever - 0.9).abs() < 1e-3, "{reading:?}");
    }
}
