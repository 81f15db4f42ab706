//! Calls are read from everything that makes some.

use azure_pipelines::model::Pipeline;

use super::{Calls, made, programs, steps};

impl Calls<'_> {
    /// Everything outside of pipelines.
    pub(crate) fn read(&mut self) {
        made::read(self);
        programs::read(self);
    }

    /// The steps of an expanded pipeline.
    pub(crate) fn read_pipeline(&mut self, path: &str, pipeline: &Pipeline<'_>) {
        steps::read(self, path, pipeline);
    }
}
