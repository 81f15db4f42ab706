//! The commands for an administrator: bash accepts them, and they say what `apply` would do.

use std::process::Command;

use mlops_gen::remote::admin::admin_commands;
use mlops_gen::remote::observed::State;
use mlops_gen::remote::resource::{Kind, Resource};

use super::support::Place;

/// What `az` is called with, each argument as it is, when the lines are run by bash.
fn calls(lines: &[String]) -> Vec<Vec<String>> {
    let script = format!(
        "set -eu\naz() {{ if [[ $2 == show ]]; then echo 33333333-0000-4000-8000-000000000000; return; fi\n\
         printf '%s\\x1f' \"$@\"; printf '\\x1e'; }}\n{}\n",
        lines.join("\n")
    );
    let checked = Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let ran = Command::new("bash").args(["-c", &script]).env_clear().output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let call = |text: &str| text.split('\u{1f}').map(str::to_owned).collect::<Vec<_>>();
    text.split('\u{1e}')
        .map(|text| text.trim_start_matches('\n'))
        .filter(|text| text.contains('\u{1f}'))
        .map(call)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_desired_thing_has_a_command_that_bash_accepts() {
    let place = Place::new().await;
    let world = place.look().await;
    let azure: Vec<Resource> = place.azure().cloned().collect();
    let lines = admin_commands(&azure, &world, &place.tree);
    let calls = calls(&lines);
    let count = |start: &[&str]| calls.iter().filter(|call| call.iter().zip(start).all(|(a, b)| a == b)).count();
    let of = |kind: Kind| azure.iter().filter(|resource| resource.key.kind == kind).count();
    assert_eq!(count(&["group", "create"]), of(Kind::ResourceGroup));
    assert_eq!(count(&["identity", "create"]), of(Kind::Identity));
    assert_eq!(count(&["role", "assignment", "create"]), of(Kind::RoleAssignment));
    assert_eq!(count(&["deployment", "group", "create"]), of(Kind::Deployment));
    assert_eq!(count(&["identity", "federated-credential", "create"]), of(Kind::FederatedCredential));
    for variable in ["PLATFORM", "QA", "PRODUCTION"] {
        assert!(
            lines.iter().any(|line| line.contains(&format!("export AZURE_CLIENT_ID_DIABETES_{variable}="))),
            "{lines:#?}"
        );
    }
    // What the parameter file reads from the environment, and so what its JSON does not have.
    let platform = calls.iter().find(|call| call.contains(&"--name=platform".to_owned())).expect("it is deployed");
    for late in ["releasePipelineId=", "retrainPipelineId="] {
        assert!(platform.iter().any(|argument| argument.starts_with(late)), "{late}: {platform:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_waits_for_the_connection_with_a_comment() {
    let place = Place::new().await;
    let azure: Vec<Resource> = place.azure().cloned().collect();
    let lines = admin_commands(&azure, &State::new(), &place.tree);
    assert_eq!(lines.iter().filter(|line| line.starts_with("# trust of the service connection")).count(), 3);
    calls(&lines);
}

#[test]
fn hostile_values_stay_single_arguments() {
    let hostile = [
        "$(touch /tmp/x)",
        "`id`",
        "a'b\"c",
        "; rm -rf ~ #",
        "--output=table",
        "é ü\\",
        "$HOME",
        "*",
        "a\u{a0}b",
        "!!",
    ];
    for text in hostile {
        let group = Resource::new(Kind::ResourceGroup, text)
            .field("subscription", "s")
            .field("location", text)
            .field("tags.key", text);
        let tree = mlops_gen::tree::RenderedTree::default();
        let calls = calls(&admin_commands(&[group], &State::new(), &tree));
        let expected = [
            "group",
            "create",
            "--subscription=s",
            &format!("--name={text}"),
            &format!("--location={text}"),
            "--tags",
            &format!("key={text}"),
            "--output",
            "none",
            "",
        ];
        assert_eq!(calls, [expected.map(str::to_owned).to_vec()]);
    }
}
