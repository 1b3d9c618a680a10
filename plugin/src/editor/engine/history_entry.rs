//! An entry of the history: a block, a second or a minute, and the choice of one of them.

use tidepool_dsp::rt::metrics::{BlockRecord, HISTORY, MAX_MODULES, Point, RECENT};

use super::{Choices, View};

/// Range of the history that is shown.
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

/// Entry of the history.
#[derive(Clone, Copy, Debug)]
pub enum HistoryEntry {
    /// One block.
    Block(BlockRecord),
    /// A second or a minute.
    Span(Point),
}

impl HistoryRange {
    /// Returns the largest number of entries.
    pub fn slots(self) -> usize {
        match self {
            Self::Blocks => RECENT,
            Self::Minute | Self::Hour => HISTORY,
        }
    }

    /// Describes the time of the entry that lies `entries` before the newest.
    pub fn ago(self, entries: usize) -> String {
        match self {
            Self::Blocks => format!("{entries} blocks ago"),
            Self::Minute => format!("{entries} s ago"),
            Self::Hour => format!("{entries} min ago"),
        }
    }

    /// Returns the entries, oldest first.
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
    /// Returns the load, a fraction of the deadline.
    pub fn load(&self) -> f32 {
        match self {
            Self::Block(block) => block.load(),
            Self::Span(point) => point.load,
        }
    }

    /// Returns the load of the worst block.
    pub fn worst(&self) -> f32 {
        match self {
            Self::Block(block) => block.load(),
            Self::Span(point) => point.worst,
        }
    }

    /// Returns the load of each module.
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

/// Returns the chosen entry, and a description of its time.
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
