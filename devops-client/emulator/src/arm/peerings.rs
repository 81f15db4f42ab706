//! What a peering knows of the network behind it: the ranges of the day on which it was made or synced last (Microsoft Learn,
//! "Virtual Network Peerings - Create Or Update": `syncRemoteAddressSpace`, `peeringSyncLevel`; "Resize virtual networks that are
//! peered"). Writing a peering again without that query teaches it nothing (Azure/bicep#18379).

use std::collections::BTreeMap;

use serde_json::{Value, json};

const KIND: &str = "microsoft.network/virtualnetworks/virtualnetworkpeerings";
/// What a peering knows.
const KNOWN: &str = "remoteAddressSpace";

fn is_peering(kind: &str) -> bool {
    kind.eq_ignore_ascii_case(KIND)
}

/// The ranges of a network as they are today; nothing if nobody here keeps it.
fn ranges(there: &BTreeMap<String, Value>, network: &str) -> Option<Value> {
    there.get(&network.to_lowercase())?.pointer("/properties/addressSpace").cloned()
}

fn remote(peering: &Value) -> Option<&str> {
    peering.pointer("/properties/remoteVirtualNetwork/id").and_then(Value::as_str)
}

/// A peering as it is kept: one that was there knows what it has known.
pub fn kept(there: &BTreeMap<String, Value>, id: &str, kind: &str, body: &mut Value) {
    if !is_peering(kind) {
        return;
    }
    let before = there.get(&id.to_lowercase()).and_then(|old| old["properties"].get(KNOWN).cloned());
    let known = before.or_else(|| ranges(there, remote(body)?));
    body["properties"][KNOWN] = known.unwrap_or_default();
}

/// Lets a peering know the ranges of today.
pub fn sync(there: &mut BTreeMap<String, Value>, id: &str) {
    let Some(today) = there.get(id).and_then(remote).and_then(|remote| ranges(there, remote)) else { return };
    if let Some(peering) = there.get_mut(id) {
        peering["properties"][KNOWN] = today;
    }
}

/// A resource as it is shown: of a peering, whether both sides know the ranges of today.
pub fn shown(there: &BTreeMap<String, Value>, found: &Value) -> Value {
    let mut shown = found.clone();
    if !found["type"].as_str().is_some_and(is_peering) {
        return shown;
    }
    let knows = |peering: &Value| {
        remote(peering)
            .and_then(|remote| ranges(there, remote))
            .is_none_or(|today| peering["properties"][KNOWN] == today)
    };
    let id = found["id"].as_str().unwrap_or_default().to_lowercase();
    let own = id.split("/virtualnetworkpeerings/").next().unwrap_or_default();
    let other = remote(found).unwrap_or_default().to_lowercase();
    let back = there.iter().find(|(id, peering)| {
        id.starts_with(&format!("{other}/virtualnetworkpeerings/"))
            && remote(peering).is_some_and(|remote| remote.eq_ignore_ascii_case(own))
    });
    // A side that is not there knows nothing.
    let (near, far) = (knows(found), back.is_some_and(|(_, peering)| knows(peering)));
    let level = match (near, far) {
        (true, true) => "FullyInSync",
        (true, false) => "RemoteNotInSync",
        (false, true) => "LocalNotInSync",
        (false, false) => "LocalAndRemoteNotInSync",
    };
    shown["properties"]["peeringSyncLevel"] = json!(level);
    shown["properties"]["peeringState"] = json!(if back.is_some() { "Connected" } else { "Initiated" });
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORKS: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.network/virtualnetworks";

    fn network(ranges: &[&str]) -> Value {
        json!({ "properties": { "addressSpace": { "addressPrefixes": ranges } } })
    }

    fn put(there: &mut BTreeMap<String, Value>, from: &str, to: &str) -> String {
        let id = format!("{NETWORKS}/{from}/virtualnetworkpeerings/to-{to}");
        let mut body = json!({ "id": id, "type": KIND, "properties": {
            "remoteVirtualNetwork": { "id": format!("{NETWORKS}/{to}") },
        } });
        kept(there, &id, KIND, &mut body);
        there.insert(id.clone(), body);
        id
    }

    #[test]
    fn a_peering_learns_new_ranges_when_it_is_synced_and_not_when_it_is_written_again() {
        let mut there =
            BTreeMap::from(["a", "b"].map(|name| (format!("{NETWORKS}/{name}"), network(&["10.0.0.0/24"]))));
        let level = |there: &BTreeMap<String, Value>, id: &str| {
            let shown = shown(there, &there[id]);
            shown["properties"]["peeringSyncLevel"].as_str().unwrap_or_default().to_owned()
        };
        let to_b = put(&mut there, "a", "b");
        assert_eq!(level(&there, &to_b), "RemoteNotInSync", "the other side is not there yet");
        let to_a = put(&mut there, "b", "a");
        assert_eq!((level(&there, &to_b).as_str(), level(&there, &to_a).as_str()), ("FullyInSync", "FullyInSync"));
        there.insert(format!("{NETWORKS}/a"), network(&["10.0.0.0/24", "10.0.1.0/24"]));
        put(&mut there, "b", "a");
        assert_eq!(
            (level(&there, &to_b).as_str(), level(&there, &to_a).as_str()),
            ("RemoteNotInSync", "LocalNotInSync")
        );
        sync(&mut there, &to_b);
        assert_eq!(level(&there, &to_a), "LocalNotInSync", "it is not this side that has to learn");
        sync(&mut there, &to_a);
        assert_eq!((level(&there, &to_b).as_str(), level(&there, &to_a).as_str()), ("FullyInSync", "FullyInSync"));
        // Nobody here keeps the network of the hub: its side is somebody else's.
        let hub = put(&mut there, "a", "hub");
        assert_eq!(level(&there, &hub), "RemoteNotInSync");
    }
}
