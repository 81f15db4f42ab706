//! What is found by name among what the templates make.

use super::Calls;
use super::ids::name as name_of;
use crate::verify::permissions::template::{Made, Place};

impl Calls<'_> {
    /// Everything that the templates make or look up.
    pub(super) fn made(&self) -> impl Iterator<Item = &Made> {
        self.deployed.iter().flat_map(|template| &template.made)
    }

    /// The id of the resource of a type and name; in a group, where one is named.
    pub(super) fn find(&self, kind: &str, name: &str, group: Option<&str>) -> Option<String> {
        let alike = |made: &&Made| {
            made.kind.eq_ignore_ascii_case(kind)
                && name_of(&made.id).eq_ignore_ascii_case(name)
                && group.is_none_or(|group| made.place.group.eq_ignore_ascii_case(group))
        };
        let found = self.made().find(alike).map(|made| made.id.clone());
        found.or_else(|| group.map(|group| format!("{}/providers/{kind}/{name}", self.place(group).id())))
    }

    /// The group of this name; one that is not the project's has no subscription.
    pub(super) fn place(&self, group: &str) -> Place {
        let known = self.places.iter().find(|place| place.group.eq_ignore_ascii_case(group));
        known.cloned().unwrap_or_else(|| Place { subscription: String::new(), group: group.to_owned() })
    }

    /// The storage account of a workspace.
    pub(super) fn storage(&self, workspace: &str) -> Option<String> {
        let workspace = self.made().find(|made| made.id.eq_ignore_ascii_case(workspace) && !made.existing)?;
        Some(workspace.body.pointer("/properties/storageAccount")?.as_str()?.to_owned())
    }

    /// The container of an address `https://ACCOUNT.blob…/CONTAINER/…`.
    pub(super) fn container(&self, address: &str) -> Option<String> {
        let (account, rest) = address.strip_prefix("https://")?.split_once(".blob.")?;
        let container = rest.split('/').nth(1).filter(|name| !name.is_empty())?;
        let account = self.find("Microsoft.Storage/storageAccounts", account, None)?;
        Some(format!("{account}/blobServices/default/containers/{container}"))
    }

    /// The registry of an image or of a login server: `NAME.azurecr.io/…`.
    pub(super) fn registry(&self, image: &str) -> Option<String> {
        let (name, _) = image.split_once(".azurecr.")?;
        self.find("Microsoft.ContainerRegistry/registries", name, None)
    }

    /// An id of a file, whose subscription may be left to a variable, as the templates have it.
    pub(super) fn own_id(&self, id: &str) -> String {
        let Some((_, rest)) = id.split_once("/resourceGroups/") else { return id.to_owned() };
        let (group, rest) = rest.split_once('/').unwrap_or((rest, ""));
        format!("{}/{rest}", self.place(group).id())
    }
}
