//! The table. What is not said here of a parameter is said nowhere.

use super::names::*;
use super::spec::{Priority, Range, Reach, Smoothing, Spec, Unit, linear, skewed, whole};
use super::{
    EnvelopeParameter, LfoParameter, OperatorParameter, OscillatorParameter, Parameter,
    SlotParameter,
};
use crate::rt::Style;
use Unit::{
    Cents, Choice, Count, Decibels, DecibelsPerOctave, Hertz, Level, Percent, Seconds, Semitones,
    Shape,
};

/// Text id, name and group.
type Names = (&'static str, &'static str, &'static str);

const SMOOTH: Smoothing = Smoothing::Ramp(Style::Linear, 20.0);

/// One value for all, on a line of 20 ms from the next tick on.
const fn global((id, name, group): Names, unit: Unit, range: Range, default: f32) -> Spec {
    Spec {
        parameter: Parameter(0),
        id,
        name,
        group,
        unit,
        range,
        default,
        priority: Priority::Normal,
        smoothing: SMOOTH,
        reach: Reach::Global,
    }
}

/// The same for every voice.
const fn voice(names: Names, unit: Unit, range: Range, default: f32) -> Spec {
    Spec {
        reach: Reach::Voice,
        ..global(names, unit, range, default)
    }
}

/// The same for every voice and, if the host wishes, for every note.
const fn note(names: Names, unit: Unit, range: Range, default: f32) -> Spec {
    Spec {
        reach: Reach::Note,
        ..global(names, unit, range, default)
    }
}

/// One of these names, for all.
const fn choice(names: Names, of: &'static [&'static str], default: usize) -> Spec {
    let range = whole(0, of.len() as i32 - 1);
    global(names, Choice(of), range, default as f32).step()
}

impl Spec {
    /// It is there at once.
    const fn step(self) -> Self {
        Self {
            smoothing: Smoothing::None,
            ..self
        }
    }

    /// It moves in equal ratios.
    const fn ratios(self) -> Self {
        Self {
            smoothing: Smoothing::Ramp(Style::Logarithmic, 20.0),
            ..self
        }
    }

    const fn high(self) -> Self {
        Self {
            priority: Priority::High,
            ..self
        }
    }

    const fn low(self) -> Self {
        Self {
            priority: Priority::Low,
            ..self
        }
    }
}

/// A level of which nothing is heard unless it is raised.
const OFF: f32 = -60.0;
const fn level(names: Names, default: f32) -> Spec {
    voice(names, Level, linear(OFF, 12.0), default)
}
const fn pan(names: Names) -> Spec {
    voice(names, Percent, linear(-1.0, 1.0), 0.0)
}

macro_rules! once {
    ($($(#[$doc:meta])* $name:ident: $spec:expr;)+) => {
        /// The numbers of the parameters that are there once.
        #[repr(u16)]
        enum Once {
            $($name,)+
            End,
        }

        // Named like variants, which they are but for the blocks that follow them.
        #[allow(non_upper_case_globals)]
        impl Parameter {
            $($(#[$doc])* pub const $name: Self = Self(Once::$name as u16);)+
        }

        const ONCE: [Spec; Once::End as usize] = [$($spec),+];
    };
}

#[rustfmt::skip]
mod once {
    use super::*;
once! {
    /// Most notes at once.
    Voices: global(("voices", "Voices", "Voice"), Count, whole(1, crate::synth::MAX_VOICES as i32), 16.0).step().low();
    /// Whether keys have a voice each or share one.
    Mode: choice(("mode", "Mode", "Voice"), &MODES, 0).low();
    /// Which of the held keys sounds where they share a voice.
    NotePriority: choice(("note_priority", "Note Priority", "Voice"), &NOTE_PRIORITIES, 0).low();
    /// Time from key to key, or to the octave.
    Glide: global(("glide", "Glide", "Voice"), Seconds, skewed(0.0, 10.0), 0.0).step();
    /// What that time is for.
    GlideMode: choice(("glide_mode", "Glide Mode", "Voice"), &GLIDE_MODES, 0).low();
    /// Transposition.
    Tune: note(("tune", "Tune", "Voice"), Semitones, linear(-24.0, 24.0), 0.0).step().high();
    /// How much velocity matters to loudness.
    Velocity: global(("velocity", "Velocity", "Voice"), Percent, linear(0.0, 1.0), 0.7).step().low();
    /// Loudness of the whole voice, behind filter and envelope.
    Level: level(("level", "Level", "Voice"), 0.0);
    /// Place of the whole voice.
    Pan: pan(("pan", "Pan", "Voice"));
    /// Length of a vibrato cycle.
    VibratoRate: choice(("vibrato_rate", "Vibrato Rate", "Voice"), &NOTE_NAMES, 5).low();
    /// Vibrato at full modulation wheel.
    VibratoDepth: note(("vibrato_depth", "Vibrato Depth", "Voice"), Cents, linear(0.0, 200.0), 30.0);
    /// Bend range of the wheel, and of the master channel under MPE.
    BendRange: global(("bend_range", "Bend Range", "Voice"), Semitones, whole(0, 48), 2.0).step();
    /// Which MPE zone is on.
    MpeZone: choice(("mpe_zone", "MPE Zone", "Voice"), &ZONES, 0).low();
    /// Member channels of the zone.
    MpeChannels: global(("mpe_channels", "MPE Channels", "Voice"), Count, whole(1, 15), 15.0).step().low();
    /// Bend range of the member channels.
    MpeBendRange: global(("mpe_bend_range", "MPE Bend Range", "Voice"), Semitones, whole(0, 96), 48.0).step();

    /// Whether oscillator B starts anew with every cycle of oscillator A.
    Sync: choice(("sync", "Sync B to A", "Mixer"), &SWITCH, 0);
    /// Level of A times B.
    RingLevel: level(("ring_level", "Ring Level", "Mixer"), OFF);
    /// Place of A times B.
    RingPan: pan(("ring_pan", "Ring Pan", "Mixer"));
    /// Way of A times B.
    RingRoute: choice(("ring_route", "Ring Route", "Mixer"), &ROUTES, 0);
    /// Level of the six operators.
    FmLevel: level(("fm_level", "FM Level", "Mixer"), OFF);
    /// Place of the six operators.
    FmPan: pan(("fm_pan", "FM Pan", "Mixer"));
    /// Way of the six operators.
    FmRoute: choice(("fm_route", "FM Route", "Mixer"), &ROUTES, 0);
    /// Level of the noise.
    NoiseLevel: level(("noise_level", "Noise Level", "Mixer"), OFF);
    /// Place of the noise.
    NoisePan: pan(("noise_pan", "Noise Pan", "Mixer"));
    /// Way of the noise.
    NoiseRoute: choice(("noise_route", "Noise Route", "Mixer"), &ROUTES, 0);
    /// Slope of the noise.
    NoiseColour: choice(("noise_colour", "Noise Colour", "Mixer"), &NOISE_COLOURS, 0);
    /// How often the sample-and-hold noise jumps.
    NoiseRate: voice(("noise_rate", "Noise Rate", "Mixer"), Hertz, skewed(1.0, 20_000.0), 1000.0);
    /// Level of the External input.
    External: global(("external", "External", "Mixer"), Level, linear(OFF, 12.0), OFF);
    /// Balance of the External input.
    ExternalPan: global(("external_pan", "External Pan", "Mixer"), Percent, linear(-1.0, 1.0), 0.0);
    /// Way of the External input: to the output, or through every voice.
    ExternalRoute: choice(("external_route", "External Route", "Mixer"), &EXTERNAL_ROUTES, 0);

    /// Ladder cutoff.
    Cutoff: note(("cutoff", "Cutoff", "Filter"), Hertz, skewed(20.0, 20_000.0), 1200.0);
    /// Ladder resonance; self-oscillation begins at 1.
    Resonance: note(("resonance", "Resonance", "Filter"), Percent, linear(0.0, 1.0), 0.2);
    /// Gain into the ladder's saturation.
    Drive: note(("drive", "Drive", "Filter"), Decibels, linear(-12.0, 24.0), 0.0).ratios();
    /// How far the cutoff follows the key.
    Keytrack: note(("keytrack", "Key Track", "Filter"), Percent, linear(0.0, 1.0), 0.5);
    /// What envelope 2 adds to the cutoff at its peak.
    FilterEnv: note(("filter_env", "Envelope 2 Amount", "Filter"), Semitones, linear(-60.0, 60.0), 30.0);
    /// How far oscillator B moves the cutoff, sample by sample.
    FilterFm: voice(("filter_fm", "Osc B Amount", "Filter"), Semitones, linear(-60.0, 60.0), 0.0);
    /// Slope of the filter.
    FilterMode: choice(("filter_mode", "Filter Mode", "Filter"), &FILTER_MODES, 0);
    /// How many times faster than the sound what distorts is computed while a host plays live; offline it is always 4x.
    /// The ladder runs at this rate, ring modulation and FM at twice the rate of the sound from 2x on.
    Quality: choice(("quality", "Quality", "Filter"), &QUALITIES, 1).low();

    /// Which operator moves which.
    FmAlgorithm: choice(("fm_algorithm", "Algorithm", "FM"), &ALGORITHMS, 0);

    /// How much of each voice goes to chorus and delay.
    SendDelay: level(("send_delay", "Delay Send", "Sends"), OFF);
    /// How much of each voice goes to the reverb.
    SendReverb: level(("send_reverb", "Reverb Send", "Sends"), OFF);
    /// How fast the chorus moves.
    ChorusRate: global(("chorus_rate", "Chorus Rate", "Sends"), Hertz, skewed(0.01, 10.0), 0.5);
    /// How far the chorus moves.
    ChorusDepth: global(("chorus_depth", "Chorus Depth", "Sends"), Percent, linear(0.0, 1.0), 0.4);
    /// Part of the delay send that goes to the chorus. The rest goes to the delay.
    ChorusMix: global(("chorus_mix", "Chorus Mix", "Sends"), Percent, linear(0.0, 1.0), 0.0);
    /// Level of the chorus as it is heard by itself.
    ChorusLevel: global(("chorus_level", "Chorus Level", "Sends"), Level, linear(OFF, 6.0), 0.0);
    /// How much of the chorus goes on to the delay.
    ChorusDelay: global(("chorus_delay", "Chorus to Delay", "Sends"), Level, linear(OFF, 6.0), 0.0);
    /// Length of an echo in sync with the tempo.
    DelayTime: choice(("delay_time", "Delay Time", "Sends"), &DELAY_NAMES, 4).low();
    /// Switch between an echo in sync with the tempo and one of the free time.
    DelaySync: choice(("delay_sync", "Delay Sync", "Sends"), &SWITCH, 1).low();
    /// Length of an echo that is not in sync. The delay itself fades over to another one.
    DelayFreeTime: global(("delay_free_time", "Delay Free Time", "Sends"), Seconds, skewed(0.001, 2.0), 0.35).step();
    /// How much of an echo makes the next one.
    DelayFeedback: global(("delay_feedback", "Delay Feedback", "Sends"), Percent, linear(0.0, 0.98), 0.35);
    /// How bright the echoes stay.
    DelayTone: global(("delay_tone", "Delay Tone", "Sends"), Hertz, skewed(200.0, 20_000.0), 5000.0);
    /// How far echoes go from side to side.
    DelayWidth: global(("delay_width", "Delay Width", "Sends"), Percent, linear(0.0, 1.0), 0.7);
    /// Level of the echoes.
    DelayLevel: global(("delay_level", "Delay Level", "Sends"), Level, linear(OFF, 6.0), 0.0);
    /// How much of chorus and echoes, as loud as they are heard, goes to the reverb.
    DelayReverb: global(("delay_reverb", "Delay to Reverb", "Sends"), Level, linear(OFF, 6.0), OFF);
    /// Time before the reverb begins.
    ReverbPredelay: global(("reverb_predelay", "Reverb Predelay", "Sends"), Seconds, skewed(0.0, 0.25), 0.01);
    /// Size of the room.
    ReverbSize: global(("reverb_size", "Reverb Size", "Sends"), Percent, linear(0.0, 1.0), 0.6);
    /// Time in which the reverb falls by 60 dB.
    ReverbDecay: global(("reverb_decay", "Reverb Decay", "Sends"), Seconds, skewed(0.1, 30.0), 2.0);
    /// Above it the reverb dies away faster.
    ReverbDamp: global(("reverb_damp", "Reverb Damp", "Sends"), Hertz, skewed(200.0, 20_000.0), 6000.0);
    /// How wide the room is.
    ReverbWidth: global(("reverb_width", "Reverb Width", "Sends"), Percent, linear(0.0, 1.0), 1.0);
    /// Level of the reverb.
    ReverbLevel: global(("reverb_level", "Reverb Level", "Sends"), Level, linear(OFF, 6.0), 0.0);

    /// Gain into the saturation of the output.
    OutputDrive: global(("output_drive", "Output Drive", "Output"), Decibels, linear(0.0, 24.0), 0.0).ratios();
    /// Gain of everything.
    Volume: global(("volume", "Volume", "Output"), Level, linear(OFF, 6.0), -6.0);
}
    pub(super) const SPECS: [Spec; Once::End as usize] = ONCE;
}

macro_rules! macro_knob {
    ($number:literal) => {
        global(
            (
                concat!("macro", $number),
                concat!("Macro ", $number),
                "Macros",
            ),
            Percent,
            linear(0.0, 1.0),
            0.0,
        )
    };
}

const MACROS: [Spec; Parameter::MACROS] = [
    macro_knob!(1),
    macro_knob!(2),
    macro_knob!(3),
    macro_knob!(4),
    macro_knob!(5),
    macro_knob!(6),
    macro_knob!(7),
    macro_knob!(8),
];

macro_rules! oscillator {
    ($id:literal, $name:literal, $level:expr) => {{
        const fn n(id: &'static str, name: &'static str) -> Names {
            (id, name, concat!("Oscillator ", $name))
        }
        #[rustfmt::skip]
        const SPECS: [Spec; OscillatorParameter::COUNT] = [
            voice(n(concat!("osc_", $id, "_shape"), concat!("Osc ", $name, " Shape")), Shape, linear(0.0, 3.0), 2.0),
            voice(n(concat!("osc_", $id, "_width"), concat!("Osc ", $name, " Width")), Percent, linear(0.02, 0.98), 0.5),
            voice(n(concat!("osc_", $id, "_pitch"), concat!("Osc ", $name, " Pitch")), Semitones, linear(-48.0, 48.0), 0.0),
            voice(n(concat!("osc_", $id, "_fine"), concat!("Osc ", $name, " Fine")), Cents, linear(-100.0, 100.0), 0.0),
            global(n(concat!("osc_", $id, "_unison"), concat!("Osc ", $name, " Unison")), Count, whole(1, 8), 1.0).step(),
            voice(n(concat!("osc_", $id, "_detune"), concat!("Osc ", $name, " Detune")), Cents, linear(0.0, 200.0), 20.0),
            voice(n(concat!("osc_", $id, "_spread"), concat!("Osc ", $name, " Spread")), Percent, linear(0.0, 1.0), 0.5),
            level(n(concat!("osc_", $id, "_level"), concat!("Osc ", $name, " Level")), $level),
            pan(n(concat!("osc_", $id, "_pan"), concat!("Osc ", $name, " Pan"))),
            choice(n(concat!("osc_", $id, "_route"), concat!("Osc ", $name, " Route")), &ROUTES, 0),
        ];
        SPECS
    }};
}

const OSCILLATORS: [[Spec; OscillatorParameter::COUNT]; Parameter::OSCILLATORS] =
    [oscillator!("a", "A", -2.0), oscillator!("b", "B", OFF)];

macro_rules! operator {
    ($number:literal, $level:expr) => {{
        const fn n(id: &'static str, name: &'static str) -> Names {
            (id, name, concat!("Operator ", $number))
        }
        #[rustfmt::skip]
        const SPECS: [Spec; OperatorParameter::COUNT] = [
            choice(n(concat!("op", $number, "_mode"), concat!("Op ", $number, " Mode")), &OPERATOR_MODES, 0),
            voice(n(concat!("op", $number, "_ratio"), concat!("Op ", $number, " Ratio")), Count, linear(0.0, 32.0), 1.0),
            voice(n(concat!("op", $number, "_fixed"), concat!("Op ", $number, " Frequency")), Hertz, skewed(0.1, 20_000.0), 440.0),
            voice(n(concat!("op", $number, "_detune"), concat!("Op ", $number, " Detune")), Cents, linear(-100.0, 100.0), 0.0),
            voice(n(concat!("op", $number, "_level"), concat!("Op ", $number, " Level")), Percent, linear(0.0, 1.0), $level),
            voice(n(concat!("op", $number, "_feedback"), concat!("Op ", $number, " Feedback")), Percent, linear(0.0, 1.0), 0.0),
            choice(n(concat!("op", $number, "_wave"), concat!("Op ", $number, " Wave")), &OPERATOR_WAVES, 0),
            voice(n(concat!("op", $number, "_velocity"), concat!("Op ", $number, " Velocity")), Percent, linear(0.0, 1.0), 0.0),
            voice(n(concat!("op", $number, "_key_level"), concat!("Op ", $number, " Key Level")), DecibelsPerOctave, linear(-12.0, 12.0), 0.0),
            voice(n(concat!("op", $number, "_key_rate"), concat!("Op ", $number, " Key Rate")), Percent, linear(0.0, 1.0), 0.0),
            voice(n(concat!("op", $number, "_rate1"), concat!("Op ", $number, " Rate 1")), Percent, linear(0.0, 1.0), 0.95),
            voice(n(concat!("op", $number, "_rate2"), concat!("Op ", $number, " Rate 2")), Percent, linear(0.0, 1.0), 0.5),
            voice(n(concat!("op", $number, "_rate3"), concat!("Op ", $number, " Rate 3")), Percent, linear(0.0, 1.0), 0.3),
            voice(n(concat!("op", $number, "_rate4"), concat!("Op ", $number, " Rate 4")), Percent, linear(0.0, 1.0), 0.6),
            voice(n(concat!("op", $number, "_level1"), concat!("Op ", $number, " Level 1")), Percent, linear(0.0, 1.0), 1.0),
            voice(n(concat!("op", $number, "_level2"), concat!("Op ", $number, " Level 2")), Percent, linear(0.0, 1.0), 1.0),
            voice(n(concat!("op", $number, "_level3"), concat!("Op ", $number, " Level 3")), Percent, linear(0.0, 1.0), 1.0),
            voice(n(concat!("op", $number, "_level4"), concat!("Op ", $number, " Level 4")), Percent, linear(0.0, 1.0), 0.0),
            voice(n(concat!("op", $number, "_output"), concat!("Op ", $number, " Output")), Percent, linear(0.0, 1.0), 0.0),
        ];
        SPECS
    }};
}

const OPERATORS: [[Spec; OperatorParameter::COUNT]; Parameter::OPERATORS] = [
    operator!(1, 1.0),
    operator!(2, 0.0),
    operator!(3, 0.0),
    operator!(4, 0.0),
    operator!(5, 0.0),
    operator!(6, 0.0),
];

/// What moves one operator in the free algorithm: the five others. Itself is what its feedback is for.
macro_rules! modulators {
    ($to:literal: $($from:literal)+) => {
        [$(voice(
            (
                concat!("fm_", $from, "_to_", $to),
                concat!("FM ", $from, " to ", $to),
                "FM Matrix",
            ),
            Percent,
            linear(0.0, 1.0),
            0.0,
        )),+]
    };
}

const MODULATORS: [[Spec; Parameter::OPERATORS - 1]; Parameter::OPERATORS] = [
    modulators!(1: 2 3 4 5 6),
    modulators!(2: 1 3 4 5 6),
    modulators!(3: 1 2 4 5 6),
    modulators!(4: 1 2 3 5 6),
    modulators!(5: 1 2 3 4 6),
    modulators!(6: 1 2 3 4 5),
];

macro_rules! envelope {
    // The first one, that of loudness, was there before the others.
    (1) => {
        envelope!("", "Env 1", "Envelope 1")
    };
    ($number:literal) => {
        envelope!(
            concat!("env", $number, "_"),
            concat!("Env ", $number),
            concat!("Envelope ", $number)
        )
    };
    ($id:expr, $name:expr, $group:expr) => {{
        const fn n(id: &'static str, name: &'static str) -> Names {
            (id, name, $group)
        }
        #[rustfmt::skip]
        const SPECS: [Spec; EnvelopeParameter::COUNT] = [
            voice(n(concat!($id, "delay"), concat!($name, " Delay")), Seconds, skewed(0.0, 10.0), 0.0).step(),
            voice(n(concat!($id, "attack"), concat!($name, " Attack")), Seconds, skewed(0.0, 10.0), 0.004).step(),
            voice(n(concat!($id, "hold"), concat!($name, " Hold")), Seconds, skewed(0.0, 10.0), 0.0).step(),
            voice(n(concat!($id, "decay"), concat!($name, " Decay")), Seconds, skewed(0.001, 20.0), 0.8).step(),
            Spec { reach: if matches!($id.as_bytes(), b"") { Reach::Note } else { Reach::Voice },
                ..voice(n(concat!($id, "sustain"), concat!($name, " Sustain")), Percent, linear(0.0, 1.0), 0.5) },
            voice(n(concat!($id, "release"), concat!($name, " Release")), Seconds, skewed(0.001, 20.0), 0.3).step(),
            voice(n(concat!($id, "attack_curve"), concat!($name, " Attack Curve")), Percent, linear(-1.0, 1.0), 0.25).step(),
            voice(n(concat!($id, "decay_curve"), concat!($name, " Decay Curve")), Percent, linear(-1.0, 1.0), 0.75).step(),
            voice(n(concat!($id, "release_curve"), concat!($name, " Release Curve")), Percent, linear(-1.0, 1.0), 0.75).step(),
            choice(n(concat!($id, "retrigger"), concat!($name, " Retrigger")), &RETRIGGERS, 0),
        ];
        SPECS
    }};
}

const ENVELOPES: [[Spec; EnvelopeParameter::COUNT]; Parameter::ENVELOPES] =
    [envelope!(1), envelope!(2), envelope!(3)];

macro_rules! lfo {
    ($number:literal) => {{
        const fn n(id: &'static str, name: &'static str) -> Names {
            (id, name, concat!("LFO ", $number))
        }
        #[rustfmt::skip]
        const SPECS: [Spec; LfoParameter::COUNT] = [
            choice(n(concat!("lfo", $number, "_shape"), concat!("LFO ", $number, " Shape")), &LFO_SHAPES, 0),
            voice(n(concat!("lfo", $number, "_rate"), concat!("LFO ", $number, " Rate")), Hertz, skewed(0.01, 50.0), 2.0),
            choice(n(concat!("lfo", $number, "_sync"), concat!("LFO ", $number, " Sync")), &LFO_SYNCS, 0).low(),
            voice(n(concat!("lfo", $number, "_fade"), concat!("LFO ", $number, " Fade In")), Seconds, skewed(0.0, 20.0), 0.0).step(),
            voice(n(concat!("lfo", $number, "_phase"), concat!("LFO ", $number, " Phase")), Percent, linear(0.0, 1.0), 0.0).step(),
            choice(n(concat!("lfo", $number, "_mode"), concat!("LFO ", $number, " Mode")), &LFO_MODES, 0).low(),
        ];
        SPECS
    }};
}

const LFOS: [[Spec; LfoParameter::COUNT]; Parameter::LFOS] = [lfo!(1), lfo!(2), lfo!(3)];

macro_rules! slot {
    ($number:literal) => {{
        const fn n(id: &'static str, name: &'static str) -> Names {
            (id, name, "Matrix")
        }
        #[rustfmt::skip]
        const SPECS: [Spec; SlotParameter::COUNT] = [
            choice(n(concat!("slot", $number, "_source"), concat!("Slot ", $number, " Source")), &SOURCES, 0),
            choice(n(concat!("slot", $number, "_via"), concat!("Slot ", $number, " Via")), &SOURCES, 0),
            choice(n(concat!("slot", $number, "_destination"), concat!("Slot ", $number, " Destination")), &DESTINATIONS, 0),
            global(n(concat!("slot", $number, "_amount"), concat!("Slot ", $number, " Amount")), Percent, linear(-1.0, 1.0), 0.0),
        ];
        SPECS
    }};
}

const SLOTS: [[Spec; SlotParameter::COUNT]; Parameter::SLOTS] = [
    slot!(1),
    slot!(2),
    slot!(3),
    slot!(4),
    slot!(5),
    slot!(6),
    slot!(7),
    slot!(8),
    slot!(9),
    slot!(10),
    slot!(11),
    slot!(12),
    slot!(13),
    slot!(14),
    slot!(15),
    slot!(16),
];

// Where the blocks begin, one after the other.
pub(super) const FIRST_MACRO: usize = once::SPECS.len();
pub(super) const FIRST_OSCILLATOR: usize = FIRST_MACRO + Parameter::MACROS;
pub(super) const FIRST_OPERATOR: usize =
    FIRST_OSCILLATOR + Parameter::OSCILLATORS * OscillatorParameter::COUNT;
pub(super) const FIRST_MODULATOR: usize =
    FIRST_OPERATOR + Parameter::OPERATORS * OperatorParameter::COUNT;
pub(super) const FIRST_ENVELOPE: usize =
    FIRST_MODULATOR + Parameter::OPERATORS * (Parameter::OPERATORS - 1);
pub(super) const FIRST_LFO: usize =
    FIRST_ENVELOPE + Parameter::ENVELOPES * EnvelopeParameter::COUNT;
pub(super) const FIRST_SLOT: usize = FIRST_LFO + Parameter::LFOS * LfoParameter::COUNT;
pub(super) const COUNT: usize = FIRST_SLOT + Parameter::SLOTS * SlotParameter::COUNT;

/// Everything but the matrix, whose destinations are named after it.
static MOVED: [Spec; FIRST_SLOT] = {
    let mut specs = [once::SPECS[0]; FIRST_SLOT];
    put(&mut specs, 0, &once::SPECS);
    put(&mut specs, FIRST_MACRO, &MACROS);
    put(&mut specs, FIRST_OSCILLATOR, OSCILLATORS.as_flattened());
    put(&mut specs, FIRST_OPERATOR, OPERATORS.as_flattened());
    put(&mut specs, FIRST_MODULATOR, MODULATORS.as_flattened());
    put(&mut specs, FIRST_ENVELOPE, ENVELOPES.as_flattened());
    put(&mut specs, FIRST_LFO, LFOS.as_flattened());
    specs
};

/// All of them, in the order of their numbers.
pub(super) static SPECS: [Spec; COUNT] = {
    let mut specs = [once::SPECS[0]; COUNT];
    put(&mut specs, 0, &MOVED);
    put(&mut specs, FIRST_SLOT, SLOTS.as_flattened());
    specs
};

/// Copies `from` to the place `at`, and tells each spec whose it is.
const fn put(specs: &mut [Spec], at: usize, from: &[Spec]) {
    let mut n = 0;
    while n < from.len() {
        specs[at + n] = Spec {
            parameter: Parameter((at + n) as u16),
            ..from[n]
        };
        n += 1;
    }
}

/// How many parameters the modulation matrix can move.
pub(super) const MODULATED: usize = {
    let (mut n, mut count) = (0, 0);
    while n < MOVED.len() {
        count += MOVED[n].modulated() as usize;
        n += 1;
    }
    count
};

/// Which they are.
pub(super) static MODULATED_PARAMETERS: [Parameter; MODULATED] = {
    let mut parameters = [Parameter(0); MODULATED];
    let (mut n, mut count) = (0, 0);
    while n < MOVED.len() {
        if MOVED[n].modulated() {
            parameters[count] = Parameter(n as u16);
            count += 1;
        }
        n += 1;
    }
    parameters
};

/// The number of each parameter among them, or their count.
pub(super) static MODULATED_NUMBERS: [u16; COUNT] = {
    let mut numbers = [MODULATED as u16; COUNT];
    let (mut n, mut count) = (0, 0);
    while n < MOVED.len() {
        if MOVED[n].modulated() {
            numbers[n] = count;
            count += 1;
        }
        n += 1;
    }
    numbers
};

/// Their names, after that of none.
static DESTINATIONS: [&str; MODULATED + 1] = {
    let mut names = [NONE; MODULATED + 1];
    let (mut n, mut count) = (0, 1);
    while n < MOVED.len() {
        if MOVED[n].modulated() {
            names[count] = MOVED[n].name;
            count += 1;
        }
        n += 1;
    }
    names
};
