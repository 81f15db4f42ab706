//! Of every case, what is given is read whole.

use super::*;
use crate::artifacts::sample;

fn of(project: &Project) -> Permissions {
    let renderer = crate::render::Renderer::new(&crate::render::Overrides::new()).unwrap();
    let tree = crate::compose::compose(project, &renderer).unwrap_or_else(|errors| panic!("{errors:#?}"));
    Permissions::read(&tree, project)
}

#[test]
fn every_grant_has_a_known_identity_a_known_role_and_a_whole_scope() {
    for project in [sample::project(), sample::full()] {
        let permissions = of(&project);
        assert!(permissions.grants.len() > 40, "{}", permissions.grants.len());
        for grant in permissions.grants.iter().filter(|grant| !grant.scope.is_in_devops()) {
            assert!(!matches!(grant.identity, Identity::Unknown(_)), "{grant:?}");
            assert!(roles::find(&grant.role).is_some(), "{grant:?}");
            assert!(
                grant.scope.id().starts_with("/subscriptions/2222") && !grant.scope.id().contains('['),
                "{grant:?}"
            );
        }
    }
}

#[test]
fn what_an_identity_may_is_read_at_its_scope() {
    let permissions = of(&sample::project());
    let may = |name: &str| -> Vec<String> {
        let own = permissions.grants.iter().filter(|grant| grant.identity.name() == name);
        own.map(|grant| format!("{} at {}", grant.role_name(), grant.scope)).collect()
    };
    assert_eq!(
        may("diabetes-events"),
        [
            "member of Contributors at pipelines".to_owned(),
            format!(
                "Storage Blob Data Contributor at storageAccounts/{}/blobServices/default/containers/events in diabetes-platform",
                sample::project().platform.storage
            ),
        ]
    );
    assert!(may("diabetes-training").iter().any(|one| one.starts_with("AzureML Data Scientist at workspaces/")));
}
