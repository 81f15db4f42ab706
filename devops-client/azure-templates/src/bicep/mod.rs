//! Bicep: reader, and compiler to ARM JSON.
//!
//! What is written is what `bicep build` writes, less the hash that only it can put under its name.

mod arm;
pub mod ast;
mod compile;
mod functions;
mod lexer;
mod parser;
mod sources;
mod token;

use serde_json::Value;

use crate::{Located, Place, Problem};

pub use functions::is_function;
pub use parser::parse;
pub use sources::{Sources, resolve};

/// Compiles files of [`Sources`]; a module that many files use is compiled once.
#[derive(Debug)]
pub struct Compiler<'a> {
    sources: &'a Sources,
    done: compile::Done,
}

impl<'a> Compiler<'a> {
    /// A compiler that has compiled nothing yet.
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, done: compile::Done::default() }
    }

    /// The ARM template of the Bicep file at `path`.
    ///
    /// # Errors
    /// What keeps it, or a module that it uses, from being compiled.
    pub fn template(&self, path: &str) -> Result<Value, Vec<Located>> {
        self.readable(path)?;
        compile::template(self.sources.files(), path, &self.done)
            .map_err(|(path, problem)| vec![Located { path, problem }])
    }

    /// The JSON of the parameter file at `path`, with the environment variables that `environment` knows; others are at
    /// their defaults.
    ///
    /// # Errors
    /// The first expression whose value is not known without Azure.
    pub fn parameters(&self, path: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Value, Vec<Located>> {
        let file = self.readable(path)?;
        parameters(file, environment).map_err(|problem| vec![Located { path: path.to_owned(), problem }])
    }

    fn readable(&self, path: &str) -> Result<&'a ast::File, Vec<Located>> {
        if let Some(file) = self.sources.get(path) {
            return Ok(file);
        }
        let unread: Vec<Located> =
            self.sources.unread().iter().filter(|located| located.path == path).cloned().collect();
        if !unread.is_empty() {
            return Err(unread);
        }
        let problem = Problem::new(Place::START, "BCP091", "there is no such Bicep file");
        Err(vec![Located { path: path.to_owned(), problem }])
    }
}

/// The JSON of a parameter file that is read already: see [`Compiler::parameters`].
///
/// # Errors
/// The first expression whose value is not known without Azure.
pub fn parameters(file: &ast::File, environment: &dyn Fn(&str) -> Option<String>) -> Result<Value, Problem> {
    compile::parameter_file(file, environment)
}

#[cfg(test)]
mod tests;
