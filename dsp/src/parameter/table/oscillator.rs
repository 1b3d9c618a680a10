//! Virtual-analogue oscillators.

use super::*;

repeated! {
    /// Parameter of an oscillator.
    OscillatorParameter, oscillator of [
        ("osc_a_", "Osc A ", "Oscillator A"),
        ("osc_b_", "Osc B ", "Oscillator B"),
    ] {
        /// Waveform: 0 sine, 1 triangle, 2 saw, 3 pulse, with blends in between.
        Shape: "shape", "Shape", voice(Shape, linear(0.0, 3.0), 2.0);
        /// Pulse width.
        Width: "width", "Width", voice(Percent, linear(0.02, 0.98), 0.5);
        /// Transposition in semitones.
        Pitch: "pitch", "Pitch", voice(Semitones, linear(-48.0, 48.0), 0.0);
        /// Fine tuning in cents.
        Fine: "fine", "Fine", voice(Cents, linear(-100.0, 100.0), 0.0);
        /// Unison voices.
        Unison: "unison", "Unison", global(Count, whole(1, 8), 1.0).step();
        /// Unison detune, from the lowest to the highest voice.
        Detune: "detune", "Detune", voice(Cents, linear(0.0, 200.0), 20.0);
        /// Stereo spread of the unison voices.
        Spread: "spread", "Spread", voice(Percent, linear(0.0, 1.0), 0.5);
        /// Level in the mixer.
        Level: "level", "Level", level(if oscillator == 0 { -2.0 } else { OFF });
        /// Pan in the mixer.
        Pan: "pan", "Pan", pan();
        /// Route: through the filter, or past it.
        Route: "route", "Route", choice(&ROUTES, 0);
    }
}

impl Parameter {
    /// Number of virtual-analogue oscillators.
    pub const OSCILLATORS: usize = REPETITIONS;

    /// Returns a parameter of an oscillator, counted from 0.
    pub const fn oscillator(number: usize, parameter: OscillatorParameter) -> Self {
        Block::Oscillators.row(number, OscillatorParameter::COUNT, parameter as usize)
    }
}
