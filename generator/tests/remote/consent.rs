//! Every way to say no, and what is shown before one says yes. Secrets are in nothing that is shown or written.

use devops_emulator::Running;

use crate::remote::program::{folder, program, run};
use crate::remote::world::{TOKEN, emulator, emulator_with, known, reference, writes};
use crate::terminal::OnTerminal;

/// Runs the program on a terminal with answers to what it asks.
async fn on_terminal(emulator: &Running, arguments: &[&str], answers: &[(&str, &str)]) -> (Option<i32>, String) {
    let (code, text) = OnTerminal::answered(program(emulator, arguments), answers).await;
    assert!(!text.contains(TOKEN));
    (code, text)
}

const APPLY: [&str; 3] = ["apply", "--only", "devops"];
const DESTROY: [&str; 3] = ["destroy", "--only", "devops"];

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_asks_and_can_be_declined() {
    let emulator = emulator(&known()).await;
    run(&emulator, &APPLY).await.code(1).says("--yes");
    let (code, text) = on_terminal(&emulator, &APPLY, &[("Apply now?", "n")]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("declined; nothing was done") && text.contains("to create"), "{text}");
    assert_eq!(writes(&emulator), 0);
    let (code, text) = on_terminal(&emulator, &APPLY, &[("Apply now?", "y")]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(writes(&emulator) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_shows_what_goes_asks_for_the_name_and_can_be_declined_twice() {
    let (_, state) = reference().await;
    let emulator = emulator_with(state).await;
    let name = known().project.name.to_string();
    let yes = [&DESTROY[..], &["--yes"]].concat();
    run(&emulator, &DESTROY).await.code(1).says("to delete").says(&format!("--confirm {name}"));
    run(&emulator, &yes).await.code(1).says(&format!("--confirm {name}"));
    run(&emulator, &[&yes[..], &["--confirm", "another"]].concat()).await.code(1).says("deletes data for good");
    run(&emulator, &[&DESTROY[..], &["--confirm", &name]].concat()).await.code(1).says("--yes");
    let typed = "Type the project's name";
    let (code, text) = on_terminal(&emulator, &DESTROY, &[(typed, "nothing\r")]).await;
    assert!(code == Some(1) && text.contains("declined; nothing was done") && text.contains("repository/"), "{text}");
    let (code, text) = on_terminal(&emulator, &yes, &[(typed, "\r")]).await;
    assert!(code == Some(1) && text.contains("declined"), "--yes does not stand for the name: {text}");
    let right = format!("{name}\r");
    let (code, text) = on_terminal(&emulator, &DESTROY, &[(typed, &right), ("Destroy now?", "n")]).await;
    assert!(code == Some(1) && text.contains("declined"), "{text}");
    assert_eq!(writes(&emulator), 0);
    let (code, text) = on_terminal(&emulator, &DESTROY, &[(typed, &right), ("Destroy now?", "y")]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("the team project stays"), "{text}");
    run(&emulator, &DESTROY).await.code(0).says("nothing is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_kept_when_asked_and_then_yes_is_enough() {
    let (_, state) = reference().await;
    let emulator = emulator_with(state).await;
    run(&emulator, &["destroy", "--only", "devops", "--keep", "data", "--yes"]).await.code(0);
    let repository = known().project.devops.repository.as_str().to_owned();
    let state = emulator.state();
    let kept = state.repositories.values().find(|r| r.deleted.is_none() && r.name == repository).unwrap();
    assert!(kept.refs.contains_key("refs/heads/main"), "{:?}", kept.refs.keys());
    assert_eq!((state.endpoints.len(), state.groups.len(), state.definitions.len()), (0, 0, 0));
    run(&emulator, &["destroy", "--only", "devops", "--keep", "nonsense"]).await.code(2).says("names no resource");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_wanted_is_deleted_after_asking_only() {
    let (_, state) = reference().await;
    let emulator = emulator_with(state).await;
    let state = emulator.state();
    let group = state.groups.values().next().unwrap();
    let mut extra = serde_json::to_value(group).unwrap();
    extra["id"] = 999.into();
    extra["name"] = "left-over".into();
    for reference in extra["references"].as_array_mut().unwrap() {
        reference["name"] = "left-over".into();
    }
    emulator.with_state(|state| state.groups.insert(999, serde_json::from_value(extra).unwrap()));
    run(&emulator, &APPLY).await.code(1).says("- variable-group/left-over").says("--yes");
    let (code, text) = on_terminal(&emulator, &APPLY, &[("Apply now?", "n")]).await;
    assert!(code == Some(1) && text.contains("1 to delete"), "{text}");
    assert!(emulator.state().groups.contains_key(&999));
    run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(0);
    assert!(!emulator.state().groups.contains_key(&999));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_made_is_taken_over_only_by_name() {
    let emulator = emulator(&known()).await;
    run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(0);
    let (id, name) = emulator.with_state(|state| {
        let group = state.groups.values_mut().next().unwrap();
        group.description = "made by hand".into();
        (group.id, group.name.clone())
    });
    emulator.clear_requests();
    let adopt = format!("variable-group/{name}");
    run(&emulator, &["plan", "--only", "devops"]).await.code(2).says(&format!("--adopt {adopt}"));
    run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(2).says(&format!("--adopt {adopt}"));
    run(&emulator, &["destroy", "--yes", "--keep", "data", "--only", "devops"]).await.code(0);
    assert_eq!(emulator.state().groups[&id].description, "made by hand", "not ours, not touched");
    let all = ["apply", "--yes", "--only", "devops", "--adopt", &adopt];
    run(&emulator, &all).await.code(0).says("ours from now on");
    run(&emulator, &["plan", "--only", "devops"]).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_carried_out_unless_the_world_has_moved() {
    let emulator = emulator(&known()).await;
    let saved = tempfile::TempDir::new().unwrap();
    let file = saved.path().join("plan.json");
    let file = file.to_str().unwrap();
    run(&emulator, &["plan", "--only", "devops", "--out", file]).await.code(1).says("saved");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.contains(TOKEN) && text.contains("\"state\""));
    let spare = saved.path().join("spare.json");
    std::fs::write(&spare, &text).unwrap();
    run(&emulator, &["apply", file]).await.code(0);
    let before = writes(&emulator);
    run(&emulator, &["apply", spare.to_str().unwrap()]).await.code(1).says("resources have changed");
    std::fs::write(&spare, "{}").unwrap();
    run(&emulator, &["apply", spare.to_str().unwrap()]).await.code(2).says("no saved plan");
    assert_eq!(writes(&emulator), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_the_rendered_ones_are_not_applied() {
    let emulator = emulator(&known()).await;
    let other = tempfile::TempDir::new().unwrap();
    std::fs::copy(folder().join("mlops.yaml"), other.path().join("mlops.yaml")).unwrap();
    let spec = other.path().join("mlops.yaml");
    let spec = spec.to_str().unwrap();
    run(&emulator, &["apply", "--yes", "--only", "devops", "--spec", spec]).await.code(1).says("mlops-gen render");
    run(&emulator, &["plan", "--only", "devops", "--spec", spec]).await.code(2).says("mlops-gen render");
    assert_eq!(emulator.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_file_or_trace_holds_a_secret() {
    let emulator = emulator(&known()).await;
    let saved = tempfile::TempDir::new().unwrap();
    let file = saved.path().join("plan.json");
    let file = file.to_str().unwrap();
    let name = known().project.name.to_string();
    let commands: [&[&str]; 6] = [
        &["plan", "--only", "devops", "--out", file],
        &["--json", "plan", "--only", "devops"],
        &["--json", "apply", "--yes", "--only", "devops"],
        &["plan", "--only", "devops"],
        &["--json", "destroy", "--only", "devops"],
        &["destroy", "--yes", "--confirm", &name, "--only", "devops"],
    ];
    let mut traced = 0;
    for arguments in commands {
        let mut command = program(&emulator, arguments);
        command.env("MLOPS_GEN_LOG", "trace");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        for bytes in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains(TOKEN), "{arguments:?}");
            let encoded = base64(&format!(":{TOKEN}"));
            assert!(!text.contains(&encoded), "{arguments:?}");
            traced += text.matches("TRACE").count() + text.matches("DEBUG").count();
        }
    }
    assert!(traced > 100, "the trace is on: {traced} lines");
    assert!(!std::fs::read_to_string(file).unwrap().contains(TOKEN));
}

/// The form in which a personal access token goes over the wire.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.as_bytes().chunks(3).flat_map(|chunk| {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).map(move |n| DIGITS[(bits >> (18 - 6 * n) & 63) as usize] as char)
    });
    digits.collect()
}
