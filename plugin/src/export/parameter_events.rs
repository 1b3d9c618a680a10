//! The parameter and transport events of a piece of a host block, as nice-plug gets them.
//!
//! nice-plug splits a block at each event and looks up its parameter, at 0.2 µs per event. So the list is bounded.
//! An event that another one overrides on the same sample is left out. All parameters may be set at once, but if
//! more than [`DENSE`] events fall into every window of eight samples for long, the surplus moves to the end of its
//! window, where the last one of each parameter counts. Windows are counted from the last reset, not from the start
//! of the block, so that block sizes stay inaudible.

use clap_sys::events::*;
use tidepool_dsp::Parameter;

use super::block::later;
use super::controller_input::ControllerInput;
use super::host_events::{EventReader, HostEvent, ParameterChange};
use crate::params::param_id;

/// A slot for the value and one for the modulation of each parameter.
const SLOTS: usize = 2 * Parameter::COUNT;
/// Most events that one sample adds: a modulation for each parameter, a value that is set between two further
/// ones, and a transport.
const EVENTS_OF_A_SAMPLE: usize = 4 * Parameter::COUNT + 1;
/// Most events in the list.
pub(crate) const EVENTS: usize = 2 * EVENTS_OF_A_SAMPLE;
/// Most transport events in the list.
const TRANSPORTS: usize = 16;
/// Length of a window in samples.
const WINDOW: u64 = 8;
/// Parameter events that each window passes on their own samples without time limit: sixteen parameters
/// that change on every sample.
const DENSE: u64 = 128;
/// Parameter events that may pass on their own samples in a burst: the value and the modulation of every parameter.
const BURST: u64 = SLOTS as u64;

/// The list, and the state that is carried from one list to the next.
pub(super) struct ParameterEvents {
    items: Vec<Item>,
    /// Number of values in the list that MIDI controllers have set.
    midi_values: usize,
    transports: Vec<clap_event_transport>,
    /// Index of each slot's newest event in the list, plus one; 0 if there is none.
    newest: Box<[u16]>,
    /// Last modulation of each parameter that was passed on.
    modulation: Box<[f64]>,
    /// True if the parameters have lost their modulation.
    lost_modulation: bool,
    /// Window of the latest event, and the number of events that may still pass in it.
    window: u64,
    allowed: u64,
    /// Values that wait for the end of their window, and that time, counted like the position of the block.
    waiting: Box<[Option<Waiting>]>,
    waits: usize,
    due: u64,
}

/// Value that waits for the end of its window.
#[derive(Clone, Copy)]
struct Waiting {
    value: f64,
    from_midi: bool,
}

#[derive(Clone, Copy)]
enum Item {
    Value(clap_event_param_value),
    Modulation(clap_event_param_mod),
    /// Index in `transports`.
    Transport(usize),
}

impl Default for ParameterEvents {
    /// Creates an empty list. Allocates. `[gui]`
    fn default() -> Self {
        Self {
            items: Vec::with_capacity(EVENTS),
            midi_values: 0,
            transports: Vec::with_capacity(TRANSPORTS),
            newest: vec![0; SLOTS].into(),
            modulation: vec![0.0; Parameter::COUNT].into(),
            lost_modulation: false,
            window: 0,
            allowed: BURST,
            waiting: vec![None; SLOTS].into(),
            waits: 0,
            due: 0,
        }
    }
}

impl ParameterEvents {
    /// Fills the list with all events of `reader`, which came without samples, and with `settle` also with those that wait;
    /// as all have the same time, the last one of each parameter counts. `[audio]`, or `[gui]` in `params.flush`
    pub(super) fn fill_at_once(
        &mut self,
        reader: &mut EventReader,
        controllers: &mut ControllerInput,
        settle: bool,
    ) {
        self.clear();
        if settle {
            self.release(0);
        }
        while let Some((_, event)) = reader.next() {
            match event {
                HostEvent::Parameter(change) => self.change_at_once(change),
                HostEvent::Transport(transport) => self.transport(transport, 0),
                HostEvent::Program { channel, number } => controllers.select(channel, number),
                HostEvent::Note(event) => {
                    controllers.hear(&event);
                    controllers.changes(&event, |change| self.change_at_once(change));
                }
            }
        }
    }

    fn change_at_once(&mut self, change: ParameterChange) {
        let slot = slot(change);
        // Waiting values are older.
        self.waits -= usize::from(self.waiting[slot].take().is_some());
        self.set(slot, 0, change.value, change.from_midi);
    }

    /// Returns true while values wait for the end of their window. `[audio]`
    pub(super) fn waits(&self) -> bool {
        self.waits > 0
    }

    /// Discards the waiting values, because a state that was loaded replaces them. `[audio]`
    pub(super) fn forget(&mut self) {
        self.waiting.fill(None);
        self.waits = 0;
    }

    /// Repeats the editor's `value` in the next list if `parameter` is modulated, because nice-plug has lost it then.
    /// `[audio]`
    pub(super) fn edited(&mut self, parameter: Parameter, value: f64) {
        if self.modulation[parameter.index()] != 0.0 {
            let slot = 2 * parameter.index();
            let from_midi = false;
            let waiting = Waiting { value, from_midi };
            self.waits += usize::from(self.waiting[slot].replace(waiting).is_none());
            self.due = 0;
        }
    }

    /// Makes the next list begin with the last modulation, which the parameters have lost. `[audio]`
    pub(super) fn modulate_again(&mut self) {
        self.lost_modulation = true;
    }

    /// Fills the list with the events of the piece that begins at sample `from` of the block, which itself began at sample
    /// `position` since the last reset. Returns the end of the piece: `to`, or an earlier sample if there is no room
    /// for all events up to there. `[audio]`
    pub(super) fn fill(
        &mut self,
        reader: &mut EventReader,
        controllers: &mut ControllerInput,
        position: u64,
        from: u32,
        to: u32,
    ) -> u32 {
        self.clear();
        loop {
            let mut ahead = *reader;
            let next = loop {
                match ahead.next() {
                    Some((_, HostEvent::Note(event))) if !controllers.assigned().has(&event) => {
                        controllers.hear(&event);
                        *reader = ahead;
                    }
                    Some((_, HostEvent::Program { channel, number })) => {
                        controllers.select(channel, number);
                        *reader = ahead;
                    }
                    other => break other,
                }
            };
            let time = next.map_or(u32::MAX, |(time, _)| time);
            let due = self.due.saturating_sub(position).max(from.into());
            if self.waits > 0 && due <= time.into() && due < to.into() {
                let due = due as u32;
                if self.is_full(due - from) {
                    return due;
                }
                self.release(due - from);
                continue;
            }
            let Some((_, event)) = next.filter(|_| time < to) else {
                return to;
            };
            if self.is_full(time - from) {
                return time;
            }
            match event {
                HostEvent::Parameter(change) => {
                    self.change(change, time - from, position + u64::from(time));
                }
                HostEvent::Transport(transport) => self.transport(transport, time - from),
                // Read over above.
                HostEvent::Program { .. } => {}
                HostEvent::Note(event) => {
                    controllers.hear(&event);
                    controllers.changes(&event, |change| {
                        self.change(change, time - from, position + u64::from(time));
                    });
                }
            }
            *reader = ahead;
        }
    }

    /// Sets the position of each transport event back to that at the start of the piece, because nice-plug advances it from
    /// there, and not from the event, to each sample at which it splits the block. `[audio]`
    pub(super) fn set_back_transports(&mut self, sample_rate: f64) {
        for transport in &mut self.transports {
            *transport = later(*transport, -i64::from(transport.header.time), sample_rate);
        }
    }

    /// Returns the list in CLAP's format for nice-plug. Valid while this is neither moved nor changed. `[audio]`
    pub(super) fn list(&self) -> clap_input_events {
        clap_input_events {
            ctx: (&raw const *self).cast_mut().cast(),
            size: Some(size),
            get: Some(get),
        }
    }

    /// Returns the first value at or after the index `from` of the list that a MIDI controller has set, and the index after
    /// it. `[audio]`
    pub(super) fn midi_value(&self, from: usize) -> Option<(clap_event_param_value, usize)> {
        if self.midi_values == 0 {
            return None;
        }
        (self.items.iter().enumerate().skip(from)).find_map(|(place, item)| match item {
            Item::Value(event) if event.header.flags & CLAP_EVENT_IS_LIVE != 0 => {
                Some((*event, place + 1))
            }
            _ => None,
        })
    }

    /// Returns the last transport event in the list, with the position [at the start](Self::set_back_transports) of the
    /// piece. `[audio]`
    pub(super) fn last_transport(&self) -> Option<clap_event_transport> {
        self.transports.last().copied()
    }

    /// Restarts the count of windows; waiting values are due at once. `[audio]`
    pub(super) fn restart(&mut self) {
        self.due = 0;
        self.window = 0;
        self.allowed = BURST;
    }

    fn clear(&mut self) {
        // Most lists are empty, and so were those before them.
        if !self.items.is_empty() {
            self.items.clear();
            self.midi_values = 0;
            self.transports.clear();
            self.newest.fill(0);
        }
        if std::mem::take(&mut self.lost_modulation) {
            for place in 0..Parameter::COUNT {
                if self.modulation[place] != 0.0 {
                    self.push_item(2 * place + 1, 0, self.modulation[place], false);
                }
            }
        }
    }

    /// Returns true if the list has no room for the most events that another sample can add. Only a new sample is rejected,
    /// so that the events of one sample stay together; the first sample of a piece always has room.
    fn is_full(&self, time: u32) -> bool {
        let is_new = self.items.last().is_none_or(|item| self.time(item) != time);
        is_new
            && (self.items.len() + EVENTS_OF_A_SAMPLE > EVENTS
                || self.transports.len() == TRANSPORTS)
    }

    fn time(&self, item: &Item) -> u32 {
        match item {
            Item::Value(event) => event.header.time,
            Item::Modulation(event) => event.header.time,
            Item::Transport(place) => self.transports[*place].header.time,
        }
    }

    fn change(&mut self, change: ParameterChange, time: u32, position: u64) {
        let ParameterChange {
            value, from_midi, ..
        } = change;
        let slot = slot(change);
        if self.override_last(slot, time, value, from_midi) {
            return;
        }
        let window = position / WINDOW;
        let gained = DENSE * window.saturating_sub(self.window).min(BURST);
        self.allowed = BURST.min(self.allowed + gained);
        self.window = window;
        if self.allowed > 0 {
            self.allowed -= 1;
            self.push(slot, time, value, from_midi);
        } else {
            let waiting = Waiting { value, from_midi };
            self.waits += usize::from(self.waiting[slot].replace(waiting).is_none());
            self.due = (window + 1) * WINDOW;
        }
    }

    /// Adds the waiting values at `time`.
    fn release(&mut self, time: u32) {
        for slot in 0..SLOTS {
            if let Some(waiting) = self.waiting[slot].take() {
                self.set(slot, time, waiting.value, waiting.from_midi);
            }
        }
        self.waits = 0;
    }

    /// Adds an event, in the place of one of the slot at the same time.
    fn set(&mut self, slot: usize, time: u32, value: f64, from_midi: bool) {
        if !self.override_last(slot, time, value, from_midi) {
            self.push(slot, time, value, from_midi);
        }
    }

    /// Replaces the value of the slot's newest event if that is at `time`; returns true if so.
    fn override_last(&mut self, slot: usize, time: u32, new: f64, from_midi: bool) -> bool {
        let Some(place) = usize::from(self.newest[slot]).checked_sub(1) else {
            return false;
        };
        match &mut self.items[place] {
            Item::Value(event) if event.header.time == time => {
                event.value = new;
                event.header.flags = flags(from_midi);
                // Values of the host among them cost only time.
                self.midi_values += usize::from(from_midi);
            }
            Item::Modulation(event) if event.header.time == time => {
                event.amount = new;
                self.modulation[slot / 2] = new;
            }
            _ => return false,
        }
        true
    }

    /// Adds an event.
    ///
    /// nice-plug loses a value that is set while the modulation holds the parameter at an end of its range, because
    /// the sum of both stays the same. So the value of a modulated parameter is set between two modulations: zero, and
    /// the previous one.
    fn push(&mut self, slot: usize, time: u32, value: f64, from_midi: bool) {
        let place = slot / 2;
        if slot % 2 == 1 {
            self.modulation[place] = value;
            self.push_item(slot, time, value, false);
            return;
        }
        let modulation = self.modulation[place];
        if modulation != 0.0 {
            self.push_item(slot + 1, time, 0.0, false);
        }
        self.push_item(slot, time, value, from_midi);
        if modulation != 0.0 {
            self.push_item(slot + 1, time, modulation, false);
        }
    }

    fn push_item(&mut self, slot: usize, time: u32, value: f64, from_midi: bool) {
        let parameter = Parameter::at(slot / 2).expect("there are two slots a parameter");
        let param_id = param_id(parameter.spec().id);
        self.items.push(if slot.is_multiple_of(2) {
            Item::Value(clap_event_param_value {
                header: clap_event_header {
                    flags: flags(from_midi),
                    ..header::<clap_event_param_value>(CLAP_EVENT_PARAM_VALUE, time)
                },
                param_id,
                cookie: std::ptr::null_mut(),
                note_id: -1,
                port_index: -1,
                channel: -1,
                key: -1,
                value,
            })
        } else {
            Item::Modulation(clap_event_param_mod {
                header: header::<clap_event_param_mod>(CLAP_EVENT_PARAM_MOD, time),
                param_id,
                cookie: std::ptr::null_mut(),
                note_id: -1,
                port_index: -1,
                channel: -1,
                key: -1,
                amount: value,
            })
        });
        self.midi_values += usize::from(from_midi);
        self.newest[slot] = self.items.len() as u16;
    }

    fn transport(&mut self, transport: clap_event_transport, time: u32) {
        let event = clap_event_transport {
            header: header::<clap_event_transport>(CLAP_EVENT_TRANSPORT, time),
            ..transport
        };
        match self.transports.last_mut() {
            Some(last) if last.header.time == time => *last = event,
            _ => {
                self.transports.push(event);
                self.items.push(Item::Transport(self.transports.len() - 1));
            }
        }
    }
}

fn slot(change: ParameterChange) -> usize {
    2 * change.parameter.index() + usize::from(change.modulation)
}

/// Returns CLAP's flags of a value.
fn flags(from_midi: bool) -> u32 {
    if from_midi { CLAP_EVENT_IS_LIVE } else { 0 }
}

fn header<T>(kind: clap_event_type, time: u32) -> clap_event_header {
    clap_event_header {
        size: size_of::<T>() as u32,
        time,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_: kind,
        flags: 0,
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: nice-plug calls it with the list from `ParameterEvents::list`, while that is valid.
    let events = unsafe { &*(*list).ctx.cast::<ParameterEvents>() };
    events.items.len() as u32
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as in `size`.
    let events = unsafe { &*(*list).ctx.cast::<ParameterEvents>() };
    match events.items.get(index as usize) {
        Some(Item::Value(event)) => &raw const event.header,
        Some(Item::Modulation(event)) => &raw const event.header,
        Some(Item::Transport(place)) => &raw const events.transports[*place].header,
        None => std::ptr::null(),
    }
}

const _: () = assert!(EVENTS <= u16::MAX as usize);

#[cfg(test)]
mod tests;
