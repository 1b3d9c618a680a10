//! Output stage.

use super::*;

once! { Output, "Output" {
    /// Gain into the saturation of the output.
    OutputDrive: "output_drive", "Output Drive", global(Decibels, linear(0.0, 24.0), 0.0).ratios();
    /// Master gain.
    Volume: "volume", "Volume", global(Level, linear(OFF, 6.0), -6.0);
} }
