//! A measured figure.

/// Measured figure with remarks.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Figure in the promise's unit.
    pub value: f64,
    /// Remarks, for instance the preset in which the figure was found.
    pub notes: Vec<String>,
}

impl Reading {
    /// Returns a figure with one note.
    pub fn of(value: f64, note: &str) -> Self {
        let notes = vec![note.to_owned()];
        Self { value, notes }
    }
}

impl From<f64> for Reading {
    fn from(value: f64) -> Self {
        let notes = Vec::new();
        Self { value, notes }
    }
}
