//! A measured figure.

/// A figure, and what there is to say about it.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// In the promise's unit.
    pub value: f64,
    /// For instance the preset that it was found in.
    pub notes: Vec<String>,
}

impl Reading {
    /// A figure with one note.
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
