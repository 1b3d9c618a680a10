//! Which parameters have moved: a set with a bit for each, marked by whoever sets one and emptied by the audio
//! thread.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use tidepool_dsp::Parameter;
use tidepool_dsp::rt::ones;

const BITS: usize = u64::BITS as usize;
const WORDS: usize = Parameter::COUNT.div_ceil(BITS);

/// A set of parameters that every thread may add to, without waiting.
///
/// A parameter's value is stored before it is marked, with plain relaxed stores. Marking releases these
/// stores and taking acquires them, so whoever takes a mark reads that value or a later one. All writes to
/// a word are read-modify-writes, so a mark that another thread puts on top of the first one takes nothing
/// of that away. A value that is stored after a mark was taken is marked again, and taken the next time:
/// the last value always arrives.
#[derive(Debug, Default)]
pub struct DirtySet {
    words: [AtomicU64; WORDS],
}

impl DirtySet {
    /// Adds `parameter`, whose value has been stored. Any thread.
    pub fn mark(&self, parameter: Parameter) {
        let place = parameter.index();
        self.words[place / BITS].fetch_or(1 << (place % BITS), Release);
    }

    /// Adds all of them.
    pub fn mark_all(&self) {
        Parameter::all().for_each(|parameter| self.mark(parameter));
    }

    /// Empties the set, and names what was in it. `[audio]`
    pub fn take(&self, mut each: impl FnMut(Parameter)) {
        for (place, word) in self.words.iter().enumerate() {
            // What this thread has marked it sees, so automation is never late. A mark of another thread
            // that is missed here has missed this block, and is seen in the next one.
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
    }

    #[test]
    fn no_mark_of_another_thread_is_lost() {
        let (dirty, finished) = (DirtySet::default(), AtomicBool::new(false));
        let values = [const { AtomicU32::new(0) }; Parameter::COUNT];
        let seen = [const { AtomicU32::new(0) }; Parameter::COUNT];
        let write = || {
            let patience = Instant::now() + Duration::from_secs(60);
            for number in 1..=ROUNDS {
                // One mark right after the other, while those before it are being taken. Then it waits, for a
                // mark that is lost shows only if no other one follows.
                for parameter in Parameter::all() {
                    values[parameter.index()].store(number, Relaxed);
                    dirty.mark(parameter);
                }
                while seen.iter().any(|seen| seen.load(Relaxed) != number) {
                    if Instant::now() > patience {
                        finished.store(true, Relaxed);
                        return;
                    }
                    // The other thread may need this one's core to get on.
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
