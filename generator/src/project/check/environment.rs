//! `environments:`

use super::azure::{Namer, id, location};
use super::derive::{Names, shorten};
use super::issues::Issues;
use super::monitoring::first_of_month;
use super::reserved;
use super::training::{lift, whole};
use crate::project::azure::{Place, Platform};
use crate::project::devops::BranchName;
use crate::project::environment::{
    Approvals, BusinessHours, Certificate, Checks, ClockTime, Cluster, Environment, Target, Weekday,
};
use crate::project::name::*;
use crate::project::rules::windows_zone;
use crate::project::text::Text;
use crate::spec::located::path::Path;
use crate::spec::{
    ApprovalsSpec, BusinessHoursSpec, ChecksSpec, EnvironmentSpec, NetworkKind, NetworkSpec, SpecFile, TargetSpec,
    TransportSpec, WeekdaySpec,
};

/// Minutes for which a canary is watched unless the spec says otherwise.
const BAKE_MINUTES: u32 = 10;

/// Every environment, in order of promotion.
pub(super) fn check(
    spec: &SpecFile,
    names: &Names,
    platform: Option<&Platform>,
    issues: &mut Issues,
) -> Option<Vec<Environment>> {
    let environments = spec.environments.as_ref()?;
    let at = Path::root().key("environments");
    let checked: Vec<Option<Environment>> = environments
        .iter()
        .enumerate()
        .map(|(i, environment)| one(environment, spec, names, platform, &at.index(i), issues))
        .collect();
    checked.into_iter().collect()
}

fn one(
    spec: &EnvironmentSpec,
    file: &SpecFile,
    names: &Names,
    platform: Option<&Platform>,
    at: &Path,
    issues: &mut Issues,
) -> Option<Environment> {
    let name = issues.parse_some(&at.key("name"), spec.name.as_deref(), |text| {
        let name = EnvironmentName::parse(text)?;
        reserved::file(text)?;
        reserved::azure(text).map(|()| name)
    });
    let part = name.as_ref().map(EnvironmentName::as_str);
    let owner = part.map_or_else(String::new, |part| format!("environment `{part}`"));
    if let Some(part) = part {
        issues.claims.take("environment", part, "", &at.key("name"), true);
    }
    let place = place(spec, file, names, platform, part, &owner, at, issues);
    let fallback = at.key("name");
    let local = |suffix: &str, max| part.map(|p| names.local(&format!("{p}{suffix}"), max));

    let mut devops = Namer { issues, at, fallback: fallback.clone(), owner: owner.clone() };
    let connection = devops.get("serviceConnection", &spec.service_connection, local("", 64), DevOpsName::parse);
    let devops_environment =
        devops.get("devopsEnvironment", &spec.devops_environment, local("", 64), DevOpsName::parse);
    let given = spec.devops_environment.is_some();
    devops.claim(
        "Azure DevOps environment",
        "devopsEnvironment",
        devops_environment.as_ref().map(DevOpsName::as_str),
        given,
    );

    let own = at.key("names");
    let given = &spec.names;
    let mut namer = Namer { issues, at: &own, fallback, owner };
    let vault = namer.get("keyVault", &given.key_vault, part.map(|p| names.global(p, 24)), KeyVaultName::parse);
    let storage = namer.get("storage", &given.storage, part.map(|p| names.compact(p, 24)), StorageAccountName::parse);
    namer.claim("key vault", "keyVault", vault.as_ref().map(KeyVaultName::as_str), given.key_vault.is_some());
    namer.claim(
        "storage account",
        "storage",
        storage.as_ref().map(StorageAccountName::as_str),
        given.storage.is_some(),
    );
    let logs = namer.get("logsContainer", &given.logs_container, "scoring-logs".to_owned(), ContainerName::parse);
    let insights = namer.get("appInsights", &given.app_insights, local("-insights", 63), ResourceName::parse);
    let analytics = namer.get("logAnalytics", &given.log_analytics, local("-logs", 63), ResourceName::parse);
    let identity = namer.get("identity", &given.identity, local("-scoring", 63), ResourceName::parse);
    let target = target(spec, names, part, &mut namer);
    let certificate = certificate(spec, file, names, part, target.as_ref(), place.as_ref(), at, issues);

    let approvals = spec.approvals.as_ref().map(|a| approvals(a, &at.key("approvals"), issues));
    let checks = checks(&spec.checks, &at.key("checks"), issues);
    let budget_start = budget_start(spec, file, at, issues);
    Some(Environment {
        name: name?,
        place: place?,
        service_connection: connection?,
        devops_environment: devops_environment?,
        target: target?,
        certificate: certificate?,
        bake_minutes: spec.canary_bake_minutes.map_or(BAKE_MINUTES, whole),
        approvals: lift(approvals)?,
        checks: checks?,
        budget_start: lift(budget_start)?,
        time_to_live_hours: spec.time_to_live_hours.map(whole),
        key_vault: vault?,
        storage: storage?,
        logs_container: logs?,
        app_insights: insights?,
        log_analytics: analytics?,
        identity: identity?,
    })
}

/// The start of the environment's own budget, where it says one.
fn budget_start(spec: &EnvironmentSpec, file: &SpecFile, at: &Path, issues: &mut Issues) -> Option<Option<Text>> {
    let start = spec.budget_start.as_deref()?;
    let at = at.key("budgetStart");
    if file.monitoring.budget.is_none() {
        issues
            .add(&at, "there is no budget that could start")
            .on_key()
            .help("say its amount (`monitoring.budget`), or take this away");
    }
    Some(issues.parse(&at, start, first_of_month))
}

#[allow(clippy::too_many_arguments)]
fn place(
    spec: &EnvironmentSpec,
    file: &SpecFile,
    names: &Names,
    platform: Option<&Platform>,
    part: Option<&str>,
    owner: &str,
    at: &Path,
    issues: &mut Issues,
) -> Option<Place> {
    let own = at.key("azure");
    let given = &spec.azure;
    let parent = platform.map(|p| &p.place);
    let tenant = match &given.tenant {
        Some(_) => id(given.tenant.as_ref(), "", &own.key("tenant"), issues),
        None => parent.map(|p| p.tenant.clone()),
    };
    let subscription = match &given.subscription {
        Some(_) => id(given.subscription.as_ref(), "", &own.key("subscription"), issues),
        None => parent.map(|p| p.subscription.clone()),
    };
    let place = match &given.location {
        Some(text) => location(text, &own.key("location"), issues),
        None => parent.map(|p| p.location.clone()),
    };
    if let (Some(tenant), Some(parent)) = (&tenant, parent)
        && *tenant != parent.tenant
    {
        issues
            .add(&own.key("tenant"), format!("the tenant of {owner} is not the platform's"))
            .about(Path::root().keys(&["azure", "tenant"]))
            .help("a managed identity cannot pull the scoring image from a registry of another tenant");
    }
    let mut namer = Namer { issues, at: &own, fallback: at.key("name"), owner: owner.to_owned() };
    let derived = part.map(|p| names.local(p, 90));
    let group = namer.get("resourceGroup", &given.resource_group, derived, ResourceGroupName::parse);
    // A group of the same name in another subscription is another group.
    let platforms = file.azure.as_ref();
    let same_subscription = match (&subscription, parent) {
        (Some(own), Some(parent)) => *own == parent.subscription,
        _ => given.subscription.is_none() && platforms.is_some(),
    };
    let claimed = group.as_ref().filter(|_| same_subscription).map(ResourceGroupName::as_str);
    namer.claim("resource group", "resourceGroup", claimed, given.resource_group.is_some());
    Some(Place { tenant: tenant?, subscription: subscription?, resource_group: group?, location: place? })
}

fn target(spec: &EnvironmentSpec, names: &Names, part: Option<&str>, namer: &mut Namer<'_, '_>) -> Option<Target> {
    let given = &spec.names;
    let global = |max| part.map(|p| names.global(p, max));
    match spec.target? {
        TargetSpec::ContainerInstances => {
            let group = namer.get("containerGroup", &given.container_group, global(63), ContainerGroupName::parse);
            let name = group.as_ref().map(ContainerGroupName::as_str);
            namer.claim("container group", "containerGroup", name, given.container_group.is_some());
            Some(Target::ContainerInstances { group: group? })
        }
        TargetSpec::Kubernetes => cluster(spec, names, part, namer).map(Target::Kubernetes),
        TargetSpec::ManagedEndpoint => {
            let canary_percent = spec.canary_percent.map(whole);
            endpoint(spec, names, part, namer).map(|endpoint| Target::ManagedEndpoint { endpoint, canary_percent })
        }
        TargetSpec::KubernetesEndpoint => {
            let cluster = cluster(spec, names, part, namer);
            let endpoint = endpoint(spec, names, part, namer);
            let derived = part.map(|p| format!("{}-aks", shorten(p, 12)));
            let compute = namer.get("compute", &given.compute, derived, ComputeName::parse);
            let name = compute.as_ref().map(ComputeName::as_str);
            namer.claim("compute cluster", "compute", name, given.compute.is_some());
            Some(Target::KubernetesEndpoint { endpoint: endpoint?, compute: compute?, cluster: cluster? })
        }
    }
}

/// Name of the certificate that a vault signs itself.
const OWN_CERTIFICATE: &str = "scoring-tls";

/// What the server proves itself with: nothing, where nobody needs it to.
#[allow(clippy::too_many_arguments)]
fn certificate(
    spec: &EnvironmentSpec,
    file: &SpecFile,
    names: &Names,
    part: Option<&str>,
    target: Option<&Target>,
    place: Option<&Place>,
    at: &Path,
    issues: &mut Issues,
) -> Option<Option<Certificate>> {
    let clear = file.scoring.transport == TransportSpec::ClearText;
    let managed = spec.target == Some(TargetSpec::ManagedEndpoint);
    if let (Some(_), true) = (&spec.tls, clear || managed) {
        let (why, help) = if managed {
            ("a managed endpoint of Azure ML has a name of its own", "take `tls` away, or choose another target")
        } else {
            ("nothing is encrypted here, so no certificate is shown", "take `tls` away, or `scoring.transport`")
        };
        issues.add(&at.key("tls"), why).on_key().help(help).about(Path::root().keys(&["scoring", "transport"]));
    }
    if clear || managed {
        return Some(None);
    }
    if let Some(own) = &spec.tls {
        let at = at.key("tls");
        let host = issues.parse_some(&at.key("hostName"), own.host_name.as_deref(), host);
        let name = issues.parse_some(&at.key("certificate"), own.certificate.as_deref(), SecretName::parse);
        let label = label(names, part, target);
        return Some(Some(Certificate { name: name?, host: host?, self_signed: false, label }));
    }
    let location = &place?.location;
    let private = !matches!(file.network, NetworkSpec::Kind(NetworkKind::Public));
    let host = match target? {
        Target::ContainerInstances { group } if private => format!("{group}.internal"),
        Target::ContainerInstances { group } => format!("{group}.{location}.azurecontainer.io"),
        Target::Kubernetes(cluster) if private => format!("{}-scoring.{}.svc", names.project, cluster.namespace),
        Target::KubernetesEndpoint { endpoint, .. } if private => format!("{endpoint}.internal"),
        Target::Kubernetes(_) | Target::KubernetesEndpoint { .. } => {
            format!("{}.{location}.cloudapp.azure.com", label(names, part, target)?)
        }
        Target::ManagedEndpoint { .. } => return Some(None),
    };
    let (name, host) = (SecretName::parse(OWN_CERTIFICATE).ok()?, HostName::parse(&host).ok()?);
    Some(Some(Certificate { name, host, self_signed: true, label: label(names, part, target) }))
}

/// Label of a cluster's public address.
fn label(names: &Names, part: Option<&str>, target: Option<&Target>) -> Option<ContainerGroupName> {
    let Some(Target::Kubernetes(_) | Target::KubernetesEndpoint { .. }) = target else { return None };
    ContainerGroupName::parse(&names.global(part?, 63)).ok()
}

/// A name of DNS: two labels or more, each of at most 63 characters.
fn host(text: &str) -> Result<HostName, String> {
    let label = |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    let name = HostName::parse(text)?;
    if text.contains('.') && text.split('.').all(label) {
        Ok(name)
    } else {
        Err("a host name has two labels or more, of letters, digits and hyphens, as in `score.example.com`".to_owned())
    }
}

fn endpoint(
    spec: &EnvironmentSpec,
    names: &Names,
    part: Option<&str>,
    namer: &mut Namer<'_, '_>,
) -> Option<EndpointName> {
    let given = &spec.names.endpoint;
    let endpoint = namer.get("endpoint", given, part.map(|p| names.global(p, 32)), EndpointName::parse);
    namer.claim("endpoint", "endpoint", endpoint.as_ref().map(EndpointName::as_str), given.is_some());
    endpoint
}

fn cluster(spec: &EnvironmentSpec, names: &Names, part: Option<&str>, namer: &mut Namer<'_, '_>) -> Option<Cluster> {
    let given = &spec.names;
    let name = namer.get("cluster", &given.cluster, part.map(|p| names.local(p, 63)), ClusterName::parse);
    let namespace = namer.get("namespace", &given.namespace, names.project.clone(), |text| {
        reserved::namespace(text)?;
        NamespaceName::parse(text)
    });
    let nodes = spec.cluster.unwrap_or_default();
    Some(Cluster {
        name: name?,
        namespace: namespace?,
        min_nodes: whole(nodes.min_nodes),
        max_nodes: whole(nodes.max_nodes),
        canary_percent: spec.canary_percent.map(whole),
    })
}

fn approvals(approvals: &ApprovalsSpec, at: &Path, issues: &mut Issues) -> Option<Approvals> {
    let names = approvals.approvers.as_ref()?;
    let list = at.key("approvers");
    let mut approvers = Some(Vec::new());
    for (i, name) in names.iter().enumerate() {
        if names[..i].iter().any(|n| n.eq_ignore_ascii_case(name)) {
            issues.add(&list.index(i), format!("`{name}` is an approver already"));
            approvers = None;
        }
        match (issues.parse(&list.index(i), name, filled), &mut approvers) {
            (Some(name), Some(approvers)) => approvers.push(name),
            _ => approvers = None,
        }
    }
    if approvals.required > names.len() as i64 {
        let message = format!("{} approvals are required, and there are {} approvers", approvals.required, names.len());
        issues.add(&at.key("required"), message).about(list);
        approvers = None;
    }
    let instructions = approvals.instructions.as_ref().map(|t| issues.parse(&at.key("instructions"), t, Text::parse));
    Some(Approvals {
        approvers: approvers?,
        required: whole(approvals.required),
        instructions: lift(instructions)?,
        requester_may_approve: approvals.requester_may_approve,
        timeout_minutes: whole(approvals.timeout_minutes),
    })
}

/// Free text that says something.
fn filled(text: &str) -> Result<Text, String> {
    if text.trim().is_empty() { Err("this is empty".to_owned()) } else { Text::parse(text) }
}

fn checks(checks: &ChecksSpec, at: &Path, issues: &mut Issues) -> Option<Checks> {
    let hours = checks.business_hours.as_ref().map(|h| business_hours(h, &at.key("businessHours"), issues));
    let list = at.key("branches");
    let branches: Vec<Option<BranchName>> =
        checks.branches.iter().enumerate().map(|(i, b)| issues.parse(&list.index(i), b, BranchName::parse)).collect();
    Some(Checks {
        exclusive_lock: checks.exclusive_lock,
        business_hours: lift(hours)?,
        branches: branches.into_iter().collect::<Option<_>>()?,
    })
}

fn business_hours(hours: &BusinessHoursSpec, at: &Path, issues: &mut Issues) -> Option<BusinessHours> {
    let before = issues.count();
    for (i, day) in hours.days.iter().enumerate() {
        if hours.days[..i].contains(day) {
            issues.add(&at.key("days").index(i), "this day is here already");
        }
    }
    let start = issues.parse(&at.key("start"), &hours.start, ClockTime::parse);
    let end = issues.parse(&at.key("end"), &hours.end, ClockTime::parse);
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        issues.add(&at.key("end"), format!("the end {end} is not after the start, {start}")).about(at.key("start"));
    }
    let time_zone = windows_zone(&hours.time_zone).and_then(|zone| Text::parse(zone).ok());
    let mut days: Vec<Weekday> = hours.days.iter().map(|d| weekday(*d)).collect();
    days.sort();
    (issues.count() == before).then_some(())?;
    Some(BusinessHours { days, start: start?, end: end?, time_zone: time_zone? })
}

fn weekday(day: WeekdaySpec) -> Weekday {
    match day {
        WeekdaySpec::Monday => Weekday::Monday,
        WeekdaySpec::Tuesday => Weekday::Tuesday,
        WeekdaySpec::Wednesday => Weekday::Wednesday,
        WeekdaySpec::Thursday => Weekday::Thursday,
        WeekdaySpec::Friday => Weekday::Friday,
        WeekdaySpec::Saturday => Weekday::Saturday,
        WeekdaySpec::Sunday => Weekday::Sunday,
    }
}
