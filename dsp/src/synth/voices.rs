//! All voices, and which of them plays which note.

use super::envelope::EnvelopeRates;
use super::voice::{Controls, Voice};
use crate::event::{Note, NoteFilter};
use crate::rt::Scope;

/// Most notes at once.
pub const MAX_VOICES: usize = 32;
/// Every voice, with room for those that fade while a new note already has their place.
pub const SLOTS: usize = MAX_VOICES + 16;

/// The voices. `[audio]`
#[derive(Clone, Debug)]
pub struct Voices {
    slots: [Voice; SLOTS],
    notes_started: u64,
}

impl Default for Voices {
    fn default() -> Self {
        Self {
            slots: [Voice::default(); SLOTS],
            notes_started: 0,
        }
    }
}

impl Voices {
    /// How many notes sound; those that fade because their place was taken do not count.
    pub fn live(&self) -> usize {
        self.slots.iter().filter(|voice| voice.live()).count()
    }

    /// Starts `note` and answers its slot, whose voice has to be [settled](Voice::settle) before it is heard;
    /// at most `limit` (1 to [`MAX_VOICES`]) notes stay live. `ended` hears of those that give way.
    pub fn start(
        &mut self,
        note: Note,
        velocity_gain: f32,
        limit: usize,
        mut ended: impl FnMut(Note),
    ) -> usize {
        self.limit(limit.clamp(1, MAX_VOICES) - 1, &mut ended);
        let slot = self.free_slot(&mut ended);
        self.notes_started += 1;
        self.slots[slot] = Voice::start(note, velocity_gain, self.notes_started);
        slot
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
                if !voice.told {
                    voice.told = true;
                    ended(voice.note);
                }
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

    /// The slots of the notes that sound and are meant.
    pub fn matching(&self, target: NoteFilter) -> impl Iterator<Item = usize> + '_ {
        self.sounding()
            .filter(move |slot| target.matches(&self.slots[*slot].note))
    }

    /// The slots that sound.
    pub fn sounding(&self) -> impl Iterator<Item = usize> + '_ {
        (0..SLOTS).filter(|slot| self.slots[*slot].sounds())
    }

    /// The voice in `slot`.
    pub fn voice(&self, slot: usize) -> &Voice {
        &self.slots[slot]
    }

    /// The voice in `slot`.
    pub fn voice_mut(&mut self, slot: usize) -> &mut Voice {
        &mut self.slots[slot]
    }

    /// Lets the notes go that are meant, or leaves them to the pedal where `pedal` of their channel says so.
    pub fn release(&mut self, target: NoteFilter, pedal: impl Fn(u8) -> bool) {
        for voice in self.meant(target) {
            voice.release(pedal(voice.note.channel));
        }
    }

    /// Fades the notes that are meant, within 3 ms.
    pub fn fade(&mut self, target: NoteFilter) {
        self.meant(target).for_each(Voice::fade);
    }

    /// Lets the notes go that only a pedal holds which is up now.
    pub fn lift(&mut self, pedal: impl Fn(u8) -> bool) {
        self.meant(NoteFilter::default())
            .filter(|voice| voice.sustained && !pedal(voice.note.channel))
            .for_each(|voice| voice.release(false));
    }

    fn meant(&mut self, target: NoteFilter) -> impl Iterator<Item = &mut Voice> {
        self.slots
            .iter_mut()
            .filter(move |voice| voice.sounds() && target.matches(&voice.note))
    }

    /// At a tick: every voice sets out for where `controls` want it, which is asked of slot and note.
    pub fn aim(&mut self, sample_rate: f32, controls: impl Fn(usize, Note) -> Controls) {
        for (slot, voice) in self.slots.iter_mut().enumerate() {
            if !voice.free() {
                voice.aim(&controls(slot, voice.note), sample_rate);
            }
        }
    }

    /// Adds all voices to `left` and `right`, which begin `phase` samples into the tick and stay
    /// within it. `ended` hears the note and sample of each voice that fell silent; answers how many
    /// voices had to be muted because they were not finite.
    pub fn render(
        &mut self,
        rates: &EnvelopeRates,
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
            let rendered = voice.render(rates, phase, left, right, mono);
            muted += u64::from(rendered.muted);
            if let Some(end) = rendered.ended {
                ends[count] = (end, slot);
                count += 1;
            }
        }
        ends[..count].sort_unstable();
        for (at, slot) in &ends[..count] {
            let voice = &mut self.slots[*slot];
            if !std::mem::replace(&mut voice.told, true) {
                ended(*at, voice.note);
            }
        }
        muted
    }
}
