//! Blocks in a raw VST3 host: sample-accurate points, and invalid data.

use std::cell::Cell;
use std::ptr;

use tidepool::params::param_id;
use tidepool_host::{Event, Note};
use tidepool_tests::vst3_host::{Block, Channel, Plugin, bus, off, on, pressure};
use tidepool_tests::{Rig, Score};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::{
    IPluginBaseTrait, kInvalidArgument, kNotInitialized, kResultFalse, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper};

/// Length of the compared pieces in samples.
const FRAMES: usize = 9_600;

/// Returns the VST3 id of the parameter with the text id `key`.
fn id(key: &str) -> ParamID {
    param_id(key) & 0x7FFF_FFFF
}

/// Returns automation of cutoff and tune and a bend, each dense and irregular.
fn curves() -> [(&'static str, Vec<(usize, f64)>); 3] {
    let wave = |step: usize, swing: f64| {
        let samples = (0..FRAMES).step_by(step);
        samples
            .map(|sample| (sample, 0.5 + swing * (sample as f64 * 0.003).sin()))
            .collect()
    };
    [
        ("cutoff", wave(7, 0.4)),
        ("tune", wave(101, 0.01)),
        ("bend", wave(13, 0.5)),
    ]
}

/// Plays the piece in the VST3, in blocks of `length` samples.
fn in_vst3(length: usize) -> [Vec<f32>; 2] {
    let plugin = Plugin::playing(length as i32);
    let bend = plugin
        .assignment(0, 129)
        .expect("the bend wheel is assigned");
    let mut sound = [Vec::new(), Vec::new()];
    for start in (0..FRAMES).step_by(length) {
        let end = (start + length).min(FRAMES);
        let mut block = Block::new((end - start) as i32);
        let here = |sample: usize| {
            (start..end)
                .contains(&sample)
                .then(|| (sample - start) as i32)
        };
        for (key, points) in curves() {
            let points: Vec<_> = points
                .into_iter()
                .filter_map(|(sample, value)| Some((here(sample)?, value)))
                .collect();
            let id = if key == "bend" { bend } else { id(key) };
            block = block.points(id, &points);
        }
        for (sample, event) in [(0, on as fn(i32, i16) -> _), (FRAMES * 2 / 3, off)] {
            if let Some(sample) = here(sample) {
                block = block.at(event(sample, 57));
            }
        }
        let (result, channels) = plugin.play(&block);
        assert_eq!(result, kResultOk);
        for (sound, channel) in sound.iter_mut().zip(channels) {
            sound.extend(channel);
        }
    }
    sound
}

#[test]
fn dense_automation_gives_the_same_bits_in_vst3_and_clap() {
    let note = Note::new(0, 57).with_id(57);
    // VST3 has velocities of 32 bits.
    let velocity = f64::from(0.8_f32);
    let mut score = Score::new(FRAMES)
        .at(0, Event::NoteOn { note, velocity })
        .at(
            FRAMES * 2 / 3,
            Event::NoteOff {
                note,
                velocity: 0.0,
            },
        );
    for (key, points) in curves() {
        for (sample, value) in points {
            let event = match key {
                "bend" => {
                    let bend = (value * 16_383.0) as u16;
                    Event::Midi([0xE0, (bend & 127) as u8, (bend >> 7) as u8])
                }
                _ => Event::Param {
                    id: param_id(key),
                    value,
                },
            };
            score = score.at(sample, event);
        }
    }
    score.events.sort_by_key(|(sample, _)| *sample);
    let reference = Rig::new().play(&score, &[512]);
    for length in [32, 441, 512, 4_096] {
        let [left, right] = in_vst3(length);
        assert!(
            left == reference.left && right == reference.right,
            "in blocks of {length}"
        );
    }
}

#[test]
fn points_outside_the_block_arrive_inside_it() {
    for wild in [-1, 513, i32::MAX, i32::MIN] {
        let sound = |sample| {
            let plugin = Plugin::playing(512);
            let points = [(sample, 0.1)];
            let block = Block::new(512)
                .at(on(sample, 57))
                .points(id("cutoff"), &points);
            let first = plugin.play(&block);
            (first, plugin.play(&Block::new(512).at(off(sample, 57))))
        };
        let inside = wild.clamp(0, 511);
        assert!(sound(wild) == sound(inside), "at {wild}");
    }
}

#[test]
fn more_points_and_events_than_fit_lose_no_final_value() {
    let flood = |count: usize| {
        let plugin = Plugin::playing(512);
        let mut block = Block::new(512);
        for info in plugin.parameters() {
            let points: Vec<_> = (0..count)
                .map(|n| {
                    (
                        (n * 512 / count) as i32,
                        if n + 1 == count { 0.25 } else { 0.5 },
                    )
                })
                .collect();
            block = block.points(info.id, &points);
        }
        assert_eq!(plugin.play(&block).0, kResultOk);
        // Values beyond the engine's limit for a few samples take effect at the end of these blocks.
        plugin.play(&Block::new(512));
        let values: Vec<_> = plugin.state();
        values
    };
    assert!(flood(1_000) == flood(1));
}

#[test]
fn note_offs_survive_a_flood_of_notes() {
    let plugin = Plugin::playing(512);
    let mut block = Block::new(512);
    for n in 0..20_000 {
        block = block.at(on(n / 64, (n % 128) as i16));
    }
    for key in 0..128 {
        block = block.at(off(511, key));
    }
    assert_eq!(plugin.play(&block).0, kResultOk);
    let second = Block::new(512);
    let quiet = (0..2_000).any(|_| {
        let (_, [left, right]) = plugin.play(&second);
        left.iter().chain(&right).all(|sample| *sample == 0.0)
    });
    assert!(quiet, "a note hangs");
}

#[test]
fn pressure_reaches_its_own_note_and_no_ended_one() {
    let sound = |pressed: Option<i16>| {
        let plugin = Plugin::playing(4_800);
        let mut first = Block::new(4_800);
        for key in [48, 60] {
            let mut event = on(0, key);
            // Many hosts send notes without an id.
            event.__field0.noteOn.noteId = -1;
            first = first.at(event);
        }
        plugin.play(&first);
        let mut second = Block::new(4_800);
        if let Some(key) = pressed {
            let mut event = pressure(0, key, 1.0);
            event.__field0.polyPressure.noteId = -1;
            second = second.at(event);
        }
        plugin.play(&second).1
    };
    let plain = sound(None);
    assert!(sound(Some(48)) != plain && sound(Some(60)) != plain);
    assert!(sound(Some(48)) != sound(Some(60)));
    assert!(sound(Some(72)) == plain, "a pressure on no note is heard");
}

/// Returns `event` without a note id.
fn unnumbered(mut event: vst3::Steinberg::Vst::Event) -> vst3::Steinberg::Vst::Event {
    match event.r#type.into() {
        Event_::EventTypes_::kNoteOnEvent => event.__field0.noteOn.noteId = -1,
        Event_::EventTypes_::kNoteOffEvent => event.__field0.noteOff.noteId = -1,
        _ => event.__field0.polyPressure.noteId = -1,
    }
    event
}

/// Plays empty blocks until one is silent; returns false if none of `count` is.
fn falls_silent(plugin: &Plugin, samples: i32, count: usize) -> bool {
    (0..count).any(|_| {
        let (_, channels) = plugin.play(&Block::new(samples));
        channels.iter().flatten().all(|sample| *sample == 0.0)
    })
}

#[test]
fn an_end_without_number_ends_every_note_of_its_key() {
    for numbers in [[5, 6], [-1, -1], [5, -1], [-1, 6]] {
        let plugin = Plugin::playing(512);
        let mut block = Block::new(512);
        for (sample, number) in [0, 10].into_iter().zip(numbers) {
            let mut event = on(sample, 57);
            event.__field0.noteOn.noteId = number;
            block = block.at(event);
        }
        block = block.at(unnumbered(off(100, 57)));
        block = block.at(unnumbered(off(110, 57)));
        assert_eq!(plugin.play(&block).0, kResultOk);
        assert!(
            falls_silent(&plugin, 512, 2_000),
            "a note of {numbers:?} hangs"
        );
    }
}

#[test]
fn an_end_whose_number_no_note_has_ends_the_notes_of_its_key() {
    let plugin = Plugin::playing(512);
    let block = Block::new(512).at(unnumbered(on(0, 57))).at(off(100, 57));
    assert_eq!(plugin.play(&block).0, kResultOk);
    assert!(falls_silent(&plugin, 512, 2_000), "the note hangs");
}

#[test]
fn pressure_reaches_a_key_that_was_struck_again_in_its_release() {
    let sound = |pressed: bool| {
        let plugin = Plugin::playing(4_800);
        let block = Block::new(4_800)
            .at(unnumbered(on(0, 57)))
            .at(unnumbered(off(1_000, 57)))
            .at(unnumbered(on(1_100, 57)));
        plugin.play(&block);
        // Waits until the release of the first note is over.
        for _ in 0..100 {
            plugin.play(&Block::new(4_800));
        }
        let mut block = Block::new(4_800);
        if pressed {
            block = block.at(unnumbered(pressure(0, 57, 1.0)));
        }
        plugin.play(&block).1
    };
    assert!(sound(true) != sound(false));
}

#[test]
fn a_block_before_its_time_is_an_error_and_silent() {
    let plugin = Plugin::created();
    let silent = |(result, channels): (i32, [Vec<f32>; 2])| {
        assert_eq!(result, kNotInitialized);
        assert!(channels.iter().flatten().all(|sample| *sample == 0.0));
    };
    silent(plugin.play(&Block::new(64)));
    // SAFETY: null stands for a host without a context.
    let result = unsafe { plugin.component.initialize(ptr::null_mut()) };
    assert_eq!(result, kResultOk);
    silent(plugin.play(&Block::new(64)));
    plugin.set_up(48_000.0, 64);
    silent(plugin.play(&Block::new(64)));
    // SAFETY: the component is initialized.
    unsafe { plugin.component.setActive(1) };
    silent(plugin.play(&Block::new(64)));
}

#[test]
fn absurd_announcements_are_refused() {
    let plugin = Plugin::initialized();
    for rate in [0.0, -48_000.0, f64::NAN, f64::INFINITY, 999.0, 1e9] {
        assert_ne!(plugin.set_up(rate, 512), kResultOk, "{rate} Hz");
    }
    for longest in [0, -1, i32::MAX, i32::MIN, 65_537] {
        assert_ne!(
            plugin.set_up(48_000.0, longest),
            kResultOk,
            "{longest} samples"
        );
    }
    // SAFETY: null is refused.
    let result = unsafe { plugin.processor.setupProcessing(ptr::null_mut()) };
    assert_ne!(result, kResultOk);
    plugin.start(48_000.0, 512);
    let (_, [left, _]) = plugin.play(&Block::new(512).at(on(0, 57)));
    assert!(left.iter().any(|sample| *sample != 0.0));
}

#[test]
fn missing_buffers_are_no_matter_and_time_goes_on() {
    type Change = fn(&mut ProcessData, &mut AudioBusBuffers);
    let changes: [(Change, i32); 7] = [
        (|data, _| data.inputEvents = ptr::null_mut(), kResultOk),
        (
            |data, _| data.inputParameterChanges = ptr::null_mut(),
            kResultOk,
        ),
        (|_, _| (), kResultOk),
        (
            |data, output| {
                data.numOutputs = 1;
                output.numChannels = 0;
                data.outputs = output;
            },
            kResultOk,
        ),
        (|data, _| data.numOutputs = 1, kResultOk),
        (
            |data, output| {
                data.numOutputs = 1;
                output.__field0.channelBuffers32 = ptr::null_mut();
                data.outputs = output;
            },
            kInvalidArgument,
        ),
        (
            |data, output| {
                data.numOutputs = 1;
                output.numChannels = 1;
                data.outputs = output;
            },
            kInvalidArgument,
        ),
    ];
    let continued = |change: Option<Change>, expected| {
        let plugin = Plugin::playing(512);
        plugin.play(&Block::new(512).at(on(0, 57)));
        let mut channels = [Channel::new(512), Channel::new(512)];
        let mut pointers = channels.each_mut().map(Channel::pointer);
        let mut output = bus(&mut pointers);
        let result = plugin.process(&Block::new(512), |data| match change {
            Some(change) => change(data, &mut output),
            None => {
                data.numOutputs = 1;
                data.outputs = &mut output;
            }
        });
        assert_eq!(result, expected);
        for channel in &channels {
            channel.samples();
        }
        plugin.play(&Block::new(512)).1
    };
    let reference = continued(None, kResultOk);
    for (number, (change, expected)) in changes.into_iter().enumerate() {
        assert!(
            continued(Some(change), expected) == reference,
            "change {number}"
        );
    }
}

#[test]
fn one_channel_and_null_channels_are_cleared() {
    let plugin = Plugin::playing(64);
    plugin.play(&Block::new(64).at(on(0, 57)));
    for missing in 0..2 {
        let mut channels = [Channel::new(64), Channel::new(64)];
        let mut pointers = channels.each_mut().map(Channel::pointer);
        pointers[missing] = ptr::null_mut();
        let mut output = bus(&mut pointers);
        let result = plugin.process(&Block::new(64), |data| {
            data.numOutputs = 1;
            data.outputs = &mut output;
        });
        assert_eq!(result, kInvalidArgument);
        assert!(
            channels[1 - missing]
                .samples()
                .iter()
                .all(|sample| *sample == 0.0)
        );
    }
}

#[test]
fn misaligned_and_shared_channels_are_refused_and_cleared() {
    type Change = fn(&mut [*mut f32; 2]);
    let changes: [Change; 3] = [
        |pointers| pointers[0] = pointers[0].wrapping_byte_sub(1),
        |pointers| pointers[1] = pointers[0],
        |pointers| pointers[1] = pointers[0].wrapping_add(10),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let plugin = Plugin::playing(64);
        plugin.play(&Block::new(64).at(on(0, 57)));
        // Longer than a block, so that a channel that begins elsewhere lies in the same memory.
        let mut channels = [(); 2].map(|()| vec![1.0_f32; 128]);
        let mut pointers = channels
            .each_mut()
            .map(|channel| channel.as_mut_ptr().wrapping_add(8));
        change(&mut pointers);
        let mut output = bus(&mut pointers);
        let result = plugin.process(&Block::new(64), |data| {
            data.numOutputs = 1;
            data.outputs = &mut output;
        });
        assert_eq!(result, kInvalidArgument, "change {number}");
        assert!(
            channels[0][8..71].iter().all(|sample| *sample == 0.0),
            "change {number}"
        );
    }
}

/// Parameter change list with any number of queues for one parameter, each longer than a plugin reads, which counts the
/// points read.
struct Endless {
    queues: i32,
    points: i32,
    id: ParamID,
    read: Cell<u64>,
    queue: Cell<*mut IParamValueQueue>,
}

impl Class for Endless {
    type Interfaces = (IParameterChanges, IParamValueQueue);
}

impl IParameterChangesTrait for Endless {
    unsafe fn getParameterCount(&self) -> i32 {
        self.queues
    }

    unsafe fn getParameterData(&self, _: i32) -> *mut IParamValueQueue {
        self.queue.get()
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut i32) -> *mut IParamValueQueue {
        ptr::null_mut()
    }
}

impl IParamValueQueueTrait for Endless {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> i32 {
        self.points
    }

    unsafe fn getPoint(&self, index: i32, sample: *mut i32, value: *mut f64) -> tresult {
        self.read.set(self.read.get() + 1);
        let last = index == self.points - 1;
        // SAFETY: the plugin provides both output pointers.
        unsafe { (*sample, *value) = (0, if last { 0.25 } else { 0.5 }) };
        kResultOk
    }

    unsafe fn addPoint(&self, _: i32, _: f64, _: *mut i32) -> tresult {
        kResultFalse
    }
}

#[test]
fn endless_queues_are_read_in_part_and_their_last_points_are_played() {
    let plugin = Plugin::playing(512);
    let endless = ComWrapper::new(Endless {
        queues: 40,
        points: i32::MAX,
        id: id("cutoff"),
        read: Cell::new(0),
        queue: Cell::new(ptr::null_mut()),
    });
    let queue: ComPtr<IParamValueQueue> = endless.to_com_ptr().expect("it is a queue");
    let changes: ComPtr<IParameterChanges> = endless.to_com_ptr().expect("it is changes");
    endless.queue.set(queue.as_ptr());
    let result = plugin.process(&Block::new(512), |data| {
        data.inputParameterChanges = changes.as_ptr();
    });
    assert_eq!(result, kResultOk);
    assert!(endless.read.get() <= (1 << 20) + 40);
    assert!((plugin.value(id("cutoff")) - 0.25).abs() < 1e-6);
}

#[test]
fn lengths_of_nothing_and_of_less_are_no_matter() {
    let plugin = Plugin::playing(512);
    assert_eq!(plugin.play(&Block::new(0).at(on(0, 57))).0, kResultOk);
    assert_eq!(plugin.play(&Block::new(-1)).0, kInvalidArgument);
    assert_eq!(plugin.play(&Block::new(i32::MIN)).0, kInvalidArgument);
    assert_eq!(
        plugin.process(&Block::new(512), |data| data.symbolicSampleSize = 7),
        kInvalidArgument
    );
    // SAFETY: null is refused.
    let result = unsafe { plugin.processor.process(ptr::null_mut()) };
    assert_ne!(result, kResultOk);
    // A block longer than announced.
    assert_eq!(plugin.play(&Block::new(20_000).at(on(0, 57))).0, kResultOk);
}

#[test]
fn a_wild_context_is_no_matter() {
    let wild = [0.0, -1.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for number in wild {
        let plugin = Plugin::playing(512);
        // SAFETY: a context consists of numbers, for which zeros are valid.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        context.state = u32::MAX;
        context.sampleRate = number;
        context.projectTimeSamples = if number > 0.0 { i64::MAX } else { i64::MIN };
        context.projectTimeMusic = number;
        context.barPositionMusic = number;
        context.cycleStartMusic = number;
        context.cycleEndMusic = number;
        context.tempo = number;
        context.timeSigNumerator = i32::MIN;
        let result = plugin.process(&Block::new(512).at(on(0, 57)), |data| {
            data.processContext = &mut context;
        });
        assert_eq!(result, kResultOk);
        let (_, [left, _]) = plugin.play(&Block::new(512));
        assert!(left.iter().all(|sample| sample.is_finite()), "{number}");
        assert!(left.iter().any(|sample| *sample != 0.0), "{number}");
    }
}

#[test]
fn wild_values_and_notes_are_no_matter() {
    let plugin = Plugin::playing(512);
    let mut block = Block::new(512).at(on(0, 57));
    for value in [f64::NAN, f64::INFINITY, -1e9, 1e9] {
        block = block
            .points(id("cutoff"), &[(3, value)])
            .points(0xDEAD, &[(3, value)]);
    }
    for (channel, key) in [(-1, 60), (16, 60), (0, -1), (0, 128), (i16::MIN, i16::MAX)] {
        for make in [on as fn(i32, i16) -> _, off] {
            let mut event = make(5, key);
            event.__field0.noteOn.channel = channel;
            block = block.at(event);
        }
        let mut event = pressure(5, key, f32::NAN);
        event.__field0.polyPressure.channel = channel;
        block = block.at(event);
    }
    let mut data = on(7, 60);
    data.r#type = Event_::EventTypes_::kDataEvent as u16;
    data.__field0.data = DataEvent {
        size: u32::MAX,
        r#type: 0,
        bytes: ptr::null(),
    };
    block = block.at(data);
    assert_eq!(plugin.play(&block).0, kResultOk);
    let (_, [left, _]) = plugin.play(&Block::new(512));
    assert!(left.iter().all(|sample| sample.is_finite()));
}
