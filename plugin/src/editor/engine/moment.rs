//! A moment of the history: a block, a second or a minute, and what a person has chosen of them.

use tidepool_dsp::rt::metrics::{BlockRecord, HISTORY, MAX_MODULES, Point, RECENT};

use super::{Choices, View};

/// How far the history reaches back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
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
pub enum Moment {
    /// One block.
    Block(BlockRecord),
    /// A second or a minute.
    Span(Point),
}

impl Reach {
    /// How many moments it has at most.
    pub fn slots(self) -> usize {
        match self {
            Self::Blocks => RECENT,
            Self::Minute | Self::Hour => HISTORY,
        }
    }

    /// How long ago it was, so many moments back.
    pub fn ago(self, moments: usize) -> String {
        match self {
            Self::Blocks => format!("{moments} blocks ago"),
            Self::Minute => format!("{moments} s ago"),
            Self::Hour => format!("{moments} min ago"),
        }
    }

    /// Oldest first.
    pub fn moments(self, view: &View) -> Vec<Moment> {
        let (live, log) = (&view.overview.live, &view.overview.log);
        let points = |points: &[Point]| {
            let points = points.iter().filter(|point| point.number > 0);
            points.copied().map(Moment::Span).collect()
        };
        match self {
            Self::Blocks => {
                let blocks = live.recent.iter().filter(|block| block.number > 0);
                blocks.copied().map(Moment::Block).collect()
            }
            Self::Minute => points(&log.seconds),
            Self::Hour => points(&log.minutes),
        }
    }
}

impl Moment {
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
pub fn chosen(view: &View, choices: &Choices) -> Option<(Moment, String)> {
    let back = choices.back?;
    let moments = choices.reach.moments(view);
    let moment = moments.into_iter().rev().nth(back)?;
    let ago = match (back, moment) {
        (_, Moment::Block(block)) => format!("block {}", block.number),
        (0, _) => "the last".into(),
        _ => choices.reach.ago(back),
    };
    Some((moment, ago))
}
