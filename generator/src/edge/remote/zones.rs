//! Links that are left in private DNS zones which networks of the project do not resolve any more, looked for while a plan is
//! made: Azure would refuse the new links half-way.

use futures::future::try_join_all;
use serde_json::Value;

use super::diagnostic::Diagnostic;
use super::site::Site;
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::arm::Arm;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::remote::observed::State;
use crate::remote::plan::RemotePlan;
use crate::remote::private_networks::{Moved, moved};

const ZONE: &str = "Microsoft.Network/privateDnsZones";
const ZONES: &str = used(ZONE);
const LINKS: &str = used("Microsoft.Network/privateDnsZones/virtualNetworkLinks");

/// What stands in the way of other zones. Whoever may not see the zones of until now hears it of Azure's own refusal.
pub async fn linked(at: &Site, plan: &RemotePlan, state: &State) -> Option<Diagnostic> {
    let (side, moved) = (at.azure()?, moved(plan, state)?);
    let links = left(&side.azure.arm, &moved).await.unwrap_or_default();
    (!links.is_empty()).then(|| Diagnostic::Immutable(moved.in_the_way(&links)))
}

/// Links of the zones of until now to networks of the project: `ZONE/LINK`.
async fn left(arm: &Arm, moved: &Moved) -> Result<Vec<String>, ArmError> {
    let group = ArmPath::of(&moved.from);
    let zones = arm.list(&group.clone().collection(ZONE), ZONES, &[]).await?;
    let names = zones.iter().filter_map(|zone| zone["name"].as_str()).filter(|name| name.starts_with("privatelink"));
    let of_zone = async |zone: &str| {
        let path = group.clone().resource(ZONE, zone).then("virtualNetworkLinks");
        let links = arm.list(&path, LINKS, &[]).await?;
        let network =
            |link: &Value| link.pointer("/properties/virtualNetwork/id").and_then(Value::as_str).map(str::to_owned);
        let ours = links.iter().filter(|link| network(link).is_some_and(|id| moved.resolves(&id)));
        Ok::<Vec<String>, ArmError>(
            ours.map(|link| format!("{zone}/{}", link["name"].as_str().unwrap_or_default())).collect(),
        )
    };
    Ok(try_join_all(names.map(of_zone)).await?.concat())
}
