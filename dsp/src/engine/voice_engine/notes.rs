//! Keys, pedals and controllers: which notes sound, and until when.

use super::VoiceEngine;
use crate::engine::control_layout;
use crate::engine::modulation::NoteStart;
use crate::engine::settings::Mode;
use crate::event::{Expression, Note, NoteFilter};
use crate::parameter::Parameter;
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::{
    ChannelControl, HeldKeys, Key, MAX_VOICES, PerNote, Rpn, RpnChange, VOICE_SLOTS, Zone, scramble,
};

/// MIDI controllers that are switches.
const SUSTAIN: u8 = 64;
const SOSTENUTO: u8 = 66;
const ALL_SOUND_OFF: u8 = 120;
const RESET_CONTROLLERS: u8 = 121;
const ALL_NOTES_OFF: u8 = 123;

/// Of more notes than this that begin on one sample, those that are gone before it is heard leave no trace.
const CROWD: usize = 32;

/// No sample.
const NEVER: u64 = u64::MAX;
/// Keys of the on-screen keyboard are notes under this id and those below it, which no host uses.
const INTERNAL_ID: i32 = -2;

/// What is to be known of the notes but their sound.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    keys: HeldKeys,
    /// Sustain and sostenuto pedals of the channels.
    sustain: [bool; 16],
    sostenuto: [bool; 16],
    /// The sample on which the note in a slot began.
    started: [u64; VOICE_SLOTS],
    /// One bit for each slot whose voice nobody has heard yet.
    unheard: u128,
    /// The sample on which a note last got a voice, and how many did there.
    begun: (u64, usize),
    /// The sample on which a channel's silence last ended.
    awake: [u64; 16],
    /// The pitch that the last note was bound for, where the next one may glide from.
    last_pitch: Option<f32>,
    /// What hands do has another meaning for all notes.
    update_all_controllers: bool,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            keys: HeldKeys::default(),
            sustain: [false; 16],
            sostenuto: [false; 16],
            started: [NEVER; VOICE_SLOTS],
            unheard: 0,
            begun: (NEVER, 0),
            awake: [NEVER; 16],
            last_pitch: None,
            update_all_controllers: false,
        }
    }
}

impl Notes {
    /// Whether the note in `slot` began on the sample `time`.
    pub(super) fn began(&self, slot: usize, time: u64) -> bool {
        self.started[slot] == time
    }

    /// The slots whose voices nobody has heard yet, who are heard from now on.
    pub(super) fn take_unheard(&mut self) -> u128 {
        std::mem::take(&mut self.unheard)
    }

    /// What hands do has another meaning for all notes.
    pub(super) fn update_all_controllers(&mut self) {
        self.update_all_controllers = true;
    }

    /// Whether that was so since this was last asked.
    pub(super) fn take_update_all_controllers(&mut self) -> bool {
        std::mem::take(&mut self.update_all_controllers)
    }

    /// Whether a pedal holds the notes of `channel`.
    fn pedal(&self, zone: &Zone, channel: u8) -> bool {
        let down = |channel: u8| self.sustain[usize::from(channel & 15)];
        down(channel) || zone.master_of(channel).is_some_and(down)
    }
}

/// A note that nobody but us started.
fn own(key: u8) -> Note {
    Note {
        id: Some(INTERNAL_ID - i32::from(key)),
        channel: 0,
        key: key.min(127),
    }
}

impl VoiceEngine {
    /// A key of the on-screen keyboard goes down.
    pub(super) fn key_down(&mut self, key: u8, velocity: f32, ended: impl FnMut(Note)) {
        // The host did not start it, and does not want to hear of its end.
        let end_pending = false;
        self.note_on(
            own(key),
            velocity,
            end_pending,
            self.clock.position(),
            ended,
        );
    }

    /// A key of the on-screen keyboard goes up.
    pub(super) fn key_up(&mut self, key: u8, ended: impl FnMut(Note)) {
        let target = NoteFilter {
            id: own(key).id,
            ..NoteFilter::default()
        };
        self.note_off(target, ended);
    }

    /// Everything falls silent, tails of effects too, and every wheel and pedal is let go.
    pub(super) fn panic(&mut self, ended: impl FnMut(Note)) {
        let time = self.clock.position();
        self.choke(NoteFilter::default(), ended);
        self.notes.sustain = [false; 16];
        self.notes.sostenuto = [false; 16];
        for channel in 0..16 {
            self.reset_controllers(channel, time, ChannelControl::resets_in_panic);
        }
    }

    /// Most notes at once.
    pub(super) fn limit(&self) -> usize {
        (self.automation.value(Parameter::Voices) as usize).clamp(1, MAX_VOICES)
    }

    /// At most `limit` voices go on. Where all keys share one, a note whose key is down may come back, and is over
    /// when the key goes up.
    pub(super) fn enforce_voice_limit(&mut self, limit: usize, mut ended: impl FnMut(Note)) {
        let shared = self.settings.mode != Mode::Poly;
        let Self { voices, notes, .. } = self;
        voices.limit(limit, |note| {
            if !(shared && notes.keys.mark_end_pending(note)) {
                ended(note);
            }
        });
    }

    /// A key goes down on the sample `time`. Its end is `end_pending` to who wants to hear of it.
    pub(super) fn note_on(
        &mut self,
        note: Note,
        velocity: f32,
        end_pending: bool,
        time: u64,
        mut ended: impl FnMut(Note),
    ) {
        if self.is_idle() {
            self.wake();
        }
        let exists = note.channel < 16;
        let Some(pitch) = self.tuning.pitch(note.key).filter(|_| exists) else {
            // The scale has no such key, or MIDI no such channel.
            if end_pending {
                ended(note);
            }
            return;
        };
        let key = Key {
            note,
            velocity: match velocity {
                velocity if velocity.is_nan() => 0.0,
                velocity => velocity.clamp(0.0, 1.0),
            },
            pitch,
            end_pending,
            sostenuto: false,
            per_note: PerNote::default(),
        };
        if let Some(forgotten) = self.notes.keys.press(key).filter(|key| key.end_pending) {
            ended(forgotten.note);
        }
        if self.settings.mode == Mode::Poly {
            self.begin(key, time, self.limit(), ended);
        } else if self.notes.keys.chosen(self.settings.priority) == Some(key) {
            self.share(key, time, ended);
        }
        // Or else it waits until those that come before it are let go.
    }

    /// A voice of its own for `key`.
    fn begin(&mut self, key: Key, time: u64, limit: usize, ended: impl FnMut(Note)) {
        let note = key.note;
        let channel = note.channel & 15;
        // A master is silent only where its members are.
        let hears = |slot| {
            let other = self.voices.slot(slot).note.channel & 15;
            self.zone.reaches(channel, other)
        };
        let silent = !self.voices.sounding().any(hears);
        if silent {
            self.notes.awake[usize::from(channel)] = time;
        }
        let begun = &mut self.notes.begun;
        *begun = (time, if begun.0 == time { begun.1 + 1 } else { 1 });
        let unheard = if begun.1 > CROWD {
            self.notes.unheard
        } else {
            0
        };
        let slot = self.voices.take(note, limit, unheard, ended);
        self.give(slot, key);
        let (group, lane) = (slot / VOICES_PER_GROUP, slot % VOICES_PER_GROUP);
        if self.voices.groups()[group].is_silent() {
            self.modulation.forget(group);
        }
        let from = match self.notes.last_pitch.replace(key.pitch) {
            Some(last) if self.settings.glide > 0.0 => last,
            _ => key.pitch,
        };
        let seed = scramble(self.voices.notes_started() as u32);
        self.voices.groups_mut()[group].start(
            1 << lane,
            F32s::splat(from),
            F32s::splat(key.pitch),
            &[seed; VOICES_PER_GROUP],
        );
        self.set_note_start(slot, key);
        self.automation
            .start_note(slot, &key.per_note, silent.then_some(channel));
        self.notes.started[slot] = time;
        self.notes.unheard |= 1 << slot;
    }

    /// The voice in `slot` is that of `key` from now on.
    fn give(&mut self, slot: usize, key: Key) {
        let end_reported = !self.notes.keys.take_end_pending(key);
        let voice = self.voices.slot_mut(slot);
        (voice.end_reported, voice.sostenuto) = (end_reported, key.sostenuto);
    }

    /// What `key` has to say to the modulation.
    fn set_note_start(&mut self, slot: usize, key: Key) {
        let amount = self.automation.value(Parameter::Velocity);
        let seed = scramble(self.voices.notes_started() as u32);
        let beginning = NoteStart {
            key: key.pitch,
            velocity: key.velocity,
            velocity_gain: 1.0 - amount + amount * key.velocity * key.velocity,
            random: seed as i32 as f32 * (1.0 / 2_147_483_648.0),
        };
        self.modulation
            .begin(slot / VOICES_PER_GROUP, slot % VOICES_PER_GROUP, beginning);
    }

    /// The voice that all keys share goes over to `key`.
    fn share(&mut self, key: Key, time: u64, mut ended: impl FnMut(Note)) {
        let Some(slot) = self.voices.last() else {
            return self.begin(key, time, 1, ended);
        };
        let (group, lane) = (slot / VOICES_PER_GROUP, slot % VOICES_PER_GROUP);
        let held = self.voices.held(slot);
        let left = *self.voices.slot(slot);
        if !left.end_reported && !self.notes.keys.mark_end_pending(left.note) {
            ended(left.note);
        }
        self.voices.rename(slot, key.note);
        self.notes.last_pitch = Some(key.pitch);
        let again = match (held, self.settings.mode) {
            (false, _) => u32::MAX,
            (true, Mode::Legato) => 0,
            (true, _) => self.settings.retrigger,
        };
        let seeds = [scramble(self.voices.notes_started() as u32); VOICES_PER_GROUP];
        self.voices.groups_mut()[group].retake(
            1 << lane,
            F32s::splat(key.pitch),
            self.settings.glide > 0.0,
            again,
            (!held).then_some(&seeds),
        );
        // Voices that were left from playing in chords make way, and not this one, now that it is held. Only then is
        // it known whose end is owed.
        self.enforce_voice_limit(1, ended);
        self.give(slot, key);
        if again != 0 {
            self.set_note_start(slot, key);
        }
        self.automation.start_note(slot, &key.per_note, None);
        self.notes.started[slot] = time;
        // Whatever comes with the note, and where it goes, is looked at before anything else of it is heard.
        self.notes.update_all_controllers();
        self.automation.move_pitch();
    }

    /// Keys go up.
    pub(super) fn note_off(&mut self, target: NoteFilter, mut ended: impl FnMut(Note)) {
        let shared = self.settings.mode != Mode::Poly;
        let Self { notes, voices, .. } = self;
        let mut sounded = false;
        notes.keys.release(target, |key| {
            sounded |= (voices.sounding()).any(|slot| voices.slot(slot).note == key.note);
            if key.end_pending {
                ended(key.note);
            }
        });
        match self.notes.keys.chosen(self.settings.priority) {
            Some(key) if shared && sounded => {
                let time = self.clock.position();
                self.share(key, time, ended);
            }
            _ => self.release(target),
        }
    }

    /// Notes stop within 3 ms. A choke that names neither a key nor a note is an All Sound Off for the channels that it
    /// names: the tails of the effects, which all channels share, stop too.
    pub(super) fn choke(&mut self, target: NoteFilter, mut ended: impl FnMut(Note)) {
        self.notes.keys.release(target, |key| {
            if key.end_pending {
                ended(key.note);
            }
        });
        if target.id.is_some() || target.key.is_some() {
            self.voices.fade(target);
        } else {
            self.voices.silence(target);
            self.fx.silence();
        }
    }

    fn release(&mut self, target: NoteFilter) {
        let Self {
            voices,
            notes,
            zone,
            ..
        } = self;
        voices.release(target, |channel| notes.pedal(zone, channel));
    }

    /// An expression of notes is asked for. Keys keep it, because one that waits or loses its voice may sound again.
    pub(super) fn express(
        &mut self,
        target: NoteFilter,
        expression: Expression,
        value: f32,
        time: u64,
    ) {
        let (least, most) = expression.range();
        let value = value.clamp(least, most);
        for key in self.notes.keys.per_note_mut(target) {
            key.expressions[expression as usize] = value;
        }
        for slot in self.voices.matching(target) {
            let unheard = self.notes.began(slot, time);
            self.automation
                .express(slot, expression, value, time, unheard);
        }
    }

    /// Notes are asked to have their own modulation, which keys keep too.
    pub(super) fn modulate(
        &mut self,
        target: NoteFilter,
        parameter: Parameter,
        amount: f32,
        time: u64,
    ) {
        let Some(number) = control_layout::per_note_index(parameter) else {
            return;
        };
        for key in self.notes.keys.per_note_mut(target) {
            key.amounts[number] = Some(amount);
        }
        for slot in self.voices.matching(target) {
            let unheard = self.notes.began(slot, time);
            self.automation
                .modulate(slot, number, amount, time, unheard);
        }
    }

    /// Turns a control of a channel.
    pub(super) fn set_channel_control(
        &mut self,
        channel: u8,
        control: ChannelControl,
        value: f32,
        time: u64,
    ) {
        let channel = channel & 15;
        let unheard = self.notes.awake[usize::from(channel)] == time;
        self.automation
            .control(channel, control, value, time, unheard);
    }

    pub(super) fn control(
        &mut self,
        channel: u8,
        number: u8,
        value: f32,
        time: u64,
        mut ended: impl FnMut(Note),
    ) {
        if let Some((control, value)) = ChannelControl::of_controller(number, value) {
            self.set_channel_control(channel, control, value, time);
            return;
        }
        if Rpn::is_message(number) {
            self.register(channel, number, (value * 127.0).round() as u8);
            return;
        }
        match number {
            SUSTAIN => self.set_sustain(channel, value >= 0.5),
            SOSTENUTO => self.set_sostenuto(channel, value >= 0.5),
            ALL_SOUND_OFF => {
                for reached in self.reached_from(channel) {
                    self.choke(NoteFilter::channel(reached), &mut ended);
                }
            }
            RESET_CONTROLLERS => {
                self.reset_controllers(channel, time, ChannelControl::resets);
                self.express(
                    NoteFilter::channel(channel),
                    Expression::Pressure,
                    0.0,
                    time,
                );
                self.set_sustain(channel, false);
                self.set_sostenuto(channel, false);
            }
            // The modes that follow it imply it.
            ALL_NOTES_OFF..=127 => {
                for reached in self.reached_from(channel) {
                    self.note_off(NoteFilter::channel(reached), &mut ended);
                }
            }
            _ => {}
        }
    }

    /// The channels whose notes a message on `channel` concerns.
    fn reached_from(&self, channel: u8) -> impl Iterator<Item = u8> + use<> {
        let zone = self.zone.clone();
        (0..16).filter(move |note| zone.reaches(channel, *note))
    }

    fn reset_controllers(
        &mut self,
        channel: u8,
        time: u64,
        resets: impl Fn(ChannelControl) -> bool,
    ) {
        for control in ChannelControl::ALL {
            if resets(control) {
                self.set_channel_control(channel, control, control.neutral(), time);
            }
        }
        self.registered[usize::from(channel)].deselect();
    }

    /// A controller of `channel`, 0 to 15, that selects or changes a registered parameter. A change takes effect at once.
    fn register(&mut self, channel: u8, number: u8, value: u8) {
        let place = usize::from(channel);
        let master = self.zone.master_of(channel);
        let parameter = match master {
            Some(_) => Parameter::MpeBendRange,
            None => Parameter::BendRange,
        };
        let known = self.automation.value(parameter);
        let changed = self.registered[place].receive(number, value, known);
        if changed == Some(RpnChange::BendRange) && master.is_some() {
            // MPE 1.1: the range of one member is that of all of them.
            let range = self.registered[place];
            for other in 0..16 {
                if self.zone.master_of(other) == master {
                    self.registered[usize::from(other)].share_range(&range);
                }
            }
        }
        if changed.is_some() {
            self.notes.update_all_controllers();
            self.automation.move_pitch();
        }
    }

    /// The parameters of bend ranges, or the zone, are others: where that is so, they take the place of what the channels
    /// received.
    pub(super) fn take_back_ranges(&mut self, zone: &Zone, ranges: [f32; 2]) {
        let [wheel, members] = [0, 1].map(|of| ranges[of] != self.bend_ranges[of]);
        let other_zone = *zone != self.zone;
        for (channel, registered) in (0..).zip(&mut self.registered) {
            let moved = match zone.master_of(channel) {
                Some(_) => members,
                None => wheel,
            };
            if moved || other_zone {
                registered.forget_range();
            }
        }
    }

    fn set_sustain(&mut self, channel: u8, down: bool) {
        self.notes.sustain[usize::from(channel)] = down;
        if !down {
            self.lift();
        }
    }

    fn set_sostenuto(&mut self, channel: u8, down: bool) {
        let was = std::mem::replace(&mut self.notes.sostenuto[usize::from(channel)], down);
        let Self {
            voices,
            notes,
            zone,
            ..
        } = self;
        let reached = |note: u8| zone.reaches(channel, note & 15);
        if down && !was {
            notes.keys.hold_sostenuto(true, reached);
            voices.hold_sostenuto(reached);
        } else if !down {
            notes.keys.hold_sostenuto(false, reached);
            voices.release_sostenuto(reached);
            self.lift();
        }
    }

    /// Lets the notes go that only a pedal held.
    fn lift(&mut self) {
        let Self {
            voices,
            notes,
            zone,
            ..
        } = self;
        voices.lift(|channel| notes.pedal(zone, channel));
    }
}
