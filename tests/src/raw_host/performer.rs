//! Executes the steps of a script on an instance, and checks the invariants after each step.

use std::ffi::CStr;
use std::ptr;
use std::thread;

use clap_sys::events::*;
use clap_sys::ext::gui::{CLAP_WINDOW_API_WAYLAND, CLAP_WINDOW_API_X11};
use fastrand::Rng;

use super::events::wild_pointer;
use super::{
    Block, Events, Flow, Host, Input, Library, Manners, Outgoing, Output, Plugin, Script, choke,
    expression, header, midi, modulation, note_off, note_on, sysex, transport, value,
};

/// Longest block that the plugin supports, in samples.
const LONGEST: u32 = 65_536;

/// Executes scripts on one instance.
pub struct Performer {
    plugin: Plugin,
    /// Parameter ids.
    ids: Vec<u32>,
    /// State of the new instance.
    first_state: Vec<u8>,
    /// State saved last.
    state: Vec<u8>,
    initialised: bool,
    active: bool,
    processing: bool,
}

impl Performer {
    /// Creates an instance in a host with random parts missing.
    fn new(random: &mut Rng) -> Self {
        let manners = match random.u8(0..3) {
            0 => Manners::GOOD,
            _ => Manners {
                extensions: random.u16(..),
                functions: random.bool(),
                get_extension: random.u8(0..4) > 0,
                requests: random.bool(),
                names: random.bool(),
            },
        };
        let initialised = random.u8(0..8) > 0;
        println!("create {manners:?}, init {initialised}");
        let plugin = Library::bundled().create(Host::new(manners));
        if initialised {
            assert!(plugin.init(), "the plugin initialises");
        }
        let ids = (0..plugin.params())
            .filter_map(|n| plugin.param(n))
            .map(|(id, _)| id)
            .collect();
        let state = plugin.save(Flow::Whole).expect("the state is saved");
        Self {
            plugin,
            ids,
            first_state: state.clone(),
            state,
            initialised,
            active: false,
            processing: false,
        }
    }

    /// Executes `script` and then checks that the instance can still be played. Each step is printed before it runs, so
    /// that the last line names the step that crashed.
    ///
    /// # Panics
    /// When an invariant does not hold.
    pub fn perform(script: &Script) {
        let mut performer = Self::new(&mut script.random(u32::MAX));
        for &step in &script.steps {
            let mut random = script.random(step);
            print!("{step}: ");
            performer.step(&mut random);
        }
        println!("end");
        performer.recover();
    }

    fn step(&mut self, random: &mut Rng) {
        match random.u8(0..64) {
            0..=15 => self.play(random),
            16..=29 => self.play_wild(random),
            30..=33 => self.activate(random, false),
            34..=36 => self.activate(random, true),
            37..=38 => {
                println!("deactivate");
                self.plugin.deactivate();
                (self.active, self.processing) = (false, false);
            }
            39..=41 => {
                println!("start");
                self.processing = self.plugin.start();
            }
            42 => {
                println!("stop");
                self.plugin.stop();
                self.processing = false;
            }
            43 => {
                println!("reset");
                self.plugin.reset();
            }
            44 => {
                println!("init");
                self.initialised |= self.plugin.init();
            }
            45 => {
                println!("on_main_thread");
                self.plugin.on_main_thread();
            }
            46..=48 => self.flush(random),
            49..=51 => self.states(random),
            52..=54 => self.ask(random),
            55..=56 => self.parameters(random),
            57..=59 => self.gui(random),
            60..=61 => self.play_beside_another_thread(random),
            _ => {
                println!("destroy");
                let state = std::mem::take(&mut self.state);
                *self = Self::new(random);
                self.state = state;
            }
        }
    }

    /// Plays a valid block.
    fn play(&mut self, random: &mut Rng) {
        let frames = random.u32(1..2048);
        let mut events = Events::new();
        let mut times: Vec<_> = (0..random.usize(0..16))
            .map(|_| random.u32(0..frames))
            .collect();
        times.sort_unstable();
        let mut described = String::new();
        for time in times {
            described += &self.push(random, &mut events, time, false);
        }
        let mut block = Block::new(frames, &events);
        block.input = [Input::None, Input::Stereo, Input::InPlace][random.usize(0..3)];
        block.transport = random.bool().then(|| transport(0, random_tempo(random)));
        println!("block of {frames}, {:?}:{described}", block.input);
        self.process(&block, true);
    }

    /// Plays a block in which anything may be invalid.
    fn play_wild(&mut self, random: &mut Rng) {
        let frames = match random.u8(0..12) {
            0 => 0,
            1 => 1,
            2 => 65_536,
            3 => random.u32(1..16_384),
            _ => random.u32(1..1024),
        };
        let mut events = Events::new();
        let count = match random.u8(0..16) {
            0 => random.usize(1000..20_000),
            1..=3 => random.usize(20..400),
            _ => random.usize(0..20),
        };
        let mut described = String::new();
        let sorted = random.bool();
        let mut times: Vec<_> = (0..count)
            .map(|_| match random.u8(0..6) {
                0 => frames,
                1 => random.u32(..),
                2 => u32::MAX,
                _ => random.u32(0..frames.max(1)),
            })
            .collect();
        if sorted {
            times.sort_unstable();
        }
        for time in times {
            let event = self.push(random, &mut events, time, true);
            if described.len() < 600 {
                described += &event;
            }
        }
        if random.u8(0..8) == 0 {
            events.surplus = random.u32(0..1000);
        }
        events.without_size = random.u8(0..32) == 0;
        events.without_get = random.u8(0..32) == 0;
        let mut block = Block::new(frames, &events);
        if random.u8(0..32) == 0 {
            block.events = None;
        }
        block.outgoing = random_outgoing(random);
        block.output = random_output(random);
        block.input = random_input(random);
        block.transport = random.bool().then(|| wild_transport(random, 0));
        block.steady_time = [-1, 0, i64::MAX, i64::MIN][random.usize(0..4)];
        println!(
            "wild block of {frames}, {:?} to {:?}, {:?}, {count} events (+{}, {}{}{}):{described}",
            block.input,
            block.output,
            block.outgoing,
            events.surplus,
            if events.without_size { "no size " } else { "" },
            if events.without_get { "no get " } else { "" },
            if block.events.is_none() { "null" } else { "" },
        );
        self.process(&block, false);
    }

    /// Plays a block and checks the result.
    fn process(&self, block: &Block<'_>, is_good: bool) {
        let played = self.plugin.process(block);
        assert_eq!(played.fault(), None);
        if !self.active {
            assert!(
                played.is_error() || block.frames == 0,
                "a block is played while not active"
            );
        }
        if self.active && self.processing && is_good {
            assert!(!played.is_error(), "a good block is refused");
        }
        for (_, time) in played.returned {
            assert!(
                time < block.frames.max(1),
                "the plugin sends an event at {time} in a block of {}",
                block.frames
            );
        }
    }

    fn activate(&mut self, random: &mut Rng, wild: bool) {
        let (rate, least, most) = if wild {
            let rates = [
                f64::NAN,
                f64::INFINITY,
                -1.0,
                0.0,
                1.0,
                999.9,
                1_000.0,
                1_000_000.0,
                1_000_001.0,
                1e300,
                44_100.0,
            ];
            let frames = [0, 1, 64, 65_536, 65_537, i32::MAX as u32, u32::MAX];
            (
                rates[random.usize(0..rates.len())],
                frames[random.usize(0..frames.len())],
                frames[random.usize(0..frames.len())],
            )
        } else {
            let rates = [8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0];
            (
                rates[random.usize(0..rates.len())],
                random.u32(1..=64),
                random.u32(64..=8192),
            )
        };
        println!("activate at {rate}, {least} to {most}");
        let answer = self.plugin.activate(rate, least, most);
        let possible = (1_000.0..=1_000_000.0).contains(&rate) && most <= LONGEST;
        if !possible {
            assert!(!answer, "an activation that cannot be is accepted");
        }
        if !wild && self.initialised {
            assert!(answer, "a good activation is refused");
        }
        if answer {
            (self.active, self.processing) = (true, false);
        } else {
            // The activation before this one may or may not continue; both are allowed.
            self.plugin.deactivate();
            (self.active, self.processing) = (false, false);
        }
    }

    fn flush(&mut self, random: &mut Rng) {
        let mut events = Events::new();
        let mut described = String::new();
        let wild = random.bool();
        for _ in 0..random.usize(0..12) {
            let time = if wild { random.u32(..) } else { 0 };
            described += &self.push(random, &mut events, time, wild);
        }
        let null = random.u8(0..8) == 0;
        let outgoing = random_outgoing(random);
        let elsewhere = random.bool();
        println!("flush {outgoing:?}, null {null}, another thread {elsewhere}:{described}");
        let list = (!null).then_some(&events);
        if elsewhere {
            let plugin = &self.plugin;
            // The list is read on the other thread only, while this one waits.
            struct Lent<'a>(Option<&'a Events>);
            // SAFETY: the list is used by one thread at a time.
            unsafe impl Send for Lent<'_> {}
            let lent = Lent(list);
            thread::scope(|scope| {
                scope.spawn(move || {
                    let lent = lent;
                    plugin.flush(lent.0, outgoing);
                });
            });
        } else {
            self.plugin.flush(list, outgoing);
        }
    }

    fn states(&mut self, random: &mut Rng) {
        let flows = [
            Flow::Whole,
            Flow::Trickle,
            Flow::Fails(random.usize(0..4000)),
            Flow::Boasts,
            Flow::Mute,
        ];
        let flow = match random.u8(0..2) {
            0 => Flow::Whole,
            _ => flows[random.usize(0..flows.len())],
        };
        match random.u8(0..7) {
            0 => {
                println!("save {flow:?}");
                match self.plugin.save(flow) {
                    Some(state) => self.state = state,
                    None => assert!(flow != Flow::Whole, "the state is not saved"),
                }
            }
            1 => {
                let context = random.u32(0..5);
                println!("save in the context {context} {flow:?}");
                match self.plugin.save_in(context, flow) {
                    Some(state) => self.state = state,
                    None => assert!(flow != Flow::Whole, "the state is not saved"),
                }
            }
            2 => {
                let context = random.u32(0..5);
                println!("load the last state in the context {context} {flow:?}");
                let loaded = self.plugin.load_in(context, &self.state, flow);
                assert!(loaded || flow != Flow::Whole, "the state is not loaded");
            }
            3 => {
                println!("load the last state {flow:?}");
                let loaded = self.plugin.load(&self.state, flow);
                assert!(loaded || flow != Flow::Whole, "the state is not loaded");
            }
            4 => {
                let kind = random.u32(0..3);
                let texts = [
                    None,
                    Some(c""),
                    Some(c"Tideline"),
                    Some(c"/tmp"),
                    Some(c"\xff"),
                ];
                let location = texts[random.usize(0..texts.len())];
                let key = texts[random.usize(0..texts.len())];
                println!("load the preset {kind} {location:?} {key:?}");
                let loaded = self.plugin.load_preset(kind, location, key);
                assert_eq!(loaded, kind == 1 && key == Some(c"Tideline"));
            }
            5 => {
                let mut damaged = self.state.clone();
                let count = random.usize(1..30);
                for _ in 0..count {
                    let at = random.usize(0..damaged.len());
                    damaged[at] = random.u8(..);
                }
                damaged.truncate(random.usize(0..=damaged.len()).max(damaged.len() / 2));
                println!("load a state with {count} damages {flow:?}");
                self.plugin.load(&damaged, flow);
            }
            _ => {
                println!("null streams");
                assert_eq!(self.plugin.save_and_load_null(random.u32(0..5)), [false; 4]);
            }
        }
    }

    fn ask(&mut self, random: &mut Rng) {
        let index = wild_index(random);
        let is_input = random.bool();
        let mode = [0, 1, 2, -1, i32::MAX][random.usize(0..5)];
        println!("ask for {index}, render mode {mode}");
        let plugin = &self.plugin;
        let (ports, channels) = plugin.audio_port(index, is_input);
        assert_eq!(channels.is_some(), index < ports);
        plugin.note_port(index, is_input);
        let named = plugin.note_name(index);
        assert_eq!(named.is_some(), index < plugin.note_names());
        let there = plugin.remote_controls(index);
        assert_eq!(there, index < plugin.remote_control_pages());
        plugin.ports_config(index);
        plugin.select_ports_config(index);
        plugin.render(mode);
        plugin.facts();
        plugin.track_changed();
        assert!(plugin.ask_into_null().is_empty());
        plugin.has_extension(Some(c"no.such.thing"));
        plugin.has_extension(None);
        assert!(plugin.process_null() == 0);
    }

    fn parameters(&mut self, random: &mut Rng) {
        let index = wild_index(random);
        let id = self.random_id(random);
        let value = wild_number(random);
        let capacity = random.u32(0..40);
        let text: Vec<u8> = (0..random.usize(0..12)).map(|_| random.u8(1..)).collect();
        println!("parameter {index}, {id} at {value} in {capacity} bytes, from {text:?}");
        let plugin = &self.plugin;
        let info = plugin.param(index);
        assert_eq!(info.is_some(), index < plugin.params());
        plugin.param_into_null(index);
        plugin.param_value_into_null(id);
        plugin.value_to_text(id, value, None);
        plugin.value_to_text(id, value, Some(capacity));
        plugin.text_to_value(id, None);
        if let Some(value) = plugin.text_to_value(id, Some(&text)) {
            assert!(value.is_finite(), "{text:?} gives {value}");
        }
        if let Some(held) = plugin.param_value(id) {
            assert!(held.is_finite(), "{id} holds {held}");
        }
    }

    /// Calls functions of the editor without a display, so that no window opens.
    fn gui(&mut self, random: &mut Rng) {
        let apis: [Option<&CStr>; 5] = [
            None,
            Some(c""),
            Some(CLAP_WINDOW_API_X11),
            Some(CLAP_WINDOW_API_WAYLAND),
            Some(c"win32"),
        ];
        let api = apis[random.usize(0..apis.len())];
        let size = [0, 1, 800, 65_535, u32::MAX][random.usize(0..5)];
        let call = random.u8(0..10);
        let floating = random.bool();
        println!("gui {call}, {api:?}, floating {floating}, size {size}");
        let plugin = &self.plugin;
        match call {
            0 => drop(plugin.gui_supports(api, floating)),
            1..=2 => {
                let created = plugin.gui_create(api, floating);
                assert!(
                    !created || api == Some(CLAP_WINDOW_API_X11),
                    "an editor of another interface"
                );
            }
            3 => plugin.gui_destroy(),
            4 => {
                plugin.gui_scale(wild_number(random));
            }
            5 => {
                plugin.gui_adjust(size, 600);
                plugin.gui_adjust_null();
                plugin.gui_resize(size, size);
            }
            6 => {
                plugin.gui_parent(api, random.usize(0..1000));
                plugin.gui_parent_null();
            }
            7 => {
                plugin.gui_preference();
                plugin.gui_hints();
                plugin.gui_size();
            }
            8 => {
                plugin.gui_title(None);
                plugin.gui_title(Some(c"title"));
            }
            _ => {
                plugin.gui_show();
                plugin.gui_hide();
            }
        }
    }

    /// Plays on one thread while another one makes calls that are not allowed at that time.
    fn play_beside_another_thread(&mut self, random: &mut Rng) {
        let seed = random.u64(..);
        println!("two threads, seed {seed}");
        let Self {
            plugin, ids, state, ..
        } = &*self;
        let (plugin, ids) = (plugin, &ids[..]);
        thread::scope(|scope| {
            let player = scope.spawn(move || {
                let mut random = Rng::with_seed(seed);
                for _ in 0..20 {
                    let mut events = Events::new();
                    let frames = random.u32(1..1024);
                    events
                        .push(note_on(0, random.i16(30..90)))
                        .push(note_off(frames / 2, random.i16(30..90)))
                        .push(value(frames, ids[random.usize(0..ids.len())], random.f64()));
                    let played = plugin.process(&Block::new(frames, &events));
                    assert_eq!(played.fault(), None);
                }
            });
            let mut random = Rng::with_seed(!seed);
            while !player.is_finished() {
                match random.u8(0..8) {
                    0 => drop(plugin.load(state, Flow::Whole)),
                    1 => drop(plugin.save(Flow::Whole)),
                    2 => plugin.reset(),
                    3 => plugin.flush(
                        Some(
                            Events::new()
                                .push(value(0, ids[0], 0.5))
                                .push(note_on(0, 60)),
                        ),
                        Outgoing::Taken,
                    ),
                    4 => drop(plugin.facts()),
                    5 => plugin.on_main_thread(),
                    6 => drop(plugin.render(random.i32(0..2))),
                    _ => drop(plugin.param_value(ids[0])),
                }
            }
            if let Err(panic) = player.join() {
                std::panic::resume_unwind(panic);
            }
        });
    }

    /// Checks that the instance, with its first state restored, plays a note and that the note ends.
    fn recover(&mut self) {
        let plugin = &self.plugin;
        plugin.gui_destroy();
        if !self.initialised {
            assert!(plugin.init(), "the plugin initialises");
        }
        plugin.stop();
        plugin.deactivate();
        assert!(
            plugin.load(&self.first_state, Flow::Whole),
            "the first state is loaded"
        );
        plugin.render(0);
        assert!(plugin.activate(48_000.0, 1, 512), "the plugin activates");
        assert!(plugin.start(), "processing starts");
        // Notes that arrived without a block still wait for one; a reset discards them.
        plugin.reset();
        // Modulation is not part of a state.
        let mut events = Events::new();
        for &id in &self.ids {
            events.push(modulation(0, id, 0.0));
        }
        events.push(note_on(0, 60));
        let mut peak = 0.0_f32;
        for n in 0..20 {
            let none = Events::new();
            let played = plugin.process(&Block::new(512, if n == 0 { &events } else { &none }));
            assert!(!played.is_error(), "a block is refused");
            assert_eq!(played.fault(), None);
            peak = peak.max(played.peak());
        }
        assert!(peak > 0.001, "the plugin is silent");
        let mut last = 1.0;
        for n in 0..1000 {
            let mut events = Events::new();
            if n == 0 {
                events.push(note_off(0, 60));
            }
            let played = plugin.process(&Block::new(512, &events));
            assert_eq!(played.fault(), None);
            last = played.peak();
            if last == 0.0 && n > 100 {
                break;
            }
        }
        assert!(last < 1e-4, "a note hangs");
    }

    fn random_id(&self, random: &mut Rng) -> u32 {
        match random.u8(0..8) {
            0 => random.u32(..),
            _ => self.ids[random.usize(0..self.ids.len())],
        }
    }

    /// Adds a random event and returns its description.
    fn push(&self, random: &mut Rng, events: &mut Events, time: u32, wild: bool) -> String {
        let number = match wild && random.bool() {
            true => wild_number(random),
            false => random.f64(),
        };
        let key = match wild && random.bool() {
            true => random.i16(..),
            false => random.i16(0..128),
        };
        let channel = match wild && random.bool() {
            true => random.i16(..),
            false => random.i16(0..16),
        };
        let note_id = match random.u8(0..4) {
            0 if wild => random.i32(..),
            1 => random.i32(0..16),
            _ => -1,
        };
        let id = self.random_id(random);
        let any = random.u8(0..4) == 0;
        let cut = (wild && random.u8(0..12) == 0).then(|| random.usize(16..64));
        macro_rules! add {
            ($event:expr) => {{
                let event = $event;
                match cut {
                    Some(bytes) => events.push_cut(event, bytes),
                    None => events.push(event),
                };
            }};
        }
        let kind = random.u8(0..if wild { 14 } else { 9 });
        match kind {
            0..=2 => {
                let mut note = match kind {
                    0 => note_on(time, key),
                    1 => note_off(time, key),
                    _ => choke(time, key),
                };
                note.velocity = number;
                (note.channel, note.note_id) = (channel, note_id);
                add!(note);
            }
            3 => {
                let mut event = expression(time, random.i32(-1..9), key, number);
                (event.channel, event.note_id) = (channel, note_id);
                add!(event);
            }
            4..=5 => {
                let mut event = value(time, id, number);
                if wild {
                    (event.channel, event.key, event.note_id) = (channel, key, note_id);
                    event.cookie = wild_pointer();
                }
                add!(event);
            }
            6 => {
                let mut event = modulation(time, id, number - 0.5);
                event.note_id = note_id;
                if any {
                    (event.channel, event.key) = (channel, key);
                }
                add!(event);
            }
            7 => add!(midi(
                time,
                [0x80 | random.u8(..), random.u8(..128), random.u8(..128)]
            )),
            8 => match wild {
                true => add!(wild_transport(random, time)),
                false => add!(transport(time, random_tempo(random))),
            },
            9 => add!(midi(time, [random.u8(..), random.u8(..), random.u8(..)])),
            10 => {
                static BYTES: [u8; 6] = [0xf0, 0x7e, 0x7f, 0x09, 0x01, 0xf7];
                match any {
                    true => add!(sysex(time, ptr::null(), random.u32(..))),
                    false => add!(sysex(time, BYTES.as_ptr(), random.u32(0..=6))),
                }
            }
            11 => {
                let mut event = value(time, id, number);
                event.header.space_id = random.u16(..);
                event.header.type_ = random.u16(..);
                add!(event);
            }
            12 => {
                let mut event = value(time, id, number);
                // A size larger than the type would let the plugin read past its end.
                event.header.size = random.u32(0..=event.header.size);
                event.header.flags = random.u32(..);
                events.push(event);
            }
            _ if any => drop(events.push_null().len()),
            _ => add!(clap_event_param_gesture {
                header: header::<clap_event_param_gesture>(
                    CLAP_EVENT_PARAM_GESTURE_BEGIN + random.u16(0..2),
                    time
                ),
                param_id: id,
            }),
        }
        let cut = cut.map_or(String::new(), |bytes| format!(" cut {bytes}"));
        format!(" [{kind} @{time} id {id} key {key} ch {channel} note {note_id} {number:.3e}{cut}]")
    }
}

fn random_tempo(random: &mut Rng) -> f64 {
    20.0 + 300.0 * random.f64()
}

fn wild_number(random: &mut Rng) -> f64 {
    let wild = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e308,
        -1e308,
        0.0,
        -1.0,
        2.0,
        1000.0,
        1e-310,
    ];
    match random.u8(0..4) {
        0 => f64::from_bits(random.u64(..)),
        _ => wild[random.usize(0..wild.len())],
    }
}

fn wild_index(random: &mut Rng) -> u32 {
    match random.u8(0..4) {
        0 => random.u32(..),
        1 => random.u32(0..400),
        _ => random.u32(0..3),
    }
}

fn wild_transport(random: &mut Rng, time: u32) -> clap_event_transport {
    let mut wild = transport(time, wild_number(random));
    wild.flags = random.u32(..);
    wild.song_pos_beats = random.i64(..);
    wild.song_pos_seconds = random.i64(..);
    wild.tempo_inc = wild_number(random);
    (wild.loop_start_beats, wild.loop_end_beats) = (random.i64(..), random.i64(..));
    (wild.bar_start, wild.bar_number) = (random.i64(..), random.i32(..));
    (wild.tsig_num, wild.tsig_denom) = (random.u16(..), random.u16(0..3));
    wild
}

fn random_outgoing(random: &mut Rng) -> Outgoing {
    match random.u8(0..8) {
        0 => Outgoing::Refused,
        1 => Outgoing::NoFunction,
        2 => Outgoing::Null,
        _ => Outgoing::Taken,
    }
}

fn random_output(random: &mut Rng) -> Output {
    match random.u8(0..16) {
        0 => Output::Ports(random.u32(0..4)),
        1 => Output::Channels(random.u32(0..6)),
        2 => Output::NullPort,
        3 => Output::NoData,
        4 => Output::DoubleOnly,
        5 => Output::NullChannel(random.usize(0..2)),
        6 => Output::OneBuffer,
        _ => Output::Stereo,
    }
}

fn random_input(random: &mut Rng) -> Input {
    match random.u8(0..14) {
        0 => Input::None,
        1 => Input::Filled(random.u32(..)),
        2 => Input::Channels(random.u32(0..4)),
        3 => Input::Ports(random.u32(0..4)),
        4 => Input::NullPort,
        5 => Input::WildPointer,
        6 => Input::NoData,
        7 => Input::NullChannels,
        8 => Input::NullChannel(random.usize(0..2)),
        9 => Input::InPlace,
        10 => Input::Crossed,
        11 => Input::OneBuffer,
        _ => Input::Stereo,
    }
}
