//! `scoring:`

use super::issues::Issues;
use super::training::{lift, whole};
use crate::project::data::{Column, ColumnType, Data};
use crate::project::name::ColumnName;
use crate::project::scoring::{Authentication, Contract, Node, Replicas, Route, Scoring, ScoringLogging};
use crate::project::training::Sku;
use crate::spec::located::path::Path;
use crate::spec::{AuthenticationSpec, ContractSpec, LoggingSpec, SpecFile, did_you_mean};

use super::data::column_name;

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
    let logging = scoring.logging.as_ref().map(|l| logging(l, spec, &at.key("logging"), issues));
    Some(Scoring {
        contract: contract?,
        cpu: scoring.cpu,
        memory_gib: scoring.memory_gib,
        node: Node { sku: sku?, managed: managed?, gpu: scoring.node.gpu },
        replicas: Replicas {
            min: whole(replicas.min),
            max: whole(replicas.max),
            target_cpu_percent: whole(replicas.target_cpu_percent),
        },
        authentication: match scoring.authentication {
            AuthenticationSpec::Key => Authentication::Key,
            AuthenticationSpec::Entra => Authentication::Entra,
            AuthenticationSpec::None => Authentication::None,
        },
        logging: lift(logging)?,
    })
}

fn contract(
    contract: &ContractSpec,
    spec: &SpecFile,
    data: Option<&Data>,
    at: &Path,
    issues: &mut Issues,
) -> Option<Contract> {
    let route = issues.parse(&at.key("route"), &contract.route, Route::parse);
    let columns = spec.data.as_ref().and_then(|d| d.columns.as_ref());
    let before = issues.count();
    if let (Some(rows), Some(columns)) = (&contract.request, columns) {
        let features = columns.len().saturating_sub(1);
        for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.len() != features) {
            let message =
                format!("a row of the request has a value for each of {features} features, this has {}", row.len());
            issues.add(&at.key("request").index(i), message).about(Path::root().keys(&["data", "columns"]));
        }
    }
    if let (Some(rows), Some(data)) = (&contract.request, data) {
        for (i, row) in rows.iter().enumerate() {
            for (j, (value, column)) in row.iter().zip(data.features()).enumerate() {
                if let Err(why) = fits(*value, column) {
                    let columns = Path::root().keys(&["data", "columns"]);
                    issues.add(&at.key("request").index(i).index(j), why).about(columns);
                }
            }
        }
    }
    let rows = contract.request.as_ref().map_or(1, Vec::len);
    if let Some(response) = &contract.response
        && response.len() != rows
    {
        let message =
            format!("the response has a number for each of {rows} rows of the request, this has {}", response.len());
        issues.add(&at.key("response"), message).about(at.key("request"));
    }
    let request = match &contract.request {
        Some(rows) => rows.clone(),
        None => vec![data?.features().map(example).collect()],
    };
    (issues.count() == before).then_some(())?;
    Some(Contract {
        route: route?,
        request,
        response: contract.response.clone(),
        latency_ms: whole(contract.latency_ms),
        smoke_requests: whole(contract.smoke_requests),
    })
}

/// Whether the column's rules allow the value: the data test would refuse such a row, and the server such a number.
fn fits(value: f64, column: &Column) -> Result<(), String> {
    let name = &column.name;
    if column.kind == ColumnType::Integer && value.fract() != 0.0 {
        return Err(format!("{value} is no whole number, and the column `{name}` holds integers"));
    }
    if let Some(min) = column.min.filter(|min| value < *min) {
        return Err(format!("{value} is less than the column `{name}` holds, {min}"));
    }
    if let Some(max) = column.max.filter(|max| value > *max) {
        return Err(format!("{value} is more than the column `{name}` holds, {max}"));
    }
    if !column.allowed.is_empty() && !column.allowed.contains(&value) {
        return Err(format!("{value} is not among the values that the column `{name}` allows"));
    }
    Ok(())
}

/// A value that the column's rules allow.
fn example(column: &Column) -> f64 {
    let value = match (column.allowed.first(), column.expected, column.min, column.max) {
        (Some(allowed), ..) => return *allowed,
        (_, Some(expected), ..) => expected.mean,
        (_, _, Some(min), Some(max)) => min + (max - min) / 2.0,
        (_, _, min, max) => 0.0_f64.max(min.unwrap_or(0.0)).min(max.unwrap_or(f64::MAX)),
    };
    let whole = matches!(column.kind, ColumnType::Integer);
    let value = if whole { value.round() } else { value };
    // Rounding may lead out of a narrow range; its edge is always right.
    match (column.min, column.max) {
        (Some(min), _) if value < min => min,
        (_, Some(max)) if value > max => max,
        _ => value,
    }
}

fn logging(logging: &LoggingSpec, spec: &SpecFile, at: &Path, issues: &mut Issues) -> Option<ScoringLogging> {
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
        match (ColumnName::parse(name), &mut omit) {
            (Ok(name), Some(omit)) if issues.count() == before => omit.push(name),
            _ => omit = None,
        }
    }
    Some(ScoringLogging { sample: logging.sample, omit: omit? })
}
