//! The recorder of edits: a sound that passes every edit on and adds it to the history.

use std::sync::Arc;
use std::time::Duration;

use tidepool_dsp::{Parameter, Patch};

use super::{Direction, Edit, EditHistory, LoadedState, ValueEdit};
use crate::comparison::Comparison;
use crate::editor::origin::Origin;
use crate::editor::sound::{Load, Sound};
use crate::midi_map::{ActiveMidiMap, MidiMap};
use crate::params::ParamValue;
use crate::tuning::{ActiveTuning, ScalaFiles, Unusable};

/// A sound whose edits are recorded. `[gui]`
pub struct Recorder<'a> {
    pub sound: &'a mut dyn Sound,
    pub history: &'a mut EditHistory,
    /// Time on the editor's clock.
    pub now: Duration,
}

impl Recorder<'_> {
    /// Undoes or redoes a step.
    pub fn go(&mut self, direction: Direction) {
        self.history.go(direction, self.sound);
    }
}

impl Sound for Recorder<'_> {
    fn place(&self, parameter: Parameter) -> ParamValue {
        self.sound.place(parameter)
    }

    fn begin(&mut self, parameter: Parameter) {
        let before = self.sound.place(parameter).plain;
        self.history.begin(parameter, before, self.now);
        self.sound.begin(parameter);
    }

    fn set(&mut self, parameter: Parameter, plain: f32) {
        self.history.set(parameter, plain);
        self.sound.set(parameter, plain);
    }

    fn end(&mut self, parameter: Parameter) {
        self.sound.end(parameter);
        self.history.close(self.now);
    }

    fn patch(&self) -> Patch {
        self.sound.patch()
    }

    fn origin(&self) -> Origin {
        self.sound.origin()
    }

    fn comparison(&self) -> Comparison {
        self.sound.comparison()
    }

    fn load(&mut self, load: Load<'_>) {
        let edits = load.values.iter().map(|&(parameter, after)| ValueEdit {
            parameter,
            before: self.sound.place(parameter).plain,
            after,
        });
        let edit = Edit::Load {
            name: load.name.to_owned(),
            values: edits.filter(|edit| edit.before != edit.after).collect(),
            before: LoadedState {
                origin: self.sound.origin(),
                comparison: load.comparison.as_ref().map(|_| self.sound.comparison()),
            },
            after: LoadedState {
                origin: load.origin.clone(),
                comparison: load.comparison.clone(),
            },
        };
        self.history.record(edit, self.now);
        self.sound.load(load);
    }

    fn set_origin(&mut self, origin: Origin) {
        self.sound.set_origin(origin);
    }

    fn tuning(&self) -> &ActiveTuning {
        self.sound.tuning()
    }

    fn retune(&mut self, files: ScalaFiles, name: &str) -> Result<(), Unusable> {
        let before = self.sound.tuning().files();
        self.sound.retune(files.clone(), name)?;
        let edit = Edit::Tuning {
            name: name.to_owned(),
            before,
            after: files,
        };
        self.history.record(edit, self.now);
        Ok(())
    }

    fn midi_map(&self) -> &ActiveMidiMap {
        self.sound.midi_map()
    }

    fn set_midi_map(&mut self, map: MidiMap, name: &str) {
        let edit = Edit::MidiMap {
            name: name.to_owned(),
            before: self.sound.midi_map().get(),
            after: Arc::new(map.clone()),
        };
        self.sound.set_midi_map(map, name);
        self.history.record(edit, self.now);
    }
}
