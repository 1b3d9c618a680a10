//! Notes: keys, pedals and controllers start and end them, and give them voices.

use super::instrument::Instrument;
use crate::command::ScreenControl;
use crate::engine::midi_channels::MidiChannels;
use crate::engine::settings::Mode;
use crate::event::{EventKind, Expression, Note, NoteFilter};
use crate::parameter::Parameter;
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::{
    ChannelControl, HeldKeys, Key, PerNote, Rpn, RpnChange, Tuning, VOICE_SLOTS, Voices, Zones,
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

/// Notes: which keys are down, and which voice plays which note since when. `[audio]`
#[derive(Clone, Debug)]
pub(in crate::engine) struct Notes {
    /// Tuning of the notes that start from now on.
    pub(in crate::engine) tuning: Tuning,
    pub(super) channels: MidiChannels,
    keys: HeldKeys,
    /// Sample on which the note in each slot started.
    started: [u64; VOICE_SLOTS],
    /// Slots of unheard voices, one bit each.
    unheard: u128,
    /// Sample on which a note last got a voice, and the number of notes that did on it.
    begun: (u64, usize),
    /// Target pitch of the last note, from which the next one may glide.
    last_pitch: Option<f32>,
    /// True if the controllers of all notes have to be evaluated anew.
    update_all_controllers: bool,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            tuning: Tuning::default(),
            channels: MidiChannels::default(),
            keys: HeldKeys::default(),
            started: [NEVER; VOICE_SLOTS],
            unheard: 0,
            begun: (NEVER, 0),
            last_pitch: None,
            update_all_controllers: false,
        }
    }
}

/// MIDI channel of the on-screen keyboard.
const SCREEN_CHANNEL: u8 = 0;

/// Returns the note of a key of the on-screen keyboard.
pub(super) fn screen_note(key: u8) -> Note {
    Note {
        id: Some(INTERNAL_ID - i32::from(key)),
        channel: SCREEN_CHANNEL,
        key: key.min(127),
    }
}

impl Notes {
    /// Ends all notes, lifts all keys and pedals, and discards what was received by channels.
    pub(super) fn reset(&mut self) {
        *self = Self {
            tuning: self.tuning,
            ..Self::default()
        };
    }

    /// Makes the next note start without a glide.
    pub(super) fn forget_last_pitch(&mut self) {
        self.last_pitch = None;
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

    /// Handles a key press. Its end is reported if `end_pending`.
    pub(super) fn note_on(
        &mut self,
        instrument: &mut Instrument<'_>,
        note: Note,
        velocity: f32,
        end_pending: bool,
    ) {
        let exists = note.channel < 16;
        let Some(pitch) = self.tuning.pitch(note.key).filter(|_| exists) else {
            // The tuning has no such key, or MIDI no such channel.
            if end_pending {
                (instrument.ended)(note);
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
        if let Some(forgotten) = self.keys.press(key).filter(|key| key.end_pending) {
            (instrument.ended)(forgotten.note);
        }
        if !instrument.is_shared() {
            self.begin(instrument, key, instrument.limit());
        } else if self.keys.chosen(instrument.settings.priority) == Some(key) {
            self.share(instrument, key);
        }
        // Otherwise the key waits until the keys before it are released.
    }

    /// Starts a voice for `key`.
    fn begin(&mut self, instrument: &mut Instrument<'_>, key: Key, limit: usize) {
        let voices = &mut *instrument.voices;
        let note = key.note;
        let channel = note.channel & 15;
        // A master is silent only if its members are.
        let hears = |slot| {
            let other = voices.slot(slot).note.channel & 15;
            self.channels.reaches(channel, other)
        };
        let silent = !voices.sounding().any(hears);
        if silent {
            self.channels.end_silence(channel, instrument.time);
        }
        let begun = &mut self.begun;
        let time = instrument.time;
        *begun = (time, if begun.0 == time { begun.1 + 1 } else { 1 });
        let unheard = if begun.1 > CROWD { self.unheard } else { 0 };
        let slot = voices.take(note, limit, unheard, &mut *instrument.ended);
        self.give(instrument.voices, slot, key);
        let (group, lane) = (slot / VOICES_PER_GROUP, slot % VOICES_PER_GROUP);
        if instrument.voices.groups()[group].is_silent() {
            instrument.modulation.forget(group);
        }
        let from = match self.last_pitch.replace(key.pitch) {
            Some(last) if instrument.settings.glide > 0.0 => last,
            _ => key.pitch,
        };
        let seed = instrument.seed();
        instrument.voices.groups_mut()[group].start(
            1 << lane,
            F32s::splat(from),
            F32s::splat(key.pitch),
            &[seed; VOICES_PER_GROUP],
        );
        instrument.set_note_start(slot, key);
        instrument
            .bank
            .start_note(slot, &key.per_note, silent.then_some(channel));
        self.started[slot] = instrument.time;
        self.unheard |= 1 << slot;
    }

    /// Assigns `key` to the voice in `slot`.
    fn give(&mut self, voices: &mut Voices, slot: usize, key: Key) {
        let end_reported = !self.keys.take_end_pending(key);
        let voice = voices.slot_mut(slot);
        (voice.end_reported, voice.sostenuto) = (end_reported, key.sostenuto);
    }

    /// Moves the voice that all keys share to `key`.
    fn share(&mut self, instrument: &mut Instrument<'_>, key: Key) {
        let voices = &mut *instrument.voices;
        let Some(slot) = voices.last() else {
            return self.begin(instrument, key, 1);
        };
        let (group, lane) = (slot / VOICES_PER_GROUP, slot % VOICES_PER_GROUP);
        let held = voices.held(slot);
        let left = *voices.slot(slot);
        if !left.end_reported && !self.keys.mark_end_pending(left.note) {
            (instrument.ended)(left.note);
        }
        voices.rename(slot, key.note);
        self.last_pitch = Some(key.pitch);
        let again = match (held, instrument.settings.mode) {
            (false, _) => u32::MAX,
            (true, Mode::Legato) => 0,
            (true, _) => instrument.settings.retrigger,
        };
        let seeds = [instrument.seed(); VOICES_PER_GROUP];
        instrument.voices.groups_mut()[group].retake(
            1 << lane,
            F32s::splat(key.pitch),
            instrument.settings.glide > 0.0,
            again,
            (!held).then_some(&seeds),
        );
        // Voices left over from polyphonic playing end, but not this one, which is held by now. Only afterwards is it
        // known whose end is pending.
        self.limit(instrument, 1);
        self.give(instrument.voices, slot, key);
        if again != 0 {
            instrument.set_note_start(slot, key);
        }
        instrument.bank.start_note(slot, &key.per_note, None);
        self.started[slot] = instrument.time;
        // The note's controllers and pitch are evaluated before its next sample is rendered.
        self.update_all_controllers();
        instrument.bank.move_pitch();
    }

    /// Ends voices beyond the maximum number of simultaneous notes.
    pub(super) fn enforce_voice_limit(&mut self, instrument: &mut Instrument<'_>) {
        self.limit(instrument, instrument.limit());
    }

    /// Ends voices beyond `limit`. In the mono modes, a note whose key is down may sound again; its end is reported
    /// when the key goes up.
    fn limit(&mut self, instrument: &mut Instrument<'_>, limit: usize) {
        let shared = instrument.is_shared();
        instrument.voices.limit(limit, |note| {
            if !(shared && self.keys.mark_end_pending(note)) {
                (instrument.ended)(note);
            }
        });
    }

    /// Handles key releases.
    pub(super) fn note_off(
        &mut self,
        instrument: &mut Instrument<'_>,
        target: NoteFilter,
        velocity: f32,
    ) {
        let voices = &mut *instrument.voices;
        let mut sounded = false;
        self.keys.release(target, |key| {
            sounded |= (voices.sounding()).any(|slot| voices.slot(slot).note == key.note);
            if key.end_pending {
                (instrument.ended)(key.note);
            }
        });
        match self.keys.chosen(instrument.settings.priority) {
            Some(key) if instrument.is_shared() && sounded => {
                self.share(instrument, key);
            }
            _ => {
                let velocity = velocity.max(0.0).min(1.0);
                for slot in instrument.voices.matching(target) {
                    if instrument.voices.held(slot) {
                        instrument.modulation.set_release_velocity(slot, velocity);
                    }
                }
                (instrument.voices).release(target, |channel| self.channels.pedal(channel));
            }
        }
    }

    /// Releases all keys of a channel.
    fn all_notes_off(&mut self, instrument: &mut Instrument<'_>, channel: u8) {
        let target = NoteFilter::channel(channel);
        self.note_off(instrument, target, EventKind::RELEASE_VELOCITY);
    }

    /// Ends notes within 3 ms. A choke with neither key nor id is an All Sound Off of its channels: the tails of the
    /// effects, which all channels share, end too.
    pub(super) fn choke(&mut self, instrument: &mut Instrument<'_>, target: NoteFilter) {
        self.keys.release(target, |key| {
            if key.end_pending {
                (instrument.ended)(key.note);
            }
        });
        if target.id.is_some() || target.key.is_some() {
            instrument.voices.fade(target);
        } else {
            instrument.voices.silence(target);
            instrument.fx.silence();
        }
    }

    /// Silences all notes and the tails of the effects, and resets wheels and pedals.
    pub(super) fn panic(&mut self, instrument: &mut Instrument<'_>) {
        self.choke(instrument, NoteFilter::default());
        self.channels.lift_pedals();
        for channel in 0..16 {
            self.reset_controllers(instrument, channel, ChannelControl::resets_in_panic);
        }
    }

    /// Sets an expression of notes. Keys store it, because a key that waits or loses its voice may sound again.
    pub(super) fn express(
        &mut self,
        instrument: &mut Instrument<'_>,
        target: NoteFilter,
        expression: Expression,
        value: f32,
    ) {
        let (least, most) = expression.range();
        let value = value.clamp(least, most);
        for key in self.keys.per_note_mut(target) {
            key.expressions[expression as usize] = value;
        }
        let time = instrument.time;
        for slot in instrument.voices.matching(target) {
            let unheard = self.started[slot] == time;
            (instrument.bank).express(slot, expression, value, time, unheard);
        }
    }

    /// Sets the per-note modulation of notes, which keys store too.
    pub(super) fn modulate(
        &mut self,
        instrument: &mut Instrument<'_>,
        target: NoteFilter,
        parameter: Parameter,
        amount: f32,
    ) {
        let Some(number) = parameter.per_note_number() else {
            return;
        };
        for key in self.keys.per_note_mut(target) {
            key.amounts[number] = Some(amount);
        }
        let time = instrument.time;
        for slot in instrument.voices.matching(target) {
            let unheard = self.started[slot] == time;
            (instrument.bank).modulate(slot, number, amount, time, unheard);
        }
    }

    /// Sets a performance control of the on-screen keyboard. NaN is ignored.
    pub(super) fn perform(
        &mut self,
        instrument: &mut Instrument<'_>,
        control: ScreenControl,
        value: f32,
    ) {
        if value.is_nan() {
            return;
        }
        let (control, least) = match control {
            ScreenControl::Sustain => {
                return self.set_sustain(instrument.voices, SCREEN_CHANNEL, value >= 0.5);
            }
            ScreenControl::Bend => (ChannelControl::Bend, -1.0),
            ScreenControl::Modulation => (ChannelControl::Modulation, 0.0),
            ScreenControl::Pressure => (ChannelControl::Pressure, 0.0),
        };
        let value = value.clamp(least, 1.0);
        self.set_channel_control(instrument, SCREEN_CHANNEL, control, value);
    }

    /// Returns the keys that are down or held by a pedal, one bit each: key 0 is the lowest bit of the first word.
    pub(super) fn keys_down(&self, voices: &Voices) -> [u64; 2] {
        let held = voices.unreleased().map(|slot| voices.slot(slot).note.key);
        let mut keys = [0; 2];
        for key in self.keys.iter().map(|key| key.note.key).chain(held) {
            keys[usize::from(key / 64) & 1] |= 1 << (key % 64);
        }
        keys
    }

    /// Sets a control of a channel.
    pub(super) fn set_channel_control(
        &self,
        instrument: &mut Instrument<'_>,
        channel: u8,
        control: ChannelControl,
        value: f32,
    ) {
        let channel = channel & 15;
        let time = instrument.time;
        let unheard = self.channels.is_unheard(channel, time);
        (instrument.bank).control(channel, control, value, time, unheard);
    }

    fn reset_controllers(
        &mut self,
        instrument: &mut Instrument<'_>,
        channel: u8,
        resets: impl Fn(ChannelControl) -> bool,
    ) {
        for control in ChannelControl::ALL {
            if resets(control) {
                self.set_channel_control(instrument, channel, control, control.neutral());
            }
        }
        for control in ChannelControl::NUMBERED {
            for reached in self.channels.of_numbered(channel) {
                self.set_channel_control(instrument, reached, control, control.neutral());
            }
        }
        self.channels.deselect(channel);
    }

    /// Configures the MPE zone of `master`. As MPE 1.1 asks, the notes of the channels that this affects end like released
    /// keys, and their controllers are reset.
    fn configure_zone(&mut self, instrument: &mut Instrument<'_>, master: u8, members: u8) {
        let affected = self.channels.configure(master, members);
        for channel in (0..16).filter(|channel| affected & (1 << channel) != 0) {
            self.set_sustain(instrument.voices, channel, false);
            self.set_sostenuto(instrument.voices, channel, false);
            self.all_notes_off(instrument, channel);
            for control in ChannelControl::ALL {
                if control.resets_in_panic() {
                    self.set_channel_control(instrument, channel, control, control.neutral());
                }
            }
        }
    }

    /// Handles a controller of a channel, 0 to 15, with a value from 0 to 1.
    pub(super) fn controller(
        &mut self,
        instrument: &mut Instrument<'_>,
        channel: u8,
        number: u8,
        value: f32,
    ) {
        for control in self.channels.numbered(number) {
            for reached in self.channels.of_numbered(channel) {
                self.set_channel_control(instrument, reached, control, value);
            }
        }
        if let Some((control, value)) = ChannelControl::of_controller(number, value) {
            return self.set_channel_control(instrument, channel, control, value);
        }
        if Rpn::is_message(number) {
            let value = (value * 127.0).round() as u8;
            let changed = (self.channels).register(channel, number, value, instrument.bank);
            if let Some(RpnChange::Members(members)) = changed
                && Zones::can_be_master(channel)
            {
                self.configure_zone(instrument, channel, members);
            }
            if changed.is_some() {
                self.update_all_controllers();
                instrument.bank.move_pitch();
            }
            return;
        }
        match number {
            SUSTAIN => self.set_sustain(instrument.voices, channel, value >= 0.5),
            SOSTENUTO => self.set_sostenuto(instrument.voices, channel, value >= 0.5),
            ALL_SOUND_OFF => {
                for reached in self.channels.reached_from(channel) {
                    self.choke(instrument, NoteFilter::channel(reached));
                }
            }
            RESET_CONTROLLERS => {
                self.reset_controllers(instrument, channel, ChannelControl::resets);
                let target = NoteFilter::channel(channel);
                self.express(instrument, target, Expression::Pressure, 0.0);
                self.set_sustain(instrument.voices, channel, false);
                self.set_sostenuto(instrument.voices, channel, false);
            }
            // The channel modes that follow it imply it.
            ALL_NOTES_OFF..=127 => {
                for reached in self.channels.reached_from(channel) {
                    self.all_notes_off(instrument, reached);
                }
            }
            _ => {}
        }
    }

    fn set_sustain(&mut self, voices: &mut Voices, channel: u8, down: bool) {
        self.channels.set_sustain(channel, down);
        if !down {
            self.lift(voices);
        }
    }

    fn set_sostenuto(&mut self, voices: &mut Voices, channel: u8, down: bool) {
        let was = self.channels.set_sostenuto(channel, down);
        let Self { channels, keys, .. } = self;
        let reached = |note: u8| channels.reaches(channel, note & 15);
        if down && !was {
            keys.hold_sostenuto(true, reached);
            voices.hold_sostenuto(reached);
        } else if !down {
            keys.hold_sostenuto(false, reached);
            voices.release_sostenuto(reached);
            self.lift(voices);
        }
    }

    /// Releases the notes that only a pedal held.
    fn lift(&self, voices: &mut Voices) {
        voices.lift(|channel| self.channels.pedal(channel));
    }
}
