//! What events start: the Logic Apps answer in time, lose nothing, and make one run of many files.

use mlops_gen::tree::RenderedTree;
use serde_json::{Map, Value};
use system_tests::render;

/// Specs of projects that events reach: no private network is around them.
fn specs() -> Vec<(String, std::path::PathBuf)> {
    let public =
        |spec: &std::path::Path| system_tests::project(spec).network == mlops_gen::project::network::Network::Public;
    let all: Vec<_> = system_tests::specs().into_iter().filter(|(_, spec)| public(spec)).collect();
    assert!(all.len() > 20, "only {} specs", all.len());
    all
}

/// Seconds that Event Grid waits for an answer.
const PATIENCE: u64 = 30;

fn walk<'a>(value: &'a Value, see: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            see(map);
            map.values().for_each(|value| walk(value, see));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

/// Actions of every workflow of a template, by name.
fn workflows(tree: &RenderedTree) -> Vec<&'static Map<String, Value>> {
    let template = tree.get("infra/platform/main.json").unwrap();
    let template: &'static Value = Box::leak(Box::new(serde_json::from_slice(&template.bytes).unwrap()));
    let mut found = Vec::new();
    walk(template, &mut |map| {
        if map.get("type").and_then(Value::as_str) == Some("Microsoft.Logic/workflows") {
            let actions = &map["properties"]["definition"]["actions"]["Is_handshake"]["else"]["actions"];
            found.push(actions.as_object().unwrap());
        }
    });
    found
}

fn seconds(action: &Value) -> u64 {
    let timeout = action.pointer("/limit/timeout").and_then(Value::as_str).unwrap_or("PT100S");
    timeout.trim_start_matches("PT").trim_end_matches('S').parse().unwrap()
}

/// The longest that `name` can take to end, with everything that it waits for.
fn latest(actions: &Map<String, Value>, name: &str) -> u64 {
    let action = &actions[name];
    let own = match action["type"].as_str().unwrap() {
        "Http" => seconds(action),
        "If" => action["actions"].as_object().unwrap().values().map(seconds).max().unwrap_or(0),
        _ => 0,
    };
    let before = action["runAfter"].as_object().into_iter().flat_map(Map::keys);
    own + before.map(|before| latest(actions, before)).max().unwrap_or(0)
}

#[test]
fn a_workflow_answers_before_event_grid_delivers_again() {
    let mut answers = 0;
    for (name, spec) in specs() {
        let tree = render(&spec);
        for actions in workflows(&tree) {
            let all = Value::Object(actions.clone());
            walk(&all, &mut |map| {
                if map.get("type").and_then(Value::as_str) == Some("Http") {
                    // By itself an action tries again for minutes.
                    assert_eq!(map["inputs"]["retryPolicy"]["type"], "none", "{name}");
                }
            });
            for (answer, _) in actions.iter().filter(|(_, action)| action["type"] == "Response") {
                assert!(latest(actions, answer) < PATIENCE, "{name}: {answer} takes {} s", latest(actions, answer));
                answers += 1;
            }
        }
    }
    assert!(answers >= 60, "only {answers} answers were seen");
}

#[test]
fn every_way_through_a_workflow_ends_in_an_answer() {
    let (_, spec) = specs().into_iter().find(|(name, _)| name == "out").unwrap();
    let tree = render(&spec);
    for actions in workflows(&tree) {
        let answers = |name: &str| actions.get(name).is_some_and(|action| action["type"] == "Response");
        // What comes after an answer decides nothing any more.
        let is_late = |action: &Value| action["runAfter"].as_object().is_some_and(|all| all.keys().any(|n| answers(n)));
        let deciding = actions.iter().filter(|(name, action)| !answers(name) && !is_late(action));
        for (name, action) in deciding {
            let followed = |state: &str| {
                let waits = |other: &&Value| {
                    other["runAfter"][name.as_str()].as_array().is_some_and(|states| states.iter().any(|s| s == state))
                };
                actions.values().filter(waits).count()
            };
            let states = if action["type"] == "If" {
                vec!["Succeeded", "Failed"]
            } else {
                vec!["Succeeded", "Failed", "TimedOut"]
            };
            for state in states {
                assert_eq!(followed(state), 1, "{name}, {state}");
            }
        }
    }
}

#[test]
fn a_second_delivery_is_done_with_only_when_the_run_is_started() {
    for (name, spec) in specs() {
        let template = render(&spec);
        let text = template.get("infra/platform/main.json").and_then(|file| file.text()).unwrap().to_owned();
        for actions in workflows(&template) {
            assert_eq!(actions["Claim"]["inputs"]["headers"]["x-ms-meta-state"], "claimed", "{name}");
            let mark = &actions["Mark_started"];
            assert_eq!(mark["runAfter"], serde_json::json!({"Run_pipeline": ["Succeeded"]}), "{name}");
            assert_eq!(mark["inputs"]["headers"]["x-ms-meta-state"], "started", "{name}");
            let answer = actions["Claim_refused"]["inputs"]["statusCode"].as_str().unwrap();
            for part in ["'done'", "200, 503"] {
                assert!(answer.contains(part), "{name}: {answer}");
            }
            // Only the claim that was looked at is let go, never one that came after it.
            let let_go = &actions["Is_over"]["actions"]["Let_go"]["inputs"];
            assert!(let_go["headers"]["If-Match"].as_str().unwrap().contains("ETag"), "{name}");
        }
        assert!(text.contains("-meta-state") && text.contains("and({0}, {1}, not({2}))"), "{name}");
    }
}

#[test]
fn a_model_is_known_by_the_beginning_of_the_subject_and_its_version_by_text_or_number() {
    for (name, spec) in specs() {
        let tree = render(&spec);
        let events = tree.get("infra/modules/events.bicep").and_then(|file| file.text()).unwrap();
        assert!(
            events.contains("subjectBeginsWith: 'models/${modelName}:'") && !events.contains("data.modelName"),
            "{name}"
        );
        assert!(events.contains("var eventVersion = 'string(${data}?[\\'modelVersion\\'])'"), "{name}");
    }
}

#[test]
fn many_files_that_arrive_together_start_one_run_that_waits_for_the_last() {
    let mut seen = 0;
    for (name, spec) in specs() {
        let tree = render(&spec);
        let events = tree.get("infra/modules/events.bicep").and_then(|file| file.text()).unwrap();
        let Some((_, arrived)) = events.split_once("module dataArrived") else { continue };
        let number = |text: &str, key: &str| -> u32 {
            let (_, rest) = text.split_once(key).unwrap_or_else(|| panic!("{name}: {key}"));
            rest.chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect::<String>()
                .parse()
                .unwrap()
        };
        // One claim for all of them, whatever they are called.
        assert!(arrived.contains("claim: 'data/arrived'\n"), "{name}");
        let retrain = tree.get("pipelines/retrain.yml").and_then(|file| file.text()).unwrap();
        assert!(number(retrain, "delayForMinutes:") > number(arrived, "windowMinutes:"), "{name}");
        assert!(retrain.contains("dependsOn: Settle\n"), "{name}");
        seen += 1;
    }
    assert!(seen >= 1);
}
