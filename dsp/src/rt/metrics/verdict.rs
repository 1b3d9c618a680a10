//! Why a block was late: a verdict with its evidence, or none.

use bytemuck::{Pod, Zeroable};

use super::record::BlockRecord;

/// What part of the wall time the thread must have run for the fault to be inside, and must not have run for
/// it to be outside. Between them lies doubt.
const RAN: f64 = 0.8;
const WAITED: f64 = 0.5;
/// How far over its own 99th percentile a module must lie to be blamed.
const OUT_OF_LINE: f64 = 2.0;
/// Nanoseconds over its own 99th percentile at which a module can be blamed. An interrupt, or a hypervisor
/// that runs another machine for a moment, takes as long as this, counts as time that the thread ran, and strikes
/// whichever module is at work. In blocks of a few samples it is a multiple of the deadline.
const NOISE: f64 = 250_000.0;
/// What part of what is too much the blamed module must account for.
const ACCOUNTS_FOR: f64 = 0.5;

/// A block over the budget, with what came before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Overrun {
    /// The block itself.
    pub block: BlockRecord,
    /// The one before.
    pub before: BlockRecord,
    /// The time it was allowed, in nanoseconds.
    pub budget: u64,
    /// What the blamed module usually stays below, in nanoseconds.
    pub p99: u32,
    blame: u16,
    module: u16,
}

/// Who made a block late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A module of ours took longer than it ever does.
    Module(usize),
    /// Our code ran all the time, and all of it is simply too much.
    Load,
    /// The thread was not running: the system had given the processor to somebody else.
    Descheduled,
    /// The evidence does not say.
    Unknown,
}

impl Overrun {
    /// Judges `block`. `p99` says of each module what 99 of 100 blocks stay below in nanoseconds, or nothing
    /// where there have been too few.
    pub(super) fn judge(
        block: &BlockRecord,
        before: &BlockRecord,
        budget: u64,
        p99: impl Fn(usize) -> Option<u32>,
    ) -> Self {
        let mut overrun = Self {
            block: *block,
            before: *before,
            budget,
            ..Self::default()
        };
        let wall = f64::from(block.wall);
        let (least, most) = (f64::from(block.cpu_least), f64::from(block.cpu_most));
        let excess = wall - budget as f64;
        let verdict = if most < wall * WAITED && wall - most > excess * ACCOUNTS_FOR {
            Verdict::Descheduled
        } else if least < wall * RAN {
            Verdict::Unknown
        } else {
            let surplus = |module: usize| {
                let spent = block.modules[module];
                let p99 = p99(module)?;
                let out_of_line = f64::from(spent) > f64::from(p99) * OUT_OF_LINE;
                out_of_line.then(|| (f64::from(spent - p99), module, p99))
            };
            let worst = (0..block.modules.len())
                .filter_map(surplus)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            match worst {
                Some((surplus, module, p99))
                    if surplus > excess * ACCOUNTS_FOR && surplus > NOISE =>
                {
                    overrun.p99 = p99;
                    Verdict::Module(module)
                }
                Some(_) => Verdict::Unknown,
                // Nothing stands out, so that the block is as dear as blocks are, if that is known.
                None if p99(block.dearest().0).is_some() => Verdict::Load,
                None => Verdict::Unknown,
            }
        };
        (overrun.blame, overrun.module) = match verdict {
            Verdict::Unknown => (0, 0),
            Verdict::Module(module) => (1, module as u16),
            Verdict::Load => (2, 0),
            Verdict::Descheduled => (3, 0),
        };
        overrun
    }

    /// Who made it late.
    pub fn verdict(&self) -> Verdict {
        match self.blame {
            1 => Verdict::Module(usize::from(self.module)),
            2 => Verdict::Load,
            3 => Verdict::Descheduled,
            _ => Verdict::Unknown,
        }
    }

    /// The verdict and its evidence in a sentence; `name` tells the modules'.
    pub fn explain(&self, name: impl Fn(usize) -> &'static str) -> String {
        let ms = |nanos: f64| match nanos {
            ..10_000.0 => format!("{:.2} µs", nanos / 1e3),
            10_000.0..100_000.0 => format!("{:.1} µs", nanos / 1e3),
            _ => format!("{:.2} ms", nanos / 1e6),
        };
        let block = &self.block;
        let wall = f64::from(block.wall);
        let (least, most) = (f64::from(block.cpu_least), f64::from(block.cpu_most));
        match self.verdict() {
            Verdict::Module(module) => format!(
                "Inside: {} took {}, where 99 of 100 blocks stay below {}.",
                name(module),
                ms(f64::from(block.modules[module])),
                ms(f64::from(self.p99)),
            ),
            Verdict::Load => {
                let (module, nanos) = block.dearest();
                format!(
                    "Inside: no module took longer than usual; all modules together are too much for the budget of {}, {} most with {}.",
                    ms(self.budget as f64),
                    name(module),
                    ms(f64::from(nanos)),
                )
            }
            Verdict::Descheduled => format!(
                "Outside: of {} the thread ran at most {}; the system gave the processor to another thread.",
                ms(wall),
                ms(most),
            ),
            Verdict::Unknown => format!(
                "Unknown: of {} the thread ran {} to {}, and no module took long enough to explain it.",
                ms(wall),
                ms(least),
                ms(most),
            ),
        }
    }
}
