//! What the Bicep compiler and the rules of its linter warn of.

use std::collections::HashSet;

use super::super::ast::*;
use super::super::sources::Sources;
use super::{Checker, Place, Problem};
use crate::resources::{self, Side};

/// Properties that of every resource are read and never written.
const READ_ONLY: [&str; 3] = ["id", "type", "apiVersion"];

/// What is worth a warning in a file, by the compiler's code or the name of its linter's rule.
pub(in super::super) fn warnings(sources: &Sources, path: &str, file: &File) -> Vec<Problem> {
    let mut used: HashSet<&str> = HashSet::new();
    file.walk(&mut |expr| {
        if let ExprKind::Name(name) = &expr.kind {
            used.insert(name);
        }
    });
    // A file that is refused is not looked at as a whole.
    let mut found = match Checker::new(sources, path, file) {
        Ok(checker) => {
            checker.problems.borrow_mut().clear();
            checker.check_short_circuits(file);
            checker.check_limits(file);
            checker.check_resource_types(file);
            checker.finish()
        }
        Err(_) => Vec::new(),
    };
    let mut say = |at: Place, code, message: String| found.push(Problem::new(at, code, message));
    for declaration in &file.declarations {
        let name = &declaration.name;
        match &declaration.kind {
            Kind::Parameter { default, .. } => {
                if !used.contains(name.as_str()) {
                    say(declaration.name_at, "no-unused-params", format!("parameter `{name}` is never used"));
                }
                let secure = declaration.decorators.iter().any(|decorator| decorator.name == "secure");
                if let Some(default) = default.as_ref().filter(|default| secure && !is_empty(default)) {
                    let message = format!("the default of the secure parameter `{name}` stands in the file");
                    say(default.at, "secure-parameter-default", message);
                }
            }
            Kind::Variable(_) if !used.contains(name.as_str()) => {
                say(declaration.name_at, "no-unused-vars", format!("variable `{name}` is never used"));
            }
            Kind::Resource(block) if !block.existing && resources::body(&block.reference, Side::Older).is_none() => {
                for entry in &block.body {
                    if let Entry::Property { key, at, .. } = entry
                        && let Some(key) = key.literal().filter(|key| READ_ONLY.contains(key))
                    {
                        say(*at, "BCP073", format!("`{key}` is read from a resource and never written"));
                    }
                }
            }
            _ => {}
        }
    }
    found.sort();
    found
}

/// A default that gives nothing away: an empty text or object, or a new GUID each time.
fn is_empty(default: &Expr) -> bool {
    match &default.bare().kind {
        ExprKind::Str(text) => text.literal() == Some(""),
        ExprKind::Object(entries) => entries.is_empty(),
        ExprKind::Call { name, .. } => name == "newGuid",
        _ => false,
    }
}
