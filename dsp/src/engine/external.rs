//! External input: level, balance and routing.

use std::array::from_fn;
use std::f32::consts::FRAC_PI_2;

use super::control_bank::ControlBank;
use crate::parameter::Parameter;
use crate::rt::{Channels, Ramp, Scope};
use crate::synth::ROUTES;

/// Number of routes, past the voices and through them, in the order of their names.
const WAYS: usize = 1 + ROUTES;

/// External input. `[audio]`
#[derive(Debug, Default)]
pub(super) struct External {
    level: Ramp,
    /// Gains of both sides from the balance.
    balance: [Ramp; 2],
    /// Share of each route, so that a change of route crossfades.
    ways: [Ramp; WAYS],
}

impl External {
    /// Parameters that are read at each tick and change no settings.
    pub(super) const READ: [Parameter; 2] = [Parameter::External, Parameter::ExternalPan];
    /// Number of buffers of a tick that the input takes from the arena at once.
    pub(super) const BUFFERS: usize = 2 * WAYS;

    /// Ramps to the parameters at a tick.
    pub(super) fn update(&mut self, bank: &ControlBank) {
        // While the input is silent, its balance and route jump inaudibly.
        let silent = self.level.end() == 0.0;
        self.level = bank.ramp(Parameter::External);
        if silent && !self.is_audible() {
            return;
        }
        // A stereo signal is balanced: in the middle it is unchanged, bit for bit.
        let pan = bank.value(Parameter::ExternalPan).clamp(-1.0, 1.0);
        let sides = [pan, -pan].map(|away| f64::from(away.max(0.0) * FRAC_PI_2).cos() as f32);
        let chosen = bank.value(Parameter::ExternalRoute) as usize;
        let shares: [f32; WAYS] = from_fn(|way| f32::from(u8::from(way == chosen)));
        let balance = self.balance.iter_mut().zip(sides);
        for (ramp, goal) in balance.chain(self.ways.iter_mut().zip(shares)) {
            if silent {
                *ramp = Ramp::constant(goal);
            } else {
                ramp.ramp_to(goal);
            }
        }
    }

    /// Returns true if the input is audible in this tick.
    pub(super) fn is_audible(&self) -> bool {
        !self.level.is_constant_at(0.0)
    }

    /// Returns true for each [`Route`](crate::synth::Route) through the voices that the input takes.
    pub(super) fn through_voices(&self) -> [bool; ROUTES] {
        let [_, filter, bypass] = &self.ways;
        [filter, bypass].map(|way| self.is_audible() && !way.is_constant_at(0.0))
    }

    /// Returns the signal on each route of `input`, which begins `phase` samples into the tick; unused routes are
    /// empty. Returns `None` if the scratch memory is too small.
    pub(super) fn split<'a>(
        &self,
        phase: usize,
        input: &Channels<'_, 2>,
        scratch: &mut Scope<'a>,
    ) -> Option<[Channels<'a, 2>; WAYS]> {
        if !self.is_audible() {
            return Some(from_fn(|_| Channels::new([&mut [], &mut []])));
        }
        let mut along = |way: &Ramp| {
            let used = !way.is_constant_at(0.0);
            let length = if used { input.len() } else { 0 };
            let mut sound = Channels::new(scratch.take_each::<_, 2>(length)?);
            for side in 0..2 {
                let samples = sound.channel_mut(side).iter_mut().zip(input.channel(side));
                for (n, (to, from)) in samples.enumerate() {
                    let place = phase + n;
                    *to =
                        from * self.level.at(place) * self.balance[side].at(place) * way.at(place);
                }
            }
            Some(sound)
        };
        let [output, filter, bypass] = &self.ways;
        Some([along(output)?, along(filter)?, along(bypass)?])
    }
}
