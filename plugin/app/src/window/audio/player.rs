//! The plugin in an audio callback: MIDI at its samples, the song position, the External input and the test tone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rtrb::Consumer;
use tidepool_host::{EVENT_CAPACITY, Event, External, Processor, Timed, Transport};

use super::test_tone::TestTone;

/// Longest block that the plugin plays at once; a longer one is played in pieces.
pub const MAX_BLOCK: usize = 8192;

/// MIDI message with its time of arrival.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// The message, with zeros after a shorter one.
    pub bytes: [u8; 3],
    /// Time at which it arrived.
    pub at: Instant,
}

/// Figures of the audio thread for the worker, and requests to it. They publish no other data, so all accesses are
/// relaxed.
#[derive(Debug, Default)]
pub struct Monitor {
    blocks: AtomicU64,
    /// True after the audio system has reported that the device is gone.
    lost: AtomicBool,
    tones: AtomicU32,
}

impl Monitor {
    /// Returns the number of blocks that were played.
    pub fn blocks(&self) -> u64 {
        self.blocks.load(Ordering::Relaxed)
    }

    /// Reports that the device is gone. Any thread.
    pub fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Returns true if the device is gone, and forgets it.
    pub fn take_loss(&self) -> bool {
        self.lost.swap(false, Ordering::Relaxed)
    }

    /// Requests a test tone.
    pub fn request_tone(&self) {
        self.tones.fetch_add(1, Ordering::Relaxed);
    }
}

/// The plugin and all that is played into it. `[audio]`
pub struct Player {
    processor: Processor,
    rate: f64,
    /// Tempo of a song without another one.
    tempo: f64,
    messages: Consumer<Message>,
    monitor: Arc<Monitor>,
    /// Events of the present block.
    events: Vec<Timed>,
    /// Events of a piece of it.
    piece: Vec<Timed>,
    external: [Vec<f32>; 2],
    tone: TestTone,
    tones: u32,
}

impl Player {
    /// Creates a player of an active plugin, which plays the song from its beginning in `tempo`.
    pub fn new(
        mut processor: Processor,
        rate: u32,
        tempo: f64,
        messages: Consumer<Message>,
        monitor: Arc<Monitor>,
    ) -> Self {
        let rate = f64::from(rate);
        processor.set_transport(Transport {
            tempo,
            beats: 0.0,
            seconds: 0.0,
            playing: true,
        });
        let tones = monitor.tones.load(Ordering::Relaxed);
        Self {
            processor,
            rate,
            tempo,
            messages,
            monitor,
            events: Vec::with_capacity(EVENT_CAPACITY),
            piece: Vec::with_capacity(EVENT_CAPACITY),
            external: [vec![0.0; MAX_BLOCK], vec![0.0; MAX_BLOCK]],
            tone: TestTone::new(rate),
            tones,
        }
    }

    /// Returns the plugin and the queue of messages, for another player.
    pub fn into_parts(self) -> (Processor, Consumer<Message>) {
        (self.processor, self.messages)
    }

    /// Returns the monitor, for the callbacks of an audio system.
    pub fn monitor(&self) -> &Arc<Monitor> {
        &self.monitor
    }

    /// Returns the tempo of a song without another one.
    pub fn tempo(&self) -> f64 {
        self.tempo
    }

    /// Sets the song position at the beginning of the next block.
    pub fn set_transport(&mut self, transport: Transport) {
        self.processor.set_transport(transport);
    }

    /// Adds a MIDI message at a sample of the next block. Messages beyond the capacity are dropped.
    pub fn add_midi(&mut self, time: u32, bytes: &[u8]) {
        if let Some(bytes) = channel_message(bytes)
            && self.events.len() < EVENT_CAPACITY
        {
            self.events.push(Event::Midi(bytes).at(time));
        }
    }

    /// Plays one block into `outputs`, with `external` at the External input; the channels of both have one length.
    pub fn play(&mut self, outputs: [&mut [f32]; 2], external: Option<[&[f32]; 2]>) {
        let [left, right] = outputs;
        let frames = left.len().min(right.len());
        let (left, right) = (&mut left[..frames], &mut right[..frames]);
        self.collect_messages(frames);
        let mut start = 0;
        while start < frames {
            let end = (start + MAX_BLOCK).min(frames);
            let input = external.map(|channels| channels.map(|channel| &channel[start..end]));
            let outputs = [&mut left[start..end], &mut right[start..end]];
            self.play_piece(outputs, input, start as u32, end == frames);
            start = end;
        }
        self.events.clear();
        let tones = self.monitor.tones.load(Ordering::Relaxed);
        if tones != self.tones {
            self.tones = tones;
            self.tone.start();
        }
        self.tone.add(left, right);
        self.monitor.blocks.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the messages that have arrived. Each is played one block later, so that the distances stay.
    fn collect_messages(&mut self, frames: usize) {
        let now = Instant::now();
        // As many as fit; the others wait for the next block.
        for _ in 0..self.events.capacity() - self.events.len() {
            let Ok(message) = self.messages.pop() else {
                break;
            };
            let age = now.saturating_duration_since(message.at);
            let time = sample_of(age, self.rate, frames);
            self.events.push(Event::Midi(message.bytes).at(time));
        }
    }

    fn play_piece(
        &mut self,
        outputs: [&mut [f32]; 2],
        external: Option<[&[f32]; 2]>,
        start: u32,
        is_last: bool,
    ) {
        let frames = outputs[0].len();
        let end = start + frames as u32;
        self.piece.clear();
        for timed in &self.events {
            if timed.time >= start && (timed.time < end || is_last) {
                let time = (timed.time - start).min(frames as u32 - 1);
                self.piece.push(timed.event.at(time));
            }
        }
        let [in_left, in_right] = &mut self.external;
        let external = match external {
            Some([left, right]) => {
                in_left[..frames].copy_from_slice(left);
                in_right[..frames].copy_from_slice(right);
                External::Stereo([&mut in_left[..frames], &mut in_right[..frames]])
            }
            None => External::None,
        };
        let [left, right] = outputs;
        let played = (self.processor.start())
            .and_then(|()| (self.processor).process([left, right], external, &self.piece));
        if played.is_err() {
            left.fill(0.0);
            right.fill(0.0);
        }
    }
}

/// Returns the sample of a block for a message that is `age` old when the block begins. Messages of the time of one block
/// are spread over the next one; older ones, after a block that was late, are at its beginning.
fn sample_of(age: Duration, rate: f64, frames: usize) -> u32 {
    let time = frames as f64 - age.as_secs_f64() * rate;
    time.clamp(0.0, frames.saturating_sub(1) as f64) as u32
}

/// Returns a message for a channel in three bytes; `None` for other messages, such as clocks and system exclusive.
pub fn channel_message(bytes: &[u8]) -> Option<[u8; 3]> {
    let status = *bytes.first()?;
    let length = match status {
        0xc0..=0xdf => 2,
        0x80..=0xef => 3,
        _ => return None,
    };
    let mut message = [status, 0, 0];
    let rest = bytes.get(1..length)?;
    message[1..length].copy_from_slice(rest);
    rest.iter().all(|byte| *byte < 0x80).then_some(message)
}

#[cfg(test)]
mod tests {
    use rtrb::{Producer, RingBuffer};
    use tidepool_host::{Instance, PluginEntry};

    use super::*;

    const RATE: u32 = 48_000;
    const NOTE: [u8; 3] = [0x90, 57, 100];

    /// Player with its plugin, which takes the processor back at the end.
    struct Band {
        instance: Instance,
        player: Option<Player>,
        queue: Producer<Message>,
        monitor: Arc<Monitor>,
    }

    impl Band {
        fn new() -> Self {
            // SAFETY: `clap_entry` is a static of this program, and conforms to the CLAP ABI.
            let entry = unsafe { PluginEntry::load_from_raw(&tidepool::clap_entry, c"") };
            let mut instance = Instance::new(&entry.unwrap()).unwrap();
            let processor = instance.activate(RATE.into(), 1..=MAX_BLOCK as u32);
            let (queue, messages) = RingBuffer::new(16);
            let monitor = Arc::<Monitor>::default();
            let player = Player::new(processor.unwrap(), RATE, 120.0, messages, monitor.clone());
            Self {
                instance,
                player: Some(player),
                queue,
                monitor,
            }
        }

        fn player(&mut self) -> &mut Player {
            self.player.as_mut().unwrap()
        }

        fn play(&mut self, frames: usize) -> [Vec<f32>; 2] {
            let [mut left, mut right] = [vec![f32::NAN; frames], vec![f32::NAN; frames]];
            self.player().play([&mut left, &mut right], None);
            [left, right]
        }
    }

    impl Drop for Band {
        fn drop(&mut self) {
            if let Some(player) = self.player.take() {
                let (mut processor, _) = player.into_parts();
                processor.stop();
                self.instance.deactivate(processor);
            }
        }
    }

    fn first_sound(samples: &[f32]) -> Option<usize> {
        samples.iter().position(|sample| *sample != 0.0)
    }

    #[test]
    fn midi_is_played_at_its_sample_in_blocks_of_any_length() {
        let mut long = Band::new();
        long.player().add_midi(10_000, &NOTE);
        let [whole, _] = long.play(20_000);
        let first = first_sound(&whole).expect("the note sounds");
        assert!((10_000..10_100).contains(&first), "{first}");
        let mut short = Band::new();
        let mut joined = Vec::new();
        while joined.len() < 20_000 {
            let into = 10_000usize.checked_sub(joined.len());
            if let Some(into) = into.filter(|into| *into < 500) {
                short.player().add_midi(into as u32, &NOTE);
            }
            joined.extend(short.play(500)[0].clone());
        }
        assert!(whole == joined, "the length of the blocks is heard");
        assert_eq!(short.monitor.blocks(), 40);
    }

    #[test]
    fn messages_of_the_queue_sound_and_others_are_left_out() {
        let mut band = Band::new();
        let [left, _] = band.play(4096);
        assert_eq!(first_sound(&left), None);
        let at = Instant::now();
        band.queue.push(Message { bytes: NOTE, at }).unwrap();
        let [left, _] = band.play(4096);
        assert!(first_sound(&left).is_some());
    }

    #[test]
    fn the_test_tone_is_heard_without_a_key() {
        let mut band = Band::new();
        band.monitor.request_tone();
        // The request is taken at the end of a block.
        let [left, right] = band.play(4800);
        assert!(first_sound(&left).is_some() && first_sound(&right).is_none());
        let [_, right] = band.play(48_000);
        assert!(first_sound(&right).is_some());
    }

    #[test]
    fn distances_between_messages_stay() {
        let at = |microseconds| sample_of(Duration::from_micros(microseconds), 48_000.0, 480);
        assert_eq!([10_000, 7500, 5000, 0].map(at), [0, 120, 240, 479]);
        assert_eq!(at(1_000_000), 0);
    }

    #[test]
    fn messages_for_channels_have_three_bytes() {
        assert_eq!(channel_message(&[0x91, 60, 1]), Some([0x91, 60, 1]));
        assert_eq!(channel_message(&[0xc0, 5]), Some([0xc0, 5, 0]));
        assert_eq!(channel_message(&[0xd0, 5, 9]), Some([0xd0, 5, 0]));
        for other in [
            &[][..],
            &[0x90, 60],
            &[0xf8],
            &[0xf0, 1, 0xf7],
            &[60, 60],
            &[0x90, 0x80, 1],
        ] {
            assert_eq!(channel_message(other), None, "{other:x?}");
        }
    }
}
