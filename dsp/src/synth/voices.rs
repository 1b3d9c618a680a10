//! All voices, and which of them plays which note.

use super::Channel;
use super::voice::{Controls, NotFinite, Voice};
use crate::event::{EventKind, Note, NoteFilter};
use crate::rt::Scope;

/// Most notes at once.
pub const MAX_VOICES: usize = 32;
/// Room for voices that fade while a new note already has their place.
const SLOTS: usize = MAX_VOICES + 16;

/// The voices and the channels that play them. `[audio]`
#[derive(Clone, Debug)]
pub struct Voices {
    slots: [Voice; SLOTS],
    channels: [Channel; 16],
    notes_started: u64,
}

impl Default for Voices {
    fn default() -> Self {
        Self {
            slots: [Voice::default(); SLOTS],
            channels: [Channel::default(); 16],
            notes_started: 0,
        }
    }
}

impl Voices {
    /// How many notes sound; those that fade because their place was taken do not count.
    pub fn live(&self) -> usize {
        self.slots.iter().filter(|voice| voice.live()).count()
    }

    /// Starts `note`; at most `limit` (1 to [`MAX_VOICES`]) notes stay live. `ended` hears of those that
    /// give way.
    pub fn start(
        &mut self,
        note: Note,
        velocity_gain: f32,
        limit: usize,
        controls: &Controls,
        mut ended: impl FnMut(Note),
    ) {
        self.limit(limit.clamp(1, MAX_VOICES) - 1, &mut ended);
        let slot = self.free_slot(&mut ended);
        self.notes_started += 1;
        let channel = &self.channels[channel_index(note.channel)];
        self.slots[slot] = Voice::start(note, velocity_gain, self.notes_started, controls, channel);
    }

    /// Fades voices until at most `limit` are live: released ones first, then those that only the
    /// pedal holds, each from the oldest. `ended` hears of them at once, because the note is over though its
    /// last 3 ms are not.
    pub fn limit(&mut self, limit: usize, mut ended: impl FnMut(Note)) {
        for _ in limit..self.live() {
            let victim = self
                .slots
                .iter_mut()
                .filter(|voice| voice.live())
                .min_by_key(|voice| (voice.held(), !voice.released(), voice.order));
            if let Some(voice) = victim {
                voice.fade();
                voice.told = true;
                ended(voice.note);
            }
        }
    }

    fn free_slot(&mut self, mut ended: impl FnMut(Note)) -> usize {
        if let Some(slot) = self.slots.iter().position(Voice::free) {
            return slot;
        }
        // Every spare slot is fading, which takes 3 ms: cut the quietest of them.
        let quietest = |slot: &usize| {
            let voice = &self.slots[*slot];
            (voice.live(), (voice.level() * 1e6) as u32, voice.order)
        };
        let slot = (0..SLOTS).min_by_key(quietest).unwrap_or(0);
        if !self.slots[slot].told {
            ended(self.slots[slot].note);
        }
        slot
    }

    /// Takes every event but a note's start. Values are finite.
    pub fn handle(&mut self, event: EventKind) {
        match event {
            EventKind::NoteOn { .. } => {}
            EventKind::NoteOff(target) => self.release(target),
            EventKind::Choke(target) => self.matching(target).for_each(Voice::fade),
            EventKind::Expression {
                target,
                expression,
                value,
            } => self
                .matching(target)
                .for_each(|voice| voice.express(expression, value)),
            EventKind::Bend { channel, value } => {
                self.channels[channel_index(channel)].bend = value.clamp(-1.0, 1.0);
            }
            EventKind::ChannelPressure { channel, value } => {
                self.channels[channel_index(channel)].pressure = value.clamp(0.0, 1.0);
            }
            EventKind::Controller {
                channel,
                number,
                value,
            } => self.control(channel, number, value.clamp(0.0, 1.0)),
        }
    }

    fn matching(&mut self, target: NoteFilter) -> impl Iterator<Item = &mut Voice> {
        self.slots
            .iter_mut()
            .filter(move |voice| !voice.free() && target.matches(&voice.note))
    }

    fn release(&mut self, target: NoteFilter) {
        let channels = self.channels;
        self.matching(target).for_each(|voice| {
            voice.release(channels[channel_index(voice.note.channel)].sustain);
        });
    }

    fn control(&mut self, channel: u8, number: u8, value: f32) {
        let pedal = self.channels[channel_index(channel)].sustain;
        self.channels[channel_index(channel)].control(number, value);
        let all = NoteFilter::channel(channel);
        match number {
            120 => self.matching(all).for_each(Voice::fade),
            123..=127 => self.release(all),
            _ => {}
        }
        if pedal && !self.channels[channel_index(channel)].sustain {
            self.matching(all)
                .filter(|voice| voice.sustained)
                .for_each(|voice| voice.release(false));
        }
    }

    /// At a tick: every voice sets out for where `controls` want it.
    pub fn aim(&mut self, controls: &Controls) {
        for voice in self.slots.iter_mut().filter(|voice| !voice.free()) {
            voice.aim(controls, &self.channels[channel_index(voice.note.channel)]);
        }
    }

    /// Adds all voices to `left` and `right`, which begin `phase` samples into the tick and stay
    /// within it. `ended` hears the note and sample of each voice that fell silent; answers how many
    /// voices had to be muted because they were not finite.
    pub fn render(
        &mut self,
        controls: &Controls,
        phase: usize,
        left: &mut [f32],
        right: &mut [f32],
        scratch: &mut Scope<'_>,
        mut ended: impl FnMut(usize, Note),
    ) -> u64 {
        let mut scratch = scratch.nested();
        let Some(mono) = scratch.take(left.len()) else {
            return 0;
        };
        let mut muted = 0;
        // Voices come one after the other, but their ends have to be told in the order of time, or that
        // order would depend on where the host's blocks are cut.
        let mut ends = [(0, 0); SLOTS];
        let mut count = 0;
        for (slot, voice) in self.slots.iter_mut().enumerate() {
            if voice.free() {
                continue;
            }
            let end = match voice.render(controls, phase, left, right, mono) {
                Ok(None) => continue,
                Ok(Some(at)) => at,
                Err(NotFinite) => {
                    voice.mute();
                    muted += 1;
                    0
                }
            };
            ends[count] = (end, slot);
            count += 1;
        }
        ends[..count].sort_unstable();
        for (at, slot) in &ends[..count] {
            if !self.slots[*slot].told {
                ended(*at, self.slots[*slot].note);
            }
        }
        muted
    }

    #[cfg(test)]
    pub(crate) fn slots_mut(&mut self) -> &mut [Voice] {
        &mut self.slots
    }
}

/// MIDI has 16 channels; what a host sends beyond is folded onto them.
fn channel_index(channel: u8) -> usize {
    usize::from(channel & 15)
}
