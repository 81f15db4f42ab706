//! Managed endpoints: a new deployment beside the one that serves, its share of the traffic, and the way back. The key that
//! callers present, and what Azure says of a deployment before it is made.

use std::sync::Arc;

use mlops_gen::tree::RenderedTree;
use system_tests::{render, specs};

use crate::behaviour::stand::Stand;

fn tree(case: &str) -> Arc<RenderedTree> {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == case).unwrap();
    render(&spec)
}

const ENDPOINT: [(&str, &str); 3] = [("RESOURCE_GROUP", "g"), ("WORKSPACE", "w"), ("ENDPOINT", "e")];

/// An endpoint that is there once it was made, with the traffic of the file `traffic`.
const AZ: &str = "case \"$*\" in *'online-endpoint show'*'--output json'*) cat traffic ;; *'online-endpoint show'*) [[ -f made ]] ;; \
    *'online-endpoint create'*) touch made ;; *'online-deployment show'*) echo 2 ;; esac";

#[test]
fn a_new_deployment_stands_beside_the_one_that_serves_without_traffic() {
    let stand = Stand::new(&tree("managed-endpoint"));
    stand.program("az", AZ);
    let deploy = |version: &str, older: &str| {
        let more = [
            ("FOLDER", "ml/endpoints/production"),
            ("MODEL_VERSION", version),
            ("ALLOW_OLDER", older),
            ("IMAGE", "i@sha256:1"),
            ("IDENTITY_CLIENT_ID", "c"),
            ("BUILD_BUILDID", "7"),
            ("AZURE_SUBSCRIPTION_ID", "s"),
            ("AZURE_TENANT_ID", "t"),
        ];
        stand.run("deploy-endpoint.sh", &[&ENDPOINT[..], &more[..]].concat())
    };
    let count = |calls: &[String], what: &str| calls.iter().filter(|call| call.contains(what)).count();
    std::fs::write(stand.path().join("traffic"), "{}").unwrap();
    let first = deploy("3", "false");
    assert_eq!(first.code, 0, "{}", first.said);
    assert_eq!(count(&first.calls, "online-endpoint create"), 1, "{:?}", first.calls);
    assert!(
        first.said.contains("variable=OLD_DEPLOYMENT]\n") && first.said.contains("NEW_DEPLOYMENT]v3-7\n"),
        "{}",
        first.said
    );
    std::fs::write(stand.path().join("traffic"), r#"{"traffic": {"v1-1": 100, "v0-1": 0}}"#).unwrap();
    let second = deploy("3", "false");
    assert_eq!(second.code, 0, "{}", second.said);
    assert_eq!(count(&second.calls, "online-endpoint create"), 0, "{:?}", second.calls);
    assert!(second.said.contains("variable=OLD_DEPLOYMENT]v1-1\n"), "{}", second.said);
    let made = second.calls.iter().find(|call| call.contains("online-deployment create")).unwrap();
    assert!(made.contains("--name v3-7") && made.contains("environment.image=i@sha256:1"), "{made}");
    assert!(made.contains("tags.model_version=3") && !made.contains("--all-traffic"), "{made}");
    let older = deploy("1", "false");
    assert!(older.code == 1 && older.said.contains("version 2 is live and newer than 1"), "{}", older.said);
    assert_eq!(count(&older.calls, "online-deployment create"), 0, "{:?}", older.calls);
    assert_eq!(deploy("1", "true").code, 0);
}

#[test]
fn traffic_is_shared_and_given_back_before_what_failed_is_removed() {
    let stand = Stand::new(&tree("managed-endpoint"));
    stand.program("az", "");
    let run = |script: &str, old: &str, percent: &str| {
        let more = [("NEW_DEPLOYMENT", "v3-7"), ("OLD_DEPLOYMENT", old), ("PERCENT", percent), ("DEPLOYMENT", "v1-1")];
        let ended = stand.run(script, &[&ENDPOINT[..], &more[..]].concat());
        assert_eq!(ended.code, 0, "{}", ended.said);
        ended.calls
    };
    for (old, percent, traffic) in
        [("v1-1", "10", "v1-1=90 v3-7=10"), ("v1-1", "100", "v1-1=0 v3-7=100"), ("", "10", "v3-7=100")]
    {
        let calls = run("shift-traffic.sh", old, percent);
        assert!(calls[0].contains(&format!("--traffic {traffic} --output")), "{calls:?}");
    }
    for (old, traffic) in [("v1-1", "v1-1=100 v3-7=0"), ("", "v3-7=0")] {
        let calls = run("rollback-endpoint.sh", old, "");
        assert!(calls[0].contains(&format!("--traffic {traffic} --output")), "{calls:?}");
        assert!(calls[1].contains("get-logs") && calls[1].contains("--name v3-7"), "{calls:?}");
        assert!(calls[2].contains("online-deployment delete") && calls[2].contains("--name v3-7"), "{calls:?}");
    }
    let calls = run("delete-deployment.sh", "", "");
    assert!(calls[0].contains("online-deployment delete") && calls[0].contains("--name v1-1"), "{calls:?}");
}

#[test]
fn the_key_that_callers_present_is_made_once() {
    let stand = Stand::new(&tree("out"));
    stand.program(
        "az",
        "case \"$*\" in *'secret list'*) cat there 2>/dev/null || true ;; *'secret set'*) printf scoring-key >there; \
         while [[ $1 != --file ]]; do shift; done; wc -c <\"$2\" >length ;; esac",
    );
    let first = stand.run("ensure-scoring-key.sh", &[("KEY_VAULT", "kv")]);
    assert!(first.code == 0 && first.said.contains("made a scoring key"), "{}", first.said);
    assert_eq!(stand.read("length").trim(), "64", "32 bytes in hexadecimal, and no line feed");
    assert!(first.calls.iter().any(|call| call.contains("--name scoring-key")), "{:?}", first.calls);
    let second = stand.run("ensure-scoring-key.sh", &[("KEY_VAULT", "kv")]);
    assert!(second.code == 0 && second.said.contains("the scoring key is there"), "{}", second.said);
    assert!(!second.calls.iter().any(|call| call.contains("secret set")), "{:?}", second.calls);
}

#[test]
fn azure_is_asked_of_a_deployment_only_where_its_group_is_there() {
    let stand = Stand::new(&tree("out"));
    let folder = stand.path().display().to_string();
    stand.program(
        "az",
        "case \"$*\" in *'group exists'*) cat exists ;; \
         *what-if*) printf 'Create\\t/s/providers/Microsoft.Web/sites/a\\nNoChange\\t/s/providers/x/y\\n' ;; esac",
    );
    let run = |script: &str, exists: &str| {
        std::fs::write(stand.path().join("exists"), exists).unwrap();
        let variables = [
            ("RESOURCE_GROUP", "g"),
            ("FOLDER", "infra/platform"),
            ("TEMPLATE", "main"),
            ("AGENT_TEMPDIRECTORY", folder.as_str()),
        ];
        let ended = stand.run(script, &variables);
        assert_eq!(ended.code, 0, "{}", ended.said);
        ended
    };
    for script in ["what-if.sh", "validate-infrastructure.sh"] {
        let ended = run(script, "false");
        assert!(ended.said.contains("resource group g does not exist yet"), "{}", ended.said);
        assert!(!ended.calls.iter().any(|call| call.contains("az deployment")), "{:?}", ended.calls);
    }
    let ended = run("what-if.sh", "true");
    assert!(
        ended.said.contains("| Create | `Microsoft.Web/sites/a` |") && !ended.said.contains("x/y"),
        "{}",
        ended.said
    );
    let ended = run("validate-infrastructure.sh", "true");
    assert!(ended.calls.iter().any(|call| call.contains("az deployment group validate")), "{:?}", ended.calls);
}

#[test]
fn what_cannot_be_seen_is_not_taken_for_what_is_not_there() {
    let stand = Stand::new(&tree("out"));
    let folder = stand.path().display().to_string();
    stand.program("sleep", "");
    stand.program("az", "case \"$*\" in *'group exists'*) echo '(AuthorizationFailed)' >&2; exit 1 ;; esac");
    let variables = [
        ("RESOURCE_GROUP", "g"),
        ("FOLDER", "infra/platform"),
        ("TEMPLATE", "main"),
        ("LOCATION", "westeurope"),
        ("PROJECT", "diabetes"),
        ("CONFIRMATION", "diabetes"),
        ("AGENT_TEMPDIRECTORY", folder.as_str()),
    ];
    for script in ["what-if.sh", "deploy-infrastructure.sh", "destroy-infrastructure.sh"] {
        let ended = stand.run(script, &variables);
        assert!(ended.code != 0 && ended.said.contains("AuthorizationFailed"), "{script}: {ended:?}");
        assert!(!ended.said.contains("does not exist") && ended.calls.len() == 1, "{script}: {ended:?}");
    }
    // a pull request goes on, and says so
    let ended = stand.run("validate-infrastructure.sh", &variables);
    assert!(ended.code == 0 && ended.said.contains("type=warning]resource group g cannot be seen"), "{ended:?}");
    assert!(!ended.said.contains("accepts"), "{ended:?}");
    // a cluster that does not tell its history has none that could be called the first
    stand.program("az", "");
    stand.program("kubelogin", "");
    stand.program("kubectl", "case \"$*\" in *'get deployment'*) echo i:2 ;; *'rollout history'*) exit 1 ;; esac");
    let cluster = [("RESOURCE_GROUP", "g"), ("CLUSTER", "c"), ("NAMESPACE", "n"), ("WORKLOAD", "w"), ("IMAGE", "i:2")];
    let ended = stand.run("rollback-kubernetes.sh", &cluster);
    assert!(ended.code != 0 && !ended.said.contains("the first deployment"), "{ended:?}");
}

#[test]
fn the_version_of_before_comes_back_if_the_failed_one_had_come_to_serve() {
    let stand = Stand::new(&tree("out"));
    stand.program("az", "");
    stand.program("kubelogin", "");
    stand
        .program("kubectl", "case \"$*\" in *'get deployment'*) cat image ;; *'rollout history'*) cat history ;; esac");
    let run = |image: &str, history: &str| {
        std::fs::write(stand.path().join("image"), image).unwrap();
        std::fs::write(stand.path().join("history"), history).unwrap();
        let cluster =
            [("RESOURCE_GROUP", "g"), ("CLUSTER", "c"), ("NAMESPACE", "n"), ("WORKLOAD", "w"), ("IMAGE", "i:2")];
        let ended = stand.run("rollback-kubernetes.sh", &cluster);
        assert_eq!(ended.code, 0, "{}", ended.said);
        ended
    };
    let undone = |calls: &[String]| calls.iter().any(|call| call == "kubectl rollout undo deployment/w --namespace n");
    let ended = run("i:2", "deployment.apps/w\nREVISION\n1\n2\n");
    assert!(undone(&ended.calls), "{:?}", ended.calls);
    assert!(ended.calls.last().is_some_and(|call| call.contains("rollout status deployment/w")), "{:?}", ended.calls);
    let ended = run("i:1", "1\n2\n");
    assert!(!undone(&ended.calls) && ended.said.contains("there is nothing to put back"), "{}", ended.said);
    let ended = run("i:2", "REVISION\n1\n");
    assert!(!undone(&ended.calls) && ended.said.contains("the first deployment"), "{}", ended.said);
}
