use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Host, Request, Unanswered, Workflow};

/// A host in which each request takes a second and the answers are given.
struct Told {
    now: Timestamp,
    answers: Vec<Result<Answer, Unanswered>>,
    asked: Vec<Request>,
}

impl Host for Told {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn wait(&mut self, time: SignedDuration) {
        self.now += time;
    }

    fn send(&mut self, request: &Request) -> Result<Answer, Unanswered> {
        self.asked.push(request.clone());
        self.now += SignedDuration::from_secs(1);
        self.answers.remove(0)
    }
}

fn workflow(actions: Value, trigger: Value) -> Result<Workflow, Vec<String>> {
    let mut trigger = trigger;
    trigger["type"] = json!("Request");
    Workflow::read(&json!({
        "name": "w",
        "identity": { "type": "UserAssigned", "userAssignedIdentities": { "/id/A": {} } },
        "properties": {
            "definition": { "parameters": { "p": { "type": "String", "defaultValue": "d" } }, "triggers": { "t": trigger }, "actions": actions },
        },
    }))
}

fn told(answers: Vec<Result<Answer, Unanswered>>) -> Told {
    Told { now: "2031-04-17T12:00:00Z".parse().unwrap(), answers, asked: Vec::new() }
}

/// What a Response says whose body is that expression.
fn worth(expression: &str) -> Result<String, String> {
    let respond = json!({ "type": "Response", "inputs": { "statusCode": 200, "body": expression } });
    let before = json!({ "type": "Compose", "inputs": { "a": [1, { "b": null }] } });
    let mut respond = respond;
    respond["runAfter"] = json!({ "Before": ["Succeeded"] });
    let read = workflow(json!({ "Before": before, "Answer": respond }), json!({})).map_err(|all| all.join("; "))?;
    let ran = read.call("r", &json!([{ "id": "x y", "data": { "modelVersion": 7 } }]), &mut told(Vec::new()));
    let why = ran.runs[0].1.iter().map(|(_, _, why)| why.as_str()).collect::<String>();
    if why.is_empty() { Ok(ran.answer.1.body) } else { Err(why) }
}

#[test]
fn expressions_are_worth_what_the_reference_says() {
    for (expression, expected) in [
        ("plain", Ok("plain")),
        ("@@plain", Ok("@plain")),
        ("@parameters('p')", Ok("d")),
        ("a @{parameters('p')}-@{add(1, 2)} z", Ok("a d-3 z")),
        ("@triggerBody()[0]['id']", Ok("x y")),
        ("@{encodeUriComponent(triggerBody()?[0]?['id'])}", Ok("x%20y")),
        ("@string(triggerBody()?[0]?['data']?['modelVersion'])", Ok("7")),
        ("@{triggerBody()?[5]?['id']}", Ok("")),
        ("@triggerBody()[5]", Err("property '5' doesn't exist in an array")),
        ("@triggerBody()?[0].gone", Err("property 'gone' doesn't exist in an object")),
        ("@string(outputs('Before')['a'][1]?.b?.c)", Ok("")),
        ("@outputs('Later')", Err("the action 'Later' has not run")),
        ("@if(equals(1, 1), 'it''s', outputs('Later'))", Ok("it's")),
        ("@{and(true, or(false, not(less('b', 'a'))))}", Ok("True")),
        ("@utcNow()", Ok("2031-04-17T12:00:00.0000000Z")),
        ("@formatDateTime(utcNow(), 'r')", Ok("Thu, 17 Apr 2031 12:00:00 GMT")),
        ("@addMinutes('2031-04-17T12:00:00Z', -15)", Ok("2031-04-17T11:45:00.0000000Z")),
        ("@coalesce(null, triggerBody()?[1], 'c')", Ok("c")),
        ("@xpath('a')", Err("workflow w: action Answer: the function xpath() is not known")),
        ("@concat('a'", Err("workflow w: action Answer: `@concat('a'`: the arguments of concat() are not closed")),
    ] {
        let found = worth(expression);
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{expression}");
    }
}

#[test]
fn what_is_not_known_is_refused_by_name_all_at_once() {
    let actions = json!({
        "A": { "type": "Foreach", "foreach": "@triggerBody()", "actions": {} },
        "B": { "type": "Http", "inputs": { "method": "GET", "uri": "x", "cookie": 1, "authentication": { "type": "Basic" } }, "limit": { "runs": 1 } },
        "C": { "type": "If", "expression": { "matches": [1, 1] }, "actions": {}, "runAfter": { "D": ["Succeeded"] } },
        "E": { "type": "Compose", "inputs": 1, "runAfter": { "Z": ["Succeeded"] }, "trackedProperties": {} },
    });
    let wrong = workflow(actions, json!({ "recurrence": {} })).unwrap_err().join("\n");
    for part in [
        "trigger t: `recurrence` is not known",
        "action A: the type `Foreach` of an action is not known",
        "action B: `inputs.cookie` of an Http action is not known",
        "action B: `limit.runs` is not known",
        "action B: the authentication \"Basic\" of an Http action is not known",
        "action C: the operator `matches` of a condition is not known",
        "action E: `trackedProperties` is not known",
        "`runAfter` of E names what is not there",
    ] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
    let both = workflow(
        json!({ "R": { "type": "Response", "inputs": { "statusCode": 200 } } }),
        json!({ "splitOn": "@triggerBody()" }),
    );
    assert!(both.unwrap_err()[0].contains("`splitOn` does not go with"));
}

#[test]
fn requests_are_repeated_by_their_policy_and_sign_in_as_an_identity_of_the_workflow() {
    let ok = || Ok(Answer { status: 201, ..Answer::default() });
    let busy = || Ok(Answer { status: 503, ..Answer::default() });
    let gone = || Err(Unanswered::Failed("nobody is there".to_owned()));
    let late = || Err(Unanswered::TimedOut);
    let ask = |policy: Value, id: &str| {
        let sign_in = json!({ "type": "ManagedServiceIdentity", "identity": id, "audience": "https://x" });
        let http = json!({ "type": "Http", "inputs": { "method": "put", "uri": "https://a/@{parameters('p')}", "body": { "a": "@parameters('p')" }, "retryPolicy": policy, "authentication": sign_in } });
        let answer = |name: &str, state: &str, code: u16| json!({ "type": "Response", "runAfter": { name: [state] }, "inputs": { "statusCode": code } });
        let actions = json!({ "H": http, "Good": answer("H", "Succeeded", 200), "Bad": answer("H", "Failed", 500), "Late": answer("H", "TimedOut", 504) });
        workflow(actions, json!({})).unwrap()
    };
    let (none, two) = (json!({ "type": "none" }), json!({ "type": "fixed", "count": 2, "interval": "PT20S" }));
    for (policy, id, answers, status, seconds) in [
        (&none, "/id/a", vec![ok()], 200, 1),
        (&none, "/id/a", vec![busy()], 500, 1),
        (&none, "/id/a", vec![late()], 504, 1),
        (&two, "/id/a", vec![busy(), gone(), ok()], 200, 43),
        (&two, "/id/a", vec![gone(), gone(), gone()], 500, 43),
        (&none, "/id/other", vec![], 500, 0),
    ] {
        let mut host = told(answers);
        let began = host.now;
        let ran = ask(policy.clone(), id).call("r", &json!({}), &mut host);
        assert_eq!((ran.answer.1.status, (host.now - began).get_seconds()), (status, seconds), "{policy} {id}");
        assert!(host.answers.is_empty());
        for asked in &host.asked {
            assert_eq!(
                (asked.method.as_str(), asked.uri.as_str(), asked.body.as_str()),
                ("PUT", "https://a/d", r#"{"a":"d"}"#)
            );
            assert_eq!(asked.identity.as_ref().unwrap().resource.as_deref(), Some(id));
        }
    }
}

#[test]
fn a_run_that_is_terminated_as_succeeded_has_succeeded_whatever_failed_before() {
    let ask =
        json!({ "type": "Http", "inputs": { "method": "GET", "uri": "https://a", "retryPolicy": { "type": "none" } } });
    let end = json!({ "type": "Terminate", "runAfter": { "H": ["Failed"] }, "inputs": { "runStatus": "Succeeded" } });
    let after = json!({ "type": "Compose", "runAfter": { "H": ["Succeeded"] }, "inputs": 1 });
    let read = workflow(json!({ "H": ask, "End": end, "After": after }), json!({})).unwrap();
    let taken = Ok(Answer { status: 409, ..Answer::default() });
    assert_eq!(read.call("r", &json!({}), &mut told(vec![taken])).runs[0].0, super::Status::Succeeded);
}

#[test]
fn a_trigger_splits_skips_and_a_run_ends_as_its_last_actions_do() {
    let set = |value: &str, after: Value| json!({ "type": "SetVariable", "runAfter": after, "inputs": { "name": "v", "value": value } });
    let made = json!({ "type": "InitializeVariable", "inputs": { "variables": [{ "name": "v", "type": "string", "value": "@triggerBody()" }] } });
    let end = json!({ "type": "Terminate", "runAfter": { "Check": ["Succeeded"] }, "inputs": { "runStatus": "Failed", "runError": { "code": "1", "message": "@variables('v')" } } });
    let check = json!({ "type": "If", "runAfter": { "Made": ["Succeeded"] }, "expression": { "or": [{ "equals": ["@variables('v')", "b"] }, { "not": { "contains": ["@variables('v')", "a"] } }] }, "actions": { "Set": set("c", json!({})) }, "else": { "actions": { "Odd": { "type": "Compose", "inputs": "@int(variables('v'))" } } } });
    let trigger =
        json!({ "splitOn": "@triggerBody()", "conditions": [{ "expression": "@greater(length(triggerBody()), 1)" }] });
    let read = workflow(json!({ "Made": made, "Check": check, "End": end }), trigger).unwrap();
    let ran = read.call("r", &json!(["a", "b"]), &mut told(Vec::new()));
    assert_eq!(ran.answer.1.status, 202);
    let of = |run: usize, name: &str| {
        ran.runs[run].1.iter().find(|(known, ..)| known == name).map(|(_, status, _)| format!("{status:?}"))
    };
    assert_eq!(
        (of(0, "Odd").as_deref(), of(0, "Check").as_deref(), of(0, "End").as_deref()),
        (Some("Failed"), Some("Failed"), Some("Skipped"))
    );
    assert_eq!((of(1, "Set").as_deref(), of(1, "End").as_deref()), (Some("Succeeded"), Some("Succeeded")));
    assert_eq!(
        (format!("{:?}", ran.runs[0].0), format!("{:?}", ran.runs[1].0)),
        ("Failed".to_owned(), "Failed".to_owned())
    );
    assert!(read.call("r", &json!(["a"]), &mut told(Vec::new())).runs.is_empty(), "the condition is not met");
}
