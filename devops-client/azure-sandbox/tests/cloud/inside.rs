//! The worked example in a private network, with an endpoint in a cluster: what its scripts ask of Azure by themselves, carried
//! out as the identities of its service connections. No event gets in there, so runs look for what is new.

use azure_sandbox::storage::upload;
use pipeline_runner::Outcome;
use serde_json::Value;

use crate::cloud::project::{self, Project};
use crate::cloud::roles::{client, fact};
use crate::cloud::world::{POOL, SUBSCRIPTION, TENANT, TOKEN, World, ask};
use crate::rendered::release::{stage, train};

const STORAGE: &str = "diabetesmlmct4b";

/// The vault of production, which has the certificate of the router.
const VAULT: &str = "diabm7j-production-mct4b";

const CERTIFICATES_OFFICER: &str = "a4417e6f-fecd-4de8-b567-7b0420556985";
const BLOBS: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";

/// The worked example, but for its network, its endpoint, a look at drift, and what reads a vault from outside.
fn spec() -> String {
    let spec = project::spec().replacen("\n  transport: clear-text\n", "\n", 1);
    let (before, environments) = spec.split_once("\nenvironments:\n").unwrap();
    let (_, behind) = environments.split_once("\nnetwork: public\n").unwrap();
    let own = "  - {name: qa, target: container-instances, timeToLiveHours: 12}\n  - name: production\n    \
               target: kubernetes-endpoint\n    cluster: {minNodes: 3, maxNodes: 5}\n";
    let before = before.replacen("    image: ubuntu-24.04\n", &format!("    pool: {POOL}\n"), 1);
    let behind = behind.replacen("  retentionDays: 90\n", "  retentionDays: 90\n  drift: {cron: \"30 5 * * *\"}\n", 1);
    format!("{before}\nenvironments:\n{own}\nnetwork: private\n{behind}")
}

fn inside() -> (World, Project) {
    let spec = spec();
    let (world, mut project) = (World::of(&spec), Project::of(&spec));
    world.announce(&project.sandbox);
    project.ids = [SUBSCRIPTION, TENANT];
    project.clients = ["platform", "qa", "production"]
        .map(|place| (format!("diabetes-{place}"), client(&world, &format!("diabetes-{place}-connection"))))
        .into();
    (world, project)
}

/// Takes a role from an identity while something is done.
fn without<T>(world: &World, identity: &str, role: &str, act: impl FnOnce() -> T) -> T {
    let before = world.doubles.arm.with_state(|arm| {
        let principal = fact(arm, identity, "principalId");
        let before = arm.resources.clone();
        arm.resources.retain(|_, body| {
            let own = &body["properties"];
            own["principalId"] != principal.as_str()
                || !own["roleDefinitionId"].as_str().is_some_and(|known| known.ends_with(role))
        });
        assert!(arm.resources.len() < before.len(), "{identity} has no role {role}");
        before
    });
    let done = act();
    world.doubles.arm.with_state(|arm| arm.resources = before);
    done
}

#[test]
fn a_private_place_is_shown_deployed_and_known_to_its_peers() {
    let (world, project) = inside();
    let deploy = [("action", "deploy"), ("target", "everything")];
    let first = project.run("pipelines/infrastructure.yml", &deploy);
    let log = project.log();
    for name in ["Infra_platform", "Infra_qa", "Preview_Infra_production", "Infra_production"] {
        assert_eq!(stage(&first, name), Outcome::Succeeded, "{name}: {log}");
    }
    for line in [
        "made a scoring key",
        "made the certificate scoring-tls for ",
        "the cluster diabetes-production has no router yet",
        "the router stands at 10.255.255.10",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    // what is there stays, and from now on it is said what would change
    let again = project.run("pipelines/infrastructure.yml", &deploy);
    let log = project.log();
    assert!(again.is_good(), "{log}");
    for line in ["the scoring key is there", "the certificate scoring-tls is there"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("has no router yet") && !log.contains("made a"), "{log}");

    // the public half alone gets into a file
    let vault = [("KEY_VAULT", VAULT), ("CERTIFICATE", "scoring-tls")];
    let file = project.root.join("router.pem");
    let (code, said) = project.script("fetch-certificate.sh router.pem", "diabetes-production", &vault);
    assert_eq!(code, 0, "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("BEGIN CERTIFICATE") && !text.contains("PRIVATE"), "{text}");

    // a name for the router's public address, where it has one
    let variables = [
        ("FOLDER", "infra/environments/production"),
        ("RESOURCE_GROUP", "diabetes-production"),
        ("CLUSTER", "diabetes-production"),
        ("DNS_LABEL", "diabetes-scoring"),
    ];
    let (code, said) = project.script("deploy-router.sh", "diabetes-production", &variables);
    assert!(code == 0 && said.contains("service/azureml-fe annotated"), "{said}");

    // a network has grown: its peers learn it, and no deployment has to
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/diabetes-platform");
    let platform = [("FOLDER", "infra/platform"), ("RESOURCE_GROUP", "diabetes-platform")];
    let sync = || project.script("sync-peerings.sh", "diabetes-platform", &platform);
    let before = sync();
    assert!(before.0 == 0 && !before.1.contains("it learns them"), "{}", before.1);
    grow(&world, &group);
    let (code, said) = sync();
    assert!(code == 0 && said.contains("does not know all ranges behind it yet: it learns them"), "{said}");
    let (code, said) = sync();
    assert!(code == 0 && !said.contains("it learns them"), "{said}");

    // who may make no certificates makes none, and the deployment says so
    let refused = without(&world, "diabetes-production-connection", CERTIFICATES_OFFICER, || {
        let host = [&vault[..], &[("HOST_NAME", "a.example")]].concat();
        project.script("ensure-certificate.sh", "diabetes-production", &host)
    });
    assert!(refused.0 != 0 && refused.1.contains("ForbiddenByRbac"), "{}", refused.1);
}

/// Adds a range to a network of the group that a peering of the platform leads to.
fn grow(world: &World, group: &str) {
    world.doubles.arm.with_state(|arm| {
        let peering = format!("{}/providers/microsoft.network/virtualnetworks/", group.to_lowercase());
        let mut remotes =
            arm.resources.iter().filter(|(id, _)| id.starts_with(&peering) && id.contains("/virtualnetworkpeerings/"));
        let remote = remotes.find_map(|(_, body)| body["properties"]["remoteVirtualNetwork"]["id"].as_str());
        let remote = remote.unwrap_or_else(|| panic!("{group} has no peering")).to_lowercase();
        let network = arm.resources.get_mut(&remote).unwrap();
        let ranges = network["properties"]["addressSpace"]["addressPrefixes"].as_array_mut().unwrap();
        ranges.push(Value::from("10.222.0.0/24"));
    });
}

#[test]
fn runs_look_for_files_and_versions_that_nobody_has_told_of() {
    let (world, project) = inside();
    let url = format!("{}/", world.doubles.devops.url());
    let retrain = world.doubles.devops.with_state(|state| {
        *state.definitions.iter().find(|(_, definition)| definition.name() == "retrain").unwrap().0
    });
    let definition = retrain.to_string();
    let storage = [
        ("STORAGE", STORAGE),
        ("CONTAINER", "data"),
        ("PREFIX", "incoming/"),
        ("SYSTEM_ACCESSTOKEN", TOKEN),
        ("SYSTEM_COLLECTIONURI", &url),
        ("SYSTEM_TEAMPROJECTID", "health-ml"),
        ("SYSTEM_DEFINITIONID", &definition),
    ];
    let look = || project.script("look-for-data.sh", "diabetes-platform", &storage);
    let expect =
        |(code, said): (i32, String), wanted: &str| assert!(code == 0 && said.contains(wanted), "{wanted}: {said}");
    expect(look(), "nothing has arrived in data/incoming/");
    for name in ["incoming/a.csv", "incoming/b c.csv", "elsewhere.csv"] {
        upload(&project.sandbox, STORAGE, "data", name, b"1,2\n").unwrap();
    }
    expect(look(), "2 files have arrived, the last one just now: a later look takes them all");
    // a quarter of an hour later
    project.change("pipelines/scripts/look-for-data.sh", "\"-15 minutes\"", "\"1 minute\"");
    let (code, said) = look();
    assert!(
        code == 0 && said.contains("variable=arrived;isOutput=true]true") && said.contains("incoming/b_c.csv"),
        "{said}"
    );
    let until =
        said.lines().find_map(|line| line.split_once("]until-")).unwrap_or_else(|| panic!("{said}")).1.to_owned();
    // how far it has got stands on its run, where the next look finds it
    let path = format!("/contoso/health-ml/_apis/pipelines/{retrain}/runs?api-version=7.1");
    let base = world.doubles.devops.url();
    let base = base.trim_end_matches("/contoso");
    let (status, run) = ask(base, None, "POST", &path, &serde_json::json!({}));
    assert_eq!(status, 200, "{run}");
    for tag in ["new-data".to_owned(), format!("until-{until}")] {
        let path = format!("/contoso/health-ml/_apis/build/builds/{}/tags/{tag}?api-version=7.1", run["id"]);
        assert_eq!(ask(base, None, "PUT", &path, &Value::Null).0, 200);
    }
    expect(look(), "nothing has arrived in data/incoming/");
    // who may not read there is told which roles there are
    let (code, said) = without(&world, "diabetes-platform-connection", BLOBS, look);
    assert!(code != 0 && said.contains("You do not have the required permissions needed"), "{said}");

    // nothing is registered yet, nothing is released yet
    let prepared = || {
        let report = project.run_until("pipelines/release.yml", &[], Some("== stage Prepare: "));
        (stage(&report, "Prepare"), project.log())
    };
    let (outcome, log) = prepared();
    assert!(outcome == Outcome::Succeeded && log.contains("diabetes has no version yet; nothing to do"), "{log}");
    train(&project);
    let drift = project.run("pipelines/drift.yml", &[]);
    assert!(drift.is_good() && project.log().contains("no version of diabetes is released yet"), "{}", project.log());
    let (outcome, log) = prepared();
    assert!(outcome == Outcome::Succeeded && log.contains("this run releases diabetes:1"), "{log}");
    // the next look leaves it to that run
    let (outcome, log) = prepared();
    assert!(outcome == Outcome::Succeeded && log.contains("diabetes:1, the newest, belongs to run "), "{log}");
    // what was released last is what drift is judged by
    let scope = "--resource-group diabetes-platform --workspace-name diabetes-ml";
    project.az(&format!(
        "ml model update {scope} --name diabetes --version 1 --set tags.released_at=2027-01-01T00:00:00Z"
    ));
    let variables = [
        ("RESOURCE_GROUP", "diabetes-platform"),
        ("WORKSPACE", "diabetes-ml"),
        ("TRAINING_ENDPOINT", "no-such-endpoint"),
        ("MODEL_NAME", "diabetes"),
        ("DAYS", "7"),
    ];
    let (code, said) = project.script("submit-drift.sh", "diabetes-platform", &variables);
    assert!(code != 0 && said.contains("no training pipeline is published yet"), "{said}");
}
