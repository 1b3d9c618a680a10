//! A host that breaks every rule of CLAP: no call may crash, hang or write past a buffer, and what a host may mean
//! has to arrive. Each case runs in a child process of its own.

mod buffers;
mod calls;
mod events;
mod hosts;
mod lifecycle;
mod notes;
mod scripts;
mod times;

use tidepool_tests::raw_host::{Block, Events, Host, Library, Manners, Played, Plugin};

/// The rate of these tests.
const RATE: f64 = 48_000.0;
/// The longest block that is announced in these tests, in samples.
const BLOCK: u32 = 512;

/// An instance in a good host, active and processing.
fn playing() -> Plugin {
    let plugin = initialised();
    assert!(plugin.activate(RATE, 1, BLOCK), "the plugin activates");
    assert!(plugin.start(), "processing starts");
    plugin
}

/// An instance in a good host, initialised and no more.
fn initialised() -> Plugin {
    let plugin = Library::bundled().create(Host::new(Manners::GOOD));
    assert!(plugin.init(), "the plugin initialises");
    plugin
}

/// Plays a block as it should be and finds it sane and not refused.
#[track_caller]
fn play(plugin: &Plugin, frames: u32, events: &Events) -> Played {
    play_block(plugin, &Block::new(frames, events))
}

/// Plays a block and finds the sound sane and the block not refused.
#[track_caller]
fn play_block(plugin: &Plugin, block: &Block<'_>) -> Played {
    let played = plugin.process(block);
    assert!(!played.is_error(), "the block is refused");
    assert_eq!(played.fault(), None);
    played
}

/// Plays a block and finds it refused and the output cleared.
#[track_caller]
fn refuse(plugin: &Plugin, block: &Block<'_>) {
    let played = plugin.process(block);
    assert!(played.is_error(), "the block is played");
    assert_eq!(played.fault(), None);
}

/// The largest sample of `blocks` further blocks without events.
#[track_caller]
fn peak_of(plugin: &Plugin, blocks: usize) -> f32 {
    let none = Events::new();
    (0..blocks)
        .map(|_| play(plugin, BLOCK, &none).peak())
        .fold(0.0, f32::max)
}

/// All samples of `blocks` further blocks without events.
#[track_caller]
fn sound_of(plugin: &Plugin, blocks: usize) -> Vec<f32> {
    let none = Events::new();
    (0..blocks)
        .flat_map(|_| play(plugin, BLOCK, &none).channels.concat())
        .collect()
}

/// The number of the parameter with the text id `key`.
fn id(key: &str) -> u32 {
    tidepool::params::param_id(key)
}

/// The value of a parameter, as the host reads it.
#[track_caller]
fn read(plugin: &Plugin, key: &str) -> f64 {
    let value = plugin.param_value(id(key));
    value.unwrap_or_else(|| panic!("there is no parameter `{key}`"))
}

/// `key` holds `value`, as far as 32 bits of a curved range can tell.
#[track_caller]
fn assert_holds(plugin: &Plugin, key: &str, value: f64) {
    let held = read(plugin, key);
    assert!(
        (held - value).abs() < 1e-5,
        "`{key}` holds {held}, not {value}"
    );
}
