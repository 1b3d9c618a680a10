//! Filter modes of the ladder: mixtures of the stage outputs, as in the Oberheim Xpander. V. Välimäki, A. Huovilainen,
//! "Oscillator and filter algorithms for virtual analog synthesis", Computer Music Journal 30 (2006).

use crate::synth::f32s::F32s;

/// The tangent at which lifts reach their maximum, and its square. Higher lifts do not improve the slopes, but are loud
/// when the cutoff is modulated.
const FULL: (f32, f32) = (0.39, 0.15);

/// Filter mode of a ladder. With D = 1 + s and the feedback k, each transfer function is the given polynomial over
/// D⁴ + k; the cutoff is at s = j.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LadderMode {
    /// Low-pass, 24 dB per octave: 1.
    #[default]
    Low24,
    /// Low-pass, 18 dB per octave: D.
    Low18,
    /// Low-pass, 12 dB per octave: D².
    Low12,
    /// Low-pass, 6 dB per octave: D³.
    Low6,
    /// Band-pass, 12 dB per octave on either side: 4s².
    Band,
    /// High-pass, 24 dB per octave: s⁴.
    High,
    /// Notch: (s² + 1)(D² + k/2). Half of the level that resonance takes below the notch is restored.
    Notch,
}

/// Growth of the lift with the tangent t of half the cutoff's angle.
#[derive(Clone, Copy)]
enum Growth {
    /// Proportional to t.
    Tangent,
    /// Proportional to t².
    Square,
    /// Proportional to t² at low cutoffs, falling off from 5 kHz on.
    Fading,
}

/// Output gains of the first stage's input, which stands for D⁴, and of each of the four stages.
struct Mixture {
    plain: [f32; 5],
    /// Addition per unit of lift, and the growth of the lift.
    lift: [f32; 5],
    growth: Growth,
    /// Addition per unit of feedback.
    feedback: [f32; 5],
    /// Part of the feedback that is compensated by gain in front of the filter.
    make_up: f32,
}

impl Mixture {
    /// Builds a mixture from its plain part and its lift, as the factors of 1, s, s², s³ and s⁴.
    fn new(plain: [f32; 5], lift: [f32; 5], growth: Growth) -> Self {
        Self {
            plain: of_stages(plain),
            lift: of_stages(lift),
            growth,
            feedback: [0.0; 5],
            make_up: 0.0,
        }
    }

    /// Builds a low-pass with make-up gain: half the level that resonance takes is restored.
    fn low(plain: [f32; 5], lift: [f32; 5], growth: Growth) -> Self {
        Self {
            make_up: 0.5,
            ..Self::new(plain, lift, growth)
        }
    }
}

/// Converts factors of powers of s to gains of the first stage's input and of each stage, which are the powers of
/// D = 1 + s from the fourth down.
fn of_stages(powers: [f32; 5]) -> [f32; 5] {
    let [a, b, c, d, e] = powers;
    [
        e,
        d - 4.0 * e,
        c - 3.0 * d + 6.0 * e,
        b - 2.0 * c + 3.0 * d - 4.0 * e,
        a - b + c - d + e,
    ]
}

impl LadderMode {
    /// All modes, in order.
    pub const ALL: [Self; 7] = [
        Self::Low24,
        Self::Low18,
        Self::Low12,
        Self::Low6,
        Self::Band,
        Self::High,
        Self::Notch,
    ];

    /// Returns the name that users see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low24 => "Low 24",
            Self::Low18 => "Low 18",
            Self::Low12 => "Low 12",
            Self::Low6 => "Low 6",
            Self::Band => "Band",
            Self::High => "High",
            Self::Notch => "Notch",
        }
    }

    /// Returns the gains of this mode. The bilinear transform maps infinity to half the sample rate, so slopes come out
    /// too steep. The lifts are fitted to the analogue slopes: −c·s² times the plain part for the steeper low-passes, c·s
    /// times it for the gentlest, and for the notch a lift that leaves the null in place.
    fn mixture(self) -> Mixture {
        use Growth::{Fading, Square, Tangent};
        match self {
            Self::Low24 => Mixture::low(
                [1.0, 0.0, 0.0, 0.0, 0.0],
                [0.0, 0.0, -1.45, 0.0, 0.0],
                Fading,
            ),
            Self::Low18 => Mixture::low(
                [1.0, 1.0, 0.0, 0.0, 0.0],
                [0.0, 0.0, -1.0, -1.0, 0.0],
                Fading,
            ),
            Self::Low12 => Mixture::low(
                [1.0, 2.0, 1.0, 0.0, 0.0],
                [0.0, 0.0, -0.65, -1.3, -0.65],
                Fading,
            ),
            Self::Low6 => Mixture::low(
                [1.0, 3.0, 3.0, 1.0, 0.0],
                [0.0, 0.85, 2.55, 2.55, 0.85],
                Tangent,
            ),
            Self::Band => Mixture::new(
                [0.0, 0.0, 4.0, 0.0, 0.0],
                [0.0, 0.0, -0.18, 0.08, -2.09],
                Square,
            ),
            Self::High => Mixture::new(
                [0.0, 0.0, 0.0, 0.0, 1.0],
                [0.0, 0.0, 0.0, -0.945, 0.46],
                Square,
            ),
            Self::Notch => Mixture {
                feedback: of_stages([0.5, 0.0, 0.5, 0.0, 0.0]),
                ..Mixture::new(
                    [1.0, 2.0, 2.0, 2.0, 1.0],
                    [0.0, -1.7, -0.65, -1.7, -0.65],
                    Square,
                )
            },
        }
    }

    /// Returns the output gains of the first stage's input and of each stage, at the `tangent` of half the cutoff's
    /// angle, where the cutoff is `high` times 5 kHz.
    #[inline(always)]
    pub(super) fn mix<const N: usize>(
        self,
        feedback: F32s<N>,
        tangent: F32s<N>,
        high: F32s<N>,
    ) -> [F32s<N>; 5] {
        let mixture = self.mixture();
        let square = tangent * tangent;
        let (lift, full) = match mixture.growth {
            Growth::Tangent => (tangent, FULL.0),
            Growth::Square => (square, FULL.1),
            Growth::Fading => (square / (1.0 + high * high), FULL.1),
        };
        let lift = lift.map(|lift| lift.min(full));
        std::array::from_fn(|n| {
            lift * mixture.lift[n] + feedback * mixture.feedback[n] + mixture.plain[n]
        })
    }

    /// Returns the gain in front of the filter.
    #[inline(always)]
    pub(super) fn make_up<const N: usize>(self, feedback: F32s<N>) -> F32s<N> {
        feedback * self.mixture().make_up + 1.0
    }
}
