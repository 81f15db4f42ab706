//! Names that must be unique, who takes them, and who takes one that is taken.

use std::collections::HashMap;

use super::issue::Issue;
use crate::spec::located::path::Path;

/// A name that someone takes.
#[derive(Clone, Debug)]
struct Claim {
    owner: String,
    path: Path,
    given: bool,
    name: String,
}

/// Names that are taken, by what they name and where they must be unique.
#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: HashMap<(&'static str, String), Vec<Claim>>,
    order: Vec<(&'static str, String)>,
}

impl Claims {
    /// `owner` (as in `environment qa`; empty for what has no owner but itself) takes `name` for its `what` (as in `storage account`), by `path`; `given` says
    /// that the name stands in the spec rather than being derived.
    pub(super) fn take(&mut self, what: &'static str, name: &str, owner: impl Into<String>, path: &Path, given: bool) {
        let key = (what, name.to_lowercase());
        let claims = self.taken.entry(key.clone()).or_default();
        if claims.is_empty() {
            self.order.push(key);
        }
        claims.push(Claim { owner: owner.into(), path: path.clone(), given, name: name.to_owned() });
    }

    /// An issue for each name that is taken more than once, at the later takers.
    pub(super) fn collisions(&mut self) -> Vec<Issue> {
        let mut issues = Vec::new();
        for key in &self.order {
            let Some((first, others)) = self.taken.get(key).and_then(|c| c.split_first()) else { continue };
            for other in others {
                // Two environments of one name would share everything that is derived; the name is reported already.
                if !other.given && !first.owner.is_empty() && first.owner == other.owner {
                    continue;
                }
                // Who wrote the name can change it; otherwise the later one does.
                let (at, holder) = if first.given && !other.given { (first, other) } else { (other, first) };
                issues.push(collision(key.0, at, holder));
            }
        }
        issues
    }
}

fn collision(what: &str, at: &Claim, holder: &Claim) -> Issue {
    let name = &at.name;
    let message = match (at.owner.as_str(), holder.owner.as_str()) {
        ("", "") => format!("another {what} is called `{name}`"),
        ("", holder) => format!("the {what} `{name}` is that of {holder}"),
        (owner, holder) if at.given => format!("the {what} `{name}` of {owner} is also that of {holder}"),
        (owner, holder) => format!("the {what} `{name}` of {owner} would also be that of {holder}"),
    };
    let help = if at.given {
        "each needs one of its own"
    } else {
        "each needs one of its own: choose another name, or say one under `names`"
    };
    Issue {
        path: at.path.clone(),
        about: vec![holder.path.clone()],
        other: Some(holder.path.clone()),
        on_key: false,
        piece: None,
        message,
        help: Some(help.to_owned()),
    }
}
