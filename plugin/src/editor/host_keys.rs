//! Keys that the editor does not use, for the host.

#[cfg(target_os = "linux")]
mod layout;
#[cfg(target_os = "linux")]
mod x11;

#[cfg(target_os = "linux")]
pub use x11::HostKeys;

/// Elsewhere, baseview hands back the keys that egui does not want.
#[cfg(not(target_os = "linux"))]
pub enum HostKeys {}

#[cfg(not(target_os = "linux"))]
impl HostKeys {
    /// Always `None`.
    pub fn open<W>(_window: &W, _is_embedded: bool) -> Option<Self> {
        None
    }

    /// Never called.
    pub fn begin(&mut self, _events: &mut Vec<egui::Event>) {
        match *self {}
    }

    /// Never called.
    pub fn end(&mut self, _after: super::key_use::KeyUse) {
        match *self {}
    }
}
