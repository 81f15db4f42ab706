//! The router of a Kubernetes endpoint shows the certificate of its vault, and callers take no other.

use system_tests::{render, specs};

use crate::behaviour::stand::{Ended, Stand};

fn tree() -> std::sync::Arc<mlops_gen::tree::RenderedTree> {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "kubernetes-endpoint-private").unwrap();
    render(&spec)
}

/// `openssl`, whose router shows what is in the file `shown`, and whose vault has the certificate `new`.
const OPENSSL: &str =
    "case \"$1 $*\" in s_client*) cat shown ;; *'-in'*) echo new ;; *-out*) cat >router.pem ;; *) cat ;; esac";

/// A release finds the router; `deployed` is what it shows once it was deployed again.
fn find(shown: &str, deployed: &str, address: &str) -> (Ended, Stand) {
    let stand = Stand::new(&tree());
    std::fs::write(stand.path().join("shown"), format!("{shown}\n")).unwrap();
    stand.program("openssl", OPENSSL);
    stand.program("kubelogin", "");
    stand.program("sleep", "");
    stand.program("kubectl", &format!("echo '{address}'"));
    stand.program(
        "az",
        &format!(
            "case \"$*\" in *'deployment group create'*) echo '{deployed}' >shown ;; *'secret show'*) echo pem ;; esac"
        ),
    );
    let ended = stand.run(
        "find-router.sh",
        &[
            ("RESOURCE_GROUP", "g"),
            ("CLUSTER", "c"),
            ("KEY_VAULT", "v"),
            ("CERTIFICATE", "scoring-tls"),
            ("HOST_NAME", "a.example"),
            ("FOLDER", "infra/environments/qa"),
            ("ROUTER_CERTIFICATE", "router.pem"),
        ],
    );
    (ended, stand)
}

/// What the script shows of the router, where the group has these clusters and deployments.
fn preview(clusters: &str, deployments: &str) -> Ended {
    let stand = Stand::new(&tree());
    let az = format!(
        "case \"$*\" in *'group exists'*) echo true ;; *'aks list'*) echo '{clusters}' ;; *'deployment group list'*) echo \
         '{deployments}' ;; *what-if*) printf 'Modify\\t/s/providers/Microsoft.X/y/z\\nNoChange\\t/s/providers/a/b/c\\n' ;; esac"
    );
    stand.program("az", &az);
    let variables = [
        ("FOLDER", "infra/environments/production"),
        ("RESOURCE_GROUP", "g"),
        ("TEMPLATE", "router"),
        ("CLUSTER", "aks"),
        ("AGENT_TEMPDIRECTORY", "."),
    ];
    stand.run("what-if.sh", &variables)
}

#[test]
fn what_would_change_of_a_router_is_asked_of_azure_once_it_is_there_and_listed_before() {
    let there = preview("other\naks", "router");
    assert!(there.code == 0 && there.said.contains("| Modify | `Microsoft.X/y/z` |"), "{there:?}");
    assert!(!there.said.contains("NoChange"), "{there:?}");
    let asked =
        |ended: &Ended| ended.calls.iter().any(|call| call.contains("what-if") && call.contains("router.bicepparam"));
    assert!(asked(&there), "{there:?}");
    // Azure predicts nothing about a vault or a cluster that is not there: a cluster of another name is none.
    for (clusters, deployments) in [("", ""), ("aks", ""), ("aks-2", "router")] {
        let new = preview(clusters, deployments);
        assert!(new.code == 0 && !asked(&new), "{new:?}");
        for kind in
            ["Microsoft.KubernetesConfiguration/extensions", "Microsoft.MachineLearningServices/workspaces/computes"]
        {
            assert!(new.said.contains(&format!("| Create | `{kind}` |")), "{new:?}");
        }
        assert!(!new.said.contains("managedClusters`"), "{new:?}");
    }
}

fn deployments(ended: &Ended) -> usize {
    ended
        .calls
        .iter()
        .filter(|call| call.contains("deployment group create") && call.contains("router.bicepparam"))
        .count()
}

#[test]
fn a_router_that_shows_the_certificate_of_the_vault_is_left_alone() {
    let (ended, _) = find("new", "", "10.0.0.4");
    assert!(ended.code == 0 && deployments(&ended) == 0, "{ended:?}");
    assert!(ended.said.contains("variable=ROUTER_ADDRESS]10.0.0.4"), "{ended:?}");
}

#[test]
fn a_renewed_certificate_reaches_the_router_with_the_next_release() {
    let (ended, _) = find("old", "new", "10.0.0.4");
    assert!(ended.code == 0 && deployments(&ended) == 1, "{ended:?}");
    // Nothing shown at all is another certificate, too.
    assert_eq!(deployments(&find("", "new", "10.0.0.4").0), 1);
    let (ended, _) = find("old", "old", "10.0.0.4");
    assert!(ended.code == 1 && ended.said.contains("still shows another certificate"), "{ended:?}");
    let (ended, _) = find("new", "", "");
    assert!(ended.code == 1 && ended.said.contains("run infrastructure.yml"), "{ended:?}");
}

#[test]
fn smoke_tests_of_an_endpoint_ask_its_router_by_address_and_take_one_certificate() {
    let stand = Stand::new(&tree());
    stand.program(
        "az",
        "case \"$*\" in *scoring_uri*) echo https://a.example:443/api/v1/endpoint/e/score ;; *) echo key ;; esac",
    );
    stand.program("python3", "");
    let common = [
        ("RESOURCE_GROUP", "g"),
        ("WORKSPACE", "w"),
        ("ENDPOINT", "e"),
        ("DEPLOYMENT", ""),
        ("NEW_DEPLOYMENT", "v2"),
        ("OLD_DEPLOYMENT", "v1"),
        ("BAKE_MINUTES", "1"),
        ("SMOKE_REPORT", "report.xml"),
        ("ROUTER_ADDRESS", "10.0.0.4"),
        ("ROUTER_CERTIFICATE", "router.pem"),
        ("HOST_NAME", "a.example"),
    ];
    for script in ["smoke-endpoint.sh", "bake-endpoint.sh"] {
        let ended = stand.run(script, &common);
        assert_eq!(ended.code, 0, "{ended:?}");
        let call = ended.calls.iter().find(|call| call.starts_with("python3")).unwrap();
        for part in ["https://10.0.0.4/api/v1/endpoint/e/score", "--certificate router.pem", "--host-name a.example"] {
            assert!(call.contains(part), "{call}");
        }
    }
    // An endpoint that Azure ML manages has a certificate of a public authority.
    let ended = stand.run("smoke-endpoint.sh", &common[..8]);
    let call = ended.calls.iter().find(|call| call.starts_with("python3")).unwrap();
    assert!(call.contains("https://a.example:443/") && !call.contains("--certificate"), "{call}");
}

#[test]
fn the_router_gets_a_public_name_where_it_is_public_and_the_example_of_a_call_pins_its_certificate() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "kubernetes-endpoint").unwrap();
    let public = render(&spec);
    let text = |tree: &mlops_gen::tree::RenderedTree, path: &str| tree.get(path).unwrap().text().unwrap().to_owned();
    let infrastructure = text(&public, "pipelines/infrastructure.yml");
    assert!(infrastructure.contains("dnsLabel: routing-production"), "{infrastructure}");
    let parameters = text(&public, "infra/environments/production/router.bicepparam");
    assert!(parameters.contains(".australiaeast.cloudapp.azure.com'"), "{parameters}");
    let private = tree();
    assert!(!text(&private, "pipelines/infrastructure.yml").contains("dnsLabel:"));
    assert!(text(&private, "infra/environments/production/router.bicepparam").contains("'pricing.fjord.example'"));
    for tree in [&public, &private] {
        let readme = text(tree, "README.md");
        assert!(readme.contains("--cacert production.pem") && readme.contains("--query scoring_uri"), "{readme}");
    }
    // The address appears with its name before anybody is told of it.
    let stand = Stand::new(&public);
    stand.program("az", "");
    stand.program("kubelogin", "");
    stand.program("kubectl", "case \"$*\" in *get*) echo 20.0.0.1 ;; esac");
    let variables =
        [("FOLDER", "infra/environments/production"), ("RESOURCE_GROUP", "g"), ("CLUSTER", "c"), ("DNS_LABEL", "l")];
    let ended = stand.run("deploy-router.sh", &variables);
    assert_eq!(ended.code, 0, "{ended:?}");
    let named = ended.calls.iter().position(|call| call.contains("azure-dns-label-name=l"));
    assert!(
        named.is_some_and(|at| ended.calls[..at].iter().any(|call| call.contains("router.bicepparam"))),
        "{ended:?}"
    );
}
