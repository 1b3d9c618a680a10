//! Context of every control-rate computation of a tick.

/// Sample rate, tempo and vibrato of the running tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct TickContext {
    /// In Hz.
    pub(super) sample_rate: f32,
    /// Quarter notes per minute.
    pub(super) tempo: f32,
    /// Present value of the vibrato at full depth, −1 to 1.
    pub(super) vibrato: f32,
}
