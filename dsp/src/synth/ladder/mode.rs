//! What is heard of a ladder: mixtures of what goes through its stages, as in the Oberheim Xpander. V. Välimäki,
//! A. Huovilainen, "Oscillator and filter algorithms for virtual analog synthesis", Computer Music Journal 30 (2006).

use crate::synth::lanes::Lanes;

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

/// How much is heard of what enters the first stage, which is D⁴, and of what leaves each of the four.
struct Mixture {
    plain: [f32; 5],
    /// What is added for each unit of lift.
    lift: [f32; 5],
    /// What is added for each unit of feedback.
    feedback: [f32; 5],
    /// How much of the feedback is given back as level in front of the filter.
    make_up: f32,
}

impl Mixture {
    /// A low-pass with make-up: half the level that resonance takes is given back.
    const fn low(plain: [f32; 5], lift: [f32; 5]) -> Self {
        Self {
            plain,
            lift,
            feedback: [0.0; 5],
            make_up: 0.5,
        }
    }
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

    /// The lift of the low-passes is −c·s² times what is plain, with c fitted to the analogue slopes at 48 kHz; that of
    /// the band-pass is −c·(s² + 1) times it, which leaves the centre as it is. The other modes have no power of s to
    /// spare.
    const fn mixture(self) -> &'static Mixture {
        match self {
            Self::Low24 => {
                const { &Mixture::low([0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, -1.45, 2.9, -1.45]) }
            }
            Self::Low18 => {
                const { &Mixture::low([0.0, 0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 2.0, -1.0, 0.0]) }
            }
            Self::Low12 => {
                const { &Mixture::low([0.0, 0.0, 1.0, 0.0, 0.0], [-0.65, 1.3, -0.65, 0.0, 0.0]) }
            }
            Self::Low6 => const { &Mixture::low([0.0, 1.0, 0.0, 0.0, 0.0], [0.0; 5]) },
            Self::Band => &Mixture {
                plain: [0.0, 0.0, 4.0, -8.0, 4.0],
                lift: [-2.6, 10.4, -18.2, 15.6, -5.2],
                feedback: [0.0; 5],
                make_up: 0.0,
            },
            Self::High => &Mixture {
                plain: [1.0, -4.0, 6.0, -4.0, 1.0],
                lift: [0.0; 5],
                feedback: [0.0; 5],
                make_up: 0.0,
            },
            Self::Notch => &Mixture {
                plain: [1.0, -2.0, 2.0, 0.0, 0.0],
                lift: [0.0; 5],
                feedback: [0.0, 0.0, 0.5, -1.0, 1.0],
                make_up: 0.0,
            },
        }
    }

    /// How much is heard of what enters the first stage and of what leaves each.
    #[inline(always)]
    pub(super) fn mix<const N: usize>(self, feedback: Lanes<N>, lift: Lanes<N>) -> [Lanes<N>; 5] {
        let mixture = self.mixture();
        std::array::from_fn(|n| {
            lift * mixture.lift[n] + feedback * mixture.feedback[n] + mixture.plain[n]
        })
    }

    /// The level in front of the filter.
    #[inline(always)]
    pub(super) fn make_up<const N: usize>(self, feedback: Lanes<N>) -> Lanes<N> {
        feedback * self.mixture().make_up + 1.0
    }
}
