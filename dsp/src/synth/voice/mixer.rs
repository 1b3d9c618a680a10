//! The mixer of a voice: level, pan and route of each input.

use super::controls::{INPUTS, Input, ROUTES, Route, VoiceControls, VoiceSettings};
use crate::synth::f32s::{F32s, Mask, RampSlope, Ramps, cosine, sine, tick_fraction};

/// The mixer of `N` voices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mixer<const N: usize> {
    /// Gains, left and right, by [`Input`] and [`Route`]. Routes that an input does not take have a gain of 0, so that a
    /// change of route cross-fades.
    gains: [[[Ramps<N>; 2]; ROUTES]; INPUTS],
    /// Routes on which each input is audible in this tick.
    heard: [[bool; ROUTES]; INPUTS],
}

impl<const N: usize> Default for Mixer<N> {
    /// All gains 0.
    fn default() -> Self {
        Self {
            gains: [[[Ramps::constant(F32s::ZERO); 2]; ROUTES]; INPUTS],
            heard: [[false; ROUTES]; INPUTS],
        }
    }
}

impl<const N: usize> Mixer<N> {
    /// Ramps all gains to `controls` across the tick that begins.
    #[inline(always)]
    pub(super) fn ramp_to(&mut self, controls: &VoiceControls<N>, settings: &VoiceSettings) {
        for input in 0..INPUTS {
            // The gains of a silent input that stays silent are constant at 0 already.
            if self.heard[input] == [false; ROUTES] && controls.mixer[input][0].all_equal(0.0) {
                continue;
            }
            let targets = targets(controls, settings, input);
            for (gains, targets) in self.gains[input].iter_mut().zip(targets) {
                gains[0].ramp_to(targets[0]);
                gains[1].ramp_to(targets[1]);
            }
        }
        self.find_audible();
    }

    /// Sets the gains of the voices in `lanes` to `controls` without a ramp.
    #[inline(always)]
    pub(super) fn jump_to(
        &mut self,
        controls: &VoiceControls<N>,
        settings: &VoiceSettings,
        lanes: Mask,
    ) {
        for input in 0..INPUTS {
            let targets = targets(controls, settings, input);
            for (gains, targets) in self.gains[input].iter_mut().zip(targets) {
                gains[0].jump_to(targets[0], lanes);
                gains[1].jump_to(targets[1], lanes);
            }
        }
        self.find_audible();
    }

    /// Ramps the gains of the voices in `lanes` from sample `from` of the tick to `controls` at its end.
    pub(super) fn ramp_from(
        &mut self,
        from: usize,
        controls: &VoiceControls<N>,
        settings: &VoiceSettings,
        lanes: Mask,
    ) {
        for input in 0..INPUTS {
            let targets = targets(controls, settings, input);
            for (gains, targets) in self.gains[input].iter_mut().zip(targets) {
                gains[0].retarget_at(from, targets[0], lanes);
                gains[1].retarget_at(from, targets[1], lanes);
            }
        }
        self.find_audible();
    }

    /// Sets the gains of the voices in `lanes` to 0.
    pub(super) fn silence(&mut self, lanes: Mask) {
        for gains in self.gains.as_flattened_mut().as_flattened_mut() {
            gains.jump_to(F32s::ZERO, lanes);
        }
    }

    /// Determines which inputs are audible on which routes.
    #[inline(always)]
    fn find_audible(&mut self) {
        for (heard, routes) in self.heard.iter_mut().zip(&self.gains) {
            for (heard, [left, right]) in heard.iter_mut().zip(routes) {
                *heard = !(left.is_constant_at(0.0) & right.is_constant_at(0.0));
            }
        }
    }

    /// Returns true if `input` is audible in this tick.
    #[inline(always)]
    pub(super) fn is_audible(&self, input: Input) -> bool {
        let [filtered, bypassed] = self.heard[input as usize];
        filtered | bypassed
    }

    /// Returns true if an input is audible on `route`.
    #[inline(always)]
    pub(super) fn uses(&self, route: Route) -> bool {
        let mut used = false;
        for routes in &self.heard {
            used |= routes[route as usize];
        }
        used
    }

    /// Returns true if left and right differ.
    #[inline(always)]
    pub(super) fn is_stereo(&self) -> bool {
        let mut stereo = false;
        for routes in &self.gains {
            for [left, right] in routes {
                stereo |= !left.equal(right);
            }
        }
        stereo
    }

    /// Adds one side of an input to the buffer of each route on which it is audible, or overwrites the buffer if it has
    /// not been `written` yet.
    #[inline(always)]
    pub(super) fn mix(
        &self,
        input: Input,
        side: usize,
        wave: &[F32s<N>],
        to: [&mut [F32s<N>]; ROUTES],
        written: [bool; ROUTES],
        phase: usize,
    ) {
        let (heard, gains) = (&self.heard[input as usize], &self.gains[input as usize]);
        for (route, to) in to.into_iter().enumerate() {
            match (heard[route], written[route]) {
                (true, true) => add(to, wave, &gains[route][side], phase),
                (true, false) => write(to, wave, &gains[route][side], phase),
                _ => {}
            }
        }
    }

    /// Returns the routes on which an input is audible.
    #[inline(always)]
    pub(super) fn audible_routes(&self, input: Input) -> [bool; ROUTES] {
        self.heard[input as usize]
    }
}

/// Returns the target gains of an input, by [`Route`].
#[inline(always)]
fn targets<const N: usize>(
    controls: &VoiceControls<N>,
    settings: &VoiceSettings,
    input: usize,
) -> [[F32s<N>; 2]; ROUTES] {
    let [gain, pan] = controls.mixer[input];
    let mut routes = [[F32s::ZERO; 2]; ROUTES];
    if !gain.all_equal(0.0) {
        routes[settings.routes[input] as usize] = panned(gain, pan, std::f32::consts::SQRT_2);
    }
    routes
}

/// Returns left and right gain for equal-power panning, `centre` times 0.707 in the middle.
#[inline(always)]
pub(super) fn panned<const N: usize>(gain: F32s<N>, pan: F32s<N>, centre: f32) -> [F32s<N>; 2] {
    // The angle is an eighth of a cycle either way; in the middle both sides have the same bits.
    let angle = pan.clamp(-1.0, 1.0) * 0.125 + 0.125;
    let gain = gain * centre;
    let middle = |side: F32s<N>| {
        side.zip(pan, |side, pan| {
            if pan == 0.0 {
                std::f32::consts::FRAC_1_SQRT_2
            } else {
                side
            }
        })
    };
    [gain * middle(cosine(angle)), gain * middle(sine(angle))]
}

/// Adds `from` to `to` with the gain of `ramps`, starting at sample `phase` of the tick.
#[inline(always)]
pub(super) fn add<const N: usize>(
    to: &mut [F32s<N>],
    from: &[F32s<N>],
    ramps: &Ramps<N>,
    phase: usize,
) {
    scale(to, from, ramps, phase, |to, sound| *to += sound);
}

/// Overwrites `to` with `from` at the gain of `ramps`; equivalent to [`add`] on silence.
#[inline(always)]
fn write<const N: usize>(to: &mut [F32s<N>], from: &[F32s<N>], ramps: &Ramps<N>, phase: usize) {
    scale(to, from, ramps, phase, |to, sound| *to = sound);
}

/// Applies the gain of `ramps` to `from` and passes each result with its sample of `to` to `put`. A constant gain is
/// computed once instead of for each sample; the output is bit-identical.
#[inline(always)]
fn scale<const N: usize>(
    to: &mut [F32s<N>],
    from: &[F32s<N>],
    ramps: &Ramps<N>,
    phase: usize,
    put: impl Fn(&mut F32s<N>, F32s<N>),
) {
    let gain = RampSlope::new(ramps);
    if ramps.is_constant() {
        let gain = gain.at(0.0);
        for (to, from) in to.iter_mut().zip(from) {
            put(to, *from * gain);
        }
    } else {
        for (n, (to, from)) in to.iter_mut().zip(from).enumerate() {
            put(to, *from * gain.at(tick_fraction(phase + n)));
        }
    }
}
