//! The library of MTS-ESP (ODDSound, <https://github.com/ODDSound/MTS-ESP>), through which a master tunes all plugins of
//! a process or of a computer. It is loaded at run time, since few users have it.

use std::env;
use std::ffi::{c_char, c_schar};
use std::path::{Path, PathBuf};

use libloading::Library;
use tidepool_dsp::synth::Tuning;

use crate::tuning::MasterTuning;

/// Number of MIDI keys.
const KEYS: usize = 128;
/// Most bytes of a scale's name that are read.
const LONGEST_NAME: usize = 128;
/// Channel of a query about all channels.
const ANY_CHANNEL: c_schar = -1;

type Call<T> = unsafe extern "C" fn() -> T;

/// The loaded library, with which this process is registered as a client.
pub struct MtsLibrary {
    deregister: Call<()>,
    /// C++'s `bool`, of which this side accepts any byte.
    has_master: Call<u8>,
    should_filter: Option<unsafe extern "C" fn(c_char, c_schar) -> u8>,
    /// Frequencies of the keys in Hz.
    table: Call<*const f64>,
    scale_name: Option<Call<*const c_char>>,
    /// Declared last: the functions are valid until it is dropped.
    _library: Library,
}

impl MtsLibrary {
    /// Loads the library at `path` and registers a client; `None` if there is none. `[gui]`
    pub fn load(path: &Path) -> Option<Self> {
        if !path.is_file() {
            return None;
        }
        // SAFETY: this is the library that the user has installed for this purpose; it may run code of its own when it
        // is loaded, as every library does.
        let library = unsafe { Library::new(path) };
        let library = library
            .inspect_err(|error| {
                nice_plug::nice_warn!("{} cannot be loaded: {error}", path.display());
            })
            .ok()?;
        // SAFETY: the types are those of the functions in `libMTSClient.cpp`, and the library outlives the pointers.
        let (register, this) = unsafe {
            let register = *library.get::<Call<()>>(b"MTS_RegisterClient\0").ok()?;
            let this = Self {
                deregister: *library.get(b"MTS_DeregisterClient\0").ok()?,
                has_master: *library.get(b"MTS_HasMaster\0").ok()?,
                should_filter: library.get(b"MTS_ShouldFilterNote\0").ok().map(|it| *it),
                table: *library.get(b"MTS_GetTuningTable\0").ok()?,
                scale_name: library.get(b"MTS_GetScaleName\0").ok().map(|it| *it),
                _library: library,
            };
            (register, this)
        };
        // SAFETY: the function takes and returns nothing.
        unsafe { register() };
        Some(this)
    }

    /// Returns the master's tuning; `None` without a master. `[worker]`
    pub fn read(&self) -> Option<MasterTuning> {
        // SAFETY: these functions of the library may be called at any time between registration and deregistration.
        let table = unsafe {
            if (self.has_master)() == 0 {
                return None;
            }
            (self.table)()
        };
        if table.is_null() {
            return None;
        }
        let hertz: [Option<f64>; KEYS] = std::array::from_fn(|key| {
            // SAFETY: as above; the key is below 128.
            let is_unmapped = self
                .should_filter
                .is_some_and(|filter| unsafe { filter(key as c_char, ANY_CHANNEL) } != 0);
            // SAFETY: the table has 128 numbers. The master may write one at this moment, so the read is volatile; a
            // table of which only a part has been written is read again with the next round.
            let hertz = unsafe { table.add(key).read_volatile() };
            (!is_unmapped).then_some(hertz)
        });
        Some(MasterTuning {
            name: self.name(),
            tuning: Tuning::from_hertz(&hertz),
        })
    }

    /// Returns the name of the master's scale; empty if it has none.
    fn name(&self) -> String {
        // SAFETY: as in `read`.
        let name = self.scale_name.map(|name| unsafe { name() });
        let Some(name) = name.filter(|name| !name.is_null()) else {
            return String::new();
        };
        let mut bytes = Vec::new();
        for place in 0..LONGEST_NAME {
            // SAFETY: the name ends with a zero, and no byte after that is read. The master may write it at this
            // moment, so the read is volatile.
            match unsafe { name.add(place).read_volatile() } as u8 {
                0 => break,
                byte => bytes.push(byte),
            }
        }
        let name = String::from_utf8_lossy(&bytes);
        let name = name.chars().map(|c| if c.is_control() { ' ' } else { c });
        name.collect::<String>().trim().to_owned()
    }
}

impl Drop for MtsLibrary {
    fn drop(&mut self) {
        // SAFETY: the client is registered, and the library is still loaded.
        unsafe { (self.deregister)() };
    }
}

/// Returns the place in which ODDSound's installers put the library.
pub fn usual_path() -> Option<PathBuf> {
    if cfg!(target_os = "windows") {
        let folder = env::var_os("CommonProgramFiles").map(PathBuf::from)?;
        Some(folder.join("MTS-ESP").join("LIBMTS.dll"))
    } else if cfg!(target_os = "macos") {
        Some("/Library/Application Support/MTS-ESP/libMTS.dylib".into())
    } else {
        Some("/usr/local/lib/libMTS.so".into())
    }
}
