//! What the API server demands of numbers, in its words (Kubernetes API reference: Deployment, HorizontalPodAutoscaler,
//! PodDisruptionBudget; `pkg/apis/*/validation`). A Deployment of no pods is a good one: a rollout of nothing succeeds.

use serde_json::Value;

/// Why an object is not taken.
pub(super) fn refused(object: &Value) -> Option<String> {
    let (kind, spec) = (object["kind"].as_str()?, &object["spec"]);
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let wrong = match kind {
        "Deployment" => deployment(spec),
        "HorizontalPodAutoscaler" => autoscaler(spec),
        "PodDisruptionBudget" => budget(spec),
        _ => None,
    };
    wrong.map(|wrong| format!("The {kind} \"{name}\" is invalid: {wrong}"))
}

fn deployment(spec: &Value) -> Option<String> {
    if let Some(count) = spec["replicas"].as_i64().filter(|count| *count < 0) {
        return Some(format!("spec.replicas: Invalid value: {count}: must be greater than or equal to 0"));
    }
    let labels = spec["template"]["metadata"]["labels"].as_object();
    let wanted = spec["selector"]["matchLabels"].as_object().cloned().unwrap_or_default();
    if wanted.is_empty() {
        return Some("spec.selector: Required value".to_owned());
    }
    let meets = |(key, value): (&String, &Value)| labels.is_some_and(|labels| labels.get(key) == Some(value));
    (!wanted.iter().all(meets))
        .then(|| "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`".to_owned())
}

fn autoscaler(spec: &Value) -> Option<String> {
    let least = spec["minReplicas"].as_i64().unwrap_or(1);
    let Some(most) = spec["maxReplicas"].as_i64() else { return Some("spec.maxReplicas: Required value".to_owned()) };
    if least < 1 {
        return Some(format!("spec.minReplicas: Invalid value: {least}: must be greater than or equal to 1"));
    }
    if most < 1 {
        return Some(format!("spec.maxReplicas: Invalid value: {most}: must be greater than 0"));
    }
    (most < least)
        .then(|| format!("spec.maxReplicas: Invalid value: {most}: must be greater than or equal to `minReplicas`"))
}

fn budget(spec: &Value) -> Option<String> {
    let both = !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null();
    both.then(|| "spec: Invalid value: minAvailable and maxUnavailable cannot be both set".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_what_the_api_server_takes() {
        let says =
            |kind: &str, spec: Value| refused(&json!({ "kind": kind, "metadata": { "name": "w" }, "spec": spec }));
        let workload = |replicas: i64, label: &str| {
            json!({ "replicas": replicas, "selector": { "matchLabels": { "app": "w" } },
                "template": { "metadata": { "labels": { "app": label, "more": "x" } } } })
        };
        assert_eq!((says("Deployment", workload(0, "w")), says("Deployment", workload(3, "w"))), (None, None));
        let scaler = |least: Value, most: Value| json!({ "minReplicas": least, "maxReplicas": most });
        assert_eq!(says("HorizontalPodAutoscaler", scaler(json!(2), json!(2))), None);
        assert_eq!(says("HorizontalPodAutoscaler", json!({ "maxReplicas": 1 })), None);
        assert_eq!(says("PodDisruptionBudget", json!({ "minAvailable": 1 })), None);
        let bad = [
            ("Deployment", workload(-1, "w"), "spec.replicas: Invalid value: -1"),
            ("Deployment", workload(1, "v"), "does not match template"),
            ("Deployment", json!({ "replicas": 1 }), "spec.selector: Required value"),
            ("HorizontalPodAutoscaler", scaler(json!(0), json!(3)), "spec.minReplicas: Invalid value: 0"),
            ("HorizontalPodAutoscaler", scaler(json!(4), json!(3)), "spec.maxReplicas: Invalid value: 3"),
            ("HorizontalPodAutoscaler", json!({ "minReplicas": 1 }), "spec.maxReplicas: Required value"),
            ("PodDisruptionBudget", json!({ "minAvailable": 1, "maxUnavailable": 1 }), "cannot be both set"),
        ];
        for (kind, spec, part) in bad {
            let said = says(kind, spec).unwrap_or_else(|| panic!("{kind}: {part}"));
            assert!(said.starts_with(&format!("The {kind} \"w\" is invalid: ")) && said.contains(part), "{said}");
        }
    }
}
