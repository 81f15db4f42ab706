//! Routes: a method, a template, the location that it belongs to, whether it changes anything, and the operation.

use super::locations::Location;
use super::request::Method;
use super::{Call, Outcome};

/// An operation of the service.
pub type Handler = fn(&mut Call<'_>) -> Outcome;

/// What a route does to the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Leaves it as it is.
    Read,
    /// Changes it when it succeeds.
    Write,
}

/// One row of the route table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// Segments below the organization, `{name}` for one segment, a last `{*name}` for the rest (which may be empty).
    pub template: &'static str,
    /// The location whose version range holds; `None` for what is outside the negotiation.
    pub location: Option<&'static Location>,
    /// Whether it changes anything.
    pub kind: Kind,
    /// The operation.
    pub handler: Handler,
}

impl Route {
    /// A GET.
    pub const fn get(template: &'static str, location: &'static Location, handler: Handler) -> Route {
        Route { method: Method::Get, template, location: Some(location), kind: Kind::Read, handler }
    }

    /// A POST that makes or changes something.
    pub const fn post(template: &'static str, location: &'static Location, handler: Handler) -> Route {
        Route { method: Method::Post, template, location: Some(location), kind: Kind::Write, handler }
    }

    /// A POST that only asks.
    pub const fn query(template: &'static str, location: &'static Location, handler: Handler) -> Route {
        Route { method: Method::Post, template, location: Some(location), kind: Kind::Read, handler }
    }

    /// A PUT.
    pub const fn put(template: &'static str, location: &'static Location, handler: Handler) -> Route {
        Route { method: Method::Put, template, location: Some(location), kind: Kind::Write, handler }
    }

    /// A PATCH.
    pub const fn patch(template: &'static str, location: &'static Location, handler: Handler) -> Route {
        Route { method: Method::Patch, template, location: Some(location), kind: Kind::Write, handler }
    }

    /// A DELETE.
    pub const fn delete(template: &'static str, location: &'static Location, handler: Handler) -> Route {
        Route { method: Method::Delete, template, location: Some(location), kind: Kind::Write, handler }
    }

    /// A route outside the version negotiation.
    pub const fn plain(method: Method, template: &'static str, kind: Kind, handler: Handler) -> Route {
        Route { method, template, location: None, kind, handler }
    }
}

/// The values of a template's parameters in a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// The value of a parameter that the template has; empty if a rest parameter matched nothing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str())
    }
}

/// Matches path segments against a template. Literal segments are compared without regard to case, as the service does.
/// Gives back the parameters and the number of literal segments: of several templates, the one with more wins.
pub fn matches(template: &'static str, path: &[String]) -> Option<(Params, usize)> {
    let mut params = Params::default();
    let mut literals = 0;
    let mut at = 0;
    for segment in template.split('/') {
        if let Some(name) = segment.strip_prefix("{*").and_then(|rest| rest.strip_suffix('}')) {
            params.0.push((name, path[at.min(path.len())..].join("/")));
            return Some((params, literals));
        }
        let value = path.get(at)?;
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                if value.starts_with('_') && name == "project" {
                    return None;
                }
                params.0.push((name, value.clone()));
            }
            None if segment.eq_ignore_ascii_case(value) => literals += 1,
            None => return None,
        }
        at += 1;
    }
    (at == path.len()).then_some((params, literals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn templates_match_literals_without_case_and_prefer_more_literals() {
        let (params, few) =
            matches("{project}/_apis/pipelines/{id}", &path("P 1/_APIS/Pipelines/environments")).unwrap();
        assert_eq!((params.get("project"), params.get("id")), ("P 1", "environments"));
        let (_, many) =
            matches("{project}/_apis/pipelines/environments", &path("p/_apis/pipelines/environments")).unwrap();
        assert!(many > few);
        assert_eq!(matches("{project}/_apis/git", &path("_apis/_apis/git")), None);
        let (rest, _) = matches("{project}/_apis/x/{*path}", &path("p/_apis/x/a/b")).unwrap();
        assert_eq!(rest.get("path"), "a/b");
        assert!(matches("{project}/_apis/x/{*path}", &path("p/_apis/x")).is_some());
        assert_eq!(matches("{project}/_apis/x", &path("p/_apis/x/y")), None);
    }
}
