//! The set of changed parameters: one bit each, set by the thread that changes a parameter and cleared by the audio
//! thread.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use tidepool_dsp::Parameter;
use tidepool_dsp::rt::ones;

const BITS: usize = u64::BITS as usize;
const WORDS: usize = Parameter::COUNT.div_ceil(BITS);

/// A set of parameters that any thread may add to without waiting.
///
/// A parameter's value is stored with plain relaxed stores before the parameter is marked. Marking releases these
/// stores and taking acquires them, so the thread that takes a mark reads that value or a later one. All writes to
/// a word are read-modify-writes, so a second thread's mark in the same word continues the release sequence of the
/// first. A value that is stored after its mark was taken is marked again and taken by the next call: the last value
/// always arrives.
#[derive(Debug, Default)]
pub struct DirtySet {
    words: [AtomicU64; WORDS],
    /// Number of marks so far.
    count: AtomicU64,
}

impl DirtySet {
    /// Marks `parameter`, whose value has been stored. Any thread.
    pub fn mark(&self, parameter: Parameter) {
        let place = parameter.index();
        self.words[place / BITS].fetch_or(1 << (place % BITS), Release);
        self.count.fetch_add(1, Release);
    }

    /// Counts the marks: while the count is the same, so are the values. Any thread.
    pub fn count(&self) -> u64 {
        self.count.load(Acquire)
    }

    /// Marks all parameters.
    pub fn mark_all(&self) {
        Parameter::all().for_each(|parameter| self.mark(parameter));
    }

    /// Empties the set and calls `each` with every parameter that was in it. `[audio]`
    pub fn take(&self, mut each: impl FnMut(Parameter)) {
        for (place, word) in self.words.iter().enumerate() {
            // Marks made by this thread are visible to it, so automation is never late. A mark that another thread makes
            // too late for this load is seen in the next block.
            if word.load(Relaxed) == 0 {
                continue;
            }
            for bit in ones(word.swap(0, Acquire)) {
                if let Some(parameter) = Parameter::at(place * BITS + bit) {
                    each(parameter);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU32};
    use std::time::{Duration, Instant};

    const ROUNDS: u32 = 5_000;

    fn taken(dirty: &DirtySet) -> Vec<Parameter> {
        let mut taken = Vec::new();
        dirty.take(|parameter| taken.push(parameter));
        taken
    }

    #[test]
    fn what_is_marked_is_taken_once() {
        let dirty = DirtySet::default();
        assert_eq!(taken(&dirty), []);
        dirty.mark(Parameter::Volume);
        dirty.mark(Parameter::Tune);
        dirty.mark(Parameter::Volume);
        assert_eq!(taken(&dirty), [Parameter::Tune, Parameter::Volume]);
        assert_eq!(taken(&dirty), []);
        dirty.mark_all();
        assert!(taken(&dirty).into_iter().eq(Parameter::all()));
        assert_eq!(dirty.count(), 3 + Parameter::COUNT as u64);
    }

    #[test]
    fn no_mark_of_another_thread_is_lost() {
        let (dirty, finished) = (DirtySet::default(), AtomicBool::new(false));
        let values = [const { AtomicU32::new(0) }; Parameter::COUNT];
        let seen = [const { AtomicU32::new(0) }; Parameter::COUNT];
        let write = || {
            let patience = Instant::now() + Duration::from_secs(60);
            for number in 1..=ROUNDS {
                // Marks follow each other while those before them are being taken. Then the thread waits, because a
                // lost mark shows only if no other one follows.
                for parameter in Parameter::all() {
                    values[parameter.index()].store(number, Relaxed);
                    dirty.mark(parameter);
                }
                while seen.iter().any(|seen| seen.load(Relaxed) != number) {
                    if Instant::now() > patience {
                        finished.store(true, Relaxed);
                        return;
                    }
                    // The other thread may need this core to make progress.
                    std::thread::yield_now();
                }
            }
            finished.store(true, Relaxed);
        };
        std::thread::scope(|scope| {
            scope.spawn(write);
            while !finished.load(Relaxed) {
                dirty.take(|parameter| {
                    let place = parameter.index();
                    seen[place].store(values[place].load(Relaxed), Relaxed);
                });
            }
        });
        let seen = seen.map(AtomicU32::into_inner);
        assert_eq!(seen, [ROUNDS; Parameter::COUNT]);
    }
}
