//! No key and no row of data crosses a network in clear text, unless the spec says so.

use mlops_gen::tree::RenderedTree;
use system_tests::{render, specs};

use crate::behaviour::stand::Stand;

fn text(tree: &RenderedTree, path: &str) -> String {
    tree.get(path).and_then(|file| file.text()).unwrap_or_default().to_owned()
}

/// Whether a spec asks for clear text.
fn clear(spec: &std::path::Path) -> bool {
    std::fs::read_to_string(spec).unwrap().contains("transport: clear-text")
}

#[test]
fn every_server_has_a_certificate_unless_the_spec_asks_for_clear_text() {
    let mut seen = [0, 0];
    for (name, spec) in specs() {
        let (tree, clear) = (render(&spec), clear(&spec));
        for (path, file) in tree.iter() {
            let (path, text) = (path.as_str(), file.text().unwrap_or_default());
            let expected: &[(&str, &str)] = if path.ends_with("/deployment.yml") && path.starts_with("kubernetes/") {
                // Three probes, a certificate, and its key.
                assert_eq!(text.matches("scheme: HTTPS").count(), if clear { 0 } else { 3 }, "{name}: {path}");
                &[("name: SCORE_TLS_CERT_FILE", ""), ("name: SCORE_TLS_KEY_FILE", ""), ("key: tls.pem", "")]
            } else if path.ends_with("/service.yml") {
                &[("port: 443", "port: 80\n")]
            } else if path.ends_with("/scoring.bicep") {
                &[("'SCORE_TLS_CERT_FILE'", ""), ("keyVault.getSecret('scoring-tls')", "")]
            } else if path.ends_with("/router.bicep") {
                &[("keyVault.getSecret('", "")]
            } else if path.ends_with("/machine-learning-extension.bicep") {
                &[("allowInsecureConnections: 'False'", "allowInsecureConnections: 'True'"), ("'scoringFe.sslKey'", "")]
            } else if path.ends_with("/container-group.bicep") {
                &[("var scheme = 'https'", "var scheme = 'http'")]
            } else if path.starts_with("pipelines/scripts/smoke-") && !path.contains("endpoint") {
                &[("--url https://", "--url http://"), ("fetch-certificate.sh", "")]
            } else {
                continue;
            };
            let found = text.replace("--url \"https://", "--url https://").replace("--url \"http://", "--url http://");
            for (encrypted, open) in expected {
                let (has, lacks) = if clear { (open, encrypted) } else { (encrypted, open) };
                assert!(has.is_empty() || found.contains(has), "{name}: {path} has no {has}");
                assert!(lacks.is_empty() || !found.contains(lacks), "{name}: {path} has {lacks}");
            }
            seen[usize::from(clear)] += 1;
        }
    }
    assert!(seen[0] >= 60 && seen[1] >= 5, "only {seen:?} files were seen");
}

#[test]
fn a_certificate_is_made_once_for_the_name_that_callers_know() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "tls").unwrap();
    let tree = render(&spec);
    let infrastructure = text(&tree, "pipelines/infrastructure.yml");
    for host in
        ["prices-qa-n0rth.northeurope.azurecontainer.io", "prices-production-n0rth.northeurope.cloudapp.azure.com"]
    {
        assert!(infrastructure.contains(&format!("hostName: {host}\n")), "{host}: {infrastructure}");
        assert!(text(&tree, "pipelines/release.yml").contains(&format!("hostName: {host}\n")), "{host}");
    }
    // The team's own is taken as it is, and nobody may make another.
    assert!(!infrastructure.contains("example.com"), "{infrastructure}");
    assert!(text(&tree, "pipelines/release.yml").contains("certificate: staging-example-com\n"));
    for (environment, makes) in [("qa", "true"), ("staging", "false"), ("production", "true")] {
        let main = text(&tree, &format!("infra/environments/{environment}/main.bicep"));
        assert!(main.contains(&format!("makesCertificate: {makes}\n")), "{environment}");
    }
    let stand = Stand::new(&tree);
    let run = |there: &str| {
        let policy = stand.path().join("policy.json").display().to_string();
        let keep = format!("cp \"$(grep -oP -- '--policy @\\K\\S+' <<<\"$*\")\" '{policy}'");
        stand
            .program("az", &format!("case \"$*\" in *'certificate list'*) echo '{there}' ;; *create*) {keep} ;; esac"));
        stand.run(
            "ensure-certificate.sh",
            &[("KEY_VAULT", "v"), ("CERTIFICATE", "scoring-tls"), ("HOST_NAME", "a.example")],
        )
    };
    let ended = run("scoring-tls");
    assert!(ended.code == 0 && !ended.calls.iter().any(|call| call.contains("create")), "{ended:?}");
    let ended = run("");
    assert!(ended.code == 0 && ended.calls.iter().any(|call| call.contains("certificate create")), "{ended:?}");
    let policy: serde_json::Value = serde_json::from_str(&stand.read("policy.json")).unwrap();
    assert_eq!(policy["x509CertificateProperties"]["subjectAlternativeNames"]["dnsNames"][0], "a.example");
    assert_eq!(policy["secretProperties"]["contentType"], "application/x-pem-file");
    assert_eq!(policy["issuerParameters"]["name"], "Self");
}

#[test]
fn no_variable_group_reads_a_vault_behind_a_private_endpoint() {
    let mut seen = 0;
    for (name, spec) in specs() {
        let text = std::fs::read_to_string(&spec).unwrap();
        let project = mlops_gen::load("mlops.yaml", &text).unwrap_or_else(|_| panic!("{name}"));
        let private = matches!(project.network, mlops_gen::project::network::Network::Private(_));
        let vault = |group: &&mlops_gen::project::variables::VariableGroup| {
            matches!(group.content, mlops_gen::project::variables::GroupContent::KeyVault { .. })
        };
        if !private {
            continue;
        }
        assert_eq!(project.variable_groups.iter().filter(vault).count(), 0, "{name}");
        let tree = render(&spec);
        for (path, file) in tree.iter().filter(|(path, _)| path.as_str().starts_with("pipelines/")) {
            let text = file.text().unwrap_or_default();
            assert!(!text.contains("$(scoring-key)"), "{name}: {path}");
            let reads = text.contains("--name scoring-key --query value");
            let script =
                ["smoke-container-group.sh", "smoke-kubernetes.sh", "bake-kubernetes.sh", "prepare-namespace.sh"];
            let needs = script.iter().any(|script| path.as_str().ends_with(script));
            let key = project.scoring.authentication == mlops_gen::project::scoring::Authentication::Key;
            assert_eq!(reads, needs && key, "{name}: {path}");
            seen += usize::from(reads);
        }
    }
    assert!(seen >= 8, "only {seen} scripts were seen");
    let private = "version: 1\nproject: {name: plain}\nazure: {location: westeurope}\n\
                   devops: {organization: contoso, project: plain, agent: {pool: p}}\nmodel: {runtime: rust}\n\
                   data: {path: data/plain.csv, target: y, columns: [a, b, y]}\nnetwork: private\n\
                   environments: [{name: qa, target: kubernetes}]\n";
    let group = "variableGroups: [{name: g, pipelines: [build], keyVault: platform, secrets: [a]}]\n";
    assert!(mlops_gen::load("mlops.yaml", private).is_ok());
    let report = mlops_gen::load("mlops.yaml", &format!("{private}{group}")).unwrap_err();
    let said: Vec<&str> = report.diagnostics().iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert_eq!(said, ["a variable group reads no vault behind a private endpoint"]);
}

#[test]
fn what_reaches_nobody_and_what_fails_is_told_where_somebody_is_named() {
    let mut seen = 0;
    for (name, spec) in specs() {
        let tree = render(&spec);
        let told = tree.get("infra/modules/alerts.bicep").is_some();
        let events = tree.get("infra/modules/events.bicep").is_some();
        for (path, metric) in [
            ("infra/modules/pipeline-trigger.bicep", "metricName: 'DeadLetteredCount'"),
            ("infra/modules/pipeline-trigger.bicep", "metricName: 'RunsFailed'"),
            ("infra/modules/platform-alerts.bicep", "metricName: 'Failed Runs'"),
        ] {
            let expected = told && (events || !path.ends_with("pipeline-trigger.bicep"));
            assert_eq!(text(&tree, path).contains(metric), expected, "{name}: {path}: {metric}");
        }
        seen += usize::from(told);
        // What happens to data, images and models is on record wherever there is a log workspace.
        for module in ["registry", "storage", "workspace", "key-vault"] {
            let text = text(&tree, &format!("infra/modules/{module}.bicep"));
            assert!(text.contains("Microsoft.Insights/diagnosticSettings@"), "{name}: {module}");
        }
    }
    assert!(seen >= 2, "only {seen} projects with alerts were seen");
}

#[test]
fn what_was_destroyed_is_made_again_under_its_name() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "out").unwrap();
    let stand = Stand::new(&render(&spec));
    stand.program("sleep", "");
    let deploy = |vaults: &str| {
        stand.program(
            "az",
            &format!("case \"$*\" in *'group exists'*) echo true ;; *'keyvault list'*) echo '{vaults}' ;; esac"),
        );
        let variables = [
            ("PROJECT", "diabetes"),
            ("FOLDER", "infra/environments/qa"),
            ("RESOURCE_GROUP", "r"),
            ("LOCATION", "westeurope"),
        ];
        let ended = stand.run("deploy-infrastructure.sh", &variables);
        assert_eq!(ended.code, 0, "{ended:?}");
        let recovered =
            ended.calls.iter().position(|call| call.contains("rest --method put") && call.contains("recover"));
        let made = ended.calls.iter().position(|call| call.contains("deployment group create")).unwrap();
        assert!(recovered.is_none_or(|at| at < made), "{ended:?}");
        recovered.is_some()
    };
    let parameters: serde_json::Value =
        serde_json::from_str(&stand.read("infra/environments/qa/main.parameters.json")).unwrap();
    let vault = parameters["parameters"]["keyVaultName"]["value"].as_str().unwrap().to_owned();
    assert!(deploy("") && deploy("another"));
    assert!(!deploy(&vault), "a vault that is there is not recovered");
    // A workspace is deleted for good before its group is, or its name would stay taken.
    let az = "case \"$*\" in *'group exists'*) echo true ;; *'group show'*managed-by*) echo mlops-gen/diabetes ;; \
              *'group show'*) echo /g ;; *'resource list'*'--name'*) ;; *'resource list'*) echo w ;; esac";
    stand.program("az", az);
    let variables = [("PROJECT", "diabetes"), ("CONFIRMATION", "diabetes"), ("RESOURCE_GROUP", "r")];
    let ended = stand.run("destroy-infrastructure.sh", &variables);
    assert_eq!(ended.code, 0, "{ended:?}");
    let purged =
        ended.calls.iter().position(|call| call.contains("workspaces/w?") && call.contains("forceToPurge=true"));
    let deleted = ended.calls.iter().position(|call| call.contains("group delete"));
    assert!(purged.is_some() && purged < deleted, "{ended:?}");
}
