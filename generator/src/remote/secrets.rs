//! Which secrets a project names, and how they stand in their vaults. Never a value.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::project::Project;
use crate::project::name::{KeyVaultName, SecretName};
use crate::project::variables::{GroupContent, VaultOwner};

/// Secret that the pipeline `infrastructure` makes where it is missing (`ensure-scoring-key.sh`).
const MADE_BY_PIPELINE: &str = "scoring-key";

/// A secret that variable groups name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Its vault.
    pub vault: KeyVaultName,
    /// Whose vault: `platform`, or an environment.
    pub owner: String,
    /// Its name.
    pub name: SecretName,
    /// The variable groups that name it.
    pub groups: Vec<String>,
    /// Whether the pipeline `infrastructure` makes it, if nobody does before.
    pub made_by_pipeline: bool,
}

/// What a vault says about a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretState {
    /// Its name.
    pub name: String,
    /// Whether it can be read.
    pub enabled: bool,
    /// When it expires, in seconds since 1970.
    pub expires: Option<i64>,
    /// From when on it is valid, in seconds since 1970.
    pub not_before: Option<i64>,
    /// When it last changed, in seconds since 1970.
    pub updated: Option<i64>,
}

/// How a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is there and can be read.
    Good,
    /// Its vault is not there yet.
    NoVault,
    /// It is not in its vault.
    Missing,
    /// It is there, switched off.
    Disabled,
    /// It is over.
    Expired,
    /// It is not valid yet.
    Early,
    /// It is over soon.
    ExpiresSoon,
}

impl Standing {
    /// Whether a pipeline gets the value now and in the near future.
    pub fn is_good(self) -> bool {
        self == Self::Good
    }

    /// As people say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NoVault => "no vault",
            Self::Missing => "missing",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Early => "not valid yet",
            Self::ExpiresSoon => "expires soon",
        }
    }
}

/// A secret and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The secret.
    pub secret: NamedSecret,
    /// How it stands.
    pub standing: Standing,
    /// When it expires, in seconds since 1970.
    pub expires: Option<i64>,
    /// When it last changed, in seconds since 1970.
    pub updated: Option<i64>,
}

impl Judged {
    /// What to do, if there is something.
    pub fn remedy(&self) -> Option<String> {
        let NamedSecret { owner, name, vault, .. } = &self.secret;
        let set = if owner == "platform" {
            format!("mlops-gen secrets set {name} --vault platform")
        } else {
            format!("mlops-gen secrets set {name} --environment {owner}")
        };
        match self.standing {
            Standing::Good => None,
            Standing::NoVault => Some("deploy the infrastructure, which makes the vault: `mlops-gen apply`".to_owned()),
            Standing::Missing if self.secret.made_by_pipeline => {
                Some(format!("run the pipeline `infrastructure`, which makes it, or `{set}`"))
            }
            Standing::Missing | Standing::Expired | Standing::ExpiresSoon => Some(format!("`{set}`")),
            Standing::Disabled => Some(format!(
                "`{set}`, or `az keyvault secret set-attributes --vault-name {vault} --name {name} --enabled true`"
            )),
            Standing::Early => Some(format!("wait, or `{set}`")),
        }
    }
}

/// The vault of an owner.
pub fn vault_of<'a>(project: &'a Project, owner: &VaultOwner) -> Option<&'a KeyVaultName> {
    match owner {
        VaultOwner::Platform => Some(&project.platform.key_vault),
        VaultOwner::Environment(name) => {
            project.environments.iter().find(|environment| environment.name == *name).map(|found| &found.key_vault)
        }
    }
}

/// Every secret that variable groups of `project` name, by vault and name, each once.
pub fn named(project: &Project) -> Vec<NamedSecret> {
    let mut all: BTreeMap<(KeyVaultName, String), NamedSecret> = BTreeMap::new();
    for group in &project.variable_groups {
        let GroupContent::KeyVault { vault: owner, secrets } = &group.content else { continue };
        let Some(vault) = vault_of(project, owner) else { continue };
        let (of, in_environment) = match owner {
            VaultOwner::Platform => ("platform".to_owned(), false),
            VaultOwner::Environment(name) => (name.to_string(), true),
        };
        for name in secrets {
            // Key Vault does not tell names apart by case
            let entry = all.entry((vault.clone(), name.as_str().to_lowercase())).or_insert_with(|| NamedSecret {
                vault: vault.clone(),
                owner: of.clone(),
                name: name.clone(),
                groups: Vec::new(),
                made_by_pipeline: in_environment && name.as_str() == MADE_BY_PIPELINE,
            });
            entry.groups.push(group.name.to_string());
        }
    }
    all.into_values().collect()
}

/// How the named secrets stand. `found` has what each vault that is there holds; `now` is in seconds since 1970; what
/// expires within `soon` seconds expires soon.
pub fn judge(
    named: Vec<NamedSecret>,
    found: &BTreeMap<KeyVaultName, Vec<SecretState>>,
    now: i64,
    soon: i64,
) -> Vec<Judged> {
    let judge = |secret: NamedSecret| {
        let Some(held) = found.get(&secret.vault) else {
            return Judged { secret, standing: Standing::NoVault, expires: None, updated: None };
        };
        let Some(state) = held.iter().find(|state| state.name.eq_ignore_ascii_case(secret.name.as_str())) else {
            return Judged { secret, standing: Standing::Missing, expires: None, updated: None };
        };
        let standing = match state {
            SecretState { enabled: false, .. } => Standing::Disabled,
            SecretState { expires: Some(at), .. } if *at <= now => Standing::Expired,
            SecretState { not_before: Some(at), .. } if *at > now => Standing::Early,
            SecretState { expires: Some(at), .. } if *at <= now.saturating_add(soon) => Standing::ExpiresSoon,
            _ => Standing::Good,
        };
        Judged { secret, standing, expires: state.expires, updated: state.updated }
    };
    named.into_iter().map(judge).collect()
}

/// What keeps a plan from being carried out: secrets that a variable group names and that a vault which is there lacks.
/// Secrets that a pipeline makes, and vaults that are still to be made, keep nothing back.
pub fn lacking(judged: &[Judged]) -> Vec<String> {
    let lacks = |one: &&Judged| one.standing == Standing::Missing && !one.secret.made_by_pipeline;
    let said = |one: &Judged| {
        let NamedSecret { vault, name, groups, .. } = &one.secret;
        let groups = groups.join(", ");
        let remedy = one.remedy().unwrap_or_default();
        format!(
            "the variable group {groups} names the secret {name}, which the key vault {vault} does not have: {remedy}"
        )
    };
    judged.iter().filter(lacks).map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Project {
        crate::load("mlops.yaml", include_str!("../../../out/mlops.yaml")).unwrap()
    }

    fn state(name: &str) -> SecretState {
        SecretState { name: name.to_owned(), enabled: true, expires: None, not_before: None, updated: None }
    }

    fn judged(held: Vec<SecretState>) -> Judged {
        let first = named(&example()).into_iter().find(|secret| secret.owner == "platform").unwrap();
        let found = BTreeMap::from([(first.vault.clone(), held)]);
        judge(vec![first], &found, 1_000, 100).remove(0)
    }

    #[test]
    fn the_example_names_one_secret_in_each_vault() {
        let named = named(&example());
        let said: Vec<(String, bool)> =
            named.iter().map(|one| (format!("{}/{}", one.owner, one.name), one.made_by_pipeline)).collect();
        assert_eq!(
            said,
            [
                ("platform/data-provider-token".to_owned(), false),
                ("qa/scoring-key".to_owned(), true),
                ("production/scoring-key".to_owned(), true)
            ]
        );
    }

    #[test]
    fn each_way_to_stand_is_told_apart() {
        let name = "DATA-provider-token";
        let cases = [
            (vec![], Standing::Missing),
            (vec![state(name)], Standing::Good),
            (vec![SecretState { enabled: false, ..state(name) }], Standing::Disabled),
            (vec![SecretState { expires: Some(1_000), ..state(name) }], Standing::Expired),
            (vec![SecretState { expires: Some(1_100), ..state(name) }], Standing::ExpiresSoon),
            (vec![SecretState { expires: Some(1_101), ..state(name) }], Standing::Good),
            (vec![SecretState { not_before: Some(1_001), ..state(name) }], Standing::Early),
        ];
        for (held, standing) in cases {
            let judged = judged(held);
            assert_eq!(judged.standing, standing);
            assert_eq!(judged.remedy().is_none(), standing.is_good(), "{standing:?}");
        }
    }

    #[test]
    fn only_what_nobody_will_make_keeps_a_plan_back() {
        let named = named(&example());
        let empty = named.iter().map(|one| (one.vault.clone(), Vec::new())).collect();
        let lacks = lacking(&judge(named.clone(), &empty, 0, 0));
        assert_eq!(lacks.len(), 1);
        assert!(
            lacks[0].contains("diabetes-training")
                && lacks[0].contains("mlops-gen secrets set data-provider-token --vault platform"),
            "{}",
            lacks[0]
        );
        assert!(lacking(&judge(named, &BTreeMap::new(), 0, 0)).is_empty());
    }
}
