//! The parameter tree that hosts see: a parameter for every row of the engine's table, under the row's id and group.

use std::sync::Arc;

use nice_plug::prelude::*;
use tidepool_dsp::Parameter;

use super::{AnyParam, DirtySet, build};

/// nice-plug's parameters in the order of the engine's table.
pub struct ParamTree(Box<[AnyParam]>);

impl ParamTree {
    /// Builds every parameter; each marks itself in `dirty` when its value changes. Allocates. `[gui]`
    pub fn new(dirty: &Arc<DirtySet>) -> Self {
        let params = Parameter::all().map(|parameter| build::build(parameter, dirty));
        Self(params.collect())
    }

    /// Returns the parameter of a row. `[audio]`
    pub fn get(&self, parameter: Parameter) -> &AnyParam {
        &self.0[parameter.index()]
    }
}

// SAFETY: the pointers must be valid as long as `self` is. They lead into a boxed slice that is private, handed out by
// shared reference only, and so neither replaced nor moved before `self` is dropped.
unsafe impl Params for ParamTree {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let rows = Parameter::all().map(|parameter| {
            let spec = parameter.spec();
            (
                spec.id.into(),
                self.get(parameter).as_ptr(),
                spec.group.into(),
            )
        });
        rows.collect()
    }
}
