//! Which things of a list belong to the wanted names, and which are ours besides.

use super::site::Site;
use crate::remote::mark;
use crate::remote::observed::{Observed, Owner, World};
use crate::remote::resource::{Key, Kind, Resource};

/// Whose a thing with this description is.
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
/// `see` looks at a thing with the eyes of whoever wants it.
pub(super) fn sort<T>(
    kind: Kind,
    list: &[T],
    wanted: &[&Resource],
    name: impl Fn(&T) -> &str,
    see: impl Fn(&T, Option<&Resource>) -> Observed,
) -> World {
    let mut world = World::new();
    for thing in list {
        let folded = name(thing).to_lowercase();
        let wish = wanted.iter().find(|resource| resource.key.name.to_lowercase() == folded);
        let seen = see(thing, wish.copied());
        if wish.is_some() || seen.owner == Owner::Ours {
            let key = wish.map_or_else(|| Key::new(kind, name(thing)), |resource| resource.key.clone());
            world.insert(key, seen);
        }
    }
    world
}
