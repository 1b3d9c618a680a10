//! The parameters, which hosts automate and states store. Ids must never change.

mod any_param;
mod build;
mod counted_field;
mod dirty_set;
pub mod sound_info;
pub mod state;
pub mod text;
mod tree;
pub mod value_error;

use std::sync::Arc;

use crate::comparison::Comparison;
use crate::midi_map::ActiveMidiMap;
use crate::program_change::ProgramChange;
use crate::tuning::ActiveTuning;
use nice_plug::prelude::*;
use tidepool_dsp::{Parameter, Patch};

pub use any_param::{AnyParam, ParamValue};
pub use counted_field::CountedField;
pub use dirty_set::DirtySet;
pub use sound_info::SoundInfo;
pub use state::{Loaded, make_loadable};
use tree::ParamTree;

/// All parameters, the other parts of the state, and flags of what has changed.
#[derive(Params)]
pub struct TidepoolParams {
    /// A parameter for every row of the engine's table.
    #[nested]
    tree: ParamTree,
    /// Parameters that changed since the engine last took them over.
    pub dirty: Arc<DirtySet>,
    /// The pitches of the keys.
    #[persist = "tuning"]
    pub tuning: ActiveTuning,
    /// Name, author and macro names of the sound.
    #[persist = "sound"]
    pub sound_info: CountedField<SoundInfo>,
    /// Side that is played, A or B, and the sound of the other one.
    #[persist = "compare"]
    pub comparison: CountedField<Comparison>,
    /// The program that was selected last.
    pub program_change: ProgramChange,
    /// Controllers that move parameters.
    #[persist = "midi_map"]
    pub midi_map: ActiveMidiMap,
    /// Set when a state has been loaded, until it is taken.
    #[persist = "loaded"]
    pub loaded: Loaded,
}

/// A parameter group as hosts and the editor show it: its name, and its parameters in order.
pub type Group<'a> = (&'static str, Vec<(Parameter, &'a AnyParam)>);

/// Returns the host's number of the parameter with the text id `key`, such as `cutoff`.
///
/// CLAP ids are numbers; this is the hash that nice-plug derives them with, so it must never change.
pub fn param_id(key: &str) -> u32 {
    let hash = key.bytes().fold(0_u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    // VST3 reserves the uppermost bit for parameters of the host.
    hash & !(1 << 31)
}

impl Default for TidepoolParams {
    fn default() -> Self {
        let dirty = Arc::default();
        Self {
            tree: ParamTree::new(&dirty),
            dirty,
            tuning: ActiveTuning::default(),
            sound_info: CountedField::default(),
            comparison: CountedField::default(),
            midi_map: ActiveMidiMap::default(),
            program_change: ProgramChange::default(),
            loaded: Loaded::default(),
        }
    }
}

impl TidepoolParams {
    /// Returns the plugin parameter of the engine's `parameter`. `[audio]`
    pub fn get(&self, parameter: Parameter) -> &AnyParam {
        self.tree.get(parameter)
    }

    /// Returns every parameter by group, in the order that hosts show. Allocates. `[gui]`
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for parameter in Parameter::all() {
            let group = parameter.spec().group;
            let entry = (parameter, self.get(parameter));
            match groups.last_mut().filter(|(name, _)| *name == group) {
                Some((_, params)) => params.push(entry),
                None => groups.push((group, vec![entry])),
            }
        }
        groups
    }

    /// Calls `set` with each parameter that changed since the last call and its present value. `[audio]`
    pub fn gather(&self, mut set: impl FnMut(Parameter, ParamValue)) {
        self.dirty
            .take(|parameter| set(parameter, self.get(parameter).place()));
    }

    /// Counts the changes of the state beside the values of parameters. Any thread.
    pub fn field_changes(&self) -> u64 {
        let sound = self.sound_info.count() + self.comparison.count();
        sound + self.tuning.count() + self.midi_map.count()
    }

    /// Returns the plain values of all parameters, without modulation. `[audio]`
    pub fn sound(&self) -> Patch {
        let mut sound = Patch::default();
        for parameter in Parameter::all() {
            sound.set(parameter, self.get(parameter).place().plain);
        }
        sound
    }
}

#[cfg(test)]
mod tests;
