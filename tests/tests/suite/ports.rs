//! Declared properties of the plugin: ports, voices, latency, tail.

use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::latency::PluginLatency;
use clack_extensions::note_ports::{NoteDialects, NotePortInfoBuffer, PluginNotePorts};
use clack_extensions::tail::{PluginTail, TailLength};
use clack_extensions::voice_info::{PluginVoiceInfo, VoiceInfoFlags};
use tidepool_host::{External, ProcessStatus};
use tidepool_tests::score::{off, on};
use tidepool_tests::{Rig, bundles};

#[test]
fn the_bundle_holds_one_instrument() {
    let factory = bundles::clap()
        .get_plugin_factory()
        .expect("there is a factory");
    assert_eq!(factory.plugin_count(), 1);
    let descriptor = factory
        .plugin_descriptor(0)
        .expect("the one plugin is described");
    assert_eq!(descriptor.id(), Some(c"io.github.tidepool-audio.tidepool"));
    assert_eq!(descriptor.name(), Some(c"Tidepool"));
    let features: Vec<_> = descriptor.features().collect();
    for feature in [c"instrument", c"synthesizer", c"stereo"] {
        assert!(
            features.contains(&feature),
            "{feature:?} is not among {features:?}"
        );
    }
}

#[test]
fn stereo_goes_out_and_external_comes_in() {
    let mut rig = Rig::new();
    let handle = rig.instance.handle();
    let ports: PluginAudioPorts = handle.get_extension().expect("there are audio ports");
    for (is_input, name) in [(false, "Output"), (true, "External")] {
        assert_eq!(ports.count(&handle, is_input), 1, "{name}");
        let mut buffer = AudioPortInfoBuffer::new();
        let port = ports
            .get(&handle, 0, is_input, &mut buffer)
            .expect("the one port is described");
        assert_eq!(String::from_utf8_lossy(port.name), name);
        assert_eq!(port.channel_count, 2, "{name}");
    }
}

#[test]
fn notes_come_in_as_clap_and_as_midi() {
    let mut rig = Rig::new();
    let handle = rig.instance.handle();
    let ports: PluginNotePorts = handle.get_extension().expect("there are note ports");
    assert_eq!(ports.count(&handle, true), 1);
    let mut buffer = NotePortInfoBuffer::new();
    let port = ports
        .get(&handle, 0, true, &mut buffer)
        .expect("the one port is described");
    assert!(
        port.supported_dialects
            .contains(NoteDialects::CLAP | NoteDialects::MIDI)
    );
}

#[test]
fn there_are_one_to_sixty_four_voices() {
    let mut rig = Rig::new();
    let handle = rig.instance.handle();
    let voices: PluginVoiceInfo = handle.get_extension().expect("there is voice information");
    let voices = voices.get(&handle).expect("the voices are told");
    assert_eq!(voices.voice_capacity, 64);
    assert!((1..=64).contains(&voices.voice_count));
    assert!(
        voices
            .flags
            .contains(VoiceInfoFlags::SUPPORTS_OVERLAPPING_NOTES)
    );

    let id = tidepool::params::param_id("voices");
    assert_eq!(
        rig.instance
            .text_to_value(id, "1")
            .and_then(|one| rig.instance.value_to_text(id, one))
            .as_deref(),
        Some("1")
    );
    assert_eq!(
        rig.instance.text_to_value(id, "64"),
        Some(rig.param("voices").max)
    );
    assert_eq!(
        rig.instance.text_to_value(id, "1"),
        Some(rig.param("voices").min)
    );
}

#[test]
fn there_is_no_latency() {
    let mut rig = Rig::new();
    let handle = rig.instance.handle();
    if let Some(latency) = handle.get_extension::<PluginLatency>() {
        assert_eq!(latency.get(&handle), 0);
    }
}

#[test]
fn a_host_must_not_stop_between_echoes_and_may_once_they_have_died_away() {
    const BLOCK: usize = 480;
    let mut rig = Rig::new();
    let handle = rig.instance.handle();
    let tail: PluginTail = handle.get_extension().expect("there is a tail");
    // One echo, a second after a key is tapped: a half note at the default tempo, used if the host sends none.
    let mut events = [
        ("send_delay", "0 dB"),
        ("delay_time", "1/2"),
        ("delay_feedback", "0 %"),
        ("release", "10 ms"),
    ]
    .map(|(key, text)| rig.set(key, text).at(0))
    .to_vec();
    events.extend([on(60).at(100), off(60).at(300)]);

    let mut play = |events: &[_]| {
        let (mut left, mut right) = ([f32::NAN; BLOCK], [f32::NAN; BLOCK]);
        let status = rig
            .processor()
            .process([&mut left, &mut right], External::None, events)
            .expect("the plugin processes");
        let silent = left.iter().chain(&right).all(|&sample| sample == 0.0);
        (silent, status, tail.get(&rig.processor().handle()))
    };
    let awake = (ProcessStatus::Continue, TailLength::Infinite);
    let free = (ProcessStatus::ContinueIfNotQuiet, TailLength::Finite(0));
    let (silent, status, length) = play(&[]);
    assert!(silent && (status, length) == free, "{status:?}, {length:?}");
    play(&events);
    let blocks: Vec<_> = (1..400).map(|_| play(&[])).collect();

    let gap = &blocks[20..90];
    for &(silent, status, length) in gap {
        assert!(silent, "there is no gap");
        assert_eq!((status, length), awake, "in the gap before the echo");
    }
    let echo = blocks.iter().rposition(|(silent, ..)| !silent);
    let echo = echo.expect("the echo is heard");
    assert!(
        (95..150).contains(&echo),
        "the last sound is in block {echo}"
    );
    let (_, status, length) = blocks[blocks.len() - 1];
    assert_eq!((status, length), free, "two seconds after the last sound");
}
