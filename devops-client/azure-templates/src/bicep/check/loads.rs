//! Files that a source loads while it is compiled.

use super::super::ast::*;
use super::super::load;
use super::Checker;
use super::Place;

impl Checker<'_> {
    /// That the file of `loadTextContent()` and the like is there and holds what the function reads.
    pub(super) fn check_load(&self, name: &str, arguments: &[Expr], at: Place) {
        let Some(first) = arguments.first() else {
            return; // counted elsewhere
        };
        for argument in arguments {
            if argument.literal().is_none() {
                return self.say(argument.at, "BCP032", format!("{name}() takes a path that is written out"));
            }
        }
        let Some(path) = self.check_path(first.literal().unwrap_or_default(), first.at) else {
            return;
        };
        let Some(bytes) = self.sources.data(&path) else {
            return self.say(first.at, "BCP091", format!("there is no file `{path}`"));
        };
        if let Err(problem) = load::load(name, bytes, arguments.get(1).and_then(Expr::literal)) {
            let (code, message) = problem;
            self.say(if code == "BCP186" { at } else { first.at }, code, format!("{path}: {message}"));
        }
    }
}
