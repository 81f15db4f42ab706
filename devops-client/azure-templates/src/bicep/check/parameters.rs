//! Parameter files, held against their templates.

use super::super::ast::*;
use super::super::functions::did_you_mean;
use super::super::sources::{Sources, resolve};
use super::{Checker, Place, Problem, Scope, declared_type};

/// What is wrong with the parameter file at `path`.
pub(in super::super) fn check_parameters(
    sources: &Sources,
    path: &str,
    file: &File,
    broken: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let checker = match Checker::new(sources, path, file) {
        Ok(checker) => checker,
        Err(problems) => return problems,
    };
    checker.run_parameters(file, broken);
    checker.finish()
}

impl Checker<'_> {
    fn run_parameters(&self, file: &File, broken: &dyn Fn(&str) -> bool) {
        for (_, at) in &file.target_scopes {
            self.say(*at, "BCP337", "a parameter file has no targetScope");
        }
        let template = self.template(file, broken);
        let declared: Vec<&Declaration> = template
            .iter()
            .flat_map(|file| &file.declarations)
            .filter(|declaration| matches!(declaration.kind, Kind::Parameter { .. }))
            .collect();
        let mut given = Vec::new();
        for declaration in &file.declarations {
            match &declaration.kind {
                Kind::Variable(value) => {
                    self.check_decorators(declaration);
                    self.variable_type(declaration, value);
                }
                Kind::Assignment(value) => {
                    given.push(declaration.name.as_str());
                    let found = self.infer_or_loop(value, &Scope { secret: true, ..Scope::default() });
                    let Some(parameter) = declared.iter().find(|parameter| parameter.name == declaration.name) else {
                        if template.is_some() {
                            let near = did_you_mean(&declaration.name, declared.iter().map(|p| p.name.as_str()));
                            let message = format!("the template declares no parameter `{}`{near}", declaration.name);
                            self.say(declaration.at, "BCP259", message);
                        }
                        continue;
                    };
                    if let Kind::Parameter { kind, .. } = &parameter.kind {
                        let wanted = declared_type(parameter, kind);
                        self.check_value(parameter, &wanted, &found, value, "BCP033");
                    }
                }
                Kind::Parameter { default: None, .. } => {
                    self.say(declaration.at, "BCP018", "a parameter file gives a value: `param name = value`");
                }
                Kind::Parameter { .. } => {
                    self.say(declaration.at, "BCP009", "a parameter file names no types: `param name = value`");
                }
                _ => {
                    self.say(declaration.at, "BCP337", "a parameter file holds `using`, `var` and `param name = value`")
                }
            }
        }
        let missing: Vec<&str> = declared
            .iter()
            .filter(|p| matches!(p.kind, Kind::Parameter { default: None, .. }) && !given.contains(&p.name.as_str()))
            .map(|p| p.name.as_str())
            .collect();
        if let (Some((using, at)), false) = (file.using.first(), missing.is_empty()) {
            let message = format!("{using} needs parameter `{}`, which has no default", missing.join("`, `"));
            self.say(*at, "BCP258", message);
        }
    }

    /// The template of the file, if there is one that can be read.
    fn template(&self, file: &File, broken: &dyn Fn(&str) -> bool) -> Option<&File> {
        let (using, at) = match file.using.as_slice() {
            [one] => one,
            [] => {
                self.say(Place::START, "BCP261", "a parameter file starts with `using './<file>.bicep'`");
                return None;
            }
            many => {
                many.iter().for_each(|(_, at)| self.say(*at, "BCP262", "`using` is given once"));
                return None;
            }
        };
        self.check_path(using, *at)?;
        let path = resolve(self.path, using)?;
        let template = self.sources.get(&path);
        if template.is_none() && !self.sources.unread().iter().any(|unread| unread.path == path) {
            self.say(*at, "BCP091", format!("`{using}` does not exist"));
        } else if template.is_none() || broken(&path) {
            self.say(*at, "BCP104", format!("`{using}` has errors"));
        }
        template
    }
}
