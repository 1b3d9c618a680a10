//! Parameters
use nice_plug::prelude::*;
/// All parameters.
#[derive(Params, Default)]
pub struct TidepoolParams {}
