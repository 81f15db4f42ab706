//! `variableGroups:`, and the groups that the tool needs itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::derive::Names;
use super::issues::Issues;
use crate::project::azure::{Id, Place};
use crate::project::name::{DevOpsName, EnvironmentName, SecretName, VariableName};
use crate::project::text::Text;
use crate::project::variables::{GroupContent, PipelineKind, VariableGroup, VaultOwner};
use crate::spec::located::path::Path;
use crate::spec::{
    AuthenticationSpec, NetworkKind, NetworkSpec, PipelineSpec, SpecFile, TargetSpec, VariableGroupSpec, did_you_mean,
    listed,
};

/// Groups of the spec, then the tool's own.
pub(super) fn check(
    spec: &SpecFile,
    names: &Names,
    places: &[&Place],
    issues: &mut Issues,
) -> Option<Vec<VariableGroup>> {
    let at = Path::root().key("variableGroups");
    let mut seen = HashMap::new();
    let mut groups: Vec<Option<VariableGroup>> = Vec::new();
    for (i, group) in spec.variable_groups.iter().enumerate() {
        groups.push(one(group, spec, &at.index(i), issues));
        twice(group, &at.index(i), &mut seen, issues);
    }
    groups.extend(own(spec, names, issues).into_iter().map(Some));
    let mut groups: Vec<VariableGroup> = groups.into_iter().collect::<Option<_>>()?;
    groups.extend(ids(&groups, places, names, issues));
    Some(groups)
}

/// The pipelines that put ids where the repository leaves them open.
const READ_IDS: [PipelineKind; 4] =
    [PipelineKind::Build, PipelineKind::Release, PipelineKind::Infrastructure, PipelineKind::PullRequest];

/// A group that sets ids is open to the pipelines that read them.
fn seen_where_read(groups: &[VariableGroup], places: &[&Place], issues: &mut Issues) {
    for (i, group) in groups.iter().enumerate() {
        let GroupContent::Plain(values) = &group.content else { continue };
        let mut ids = places.iter().flat_map(|place| [&place.tenant, &place.subscription]);
        let id = ids.find_map(|id| match id {
            Id::Variable(name) if values.contains_key(name) => Some(name),
            _ => None,
        });
        let missing: Vec<&str> =
            READ_IDS.iter().filter(|kind| !group.pipelines.contains(kind)).map(|kind| kind.as_str()).collect();
        if let (Some(id), false) = (id, missing.is_empty()) {
            let at = Path::root().key("variableGroups").index(i).key("pipelines");
            let message = format!("this group sets the id `{id}`, but is closed to pipelines that read it");
            issues.add(&at, message).help(format!("add {}", listed(missing.iter().copied())));
        }
    }
}

/// The group of the ids that the spec keeps in variables and that none of its own groups sets.
fn ids(groups: &[VariableGroup], places: &[&Place], names: &Names, issues: &mut Issues) -> Option<VariableGroup> {
    let plain = |group: &VariableGroup, name: &VariableName| match &group.content {
        GroupContent::Plain(values) => values.contains_key(name),
        GroupContent::KeyVault { .. } | GroupContent::Named(_) => false,
    };
    let mut unset = BTreeSet::new();
    for id in places.iter().flat_map(|place| [&place.tenant, &place.subscription]) {
        match id {
            Id::Variable(name) if !groups.iter().any(|group| plain(group, name)) => drop(unset.insert(name.clone())),
            _ => {}
        }
    }
    seen_where_read(groups, places, issues);
    if unset.is_empty() {
        return None;
    }
    let name = names.local("ids", 64);
    issues.claims.take(
        "variable group",
        &name,
        "ids that the spec keeps in variables",
        &Path::root().key("azure"),
        false,
    );
    Some(VariableGroup {
        name: DevOpsName::parse(&name).ok()?,
        description: Text::parse("Ids of tenants and subscriptions, which the repository does not hold").ok()?,
        pipelines: READ_IDS.to_vec(),
        content: GroupContent::Named(unset.into_iter().collect()),
    })
}

/// One group for each environment whose scoring server checks a key: the release pipeline's smoke test needs it.
/// Endpoints of Azure ML check keys of their own.
fn own(spec: &SpecFile, names: &Names, issues: &mut Issues) -> Vec<VariableGroup> {
    // Azure DevOps reads no vault behind a private endpoint (Microsoft Learn, "Link a variable group to secrets in Azure
    // Key Vault"): scripts on an agent inside do.
    if spec.scoring.authentication != AuthenticationSpec::Key || private(spec) {
        return Vec::new();
    }
    let mut groups = Vec::new();
    for (i, environment) in spec.environments.iter().flatten().enumerate() {
        if !matches!(environment.target, Some(TargetSpec::ContainerInstances | TargetSpec::Kubernetes)) {
            continue;
        }
        let name = environment.name.as_deref().and_then(|n| EnvironmentName::parse(n).ok());
        let made = name.and_then(|name| {
            let group = names.local(&format!("{name}-secrets"), 64);
            Some(VariableGroup {
                name: DevOpsName::parse(&group).ok()?,
                description: Text::parse(&format!("Secrets of {name}, from its Key Vault")).ok()?,
                pipelines: vec![PipelineKind::Release],
                content: GroupContent::KeyVault {
                    vault: VaultOwner::Environment(name),
                    secrets: vec![SecretName::parse("scoring-key").ok()?],
                },
            })
        });
        if let Some(group) = made {
            let at = Path::root().key("environments").index(i).key("name");
            issues.claims.take("variable group", group.name.as_str(), "the scoring key", &at, false);
            groups.push(group);
        }
    }
    groups
}

fn one(group: &VariableGroupSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<VariableGroup> {
    let name = issues.parse_some(&at.key("name"), group.name.as_deref(), DevOpsName::parse);
    if let Some(name) = &name {
        issues.claims.take("variable group", name.as_str(), "", &at.key("name"), true);
    }
    let description = issues.parse(&at.key("description"), &group.description, Text::parse);
    let mut pipelines = Vec::new();
    for (i, pipeline) in group.pipelines.iter().flatten().enumerate() {
        let kind = kind(*pipeline);
        if pipelines.contains(&kind) {
            issues.add(&at.key("pipelines").index(i), format!("`{}` is here already", kind.as_str()));
        }
        if kind == PipelineKind::PullRequest && (group.key_vault.is_some() || group.secrets.is_some()) {
            issues
                .add(&at.key("pipelines").index(i), "a pull request runs what nobody has reviewed, and reads no vault")
                .help("take `pull-request` away, or make a group of plain `variables` for it")
                .about(at.key("keyVault"));
        }
        pipelines.push(kind);
    }
    let content = content(group, spec, at, issues);
    Some(VariableGroup { name: name?, description: description?, pipelines, content: content? })
}

/// Whether vaults are behind private endpoints.
fn private(spec: &SpecFile) -> bool {
    !matches!(spec.network, NetworkSpec::Kind(NetworkKind::Public))
}

fn content(group: &VariableGroupSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<GroupContent> {
    let vault = group.key_vault.is_some() || group.secrets.is_some();
    match (&group.variables, vault) {
        (Some(_), true) => {
            issues
                .add(&at.key("variables"), "a variable group holds secrets of a Key Vault or plain variables, not both")
                .on_key()
                .help("Azure DevOps has no mixed groups: make two of it");
            None
        }
        (None, false) => {
            issues
                .add(at, "this variable group is empty")
                .help("give it `keyVault` and `secrets`, or `variables`")
                .about(at.key("variables"))
                .about(at.key("secrets"));
            None
        }
        (Some(variables), false) => plain(variables, &at.key("variables"), issues),
        (None, true) => {
            if private(spec) {
                issues
                    .add(
                        &at.key(if group.key_vault.is_some() { "keyVault" } else { "secrets" }),
                        "a variable group reads no vault behind a private endpoint",
                    )
                    .on_key()
                    .help("read the secret in a script on an agent inside, with `az keyvault secret show`")
                    .about(Path::root().key("network"));
                return None;
            }
            key_vault(group, spec, at, issues)
        }
    }
}

fn plain(variables: &BTreeMap<String, String>, at: &Path, issues: &mut Issues) -> Option<GroupContent> {
    if variables.is_empty() {
        issues.add(at, "this variable group is empty: Azure DevOps keeps none without a variable").on_key();
        return None;
    }
    let mut content = Some(BTreeMap::new());
    for (name, value) in variables {
        let here = at.key(name);
        let key = match VariableName::parse(name).and_then(|n| usable(name).map(|()| n)) {
            Ok(key) => Some(key),
            Err(why) => {
                issues.add(&here, why).on_key();
                None
            }
        };
        match (key, issues.parse(&here, value, Text::parse), &mut content) {
            (Some(key), Some(value), Some(map)) => {
                map.insert(key, value);
            }
            _ => content = None,
        }
    }
    content.map(GroupContent::Plain)
}

fn key_vault(group: &VariableGroupSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<GroupContent> {
    let owner = match &group.key_vault {
        None => {
            issues
                .add(&at.key("secrets"), "whose Key Vault holds these secrets is missing")
                .on_key()
                .help("add `keyVault: platform`, or the name of an environment");
            None
        }
        Some(name) if name == "platform" => Some(VaultOwner::Platform),
        Some(name) => {
            let known: Vec<&str> = spec.environments.iter().flatten().filter_map(|e| e.name.as_deref()).collect();
            if known.contains(&name.as_str()) {
                EnvironmentName::parse(name).ok().map(VaultOwner::Environment)
            } else {
                let owners: Vec<&str> = std::iter::once("platform").chain(known).collect();
                let help = did_you_mean(name, owners.iter().copied())
                    .unwrap_or_else(|| format!("it is one of {}", listed(owners.iter().copied())));
                issues
                    .add(&at.key("keyVault"), format!("no environment is called `{name}`"))
                    .help(help)
                    .about(Path::root().key("environments"));
                None
            }
        }
    };
    let Some(names) = &group.secrets else {
        issues
            .add(&at.key("keyVault"), "which secrets of this Key Vault is missing")
            .on_key()
            .help("add `secrets: […]`");
        return None;
    };
    let mut secrets = Some(Vec::new());
    for (i, name) in names.iter().enumerate() {
        let here = at.key("secrets").index(i);
        if names[..i].iter().any(|n| n.eq_ignore_ascii_case(name)) {
            issues.add(&here, format!("`{name}` is here already"));
        }
        let parsed = issues.parse(&here, name, |text| {
            usable(text)?;
            SecretName::parse(text)
        });
        match (parsed, &mut secrets) {
            (Some(name), Some(secrets)) => secrets.push(name),
            _ => secrets = None,
        }
    }
    Some(GroupContent::KeyVault { vault: owner?, secrets: secrets? })
}

/// Prefixes that the agent keeps to itself (Microsoft Learn, "Define variables": names that start with endpoint, input,
/// secret, path or securefile are not available to tasks), and variables that every script depends on.
fn usable(name: &str) -> Result<(), String> {
    const PREFIXES: [&str; 5] = ["endpoint", "input", "secret", "path", "securefile"];
    const OWN: [&str; 6] = ["agent_", "build_", "system_", "release_", "environment_", "ld_"];
    let folded = name.to_ascii_lowercase();
    if let Some(prefix) = PREFIXES.iter().find(|p| folded.starts_with(**p)) {
        return Err(format!("Azure Pipelines hides variables whose names start with `{prefix}` from tasks"));
    }
    if let Some(prefix) = OWN.iter().find(|p| folded.starts_with(**p)) {
        return Err(format!("names that start with `{prefix}` belong to the agent"));
    }
    Ok(())
}

/// Two groups that one pipeline sees at the same time must not both define a name: the last would win silently.
/// The vaults of environments are seen stage by stage.
fn twice<'s>(
    group: &'s VariableGroupSpec,
    at: &Path,
    seen: &mut HashMap<(&'static str, String), &'s str>,
    issues: &mut Issues,
) {
    let owner = group.name.as_deref().unwrap_or("another group");
    let secrets = group.secrets.iter().flatten().filter(|_| group.key_vault.as_deref() == Some("platform"));
    let named: Vec<(Path, &str)> = secrets
        .enumerate()
        .map(|(i, name)| (at.key("secrets").index(i), name.as_str()))
        .chain(group.variables.iter().flatten().map(|(name, _)| (at.key("variables").key(name), name.as_str())))
        .collect();
    for (path, name) in named {
        for pipeline in group.pipelines.iter().flatten().map(|p| kind(*p).as_str()) {
            match seen.get(&(pipeline, name.to_lowercase())) {
                Some(other) if *other != owner => {
                    let message = format!("the pipeline `{pipeline}` gets `{name}` from group `{other}` too");
                    issues
                        .add(&path, message)
                        .on_key()
                        .help("rename one of the two, or take the pipeline from one group");
                    break;
                }
                _ => {
                    seen.insert((pipeline, name.to_lowercase()), owner);
                }
            }
        }
    }
}

fn kind(pipeline: PipelineSpec) -> PipelineKind {
    match pipeline {
        PipelineSpec::Build => PipelineKind::Build,
        PipelineSpec::Retrain => PipelineKind::Retrain,
        PipelineSpec::Release => PipelineKind::Release,
        PipelineSpec::Infrastructure => PipelineKind::Infrastructure,
        PipelineSpec::PullRequest => PipelineKind::PullRequest,
        PipelineSpec::Cleanup => PipelineKind::Cleanup,
        PipelineSpec::Drift => PipelineKind::Drift,
    }
}
