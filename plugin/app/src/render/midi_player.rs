//! Plays a song through the plugin's own CLAP entry, faster than real time.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use tidepool::allocator::COUNTED;
use tidepool_dsp::rt::CountingAllocator;
use tidepool_host::{
    EVENT_CAPACITY, Event, External, Instance, ProcessStatus, Processor, Timed, Transport,
};

use super::blocks::BlockTimes;
use super::tempo::Moment;
use super::timeline::{Cue, Timeline};
use crate::failure::Failure;

/// Plugin instance with a timeline and the position in it.
///
/// The host's two threads run on one, because nothing has to keep real time here.
pub struct MidiPlayer {
    instance: Instance,
    /// Present until the drop returns it.
    processor: Option<Processor>,
    timeline: Timeline,
    /// Index of the next cue.
    next: usize,
    /// Samples played.
    position: u64,
    block: usize,
    events: Vec<Timed>,
    /// True if no cue is left and the plugin was silent at the end of the last block.
    silent: bool,
    readings: Readings,
}

/// Measurements taken while playing.
pub struct Readings {
    /// Processor time, including the host's part of each block.
    pub cpu: Duration,
    /// Time in the plugin, block by block.
    pub blocks: BlockTimes,
    /// Allocator calls in the plugin; `None` if they are not counted.
    pub allocations: Option<u64>,
    /// Largest number of notes that sounded at once, from their start to the plugin's note-end event.
    pub voices: usize,
    sounding: usize,
    /// Starts and ends of notes in one block; ends come first if they share a sample.
    turns: Vec<(u32, Turn)>,
}

impl MidiPlayer {
    /// Activates `instance` at `rate` samples a second to play `timeline` in blocks of `block` samples.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn new(
        mut instance: Instance,
        timeline: Timeline,
        rate: u32,
        block: u32,
    ) -> Result<Self, Failure> {
        instance.render_offline(true).map_err(Failure::inside)?;
        let processor = instance
            .activate(f64::from(rate), 1..=block)
            .map_err(Failure::inside)?;
        let mut player = Self {
            instance,
            processor: Some(processor),
            timeline,
            next: 0,
            position: 0,
            block: block as usize,
            events: Vec::with_capacity(EVENT_CAPACITY),
            silent: false,
            readings: Readings {
                cpu: Duration::ZERO,
                blocks: BlockTimes::new(),
                allocations: COUNTED.then_some(0),
                voices: 0,
                sounding: 0,
                turns: Vec::with_capacity(2 * EVENT_CAPACITY),
            },
        };
        player.processor().start().map_err(Failure::inside)?;
        Ok(player)
    }

    /// Plays on into `left` and `right`, which have the same length. `[audio]`
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn play(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<(), Failure> {
        // Reading the thread time is a system call, so it is done once for many blocks.
        let start = ThreadTime::now();
        for (left, right) in left
            .chunks_mut(self.block)
            .zip(right.chunks_mut(self.block))
        {
            self.play_block(left, right)?;
        }
        self.readings.cpu += start.elapsed();
        self.instance.idle();
        Ok(())
    }

    fn play_block(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<(), Failure> {
        let end = self.position + left.len() as u64;
        self.events.clear();
        while let Some(&(sample, cue)) = self.timeline.cues.get(self.next).filter(|cue| cue.0 < end)
        {
            if !is_program_change(&cue) {
                self.events
                    .push(event(cue).at((sample - self.position) as u32));
            }
            self.next += 1;
        }
        self.position = end;

        let processor = self.processor.as_mut().expect(THERE);
        processor.reserve(self.events.len());
        let watch = COUNTED.then(CountingAllocator::watch);
        let start = Instant::now();
        let status = processor.process([&mut *left, &mut *right], External::None, &self.events);
        self.readings.blocks.add(start.elapsed());
        if let (Some(watch), Some(total)) = (watch, &mut self.readings.allocations) {
            *total += watch.calls();
        }
        let status = status.map_err(Failure::inside)?;
        self.silent = self.next == self.timeline.cues.len()
            && match status {
                ProcessStatus::Continue | ProcessStatus::Tail => false,
                ProcessStatus::ContinueIfNotQuiet => {
                    left.iter().chain(&*right).all(|sample| *sample == 0.0)
                }
                ProcessStatus::Sleep => true,
            };
        self.readings
            .count_notes(&self.events, processor.received());
        Ok(())
    }

    /// Plays one sample that is neither written nor counted: the plugin closes the record of a block at the next one,
    /// and publishes its metrics with the block after a request. `[audio]`
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn play_unheard(&mut self) -> Result<(), Failure> {
        let (mut left, mut right) = ([0.0], [0.0]);
        let status = self
            .processor()
            .process([&mut left, &mut right], External::None, &[]);
        status.map_err(Failure::inside)?;
        Ok(())
    }

    /// Returns deviations from the file, a sentence for each.
    pub fn warnings(&self) -> &[String] {
        &self.timeline.warnings
    }

    /// Returns true if all cues have been played and the plugin reported, with the status of the last block, that it is
    /// silent until input arrives.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// Returns the measurements so far.
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    fn processor(&mut self) -> &mut Processor {
        self.processor.as_mut().expect(THERE)
    }
}

const THERE: &str = "the processor is handed back only by the drop";

/// Returns the processor to the instance, which would never be freed otherwise.
impl Drop for MidiPlayer {
    fn drop(&mut self) {
        if let Some(mut processor) = self.processor.take() {
            processor.stop();
            self.instance.deactivate(processor);
        }
    }
}

/// Start or end of a note, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    End,
    Start,
}

impl Readings {
    fn count_notes(&mut self, sent: &[Timed], received: &[Timed]) {
        let starts = sent.iter().filter(|timed| starts_note(timed.event));
        let ends = received
            .iter()
            .filter(|timed| matches!(timed.event, Event::NoteEnd { .. }));
        self.turns.clear();
        self.turns
            .extend(starts.map(|timed| (timed.time, Turn::Start)));
        self.turns.extend(ends.map(|timed| (timed.time, Turn::End)));
        self.turns.sort_unstable();
        // All starts and ends on one sample count together: when a chord needs more voices than exist, notes end on the
        // sample on which they start.
        for moment in self.turns.chunk_by(|a, b| a.0 == b.0) {
            let starts = moment.iter().filter(|turn| turn.1 == Turn::Start).count();
            self.sounding = (self.sounding + starts).saturating_sub(moment.len() - starts);
            self.voices = self.voices.max(self.sounding);
        }
    }
}

fn starts_note(event: Event) -> bool {
    matches!(event, Event::Midi([status, _, velocity]) if status & 0xf0 == 0x90 && velocity > 0)
}

/// Returns true for a program change, which is left out: a render must not depend on the banks of the user.
fn is_program_change(cue: &Cue) -> bool {
    matches!(cue, Cue::Midi([status, ..]) if status & 0xf0 == 0xc0)
}

fn event(cue: Cue) -> Event {
    match cue {
        Cue::Tempo(Moment {
            bpm,
            beats,
            seconds,
        }) => Event::Transport(Transport {
            tempo: bpm,
            beats,
            seconds,
            playing: true,
        }),
        Cue::Midi(bytes) => Event::Midi(bytes),
    }
}
