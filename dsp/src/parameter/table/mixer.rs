//! Mixer: levels, pans and routes of all inputs but the oscillators.

use super::*;

once! { Mixer, "Mixer" {
    /// Hard sync of oscillator B to oscillator A.
    Sync: "sync", "Sync B to A", choice(&SWITCH, 0);
    /// Level of the ring modulator.
    RingLevel: "ring_level", "Ring Level", level(OFF);
    /// Pan of the ring modulator.
    RingPan: "ring_pan", "Ring Pan", pan();
    /// Route of the ring modulator.
    RingRoute: "ring_route", "Ring Route", choice(&ROUTES, 0);
    /// Level of the six operators.
    FmLevel: "fm_level", "FM Level", level(OFF);
    /// Pan of the six operators.
    FmPan: "fm_pan", "FM Pan", pan();
    /// Route of the six operators.
    FmRoute: "fm_route", "FM Route", choice(&ROUTES, 0);
    /// Level of the noise.
    NoiseLevel: "noise_level", "Noise Level", level(OFF);
    /// Pan of the noise.
    NoisePan: "noise_pan", "Noise Pan", pan();
    /// Route of the noise.
    NoiseRoute: "noise_route", "Noise Route", choice(&ROUTES, 0);
    /// Spectrum of the noise.
    NoiseColour: "noise_colour", "Noise Colour", choice(&NOISE_COLOURS, 0);
    /// Rate of the sample-and-hold noise.
    NoiseRate: "noise_rate", "Noise Rate", voice(Hertz, skewed(1.0, 20_000.0), 1000.0);
    /// Level of the External input.
    External: "external", "External", global(Level, linear(OFF, 12.0), OFF);
    /// Balance of the External input.
    ExternalPan: "external_pan", "External Pan", global(Percent, linear(-1.0, 1.0), 0.0);
    /// Route of the External input: to the output, or through every voice.
    ExternalRoute: "external_route", "External Route", choice(&EXTERNAL_ROUTES, 0);
} }
