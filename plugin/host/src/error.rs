//! What can go wrong between this host and a plugin, each as one sentence.

use clack_extensions::render::PluginRenderError;
use clack_extensions::state::StateError;
use clack_host::plugin::PluginInstanceError;

/// A call to a plugin that did not work.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The bundle holds no plugin at all.
    #[error("the bundle holds no plugin")]
    NoPlugin,
    /// The plugin does not offer what the call needs.
    #[error("the plugin lacks the CLAP extension \"{0}\"")]
    Missing(&'static str),
    /// The plugin refused to be created, activated, started or processed.
    #[error("the plugin refused: {0}")]
    Refused(#[from] PluginInstanceError),
    /// The plugin does not render the way it was asked to.
    #[error("the plugin does not change between playing live and rendering offline")]
    Render(#[from] PluginRenderError),
    /// The plugin could not save its state, or did not take the state given.
    #[error("the plugin's state: {0}")]
    State(#[from] StateError),
    /// The call needs a deactivated plugin.
    #[error("the plugin is active, and this works only while it is not")]
    Active,
    /// The buffers of one block are not equally long.
    #[error("the buffers of one block have different lengths")]
    Lengths,
}
