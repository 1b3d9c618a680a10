//! Several audio channels as one value, wherever their memory is: a host's buffers used in place, a pooled frame, or
//! scratch memory.

/// `N` channels of equal length, read and written in place.
///
/// ```
/// use tidepool_dsp::rt::{Channels, FramePool, PoolConfig};
///
/// let (pool, _maintainer) = FramePool::new(PoolConfig::default()).unwrap();
/// let mut frame = pool.acquire::<f32>(2 * 512).unwrap();
/// let (mut left, mut right) = ([0.5; 512], [0.25; 512]);
/// let mut host = Channels::new([&mut left, &mut right]); // in place: nothing is copied
/// let mut own = Channels::<2>::split(&mut frame);
/// own.copy_from(&host);
/// own.channel_mut(1)[0] = 1.0;
/// host.copy_from(&own);
/// assert_eq!((left[0], right[0], right[1]), (0.5, 1.0, 0.25));
/// ```
#[derive(Debug)]
pub struct Channels<'a, const N: usize> {
    channels: [&'a mut [f32]; N],
    length: usize,
}

impl<'a, const N: usize> Channels<'a, N> {
    /// Combines separate channels, such as a host's; the length is that of the shortest.
    pub fn new(channels: [&'a mut [f32]; N]) -> Self {
        let length = channels.iter().map(|channel| channel.len()).min();
        Self {
            channels,
            length: length.unwrap_or(0),
        }
    }

    /// Splits `buffer` into `N` consecutive channels; samples left over by the division are not used.
    pub fn split(buffer: &'a mut [f32]) -> Self {
        let length = buffer.len() / N.max(1);
        let mut rest = buffer;
        let channels = std::array::from_fn(|_| {
            let (channel, behind) = std::mem::take(&mut rest).split_at_mut(length);
            rest = behind;
            channel
        });
        Self { channels, length }
    }

    /// Samples per channel.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Returns true if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns channel `n`, below `N`.
    pub fn channel(&self, n: usize) -> &[f32] {
        &self.channels[n][..self.length]
    }

    /// Returns channel `n`, below `N`, for writing.
    pub fn channel_mut(&mut self, n: usize) -> &mut [f32] {
        &mut self.channels[n][..self.length]
    }

    /// Returns all channels for writing.
    pub fn each_mut(&mut self) -> [&mut [f32]; N] {
        let length = self.length;
        self.channels
            .each_mut()
            .map(|channel| &mut channel[..length])
    }

    /// Returns the samples `from..to` of all channels, both ends clamped to the length.
    pub fn stretch(&mut self, from: usize, to: usize) -> Channels<'_, N> {
        let to = to.min(self.length);
        let from = from.min(to);
        Channels {
            channels: self
                .channels
                .each_mut()
                .map(|channel| &mut channel[from..to]),
            length: to - from,
        }
    }

    /// Fills all channels with zeros.
    pub fn clear(&mut self) {
        self.each_mut()
            .into_iter()
            .for_each(|channel| channel.fill(0.0));
    }

    /// Copies from `other` up to the shorter of the two lengths and returns the samples copied per channel.
    pub fn copy_from(&mut self, other: &Channels<'_, N>) -> usize {
        let length = self.length.min(other.length);
        for (to, from) in self.channels.iter_mut().zip(&other.channels) {
            to[..length].copy_from_slice(&from[..length]);
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_of_a_buffer_lie_one_behind_the_other() {
        let mut buffer = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut channels = Channels::<3>::split(&mut buffer);
        assert_eq!((channels.len(), channels.channel(1)), (2, &[2.0, 3.0][..]));
        channels.channel_mut(2).fill(9.0);
        channels.stretch(1, 5).clear();
        assert_eq!(buffer, [0.0, 0.0, 2.0, 0.0, 9.0, 0.0, 6.0]);
    }

    #[test]
    fn unequal_channels_are_as_long_as_the_shortest() {
        let (mut left, mut right) = ([1.0; 4], [2.0; 3]);
        let mut target = [0.0; 10];
        let mut own = Channels::<2>::split(&mut target);
        assert_eq!(own.copy_from(&Channels::new([&mut left, &mut right])), 3);
        assert_eq!(target, [1.0, 1.0, 1.0, 0.0, 0.0, 2.0, 2.0, 2.0, 0.0, 0.0]);
    }
}
