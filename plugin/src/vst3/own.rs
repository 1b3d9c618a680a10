//! A parameter of the plugin itself, as opposed to the stand-ins for MIDI controllers.

/// Parameter of the plugin as CLAP describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    /// CLAP id.
    pub(super) clap: u32,
    /// Least and greatest value.
    pub(super) range: (f64, f64),
    /// True if the values are whole numbers.
    pub(super) stepped: bool,
}

impl Own {
    /// Returns CLAP's value for a normalized one.
    pub(super) fn plain(self, normalized: f64) -> f64 {
        self.range.0 + normalized * (self.range.1 - self.range.0)
    }

    /// Returns the normalized value for CLAP's. The plugin computes steps in 32-bit floats, so some come out a little
    /// below a whole number, and the wrapper, which truncates them, returns one step too few.
    pub(super) fn normalized(self, plain: f64) -> f64 {
        let (least, greatest) = self.range;
        let above = plain - least;
        let above = if self.stepped { above.round() } else { above };
        (above / (greatest - least)).clamp(0.0, 1.0)
    }
}
