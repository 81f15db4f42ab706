//! What Azure says of the sizes of virtual machines that a place needs.

use futures::future::join;
use serde_json::Value;

use super::Patient;
use super::said::said;
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::Azure;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::remote::desired::azure::Target;
use crate::remote::doctor::Finding;
use crate::remote::doctor::machines::{Need, Service, Size, Usage, check, foreseen, needs};

/// Versions of the API, by provider.
const MACHINE_LEARNING: &str = used("Microsoft.MachineLearningServices/workspaces");
const SKUS: &str = used("Microsoft.Compute/skus");
const COMPUTE: &str = used("Microsoft.Compute/locations");

/// Azure ML, and Azure's own machines, as providers.
const ML: &str = "Microsoft.MachineLearningServices";
const VM: &str = "Microsoft.Compute";

/// What a provider says of a region: a list of sizes, and what is used of the quota.
struct Region {
    sizes: Vec<Value>,
    usages: Vec<Usage>,
}

/// Findings about all machines of a place. Nothing is asked where a place needs none.
pub(super) async fn of(patient: &Patient<'_>, azure: &Azure, target: &Target<'_>) -> Vec<Finding> {
    let needs = needs(patient.project, target.environment.map(|environment| environment.name.as_str()));
    let mut found: Vec<Finding> = needs.iter().flat_map(foreseen).collect();
    let (nodes, others): (Vec<_>, Vec<_>) = needs.iter().partition(|need| need.service == Service::Kubernetes);
    let (nodes, others) = join(judged(azure, target, VM, &nodes), judged(azure, target, ML, &others)).await;
    found.extend(others.into_iter().chain(nodes));
    found
}

async fn judged(azure: &Azure, target: &Target<'_>, provider: &str, needs: &[&Need<'_>]) -> Vec<Finding> {
    if needs.is_empty() {
        return Vec::new();
    }
    let location = target.place.location.as_str();
    let what = if provider == ML { "Azure ML" } else { "virtual machines" };
    match region(azure, &target.subscription, provider, location).await {
        Err(error) => {
            let (why, next) = said(&error);
            vec![Finding::note("quota", format!("the quota of {what} in {location} cannot be read: {why}"), next)]
        }
        Ok(None) => {
            let says = format!("Azure lists no sizes of {what} in {location}");
            vec![Finding::note("quota", says, "check that the service has the region")]
        }
        Ok(Some(region)) => needs
            .iter()
            .map(|need| {
                let named = |size: &&Value| {
                    size["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(need.sku.as_str()))
                };
                let size =
                    region.sizes.iter().find(named).map(|size| if provider == ML { of_ml(size) } else { of_vm(size) });
                check(need, location, size.as_ref(), &region.usages)
            })
            .collect(),
    }
}

async fn region(azure: &Azure, subscription: &str, provider: &str, location: &str) -> Result<Option<Region>, ArmError> {
    let provider_path = || ArmPath::subscription(subscription).collection(provider);
    let at = || provider_path().to("locations", location);
    let version = if provider == ML { MACHINE_LEARNING } else { COMPUTE };
    let sizes = async {
        if provider == ML {
            let answer = azure.arm.get(&at().then("vmSizes"), MACHINE_LEARNING).await?;
            let list = |answer: Value| answer["value"].as_array().or_else(|| answer["amlCompute"].as_array()).cloned();
            return Ok(answer.map(|answer| list(answer).unwrap_or_default()));
        }
        let filter = format!("location eq '{location}'");
        let all = azure.arm.list(&provider_path().then("skus"), SKUS, &[("$filter", &filter)]).await?;
        Ok(Some(all.into_iter().filter(|sku| sku["resourceType"] == "virtualMachines").collect()))
    };
    let usages = at().then("usages");
    let (sizes, usages) = join(sizes, azure.arm.list(&usages, version, &[])).await;
    let (Some(sizes), usages) = (sizes?, usages?) else { return Ok(None) };
    let usage = |usage: &Value| Usage {
        name: usage["name"]["value"].as_str().unwrap_or_default().to_owned(),
        used: usage["currentValue"].as_i64().unwrap_or(0),
        limit: usage["limit"].as_i64().unwrap_or(-1),
    };
    Ok(Some(Region { sizes, usages: usages.iter().map(usage).collect() }))
}

/// A size as Azure ML lists it.
fn of_ml(size: &Value) -> Size {
    Size {
        family: size["family"].as_str().unwrap_or_default().to_owned(),
        cpus: size["vCPUs"].as_u64().unwrap_or(1),
        low_priority: size["lowPriorityCapable"].as_bool().unwrap_or(true),
        restricted: None,
    }
}

/// A size as Azure lists it for a region: processors are a capability, and a restriction of the location is the whole
/// region's.
fn of_vm(size: &Value) -> Size {
    let list = |name: &str| size[name].as_array().into_iter().flatten();
    let cpus =
        list("capabilities").find(|one| one["name"] == "vCPUs").and_then(|one| one["value"].as_str()?.parse().ok());
    let restriction = list("restrictions").find(|one| one["type"] == "Location");
    Size {
        family: size["family"].as_str().unwrap_or_default().to_owned(),
        cpus: cpus.unwrap_or(1),
        low_priority: true,
        restricted: restriction.map(|one| one["reasonCode"].as_str().unwrap_or("it is restricted").to_owned()),
    }
}
