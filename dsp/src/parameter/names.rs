//! Names of the choices. Presets store the names and states their numbers, so new names are appended.

/// Name of no source and of no destination.
pub(super) const NONE: &str = "None";

pub(super) static SWITCH: [&str; 2] = ["Off", "On"];
pub(super) static MODES: [&str; 3] = ["Poly", "Mono", "Legato"];
pub(super) static NOTE_PRIORITIES: [&str; 3] = ["Last", "Low", "High"];
pub(super) static GLIDE_MODES: [&str; 2] = ["Time", "Rate"];
pub(super) static ZONES: [&str; 3] = ["Off", "Lower", "Upper"];
pub(super) static ROUTES: [&str; 2] = ["Filter", "Bypass"];
pub(super) static EXTERNAL_ROUTES: [&str; 3] = ["Output", "Filter", "Bypass"];
pub(super) static NOISE_COLOURS: [&str; 5] = ["White", "Pink", "Brown", "Blue", "Sample & Hold"];
pub(super) static FILTER_MODES: [&str; 7] = [
    "Low 24", "Low 18", "Low 12", "Low 6", "Band", "High", "Notch",
];
pub(super) static QUALITIES: [&str; 3] = ["1x", "2x", "4x"];
pub(super) static ALGORITHMS: [&str; 33] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
    "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32",
    "Free",
];
pub(super) static OPERATOR_MODES: [&str; 2] = ["Ratio", "Fixed"];
pub(super) static OPERATOR_WAVES: [&str; 6] =
    ["Sine", "Half", "Absolute", "Squared", "Even", "Camel"];
pub(super) static RETRIGGERS: [&str; 2] = ["Retrigger", "Legato"];
pub(super) static LFO_SHAPES: [&str; 7] = [
    "Sine",
    "Triangle",
    "Saw Up",
    "Saw Down",
    "Square",
    "Random",
    "Smooth Random",
];
pub(super) static LFO_MODES: [&str; 2] = ["Voice", "Global"];
pub(super) static SOURCES: [&str; 36] = [
    NONE,
    "Env 1",
    "Env 2",
    "Env 3",
    "LFO 1",
    "LFO 2",
    "LFO 3",
    "Velocity",
    "Key",
    "Pressure",
    "Timbre",
    "Bend",
    "Mod Wheel",
    "Random",
    "Note Volume",
    "Note Pan",
    "Note Tuning",
    "Note Vibrato",
    "Note Expression",
    "Macro 1",
    "Macro 2",
    "Macro 3",
    "Macro 4",
    "Macro 5",
    "Macro 6",
    "Macro 7",
    "Macro 8",
    "Constant",
    "Breath",
    "Foot",
    "Expression",
    "Release Velocity",
    "Controller A",
    "Controller B",
    "Controller C",
    "Controller D",
];

/// Lengths of a vibrato cycle: names, and lengths in quarter notes.
pub(super) static NOTE_NAMES: [&str; 8] =
    ["1/1", "1/2", "1/4", "1/4T", "1/8", "1/8T", "1/16", "1/32"];
pub(super) const NOTE_BEATS: [f32; 8] = [4.0, 2.0, 1.0, 2.0 / 3.0, 0.5, 1.0 / 3.0, 0.25, 0.125];
/// Delay times in note lengths.
pub(super) static DELAY_NAMES: [&str; 10] = [
    "1/2", "1/4D", "1/4", "1/8D", "1/4T", "1/8", "1/16D", "1/8T", "1/16", "1/32",
];
pub(super) const DELAY_BEATS: [f32; 10] = [
    2.0,
    1.5,
    1.0,
    0.75,
    2.0 / 3.0,
    0.5,
    0.375,
    1.0 / 3.0,
    0.25,
    0.125,
];
/// Lengths of an LFO cycle; 0 is off.
pub(super) static LFO_SYNCS: [&str; 14] = [
    "Off", "8/1", "4/1", "2/1", "1/1", "1/2", "1/4D", "1/4", "1/8D", "1/4T", "1/8", "1/8T", "1/16",
    "1/32",
];
pub(crate) const LFO_BEATS: [f32; 14] = [
    0.0,
    32.0,
    16.0,
    8.0,
    4.0,
    2.0,
    1.5,
    1.0,
    0.75,
    2.0 / 3.0,
    0.5,
    1.0 / 3.0,
    0.25,
    0.125,
];
