//! A moment of the history: a block, a second or a minute, and what a person has chosen of them.

use tidepool_dsp::rt::metrics::{BlockRecord, HISTORY, MAX_MODULES, Point, RECENT};

use super::{Choices, View};

/// How far the history reaches back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryRange {
    /// The last blocks, one by one.
    Blocks,
    /// The last minute, second by second.
    #[default]
    Minute,
    /// The last hour, minute by minute.
    Hour,
}

/// One of the history.
#[derive(Clone, Copy, Debug)]
pub enum HistoryEntry {
    /// One block.
    Block(BlockRecord),
    /// A second or a minute.
    Span(Point),
}

impl HistoryRange {
    /// How many moments it has at most.
    pub fn slots(self) -> usize {
        match self {
            Self::Blocks => RECENT,
            Self::Minute | Self::Hour => HISTORY,
        }
    }

    /// How long ago it was, so many moments back.
    pub fn ago(self, entries: usize) -> String {
        match self {
            Self::Blocks => format!("{entries} blocks ago"),
            Self::Minute => format!("{entries} s ago"),
            Self::Hour => format!("{entries} min ago"),
        }
    }

    /// Oldest first.
    pub fn entries(self, view: &View) -> Vec<HistoryEntry> {
        let (live, log) = (&view.overview.live, &view.overview.log);
        let points = |points: &[Point]| {
            let points = points.iter().filter(|point| point.number > 0);
            points.copied().map(HistoryEntry::Span).collect()
        };
        match self {
            Self::Blocks => {
                let blocks = live.recent.iter().filter(|block| block.number > 0);
                blocks.copied().map(HistoryEntry::Block).collect()
            }
            Self::Minute => points(&log.seconds),
            Self::Hour => points(&log.minutes),
        }
    }
}

impl HistoryEntry {
    /// Parts of the deadline.
    pub fn load(&self) -> f32 {
        match self {
            Self::Block(block) => block.load(),
            Self::Span(point) => point.load,
        }
    }

    /// The same of the worst block.
    pub fn worst(&self) -> f32 {
        match self {
            Self::Block(block) => block.load(),
            Self::Span(point) => point.worst,
        }
    }

    /// The load of each module.
    pub fn modules(&self) -> [f32; MAX_MODULES] {
        match self {
            Self::Block(block) => {
                let deadline = block.deadline().max(1.0);
                block
                    .modules
                    .map(|nanos| (f64::from(nanos) / deadline) as f32)
            }
            Self::Span(point) => point.modules,
        }
    }
}

/// The chosen moment, and how long ago it was.
pub fn chosen(view: &View, choices: &Choices) -> Option<(HistoryEntry, String)> {
    let back = choices.back?;
    let entries = choices.reach.entries(view);
    let entry = entries.into_iter().rev().nth(back)?;
    let ago = match (back, entry) {
        (_, HistoryEntry::Block(block)) => format!("block {}", block.number),
        (0, _) => "the last".into(),
        _ => choices.reach.ago(back),
    };
    Some((entry, ago))
}
