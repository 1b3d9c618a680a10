//! The entry points that hosts look for: CLAP directly, VST3 and AUv2 as clap-wrapper's faces of it.

// The exporting macros define undocumented C symbols around undocumented unsafe glue.
#![allow(missing_docs, clippy::undocumented_unsafe_blocks)]

use clack_host::entry::{PluginEntry, PluginEntryError};

use crate::Tidepool;

nice_plug::nice_export_clap!(Tidepool);
clap_wrapper::export_vst3!();
clap_wrapper::export_auv2!();

/// This library's own CLAP entry, for hosting it in the same process. `[gui]`
///
/// # Errors
/// Whatever [`PluginEntry::load_from_raw`] reports; a correctly linked binary has no reason to.
pub fn entry() -> Result<PluginEntry, PluginEntryError> {
    // SAFETY: `clap_entry` is a static of this very binary, so it lives and stays put for the whole
    // run, and nice-plug's export macro fills it as the CLAP ABI wants.
    unsafe { PluginEntry::load_from_raw(&clap_entry, c"") }
}
