//! The assignments of an instance, passed from the editor or a state to the audio thread, and the controller that was
//! moved last, passed back for "Learn MIDI".

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nice_plug::params::persist::PersistentField;

use super::{Controller, MidiMap, MidiTable};
use crate::catch::catch;
use crate::latest_value::LatestValue;

/// Code of no controller, of channel pressure, and of the first pair; single controllers have their number plus one.
const NONE: u64 = 0;
const PRESSURE: u64 = 200;
const PAIRS: u64 = 300;

/// The assignments of an instance.
#[derive(Debug, Default)]
pub struct ActiveMidiMap {
    current: Mutex<Arc<MidiMap>>,
    /// Counts the changes of `current`.
    count: AtomicU64,
    /// The newest table, until the audio thread takes it.
    waiting: LatestValue<MidiTable>,
    /// Code of the controller that was moved last.
    heard: AtomicU64,
}

impl ActiveMidiMap {
    /// Replaces the assignments. `[gui]`
    pub fn replace(&self, map: MidiMap) {
        let table = MidiTable::new(&map);
        // Held until the end, so that of two concurrent calls the same one is last for the state and for the audio
        // thread.
        let mut current = self.current();
        *current = Arc::new(map);
        self.waiting.put(table);
        self.count.fetch_add(1, Ordering::Release);
    }

    /// Returns the assignments. `[gui]`
    pub fn get(&self) -> Arc<MidiMap> {
        self.current().clone()
    }

    /// Counts the changes: while the count is the same, so are the assignments. Any thread.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Takes the table of the assignments set since the last call. Wait-free. `[audio]`
    pub fn take(&self) -> Option<MidiTable> {
        self.waiting.take()
    }

    /// Reports that `controller` was moved. Wait-free. `[audio]`
    pub fn report(&self, controller: Controller) {
        let code = match controller {
            Controller::Cc(number) => u64::from(number) + 1,
            Controller::Pressure => PRESSURE,
            Controller::Pair(number) => PAIRS + u64::from(number),
        };
        self.heard.store(code, Ordering::Relaxed);
    }

    /// Returns the controller that was moved last since the last call. `[gui]`
    pub fn take_heard(&self) -> Option<Controller> {
        match self.heard.swap(NONE, Ordering::Relaxed) {
            NONE => None,
            PRESSURE => Some(Controller::Pressure),
            code @ ..PRESSURE => Controller::cc((code - 1) as u8),
            code => Controller::pair((code - PAIRS) as u8),
        }
    }

    /// Locks the assignments. `[gui]`
    #[expect(
        clippy::disallowed_methods,
        reason = "[gui]; the audio thread takes what waits without this lock"
    )]
    fn current(&self) -> MutexGuard<'_, Arc<MidiMap>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PersistentField<'_, MidiMap> for ActiveMidiMap {
    /// Sets the assignments from a state. `[gui]`
    fn set(&self, map: MidiMap) {
        catch((), || self.replace(map));
    }

    fn map<F: Fn(&MidiMap) -> R, R>(&self, f: F) -> R {
        let map = catch(Arc::default(), || self.get());
        f(&map)
    }
}

#[cfg(test)]
mod tests {
    use tidepool_dsp::{EventKind, Parameter};

    use super::*;
    use crate::midi_map::Assignment;

    #[test]
    fn the_newest_assignments_are_taken_once() {
        let active = ActiveMidiMap::default();
        assert!(active.take().is_none());
        let mut map = MidiMap::default();
        let assignment = Assignment::new(Parameter::Cutoff, Controller::Pair(2));
        map.assign(assignment).unwrap();
        active.replace(MidiMap::default());
        active.replace(map.clone());
        assert_eq!((&*active.get(), active.count()), (&map, 2));
        let table = active.take().expect("a table waits");
        assert!(active.take().is_none());
        let of = |controller| table.of(controller).copied().collect::<Vec<_>>();
        assert_eq!(of(Controller::Pair(2)), [assignment]);
        assert_eq!(of(Controller::Cc(2)), []);
        let (channel, value) = (0, 0.0);
        let controller = |number| EventKind::Controller {
            channel,
            number,
            value,
        };
        let used = |number: &u8| table.assigned().has(&controller(*number));
        assert_eq!((0..=255).filter(used).collect::<Vec<_>>(), [2, 34]);
        let pressure = EventKind::ChannelPressure { channel, value };
        assert!(!table.assigned().has(&pressure));
    }

    #[test]
    fn every_controller_is_reported_once() {
        let active = ActiveMidiMap::default();
        let all = (0..120)
            .filter_map(Controller::cc)
            .chain((0..32).filter_map(Controller::pair))
            .chain([Controller::Pressure]);
        for controller in all {
            active.report(controller);
            assert_eq!(active.take_heard(), Some(controller));
            assert_eq!(active.take_heard(), None);
        }
    }
}
