//! Reason for an overrun: a verdict with its evidence, or none.

use bytemuck::{Pod, Zeroable};

use super::record::BlockRecord;

/// Parts of the wall time: the cause is inside if the thread ran for at least `RAN` of it, and outside if it ran for
/// less than `WAITED` of it. Between the two the verdict is unknown.
const RAN: f64 = 0.8;
const WAITED: f64 = 0.5;
/// Ratio to its own 99th percentile above which a module can be blamed.
const OUT_OF_LINE: f64 = 2.0;
/// Time over its own 99th percentile, in nanoseconds, above which a module can be blamed. An interrupt, or a hypervisor
/// that briefly runs another machine, takes up to this long, counts as time that the thread ran, and may occur in any
/// module. In blocks of a few samples it is a multiple of the deadline.
const NOISE: f64 = 250_000.0;
/// Part of the excess over the budget that the cause must account for.
const ACCOUNTS_FOR: f64 = 0.5;

/// A block over the budget, with the block before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Overrun {
    /// Block over the budget.
    pub block: BlockRecord,
    /// Block before it.
    pub before: BlockRecord,
    /// Budget in nanoseconds.
    pub budget: u64,
    /// 99th percentile of the blamed module, in nanoseconds.
    pub p99: u32,
    blame: u16,
    module: u16,
}

/// Reason that an overrun is put down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A module of the engine took far longer than usual.
    Module(usize),
    /// The engine ran all the time, and its modules together take too long.
    Load,
    /// The thread was not running: the system had given the processor to another thread.
    Descheduled,
    /// The evidence is inconclusive.
    Unknown,
}

impl Overrun {
    /// Judges `block`. `p99` returns the 99th percentile of a module in nanoseconds, or `None` if there have been too few
    /// blocks.
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
                // No module stands out, so the block is as expensive as usual, provided that the usual cost is known.
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

    /// Returns the verdict.
    pub fn verdict(&self) -> Verdict {
        match self.blame {
            1 => Verdict::Module(usize::from(self.module)),
            2 => Verdict::Load,
            3 => Verdict::Descheduled,
            _ => Verdict::Unknown,
        }
    }

    /// Returns the verdict and its evidence as a sentence; `name` returns the name of a module.
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
