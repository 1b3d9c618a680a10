//! A value that is part of the state and no parameter, with a count of its changes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};

use crate::catch::catch;

/// A value of an instance, as editor and state last set it. The audio thread does not read it.
#[derive(Debug, Default)]
pub struct CountedField<T> {
    value: Mutex<T>,
    /// Number of changes.
    count: AtomicU64,
}

impl<T: Clone> CountedField<T> {
    /// Replaces the value. Returns the new [`count`](Self::count). `[gui]`
    pub fn replace(&self, value: T) -> u64 {
        // Held until the end, so that the count belongs to the value.
        let mut present = self.lock();
        *present = value;
        self.count.fetch_add(1, Ordering::Release) + 1
    }

    /// Returns the value. `[gui]`
    pub fn get(&self) -> T {
        self.lock().clone()
    }

    /// Counts the changes: while the count is the same, so is the value. Any thread.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "[gui]; the audio thread does not read the value"
    )]
    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a, T> PersistentField<'a, T> for CountedField<T>
where
    T: Clone + Default + Send + Serialize + Deserialize<'a>,
{
    /// Sets the value from a state. `[gui]`
    fn set(&self, value: T) {
        catch((), || {
            self.replace(value);
        });
    }

    fn map<F: Fn(&T) -> R, R>(&self, f: F) -> R {
        f(&catch(T::default(), || self.get()))
    }
}
