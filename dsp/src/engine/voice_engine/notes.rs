//! Keys, pedals and controllers: start and end of notes.

use super::VoiceEngine;
use crate::engine::modulation::NoteStart;
use crate::engine::settings::Mode;
use crate::event::{Expression, Note, NoteFilter};
use crate::parameter::Parameter;
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::{
    ChannelControl, HeldKeys, Key, MAX_VOICES, PerNote, Rpn, RpnChange, VOICE_SLOTS, Zone, scramble,
};

/// Controller numbers of switches and channel mode messages.
const SUSTAIN: u8 = 64;
const SOSTENUTO: u8 = 66;
const ALL_SOUND_OFF: u8 = 120;
const RESET_CONTROLLERS: u8 = 121;
const ALL_NOTES_OFF: u8 = 123;

/// Number of notes started on one sample beyond which a stolen unheard note gives up its slot without a fade.
const CROWD: usize = 32;

/// Sample number that never occurs.
const NEVER: u64 = u64::MAX;
/// Note id of the on-screen keyboard's key 0; further keys use the ids below it. Hosts do not use these ids.
const INTERNAL_ID: i32 = -2;

/// State of the notes apart from their sound.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    keys: HeldKeys,
    /// True for each channel whose sustain pedal is down, and whose sostenuto pedal is.
    sustain: [bool; 16],
    sostenuto: [bool; 16],
    /// Sample on which the note in each slot started.
    started: [u64; VOICE_SLOTS],
    /// Slots of unheard voices, one bit each.
    unheard: u128,
    /// Sample on which a note last got a voice, and the number of notes that did on it.
    begun: (u64, usize),
    /// Sample on which each channel's silence last ended.
    awake: [u64; 16],
    /// Target pitch of the last note, from which the next one may glide.
    last_pitch: Option<f32>,
    /// True if the controllers of all notes have to be evaluated anew.
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
    /// Returns true if the note in `slot` started on the sample `time`.
    pub(super) fn began(&self, slot: usize, time: u64) -> bool {
        self.started[slot] == time
    }

    /// Returns the slots of unheard voices, and clears them.
    pub(super) fn take_unheard(&mut self) -> u128 {
        std::mem::take(&mut self.unheard)
    }

    /// Requests that the controllers of all notes are evaluated anew.
    pub(super) fn update_all_controllers(&mut self) {
        self.update_all_controllers = true;
    }

    /// Returns true if that was requested since the last call.
    pub(super) fn take_update_all_controllers(&mut self) -> bool {
        std::mem::take(&mut self.update_all_controllers)
    }

    /// Returns true if a sustain pedal holds the notes of `channel`.
    fn pedal(&self, zone: &Zone, channel: u8) -> bool {
        let down = |channel: u8| self.sustain[usize::from(channel & 15)];
        down(channel) || zone.master_of(channel).is_some_and(down)
    }
}

/// Returns the note of a key of the on-screen keyboard.
fn own(key: u8) -> Note {
    Note {
        id: Some(INTERNAL_ID - i32::from(key)),
        channel: 0,
        key: key.min(127),
    }
}

impl VoiceEngine {
    /// Handles a key press on the on-screen keyboard.
    pub(super) fn key_down(&mut self, key: u8, velocity: f32, ended: impl FnMut(Note)) {
        // The host did not start the note, so its end is not reported.
        let end_pending = false;
        self.note_on(
            own(key),
            velocity,
            end_pending,
            self.clock.position(),
            ended,
        );
    }

    /// Handles a key release on the on-screen keyboard.
    pub(super) fn key_up(&mut self, key: u8, ended: impl FnMut(Note)) {
        let target = NoteFilter {
            id: own(key).id,
            ..NoteFilter::default()
        };
        self.note_off(target, ended);
    }

    /// Silences all notes and the tails of the effects, and resets wheels and pedals.
    pub(super) fn panic(&mut self, ended: impl FnMut(Note)) {
        let time = self.clock.position();
        self.choke(NoteFilter::default(), ended);
        self.notes.sustain = [false; 16];
        self.notes.sostenuto = [false; 16];
        for channel in 0..16 {
            self.reset_controllers(channel, time, ChannelControl::resets_in_panic);
        }
    }

    /// Returns the maximum number of simultaneous notes.
    pub(super) fn limit(&self) -> usize {
        (self.bank.value(Parameter::Voices) as usize).clamp(1, MAX_VOICES)
    }

    /// Ends voices beyond `limit`. In the mono modes, a note whose key is down may sound again; its end is reported
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

    /// Handles a key press on the sample `time`. Its end is reported if `end_pending`.
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
            // The tuning has no such key, or MIDI no such channel.
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
        // Otherwise the key waits until the keys before it are released.
    }

    /// Starts a voice for `key`.
    fn begin(&mut self, key: Key, time: u64, limit: usize, ended: impl FnMut(Note)) {
        let note = key.note;
        let channel = note.channel & 15;
        // A master is silent only if its members are.
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
        self.bank
            .start_note(slot, &key.per_note, silent.then_some(channel));
        self.notes.started[slot] = time;
        self.notes.unheard |= 1 << slot;
    }

    /// Assigns `key` to the voice in `slot`.
    fn give(&mut self, slot: usize, key: Key) {
        let end_reported = !self.notes.keys.take_end_pending(key);
        let voice = self.voices.slot_mut(slot);
        (voice.end_reported, voice.sostenuto) = (end_reported, key.sostenuto);
    }

    /// Passes the note-on values of `key` to the modulation.
    fn set_note_start(&mut self, slot: usize, key: Key) {
        let amount = self.bank.value(Parameter::Velocity);
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

    /// Moves the voice that all keys share to `key`.
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
        // Voices left over from polyphonic playing end, but not this one, which is held by now. Only afterwards is it
        // known whose end is pending.
        self.enforce_voice_limit(1, ended);
        self.give(slot, key);
        if again != 0 {
            self.set_note_start(slot, key);
        }
        self.bank.start_note(slot, &key.per_note, None);
        self.notes.started[slot] = time;
        // The note's controllers and pitch are evaluated before its next sample is rendered.
        self.notes.update_all_controllers();
        self.bank.move_pitch();
    }

    /// Handles key releases.
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

    /// Ends notes within 3 ms. A choke with neither key nor id is an All Sound Off of its channels: the tails of the
    /// effects, which all channels share, end too.
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

    /// Sets an expression of notes. Keys store it, because a key that waits or loses its voice may sound again.
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
            self.bank.express(slot, expression, value, time, unheard);
        }
    }

    /// Sets the per-note modulation of notes, which keys store too.
    pub(super) fn modulate(
        &mut self,
        target: NoteFilter,
        parameter: Parameter,
        amount: f32,
        time: u64,
    ) {
        let Some(number) = parameter.per_note_number() else {
            return;
        };
        for key in self.notes.keys.per_note_mut(target) {
            key.amounts[number] = Some(amount);
        }
        for slot in self.voices.matching(target) {
            let unheard = self.notes.began(slot, time);
            self.bank.modulate(slot, number, amount, time, unheard);
        }
    }

    /// Sets a control of a channel.
    pub(super) fn set_channel_control(
        &mut self,
        channel: u8,
        control: ChannelControl,
        value: f32,
        time: u64,
    ) {
        let channel = channel & 15;
        let unheard = self.notes.awake[usize::from(channel)] == time;
        self.bank.control(channel, control, value, time, unheard);
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
            // The channel modes that follow it imply it.
            ALL_NOTES_OFF..=127 => {
                for reached in self.reached_from(channel) {
                    self.note_off(NoteFilter::channel(reached), &mut ended);
                }
            }
            _ => {}
        }
    }

    /// Iterates over the channels whose notes a message on `channel` applies to.
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

    /// Handles a controller of `channel`, 0 to 15, that selects or changes a registered parameter. Changes take effect
    /// at once.
    fn register(&mut self, channel: u8, number: u8, value: u8) {
        let place = usize::from(channel);
        let master = self.zone.master_of(channel);
        let parameter = match master {
            Some(_) => Parameter::MpeBendRange,
            None => Parameter::BendRange,
        };
        let known = self.bank.value(parameter);
        let changed = self.registered[place].receive(number, value, known);
        if changed == Some(RpnChange::BendRange) && master.is_some() {
            // MPE 1.1: the bend range of one member applies to all of them.
            let range = self.registered[place];
            for other in 0..16 {
                if self.zone.master_of(other) == master {
                    self.registered[usize::from(other)].share_range(&range);
                }
            }
        }
        if changed.is_some() {
            self.notes.update_all_controllers();
            self.bank.move_pitch();
        }
    }

    /// Discards the bend ranges received by channels whose range parameter has changed, or all of them if the zone has.
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

    /// Releases the notes that only a pedal held.
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
