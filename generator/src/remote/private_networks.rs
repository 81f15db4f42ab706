//! What a change of private networks leaves to somebody, because no deployment does it.
//!
//! - Ranges of a network that is peered: its peers reach new ones when each peering with it has been synced, which is a query
//!   of the request and nothing that a template can say (Azure/bicep#18379; Microsoft Learn, "Resize virtual networks that are
//!   peered"). `sync-peerings.sh` does it for the project's own peerings.
//! - Other private DNS zones: a network is linked to one zone of a name (MicrosoftDocs/azure-docs#122956), and an incremental
//!   deployment takes no link away (Microsoft Learn, "Azure Resource Manager deployment modes").

use std::collections::BTreeMap;

use serde_json::Value;

use super::immutable::Change;
use super::observed::State;
use super::plan::RemotePlan;
use super::resource::{Key, Kind};

/// How parameters that describe a network end.
const NETWORK: &str = "Network";
/// Parameters with the ids of networks that others keep.
const KNOWN: [&str; 2] = ["agentsNetworkId", "hubNetworkId"];

/// Of each deployment that changes ranges of a network which stays, what else is to be done, as lines.
pub fn ranges(plan: &RemotePlan, state: &State) -> BTreeMap<Key, Vec<String>> {
    let mut told: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for change in changes(plan, state) {
        for parameter in change.differing().filter(|name| name.ends_with(NETWORK)) {
            let part = |part| change.values(parameter, Some(part));
            let ((old, new), name) = (part("ranges"), part("name"));
            if old.is_none() || new.is_none() || old == new || name.0 != name.1 {
                continue;
            }
            let others = KNOWN.iter().any(|known| change.values(known, None).1.is_some());
            let others = if others {
                "; who keeps the network of hub or agents runs `az network vnet peering sync` there"
            } else {
                ""
            };
            let line = format!(
                "? ranges of {}: its peers reach new ones once `infrastructure` has run, which syncs the project's own peerings{others}",
                shown(name.0)
            );
            told.entry(change.step.key.clone()).or_default().push(line);
        }
    }
    told
}

/// Private DNS zones that are to be others from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The deployment that brings it.
    pub key: Key,
    /// Id of the resource group of the zones until now.
    pub from: String,
    /// Id of the one from now on.
    pub to: String,
    /// Ids of the networks that resolve them, in lower case, from the resource group on.
    pub networks: Vec<String>,
}

/// Whether other zones are resolved from now on, by networks that stay.
pub fn moved(plan: &RemotePlan, state: &State) -> Option<Moved> {
    changes(plan, state).find_map(|change| {
        let name = change.values("platformNetwork", Some("name"));
        if name.0.is_none() || name.0 != name.1 {
            return None;
        }
        let own = change.before.get("scope")?.as_str()?;
        let (group, subscription) =
            (change.values("zonesResourceGroup", None), change.values("zonesSubscriptionId", None));
        let id = |group: Option<&Value>, subscription: Option<&Value>| match group.and_then(Value::as_str) {
            None => own.to_owned(),
            Some(group) => {
                let subscription = subscription.and_then(Value::as_str).or_else(|| own.split('/').nth(2));
                format!("/subscriptions/{}/resourceGroups/{group}", subscription.unwrap_or_default())
            }
        };
        let (from, to) = (id(group.0, subscription.0), id(group.1, subscription.1));
        (!from.eq_ignore_ascii_case(&to)).then(|| Moved {
            key: change.step.key.clone(),
            from,
            to,
            networks: networks(&change),
        })
    })
}

/// The networks that a deployment has had until now.
fn networks(change: &Change<'_>) -> Vec<String> {
    let own = change.given().filter(|(name, _)| name.ends_with(NETWORK)).filter_map(|(_, value)| {
        let text = |part: &str| value.get(part).and_then(Value::as_str);
        let (group, name) = (text("group")?, text("name")?);
        Some(format!("/resourcegroups/{group}/providers/microsoft.network/virtualnetworks/{name}"))
    });
    let known = KNOWN.iter().filter_map(|known| change.values(known, None).0?.as_str().map(str::to_owned));
    own.chain(known).map(|id| after_subscription(&id)).collect()
}

/// The id in lower case, without its subscription.
fn after_subscription(id: &str) -> String {
    let id = id.to_lowercase();
    id.find("/resourcegroups/").map_or_else(|| id.clone(), |at| id[at..].to_owned())
}

impl Moved {
    /// Whether a link is to one of the networks; `network` is the id that it bears.
    pub fn resolves(&self, network: &str) -> bool {
        self.networks.contains(&after_subscription(network))
    }

    /// What stands in the way, where `links` are left in the zones of until now: `ZONE/LINK`.
    pub fn in_the_way(&self, links: &[String]) -> String {
        let Self { key, from, to, .. } = self;
        let group = from.rsplit('/').next().unwrap_or_default();
        format!(
            "{key}: private DNS zones are those of {to} from now on, and {} links of {from} are left: {}; a network is linked \
             to one zone of a name, and a deployment takes no link away (MicrosoftDocs/azure-docs#122956): in a maintenance \
             window, delete each (`az network private-dns link vnet delete --resource-group {group} --zone-name ZONE --name \
             LINK --yes`), then the zones that nobody else needs, and apply; or set `network.private.hub.zones` back",
            links.len(),
            links.join(", ")
        )
    }
}

fn shown(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// What changes of deployments that are there.
fn changes<'a>(plan: &'a RemotePlan, state: &'a State) -> impl Iterator<Item = Change<'a>> {
    let deployments = plan.due().filter(|step| step.key.kind == Kind::Deployment);
    deployments.filter_map(|step| Some(Change::new(step, state.get(&step.key)?)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::slice::from_ref;

    use serde_json::json;

    use super::*;
    use crate::remote::kinds::deployment::field;
    use crate::remote::observed::{Observed, Owner};
    use crate::remote::resource::Resource;

    const OWN: &str = "/subscriptions/s/resourceGroups/work";

    fn deployment(parameters: &[(&str, Value)]) -> Resource {
        let empty = Resource::new(Kind::Deployment, "platform").field("scope", OWN).fixed(&["scope"]);
        parameters.iter().fold(empty, |resource, (name, value)| resource.field(field(name), value.clone()))
    }

    fn network(name: &str, ranges: &[&str]) -> (&'static str, Value) {
        ("platformNetwork", json!({ "name": name, "group": "work", "subscription": "s", "ranges": ranges }))
    }

    /// The plan from one deployment to another, and what is there.
    fn plan(before: &Resource, after: &Resource) -> (RemotePlan, State) {
        let seen = Observed::new("1", Owner::Ours, before.fields.clone());
        let state = State::from_iter([(before.key.clone(), seen)]);
        (RemotePlan::new(from_ref(after), &state, &BTreeSet::new()).unwrap(), state)
    }

    #[test]
    fn who_keeps_a_peer_hears_of_new_ranges() {
        let told = |before: &[(&str, Value)], after: &[(&str, Value)]| {
            let (plan, state) = plan(&deployment(before), &deployment(after));
            ranges(&plan, &state).into_values().flatten().collect::<Vec<_>>()
        };
        let (small, large) = (network("net", &["10.0.0.0/24"]), network("net", &["10.0.0.0/24", "10.0.1.0/24"]));
        let [own] = told(from_ref(&small), from_ref(&large)).try_into().unwrap();
        assert!(own.contains("ranges of net") && own.contains("`infrastructure`") && !own.contains("hub"), "{own}");
        let hub = ("hubNetworkId", json!("/subscriptions/s/resourceGroups/hub/providers/x/virtualNetworks/hub"));
        let [others] = told(&[small.clone(), hub.clone()], &[large.clone(), hub]).try_into().unwrap();
        assert!(others.contains("runs `az network vnet peering sync`"), "{others}");
        assert!(told(from_ref(&small), from_ref(&small)).is_empty());
        // Another network is made anew, and has no peers yet.
        assert!(told(from_ref(&small), &[network("other", &["10.1.0.0/24"])]).is_empty());
        assert!(told(&[], &[large]).is_empty());
    }

    #[test]
    fn zones_that_are_others_from_now_on_are_found_with_the_networks_that_resolve_them() {
        let hub = [("zonesResourceGroup", json!("dns")), ("zonesSubscriptionId", json!("h"))];
        let net = network("Net", &["10.0.0.0/24"]);
        let own = deployment(from_ref(&net));
        let agents = (
            "agentsNetworkId",
            json!("/subscriptions/a/resourceGroups/A/providers/Microsoft.Network/virtualNetworks/vm"),
        );
        let theirs = deployment(&[net.clone(), hub[0].clone(), hub[1].clone(), agents]);
        let told = |before: &Resource, after: &Resource| {
            let (plan, state) = plan(before, after);
            moved(&plan, &state)
        };
        let there = told(&own, &theirs).unwrap();
        assert_eq!((there.from.as_str(), there.to.as_str()), (OWN, "/subscriptions/h/resourceGroups/dns"));
        assert!(there.resolves("/subscriptions/S/resourceGroups/WORK/providers/Microsoft.Network/virtualNetworks/net"));
        assert!(
            !there.resolves("/subscriptions/s/resourceGroups/other/providers/Microsoft.Network/virtualNetworks/net")
        );
        let back = told(&theirs, &own).unwrap();
        assert_eq!((back.from.as_str(), back.to.as_str()), ("/subscriptions/h/resourceGroups/dns", OWN));
        assert!(back.resolves("/subscriptions/a/resourceGroups/a/providers/Microsoft.Network/virtualNetworks/VM"));
        let text = back.in_the_way(&["z/l".to_owned()]);
        for part in
            ["deployment/platform", "1 links", "z/l", "--resource-group dns", "`network.private.hub.zones` back"]
        {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(told(&own, &own), None);
        assert_eq!(told(&theirs, &theirs), None);
        // Other networks resolve what they like.
        assert_eq!(told(&own, &deployment(&[network("new", &[]), hub[0].clone()])), None);
    }
}
