//! Envelopes of a group of voices: delay, attack, hold, decay, sustain, release, each stage a straight line or an
//! exponential, as an analogue one charges and discharges a capacitor.
//!
//! A stage of `T` samples that goes from `a` to `b` has, `t` samples on, the level
//!
//! ```text
//! a + (b − a) · (1 − r^(t/T)) / (1 − r),   r = 1000^−curve
//! ```
//!
//! so that a curve of 1 covers what a capacitor does within 60 dB, 0 is a straight line and −1 the mirror image: it
//! starts at the level that it finds, and is at `b` on its last sample, whatever the curve.
//!
//! At each tick every lane draws its level for all of the tick: the lanes that stay in their stage side by side, those
//! that turn a corner one by one. What happens to a note later in the tick draws the rest of its lane anew.

mod controls;
mod stage;
mod stage_curve;
#[cfg(test)]
mod tests;

pub use self::controls::EnvelopeControls;
use self::stage::{Plan, Stage};
use self::stage_curve::{StageCurve, stage_curves};
use super::f32s::{F32s, Mask};
use crate::rt::{TICK, ones};

/// Samples of a tick, as stages count them.
const TICK_SAMPLES: f64 = TICK as f64;

/// Which lanes came to their end within a stretch, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended<const N: usize> {
    lanes: Mask,
    samples: [u8; N],
}

impl<const N: usize> Ended<N> {
    /// The lanes.
    #[inline(always)]
    pub fn lanes(&self) -> Mask {
        self.lanes
    }

    /// The sample within the stretch from which on `lane` is silent, if it is one of the [`lanes`](Self::lanes).
    #[inline(always)]
    pub fn sample(&self, lane: usize) -> usize {
        usize::from(self.samples[lane])
    }
}

/// `N` envelopes, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<const N: usize> {
    controls: EnvelopeControls<N>,
    sample_rate: f32,
    /// Whether the stages have yet to be compared with the controls.
    stale: bool,
    stages: [Stage; N],
    /// Of each lane's stage, as it was last planned.
    plans: [Plan; N],
    /// Samples that are left of each lane's stage; infinite if it waits for something to happen.
    left: [f64; N],
    /// Levels at the end of what is drawn.
    levels: [f64; N],
    stage_curves: StageCurve<N>,
    /// The levels of this tick.
    drawing: [F32s<N>; TICK],
    /// True if every lane waits at its level, for all of the tick and until something happens.
    waits: bool,
    /// Lanes to which something happened that is not drawn yet.
    undrawn: Mask,
    /// The level of the last sample that was heard.
    last: F32s<N>,
    held: Mask,
    fading: Mask,
    done: Mask,
    /// Lanes that end in what is drawn and not heard yet, and the samples of the tick on which they do.
    ending: Mask,
    ends: [u8; N],
}

impl<const N: usize> Default for Envelope<N> {
    /// All done.
    fn default() -> Self {
        Self {
            controls: EnvelopeControls::default(),
            sample_rate: 48_000.0,
            stale: false,
            stages: [Stage::Done; N],
            plans: [Plan::AT_REST; N],
            left: [f64::INFINITY; N],
            levels: [0.0; N],
            stage_curves: StageCurve::default(),
            drawing: [F32s::ZERO; TICK],
            waits: true,
            undrawn: 0,
            last: F32s::ZERO,
            held: 0,
            fading: 0,
            done: super::f32s::all::<N>(),
            ending: 0,
            ends: [0; N],
        }
    }
}

/// What happens to notes. Takes effect on the next sample that is rendered.
impl<const N: usize> Envelope<N> {
    /// The lanes in `mask` are held from now on, and [begin](Self::jump_to) from nothing.
    pub fn claim(&mut self, mask: Mask) {
        for lane in lanes(mask) {
            self.last.0[lane] = 0.0;
        }
        self.hold(mask);
    }

    /// The lanes in `mask` begin again from the level that they have, on which they wait for the delay to pass and which
    /// the attack sets out from.
    pub fn restart(&mut self, mask: Mask) {
        for lane in lanes(mask) {
            self.enter(lane, Stage::Start);
        }
        self.hold(mask);
    }

    fn hold(&mut self, mask: Mask) {
        self.held |= mask;
        self.fading &= !mask;
        self.done &= !mask;
    }

    /// The lanes in `mask` that are held let go. One without a level, which would fall from nothing to nothing, ends on
    /// the next sample.
    pub fn release(&mut self, mask: Mask) {
        let mask = mask & self.held;
        for lane in lanes(mask) {
            self.enter(lane, Stage::Release);
        }
        self.held &= !mask;
    }

    /// The lanes in `mask` fall to nothing within 3 ms, in a straight line.
    pub fn fade(&mut self, mask: Mask) {
        let mask = mask & !(self.done | self.fading);
        for lane in lanes(mask) {
            self.enter(lane, Stage::Fade);
        }
        self.held &= !mask;
        self.fading |= mask;
    }

    /// All lanes are over, and have been for longer than a tick: what was last drawn is not to be heard again.
    pub fn clear_last_tick(&mut self) {
        self.drawing = [F32s::ZERO; TICK];
        self.waits = true;
    }

    /// The lanes in `mask` are over at once.
    pub fn stop(&mut self, mask: Mask) {
        for lane in lanes(mask) {
            self.last.0[lane] = 0.0;
            self.enter(lane, Stage::Done);
        }
        self.held &= !mask;
        self.fading &= !mask;
        self.done |= mask;
    }

    /// `lane` goes into `stage` from the level that was last heard.
    fn enter(&mut self, lane: usize, stage: Stage) {
        self.levels[lane] = f64::from(self.last.0[lane]);
        self.ending &= !(1 << lane);
        self.undrawn |= 1 << lane;
        self.enter_stage(lane, stage);
    }
}

/// What is heard of them.
impl<const N: usize> Envelope<N> {
    /// The lanes in `mask`, which have been [claimed](Self::claim), begin by `controls`, but for those that have been let
    /// go since.
    #[inline(always)]
    pub fn jump_to(&mut self, controls: &EnvelopeControls<N>, sample_rate: f32, mask: Mask) {
        self.controls = self.controls.blend(controls, mask);
        self.stale = true;
        self.sample_rate = sample_rate;
        for lane in lanes(mask & self.held) {
            self.enter(lane, Stage::Start);
            self.skip(lane);
        }
    }

    /// At a tick: goes by `controls` from here on, and draws the tick.
    ///
    /// A stage that is under way keeps the share that is left of it: half way through an attack that becomes twice as
    /// long, it takes as much time again as the whole one took before. However short a stage becomes, what is left of it
    /// takes this tick, or it would click. A sustain level that moves is reached at the end of the decay, and from
    /// then on at the end of each tick.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &EnvelopeControls<N>, sample_rate: f32) {
        if self.stale | (sample_rate != self.sample_rate) | self.controls.differ(controls) {
            self.controls = *controls;
            self.sample_rate = sample_rate;
            self.stale = false;
            self.plan_anew();
        }
        self.undrawn = 0;
        let corners = self.draw_side_by_side();
        for lane in lanes(corners) {
            self.draw_lane(lane, 0);
        }
    }

    /// Returns true if every lane waits at its level until something happens: [`ramp_to`](Self::ramp_to) by the controls of the last
    /// tick changes nothing.
    #[inline(always)]
    pub fn waits(&self) -> bool {
        self.waits & !self.stale & (self.undrawn == 0)
    }

    /// Draws anew what has changed since the tick was drawn, from sample `phase` of the tick on. Rendering does so
    /// too: this is for who wants to know [`at`](Self::at) before.
    #[inline(always)]
    pub fn draw(&mut self, phase: usize) {
        let undrawn = std::mem::take(&mut self.undrawn);
        if undrawn == 0 {
            return;
        }
        let rest = (TICK - phase) as f64;
        let mut straight = 0;
        for lane in 0..N {
            straight |= Mask::from(self.left[lane] > rest) << lane;
        }
        straight &= undrawn;
        self.waits = false;
        if straight != 0 {
            self.draw_straight(straight, phase);
        }
        for lane in lanes(undrawn & !straight) {
            self.draw_lane(lane, phase);
        }
    }

    /// The levels on sample `index` of the tick, as drawn.
    #[inline(always)]
    pub fn at(&self, index: usize) -> F32s<N> {
        self.drawing[index]
    }

    /// The levels on the first sample of the next tick, if nothing happens before.
    #[inline(always)]
    pub fn ahead(&self) -> F32s<N> {
        let mut levels = F32s::ZERO;
        let mut corners = 0;
        for lane in 0..N {
            let (level, left) = (self.levels[lane], self.left[lane]);
            let way = (self.stage_curves.asymptote[lane] - level) * self.stage_curves.pull[lane];
            let moves = left != f64::INFINITY;
            levels.0[lane] = (level + if moves { way } else { 0.0 }) as f32;
            corners |= Mask::from(left <= 1.0) << lane;
        }
        for lane in lanes(corners) {
            levels.0[lane] = self.round_the_corner(lane) as f32;
        }
        levels
    }

    /// The level of a lane on the next sample, on which a stage ends or another one begins.
    #[cold]
    fn round_the_corner(&self, lane: usize) -> f64 {
        let (mut stage, mut plan, mut left) =
            (self.stages[lane], self.plans[lane], self.left[lane]);
        let level = self.levels[lane];
        if left > 0.0 {
            return plan.target;
        }
        while left == 0.0 {
            stage = stage.next();
            plan = self.plan(lane, stage);
            left = plan.samples;
        }
        let course = stage_curves([level], [plan.target], [left], [plan.bend]);
        match left {
            left if left <= 1.0 => plan.target,
            f64::INFINITY => level,
            _ => level + (course.asymptote[0] - level) * course.pull[0],
        }
    }

    /// The levels from sample `phase` of the tick on. Answers which lanes end within them.
    #[inline(always)]
    pub fn render(&mut self, phase: usize, out: &mut [F32s<N>]) -> Ended<N> {
        self.draw(phase);
        out.copy_from_slice(&self.drawing[phase..phase + out.len()]);
        self.pass(phase, out.len())
    }

    /// As [`render`](Self::render), for an envelope whose single samples nobody needs.
    #[inline(always)]
    pub fn pass(&mut self, phase: usize, samples: usize) -> Ended<N> {
        debug_assert!(samples > 0 && phase + samples <= TICK);
        self.draw(phase);
        let end = phase + samples;
        self.last = self.drawing[end - 1];
        let mut ended = Ended {
            lanes: 0,
            samples: [0; N],
        };
        for lane in lanes(self.ending) {
            let at = usize::from(self.ends[lane]);
            if at < end {
                ended.lanes |= 1 << lane;
                ended.samples[lane] = at.saturating_sub(phase) as u8;
            }
        }
        self.ending &= !ended.lanes;
        self.fading &= !ended.lanes;
        self.done |= ended.lanes;
        ended
    }

    /// The levels of the last sample that was rendered.
    #[inline(always)]
    pub fn level(&self) -> F32s<N> {
        self.last
    }

    /// The lanes that have begun and not been let go.
    pub fn held(&self) -> Mask {
        self.held
    }

    /// The lanes that [fade](Self::fade).
    pub fn fading(&self) -> Mask {
        self.fading
    }

    /// The lanes that are over, and stay at 0.
    pub fn done(&self) -> Mask {
        self.done
    }
}

impl<const N: usize> Envelope<N> {
    /// The stages under way go on by new controls.
    #[inline(always)]
    fn plan_anew(&mut self) {
        let mut moved = 0;
        let mut bends = [0.0; N];
        for (lane, bend) in bends.iter_mut().enumerate() {
            let left = self.left[lane];
            let (old, plan) = (self.plans[lane], self.plan(lane, self.stages[lane]));
            // What ends within this tick ends as it is: there is no time to go elsewhere.
            if plan == old || left <= TICK_SAMPLES {
                continue;
            }
            self.plans[lane] = plan;
            if left.is_finite() {
                let share = left / old.samples;
                self.left[lane] = (share * plan.samples).max(TICK_SAMPLES);
                *bend = share * plan.bend;
                moved |= 1 << lane;
            }
        }
        if moved != 0 {
            let targets = self.plans.map(|plan| plan.target);
            let anew = stage_curves(self.levels, targets, self.left, bends);
            self.stage_curves = self.stage_curves.blend(&anew, moved);
        }
    }

    /// Draws the tick for all lanes as if none turned a corner. Answers which do, and leaves these where they are.
    #[inline(always)]
    fn draw_side_by_side(&mut self) -> Mask {
        let StageCurve {
            asymptote,
            pull,
            pull_of_tick,
        } = self.stage_curves;
        let (mut corners, mut all_wait) = (0, true);
        let (mut base, mut step, mut ratio) = (F32s::ZERO, F32s::ZERO, F32s::ZERO);
        for lane in 0..N {
            let (level, left, target) =
                (self.levels[lane], self.left[lane], self.plans[lane].target);
            // Who waits goes to where he should be within the tick: the sustain level may have moved.
            let waits = left == f64::INFINITY;
            let way = asymptote[lane] - level;
            let first = if waits {
                (target - level) / TICK_SAMPLES
            } else {
                way * pull[lane]
            };
            let end = if waits {
                target
            } else {
                level + way * pull_of_tick[lane]
            };
            let corner = left <= TICK_SAMPLES;
            base.0[lane] = level as f32;
            step.0[lane] = first as f32;
            ratio.0[lane] = (1.0 - pull[lane]) as f32;
            self.levels[lane] = if corner { level } else { end };
            self.left[lane] = if corner { left } else { left - TICK_SAMPLES };
            corners |= Mask::from(corner) << lane;
            all_wait &= waits;
        }
        self.waits = all_wait & step.all_equal(0.0);
        if self.waits {
            self.drawing = [base; TICK];
            return 0;
        }
        // The way from `base` is the sum of steps that shrink by `ratio`. Four of these sums run side by side, each four
        // samples at a time, because one alone would wait for its own result.
        let mut ways = [step; 4];
        for n in 1..4 {
            ways[n] = ways[n - 1] * ratio + step;
        }
        let four_steps = ways[3];
        let squared = ratio * ratio;
        let four_ratios = squared * squared;
        for row in self.drawing.as_chunks_mut::<4>().0 {
            for (out, way) in row.iter_mut().zip(&mut ways) {
                *out = base + *way;
                *way = *way * four_ratios + four_steps;
            }
        }
        corners
    }

    /// Draws the rest of the tick for the lanes in `mask`, which stay in their stages: as [`draw_lane`](Self::draw_lane)
    /// does, side by side.
    #[inline(always)]
    fn draw_straight(&mut self, mask: Mask, from: usize) {
        let StageCurve {
            asymptote, pull, ..
        } = self.stage_curves;
        let mut levels = self.levels;
        for sample in &mut self.drawing[from..] {
            let mut drawn = F32s::ZERO;
            for lane in 0..N {
                levels[lane] += (asymptote[lane] - levels[lane]) * pull[lane];
                drawn.0[lane] = levels[lane] as f32;
            }
            *sample = sample.blend(drawn, mask);
        }
        for lane in lanes(mask) {
            self.levels[lane] = levels[lane];
            self.left[lane] -= (TICK - from) as f64;
        }
    }

    /// Draws the rest of the tick for one lane, round all corners.
    #[cold]
    #[inline(never)]
    fn draw_lane(&mut self, lane: usize, from: usize) {
        let mut at = from;
        while at < TICK {
            self.skip(lane);
            let end = TICK.min(at + self.left[lane].min(TICK_SAMPLES).ceil() as usize);
            let (asymptote, pull) = (
                self.stage_curves.asymptote[lane],
                self.stage_curves.pull[lane],
            );
            for sample in &mut self.drawing[at..end] {
                self.levels[lane] += (asymptote - self.levels[lane]) * pull;
                sample.0[lane] = self.levels[lane] as f32;
            }
            self.left[lane] = (self.left[lane] - (end - at) as f64).max(0.0);
            at = end;
            if self.left[lane] == 0.0 {
                self.levels[lane] = self.plans[lane].target;
                self.drawing[at - 1].0[lane] = self.levels[lane] as f32;
                if self.stages[lane].next() == Stage::Done {
                    self.ending |= 1 << lane;
                    self.ends[lane] = (at - 1) as u8;
                }
            }
        }
    }

    /// `lane` goes through the stages of which nothing is left.
    fn skip(&mut self, lane: usize) {
        while self.left[lane] == 0.0 {
            self.enter_stage(lane, self.stages[lane].next());
        }
    }

    /// `lane` goes into `stage` from the level that it has.
    fn enter_stage(&mut self, lane: usize, stage: Stage) {
        let plan = self.plan(lane, stage);
        let silent = stage == Stage::Release && self.levels[lane] == 0.0;
        self.stages[lane] = stage;
        self.plans[lane] = plan;
        self.left[lane] = if silent { 1.0 } else { plan.samples };
        if self.left[lane] == 0.0 {
            return;
        }
        let course = stage_curves(
            [self.levels[lane]],
            [plan.target],
            [self.left[lane]],
            [plan.bend],
        );
        self.stage_curves.set(lane, &course);
    }

    fn plan(&self, lane: usize, stage: Stage) -> Plan {
        stage.plan(&self.controls, lane, self.sample_rate, self.levels[lane])
    }
}

/// The lanes in `mask`, the first one first.
#[inline(always)]
fn lanes(mask: Mask) -> impl Iterator<Item = usize> {
    ones(u64::from(mask))
}
