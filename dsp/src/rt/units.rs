//! Units of serialized figures: each key ends with its unit, and an unknown figure is `null`.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// Nanoseconds as microseconds.
pub mod micros {
    use super::*;

    pub fn serialize<S: Serializer>(
        nanos: &(impl Into<u64> + Copy),
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((*nanos).into() as f64 / 1e3)
    }
}

/// A duration, if it is known, as whole nanoseconds.
pub mod nanos {
    use super::*;

    pub fn serialize<S: Serializer>(
        time: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let nanos = time.map(|time| time.as_nanos() as u64);
        nanos.serialize(serializer)
    }
}

/// A duration as whole milliseconds.
pub mod millis {
    use super::*;

    pub fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.as_millis() as u64)
    }
}

/// A value of which 0 stands for an unknown one.
pub mod known {
    use super::*;

    pub fn serialize<T: Serialize + Default + PartialOrd, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let known = Some(value).filter(|value| **value > T::default());
        known.serialize(serializer)
    }
}

/// The number of items of a list.
pub mod length {
    use super::*;

    pub fn serialize<T, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        items.len().serialize(serializer)
    }
}
