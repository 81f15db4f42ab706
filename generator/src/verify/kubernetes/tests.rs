use super::verify;
use crate::artifacts::sample::{broken, full, project, tree};

/// Asserts that the manifest `file` of production with `old` replaced is refused with `message`.
fn refused(file: &str, old: &str, new: &str, message: &str) {
    let path = format!("kubernetes/production/{file}.yml");
    let project = project();
    let tree = broken(&tree(&project), &path, old, new);
    let found: Vec<String> = verify(&tree, &project).into_iter().map(|finding| finding.message).collect();
    assert!(found.iter().any(|found| found.contains(message)), "{found:?} does not say {message:?}");
}

#[test]
fn what_is_rendered_passes() {
    for project in [project(), full()] {
        assert_eq!(verify(&tree(&project), &project), []);
    }
}

#[test]
fn an_api_that_is_gone_is_refused() {
    refused("autoscaler", "autoscaling/v2", "autoscaling/v2beta2", "is not among the kinds");
}

#[test]
fn an_object_of_another_namespace_is_refused() {
    refused("service", "  namespace: ", "  namespace: x-", "metadata.namespace is not the environment's");
}

#[test]
fn a_selector_that_no_pod_carries_is_refused() {
    let (old, new) =
        ("    app.kubernetes.io/name: diabetes-scoring\n  ports", "    app.kubernetes.io/name: other\n  ports");
    refused("service", old, new, "no pod carries the labels of spec.selector");
    let (old, new) = ("      app.kubernetes.io/name: diabetes-scoring\n", "      app.kubernetes.io/name: other\n");
    refused("disruption-budget", old, new, "no pod carries");
    refused("network-policy", old, new, "no pod carries");
}

#[test]
fn a_service_port_that_the_pods_lack_is_refused() {
    refused("service", "targetPort: http", "targetPort: web", "targetPort is no port of the pods");
}

#[test]
fn a_service_account_that_is_missing_is_refused() {
    let (old, new) = ("serviceAccountName: diabetes", "serviceAccountName: other");
    refused("deployment", old, new, "there is no service account");
}

#[test]
fn an_autoscaler_without_its_deployment_is_refused() {
    refused("autoscaler", "kind: Deployment\n    name: ", "kind: Deployment\n    name: x-", "there is no deployment");
}

#[test]
fn a_number_of_replicas_beside_an_autoscaler_is_refused() {
    refused(
        "deployment",
        "  revisionHistoryLimit: 5",
        "  replicas: 3\n  revisionHistoryLimit: 5",
        "leaves `replicas` out",
    );
}

#[test]
fn an_autoscaler_without_room_is_refused() {
    refused("autoscaler", "minReplicas: 1", "minReplicas: 0", "minReplicas is at least 1");
}

#[test]
fn a_probe_at_an_unknown_port_is_refused() {
    refused(
        "deployment",
        "path: /livez\n              port: http",
        "path: /livez\n              port: admin",
        "livenessProbe",
    );
}

#[test]
fn a_policy_for_an_unknown_port_is_refused() {
    refused("network-policy", "port: http", "port: 9090", "a port that the pods do not have");
}

#[test]
fn a_mount_without_its_volume_is_refused() {
    refused(
        "deployment",
        "      volumes:\n        - name: tmp",
        "      volumes:\n        - name: temp",
        "no volume `tmp`",
    );
}

#[test]
fn every_loosened_confinement_is_refused() {
    let cases = [
        ("runAsNonRoot: true\n        runAsUser", "runAsNonRoot: false\n        runAsUser", "runAsNonRoot"),
        ("runAsUser: 65532", "runAsUser: 0", "runAsUser"),
        ("type: RuntimeDefault", "type: Unconfined", "seccompProfile"),
        ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"),
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "readOnlyRootFilesystem"),
        ("- ALL", "- NET_RAW", "capabilities"),
        ("automountServiceAccountToken: false", "automountServiceAccountToken: true", "automountServiceAccountToken"),
    ];
    for (old, new, message) in cases {
        refused("deployment", old, new, message);
    }
}

#[test]
fn a_container_without_limits_is_refused() {
    refused("deployment", "            limits:", "            limit:", "resources.limits.cpu is missing");
}
