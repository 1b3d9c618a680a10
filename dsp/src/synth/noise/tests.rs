use super::*;
use crate::rt::TICK;

const RATE: f32 = 48_000.0;
/// Root mean square of every colour at the reference rate.
const LOUDNESS: f64 = 0.3;

#[test]
fn another_colour_does_not_burst_out() {
    let loudest = |noise: &mut Noise<1>, colour, samples: usize| {
        let mut most = 0.0_f32;
        for _ in 0..samples / TICK {
            noise.ramp_to(
                &NoiseControls {
                    rate: F32s::splat(RATE),
                },
                colour,
                RATE,
            );
            let mut out = [F32s::ZERO; TICK];
            noise.render(0, &mut out);
            most = out
                .iter()
                .fold(most, |most, lanes| most.max(lanes.0[0].abs()));
        }
        most
    };
    for from in NoiseColour::ALL {
        for to in NoiseColour::ALL {
            let mut noise = Noise::<1>::default();
            noise.start(1, &[7]);
            loudest(&mut noise, from, 48_000);
            let after = loudest(&mut noise, to, 4_800);
            let later = loudest(&mut noise, to, 48_000);
            assert!(
                after < 1.4 * later,
                "{from:?} to {to:?}: {after}, later {later}"
            );
        }
    }
}

fn render(colour: NoiseColour, rate: f32, samples: usize, sample_rate: f32) -> Vec<f64> {
    let mut noise = Noise::<2>::default();
    noise.start(3, &[7, 8]);
    let controls = NoiseControls {
        rate: F32s::splat(rate),
    };
    let mut sound = Vec::new();
    while sound.len() < samples {
        noise.ramp_to(&controls, colour, sample_rate);
        let mut out = [F32s::ZERO; TICK];
        noise.render(0, &mut out);
        sound.extend(out.map(|lanes| f64::from(lanes.0[0])));
    }
    sound
}

/// Returns the mean power in a band around each of `frequencies` in Hz, by Goertzel's algorithm over short pieces.
fn powers(sound: &[f64], frequencies: &[f64], rate: f32) -> Vec<f64> {
    const PIECE: usize = 4096;
    frequencies
        .iter()
        .map(|frequency| {
            let bins: Vec<f64> = (-6..=6)
                .map(|n| (frequency / f64::from(rate) * PIECE as f64).round() + f64::from(n))
                .filter(|bin| *bin > 2.0)
                .collect();
            let mut power = 0.0;
            for bin in &bins {
                let turn = std::f64::consts::TAU * bin / PIECE as f64;
                for piece in sound.chunks_exact(PIECE) {
                    let (mut s1, mut s2) = (0.0, 0.0);
                    for (n, x) in piece.iter().enumerate() {
                        let window = (std::f64::consts::PI * n as f64 / PIECE as f64).sin();
                        let s = x * window * window + 2.0 * turn.cos() * s1 - s2;
                        (s2, s1) = (s1, s);
                    }
                    power += s1 * s1 + s2 * s2 - 2.0 * turn.cos() * s1 * s2;
                }
            }
            power / bins.len() as f64
        })
        .collect()
}

#[test]
fn every_slope_is_what_it_is_called_and_as_loud_as_the_others() {
    let octaves: Vec<f64> = (0..6).map(|n| 500.0 * 2.0_f64.powi(n)).collect();
    for (colour, slope) in [
        (NoiseColour::White, 0.0),
        (NoiseColour::Pink, -3.01),
        (NoiseColour::Brown, -6.02),
        (NoiseColour::Blue, 3.01),
    ] {
        let sound = render(colour, 0.0, 1 << 19, RATE);
        let mean = sound.iter().map(|x| x * x).sum::<f64>() / sound.len() as f64;
        // Brown noise has slow fluctuations, so that ten-second stretches differ.
        let slack = if colour == NoiseColour::Brown {
            0.1
        } else {
            0.02
        };
        let loudness = mean.sqrt() / LOUDNESS;
        assert!((loudness - 1.0).abs() < slack, "{colour:?}: {loudness}");
        let powers = powers(&sound, &octaves, RATE);
        for (n, pair) in powers.windows(2).enumerate() {
            let got = 10.0 * (pair[1] / pair[0]).log10();
            assert!(
                (got - slope).abs() < 0.5,
                "{colour:?}: {got:.2} dB above {} Hz",
                octaves[n]
            );
        }
    }
}

/// Measured on the filters themselves: rendered noise would take minutes to average out.
#[test]
fn slopes_hold_from_40_hz_to_16_khz_at_every_rate() {
    for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for (colour, slope) in [
            (NoiseColour::Pink, -3.01),
            (NoiseColour::Brown, -6.02),
            (NoiseColour::Blue, 3.01),
        ] {
            let filter = Slope::new(colour, rate);
            let mut hertz = 40.0;
            while hertz <= 8000.0 {
                let at = |hertz: f64| filter.power_at(hertz / rate);
                let got = 10.0 * (at(2.0 * hertz) / at(hertz)).log10();
                assert!(
                    (got - slope).abs() < 0.5,
                    "{colour:?} at {rate}: {got:.2} dB above {hertz} Hz"
                );
                hertz *= 1.1;
            }
        }
    }
}

/// Sample rates in Hz that hosts use.
const RATES: [f32; 6] = [44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0];

#[test]
fn the_power_per_hz_of_the_audio_band_is_the_same_at_every_rate() {
    for colour in NoiseColour::ALL {
        let reference = Slope::new(colour, 48_000.0);
        for rate in RATES.map(f64::from) {
            if colour == NoiseColour::SampleAndHold {
                continue;
            }
            let slope = Slope::new(colour, rate);
            let density = |slope: &Slope, hertz: f64, rate: f64| {
                f64::from(slope.gain).powi(2) * slope.power_at(hertz / rate) / rate
            };
            let mut hertz = 20.0;
            while hertz < 20_000.0 {
                let ratio = density(&slope, hertz, rate) / density(&reference, hertz, 48_000.0);
                let apart = 10.0 * ratio.log10();
                assert!(
                    apart.abs() < 0.45,
                    "{colour:?} at {rate}: {apart:.2} dB at {hertz:.0} Hz"
                );
                hertz *= 1.02;
            }
        }
    }
}

#[test]
fn noise_sounds_as_loud_at_every_rate_in_bands_and_altogether() {
    let bands = [2_000.0, 6_000.0, 12_000.0, 19_000.0];
    for colour in NoiseColour::ALL {
        let heard = |rate: f32| {
            let sound = render(colour, 1000.0, 1 << 19, rate);
            let mean = sound.iter().map(|x| x * x).sum::<f64>() / sound.len() as f64;
            let bands = powers(&sound, &bands, rate);
            (
                bands.into_iter().map(move |power| power / f64::from(rate)),
                mean,
            )
        };
        let (bands_there, mean_there) = heard(48_000.0);
        let bands_there: Vec<f64> = bands_there.collect();
        for rate in [44_100.0, 96_000.0, 192_000.0] {
            let (bands_here, mean) = heard(rate);
            let altogether = 10.0 * (mean / mean_there).log10();
            println!("{colour:?} at {rate}: {altogether:.2} dB altogether");
            // Brown noise has slow fluctuations, and blue noise its highest density in the band that 44.1 kHz lacks.
            assert!(
                altogether.abs() < 0.9,
                "{colour:?} at {rate}: {altogether:.2} dB"
            );
            for ((here, there), hertz) in bands_here.zip(&bands_there).zip(bands) {
                let apart = 10.0 * (here / there).log10();
                println!("{colour:?} at {rate}: {apart:.2} dB at {hertz} Hz");
                // Held values have images above their rate, which differ between sample rates.
                if colour != NoiseColour::SampleAndHold {
                    assert!(
                        apart.abs() < 0.8,
                        "{colour:?} at {rate}: {apart:.2} dB at {hertz} Hz"
                    );
                }
            }
        }
    }
}

#[test]
fn held_values_last_as_long_as_their_rate_says() {
    let sound = render(NoiseColour::SampleAndHold, 1000.0, 48_000, RATE);
    let jumps = sound.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((jumps as i32 - 1000).abs() <= 1, "{jumps} jumps a second");
    assert!(sound[0] != 0.0);
    let all = render(NoiseColour::SampleAndHold, 1e9, 4800, RATE);
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn the_same_seed_gives_the_same_noise_however_the_tick_is_split_and_in_any_lane() {
    for colour in NoiseColour::ALL {
        let play = |cuts: &[usize], lane: usize| {
            let mut noise = Noise::<4>::default();
            let mut seeds = [1, 2, 3, 4];
            seeds[lane] = 77;
            noise.start(15, &seeds);
            let controls = NoiseControls {
                rate: F32s::splat(3000.0),
            };
            let mut sound = Vec::new();
            for _ in 0..20 {
                noise.ramp_to(&controls, colour, RATE);
                let mut at = 0;
                for cut in cuts {
                    let mut out = vec![F32s::ZERO; *cut];
                    noise.render(at, &mut out);
                    sound.extend(out.iter().map(|lanes| lanes.0[lane].to_bits()));
                    at += cut;
                }
            }
            sound
        };
        assert_eq!(play(&[32], 0), play(&[1, 7, 24], 3), "{colour:?}");
    }
}

#[test]
fn neighbours_have_nothing_in_common() {
    let mut noise = Noise::<2>::default();
    noise.start(3, &[1, 2]);
    noise.ramp_to(&NoiseControls::default(), NoiseColour::White, RATE);
    let (mut product, mut power) = (0.0, 0.0);
    for _ in 0..1000 {
        let mut out = [F32s::ZERO; TICK];
        noise.render(0, &mut out);
        for F32s([a, b]) in out {
            product += f64::from(a * b);
            power += f64::from(a * a);
        }
    }
    assert!((product / power).abs() < 0.02);
}

#[test]
fn rates_of_any_kind_are_taken() {
    for rate in [8_000.0, 768_000.0] {
        for value in [f32::NAN, f32::INFINITY, -1.0] {
            for colour in NoiseColour::ALL {
                let sound = render(colour, value, 1000, rate);
                assert!(sound.iter().all(|x| x.is_finite() && x.abs() < 3.0));
            }
        }
    }
}
