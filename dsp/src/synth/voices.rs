//! All voices, and which of them plays which note.

use super::f32s::{Mask, VOICES_PER_GROUP};
use super::voice::VoiceGroup;
use crate::event::{Note, NoteFilter};
pub use crate::parameter::MAX_VOICES;
use crate::rt::ones;

/// Every voice, with room for those that fade while a new note already has their place.
pub const VOICE_SLOTS: usize = MAX_VOICES + 16;
/// Groups of voices that are computed side by side.
pub const GROUPS: usize = VOICE_SLOTS / VOICES_PER_GROUP;

const _: () = assert!(VOICE_SLOTS.is_multiple_of(VOICES_PER_GROUP));

/// What is to be known of a voice but its sound.
#[derive(Clone, Copy, Debug)]
pub struct VoiceSlot {
    /// The note it plays.
    pub note: Note,
    /// Whether somebody was told already that the note has ended.
    pub end_reported: bool,
    /// Counts up from note to note.
    order: u64,
    /// Counts up from one time that notes are let go to the next; 0 for who has not been.
    let_go: u64,
    /// Whether the key is up and only a pedal holds the note.
    sustained: bool,
    /// Whether the sostenuto pedal caught the note.
    pub sostenuto: bool,
}

impl Default for VoiceSlot {
    fn default() -> Self {
        Self {
            note: Note {
                id: None,
                channel: 0,
                key: 0,
            },
            end_reported: true,
            order: 0,
            let_go: 0,
            sustained: false,
            sostenuto: false,
        }
    }
}

/// The voices: slot `n` is lane `n % VOICES_PER_GROUP` of group `n / VOICES_PER_GROUP`. `[audio]`
#[derive(Clone, Debug)]
pub struct Voices {
    groups: Box<[VoiceGroup<VOICES_PER_GROUP>]>,
    slots: [VoiceSlot; VOICE_SLOTS],
    notes_started: u64,
    /// How often notes have been let go.
    releases: u64,
}

impl Default for Voices {
    /// All of them silent. Allocates. `[gui]`
    fn default() -> Self {
        Self {
            groups: vec![VoiceGroup::default(); GROUPS].into_boxed_slice(),
            slots: [VoiceSlot::default(); VOICE_SLOTS],
            notes_started: 0,
            releases: 0,
        }
    }
}

/// The group of a slot, and its lane there.
fn place(slot: usize) -> (usize, Mask) {
    (slot / VOICES_PER_GROUP, 1 << (slot % VOICES_PER_GROUP))
}

impl Voices {
    /// All of them silent, as new.
    pub fn reset(&mut self) {
        self.groups.iter_mut().for_each(VoiceGroup::reset);
        self.slots = [VoiceSlot::default(); VOICE_SLOTS];
        self.notes_started = 0;
        self.releases = 0;
    }

    /// The groups, some of which may be [silent](VoiceGroup::is_silent).
    pub fn groups(&self) -> &[VoiceGroup<VOICES_PER_GROUP>] {
        &self.groups
    }

    /// The groups, some of which may be [silent](VoiceGroup::is_silent).
    pub fn groups_mut(&mut self) -> &mut [VoiceGroup<VOICES_PER_GROUP>] {
        &mut self.groups
    }

    /// Everything but its sound of the voice in `slot`.
    pub fn slot(&self, slot: usize) -> &VoiceSlot {
        &self.slots[slot]
    }

    /// Everything but its sound of the voice in `slot`.
    pub fn slot_mut(&mut self, slot: usize) -> &mut VoiceSlot {
        &mut self.slots[slot]
    }

    /// The slots whose lanes `of` names in their groups, one bit each. A flood of notes asks for each of them: every
    /// group is looked at once.
    fn slots_of(&self, of: impl Fn(&VoiceGroup<VOICES_PER_GROUP>) -> Mask) -> u128 {
        let groups = self.groups.iter().enumerate();
        groups.fold(0, |slots, (number, group)| {
            slots | u128::from(of(group)) << (number * VOICES_PER_GROUP)
        })
    }

    /// How many notes sound; those that fade because their place was taken do not count.
    pub fn live(&self) -> usize {
        let live = |group: &VoiceGroup<VOICES_PER_GROUP>| group.live().count_ones() as usize;
        self.groups.iter().map(live).sum()
    }

    /// Whether nothing is to be computed.
    pub fn is_silent(&self) -> bool {
        self.groups.iter().all(VoiceGroup::is_silent)
    }

    /// Whether any of them sends to chorus, delay or reverb.
    pub fn sends_used(&self) -> bool {
        let sends = |group: &VoiceGroup<VOICES_PER_GROUP>| !group.is_silent() && group.sends_used();
        self.groups.iter().any(sends)
    }

    /// Returns true if the key of the note in `slot`, not just a pedal, is down.
    pub fn held(&self, slot: usize) -> bool {
        let (group, lane) = place(slot);
        self.groups[group].held() & lane != 0 && !self.slots[slot].sustained
    }

    fn released(&self, slot: usize) -> bool {
        let (group, lane) = place(slot);
        self.groups[group].held() & lane == 0
    }

    fn level(&self, slot: usize) -> f32 {
        self.groups[slot / VOICES_PER_GROUP].level().0[slot % VOICES_PER_GROUP]
    }

    /// Gives `note` a slot, which has to be [started](VoiceGroup::start) before it is heard; at most `limit`
    /// (1 to [`MAX_VOICES`]) notes stay live. `ended` hears of those that give way.
    ///
    /// Where the note that gives way is in a slot of `unheard`, its slot is taken over without a fade.
    pub fn take(
        &mut self,
        note: Note,
        limit: usize,
        unheard: u128,
        mut ended: impl FnMut(Note),
    ) -> usize {
        let limit = limit.clamp(1, MAX_VOICES);
        if unheard != 0
            && let live = self.slots_of(VoiceGroup::live)
            && live.count_ones() as usize == limit
            && let Some(slot) = self.steal_candidate(live)
            && unheard & (1 << slot) != 0
        {
            self.report_end(slot, ended);
            self.rename(slot, note);
            return slot;
        }
        self.limit(limit - 1, &mut ended);
        let slot = self.free_slot(&mut ended);
        self.rename(slot, note);
        slot
    }

    /// From now on the voice in `slot` plays `note`.
    pub fn rename(&mut self, slot: usize, note: Note) {
        self.notes_started += 1;
        self.slots[slot] = VoiceSlot {
            note,
            end_reported: false,
            order: self.notes_started,
            ..VoiceSlot::default()
        };
    }

    /// How many notes have been given a voice.
    pub fn notes_started(&self) -> u64 {
        self.notes_started
    }

    /// Fades voices until at most `limit` are live: released ones first, from the one that was let go first, which has
    /// died away furthest; then those that only a pedal holds, then held ones, each from the oldest. `ended` hears of
    /// them at once, because the note is over though its last 3 ms are not.
    pub fn limit(&mut self, limit: usize, mut ended: impl FnMut(Note)) {
        let mut live = self.slots_of(VoiceGroup::live);
        for _ in limit..live.count_ones() as usize {
            if let Some(slot) = self.steal_candidate(live) {
                live &= !(1 << slot);
                self.fade_slot(slot);
                self.report_end(slot, &mut ended);
            }
        }
    }

    /// The slot in `live` whose note gives way first.
    fn steal_candidate(&self, live: u128) -> Option<usize> {
        let held = self.slots_of(VoiceGroup::held);
        // One number for all that counts, because a flood of notes asks for each of them. Neither count ever comes to 2⁶³.
        let rank = |slot: &usize| {
            let VoiceSlot {
                let_go,
                order,
                sustained,
                ..
            } = self.slots[*slot];
            let held = held & (1 << *slot) != 0;
            let class = u128::from(held) + u128::from(held && !sustained);
            // Of several that a pedal let go at once, the oldest.
            class << 126 | u128::from(let_go) << 63 | u128::from(order)
        };
        ones(live).min_by_key(rank)
    }

    /// Tells of the end of the note in `slot`, unless somebody was told.
    fn report_end(&mut self, slot: usize, mut ended: impl FnMut(Note)) {
        if !std::mem::replace(&mut self.slots[slot].end_reported, true) {
            ended(self.slots[slot].note);
        }
    }

    fn free_slot(&mut self, ended: impl FnMut(Note)) -> usize {
        // The first groups fill first, so that as few as possible are computed.
        let free = (!self.slots_of(VoiceGroup::busy)).trailing_zeros() as usize;
        if free < VOICE_SLOTS {
            return free;
        }
        // Every spare slot is fading, which takes 3 ms: cut the quietest of them.
        let fading = !self.slots_of(VoiceGroup::live) & ((1 << VOICE_SLOTS) - 1);
        let quietest = |slot: &usize| {
            let level = (self.level(*slot) * 1e6) as u32;
            (level, self.slots[*slot].order)
        };
        let slot = ones(fading).min_by_key(quietest).unwrap_or(0);
        self.report_end(slot, ended);
        slot
    }

    /// The slots of the notes that sound and are meant.
    pub fn matching(&self, target: NoteFilter) -> impl Iterator<Item = usize> + '_ {
        self.sounding()
            .filter(move |slot| target.matches(&self.slots[*slot].note))
    }

    /// The slots that sound.
    pub fn sounding(&self) -> impl Iterator<Item = usize> + '_ {
        ones(self.slots_of(VoiceGroup::sounding))
    }

    /// The live slot of the note that was played last, if there is one.
    pub fn last(&self) -> Option<usize> {
        ones(self.slots_of(VoiceGroup::live)).max_by_key(|slot| self.slots[*slot].order)
    }

    /// Lets the notes go that are meant, or leaves them to the pedal where `pedal` of their channel says so.
    pub fn release(&mut self, target: NoteFilter, pedal: impl Fn(u8) -> bool) {
        self.releases += 1;
        self.each(target, |voices, slot| {
            let VoiceSlot {
                note, sostenuto, ..
            } = voices.slots[slot];
            let (group, lane) = place(slot);
            if pedal(note.channel) || sostenuto {
                let held = voices.groups[group].held() & lane != 0;
                voices.slots[slot].sustained |= held;
            } else {
                voices.let_go(slot);
            }
        });
    }

    /// Fades the notes that are meant, within 3 ms.
    pub fn fade(&mut self, target: NoteFilter) {
        self.each(target, Self::fade_slot);
    }

    /// Fades the notes that are meant, within 3 ms, and sends nothing of them to the effects from now on. Voices that go on
    /// are sent there again over the next tick.
    pub fn silence(&mut self, target: NoteFilter) {
        self.fade(target);
        for number in 0..GROUPS {
            if self.groups[number].is_silent() {
                continue;
            }
            let slots = &self.slots[number * VOICES_PER_GROUP..][..VOICES_PER_GROUP];
            let goes_on = |lane: &usize| !target.matches(&slots[*lane].note);
            let kept = (0..VOICES_PER_GROUP).filter(goes_on);
            let kept = kept.fold(0, |kept: Mask, lane| kept | 1 << lane);
            let group = &mut self.groups[number];
            group.cut_sends(kept & group.sounding());
        }
    }

    /// Notes that have been let go are over at once. `ended` hears of them.
    pub fn cut_released(&mut self, sample_rate: f32, mut ended: impl FnMut(Note)) {
        self.each(NoteFilter::default(), |voices, slot| {
            if voices.released(slot) {
                let (group, lane) = place(slot);
                voices.groups[group].cut(lane, sample_rate);
                voices.report_end(slot, &mut ended);
            }
        });
    }

    /// Lets the notes go that only a pedal holds which is up now.
    pub fn lift(&mut self, pedal: impl Fn(u8) -> bool) {
        self.releases += 1;
        self.each(NoteFilter::default(), |voices, slot| {
            let VoiceSlot {
                note,
                sustained,
                sostenuto,
                ..
            } = voices.slots[slot];
            if sustained && !sostenuto && !pedal(note.channel) {
                voices.let_go(slot);
            }
        });
    }

    /// The sostenuto pedal of the channels that `reached` names goes down, and catches the keys that are down there.
    pub fn hold_sostenuto(&mut self, reached: impl Fn(u8) -> bool) {
        self.each(NoteFilter::default(), |voices, slot| {
            if reached(voices.slots[slot].note.channel) {
                voices.slots[slot].sostenuto |= voices.held(slot);
            }
        });
    }

    /// The sostenuto pedal of the channels that `reached` names goes up; those notes have to be
    /// [lifted](Self::lift) then.
    pub fn release_sostenuto(&mut self, reached: impl Fn(u8) -> bool) {
        self.each(NoteFilter::default(), |voices, slot| {
            if reached(voices.slots[slot].note.channel) {
                voices.slots[slot].sostenuto = false;
            }
        });
    }

    fn let_go(&mut self, slot: usize) {
        let (group, lane) = place(slot);
        self.slots[slot].sustained = false;
        // A second key of the same note does not let it go once more.
        if !self.released(slot) {
            self.slots[slot].let_go = self.releases;
        }
        self.groups[group].release(lane);
    }

    fn fade_slot(&mut self, slot: usize) {
        let (group, lane) = place(slot);
        self.slots[slot].sustained = false;
        self.groups[group].fade(lane);
    }

    fn each(&mut self, target: NoteFilter, mut act: impl FnMut(&mut Self, usize)) {
        for slot in ones(self.slots_of(VoiceGroup::sounding)) {
            if target.matches(&self.slots[slot].note) {
                act(self, slot);
            }
        }
    }
}
