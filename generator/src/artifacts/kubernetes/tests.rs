use super::super::sample::{full, load, project, tree};
use crate::project::Project;

fn small(more: &str) -> Project {
    load(&format!(
        "version: 1\nproject: {{name: prices}}\nazure: {{location: westeurope}}\nmodel: {{runtime: rust}}\n\
         devops: {{organization: contoso, project: ml, agent: {{pool: own}}}}\n\
         data: {{path: data/prices.csv, target: y, columns: [x, y]}}\n\
         environments: [{{name: live, target: kubernetes}}]\n{more}\n"
    ))
}

fn manifest(project: &Project, name: &str) -> String {
    let path = format!("kubernetes/live/{name}.yml");
    tree(project).get(&path).and_then(|file| file.text()).unwrap_or_default().to_owned()
}

#[test]
fn a_fixed_number_of_replicas_has_no_autoscaler() {
    let fixed = tree(&small("scoring: {replicas: {min: 2, max: 2}}"));
    assert!(fixed.get("kubernetes/live/autoscaler.yml").is_none());
    assert!(tree(&small("scoring: {replicas: {min: 2, max: 3}}")).get("kubernetes/live/autoscaler.yml").is_some());
}

#[test]
fn a_private_network_gets_a_private_address() {
    let annotation = "azure-load-balancer-internal: \"true\"";
    assert!(manifest(&small("network: private"), "service").contains(annotation));
    let public = manifest(&small(""), "service");
    assert!(!public.contains("internal") && public.contains("azure-dns-label-name: "), "{public}");
    assert!(!manifest(&small("scoring: {transport: clear-text}"), "service").contains("annotations"));
}

#[test]
fn only_callers_with_keys_need_a_key() {
    let keys = manifest(&small(""), "deployment");
    assert!(keys.contains("name: SCORE_KEY_FILE") && keys.contains("mountPath: /etc/scoring"));
    let tokens = manifest(&small("scoring: {authentication: entra}"), "deployment");
    assert!(tokens.contains("name: SCORE_ENTRA_AUDIENCE") && !tokens.contains("/etc/scoring"));
    let open = manifest(&small("scoring: {authentication: none}"), "deployment");
    assert!(!open.contains("SCORE_KEY_FILE") && !open.contains("SCORE_ENTRA"));
}

#[test]
fn no_secret_and_no_unknown_id_is_in_a_manifest() {
    // The tenant of this project is in a variable, so nothing here can know it.
    let project = small("scoring: {authentication: entra}");
    assert!(manifest(&project, "deployment").contains("key: entra-issuer"));
    assert!(!manifest(&project, "service-account").contains("tenant-id"));
    assert!(!manifest(&project, "deployment").contains("$AZURE"));
}

#[test]
fn a_gpu_is_asked_for_where_the_spec_asks_for_it() {
    let path = "kubernetes/production/deployment.yml";
    let with = tree(&full()).get(path).and_then(|file| file.text()).unwrap_or_default().to_owned();
    let without = tree(&project()).get(path).and_then(|file| file.text()).unwrap_or_default().to_owned();
    assert_eq!(with.matches("nvidia.com/gpu").count(), 2);
    assert_eq!(without.matches("nvidia.com/gpu").count(), 0);
}

#[test]
fn environments_with_other_targets_have_no_manifests() {
    let tree = tree(&project());
    let paths: Vec<&str> =
        tree.iter().map(|(path, _)| path.as_str()).filter(|p| p.starts_with("kubernetes/")).collect();
    assert!(!paths.is_empty() && paths.iter().all(|path| path.starts_with("kubernetes/production/")), "{paths:?}");
}
