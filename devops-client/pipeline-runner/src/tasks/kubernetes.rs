//! `KubernetesManifest@1` (azure-pipelines-tasks, KubernetesManifestV1): deploy, and the canary by pods with its arithmetic.
//! `az` and `kubectl` are those of the steps' `PATH`.

mod canary;

pub use canary::share as canary_pods;

use std::fs;
use std::path::PathBuf;

use azure_pipelines::yaml;
use serde_json::Value;

use crate::files::{find, make, wrong};
use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::process::{Call, End};

pub(super) const INPUTS: &[&str] = &[
    "action",
    "strategy",
    "trafficSplitMethod",
    "percentage",
    "connectionType",
    "azureSubscriptionConnection",
    "azureResourceGroup",
    "kubernetesCluster",
    "namespace",
    "manifests",
    "containers",
];

pub(super) fn run(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let strategy = now.input("strategy").unwrap_or("none").to_owned();
    if strategy == "canary" && now.input("trafficSplitMethod").unwrap_or("pod") != "pod" {
        return Err("input `trafficSplitMethod`: pods alone split traffic here".to_owned());
    }
    if now.input("connectionType").unwrap_or("kubernetesServiceConnection") != "azureResourceManager" {
        return Err("input `connectionType`: azureResourceManager alone is known here".to_owned());
    }
    let cluster = Cluster::sign_in(now)?;
    let objects = manifests(now)?;
    match (now.input("action").unwrap_or("deploy"), strategy.as_str()) {
        ("deploy", "none" | "") => cluster.deploy(now, objects)?,
        ("deploy", "canary") => {
            let percent = now.input("percentage").unwrap_or("0");
            let percent: f64 = percent.parse().map_err(|_| format!("`percentage` is a number, not `{percent}`"))?;
            if !(0.0..=100.0).contains(&percent) {
                return Err("A valid percentage value is between 0 and 100".to_owned());
            }
            let mut wanted = Vec::new();
            for object in objects {
                let stable = if canary::is_workload(&object) { cluster.get(now, &object)? } else { None };
                wanted.extend(canary::deployed(object, stable, percent));
            }
            cluster.deploy(now, wanted)?;
        }
        ("promote", "canary") => {
            let workloads: Vec<Value> = objects.iter().filter(|object| canary::is_workload(object)).cloned().collect();
            cluster.deploy(now, objects)?;
            cluster.remove(now, &workloads)?;
        }
        ("reject", "canary") => {
            let workloads: Vec<Value> = objects.into_iter().filter(canary::is_workload).collect();
            cluster.remove(now, &workloads)?;
        }
        (action, strategy) => return Err(format!("action `{action}` with strategy `{strategy}` is not known here")),
    }
    Ok(Outcome::Succeeded)
}

/// The objects of the manifests, with the images of `containers` in the place of those of the same name.
fn manifests(now: &Now<'_, '_>) -> Result<Vec<Value>, String> {
    let patterns = now.input("manifests").ok_or("input `manifests` is empty")?;
    let files = find(patterns, &now.paths().sources());
    if files.is_empty() {
        return Err(format!("No manifest file matches {patterns}"));
    }
    let images: Vec<String> =
        now.input("containers").unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect();
    let mut objects = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(wrong("read", &file))?;
        for document in documents(&text) {
            let node = yaml::parse(&file.display().to_string(), &document).map_err(|problem| problem.to_string())?;
            let mut object = node.to_json();
            canary::put_images(&mut object, &images);
            objects.push(object);
        }
    }
    Ok(objects)
}

/// The documents of a manifest that say anything.
fn documents(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let parts = lines.split(|line| line.trim_end() == "---");
    let says = |part: &&[&str]| part.iter().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    parts.filter(says).map(|part| part.join("\n") + "\n").collect()
}

/// A cluster that the task is signed in to.
struct Cluster {
    kubeconfig: PathBuf,
    namespace: String,
    environment: Vec<(String, String)>,
}

impl Cluster {
    fn sign_in(now: &mut Now<'_, '_>) -> Result<Self, String> {
        let need = |name: &str| now.input(name).map(str::to_owned).ok_or_else(|| format!("input `{name}` is empty"));
        let (connection, group, cluster) =
            (need("azureSubscriptionConnection")?, need("azureResourceGroup")?, need("kubernetesCluster")?);
        let namespace = now.input("namespace").unwrap_or("default").to_owned();
        let environment = now.host().connection(&connection)?.environment;
        let temp = now.paths().temp.clone();
        make(&temp)?;
        let kubeconfig = temp.join(format!("kubeconfig-{}", now.index));
        let own = Self { kubeconfig, namespace, environment };
        let file = own.kubeconfig.display().to_string();
        own.call(
            now,
            "az",
            &["aks", "get-credentials", "--resource-group", &group, "--name", &cluster, "--file", &file],
            true,
        )?;
        Ok(own)
    }

    fn call(&self, now: &mut Now<'_, '_>, program: &str, words: &[&str], shown: bool) -> Result<(i32, String), String> {
        let path = now.on_path(program).ok_or_else(|| format!("this machine has no {program} on its PATH"))?;
        let mut environment = now.environment();
        environment.retain(|(name, _)| name != "KUBECONFIG");
        environment.push(("KUBECONFIG".to_owned(), self.kubeconfig.display().to_string()));
        environment.extend(self.environment.iter().cloned());
        let call = Call {
            program: path,
            arguments: words.iter().map(|word| (*word).to_owned()).collect(),
            folder: now.paths().sources(),
            environment,
        };
        now.output(&format!("##[command]{program} {}", words.join(" ")));
        let (mut said, mut errors) = (String::new(), String::new());
        let end = now.process(&call, &mut |now, (line, error)| {
            let whole = if error { &mut errors } else { &mut said };
            whole.push_str(&line);
            whole.push('\n');
            if shown || error {
                now.output(&line);
            }
        })?;
        match end {
            End::Exited(0) => Ok((0, said)),
            End::Exited(code) => Err(format!("{program} {} ended with {code}: {}", words[0], errors.trim())),
            end => Err(now.ended(end)),
        }
    }

    /// The live object of the same kind and name.
    fn get(&self, now: &mut Now<'_, '_>, object: &Value) -> Result<Option<Value>, String> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let words =
            ["get", "deployment", name, "--namespace", &self.namespace, "--ignore-not-found", "--output", "json"];
        let (_, said) = self.call(now, "kubectl", &words, false)?;
        match said.trim().is_empty() {
            true => Ok(None),
            false => serde_json::from_str(&said).map(Some).map_err(|error| format!("kubectl get: {error}")),
        }
    }

    /// Applies objects, and waits until their workloads are rolled out.
    fn deploy(&self, now: &mut Now<'_, '_>, objects: Vec<Value>) -> Result<(), String> {
        // what a workload needs is there before it
        let (workloads, rest): (Vec<Value>, Vec<Value>) = objects.into_iter().partition(canary::is_workload);
        let folder = now.paths().temp.join(format!("manifests-{}-{}", now.index, now.attempt));
        make(&folder)?;
        for (at, object) in rest.iter().chain(&workloads).enumerate() {
            let path = folder.join(format!("{at}.json"));
            fs::write(&path, object.to_string()).map_err(wrong("write", &path))?;
            let file = path.display().to_string();
            self.call(now, "kubectl", &["apply", "--filename", &file, "--namespace", &self.namespace], true)?;
        }
        for workload in &workloads {
            let target = format!("deployment/{}", workload["metadata"]["name"].as_str().unwrap_or_default());
            self.call(now, "kubectl", &["rollout", "status", &target, "--namespace", &self.namespace], true)?;
        }
        Ok(())
    }

    /// Takes the canary and its baseline away.
    fn remove(&self, now: &mut Now<'_, '_>, workloads: &[Value]) -> Result<(), String> {
        for workload in workloads {
            let name = workload["metadata"]["name"].as_str().unwrap_or_default();
            let (canary, baseline) = (format!("{name}-canary"), format!("{name}-baseline"));
            let words =
                ["delete", "deployment", &canary, &baseline, "--namespace", &self.namespace, "--ignore-not-found"];
            self.call(now, "kubectl", &words, true)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn a_manifest_has_a_document_between_its_lines() {
        let text = "---\n# a comment\na: 1\n---\n# nothing\n---\nb: |\n  x --- y\n";
        assert_eq!(documents(text), ["# a comment\na: 1\n", "b: |\n  x --- y\n"]);
        assert!(documents("# only words\n").is_empty());
    }
}
