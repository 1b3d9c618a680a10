//! Random scripts of arbitrary VST3 calls, with fixed seeds. `TIDEPOOL_VST3_SCRIPTS` sets the number of scripts.

use std::env;
use std::ptr;

use fastrand::Rng;
use tidepool_tests::vst3_host::{Block, Channel, Plugin, bus, off, on, pressure};
use vst3::ComPtr;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;

/// Number of calls per script.
const CALLS: usize = 200;

/// Returns a random integer, plausible or invalid.
fn number(random: &mut Rng) -> i32 {
    match random.u8(..8) {
        0 => i32::MIN,
        1 => i32::MAX,
        2 => -1,
        3 => random.i32(..),
        _ => random.i32(0..600),
    }
}

/// Returns a random value, plausible or invalid.
fn value(random: &mut Rng) -> f64 {
    match random.u8(..10) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => -1e300,
        3 => f64::from_bits(random.u64(..)),
        _ => random.f64(),
    }
}

fn block(random: &mut Rng, ids: &[ParamID], samples: i32) -> Block {
    let mut block = Block::new(samples);
    for _ in 0..random.usize(..20) {
        let key = match random.bool() {
            true => random.i16(40..80),
            false => random.i16(..),
        };
        let sample = number(random);
        let mut event = match random.u8(..4) {
            0 => off(sample, key),
            1 => pressure(sample, key, value(random) as f32),
            _ => on(sample, key),
        };
        if random.u8(..8) == 0 {
            event.r#type = random.u16(3..9);
            event.__field0.data.bytes = ptr::null();
        }
        if random.u8(..8) == 0 {
            event.busIndex = number(random);
        }
        block = block.at(event);
    }
    for _ in 0..random.usize(..8) {
        let id = match random.u8(..8) {
            0 => random.u32(..),
            _ => ids[random.usize(..ids.len())],
        };
        let count = random.usize(..40);
        let points: Vec<_> = (0..count)
            .map(|_| (number(random), value(random)))
            .collect();
        block = block.points(id, &points);
    }
    block
}

/// Plays a block with buffers of which some may be missing.
fn play(plugin: &Plugin, random: &mut Rng, ids: &[ParamID]) {
    let samples = match random.u8(..6) {
        0 => random.i32(-5..1),
        1 => random.i32(1..5_000),
        _ => random.i32(1..600),
    };
    let mut channels = [0; 4].map(|_| Channel::new(samples));
    let mut outputs = [channels[0].pointer(), channels[1].pointer()];
    let mut inputs = [channels[2].pointer(), channels[3].pointer()];
    if random.u8(..6) == 0 {
        outputs[random.usize(..2)] = ptr::null_mut();
    }
    if random.u8(..6) == 0 {
        inputs[random.usize(..2)] = ptr::null_mut();
    }
    let (mut output, mut input) = (bus(&mut outputs), bus(&mut inputs));
    if random.u8(..6) == 0 {
        output.numChannels = random.i32(-2..3);
    }
    if random.u8(..6) == 0 {
        input.numChannels = random.i32(-2..3);
    }
    if random.u8(..8) == 0 {
        output.__field0.channelBuffers32 = ptr::null_mut();
    }
    // SAFETY: a context consists of numbers, for which zeros are valid.
    let mut context: ProcessContext = unsafe { std::mem::zeroed() };
    context.state = random.u32(..);
    context.tempo = value(random) * 200.0;
    context.sampleRate = value(random);
    context.projectTimeSamples = random.i64(..);
    context.projectTimeMusic = value(random);
    let shape = random.u32(..);
    let left_out = |bit: u32| shape >> (3 * bit) & 7 == 0;
    plugin.process(&block(random, ids, samples), |data| {
        if !left_out(0) {
            (data.numOutputs, data.outputs) = (1, &mut output);
        }
        if !left_out(1) {
            (data.numInputs, data.inputs) = (1, &mut input);
        }
        if left_out(2) {
            data.inputEvents = ptr::null_mut();
        }
        if left_out(3) {
            data.inputParameterChanges = ptr::null_mut();
        }
        if !left_out(4) {
            data.processContext = &mut context;
        }
        if left_out(5) {
            data.symbolicSampleSize = 7;
        }
    });
    for channel in &channels {
        channel.samples();
    }
}

/// Performs one random call of a script.
///
/// # Safety
/// Every pointer in the arguments and in `states` has to be valid or null.
unsafe fn call(plugin: &Plugin, random: &mut Rng, ids: &[ParamID], states: &mut Vec<Vec<u8>>) {
    let id = ids[random.usize(..ids.len())];
    // SAFETY: every pointer is valid or null; the plugin has to reject all other invalid arguments.
    unsafe {
        match random.u8(..20) {
            0 => drop(plugin.component.initialize(ptr::null_mut())),
            1 if random.bool() => drop(plugin.component.terminate()),
            2 => drop(plugin.set_up(value(random) * 1e5, number(random))),
            3 => drop(plugin.set_up(48_000.0, 512)),
            4 => drop(plugin.component.setActive(random.u8(..2))),
            5 => drop(plugin.processor.setProcessing(random.u8(..2))),
            6 => {
                plugin.component.initialize(ptr::null_mut());
                plugin.set_up(48_000.0, random.i32(1..1_000));
                plugin.component.setActive(1);
                plugin.processor.setProcessing(1);
            }
            7 => drop(plugin.set(id, value(random))),
            8 => {
                let mut text = [0; 128];
                plugin
                    .controller
                    .getParamStringByValue(id, value(random), &mut text);
                let mut back = 0.0;
                plugin
                    .controller
                    .getParamValueByString(id, text.as_mut_ptr(), &mut back);
            }
            9 => {
                let mapping: ComPtr<IMidiMapping> = plugin.component.cast().expect("it has MIDI");
                let (bus, channel) = (number(random), number(random) as i16);
                let mut id = 0;
                mapping.getMidiControllerAssignment(bus, channel, number(random) as i16, &mut id);
            }
            10 => {
                let state = plugin.try_state();
                states.extend(state);
            }
            11 if !states.is_empty() => {
                let mut state = states[random.usize(..states.len())].clone();
                if random.bool() && !state.is_empty() {
                    let place = random.usize(..state.len());
                    state[place] = random.u8(..);
                    state.truncate(random.usize(..=state.len()));
                }
                plugin.load(&state, random.i32(1..1_000));
                plugin.show(&state);
            }
            12 => {
                let view = plugin.controller.createView(c"editor".as_ptr());
                drop(ComPtr::from_raw(view));
            }
            13 => {
                plugin.processor.getTailSamples();
                plugin.processor.getLatencySamples();
                plugin.controller.setComponentHandler(ptr::null_mut());
            }
            _ => play(plugin, random, ids),
        }
    }
}

#[test]
fn no_script_breaks_the_plugin() {
    let scripts = env::var("TIDEPOOL_VST3_SCRIPTS").ok();
    let scripts = scripts.map_or(30, |count| count.parse().expect("a count of scripts"));
    let known = Plugin::initialized().parameters();
    let ids: Vec<ParamID> = known.iter().map(|info| info.id).collect();
    for seed in 0..scripts {
        let mut random = Rng::with_seed(seed);
        let plugin = Plugin::created();
        let mut states = Vec::new();
        for _ in 0..CALLS {
            // SAFETY: every pointer passed is valid.
            unsafe { call(&plugin, &mut random, &ids, &mut states) };
        }
        drop(plugin);
    }
    // The library still works for a new instance.
    let plugin = Plugin::playing(512);
    let (_, [left, _]) = plugin.play(&Block::new(512).at(on(0, 57)));
    assert!(left.iter().any(|sample| *sample != 0.0));
}
