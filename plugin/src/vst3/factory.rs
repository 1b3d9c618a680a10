//! The factory that hosts find: the wrapper's factory with the vendor's address and the objects replaced.

use std::ffi::c_void;
use std::ptr;

use nice_plug::prelude::Plugin;
use vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2Trait, IPluginFactory3,
    IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo,
    TUID, int32, kInvalidArgument, kNoInterface, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper};

use super::instance::Instance;
use super::{answer, guarded};
use crate::Tidepool;

unsafe extern "C" {
    /// The wrapper's own factory, with one reference for the caller. It is a C++ function without arguments, whose
    /// name each compiler decorates by its own rules.
    #[cfg_attr(
        target_env = "msvc",
        link_name = "?GetPluginFactoryEntryPoint@@YAPEAVIPluginFactory@Steinberg@@XZ"
    )]
    #[cfg_attr(
        not(target_env = "msvc"),
        link_name = "_Z26GetPluginFactoryEntryPointv"
    )]
    fn wrapped_factory() -> *mut IPluginFactory;
}

/// Returns the factory; the crate `clap-wrapper` calls this when a host calls the exported `GetPluginFactory`.
///
/// The wrapper defines the same name, alone in one file of its library. A linker takes files from a library only for
/// names that are still missing, so it leaves that file out.
///
/// # Safety
/// Nothing beyond that the library is loaded.
// SAFETY: the name is defined once, for the reason above, and has the type that `clap-wrapper` declares.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn clap_wrapper_GetPluginFactory() -> *mut c_void {
    guarded(ptr::null_mut(), || {
        // SAFETY: the function has no arguments and returns null or a factory with a reference for the caller.
        let wrapped = unsafe { ComPtr::from_raw(wrapped_factory()) };
        let factory = wrapped.and_then(Factory::in_front_of);
        factory.map_or(ptr::null_mut(), |factory| factory.into_raw().cast())
    })
}

struct Factory {
    inner: ComPtr<IPluginFactory3>,
}

impl Class for Factory {
    type Interfaces = (IPluginFactory3,);
}

impl Factory {
    fn in_front_of(wrapped: ComPtr<IPluginFactory>) -> Option<ComPtr<IPluginFactory3>> {
        let inner = wrapped.cast()?;
        ComWrapper::new(Self { inner }).to_com_ptr()
    }

    /// Returns true if the wrapper's factory has `class`.
    fn has(&self, class: &TUID) -> bool {
        // SAFETY: the wrapper's factory takes any index and fills the information of a known one.
        unsafe {
            (0..self.inner.countClasses()).any(|index| {
                let mut info = std::mem::zeroed::<PClassInfo>();
                self.inner.getClassInfo(index, &mut info) == kResultOk && info.cid == *class
            })
        }
    }
}

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        answer(|| {
            if info.is_null() {
                return kInvalidArgument;
            }
            // SAFETY: not null, and the host's to be filled.
            unsafe {
                let result = self.inner.getFactoryInfo(info);
                // The wrapper writes `info@` where the plugin has no address.
                (*info).email = text(Tidepool::EMAIL);
                result
            }
        })
    }

    unsafe fn countClasses(&self) -> int32 {
        // SAFETY: the wrapper's factory is alive as long as this one.
        guarded(0, || unsafe { self.inner.countClasses() })
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        answer(|| match info.is_null() {
            true => kInvalidArgument,
            // SAFETY: not null, and the host's to be filled; the wrapper checks the index.
            false => unsafe { self.inner.getClassInfo(index, info) },
        })
    }

    unsafe fn createInstance(
        &self,
        class: FIDString,
        interface: FIDString,
        object: *mut *mut c_void,
    ) -> tresult {
        answer(|| {
            if class.is_null() || interface.is_null() || object.is_null() {
                return kInvalidArgument;
            }
            // SAFETY: not null; both ids are of 16 bytes, as VST3 prescribes, and the object's place is the host's.
            let (class, interface) = unsafe {
                *object = ptr::null_mut();
                (*class.cast::<TUID>(), *interface.cast::<[u8; 16]>())
            };
            if !self.has(&class) {
                return kNoInterface;
            }
            let instance = Instance::new(self.inner.clone().upcast(), class);
            let Some(unknown) = ComWrapper::new(instance).to_com_ptr::<FUnknown>() else {
                return kNoInterface;
            };
            // SAFETY: the instance lives, and returns a reference of its own if it has the interface.
            match unsafe {
                vst3::com_scrape_types::Unknown::query_interface(unknown.as_ptr(), &interface)
            } {
                // SAFETY: checked above.
                Some(found) => unsafe {
                    *object = found;
                    kResultOk
                },
                None => kNoInterface,
            }
        })
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        answer(|| match info.is_null() {
            true => kInvalidArgument,
            // SAFETY: not null, and the host's to be filled; the wrapper checks the index.
            false => unsafe { self.inner.getClassInfo2(index, info) },
        })
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        answer(|| match info.is_null() {
            true => kInvalidArgument,
            // SAFETY: not null, and the host's to be filled; the wrapper checks the index.
            false => unsafe { self.inner.getClassInfoUnicode(index, info) },
        })
    }

    unsafe fn setHostContext(&self, context: *mut FUnknown) -> tresult {
        // SAFETY: null or the host's context, which the wrapper holds a reference to.
        answer(|| unsafe { self.inner.setHostContext(context) })
    }
}

/// Returns `text` as a terminated field of the factory's information, cut if it is too long.
fn text<const N: usize>(text: &str) -> [std::ffi::c_char; N] {
    let mut field = [0; N];
    for (place, byte) in field.iter_mut().take(N - 1).zip(text.bytes()) {
        *place = byte as std::ffi::c_char;
    }
    field
}
