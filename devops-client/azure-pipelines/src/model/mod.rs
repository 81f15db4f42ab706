//! An expanded pipeline as stages, jobs and steps, and what must hold of it.

mod expressions;
mod graph;
mod pipeline;
mod read;
mod resources;
mod shape;
mod step;
mod strategy;

pub use graph::{Item, ancestors, jobs, stages};
pub use pipeline::{Environment, Job, Pipeline, Stage, Variable};
pub use resources::{Filter, Resource, Schedule, Trigger};
pub use step::{STEP_KINDS, Step};
pub use strategy::{HOOKS, Hook, Strategy};

use crate::place::Problem;
use crate::template::Expanded;

impl<'a> Pipeline<'a> {
    /// The stages, jobs and steps of `expanded`. What cannot be put in yet is left out, and so is what is none of them:
    /// [`Pipeline::problems`] says so.
    pub fn read(expanded: &'a Expanded) -> Self {
        read::pipeline(&expanded.root, expanded.open)
    }

    /// Everything in it that Azure Pipelines does not take: keys, names, dependencies, circles, conditions, expressions.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        shape::check(self, &mut problems);
        graph::check(self, &mut problems);
        expressions::check(self.root, &mut problems);
        problems
    }
}
