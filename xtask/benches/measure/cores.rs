//! The processor cores that are measured on.

use core_affinity::CoreId;

/// Where the measuring thread runs, and where the one beside it is to run, as far as the platform lets
/// one choose.
#[derive(Clone, Copy)]
pub struct Cores {
    /// The core of the measuring thread.
    pub own: Option<CoreId>,
    /// Another one.
    pub companion: Option<CoreId>,
}

impl Cores {
    /// Stays on the last core, which systems tend to leave alone, and leaves the one before it to a
    /// companion. To be called once: afterwards the system names no core but the taken one.
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
