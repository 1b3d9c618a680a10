//! A slow sine and cosine that advance once per tick, by rotation of a point on the unit circle.

/// A point on the unit circle, at angle 0 after a reset.
#[derive(Clone, Copy, Debug)]
pub struct Phasor {
    point: [f64; 2],
    turn: [f64; 2],
    cycles: f64,
}

impl Default for Phasor {
    fn default() -> Self {
        Self {
            point: [1.0, 0.0],
            turn: [1.0, 0.0],
            cycles: 0.0,
        }
    }
}

impl Phasor {
    /// Sets the rotation per step in cycles.
    pub fn set(&mut self, cycles: f64) {
        if cycles != self.cycles {
            self.cycles = cycles;
            let (sin, cos) = (std::f64::consts::TAU * cycles).sin_cos();
            self.turn = [cos, sin];
        }
    }

    /// Returns to angle 0.
    pub fn reset(&mut self) {
        self.point = [1.0, 0.0];
    }

    /// Advances by one step.
    pub fn step(&mut self) {
        let ([x, y], [cos, sin]) = (self.point, self.turn);
        let (x, y) = (x * cos - y * sin, x * sin + y * cos);
        // A Newton step towards length 1 keeps rounding errors from adding up over days.
        let length = 1.5 - 0.5 * (x * x + y * y);
        self.point = [x * length, y * length];
    }

    /// Returns cosine and sine of the angle.
    pub fn point(&self) -> [f64; 2] {
        self.point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_on_the_circle_and_in_time() {
        let mut phasor = Phasor::default();
        phasor.set(0.001);
        for _ in 0..1_000_250 {
            phasor.step();
        }
        let [x, y] = phasor.point();
        assert!(x.abs() < 1e-7 && (y - 1.0).abs() < 1e-12, "{x} {y}");
    }
}
