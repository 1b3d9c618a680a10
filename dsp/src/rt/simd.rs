//! The widest vectors that the processor has, chosen at run time.
//!
//! The DSP is written with plain arrays that the compiler turns into vectors. How wide these may be is decided when it
//! compiles, so the outermost loop is compiled twice, and the better one taken. Both give the same bits: nothing here lets
//! the compiler fuse a multiplication with an addition.

/// Something to be done with the widest vectors.
pub trait Work {
    /// What comes of it.
    type Output;

    /// Does it. To be `#[inline(always)]`, and all that it calls too: what is not inlined is compiled for the
    /// narrowest processor.
    fn run(self) -> Self::Output;
}

/// Does `work` with the widest vectors there are.
#[inline]
pub fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have the instructions that this is compiled to.
        return unsafe { with_avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}
