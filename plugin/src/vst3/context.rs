//! The host's time and tempo, limited to numbers that the wrapper can compute with.

use vst3::Steinberg::Vst::ProcessContext;
use vst3::Steinberg::Vst::ProcessContext_::StatesAndFlags_::{
    kBarPositionValid, kCycleValid, kProjectTimeMusicValid, kTempoValid, kTimeSigValid,
};

/// Limit of positions, because the wrapper converts them to 64-bit fixed point with 31 fractional bits.
const FARTHEST: f64 = 1e9;
/// Valid tempi, in quarter notes per minute.
const TEMPI: std::ops::RangeInclusive<f64> = 1.0..=9_999.0;

/// Returns `context` at `start` samples into its block, at `rate`; values that are NaN or out of range are marked as
/// unknown. `[audio]`
pub(super) fn checked(context: &ProcessContext, start: i32, rate: f64) -> ProcessContext {
    let mut checked = *context;
    let seconds = f64::from(start) / rate;
    // The wrapper uses the host's sample rate for the position alone.
    checked.sampleRate = rate;
    let farthest = (FARTHEST * rate).min(i64::MAX as f64 / 2.0) as i64;
    checked.projectTimeSamples =
        (checked.projectTimeSamples.clamp(-farthest, farthest)).saturating_add(start.into());
    let mut forget_unless = |valid: bool, flag: u32| {
        if !valid {
            checked.state &= !flag;
        }
    };
    let near = |position: f64| position.abs() <= FARTHEST;
    forget_unless(TEMPI.contains(&context.tempo), kTempoValid as u32);
    forget_unless(
        near(context.projectTimeMusic),
        kProjectTimeMusicValid as u32,
    );
    forget_unless(near(context.barPositionMusic), kBarPositionValid as u32);
    let cycle = near(context.cycleStartMusic) && near(context.cycleEndMusic);
    forget_unless(cycle, kCycleValid as u32);
    let signature = (1..=256).contains(&context.timeSigNumerator)
        && (1..=256).contains(&context.timeSigDenominator);
    forget_unless(signature, kTimeSigValid as u32);
    if checked.state & kTempoValid as u32 != 0 && near(context.projectTimeMusic) {
        checked.projectTimeMusic += seconds * context.tempo / 60.0;
    }
    checked
}
