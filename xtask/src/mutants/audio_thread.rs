//! Mistakes on the audio thread: allocations, frees, locks and waits in ordinary and in rare places.

use super::Check::Suite;
use super::{Check, Mutant};

/// Plays the engine; its test program counts allocator calls per thread.
const DSP: Check = Suite {
    words: "test --package tidepool-dsp --test alloc",
    finding: "asks the allocator",
};
/// Plays the linked plugin; in debug builds nice-plug's allocator aborts the process.
const PLUGIN: Check = Suite {
    words: "test --package tidepool-tests --test suite alloc::",
    finding: "memory allocation of 64 bytes failed",
};
/// Plays the built CLAP on threads of the C library, whose functions are counted.
const BUNDLE: Check = Suite {
    words: "test --package tidepool-tests --test suite foreign::",
    finding: "the audio thread asks",
};
/// Finds locks in the sources, because an uncontended lock makes no system call.
const LOCKS_OF_DSP: Check = Suite {
    words: "clippy --package tidepool-dsp -- -D warnings",
    finding: "use of a disallowed method `std::sync::Mutex::lock`",
};
const LOCKS_OF_PLUGIN: Check = Suite {
    words: "clippy --package tidepool -- -D warnings",
    finding: "use of a disallowed method",
};

/// Appends an allocation and a free, which the compiler cannot optimize away, to a line.
macro_rules! allocating {
    ($file:literal, $line:literal, $check:expr, $why:literal) => {
        Mutant::new(
            $file,
            $line,
            concat!($line, " drop(std::hint::black_box(vec![0_u8; 64]));"),
            $check,
            $why,
        )
    };
}

pub(super) const ROWS: &[Mutant] = &[
    allocating!(
        "dsp/src/engine/voice_engine/notes.rs",
        "let slot = voices.take(note, limit, unheard, &mut *instrument.ended);",
        DSP,
        "A voice starts."
    ),
    allocating!(
        "dsp/src/synth/voices.rs",
        "self.fade_slot(slot);\n                self.report_end(slot, &mut ended);",
        DSP,
        "A voice gives way to another one."
    ),
    allocating!(
        "dsp/src/engine/midi_channels.rs",
        "self.sustain = [false; CHANNELS];",
        DSP,
        "Panic."
    ),
    Mutant::new(
        "dsp/src/engine/control_bank.rs",
        "let targets = &mut self.targets;\n        self.normal.flush(|change| targets.apply(change));\n        \
         self.low.flush(|change| targets.apply(change));\n        for (parameter, plain)",
        "drop(std::hint::black_box(vec![0_u8; 64]));\n        let targets = &mut self.targets;\n        \
         self.normal.flush(|change| targets.apply(change));\n        \
         self.low.flush(|change| targets.apply(change));\n        for (parameter, plain)",
        DSP,
        "A whole sound is loaded.",
    ),
    allocating!(
        "dsp/src/engine.rs",
        "self.voice_engine.notes.tuning = *tuning;",
        DSP,
        "Another tuning."
    ),
    allocating!(
        "dsp/src/engine/voice_engine.rs",
        "status.not_finite(Module::Events, 1);",
        DSP,
        "An event that is not finite."
    ),
    allocating!(
        "dsp/src/engine.rs",
        "self.limiter.reset();\n        self.carried.clear();",
        DSP,
        "A reset."
    ),
    Mutant::new(
        "dsp/src/engine.rs",
        "tap.feed(left, right, stamp);",
        "tap.feed(left, right, stamp);\n            self.tap = None;",
        DSP,
        "A free alone: the tap goes while the audio thread has it.",
    ),
    allocating!(
        "dsp/src/rt/metrics/block_profiler.rs",
        "self.seconds.push(second);",
        DSP,
        "A second of the metrics ends."
    ),
    allocating!(
        "dsp/src/rt/metrics/block_profiler.rs",
        "self.overruns.push(overrun);",
        DSP,
        "A block takes too long."
    ),
    allocating!(
        "dsp/src/rt/metrics/block_profiler.rs",
        "self.log.write(log);",
        DSP,
        "The metrics are put up for a reader."
    ),
    allocating!(
        "plugin/src/processor.rs",
        "engine.set_tempo(tempo);",
        PLUGIN,
        "Every block of the plugin."
    ),
    allocating!(
        "plugin/src/processor.rs",
        "engine.set_tuning(&tuning);",
        PLUGIN,
        "A tuning arrives from the host's thread."
    ),
    allocating!(
        "plugin/src/processor.rs",
        "engine.load(&params.sound());",
        PLUGIN,
        "A state was loaded by the host's thread."
    ),
    Mutant::new(
        "plugin/src/processor/events.rs",
        "let event = NoteEvent::VoiceTerminated {",
        "drop(std::hint::black_box(vec![0_u8; 64]));\n        let event = NoteEvent::VoiceTerminated {",
        PLUGIN,
        "A host is told of the end of a note.",
    ),
    Mutant::new(
        "plugin/src/processor.rs",
        "engine.set_tempo(tempo);",
        "engine.set_tempo(tempo); std::thread::sleep(std::time::Duration::from_nanos(1));",
        BUNDLE,
        "The audio thread sleeps.",
    ),
    Mutant::new(
        "dsp/src/engine.rs",
        "tap.feed(left, right, stamp);",
        "tap.feed(left, right, stamp);\n            drop(std::sync::Mutex::new(()).lock());",
        LOCKS_OF_DSP,
        "The engine locks.",
    ),
    Mutant::new(
        "plugin/src/processor.rs",
        "engine.set_tempo(tempo);",
        "engine.set_tempo(tempo); drop(std::sync::Mutex::new(()).lock());",
        LOCKS_OF_PLUGIN,
        "The plugin locks.",
    ),
];
