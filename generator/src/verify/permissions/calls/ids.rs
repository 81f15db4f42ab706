//! Ids of resources.

/// The type of the resource with this id; of a group, none.
pub(super) fn kind(id: &str) -> Option<String> {
    let (_, rest) = id.rsplit_once("/providers/")?;
    let mut parts = rest.split('/');
    let mut kind = parts.next()?.to_owned();
    while let Some(part) = parts.next() {
        kind.push('/');
        kind.push_str(part);
        parts.next();
    }
    Some(kind)
}

/// The name at the end of an id.
pub(super) fn name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn types_are_those_of_the_innermost_provider() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/w/triggers/event";
        assert_eq!(kind(id).as_deref(), Some("Microsoft.Logic/workflows/triggers"));
        let role =
            "/subscriptions/s/resourceGroups/g/providers/M.K/v/kv/providers/Microsoft.Authorization/roleAssignments/r";
        assert_eq!(kind(role).as_deref(), Some("Microsoft.Authorization/roleAssignments"));
        assert_eq!(kind("/subscriptions/s/resourceGroups/g"), None);
    }
}
