//! Resource groups: one for each place.

use super::field::{FieldError, FieldValue, Typed, fields, get};
use super::tags::{self, PLACE_TAG, Tags};
use crate::project::Project;
use crate::remote::desired::azure::Target;
use crate::remote::resource::{Fields, Resource};

const SUBSCRIPTION: &str = "subscription";
/// Field: its region.
pub(crate) const LOCATION: &str = "location";

/// A resource group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceGroup {
    /// Id of its subscription.
    pub subscription: String,
    /// Its region in the short form: `westeurope`.
    pub location: String,
    /// Its tags.
    pub tags: Tags,
}

impl Typed for ResourceGroup {
    fn to_fields(&self) -> Fields {
        let mut all = fields([(SUBSCRIPTION, self.subscription.to_value()), (LOCATION, self.location.to_value())]);
        tags::put(&mut all, &self.tags);
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            subscription: get(fields, SUBSCRIPTION)?,
            location: get(fields, LOCATION)?,
            tags: tags::get(fields)?,
        })
    }
}

// Invariant: a resource group is never made anew, for it holds data
// (test: each_field_that_is_changed_by_hand_is_shown_alone_and_repaired).
/// The groups of `targets`. Their location is not `fixed`: a group is never replaced, it holds data.
pub(crate) fn desired(project: &Project, targets: &[Target<'_>]) -> Vec<Resource> {
    let group = |target: &Target<'_>| {
        let group = ResourceGroup {
            subscription: target.subscription.clone(),
            location: target.place.location.as_str().to_owned(),
            tags: tags::of(project, PLACE_TAG, target.name),
        };
        Resource::of(target.group_key()).with(&group.to_fields())
    };
    targets.iter().map(group).collect()
}
