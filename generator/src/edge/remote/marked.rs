//! Which resources of a list belong to the wanted names, and which are ours besides.

use super::site::Site;
use crate::remote::mark;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Whose a resource with this description is.
pub(super) fn owner(at: &Site, description: Option<&str>) -> Owner {
    match description {
        Some(text) if mark::is_on(text, &at.project.name) => Owner::Ours,
        _ => Owner::Foreign,
    }
}

/// A description without the mark.
pub(super) fn plain<'a>(at: &Site, description: Option<&'a str>) -> &'a str {
    mark::without(description.unwrap_or_default(), &at.project.name)
}

/// A description with the mark.
pub(super) fn put(at: &Site, description: &str) -> String {
    mark::put(description, &at.project.name)
}

/// Sorts a list into what stands under a wanted name, however it is spelt, and what is ours besides.
///
/// `see` looks at a resource with the eyes of whoever wants it.
pub(super) fn sort<T>(
    kind: Kind,
    list: &[T],
    wanted: &[&Resource],
    name: impl Fn(&T) -> &str,
    see: impl Fn(&T, Option<&Resource>) -> Observed,
) -> State {
    let mut state = State::new();
    for found in list {
        let folded = name(found).to_lowercase();
        let want = wanted.iter().find(|resource| resource.key.name.to_lowercase() == folded);
        let seen = see(found, want.copied());
        if want.is_some() || seen.owner == Owner::Ours {
            let key = want.map_or_else(|| Key::new(kind, name(found)), |resource| resource.key.clone());
            state.insert(key, seen);
        }
    }
    state
}
