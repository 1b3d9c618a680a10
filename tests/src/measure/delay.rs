//! Timing error of the delay's echoes.

use super::impulse;
use super::instrument::Setup;

/// Returns the distance in samples between the first echo of an impulse and its nominal time, an eighth at 120 beats a
/// minute: a quarter of a second.
///
/// # Panics
/// When there is no echo.
pub fn error(setup: Setup) -> f64 {
    let texts = [
        ("chorus_mix", "0 %"),
        ("delay_time", "1/8"),
        ("delay_tone", "20 kHz"),
    ];
    let wet = impulse::response(setup, "send_delay", &texts, 0.4);
    let peak = wet.peak();
    assert!(peak > 0.0, "there is no echo");
    let loudest = (0..wet.frames()).find(|&n| wet.left[n].abs().max(wet.right[n].abs()) == peak);
    loudest
        .map_or(f64::NAN, |n| n as f64 - 0.25 * setup.hertz())
        .abs()
}
