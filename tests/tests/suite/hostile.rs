//! Host that breaks every rule of CLAP: no call may crash, hang or write past a buffer, and valid events have to take
//! effect. Each case runs in a child process of its own.

mod buffers;
mod calls;
mod events;
mod hosts;
mod lifecycle;
mod notes;
mod scripts;
mod times;

use tidepool_tests::raw_host::{Block, Events, Host, Library, Manners, Played, Plugin};

/// Sample rate of these tests, in Hz.
const RATE: f64 = 48_000.0;
/// Announced maximum block length, in samples.
const BLOCK: u32 = 512;

/// Returns an instance in a well-behaved host, active and processing.
fn playing() -> Plugin {
    let plugin = initialised();
    assert!(plugin.activate(RATE, 1, BLOCK), "the plugin activates");
    assert!(plugin.start(), "processing starts");
    plugin
}

/// Returns an instance in a well-behaved host, initialised but not active.
fn initialised() -> Plugin {
    let plugin = Library::bundled().create(Host::new(Manners::GOOD));
    assert!(plugin.init(), "the plugin initialises");
    plugin
}

/// Plays a valid block and checks that the output is valid and the status is no error.
#[track_caller]
fn play(plugin: &Plugin, frames: u32, events: &Events) -> Played {
    play_block(plugin, &Block::new(frames, events))
}

/// Plays a block and checks that the output is valid and the status is no error.
#[track_caller]
fn play_block(plugin: &Plugin, block: &Block<'_>) -> Played {
    let played = plugin.process(block);
    assert!(!played.is_error(), "the block is refused");
    assert_eq!(played.fault(), None);
    played
}

/// Plays a block and checks that the status is an error and the output is cleared.
#[track_caller]
fn refuse(plugin: &Plugin, block: &Block<'_>) {
    let played = plugin.process(block);
    assert!(played.is_error(), "the block is played");
    assert_eq!(played.fault(), None);
}

/// Returns the largest sample of `blocks` further blocks without events.
#[track_caller]
fn peak_of(plugin: &Plugin, blocks: usize) -> f32 {
    let none = Events::new();
    (0..blocks)
        .map(|_| play(plugin, BLOCK, &none).peak())
        .fold(0.0, f32::max)
}

/// Returns all samples of `blocks` further blocks without events.
#[track_caller]
fn sound_of(plugin: &Plugin, blocks: usize) -> Vec<f32> {
    let none = Events::new();
    (0..blocks)
        .flat_map(|_| play(plugin, BLOCK, &none).channels.concat())
        .collect()
}

/// Returns the id of the parameter with the text id `key`.
fn id(key: &str) -> u32 {
    tidepool::params::param_id(key)
}

/// Returns the value of a parameter, as the host reads it.
#[track_caller]
fn read(plugin: &Plugin, key: &str) -> f64 {
    let value = plugin.param_value(id(key));
    value.unwrap_or_else(|| panic!("there is no parameter `{key}`"))
}

/// Checks that `key` has `value`, within the precision of 32 bits in a curved range.
#[track_caller]
fn assert_holds(plugin: &Plugin, key: &str, value: f64) {
    let held = read(plugin, key);
    assert!(
        (held - value).abs() < 1e-5,
        "`{key}` holds {held}, not {value}"
    );
}
