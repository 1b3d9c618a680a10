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

/// Bits of a value that was never set: a NaN, which no host gets past the face.
const NONE: u64 = u64::MAX;

/// All parameters of an instance.
pub(super) struct Listing {
    shown: Vec<ParameterInfo>,
    /// In order of their ids.
    known: Vec<Known>,
}

/// A parameter that hosts may name.
pub(super) struct Known {
    pub(super) id: ParamID,
    pub(super) kind: Kind,
    /// Bits of the value that the host has set but not played, if any.
    unplayed: AtomicU64,
    /// Bits of the value that the host has set last, if any.
    set: AtomicU64,
    /// Bits of the plugin's value when the host set one for display only, if it did.
    beside: AtomicU64,
    /// A point of it was played since processing began.
    automated: AtomicBool,
}

/// The two kinds of parameters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One of the plugin's.
    Own(Own),
    /// A stand-in for a MIDI controller.
    Midi(Proxy),
}

impl Listing {
    /// Reads the wrapper's list and keeps what hosts shall see. `[gui]`
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
            // SAFETY: the wrapper is initialized, checks the index, and fills what it answers for.
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

    /// All of them, in order of their ids.
    pub(super) fn known(&self) -> &[Known] {
        &self.known
    }

    /// The parameter `id`, if it is one. Any thread.
    pub(super) fn get(&self, id: ParamID) -> Option<&Known> {
        let place = self.known.binary_search_by_key(&id, |known| known.id);
        Some(&self.known[place.ok()?])
    }

    /// The stand-in for a controller, if it is assigned.
    pub(super) fn assigned(&self, channel: i16, controller: i16) -> Option<ParamID> {
        let named = |known: &&Known| match known.kind {
            Kind::Midi(proxy) => {
                i16::from(proxy.channel) == channel && i16::from(proxy.controller) == controller
            }
            Kind::Own(_) => false,
        };
        Some(self.known.iter().find(named)?.id)
    }
}

impl Known {
    /// Notes that the host has set `value`, normalized, without playing it. Any thread.
    pub(super) fn set_unplayed(&self, value: f64) {
        self.unplayed.store(value.to_bits(), Ordering::Relaxed);
        self.set.store(value.to_bits(), Ordering::Relaxed);
        self.beside.store(NONE, Ordering::Relaxed);
    }

    /// Notes that the host has set `value`, normalized, for display only: it is shown until the plugin's value is another one
    /// than `plugin`. Any thread.
    pub(super) fn display(&self, value: f64, plugin: Option<f64>) {
        let beside = plugin.map_or(NONE, f64::to_bits);
        self.set.store(value.to_bits(), Ordering::Relaxed);
        self.beside.store(beside, Ordering::Relaxed);
    }

    /// Forgets what was set, because a newer value is played or loaded. Any thread.
    pub(super) fn forget_unplayed(&self) {
        self.unplayed.store(NONE, Ordering::Relaxed);
        self.beside.store(NONE, Ordering::Relaxed);
    }

    /// Notes that a point is played, which is newer than what was set. `[audio]`
    pub(super) fn play_point(&self) {
        self.forget_unplayed();
        self.automated.store(true, Ordering::Relaxed);
    }

    /// Notes that processing begins, with no point played so far. Any thread.
    pub(super) fn begin(&self) {
        self.automated.store(false, Ordering::Relaxed);
    }

    /// Whether a point was played since processing began. Any thread.
    pub(super) fn is_automated(&self) -> bool {
        self.automated.load(Ordering::Relaxed)
    }

    /// The value to show: what the host has set, unless the plugin has another one since; `plugin` is the plugin's. Any thread.
    pub(super) fn shown(&self, plugin: Option<f64>) -> Option<f64> {
        let bits = self.set.load(Ordering::Relaxed);
        let set = (bits != NONE).then(|| f64::from_bits(bits));
        let unplayed = self.unplayed.load(Ordering::Relaxed) != NONE;
        let beside = plugin.is_some_and(|own| own.to_bits() == self.beside.load(Ordering::Relaxed));
        match (set, plugin) {
            // The plugin has numbers of 32 bits.
            (Some(set), Some(plugin)) if !unplayed && !beside && (set - plugin).abs() > 1e-6 => {
                Some(plugin)
            }
            (Some(set), _) => Some(set),
            (None, plugin) => plugin,
        }
    }

    /// The value that the host has set and not played, once. Any thread.
    pub(super) fn take_unplayed(&self) -> Option<f64> {
        let bits = self.unplayed.swap(NONE, Ordering::Relaxed);
        (bits != NONE).then(|| f64::from_bits(bits))
    }
}

/// The wrapper's description of the parameter `id`.
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
