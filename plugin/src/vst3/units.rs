//! The groups of parameters as hosts list them: the wrapper's, without those for MIDI channels and their programs.
//!
//! The plugin has no programs, and the wrapper would offer 128 empty ones on each of 16 channels to the user.

use vst3::ComPtr;
use vst3::Steinberg::Vst::{IComponent, IUnitInfo, IUnitInfoTrait, UnitInfo, kNoProgramListId};
use vst3::Steinberg::kResultOk;

/// Groups that hosts see.
pub(super) struct Units(Vec<UnitInfo>);

impl Units {
    /// Reads the wrapper's list of groups. `[gui]`
    ///
    /// # Safety
    /// The component is initialized.
    pub(super) unsafe fn read(component: &ComPtr<IComponent>) -> Self {
        let Some(units) = component.cast::<IUnitInfo>() else {
            return Self(Vec::new());
        };
        // SAFETY: the wrapper checks the index and fills the information of a known one.
        let all = unsafe {
            (0..units.getUnitCount()).filter_map(|index| {
                let mut info = std::mem::zeroed::<UnitInfo>();
                (units.getUnitInfo(index, &mut info) == kResultOk).then_some(info)
            })
        };
        Self(
            all.filter(|info| info.programListId == kNoProgramListId)
                .collect(),
        )
    }

    pub(super) fn all(&self) -> &[UnitInfo] {
        &self.0
    }
}
