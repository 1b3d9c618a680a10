//! A parameter of the plugin itself, as opposed to the stand-ins for MIDI controllers.

/// A parameter of the plugin as CLAP knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    /// Its number.
    pub(super) clap: u32,
    /// Its least and its greatest value.
    pub(super) range: (f64, f64),
    /// Its values are whole numbers.
    pub(super) stepped: bool,
}

impl Own {
    /// CLAP's value for a normalized one.
    pub(super) fn plain(self, normalized: f64) -> f64 {
        self.range.0 + normalized * (self.range.1 - self.range.0)
    }

    /// The normalized value for CLAP's. The plugin computes steps from numbers of 32 bits, so they come out a little less than
    /// whole at times, and the wrapper, which cuts them, one too low.
    pub(super) fn normalized(self, plain: f64) -> f64 {
        let (least, greatest) = self.range;
        let above = plain - least;
        let above = if self.stepped { above.round() } else { above };
        (above / (greatest - least)).clamp(0.0, 1.0)
    }
}
