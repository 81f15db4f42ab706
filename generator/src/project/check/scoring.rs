//! `scoring:`

use super::issues::Issues;
use super::training::{lift, whole};
use crate::project::data::Data;
use crate::project::scoring::{Authentication, Node, Origin, Replicas, Scoring, ScoringLogging};
use crate::project::training::Sku;
use crate::spec::located::path::Path;
use crate::spec::{AuthenticationSpec, LoggingSpec, SpecFile, TransportSpec, did_you_mean};

use super::column::column_name;
use super::scoring_contract::contract;
use super::serving;

/// Size of nodes and instances where the spec says none. Azure ML's list for managed endpoints has no v5 of that size.
const CLUSTER_NODE: &str = "Standard_D2ds_v5";
const MANAGED_INSTANCE: &str = "Standard_D2as_v4";

/// How the model answers.
pub(super) fn check(spec: &SpecFile, data: Option<&Data>, issues: &mut Issues) -> Option<Scoring> {
    let scoring = &spec.scoring;
    let at = Path::root().key("scoring");
    let contract = contract(&scoring.contract, spec, data, &at.key("contract"), issues);
    let sku_at = at.keys(&["node", "sku"]);
    let given = scoring.node.sku.as_deref();
    let sku = issues.parse(&sku_at, given.unwrap_or(CLUSTER_NODE), Sku::parse);
    let managed = issues.parse(&sku_at, given.unwrap_or(MANAGED_INSTANCE), Sku::parse);
    if let Some(sku) = &sku
        && sku.has_gpu() != scoring.node.gpu
    {
        let gpu_at = at.keys(&["node", "gpu"]);
        if scoring.node.gpu {
            issues
                .add(&gpu_at, format!("`{}` has no GPU", sku.as_str()))
                .help("sizes with a GPU start with Standard_N, as in `sku: Standard_NC4as_T4_v3`")
                .about(sku_at);
        } else {
            issues
                .add(&sku_at, format!("`{}` has a GPU that nobody asks for", sku.as_str()))
                .help("say `gpu: true`, or choose a size without one")
                .about(gpu_at);
        }
    }
    let replicas = &scoring.replicas;
    if replicas.min > replicas.max {
        let message = format!("at least {} replicas are more than at most {}", replicas.min, replicas.max);
        issues.add(&at.keys(&["replicas", "min"]), message).about(at.keys(&["replicas", "max"]));
    }
    let logging = scoring.logging.as_ref().map(|l| logging(l, spec, data, &at.key("logging"), issues));
    let cors = cors(&scoring.cors, &at.key("cors"), issues);
    Some(Scoring {
        contract: contract?,
        native: serving::check(spec, data, &at.key("serving"), issues),
        cpu: scoring.cpu,
        memory_gib: scoring.memory_gib,
        node: Node { sku: sku?, managed: managed?, gpu: scoring.node.gpu },
        replicas: Replicas {
            min: whole(replicas.min),
            max: whole(replicas.max),
            target_cpu_percent: whole(replicas.target_cpu_percent),
        },
        tls: scoring.transport == TransportSpec::Tls,
        authentication: match scoring.authentication {
            AuthenticationSpec::Key => Authentication::Key,
            AuthenticationSpec::Entra => Authentication::Entra,
            AuthenticationSpec::None => Authentication::None,
        },
        cors: cors?,
        logging: lift(logging)?,
    })
}

/// Origins, each once, or any.
fn cors(origins: &[String], at: &Path, issues: &mut Issues) -> Option<Vec<Origin>> {
    for (i, origin) in origins.iter().enumerate() {
        if origins[..i].contains(origin) {
            issues.add(&at.index(i), format!("`{origin}` may call already"));
        }
    }
    if origins.len() > 1
        && let Some(i) = origins.iter().position(|origin| origin == "*")
    {
        issues
            .add(&at.index(i), "`*` is every origin, so no other needs to be named")
            .help("name them, or write `[\"*\"]`");
    }
    let parsed: Vec<Option<Origin>> =
        origins.iter().enumerate().map(|(i, origin)| issues.parse(&at.index(i), origin, Origin::parse)).collect();
    parsed.into_iter().collect()
}

fn logging(
    logging: &LoggingSpec,
    spec: &SpecFile,
    checked: Option<&Data>,
    at: &Path,
    issues: &mut Issues,
) -> Option<ScoringLogging> {
    let data = spec.data.as_ref();
    let target = data.and_then(|d| d.target.as_deref());
    let columns: Option<Vec<&str>> =
        data.and_then(|d| d.columns.as_ref()).map(|c| c.iter().filter_map(column_name).collect());
    let mut omit = Some(Vec::new());
    for (i, name) in logging.omit.iter().enumerate() {
        let here = at.key("omit").index(i);
        let before = issues.count();
        if Some(name.as_str()) == target {
            issues.add(&here, format!("`{name}` is the target, which no request holds"));
        } else if let Some(columns) = columns.as_ref().filter(|c| !c.contains(&name.as_str())) {
            let help = did_you_mean(name, columns.iter().copied().filter(|c| Some(*c) != target));
            issues
                .add(&here, format!("no column is called `{name}`"))
                .maybe_help(help)
                .about(Path::root().keys(&["data", "columns"]));
        } else if logging.omit[..i].contains(name) {
            issues.add(&here, format!("`{name}` is left out already"));
        }
        let alias = checked.and_then(|data| data.columns.iter().find(|column| column.name.as_str() == name));
        match (alias, &mut omit) {
            (Some(column), Some(omit)) if issues.count() == before => omit.push(column.alias.clone()),
            _ => omit = None,
        }
    }
    Some(ScoringLogging { sample: logging.sample, omit: omit? })
}
