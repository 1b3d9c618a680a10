//! Runs a piece of work with the widest vector instructions that the processor has, chosen at run time.
//!
//! The DSP is written with plain arrays that the compiler vectorizes. The vector width is decided at compile time, so the
//! outermost loop is compiled twice, and the wider version runs where the processor supports it. Both give the same bits,
//! because nothing here lets the compiler fuse a multiplication with an addition.

/// A computation to be run with the widest vectors.
pub trait Work {
    /// Result of the computation.
    type Output;

    /// Runs the computation. This function and all that it calls have to be `#[inline(always)]`, because a function that
    /// is not inlined is compiled for the baseline processor.
    fn run(self) -> Self::Output;
}

/// Runs `work` with the widest vectors available.
#[inline]
pub fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: AVX2, which this function is compiled for, has just been detected.
        return unsafe { with_avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}
