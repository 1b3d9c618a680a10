//! Reference model of six operators, sample by sample, in double precision; envelopes open.

use super::super::*;

pub(super) struct Reference {
    /// Cycles per sample at [`RATE`](super::RATE).
    frequency: [f64; OPERATORS],
    amplitude: [f64; OPERATORS],
    /// Modulation depths in cycles, by modulated operator, then by modulator; with and without delay.
    paths: [[f64; OPERATORS]; OPERATORS],
    gains: [f64; OPERATORS],
    wave: [FmWave; OPERATORS],
}

impl Reference {
    pub fn new(controls: &FmControls<1>, settings: &FmSettings) -> Self {
        let value = |lanes: F32s<1>| f64::from(lanes.0[0]);
        let mut gains = [0.0; OPERATORS];
        let mut paths = [[0.0; OPERATORS]; OPERATORS];
        for to in 0..OPERATORS {
            let feedback = value(controls.operators[to].feedback).powi(2);
            match settings.algorithm.topology() {
                Some(topology) => {
                    for (from, path) in paths[to].iter_mut().enumerate() {
                        *path = f64::from(topology.sources[to] >> from & 1) * 2.0;
                    }
                    let (from, end) = topology.feedback;
                    paths[to][if to == end { from } else { to }] += feedback;
                    gains[to] = f64::from(topology.carriers >> to & 1)
                        / f64::from(topology.carriers.count_ones()).sqrt();
                }
                None => {
                    for (from, path) in paths[to].iter_mut().enumerate() {
                        *path = value(controls.matrix[to][from]) * 2.0;
                    }
                    paths[to][to] += feedback;
                    gains[to] = value(controls.operators[to].output);
                }
            }
        }
        if settings.algorithm == Algorithm::Free {
            let power: f64 = gains.iter().map(|gain| gain * gain).sum();
            gains = gains.map(|gain| gain / power.max(1.0).sqrt());
        }
        let levels = controls.operators.map(|operator| value(operator.level));
        Self {
            frequency: controls
                .operators
                .map(|operator| value(operator.ratio) / 128.0),
            amplitude: levels.map(|level| {
                if level > 0.0 {
                    (12.5 * level - 12.5).exp2()
                } else {
                    0.0
                }
            }),
            paths,
            gains,
            wave: settings.operators.map(|operator| operator.wave),
        }
    }

    pub fn run(&self, samples: usize) -> Vec<f64> {
        let mut last = [[0.0; 2]; OPERATORS];
        let sample = |n: usize| {
            let mut now = [0.0; OPERATORS];
            for to in (0..OPERATORS).rev() {
                let turned: f64 = (0..OPERATORS)
                    .map(|from| {
                        let heard = if from > to {
                            now[from]
                        } else {
                            (last[from][0] + last[from][1]) / 2.0
                        };
                        self.paths[to][from] * heard
                    })
                    .sum();
                let angle = self.frequency[to] * n as f64 + turned;
                now[to] = self.amplitude[to] * wave(self.wave[to], angle);
            }
            for (last, now) in last.iter_mut().zip(now) {
                *last = [now, last[0]];
            }
            now.iter()
                .zip(&self.gains)
                .map(|(now, gain)| now * gain)
                .sum()
        };
        (0..samples).map(sample).collect()
    }
}

/// Returns a wave at an angle in cycles.
pub(super) fn wave(wave: FmWave, angle: f64) -> f64 {
    let x = angle.rem_euclid(1.0);
    let sine = (std::f64::consts::TAU * x).sin();
    let twice = (2.0 * std::f64::consts::TAU * x).sin();
    let first_half = x < 0.5;
    match wave {
        FmWave::Sine => sine,
        FmWave::Half => sine.max(0.0),
        FmWave::Absolute => sine.abs(),
        FmWave::Squared => sine * sine.abs(),
        FmWave::Even if first_half => twice,
        FmWave::Camel if first_half => twice.abs(),
        FmWave::Even | FmWave::Camel => 0.0,
    }
}
