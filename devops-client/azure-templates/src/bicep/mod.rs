//! Bicep: reader, and compiler to ARM JSON.
//!
//! What is written is what `bicep build` writes, less the hash that only it can put under its name.

pub mod ast;
mod check;
mod compile;
mod format;
pub(crate) mod functions;
mod lexer;
mod load;
mod parser;
mod sources;
mod token;
mod versions;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Located, Place, Problem};

pub use format::format;
pub use functions::is_function;
pub(crate) use load::base64;
pub use parser::parse;
pub use sources::{Sources, resolve};
pub use versions::old_api_versions;

/// Compiles files of [`Sources`]; a module that many files use is checked and compiled once.
#[derive(Debug)]
pub struct Compiler<'a> {
    sources: &'a Sources,
    done: compile::Done,
    checked: RefCell<BTreeMap<String, Vec<Problem>>>,
}

impl<'a> Compiler<'a> {
    /// A compiler that has compiled nothing yet.
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, done: compile::Done::default(), checked: RefCell::default() }
    }

    /// The ARM template of the Bicep file at `path`.
    ///
    /// # Errors
    /// Everything that keeps it, or a module that it uses, from being compiled.
    pub fn template(&self, path: &str) -> Result<Value, Vec<Located>> {
        self.readable(path)?;
        let found = self.gather(path);
        if !found.is_empty() {
            return Err(found);
        }
        compile::template(self.sources, path, &self.done).map_err(|(path, problem)| vec![Located { path, problem }])
    }

    /// What is wrong with the file at `path` alone.
    pub fn check(&self, path: &str) -> Vec<Problem> {
        if let Some(known) = self.checked.borrow().get(path) {
            return known.clone();
        }
        let Some(file) = self.sources.get(path) else {
            return Vec::new();
        };
        // Modules in a circle are refused where they are named: none of them has errors of its own through that.
        self.checked.borrow_mut().insert(path.to_owned(), Vec::new());
        let broken = |module: &str| !self.check(module).is_empty();
        let found = if path.ends_with(".bicepparam") {
            check::check_parameters(self.sources, path, file, &broken)
        } else {
            check::check(self.sources, path, file, &broken)
        };
        self.checked.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }

    /// What the Bicep compiler and the rules of its linter warn of in the file at `path` alone; bodies of resources are held
    /// against their types where `resource-types` has them, and [`old_api_versions`] needs a table.
    pub fn warnings(&self, path: &str) -> Vec<Problem> {
        self.sources.get(path).map(|file| check::warnings(self.sources, path, file)).unwrap_or_default()
    }

    /// What is wrong with the file at `path` and with those that it uses.
    fn gather(&self, path: &str) -> Vec<Located> {
        let mut found = Vec::new();
        for path in self.reachable(path) {
            found.extend(self.sources.unread().iter().filter(|unread| unread.path == path).cloned());
            found.extend(self.check(&path).into_iter().map(|problem| Located { path: path.clone(), problem }));
        }
        found
    }

    /// The file at `path` and those that it uses, each once.
    fn reachable(&self, path: &str) -> Vec<String> {
        let mut paths = vec![path.to_owned()];
        let mut next = 0;
        while let Some(path) = paths.get(next).cloned() {
            next += 1;
            let Some(file) = self.sources.get(&path) else {
                continue;
            };
            for module in file.modules().filter_map(|reference| resolve(&path, reference)) {
                if !paths.contains(&module) {
                    paths.push(module);
                }
            }
        }
        paths
    }

    /// The JSON of the parameter file at `path`, with the environment variables that `environment` knows; others are at
    /// their defaults.
    ///
    /// # Errors
    /// What is wrong with the file, and the first expression whose value is not known without Azure.
    pub fn parameters(&self, path: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Value, Vec<Located>> {
        let file = self.readable(path)?;
        let found = self.check(path);
        if !found.is_empty() {
            return Err(found.into_iter().map(|problem| Located { path: path.to_owned(), problem }).collect());
        }
        compile::parameter_file(self.sources, path, file, environment)
            .map_err(|problem| vec![Located { path: path.to_owned(), problem }])
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

/// The JSON of a parameter file that is read already and loads no other file: see [`Compiler::parameters`].
///
/// # Errors
/// The first expression whose value is not known without Azure.
pub fn parameters(file: &ast::File, environment: &dyn Fn(&str) -> Option<String>) -> Result<Value, Problem> {
    compile::parameter_file(&Sources::default(), "", file, environment)
}

#[cfg(test)]
mod tests;
