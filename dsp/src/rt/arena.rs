//! The scratch arena: temporary buffers that last no longer than a block.
//!
//! The arena has a single owner, no atomics and no `unsafe`: the memory is a slice of cache lines, and a checkout splits
//! off its front. The part split off has the scope's lifetime and the rest stays with the scope, so the borrow checker
//! alone ensures that checkouts neither overlap nor outlive their block.

use std::cell::Cell;

use bytemuck::{Pod, Zeroable};

/// Alignment of every checkout in bytes, a cache line.
pub const ALIGNMENT: usize = 64;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct CacheLine([u8; ALIGNMENT]);

/// A type of sample that can be checked out: `f32` or `f64`.
pub trait Scratch: Pod {
    /// Value that debug builds fill a checkout with, so that a read before the first write shows up.
    const POISON: Self;
}

impl Scratch for f32 {
    const POISON: Self = Self::NAN;
}

impl Scratch for f64 {
    const POISON: Self = Self::NAN;
}

/// Memory for one block's temporary buffers. `[audio]`, except [`new`](Self::new).
///
/// ```
/// use tidepool_dsp::rt::Arena;
///
/// let mut arena = Arena::new(Arena::bytes_for::<f32>(512) * 3);
/// let mut block = arena.scope();
/// let left = block.take::<f32>(512).unwrap();
/// {
///     let mut voice = block.nested();
///     let mono = voice.take::<f32>(512).unwrap();
///     mono.fill(0.5);
///     left.copy_from_slice(mono);
/// } // the voice's memory is free again, `left` is still ours
/// assert!(block.take::<f32>(1024).is_some());
/// assert!(block.take::<f32>(1).is_none()); // full: the caller does without
/// ```
///
/// A checkout cannot outlive the block:
///
/// ```compile_fail
/// # use tidepool_dsp::rt::Arena;
/// let mut arena = Arena::new(4096);
/// let kept = arena.scope().take::<f32>(16).unwrap();
/// let next = arena.scope(); // the arena is still borrowed
/// kept[0] = 1.0;
/// ```
#[derive(Debug)]
pub struct Arena {
    lines: Box<[CacheLine]>,
    high_water: Cell<usize>,
    refused: Cell<u64>,
}

impl std::fmt::Debug for CacheLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl Arena {
    /// Creates an arena of `bytes` bytes, rounded up to whole cache lines. Allocates. `[gui]`
    pub fn new(bytes: usize) -> Self {
        Self {
            lines: vec![CacheLine::zeroed(); bytes.div_ceil(ALIGNMENT)].into_boxed_slice(),
            high_water: Cell::new(0),
            refused: Cell::new(0),
        }
    }

    /// Returns the bytes that a checkout of `length` values of type `T` takes from an arena.
    pub const fn bytes_for<T>(length: usize) -> usize {
        (length * size_of::<T>()).div_ceil(ALIGNMENT) * ALIGNMENT
    }

    /// Begins a block, with all memory free.
    pub fn scope(&mut self) -> Scope<'_> {
        Scope {
            capacity: self.lines.len(),
            rest: &mut self.lines,
            high_water: &self.high_water,
            refused: &self.refused,
        }
    }

    /// Returns the size in bytes.
    pub fn capacity(&self) -> usize {
        self.lines.len() * ALIGNMENT
    }

    /// Returns the largest number of bytes ever in use at once.
    pub fn high_water(&self) -> usize {
        self.high_water.get() * ALIGNMENT
    }

    /// Returns the number of checkouts that failed for lack of room.
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }
}

/// A scope within which memory is checked out; its end gives all of it back. `[audio]`
pub struct Scope<'a> {
    rest: &'a mut [CacheLine],
    capacity: usize,
    high_water: &'a Cell<usize>,
    refused: &'a Cell<u64>,
}

impl<'a> Scope<'a> {
    /// Checks out `length` values, aligned to [`ALIGNMENT`], with unspecified contents (NaN in debug builds); `None` if
    /// there is not enough room.
    #[inline]
    pub fn take<T: Scratch>(&mut self, length: usize) -> Option<&'a mut [T]> {
        let lines = length
            .checked_mul(size_of::<T>())
            .map_or(usize::MAX, |bytes| bytes.div_ceil(ALIGNMENT));
        if lines > self.rest.len() {
            self.refused.set(self.refused.get() + 1);
            return None;
        }
        let (taken, rest) = std::mem::take(&mut self.rest).split_at_mut(lines);
        self.rest = rest;
        let used = self.capacity - self.rest.len();
        if used > self.high_water.get() {
            self.high_water.set(used);
        }
        let values = &mut bytemuck::cast_slice_mut::<CacheLine, T>(taken)[..length];
        if cfg!(debug_assertions) {
            values.fill(T::POISON);
        }
        Some(values)
    }

    /// Checks out `length` values like [`take`](Self::take), filled with zeros.
    #[inline]
    pub fn take_zeroed<T: Scratch>(&mut self, length: usize) -> Option<&'a mut [T]> {
        let values = self.take(length)?;
        values.fill(T::zeroed());
        Some(values)
    }

    /// Checks out `N` buffers like [`take`](Self::take); `None` if there is not enough room for all of them.
    pub fn take_each<T: Scratch, const N: usize>(
        &mut self,
        length: usize,
    ) -> Option<[&'a mut [T]; N]> {
        let mut taken = [(); N].map(|()| <&mut [T]>::default());
        for values in &mut taken {
            *values = self.take(length)?;
        }
        Some(taken)
    }

    /// Opens a scope within this one, whose checkouts are freed when it is dropped. Until then this scope cannot be used,
    /// but its earlier checkouts stay valid.
    pub fn nested(&mut self) -> Scope<'_> {
        Scope {
            rest: &mut *self.rest,
            capacity: self.capacity,
            high_water: self.high_water,
            refused: self.refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkouts_are_aligned_and_do_not_overlap() {
        let mut arena = Arena::new(4096);
        let mut scope = arena.scope();
        let mut spans = Vec::new();
        for length in [1, 16, 17, 100, 3] {
            let a = scope.take::<f32>(length).unwrap().as_ptr_range();
            let b = scope.take::<f64>(length).unwrap().as_ptr_range();
            spans.push((a.start as usize, a.end as usize));
            spans.push((b.start as usize, b.end as usize));
        }
        assert!(spans.iter().all(|(start, _)| start % ALIGNMENT == 0));
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }

    #[test]
    fn a_full_arena_says_so_counts_it_and_gives_what_still_fits() {
        let mut arena = Arena::new(256);
        let mut scope = arena.scope();
        assert_eq!(scope.take::<f32>(48).map(|s| s.len()), Some(48));
        assert!(scope.take::<f32>(17).is_none());
        assert_eq!(scope.take::<f32>(16).map(|s| s.len()), Some(16));
        assert!(scope.take::<f64>(1).is_none());
        assert!(scope.take::<f64>(usize::MAX).is_none());
        assert_eq!(scope.take::<f64>(0).map(|s| s.len()), Some(0));
        assert_eq!((arena.refused(), arena.high_water()), (3, 256));
    }

    #[test]
    fn nested_scopes_give_back_and_the_high_water_mark_remembers() {
        let mut arena = Arena::new(1024);
        let mut block = arena.scope();
        let kept = block.take_zeroed::<f32>(16).unwrap();
        for n in 1..=3 {
            let mut voice = block.nested();
            let mono = voice.take::<f32>(16 * n).unwrap();
            mono.fill(n as f32);
            kept[0] += mono[0];
        }
        assert_eq!(kept[0], 6.0);
        assert_eq!(arena.high_water(), 64 + 3 * 64);
    }

    #[test]
    #[cfg(debug_assertions)]
    fn debug_builds_poison_what_was_given_back() {
        let mut arena = Arena::new(64);
        arena.scope().take::<f32>(16).unwrap().fill(1.0);
        assert!(
            arena
                .scope()
                .take::<f32>(16)
                .unwrap()
                .iter()
                .all(|x| x.is_nan())
        );
    }
}
