//! The end of a tail that is rendered until the instrument reports silence.
//!
//! The plugin reports silence at the end of a block, so the last blocks may be silent in part. Silence is therefore
//! held back until a sound follows, and silence at the end is left out, so that the length is the same for every block
//! size.

/// Number of silent frames that may be the end.
#[derive(Debug, Default)]
pub struct TailEnd {
    silence: usize,
}

/// Zeros for writing silence, a piece at a time.
const ZEROS: [f32; 1024] = [0.0; 1024];

impl TailEnd {
    /// Adds the next piece, and passes to `write` everything that is certainly not the end: silence that was held back,
    /// then the piece up to its last sound.
    ///
    /// # Errors
    /// The first error of `write`.
    /// The first of `write`.
    pub fn add<E>(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        mut write: impl FnMut(&[f32], &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        for sample in left.iter_mut().chain(&mut *right) {
            // Negative zero is silence too, and has to be written as the same bits in every piece.
            *sample += 0.0;
        }
        let sounds = |(left, right): (&f32, &f32)| *left != 0.0 || *right != 0.0;
        let last = left.iter().zip(&*right).rposition(sounds);
        let Some(last) = last else {
            self.silence += left.len();
            return Ok(());
        };
        self.flush(&mut write)?;
        self.silence = left.len() - last - 1;
        write(&left[..=last], &right[..=last])
    }

    /// Passes the silence that was held back to `write`.
    ///
    /// # Errors
    /// The first error of `write`.
    pub fn flush<E>(
        &mut self,
        mut write: impl FnMut(&[f32], &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.silence > 0 {
            let zeros = &ZEROS[..self.silence.min(ZEROS.len())];
            write(zeros, zeros)?;
            self.silence -= zeros.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_length_give_the_same_up_to_the_last_sound() {
        let mut left = vec![0.0_f32; 5000];
        let mut right = left.clone();
        (left[0], right[10], left[3000], right[1500]) = (1.0, f32::NAN, 1e-40, -0.0);
        let expected: Vec<u32> = (0..=3000)
            .flat_map(|n| [left[n], right[n] + 0.0].map(f32::to_bits))
            .collect();
        for length in [1, 7, 1024, 2999, 5000] {
            let mut written = Vec::new();
            let mut tail = TailEnd::default();
            let pieces = left.chunks(length).zip(right.chunks(length));
            for (left, right) in pieces {
                let (mut left, mut right) = (left.to_vec(), right.to_vec());
                let done = tail.add(&mut left, &mut right, |left, right| {
                    let frames = left.iter().zip(right);
                    written.extend(frames.flat_map(|(l, r)| [l.to_bits(), r.to_bits()]));
                    Ok::<_, ()>(())
                });
                assert_eq!(done, Ok(()));
            }
            assert_eq!(written, expected, "pieces of {length}");
            let mut rest = 0;
            let done = tail.flush(|left, _| {
                rest += left.len();
                Ok::<_, ()>(())
            });
            assert_eq!((done, rest), (Ok(()), 1999), "pieces of {length}");
        }
    }
}
