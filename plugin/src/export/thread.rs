//! The identity of a thread, asked without an allocation: `std::thread::current` makes a handle on its first call on
//! each thread, the host's audio thread among them.

#[cfg(unix)]
unsafe extern "C" {
    /// POSIX: takes nothing, always succeeds, and answers a number on Linux and a pointer on macOS.
    safe fn pthread_self() -> usize;
}

#[cfg(windows)]
#[link(name = "kernel32")]
unsafe extern "system" {
    /// Windows: takes nothing and always succeeds.
    safe fn GetCurrentThreadId() -> u32;
}

/// A thread of this process; another thread can have the same identity only after this one has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ThreadKey(usize);

impl ThreadKey {
    /// The thread that calls this. Any thread.
    pub(super) fn current() -> Self {
        #[cfg(unix)]
        return Self(pthread_self());
        #[cfg(windows)]
        return Self(GetCurrentThreadId() as usize);
    }

    /// As a plain number, for an atomic; never 0 on the platforms that Tidepool runs on.
    pub(super) fn number(self) -> usize {
        self.0
    }
}
