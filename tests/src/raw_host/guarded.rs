//! Memory between two guard pages.

use std::ptr;
use std::slice;

/// Fill value of the bytes between the leading guard page and the memory handed out.
const CANARY: u8 = 0xa5;

/// Memory that ends at a guard page: an access to the first byte past its end faults, and [`Guarded::is_intact`] checks
/// the bytes before its start.
pub struct Guarded {
    base: *mut u8,
    mapped: usize,
    /// Offset of the memory handed out from `base`, in bytes.
    start: usize,
    bytes: usize,
}

// SAFETY: the value is the only owner of its mapping, as a box would be.
unsafe impl Send for Guarded {}
// SAFETY: as above; a shared reference only hands out pointers and reads.
unsafe impl Sync for Guarded {}

impl Guarded {
    /// Allocates `bytes` zeroed bytes, aligned for a type only if `bytes` is a multiple of its alignment.
    ///
    /// # Panics
    /// When the system is out of memory.
    pub fn new(bytes: usize) -> Self {
        let page = page();
        let inner = bytes.next_multiple_of(page).max(page);
        let mapped = inner + 2 * page;
        // SAFETY: a new anonymous mapping at an address chosen by the system overlaps no other.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                mapped,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        assert!(base != libc::MAP_FAILED, "no memory for {bytes} bytes");
        let base: *mut u8 = base.cast();
        // SAFETY: the pages between the first and the last belong to the mapping made above.
        let opened = unsafe {
            libc::mprotect(
                base.add(page).cast(),
                inner,
                libc::PROT_READ | libc::PROT_WRITE,
            )
        };
        assert_eq!(opened, 0, "no memory for {bytes} bytes");
        let start = page + inner - bytes;
        // SAFETY: the bytes from the end of the first page to `start` lie in the pages opened above.
        unsafe { ptr::write_bytes(base.add(page), CANARY, start - page) };
        Self {
            base,
            mapped,
            start,
            bytes,
        }
    }

    /// Allocates `frames` samples of NaN, a value that no plugin writes.
    pub fn samples_of_nan(frames: usize) -> Self {
        let memory = Self::new(frames * size_of::<f32>());
        for n in 0..frames {
            // SAFETY: `n` is within the samples just allocated, which are aligned because pages are.
            unsafe { memory.pointer::<f32>().add(n).write(f32::NAN) };
        }
        memory
    }

    /// Allocates a copy of `bytes`.
    pub fn copy(bytes: &[u8]) -> Self {
        let memory = Self::new(bytes.len());
        // SAFETY: the memory is new and as long as the slice.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory.pointer(), bytes.len()) };
        memory
    }

    /// Returns the start of the memory.
    pub fn pointer<T>(&self) -> *mut T {
        // SAFETY: `start` is within the mapping.
        unsafe { self.base.add(self.start) }.cast()
    }

    /// Returns the contents as bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping lives as long as `self`, and a plugin writes to it only during a call.
        unsafe { slice::from_raw_parts(self.pointer(), self.bytes) }
    }

    /// Returns the contents as samples.
    pub fn samples(&self) -> Vec<f32> {
        let words = self.bytes().chunks_exact(size_of::<f32>());
        words
            .map(|word| f32::from_ne_bytes([word[0], word[1], word[2], word[3]]))
            .collect()
    }

    /// Returns true if the bytes before the start are unchanged.
    pub fn is_intact(&self) -> bool {
        let page = page();
        // SAFETY: these bytes lie in the opened pages, before the memory handed out.
        let before = unsafe { slice::from_raw_parts(self.base.add(page), self.start - page) };
        before.iter().all(|&byte| byte == CANARY)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping is the one that `new` made, and nothing uses it after this.
        unsafe { libc::munmap(self.base.cast(), self.mapped) };
    }
}

fn page() -> usize {
    // SAFETY: `sysconf` only returns a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_before_the_start_is_noticed() {
        let memory = Guarded::new(12);
        assert!(memory.is_intact());
        // SAFETY: the byte before the start is mapped, since twelve bytes do not fill a page.
        unsafe { memory.pointer::<u8>().sub(1).write(0) };
        assert!(!memory.is_intact());
    }

    #[test]
    fn the_end_is_the_end_of_a_page() {
        let memory = Guarded::samples_of_nan(1000);
        let end = memory.pointer::<u8>() as usize + 4000;
        assert_eq!(end % page(), 0);
        assert!(memory.samples().iter().all(|sample| sample.is_nan()));
        assert_eq!(memory.samples().len(), 1000);
    }
}
