//! A canary has pods of its own, and the autoscaler keeps its number.

use std::collections::BTreeSet;

use mlops_gen::tree::RenderedTree;
use pipeline_runner::canary_pods as pods_of_the_double;
use serde_json::json;
use system_tests::{render, render_text, specs};

use crate::behaviour::stand::Stand;

/// `patch --local` on a manifest whose fields stand one a line, and the cluster's answer in `$LIVE`.
const KUBECTL: &str = r#"
case "$1 $2" in
  "patch --local")
    file=$4
    case ${!#} in
      jsonpath=*replicas*) grep -oP '^  replicas: \K.*' "$file" | tr -d '\n' || true ;;
      jsonpath=*minReplicas*) grep -oP '^  minReplicas: \K.*' "$file" | tr -d '\n' ;;
      jsonpath=*) exit 1 ;;
      *)
        count=$(grep -oP '"replicas": \K[0-9]+' <<<"$*")
        sed "/^  replicas:/d; s/^spec:/spec:\n  replicas: $count/" "$file"
        ;;
    esac
    ;;
  "get deployment") [[ $* == *model-version* ]] || printf '%s' "$LIVE" ;;
  *) cat >/dev/null </dev/null ;;
esac
"#;

/// Clusters of a tree: the folder of their manifests, and the share of their canary where there is one.
fn clusters(tree: &RenderedTree) -> Vec<(String, u32)> {
    let release = tree.get("pipelines/release.yml").and_then(|file| file.text()).unwrap_or_default();
    let stages = release.split("  - template: templates/stages/").filter(|s| s.starts_with("deploy-kubernetes.yml"));
    let value = |stage: &str, key: &str| {
        let line = stage.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}: ")));
        line.map(str::to_owned)
    };
    let percent = |stage: &str| value(stage, "canaryPercent").and_then(|text| text.parse().ok()).unwrap_or(0);
    stages.map(|stage| (value(stage, "manifests").unwrap(), percent(stage))).collect()
}

fn field(manifest: &str, key: &str) -> Option<u32> {
    manifest.lines().find_map(|line| line.strip_prefix(&format!("  {key}: "))?.parse().ok())
}

/// The pods that the task makes of a manifest: `Math.round` takes a half up, and of no number it makes none.
fn canary_pods(manifest: &str, percent: u32) -> u32 {
    let replicas = field(manifest, "replicas").unwrap_or(0);
    (f64::from(replicas * percent) / 100.0 + 0.5).floor() as u32
}

#[test]
fn every_canary_has_pods_whatever_the_autoscaler_made_of_the_stable_version() {
    let (mut canaries, mut scripts) = (0, BTreeSet::new());
    for (name, spec) in specs() {
        let tree = render(&spec);
        let own: Vec<(String, u32)> = clusters(&tree).into_iter().filter(|(_, percent)| *percent > 0).collect();
        if own.is_empty() {
            continue;
        }
        let stand = Stand::new(&tree);
        stand.program("az", "echo '-----BEGIN CERTIFICATE-----'");
        stand.program("kubelogin", "");
        for (folder, percent) in own {
            let autoscaler = stand.read(&format!("{folder}/autoscaler.yml"));
            let stable = stand.read(&format!("{folder}/deployment.yml"));
            let least = field(&autoscaler, "minReplicas").or(field(&stable, "replicas")).unwrap();
            // More than the least, and nothing there yet; once for each text of the script, with an autoscaler and without, the
            // least, fewer than the spec wants now, and an answer that is no number.
            let (least_of_all, more) = (least.to_string(), (least * 3).to_string());
            let mut lives = vec![more.as_str(), ""];
            if scripts.insert((stand.read("pipelines/scripts/prepare-namespace.sh"), autoscaler.is_empty())) {
                lives.extend([least_of_all.as_str(), "1", "0", "<none>"]);
            }
            for live in lives {
                stand.program("kubectl", &format!("LIVE='{live}'\n{KUBECTL}"));
                let to = stand.path().join("canary").display().to_string();
                let ended = stand.run(
                    "prepare-namespace.sh",
                    &[
                        ("RESOURCE_GROUP", "g"),
                        ("CLUSTER", "c"),
                        ("NAMESPACE", "n"),
                        ("MANIFESTS", &folder),
                        ("WORKLOAD", "w"),
                        ("IDENTITY", "i"),
                        ("APP_INSIGHTS", "a"),
                        ("SCORING_KEY", "k"),
                        ("KEY_VAULT", "v"),
                        ("CERTIFICATE", "t"),
                        ("MODEL_VERSION", "7"),
                        ("ALLOW_OLDER", "False"),
                        ("TENANT_ID", "t"),
                        ("AZURE_TENANT_ID", "t"),
                        ("CANARY_MANIFESTS", &to),
                    ],
                );
                assert_eq!(ended.code, 0, "{name}: {}", ended.said);
                let manifest = stand.read("canary/deployment.yml");
                let replicas = field(&manifest, "replicas").unwrap_or_else(|| panic!("{name}: no number of replicas"));
                let wanted = if autoscaler.is_empty() { least } else { live.parse().unwrap_or(0).max(least) };
                assert_eq!(replicas, wanted, "{name}: {folder}, live {live:?}");
                let pods = canary_pods(&manifest, percent);
                assert!((1..replicas).contains(&pods), "{name}: {pods} of {replicas} pods");
                // What is promoted is the manifest itself.
                assert_eq!(stand.read(&format!("{folder}/deployment.yml")), stable);
                assert_eq!(stand.read("canary/service.yml"), stand.read(&format!("{folder}/service.yml")));
            }
            canaries += 1;
        }
    }
    assert!(canaries >= 7, "only {canaries} canaries were seen");
}

/// A project with a cluster of `replicas` pods at the least, up to `most`, and a canary of `percent`.
fn spec(replicas: u32, most: u32, percent: u32) -> String {
    format!(
        "version: 1\nproject: {{name: shares}}\nazure: {{location: westeurope}}\ndevops: {{organization: contoso, project: ml}}\n\
         data: {{path: data/a.csv, target: y, columns: [x, y]}}\nmodel: {{runtime: python}}\n\
         scoring: {{replicas: {{min: {replicas}, max: {most}}}}}\nenvironments:\n  - {{name: qa, target: container-instances}}\n  \
         - {{name: production, target: kubernetes, canaryPercent: {percent}}}\n"
    )
}

#[test]
fn by_the_reading_of_the_double_every_share_that_is_taken_has_pods_on_both_sides_and_every_other_is_refused() {
    let (mut taken, mut refused) = (0, 0);
    for (replicas, most) in (1..=10).flat_map(|replicas| [(replicas, replicas), (replicas, replicas + 5)]) {
        let accepted = |percent: u32| mlops_gen::load("mlops.yaml", &spec(replicas, most, percent)).is_ok();
        // What is rendered does not hang on the share, so it is rendered once.
        let rendered = (1..=99).find(|percent| accepted(*percent)).map(|percent| {
            let tree = render_text("shares", &spec(replicas, most, percent));
            let text = |name: &str| {
                let file = tree.get(&format!("kubernetes/production/{name}.yml"));
                file.and_then(|file| file.text()).unwrap_or_default().to_owned()
            };
            let (manifest, autoscaler) = (text("deployment"), text("autoscaler"));
            let least = field(&autoscaler, "minReplicas").or(field(&manifest, "replicas")).unwrap();
            assert_eq!((least, autoscaler.is_empty()), (replicas, most == replicas));
            least
        });
        // A single pod is on one side only, whatever the share.
        assert_eq!(rendered.is_none(), replicas == 1, "{replicas}");
        let manifest = json!({ "kind": "Deployment", "spec": { "replicas": rendered.unwrap_or(replicas) } });
        for percent in 1..=99 {
            let pods = pods_of_the_double(&manifest, f64::from(percent));
            let asked = f64::from(replicas * percent) / 100.0;
            let good = (1..u64::from(replicas)).contains(&pods) && (pods as f64 - asked).abs() <= 0.5;
            assert_eq!(accepted(percent), good, "{percent} % of {replicas} (up to {most}): {pods} pods");
            taken += u32::from(good);
            refused += u32::from(!good);
        }
    }
    assert_eq!((taken, refused), (1412, 568));
}

#[test]
fn a_number_of_replicas_stands_where_no_autoscaler_owns_it_and_only_there() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        let text = |path: String| tree.get(&path).and_then(|file| file.text().map(str::to_owned)).unwrap_or_default();
        for (folder, _) in clusters(&tree) {
            let autoscaled = !text(format!("{folder}/autoscaler.yml")).is_empty();
            let number = field(&text(format!("{folder}/deployment.yml")), "replicas");
            assert_eq!(number.is_some(), !autoscaled, "{name}: {folder}");
        }
    }
}

#[test]
fn only_the_canary_is_deployed_from_its_own_manifests() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        let path = "pipelines/templates/stages/deploy-kubernetes.yml";
        let Some(stage) = tree.get(path).and_then(|file| file.text()) else { continue };
        let steps: Vec<&str> = stage.split("- task: KubernetesManifest@1").skip(1).collect();
        assert_eq!(steps.len(), 4, "{name}");
        for step in steps {
            let deploys_canary = step.contains("action: deploy") && step.contains("strategy: canary");
            assert_eq!(step.contains("manifests: $(Agent.TempDirectory)/canary/*.yml"), deploys_canary, "{name}");
        }
    }
}

#[test]
fn a_cluster_with_gpus_gets_the_plugin_that_hands_them_out_and_no_other_does() {
    let mut seen = 0;
    for (name, spec) in specs() {
        let tree = render(&spec);
        let text = |path: &str| tree.get(path).and_then(|file| file.text()).unwrap_or_default().to_owned();
        for (folder, _) in clusters(&tree) {
            let deployment = text(&format!("{folder}/deployment.yml"));
            let gpu = deployment.contains("nvidia.com/gpu");
            let plugin = text("pipelines/scripts/install-device-plugin.sh");
            let calls = text("pipelines/scripts/prepare-namespace.sh").contains("install-device-plugin.sh");
            assert_eq!((gpu, gpu), (calls, !plugin.is_empty()), "{name}: {folder}");
            if gpu {
                // What keeps other pods off these nodes does not keep the plugin off.
                let taint =
                    "- key: sku\n          operator: Equal\n          value: gpu\n          effect: NoSchedule\n";
                assert!(deployment.contains(taint) && plugin.contains(taint), "{name}: {folder}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 1, "no cluster with GPUs was seen");
}
