//! Resource groups: one for each place.

use super::{Target, tagged};
use crate::project::Project;
use crate::remote::resource::{Kind, Resource};

/// The groups of `targets`. Their location is not `fixed`: a group is never replaced, it holds data.
pub fn desired(project: &Project, targets: &[Target<'_>]) -> Vec<Resource> {
    let group = |target: &Target<'_>| {
        let resource = Resource::new(Kind::ResourceGroup, target.place.resource_group.as_str())
            .field("subscription", target.subscription.as_str())
            .field("location", target.place.location.as_str());
        tagged(resource, project, &[("environment", target.name)])
    };
    targets.iter().map(group).collect()
}
