//! The processor cores that measurements run on.

use core_affinity::CoreId;

/// Cores of the measuring thread and of the thread beside it, if the platform allows a choice.
#[derive(Clone, Copy)]
pub struct Cores {
    /// Core of the measuring thread.
    pub own: Option<CoreId>,
    /// Another core.
    pub companion: Option<CoreId>,
}

impl Cores {
    /// Pins this thread to the last core, which systems tend to leave idle, and leaves the one before it to a
    /// companion. To be called once: afterwards the system reports only the pinned core.
    pub fn take() -> Self {
        let mut cores = core_affinity::get_core_ids().unwrap_or_default();
        cores.sort_by_key(|core| core.id);
        let own = cores
            .pop()
            .filter(|core| core_affinity::set_for_current(*core));
        Self {
            own,
            companion: cores.pop(),
        }
    }
}
