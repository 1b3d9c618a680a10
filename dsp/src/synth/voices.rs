//! The set of all voices, and voice allocation.

use super::f32s::{Mask, VOICES_PER_GROUP};
use super::voice::VoiceGroup;
use crate::event::{Note, NoteFilter};
pub use crate::parameter::MAX_VOICES;
use crate::rt::ones;

/// Number of voice slots, with room for voices that fade out while a new note already plays.
pub const VOICE_SLOTS: usize = MAX_VOICES + 16;
/// Number of voice groups.
pub const GROUPS: usize = VOICE_SLOTS / VOICES_PER_GROUP;

const _: () = assert!(VOICE_SLOTS.is_multiple_of(VOICES_PER_GROUP));

/// State of a voice apart from its sound.
#[derive(Clone, Copy, Debug)]
pub struct VoiceSlot {
    /// The note it plays.
    pub note: Note,
    /// True if the end of the note has been reported.
    pub end_reported: bool,
    /// Start order: counts the notes.
    order: u64,
    /// Release order: counts the releases; 0 for a note that has not been released.
    let_go: u64,
    /// True if the key is up and only a pedal holds the note.
    sustained: bool,
    /// True if the sostenuto pedal holds the note.
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
    /// Number of releases so far.
    releases: u64,
}

impl Default for Voices {
    /// All voices silent. Allocates. `[gui]`
    fn default() -> Self {
        Self {
            groups: vec![VoiceGroup::default(); GROUPS].into_boxed_slice(),
            slots: [VoiceSlot::default(); VOICE_SLOTS],
            notes_started: 0,
            releases: 0,
        }
    }
}

/// Returns the group of a slot and the mask of its lane.
fn place(slot: usize) -> (usize, Mask) {
    (slot / VOICES_PER_GROUP, 1 << (slot % VOICES_PER_GROUP))
}

impl Voices {
    /// Resets all voices to their initial, silent state.
    pub fn reset(&mut self) {
        self.groups.iter_mut().for_each(VoiceGroup::reset);
        self.slots = [VoiceSlot::default(); VOICE_SLOTS];
        self.notes_started = 0;
        self.releases = 0;
    }

    /// Returns the groups, including [silent](VoiceGroup::is_silent) ones.
    pub fn groups(&self) -> &[VoiceGroup<VOICES_PER_GROUP>] {
        &self.groups
    }

    /// Returns the groups, including [silent](VoiceGroup::is_silent) ones.
    pub fn groups_mut(&mut self) -> &mut [VoiceGroup<VOICES_PER_GROUP>] {
        &mut self.groups
    }

    /// Returns the state of the voice in `slot` apart from its sound.
    pub fn slot(&self, slot: usize) -> &VoiceSlot {
        &self.slots[slot]
    }

    /// Returns the state of the voice in `slot` apart from its sound.
    pub fn slot_mut(&mut self, slot: usize) -> &mut VoiceSlot {
        &mut self.slots[slot]
    }

    /// Returns the slots whose lanes `of` returns for their groups, one bit each. Allocation needs this for every note,
    /// so each group is read once.
    fn slots_of(&self, of: impl Fn(&VoiceGroup<VOICES_PER_GROUP>) -> Mask) -> u128 {
        let groups = self.groups.iter().enumerate();
        groups.fold(0, |slots, (number, group)| {
            slots | u128::from(of(group)) << (number * VOICES_PER_GROUP)
        })
    }

    /// Returns the number of live voices; stolen voices that fade out do not count.
    pub fn live(&self) -> usize {
        let live = |group: &VoiceGroup<VOICES_PER_GROUP>| group.live().count_ones() as usize;
        self.groups.iter().map(live).sum()
    }

    /// Returns true if all voices are silent, so that nothing has to be computed.
    pub fn is_silent(&self) -> bool {
        self.groups.iter().all(VoiceGroup::is_silent)
    }

    /// Returns true if a voice sends to chorus, delay or reverb.
    pub fn sends_used(&self) -> bool {
        let sends = |group: &VoiceGroup<VOICES_PER_GROUP>| !group.is_silent() && group.sends_used();
        self.groups.iter().any(sends)
    }

    /// Returns true if the key of the note in `slot` is down; a pedal alone does not count.
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

    /// Assigns a slot to `note` and returns it; it has to be [started](VoiceGroup::start) before it is rendered. At most
    /// `limit` (1 to [`MAX_VOICES`]) notes stay live; `ended` is called for each note that is stolen.
    ///
    /// A stolen note in one of the `unheard` slots gives up its slot without a fade.
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

    /// Assigns `note` to the voice in `slot`.
    pub fn rename(&mut self, slot: usize, note: Note) {
        self.notes_started += 1;
        self.slots[slot] = VoiceSlot {
            note,
            end_reported: false,
            order: self.notes_started,
            ..VoiceSlot::default()
        };
    }

    /// Counts notes from 0 again; all voices have to be [silent](Self::is_silent).
    pub fn restart_count(&mut self) {
        self.notes_started = 0;
        self.releases = 0;
    }

    /// Returns the number of notes that have been given a voice.
    pub fn notes_started(&self) -> u64 {
        self.notes_started
    }

    /// Fades out voices until at most `limit` are live: released ones first, in the order of their release, because the
    /// earliest has decayed furthest; then those that only a pedal holds, then held ones, each from the oldest. `ended`
    /// is called for them at once, because the note is over though its last 3 ms are not.
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

    /// Returns the slot in `live` whose note is stolen first.
    fn steal_candidate(&self, live: u128) -> Option<usize> {
        let held = self.slots_of(VoiceGroup::held);
        // All criteria in one integer, because this runs for each of many notes at once. Neither counter ever reaches
        // 2⁶³.
        let rank = |slot: &usize| {
            let VoiceSlot {
                let_go,
                order,
                sustained,
                ..
            } = self.slots[*slot];
            let held = held & (1 << *slot) != 0;
            let class = u128::from(held) + u128::from(held && !sustained);
            // The oldest goes first among notes that a pedal released together.
            class << 126 | u128::from(let_go) << 63 | u128::from(order)
        };
        ones(live).min_by_key(rank)
    }

    /// Reports the end of the note in `slot`, unless it has been reported already.
    fn report_end(&mut self, slot: usize, mut ended: impl FnMut(Note)) {
        if !std::mem::replace(&mut self.slots[slot].end_reported, true) {
            ended(self.slots[slot].note);
        }
    }

    fn free_slot(&mut self, ended: impl FnMut(Note)) -> usize {
        // The first groups are filled first, so that as few as possible are computed.
        let free = (!self.slots_of(VoiceGroup::busy)).trailing_zeros() as usize;
        if free < VOICE_SLOTS {
            return free;
        }
        // Every spare slot is fading, which takes 3 ms: the quietest of them is cut off.
        let fading = !self.slots_of(VoiceGroup::live) & ((1 << VOICE_SLOTS) - 1);
        let quietest = |slot: &usize| {
            let level = (self.level(*slot) * 1e6) as u32;
            (level, self.slots[*slot].order)
        };
        let slot = ones(fading).min_by_key(quietest).unwrap_or(0);
        self.report_end(slot, ended);
        slot
    }

    /// Returns the slots of the sounding notes that `target` matches.
    pub fn matching(&self, target: NoteFilter) -> impl Iterator<Item = usize> + '_ {
        self.sounding()
            .filter(move |slot| target.matches(&self.slots[*slot].note))
    }

    /// Returns the slots that sound.
    pub fn sounding(&self) -> impl Iterator<Item = usize> + use<> {
        ones(self.slots_of(VoiceGroup::sounding))
    }

    /// Iterates over the slots whose notes are held by their key or by a pedal.
    pub fn unreleased(&self) -> impl Iterator<Item = usize> + '_ {
        self.sounding().filter(|slot| !self.released(*slot))
    }

    /// Returns the live slot of the most recent note, if there is one.
    pub fn last(&self) -> Option<usize> {
        ones(self.slots_of(VoiceGroup::live)).max_by_key(|slot| self.slots[*slot].order)
    }

    /// Releases the notes that `target` matches, except those held by the sostenuto pedal, or by the sustain pedal of their
    /// channel, which is down if `pedal` is true.
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

    /// Fades out the notes that `target` matches within 3 ms.
    pub fn fade(&mut self, target: NoteFilter) {
        self.each(target, Self::fade_slot);
    }

    /// Fades out the notes that `target` matches within 3 ms, and disconnects them from the effects at once. The sends of
    /// the other voices in their groups ramp up again over the next tick.
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

    /// Ends released notes at once. `ended` is called for each of them.
    pub fn cut_released(&mut self, sample_rate: f32, mut ended: impl FnMut(Note)) {
        self.each(NoteFilter::default(), |voices, slot| {
            if voices.released(slot) {
                let (group, lane) = place(slot);
                voices.groups[group].cut(lane, sample_rate);
                voices.report_end(slot, &mut ended);
            }
        });
    }

    /// Releases the notes that only a pedal held and whose `pedal` is up.
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

    /// Presses the sostenuto pedal of the channels for which `reached` is true: it holds the keys that are down there.
    pub fn hold_sostenuto(&mut self, reached: impl Fn(u8) -> bool) {
        self.each(NoteFilter::default(), |voices, slot| {
            if reached(voices.slots[slot].note.channel) {
                voices.slots[slot].sostenuto |= voices.held(slot);
            }
        });
    }

    /// Lifts the sostenuto pedal of the channels for which `reached` is true; the notes have to be [released](Self::lift)
    /// afterwards.
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
        // A further release of the same note does not change its release order.
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
