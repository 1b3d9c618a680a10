//! Errors between this host and a plugin, one sentence each.

use clack_extensions::render::PluginRenderError;
use clack_extensions::state::StateError;
use clack_host::plugin::PluginInstanceError;

/// Error of a call to a plugin.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The bundle contains no plugin.
    #[error("the bundle holds no plugin")]
    NoPlugin,
    /// The plugin lacks an extension that the call needs.
    #[error("the plugin lacks the CLAP extension \"{0}\"")]
    Missing(&'static str),
    /// The plugin refused to be created, activated, started or processed.
    #[error("the plugin refused: {0}")]
    Refused(#[from] PluginInstanceError),
    /// The plugin refused to switch between live and offline rendering.
    #[error("the plugin does not change between playing live and rendering offline")]
    Render(#[from] PluginRenderError),
    /// The plugin could not save its state, or refused the state given.
    #[error("the plugin's state: {0}")]
    State(#[from] StateError),
    /// The call needs an inactive plugin.
    #[error("the plugin is active, and this works only while it is not")]
    Active,
    /// The plugin did not open its window inside the given one.
    #[error("the plugin's window does not open")]
    Window,
    /// The buffers of one block differ in length.
    #[error("the buffers of one block have different lengths")]
    Lengths,
}
