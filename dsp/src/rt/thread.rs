//! Identifier of the calling thread.

/// Returns a number that is unique among the living threads of the process and never 0. `[audio]`
///
/// The operating system supplies it, because a thread-local of a plugin's library would be allocated at the first access
/// by each thread, including the host's audio thread.
#[cfg(unix)]
pub fn this_thread() -> usize {
    unsafe extern "C" {
        /// POSIX; Linux and macOS read a register, and `pthread_t` is a word on both.
        safe fn pthread_self() -> usize;
    }
    pthread_self()
}

/// Returns a number that is unique among the living threads of the process and never 0. `[audio]`
#[cfg(windows)]
pub fn this_thread() -> usize {
    unsafe extern "system" {
        safe fn GetCurrentThreadId() -> u32;
    }
    GetCurrentThreadId() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_number_and_shares_it_with_none() {
        let here = this_thread();
        assert_ne!(here, 0);
        assert_eq!(this_thread(), here);
        let there = std::thread::scope(|scope| scope.spawn(this_thread).join().unwrap());
        assert_ne!(there, here);
    }
}
