//! Loads the presets that MIDI program changes select, on the main thread and by the way of a state, whether the window is
//! open or not.

use super::instance::Instance;
use super::preset_load::load;
use crate::presets::entry::PresetId;
use crate::presets::programs::{Program, Programs, usual_file};
use crate::presets::{self, Preset, store};

/// Loads the program that was selected since the last call, if there is one and program changes are switched on. `[gui]`
pub(super) fn load_selected(instance: &Instance) {
    let Some(params) = instance.shared.params.get() else {
        return;
    };
    let Some(program) = params.program_change.take() else {
        return;
    };
    let programs = Programs::open(usual_file());
    if !programs.is_on() {
        return;
    }
    let loaded =
        find(&programs, program).and_then(|(preset, id)| match load(instance, &preset, &id) {
            true => Ok(()),
            false => Err(format!(
                "{program}: the preset \"{}\" could not be loaded; the sound is as it was",
                preset.name
            )),
        });
    if loaded.is_ok() {
        // The host has not loaded this sound itself.
        instance.host.rescan_values();
        instance.host.mark_dirty();
    }
    params.program_change.set_notice(loaded.err());
}

/// Finds and reads the preset of `program`.
///
/// # Errors
/// A sentence without a full stop.
fn find(programs: &Programs, program: Program) -> Result<(Preset, PresetId), String> {
    let Some(id) = programs.get(program) else {
        return Err(match programs.notice() {
            Some(notice) => notice.to_owned(),
            None => format!("{program} has no preset; give it one on the Browser page"),
        });
    };
    let missing = |reason: &str| {
        format!("{program}: {reason}; give the program another preset on the Browser page")
    };
    if let Some(name) = id.factory_name() {
        let preset = presets::find(name).map_err(|error| missing(&error.to_string()))?;
        return Ok((preset.clone(), id.clone()));
    }
    let folder = store::chosen_folder();
    let file = folder.and_then(|folder| id.file(&folder));
    let file = file.ok_or_else(|| missing("its preset is in no folder of this user"))?;
    let preset = presets::open(&file).map_err(|error| missing(&error.to_string()))?;
    Ok((preset, id.clone()))
}
