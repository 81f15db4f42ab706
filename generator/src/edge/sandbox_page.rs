//! What a sandbox's page shows beside Azure DevOps: models, drift, endpoints, the plan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use azure_sandbox::deployed::{self, Deployed, deployed, score};
use azure_sandbox::shown::{self, Endpoint, Reply};
use devops_emulator::{Asked, SecretSource, View};
use report_pages::Html;
use serde_json::Value;

use super::sandbox::Sandbox;
use crate::project::Project;
use crate::project::environment::Target;
use crate::remote::page;
use crate::remote::saved::SavedPlan;

/// The secret that callers of a scoring server present.
const KEY: &str = "scoring-key";

impl Sandbox {
    /// Adds views of what the projects of these specs have in Azure to the page; `folder` is where runs are really carried
    /// out, if they are.
    pub fn show(&self, projects: &[(&Path, &Project)], folder: Option<&Path>) {
        let mut views: Vec<Arc<dyn View>> = Vec::new();
        if let Some(folder) = folder {
            views.push(Arc::new(Models(folder.to_owned())));
            views.push(Arc::new(Drift(folder.to_owned())));
            views.push(Arc::new(Endpoints {
                folder: folder.to_owned(),
                places: projects.iter().flat_map(|(spec, project)| places(spec, project)).collect(),
                secret: self.doubles().secrets(),
            }));
        }
        if !projects.is_empty() {
            let whole =
                |(spec, _): &(&Path, &Project)| std::path::absolute(spec).unwrap_or_else(|_| spec.to_path_buf());
            let specs = projects.iter().map(whole).collect();
            views.push(Arc::new(Plan { specs, variables: self.variables().clone() }));
        }
        self.doubles().devops.show(views);
    }
}

struct Models(PathBuf);

impl View for Models {
    fn address(&self) -> &str {
        "models"
    }

    fn name(&self) -> &str {
        "Models"
    }

    fn show(&self, _: &Asked) -> Result<Html, String> {
        shown::models(&self.0)
    }
}

struct Drift(PathBuf);

impl View for Drift {
    fn address(&self) -> &str {
        "drift"
    }

    fn name(&self) -> &str {
        "Drift"
    }

    fn show(&self, _: &Asked) -> Result<Html, String> {
        shown::drift(&self.0)
    }
}

/// An environment of a project, and what its server expects.
struct Place {
    name: String,
    group: String,
    vault: String,
    certificate: Option<String>,
    /// The endpoint of Azure ML that serves there, if one does.
    endpoint: Option<String>,
    root: PathBuf,
}

impl Place {
    /// Whether a service is the one of this environment.
    fn has(&self, service: &Deployed) -> bool {
        match &self.endpoint {
            Some(name) => service.kind == deployed::Kind::OnlineEndpoint && *name == service.name,
            None => service.kind != deployed::Kind::OnlineEndpoint && self.group == service.group,
        }
    }
}

fn places(spec: &Path, project: &Project) -> Vec<Place> {
    let root = spec.parent().map(Path::to_owned).unwrap_or_default();
    let environments = project.environments.iter();
    environments
        .map(|environment| Place {
            name: environment.name.to_string(),
            group: environment.place.resource_group.as_str().to_owned(),
            vault: environment.key_vault.as_str().to_owned(),
            certificate: environment.certificate.as_ref().map(|certificate| certificate.name.as_str().to_owned()),
            endpoint: endpoint_of(&environment.target),
            root: root.clone(),
        })
        .collect()
}

/// The endpoint of Azure ML that a target is.
pub(super) fn endpoint_of(target: &Target) -> Option<String> {
    match target {
        Target::ManagedEndpoint { endpoint, .. } | Target::KubernetesEndpoint { endpoint, .. } => {
            Some(endpoint.as_str().to_owned())
        }
        Target::ContainerInstances { .. } | Target::Kubernetes(_) => None,
    }
}

struct Endpoints {
    folder: PathBuf,
    places: Vec<Place>,
    secret: SecretSource,
}

impl Endpoints {
    fn all(&self) -> Result<Vec<(Endpoint, Option<&Place>)>, String> {
        let one = |service: Deployed| {
            let place = self.places.iter().find(|place| place.has(&service));
            let contract = place.map(|place| contract(&place.root)).unwrap_or_default();
            let example = match &contract["request"] {
                Value::Null => "{\"data\": []}".to_owned(),
                rows => serde_json::to_string_pretty(&serde_json::json!({ "data": rows })).unwrap_or_default(),
            };
            let endpoint = Endpoint {
                service,
                environment: place.map(|place| place.name.clone()).unwrap_or_default(),
                route: contract["route"].as_str().unwrap_or("/score").to_owned(),
                example,
            };
            (endpoint, place)
        };
        Ok(deployed(&self.folder)?.into_iter().map(one).collect())
    }

    fn send(&self, endpoint: &Endpoint, place: Option<&Place>, route: &str, body: &str) -> Reply {
        let begun = Instant::now();
        let secret = |name: &str| place.and_then(|place| (self.secret)(&place.vault, name));
        // an endpoint of Azure ML knows its callers itself, and is asked in clear here
        let own = match deployed::secret(&self.folder, &endpoint.service) {
            Ok(own) => own,
            Err(why) => return Reply { answer: Err(why), ..Reply::to(endpoint, route, body) },
        };
        let key = own.clone().or_else(|| secret(KEY));
        // key and certificate are one secret; the certificate alone says whom to trust
        let certificate = place.filter(|_| own.is_none()).and_then(|place| place.certificate.as_deref());
        let held = certificate.and_then(secret);
        let pem = held.as_deref().and_then(|text| text.find("-----BEGIN CERTIFICATE").map(|at| &text[at..]));
        let answer = match route.starts_with('/') && !route.contains(char::is_whitespace) {
            true => score(&endpoint.service, route, key.as_deref(), pem, body),
            false => Err(format!("`{route}` is no route: it begins with / and has no spaces")),
        };
        Reply { answer, took: begun.elapsed().as_millis(), ..Reply::to(endpoint, route, body) }
    }
}

/// The contract of a project's smoke test, if it is there.
fn contract(root: &Path) -> Value {
    let text = fs::read_to_string(root.join("tests/smoke/contract.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

impl View for Endpoints {
    fn address(&self) -> &str {
        "endpoints"
    }

    fn name(&self) -> &str {
        "Endpoints"
    }

    fn show(&self, asked: &Asked) -> Result<Html, String> {
        let all = self.all()?;
        let reply = asked.sent.as_ref().map(|fields| {
            let field = |name: &str| fields.get(name).map_or("", String::as_str);
            let wanted = all.iter().find(|(endpoint, _)| endpoint.id() == field("endpoint"));
            match wanted {
                Some((endpoint, place)) => self.send(endpoint, *place, field("route"), field("body")),
                None => Reply {
                    of: field("endpoint").to_owned(),
                    route: field("route").to_owned(),
                    sent: field("body").to_owned(),
                    answer: Err("it is not deployed any more".to_owned()),
                    took: 0,
                },
            }
        });
        let endpoints: Vec<Endpoint> = all.into_iter().map(|(endpoint, _)| endpoint).collect();
        let batch = deployed::batch(&self.folder)?;
        Ok(shown::endpoints(&endpoints, &batch, &asked.here, reply.as_ref()))
    }
}

/// The plan of the specs, made anew at each look by this program as whoever works there makes it.
struct Plan {
    specs: Vec<PathBuf>,
    variables: BTreeMap<String, String>,
}

/// Counts looks, so that each has a file of its own.
static LOOKS: AtomicU64 = AtomicU64::new(0);

impl View for Plan {
    fn address(&self) -> &str {
        "plan"
    }

    fn name(&self) -> &str {
        "Plan"
    }

    fn show(&self, _: &Asked) -> Result<Html, String> {
        let wrong = |why: &dyn std::fmt::Display| format!("the plan cannot be made: {why}");
        let program = std::env::current_exe().map_err(|error| wrong(&error))?;
        let look = LOOKS.fetch_add(1, Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("mlops-gen-plan-{}-{look}.json", std::process::id()));
        let mut command = Command::new(program);
        command.arg("plan").arg("--compact").arg("--out").arg(&file).envs(&self.variables);
        for spec in &self.specs {
            command.arg("--spec").arg(spec);
        }
        let done = command.output().map_err(|error| wrong(&error))?;
        let text = fs::read_to_string(&file);
        let _ = fs::remove_file(&file);
        let text = text.map_err(|_| wrong(&String::from_utf8_lossy(&done.stderr).trim()))?;
        let saved = SavedPlan::parse(&text).map_err(|why| wrong(&why))?;
        let plans: Vec<page::Shown<'_>> = saved
            .projects
            .iter()
            .map(|one| page::Shown { project: &one.project, organization: &one.organization, plan: &one.plan })
            .collect();
        Ok(page::view(&plans))
    }
}
