//! The canary's arithmetic and names (KubernetesManifestV1, `podCanaryDeploymentHelper` and `canaryDeploymentHelper`).

use serde_json::{Value, json};

/// The label and annotation that tell the three apart.
const VERSION: &str = "azure-pipelines/version";

/// Whether an object runs pods that a canary can stand beside.
pub(super) fn is_workload(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Deployment"))
}

/// The pods of the canary of a workload: `Math.round(replicas * percentage / 100)`. Nothing guards it, and one replica at
/// 20 % makes none. A manifest without a number counts as one.
pub fn share(object: &Value, percent: f64) -> u64 {
    let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1) as f64;
    (replicas * percent / 100.0 + 0.5).floor() as u64
}

/// What is applied for an object: of a workload its canary, and a baseline of what is live; anything else as it is.
pub(super) fn deployed(object: Value, stable: Option<Value>, percent: f64) -> Vec<Value> {
    if !is_workload(&object) {
        return vec![object];
    }
    let count = share(&object, percent);
    let mut all = vec![variant(&object, "canary", count)];
    all.extend(stable.map(|stable| variant(&stable, "baseline", count)));
    all
}

fn variant(object: &Value, kind: &str, count: u64) -> Value {
    let mut made = object.clone();
    if let Some(map) = made.as_object_mut() {
        map.shift_remove("status");
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    made["metadata"]["name"] = json!(format!("{name}-{kind}"));
    made["spec"]["replicas"] = json!(count);
    for place in ["/metadata", "/spec/template/metadata"] {
        if let Some(metadata) = made.pointer_mut(place) {
            metadata["labels"][VERSION] = json!(kind);
            metadata["annotations"][VERSION] = json!(kind);
        }
    }
    made["spec"]["selector"]["matchLabels"][VERSION] = json!(kind);
    made
}

/// Puts the images in the place of those of the same name, whatever their tag or digest.
pub(super) fn put_images(object: &mut Value, images: &[String]) {
    let containers = object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        let name = container["image"].as_str().map(named).unwrap_or_default().to_owned();
        if let Some(image) = images.iter().find(|image| !name.is_empty() && named(image) == name) {
            container["image"] = json!(image);
        }
    }
}

/// An image without its tag and digest.
fn named(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(replicas: u64) -> Value {
        json!({
            "kind": "Deployment", "metadata": { "name": "score" },
            "spec": { "replicas": replicas, "selector": { "matchLabels": { "app": "score" } },
                "template": { "metadata": { "labels": { "app": "score" } },
                    "spec": { "containers": [{ "image": "r.azurecr.io/score:unreleased" }] } } },
        })
    }

    #[test]
    fn a_share_is_rounded_and_may_be_nothing() {
        for (replicas, percent, expected) in
            [(1, 20.0, 0), (3, 20.0, 1), (10, 25.0, 3), (2, 25.0, 1), (5, 100.0, 5), (4, 0.0, 0)]
        {
            assert_eq!(share(&workload(replicas), percent), expected, "{replicas} at {percent} %");
        }
    }

    #[test]
    fn canary_and_baseline_stand_beside_what_is_live() {
        let all = deployed(workload(3), Some(workload(3)), 34.0);
        let names: Vec<&str> = all.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
        assert_eq!(names, ["score-canary", "score-baseline"]);
        assert_eq!(all[0]["spec"]["replicas"], 1);
        assert_eq!(all[0]["spec"]["selector"]["matchLabels"], json!({ "app": "score", VERSION: "canary" }));
        assert_eq!(all[1]["spec"]["template"]["metadata"]["labels"][VERSION], "baseline");
        assert_eq!(deployed(workload(3), None, 34.0).len(), 1);
    }

    #[test]
    fn images_take_the_place_of_those_of_their_name() {
        let mut object = workload(1);
        put_images(&mut object, &["other:1".to_owned(), "r.azurecr.io/score@sha256:abc".to_owned()]);
        assert_eq!(object["spec"]["template"]["spec"]["containers"][0]["image"], "r.azurecr.io/score@sha256:abc");
        assert_eq!(named("localhost:5000/a/b"), "localhost:5000/a/b");
    }
}
