//! Envelopes of a group of voices: delay, attack, hold, decay, sustain, release. Each stage is a straight line or an
//! exponential, like the charge of the capacitor in an analogue envelope.
//!
//! A stage of `T` samples from `a` to `b` has, `t` samples after its start, the level
//!
//! ```text
//! a + (b − a) · (1 − r^(t/T)) / (1 − r),   r = 1000^−curve
//! ```
//!
//! A curve of 1 is a capacitor's within 60 dB, 0 is a straight line and −1 the mirror image. The stage starts at the
//! present level and reaches `b` on its last sample, whatever the curve.
//!
//! At each tick the levels of the whole tick are drawn, that is computed in advance: side by side for the lanes that stay
//! in their stage, one by one for those that change it. An event later in the tick draws the rest of its lane again.

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

/// Samples per tick, in the type of stage lengths.
const TICK_SAMPLES: f64 = TICK as f64;

/// Lanes whose envelope ended within a segment, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended<const N: usize> {
    lanes: Mask,
    samples: [u8; N],
}

impl<const N: usize> Ended<N> {
    /// Returns the lanes.
    #[inline(always)]
    pub fn lanes(&self) -> Mask {
        self.lanes
    }

    /// Returns the sample within the segment from which on `lane` is silent, if it is one of the [`lanes`](Self::lanes).
    #[inline(always)]
    pub fn sample(&self, lane: usize) -> usize {
        usize::from(self.samples[lane])
    }
}

/// Envelopes of `N` voices, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<const N: usize> {
    controls: EnvelopeControls<N>,
    sample_rate: f32,
    /// True if the stages have not been compared with the controls yet.
    stale: bool,
    stages: [Stage; N],
    /// Last plan of each lane's stage.
    plans: [Plan; N],
    /// Samples left of each lane's stage; infinite if it waits for an event.
    left: [f64; N],
    /// Levels at the end of what has been drawn.
    levels: [f64; N],
    stage_curves: StageCurve<N>,
    /// Levels of this tick.
    drawing: [F32s<N>; TICK],
    /// True if every lane keeps its level for all of the tick and until the next event.
    waits: bool,
    /// Lanes with an event since they were last drawn.
    undrawn: Mask,
    /// Levels of the last sample that was rendered.
    last: F32s<N>,
    held: Mask,
    fading: Mask,
    done: Mask,
    /// Lanes that end within what has been drawn and not been rendered, and the samples of the tick on which they do.
    ending: Mask,
    ends: [u8; N],
}

impl<const N: usize> Default for Envelope<N> {
    /// All envelopes done.
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

/// Note events. They take effect on the next sample that is rendered.
impl<const N: usize> Envelope<N> {
    /// Reserves the lanes in `mask` for new notes, held from now on and [started](Self::jump_to) at level 0.
    pub fn claim(&mut self, mask: Mask) {
        for lane in lanes(mask) {
            self.last.0[lane] = 0.0;
        }
        self.hold(mask);
    }

    /// Restarts the lanes in `mask` from their present level, which they keep for the delay and from which the attack
    /// starts.
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

    /// Releases the lanes in `mask` that are held. A lane at level 0 ends on the next sample.
    pub fn release(&mut self, mask: Mask) {
        let mask = mask & self.held;
        for lane in lanes(mask) {
            self.enter(lane, Stage::Release);
        }
        self.held &= !mask;
    }

    /// Fades the lanes in `mask` to 0 within 3 ms, in a straight line.
    pub fn fade(&mut self, mask: Mask) {
        let mask = mask & !(self.done | self.fading);
        for lane in lanes(mask) {
            self.enter(lane, Stage::Fade);
        }
        self.held &= !mask;
        self.fading |= mask;
    }

    /// Clears the levels of the last tick, after all lanes have been done for longer than a tick.
    pub fn clear_last_tick(&mut self) {
        self.drawing = [F32s::ZERO; TICK];
        self.waits = true;
    }

    /// Ends the lanes in `mask` at once.
    pub fn stop(&mut self, mask: Mask) {
        for lane in lanes(mask) {
            self.last.0[lane] = 0.0;
            self.enter(lane, Stage::Done);
        }
        self.held &= !mask;
        self.fading &= !mask;
        self.done |= mask;
    }

    /// Moves `lane` to `stage` from the level that was last rendered.
    fn enter(&mut self, lane: usize, stage: Stage) {
        self.levels[lane] = f64::from(self.last.0[lane]);
        self.ending &= !(1 << lane);
        self.undrawn |= 1 << lane;
        self.enter_stage(lane, stage);
    }
}

/// Levels.
impl<const N: usize> Envelope<N> {
    /// Starts the lanes in `mask`, after [`claim`](Self::claim), with `controls`, except for those that have been
    /// released since.
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

    /// Adopts `controls` and draws the tick that begins.
    ///
    /// A stage under way keeps the fraction that is left of it: half way through an attack that becomes twice as long,
    /// the rest takes as much time as the whole attack did before. However short a stage becomes, its rest takes at least
    /// this tick, or it would click. A sustain level that moves is reached at the end of the decay, and from then on at
    /// the end of each tick.
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

    /// Returns true if every lane keeps its level until the next event, so that [`ramp_to`](Self::ramp_to) with the
    /// controls of the last tick changes nothing.
    #[inline(always)]
    pub fn waits(&self) -> bool {
        self.waits & !self.stale & (self.undrawn == 0)
    }

    /// Draws the lanes with an event since the tick was drawn, from sample `phase` of the tick on. Rendering does so too;
    /// this is for callers that read [`at`](Self::at) before.
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

    /// Returns the levels at sample `index` of the tick, as drawn.
    #[inline(always)]
    pub fn at(&self, index: usize) -> F32s<N> {
        self.drawing[index]
    }

    /// Returns the levels on the first sample of the next tick, if no event comes before.
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

    /// Returns the level of a lane on the next sample, on which a stage ends or another one begins.
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

    /// Writes the levels from sample `phase` of the tick on. Returns the lanes that end within them.
    #[inline(always)]
    pub fn render(&mut self, phase: usize, out: &mut [F32s<N>]) -> Ended<N> {
        self.draw(phase);
        out.copy_from_slice(&self.drawing[phase..phase + out.len()]);
        self.pass(phase, out.len())
    }

    /// Advances like [`render`](Self::render), for an envelope whose single samples are not needed.
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

    /// Returns the levels of the last sample that was rendered.
    #[inline(always)]
    pub fn level(&self) -> F32s<N> {
        self.last
    }

    /// Returns the lanes that have started and not been released.
    pub fn held(&self) -> Mask {
        self.held
    }

    /// Returns the lanes that [fade](Self::fade).
    pub fn fading(&self) -> Mask {
        self.fading
    }

    /// Returns the lanes that have ended and stay at 0.
    pub fn done(&self) -> Mask {
        self.done
    }
}

impl<const N: usize> Envelope<N> {
    /// Adapts the stages under way to new controls.
    #[inline(always)]
    fn plan_anew(&mut self) {
        let mut moved = 0;
        let mut bends = [0.0; N];
        for (lane, bend) in bends.iter_mut().enumerate() {
            let left = self.left[lane];
            let (old, plan) = (self.plans[lane], self.plan(lane, self.stages[lane]));
            // A stage that ends within this tick ends as planned: there is no time for another target.
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

    /// Draws the tick for all lanes as if none changed its stage. Returns the lanes that do, which are left as they are.
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
            // A waiting lane moves to its target within the tick: the sustain level may have changed.
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
        // The distance from `base` is the sum of steps that shrink by `ratio`. Four of these sums run side by side, each
        // four samples at a time, because each sum depends on its last value.
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

    /// Draws the rest of the tick for the lanes in `mask`, which stay in their stages: the same as
    /// [`draw_lane`](Self::draw_lane), side by side.
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

    /// Draws the rest of the tick for one lane, through any changes of stage.
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

    /// Moves `lane` past stages of which no samples are left.
    fn skip(&mut self, lane: usize) {
        while self.left[lane] == 0.0 {
            self.enter_stage(lane, self.stages[lane].next());
        }
    }

    /// Moves `lane` to `stage` from its present level.
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

/// Returns the lanes in `mask`, in order.
#[inline(always)]
fn lanes(mask: Mask) -> impl Iterator<Item = usize> {
    ones(u64::from(mask))
}
