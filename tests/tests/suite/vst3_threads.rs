//! VST3 hosts that stop processing, or terminate the plugin, while another thread plays a block.

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use tidepool_tests::vst3_host::{Block, Plugin, on};
use vst3::Steinberg::IPluginBaseTrait;
use vst3::Steinberg::Vst::{IAudioProcessorTrait, IComponentTrait};

const LONGEST: i32 = 512;
const BLOCKS: i16 = 3_000;

struct Shared(Plugin);
// SAFETY: a hostile host calls from any thread; the plugin's tolerance of this is under test.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// Plays blocks on one thread while another one calls `disturb` repeatedly; checks that every block is written to its
/// end, played or refused.
fn play_while(disturb: impl Fn(&Plugin) + Sync) {
    let shared = Shared(Plugin::playing(LONGEST));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (shared, done, disturb) = (&shared, &done, &disturb);
        scope.spawn(move || {
            while !done.load(Relaxed) {
                disturb(&shared.0);
                thread::yield_now();
            }
        });
        let unwritten = (0..BLOCKS).find_map(|number| {
            let block = Block::new(LONGEST).at(on(0, 40 + number % 40));
            let (result, channels) = shared.0.play(&block);
            let whole = channels.iter().flatten().all(|sample| sample.is_finite());
            (!whole).then_some((number, result))
        });
        done.store(true, Relaxed);
        assert_eq!(unwritten, None, "the block with this number and result");
    });
}

#[test]
fn processing_ends_and_begins_while_another_thread_plays() {
    play_while(|plugin| {
        // SAFETY: the plugin is initialized.
        unsafe {
            plugin.processor.setProcessing(0);
            plugin.processor.setProcessing(1);
        }
    });
}

#[test]
fn the_plugin_is_switched_off_and_on_while_another_thread_plays() {
    play_while(|plugin| {
        // SAFETY: the plugin is initialized.
        unsafe {
            plugin.component.setActive(0);
            plugin.component.setActive(1);
            plugin.processor.setProcessing(1);
        }
    });
}

#[test]
fn the_plugin_terminates_and_initializes_while_another_thread_plays() {
    play_while(|plugin| {
        // SAFETY: the object is alive, and a host may initialize it without a context.
        unsafe {
            plugin.component.terminate();
            plugin.component.initialize(ptr::null_mut());
            plugin.set_up(48_000.0, LONGEST);
            plugin.component.setActive(1);
            plugin.processor.setProcessing(1);
        }
    });
}
