//! What is heard of a ladder: mixtures of what goes through its stages, as in the Oberheim Xpander. V. Välimäki,
//! A. Huovilainen, "Oscillator and filter algorithms for virtual analog synthesis", Computer Music Journal 30 (2006).

use crate::synth::f32s::F32s;

/// The tangent at which lifts are full, and its square. More is of no use to slopes, but loud when the cutoff is modulated.
const FULL: (f32, f32) = (0.39, 0.15);

/// What is heard of a ladder. With D = 1 + s and the feedback k, all are something over D⁴ + k; the cutoff is at s = j.
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
    /// Notch: (s² + 1)(D² + k/2). Of what resonance takes below it, half is given back.
    Notch,
}

/// How what is lifted grows with the tangent t of half the cutoff's angle.
#[derive(Clone, Copy)]
enum Growth {
    /// As t.
    Tangent,
    /// As t².
    Square,
    /// As t², and from 5 kHz on less and less of it.
    Fading,
}

/// How much is heard of what enters the first stage, which is D⁴, and of what leaves each of the four.
struct Mixture {
    plain: [f32; 5],
    /// What is added for each unit of lift, and how the lift grows.
    lift: [f32; 5],
    growth: Growth,
    /// What is added for each unit of feedback.
    feedback: [f32; 5],
    /// How much of the feedback is given back as level in front of the filter.
    make_up: f32,
}

impl Mixture {
    /// From what is plain and what lifts it, as the factors of 1, s, s², s³ and s⁴.
    fn new(plain: [f32; 5], lift: [f32; 5], growth: Growth) -> Self {
        Self {
            plain: of_stages(plain),
            lift: of_stages(lift),
            growth,
            feedback: [0.0; 5],
            make_up: 0.0,
        }
    }

    /// A low-pass with make-up: half the level that resonance takes is given back.
    fn low(plain: [f32; 5], lift: [f32; 5], growth: Growth) -> Self {
        Self {
            make_up: 0.5,
            ..Self::new(plain, lift, growth)
        }
    }
}

/// The factors of the powers of s as those of what enters the first stage and of what leaves each, which are the powers
/// of D = 1 + s from the fourth down.
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
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Low24,
        Self::Low18,
        Self::Low12,
        Self::Low6,
        Self::Band,
        Self::High,
        Self::Notch,
    ];

    /// As people write it.
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

    /// The bilinear transform takes half the sample rate for infinity, so slopes come out too steep. The lifts are fitted
    /// to the analogue ones: of the steeper low-passes −c·s² times what is plain, of the gentlest c·s times it, of the
    /// notch what leaves the null where it is.
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

    /// How much is heard of what enters the first stage and of what leaves each, at the `tangent` of half the cutoff's
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

    /// The level in front of the filter.
    #[inline(always)]
    pub(super) fn make_up<const N: usize>(self, feedback: F32s<N>) -> F32s<N> {
        feedback * self.mixture().make_up + 1.0
    }
}
