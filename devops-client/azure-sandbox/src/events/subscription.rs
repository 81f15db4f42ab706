//! Event subscriptions as they are deployed.

use jiff::SignedDuration;
use serde_json::Value;

use super::filter::Filter;
use crate::services::Services;

/// An event subscription of a system topic.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub id: String,
    pub name: String,
    pub topic: String,
    /// Id of the resource whose events these are, in small letters.
    pub source: String,
    pub filter: Filter,
    /// Where events are delivered to.
    pub endpoint: String,
    pub attempts: u32,
    pub lives: SignedDuration,
    pub dead: Option<DeadLetters>,
}

/// Where events go that cannot be delivered.
#[derive(Clone, Debug)]
pub(super) struct DeadLetters {
    /// Name of the storage account.
    pub account: String,
    pub container: String,
    /// Id of the identity that writes; none is the topic's own.
    pub identity: Option<String>,
}

/// Every event subscription of system topics that is deployed.
///
/// # Errors
/// What of one is not known, by name, or that Azure Resource Manager does not answer.
pub(super) fn deployed(services: &Services) -> Result<Vec<Subscription>, String> {
    let mut all = Vec::new();
    for subscription in &services.subscriptions {
        let path = format!("/subscriptions/{subscription}/providers/Microsoft.EventGrid/systemTopics");
        for topic in services.list(&path)? {
            let id = topic["id"].as_str().unwrap_or_default();
            for own in services.list(&format!("{id}/eventSubscriptions"))? {
                let name = own["id"].as_str().unwrap_or_default();
                all.push(read(&topic, &own).map_err(|why| format!("event subscription {name}: {why}"))?);
            }
        }
    }
    Ok(all)
}

fn read(topic: &Value, own: &Value) -> Result<Subscription, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let properties = &own["properties"];
    let known = [
        "eventDeliverySchema",
        "destination",
        "filter",
        "retryPolicy",
        "deadLetterDestination",
        "deadLetterWithResourceIdentity",
        "provisioningState",
        "topic",
    ];
    let odd = properties.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str()));
    if let Some((key, _)) = odd {
        return Err(format!("`{key}` is not known"));
    }
    if properties["eventDeliverySchema"].as_str().is_some_and(|schema| schema != "EventGridSchema") {
        return Err(format!("the schema {} of deliveries is not known", properties["eventDeliverySchema"]));
    }
    let destination = &properties["destination"];
    if destination["endpointType"] != "WebHook" {
        return Err(format!("a destination of type {} is not known", destination["endpointType"]));
    }
    if destination["properties"]["maxEventsPerBatch"].as_i64().unwrap_or(1) != 1 {
        return Err("deliveries of several events at once are not known".to_owned());
    }
    let number = |key: &str, default: u32| {
        properties["retryPolicy"][key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
    };
    let with_identity = &properties["deadLetterWithResourceIdentity"];
    let letters = match with_identity.is_object() {
        true => &with_identity["deadLetterDestination"],
        false => &properties["deadLetterDestination"],
    };
    let dead = match letters["endpointType"].as_str() {
        None => None,
        Some("StorageBlob") => Some(DeadLetters {
            account: text(&letters["properties"]["resourceId"]).rsplit('/').next().unwrap_or_default().to_owned(),
            container: text(&letters["properties"]["blobContainerName"]),
            identity: with_identity["identity"]["userAssignedIdentity"].as_str().map(str::to_owned),
        }),
        Some(other) => return Err(format!("dead letters to a {other} are not known")),
    };
    Ok(Subscription {
        id: text(&own["id"]),
        name: text(&own["name"]),
        topic: text(&topic["name"]),
        source: text(&topic["properties"]["source"]).to_lowercase(),
        filter: Filter::read(&properties["filter"])?,
        endpoint: text(&destination["properties"]["endpointUrl"]),
        attempts: number("maxDeliveryAttempts", 30),
        lives: SignedDuration::from_mins(i64::from(number("eventTimeToLiveInMinutes", 1_440))),
        dead,
    })
}
