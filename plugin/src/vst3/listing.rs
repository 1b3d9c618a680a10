//! The parameters as hosts list them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use vst3::ComPtr;
use vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_::kIsProgramChange;
use vst3::Steinberg::Vst::{
    IEditController, IEditControllerTrait, IMidiMapping, IMidiMappingTrait, ParamID, ParameterInfo,
};
use vst3::Steinberg::kResultOk;

use super::midi_proxies::Proxy;
use super::own::Own;
use super::plugin::ClapPlugin;

/// Bits of a value that was never set: a NaN, which the face accepts from no host.
const NONE: u64 = u64::MAX;

/// All parameters of an instance.
pub(super) struct Listing {
    shown: Vec<ParameterInfo>,
    /// Parameters in ascending order of id.
    known: Vec<Known>,
}

/// Parameter that hosts may address.
pub(super) struct Known {
    pub(super) id: ParamID,
    pub(super) kind: Kind,
    /// Bits of the value that the host has set but not played, or [`NONE`].
    unplayed: AtomicU64,
    /// Bits of the value that the host has set last, or [`NONE`].
    set: AtomicU64,
    /// Bits of the plugin's value when the host set one for display only, or [`NONE`].
    beside: AtomicU64,
    /// True if a point was played since processing began.
    automated: AtomicBool,
}

/// Kind of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Parameter of the plugin.
    Own(Own),
    /// Stand-in for a MIDI controller.
    Midi(Proxy),
}

impl Listing {
    /// Reads the wrapper's list and keeps the parameters that hosts shall see. `[gui]`
    ///
    /// # Safety
    /// The wrapper is initialized, and `plugin` is its plugin.
    pub(super) unsafe fn read(controller: &ComPtr<IEditController>, plugin: ClapPlugin) -> Self {
        let mut shown = Vec::new();
        let mut known = Vec::new();
        let mut add = |info: ParameterInfo, kind| {
            shown.push(info);
            known.push(Known {
                id: info.id,
                kind,
                unplayed: AtomicU64::new(NONE),
                set: AtomicU64::new(NONE),
                beside: AtomicU64::new(NONE),
                automated: AtomicBool::new(false),
            });
        };
        let mapping = controller.cast::<IMidiMapping>();
        let proxies: Vec<(ParamID, Proxy)> = Proxy::all()
            .filter_map(|proxy| {
                let mut id = 0;
                let (channel, controller) = (proxy.channel.into(), proxy.controller.into());
                // SAFETY: the wrapper is initialized, and channel and controller are in range.
                let found = unsafe {
                    mapping
                        .as_ref()?
                        .getMidiControllerAssignment(0, channel, controller, &mut id)
                };
                (found == kResultOk).then_some((id, proxy))
            })
            .collect();
        for (clap, range) in plugin.parameters() {
            // SAFETY: the wrapper is initialized, checks the index, and fills the information that it returns success
            // for.
            let info = unsafe { info_of(controller, clap & 0x7FFF_FFFF) };
            if let Some(info) = info.filter(|info| info.flags & kIsProgramChange == 0) {
                let stepped = info.stepCount > 0;
                let own = Own {
                    clap,
                    range,
                    stepped,
                };
                add(info, Kind::Own(own));
            }
        }
        for (id, proxy) in proxies {
            add(proxy.info(id), Kind::Midi(proxy));
        }
        known.sort_by_key(|known| known.id);
        Self { shown, known }
    }

    pub(super) fn shown(&self) -> &[ParameterInfo] {
        &self.shown
    }

    /// Returns all parameters, in ascending order of id.
    pub(super) fn known(&self) -> &[Known] {
        &self.known
    }

    /// Returns the parameter `id`, if it exists. Any thread.
    pub(super) fn get(&self, id: ParamID) -> Option<&Known> {
        let place = self.known.binary_search_by_key(&id, |known| known.id);
        Some(&self.known[place.ok()?])
    }

    /// Returns the stand-in for a controller, if one is assigned.
    pub(super) fn assigned(&self, channel: i16, controller: i16) -> Option<ParamID> {
        let named = |known: &&Known| match known.kind {
            Kind::Midi(proxy) => proxy.plays(channel, controller),
            Kind::Own(_) => false,
        };
        Some(self.known.iter().find(named)?.id)
    }
}

impl Known {
    /// Records that the host has set `value`, normalized, without playing it. Any thread.
    pub(super) fn set_unplayed(&self, value: f64) {
        self.unplayed.store(value.to_bits(), Ordering::Relaxed);
        self.set.store(value.to_bits(), Ordering::Relaxed);
        self.beside.store(NONE, Ordering::Relaxed);
    }

    /// Records that the host has set `value`, normalized, for display only: it is shown until the plugin's value
    /// differs from `plugin`. Any thread.
    pub(super) fn display(&self, value: f64, plugin: Option<f64>) {
        let beside = plugin.map_or(NONE, f64::to_bits);
        self.set.store(value.to_bits(), Ordering::Relaxed);
        self.beside.store(beside, Ordering::Relaxed);
    }

    /// Forgets the set value, because a newer one is played or loaded. Any thread.
    pub(super) fn forget_unplayed(&self) {
        self.unplayed.store(NONE, Ordering::Relaxed);
        self.beside.store(NONE, Ordering::Relaxed);
    }

    /// Records that a point is played, which is newer than the set value. `[audio]`
    pub(super) fn play_point(&self) {
        self.forget_unplayed();
        self.automated.store(true, Ordering::Relaxed);
    }

    /// Records that processing begins, with no point played so far. Any thread.
    pub(super) fn begin(&self) {
        self.automated.store(false, Ordering::Relaxed);
    }

    /// Returns true if a point was played since processing began. Any thread.
    pub(super) fn is_automated(&self) -> bool {
        self.automated.load(Ordering::Relaxed)
    }

    /// Returns the value to show: the one that the host has set, unless the plugin's value `plugin` has changed since.
    /// Any thread.
    pub(super) fn shown(&self, plugin: Option<f64>) -> Option<f64> {
        let bits = self.set.load(Ordering::Relaxed);
        let set = (bits != NONE).then(|| f64::from_bits(bits));
        let unplayed = self.unplayed.load(Ordering::Relaxed) != NONE;
        let beside = plugin.is_some_and(|own| own.to_bits() == self.beside.load(Ordering::Relaxed));
        match (set, plugin) {
            // The plugin's values are 32-bit floats.
            (Some(set), Some(plugin)) if !unplayed && !beside && (set - plugin).abs() > 1e-6 => {
                Some(plugin)
            }
            (Some(set), _) => Some(set),
            (None, plugin) => plugin,
        }
    }

    /// Takes the value that the host has set and not played. Any thread.
    pub(super) fn take_unplayed(&self) -> Option<f64> {
        let bits = self.unplayed.swap(NONE, Ordering::Relaxed);
        (bits != NONE).then(|| f64::from_bits(bits))
    }
}

/// Returns the wrapper's description of the parameter `id`.
///
/// # Safety
/// The wrapper is initialized.
unsafe fn info_of(controller: &ComPtr<IEditController>, id: ParamID) -> Option<ParameterInfo> {
    // SAFETY: the wrapper checks the index and fills the information of a known one.
    unsafe {
        (0..controller.getParameterCount()).find_map(|index| {
            let mut info = std::mem::zeroed::<ParameterInfo>();
            let found = controller.getParameterInfo(index, &mut info) == kResultOk;
            (found && info.id == id).then_some(info)
        })
    }
}
