//! Interposed allocator, locks and blocking calls of the C library, counted per thread for the whole process.
//!
//! The functions below have the names of the C library's own. The dynamic linker prefers the program's definitions to
//! the library's, also for a bundle loaded later and for the linker itself, which allocates the thread-local storage of
//! loaded libraries. Outside of [`watch`] they only forward the call. The counters are thread-locals of the program,
//! which exist before a thread runs and so need no allocation.

use std::cell::{Cell, UnsafeCell};
use std::ffi::{CStr, c_int, c_long, c_void};
use std::fmt::Write;
use std::mem::transmute;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Numbers of calls that a thread made, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls of `malloc` and related functions.
    pub allocations: u32,
    /// Calls of `free`.
    pub frees: u32,
    /// Calls of `pthread_mutex_lock` and related functions.
    pub locks: u32,
    /// Calls of functions that may block the thread, including the raw system calls behind Rust's locks.
    pub waits: u32,
}

impl Calls {
    const NONE: Self = Self {
        allocations: 0,
        frees: 0,
        locks: 0,
        waits: 0,
    };
}

/// Recorded stack frames per call, and number of calls whose frames are recorded.
const DEPTH: usize = 24;
const KEPT: usize = 6;

thread_local! {
    /// True while calls are counted. All of these are const and without a destructor, so that their access never
    /// allocates.
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<Calls> = const { Cell::new(Calls::NONE) };
    static KEPT_CALLS: Cell<usize> = const { Cell::new(0) };
    static FRAMES: UnsafeCell<[[*mut c_void; DEPTH]; KEPT]> =
        const { UnsafeCell::new([[std::ptr::null_mut(); DEPTH]; KEPT]) };
}

/// Runs `work` and returns the calling thread's calls to the C library, with the stack frames of the first ones as
/// text.
pub fn watch(work: impl FnOnce()) -> (Calls, String) {
    // The first backtrace of a process loads a library.
    let mut frame = [std::ptr::null_mut(); 1];
    // SAFETY: the buffer holds one frame.
    unsafe { backtrace(frame.as_mut_ptr(), 1) };
    CALLS.set(Calls::NONE);
    KEPT_CALLS.set(0);
    WATCHING.set(true);
    work();
    WATCHING.set(false);
    (CALLS.get(), kept_frames())
}

/// Formats the recorded frames: library and offset of each.
fn kept_frames() -> String {
    let mut text = String::new();
    for n in 0..KEPT_CALLS.get() {
        // SAFETY: only this thread accesses its frames, and it is not inside of `note`.
        let frames = FRAMES.with(|frames| unsafe { (*frames.get())[n] });
        let _ = writeln!(text, "call {}:", n + 1);
        for frame in frames.into_iter().filter(|frame| !frame.is_null()) {
            // SAFETY: the structure consists of numbers and pointers, for which zeros are valid.
            let mut about: libc::Dl_info = unsafe { std::mem::zeroed() };
            // SAFETY: `dladdr` writes the structure, and does not dereference the address.
            let found = unsafe { libc::dladdr(frame, &raw mut about) } != 0;
            let name = |name: *const std::ffi::c_char| match name.is_null() {
                true => String::from("?"),
                // SAFETY: the strings are terminated and belong to the linker; no library is unloaded here.
                false => unsafe { CStr::from_ptr(name) }.to_string_lossy().into(),
            };
            if found {
                let offset = frame.addr() - about.dli_fbase.addr();
                let (file, symbol) = (name(about.dli_fname), name(about.dli_sname));
                let _ = writeln!(text, "  {file}+{offset:#x} {symbol}");
            }
        }
    }
    text
}

/// Counts a call of the calling thread, while its calls are counted.
fn note(count: impl FnOnce(&mut Calls)) {
    if !WATCHING.get() {
        return;
    }
    // Calls made by the backtrace itself are not counted.
    WATCHING.set(false);
    let mut calls = CALLS.get();
    count(&mut calls);
    CALLS.set(calls);
    let kept = KEPT_CALLS.get();
    if kept < KEPT {
        // SAFETY: only this thread accesses its frames, this function does not call itself, and `DEPTH` frames fit.
        FRAMES.with(|frames| unsafe {
            (*frames.get())[kept].fill(std::ptr::null_mut());
            backtrace((*frames.get())[kept].as_mut_ptr(), DEPTH as c_int);
        });
        KEPT_CALLS.set(kept + 1);
    }
    WATCHING.set(true);
}

unsafe extern "C" {
    fn backtrace(frames: *mut *mut c_void, most: c_int) -> c_int;
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
}

/// Returns the C library's own function of this name, the next definition after the program's.
fn real(cache: &AtomicPtr<c_void>, name: &CStr) -> *mut c_void {
    let mut function = cache.load(Ordering::Relaxed);
    if function.is_null() {
        // SAFETY: the name is terminated, and the result is only compared and called.
        function = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        if function.is_null() {
            // Any output would call an interposed function again.
            std::process::abort();
        }
        cache.store(function, Ordering::Relaxed);
    }
    function
}

/// Defines a function that counts the call and forwards it to the C library.
macro_rules! passed_on {
    ($name:ident($($argument:ident: $type:ty),*) -> $answer:ty, $symbol:literal, $count:ident) => {
        // SAFETY: name and signature are the C library's, and the call is forwarded unchanged.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $answer {
            static REAL: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
            note(|calls| calls.$count += 1);
            // SAFETY: the C library's function of this name has this signature.
            let real: unsafe extern "C" fn($($type),*) -> $answer = unsafe { transmute(real(&REAL, $symbol)) };
            // SAFETY: forwarded unchanged.
            unsafe { real($($argument),*) }
        }
    };
}

passed_on!(pthread_mutex_lock(mutex: *mut c_void) -> c_int, c"pthread_mutex_lock", locks);
passed_on!(pthread_rwlock_rdlock(lock: *mut c_void) -> c_int, c"pthread_rwlock_rdlock", locks);
passed_on!(pthread_rwlock_wrlock(lock: *mut c_void) -> c_int, c"pthread_rwlock_wrlock", locks);
passed_on!(sem_wait(semaphore: *mut c_void) -> c_int, c"sem_wait", waits);
passed_on!(sched_yield() -> c_int, c"sched_yield", waits);
passed_on!(nanosleep(wanted: *const c_void, left: *mut c_void) -> c_int, c"nanosleep", waits);
passed_on!(clock_nanosleep(clock: c_int, flags: c_int, wanted: *const c_void, left: *mut c_void) -> c_int, c"clock_nanosleep", waits);
passed_on!(poll(files: *mut c_void, count: u64, patience: c_int) -> c_int, c"poll", waits);
passed_on!(read(file: c_int, bytes: *mut c_void, count: usize) -> isize, c"read", waits);
passed_on!(write(file: c_int, bytes: *const c_void, count: usize) -> isize, c"write", waits);

/// Raw system calls: Rust's mutexes and condition variables use `futex`, which wakes and waits.
// SAFETY: the name is the C library's. The function takes a number and up to six words, which are passed in the
// registers of six ordinary arguments and, the last, on the stack, whether or not the caller sees a variadic function.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    static REAL: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
    // `gettid` returns the thread's id and never blocks.
    if number != libc::SYS_gettid {
        note(|calls| calls.waits += 1);
    }
    // SAFETY: the C library's function of this name has this signature.
    let real: unsafe extern "C" fn(c_long, ...) -> c_long =
        unsafe { transmute(real(&REAL, c"syscall")) };
    // SAFETY: forwarded unchanged.
    unsafe { real(number, a, b, c, d, e, f) }
}

// SAFETY: name and signature are the C library's, and the call is forwarded unchanged to the same function under its
// other name.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    note(|calls| calls.allocations += 1);
    // SAFETY: forwarded unchanged.
    unsafe { __libc_malloc(size) }
}

// SAFETY: as for `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    note(|calls| calls.allocations += 1);
    // SAFETY: forwarded unchanged.
    unsafe { __libc_calloc(count, size) }
}

// SAFETY: as for `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    note(|calls| calls.allocations += 1);
    // SAFETY: forwarded unchanged.
    unsafe { __libc_realloc(block, size) }
}

// SAFETY: as for `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    note(|calls| calls.allocations += 1);
    // SAFETY: forwarded unchanged.
    unsafe { __libc_memalign(alignment, size) }
}

// SAFETY: as for `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    note(|calls| calls.allocations += 1);
    // SAFETY: forwarded unchanged.
    unsafe { __libc_memalign(alignment, size) }
}

// SAFETY: as for `malloc`; a non-null result is written to the caller's output pointer.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    into: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    note(|calls| calls.allocations += 1);
    // SAFETY: the arguments are forwarded unchanged.
    let block = unsafe { __libc_memalign(alignment, size) };
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller provides the output pointer.
    unsafe { into.write(block) };
    0
}

// SAFETY: as for `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut c_void) {
    // Freeing a null pointer has no effect.
    if !block.is_null() {
        note(|calls| calls.frees += 1);
    }
    // SAFETY: forwarded unchanged.
    unsafe { __libc_free(block) }
}

#[test]
fn alloc_interposition_sees_what_the_c_library_does() {
    let (calls, frames) = watch(|| {
        // SAFETY: a terminated string is copied, and the copy, hidden from the optimizer, is freed once.
        unsafe {
            let copy = libc::strdup(c"copied inside of the C library".as_ptr());
            libc::free(std::hint::black_box(copy).cast());
        }
    });
    let expected = Calls {
        allocations: 1,
        frees: 1,
        ..Calls::NONE
    };
    assert_eq!(calls, expected, "{frames}");
    assert_eq!(watch(|| ()).0, Calls::NONE);
}
