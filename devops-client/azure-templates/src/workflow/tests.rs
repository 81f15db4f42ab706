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
        "A": { "type": "ParseJson", "inputs": {} },
        "B": { "type": "Http", "inputs": { "method": "GET", "uri": "x", "cookie": 1, "authentication": { "type": "Basic" } }, "limit": { "runs": 1 } },
        "C": { "type": "If", "expression": { "matches": [1, 1] }, "actions": {}, "runAfter": { "D": ["Succeeded"] } },
        "E": { "type": "Compose", "inputs": 1, "runAfter": { "Z": ["Succeeded"] }, "trackedProperties": {} },
    });
    let wrong = workflow(actions, json!({ "recurrence": {} })).unwrap_err().join("\n");
    for part in [
        "trigger t: `recurrence` is not known",
        "action A: the type `ParseJson` of an action is not known",
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

/// A workflow that counts `v`, from 0, with these actions behind it, and its run; answers are those of services.
fn counted(actions: Value, answers: Vec<Result<Answer, Unanswered>>) -> (super::Ran, Told) {
    let mut actions = actions;
    let made = json!({ "variables": [{ "name": "v", "type": "integer", "value": 0 }] });
    actions["Made"] = json!({ "type": "InitializeVariable", "inputs": made });
    let mut world = told(answers);
    let read = workflow(actions, json!({})).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    (read.call("r", &json!({ "items": [3, 0, 4], "kind": "b", "number": 2 }), &mut world), world)
}

/// How the actions of that name ended, one after the other.
fn ends(ran: &super::Ran, name: &str) -> Vec<String> {
    let own = ran.runs[0].1.iter().filter(|(known, ..)| known == name);
    own.map(|(_, status, why)| if why.is_empty() { format!("{status:?}") } else { format!("{status:?}: {why}") })
        .collect()
}

#[test]
fn a_loop_goes_through_every_item_and_fails_if_one_did() {
    let add = |by: &str| json!({ "type": "IncrementVariable", "inputs": { "name": "v", "value": by } });
    let divide = json!({ "type": "Compose", "inputs": "@div(12, item())", "runAfter": { "Add": ["Succeeded"] } });
    let answer = |body: &str, state: &str| json!({ "type": "Response", "runAfter": { "Loop": [state] }, "inputs": { "statusCode": 200, "body": body } });
    let each = |list: &str, divide: &Value| json!({ "type": "Foreach", "foreach": list, "runAfter": { "Made": ["Succeeded"] }, "actions": { "Add": add("@items('Loop')"), "Divide": divide } });
    for (list, expected, body) in [
        ("@triggerBody()['items']", vec!["Succeeded", "Failed: div() divides by zero", "Succeeded"], "7"),
        ("@createArray(1, 2)", vec!["Succeeded", "Succeeded"], "3"),
        ("@skip(triggerBody()['items'], 3)", vec![], "0"),
    ] {
        let state = if expected.iter().all(|end| *end == "Succeeded") { "Succeeded" } else { "Failed" };
        let (ran, _) =
            counted(json!({ "Loop": each(list, &divide), "Answer": answer("@{variables('v')}", state) }), vec![]);
        let found = ends(&ran, "Divide");
        assert_eq!(found.len(), expected.len(), "{list}: {found:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.starts_with(&expected[..7]), "{list}: {found} {expected}");
        }
        assert_eq!((ends(&ran, "Loop"), ran.answer.1.body.as_str()), (vec![state.to_owned()], body), "{list}");
    }
    // what is in a loop is not there outside of it; what is no list fails
    let (ran, _) = counted(
        json!({ "Loop": each("@createArray(1)", &divide), "Answer": answer("@{outputs('Divide')}", "Succeeded") }),
        vec![],
    );
    assert_eq!(ends(&ran, "Answer"), ["Failed: the action 'Divide' has not run"]);
    let (ran, _) = counted(json!({ "Loop": each("@triggerBody()['kind']", &divide) }), vec![]);
    assert!(ends(&ran, "Loop")[0].contains("The result must be a valid array"), "{:?}", ends(&ran, "Loop"));
}

#[test]
fn an_item_is_that_of_the_innermost_loop_and_named_ones_are_reached() {
    let inner = json!({ "type": "Foreach", "operationOptions": "Sequential", "foreach": "@createArray('x', 'y')", "actions": {
        "Add": { "type": "SetVariable", "inputs": { "name": "v", "value": "@concat(string(variables('v')), ' ', item(), items('Outer'))" } } } });
    let outer = json!({ "type": "Foreach", "runtimeConfiguration": { "concurrency": { "repetitions": 1 } }, "foreach": "@triggerBody()['items']", "actions": { "Inner": inner }, "runAfter": { "Made": ["Succeeded"] } });
    let answer = json!({ "type": "Response", "runAfter": { "Outer": ["Succeeded"] }, "inputs": { "statusCode": 200, "body": "@variables('v')" } });
    let (ran, _) = counted(json!({ "Outer": outer, "Answer": answer }), vec![]);
    assert_eq!(ran.answer.1.body, "0 x3 y3 x0 y0 x4 y4", "{:?}", ran.runs);
}

#[test]
fn a_switch_carries_out_the_case_that_is_equal_and_else_its_default() {
    let set = |text: &str| json!({ "actions": { text: { "type": "SetVariable", "inputs": { "name": "v", "value": text } } } });
    let case = |value: Value, text: &str| {
        let mut all = set(text);
        all["case"] = value;
        all
    };
    for (expression, expected) in [
        ("@triggerBody()['kind']", "text"),
        ("@triggerBody()['number']", "number"),
        // a text is no number, and small letters are not capitals
        ("@string(triggerBody()['number'])", "other"),
        ("@toUpper(triggerBody()['kind'])", "other"),
    ] {
        let switch = json!({ "type": "Switch", "expression": expression, "runAfter": { "Made": ["Succeeded"] },
            "cases": { "A": case(json!("b"), "text"), "B": case(json!(2), "number") }, "default": set("other") });
        let answer = json!({ "type": "Response", "runAfter": { "Switch": ["Succeeded"] }, "inputs": { "statusCode": 200, "body": "@variables('v')" } });
        let (ran, _) = counted(json!({ "Switch": switch, "Answer": answer }), vec![]);
        assert_eq!(ran.answer.1.body, expected, "{expression}");
        for name in ["text", "number", "other"] {
            assert_eq!(
                ends(&ran, name),
                [if name == expected { "Succeeded" } else { "Skipped" }],
                "{expression} {name}"
            );
        }
    }
}

#[test]
fn a_loop_goes_on_until_its_condition_is_met_or_a_limit_is_reached() {
    let answer = |status: u16| Ok(Answer { status, ..Answer::default() });
    let ask =
        json!({ "type": "Http", "inputs": { "method": "GET", "uri": "https://a", "retryPolicy": { "type": "none" } } });
    let wait = json!({ "type": "Wait", "inputs": { "interval": { "count": 9, "unit": "Second" } }, "runAfter": { "H": ["Succeeded", "Failed"] } });
    let strict = json!("FailWhenLimitsReached");
    for (limit, option, answers, expected, seconds) in [
        // failures before the last iteration do not count
        (json!({}), Value::Null, vec![404, 404, 200], "Succeeded", 30),
        (json!({ "count": 2 }), Value::Null, vec![202, 202], "Succeeded", 20),
        (
            json!({ "count": 2 }),
            strict.clone(),
            vec![202, 202],
            "Failed: the loop has reached its limits after 2 iterations, and its condition is not met",
            20,
        ),
        // the iteration that is under way comes to its end
        (json!({ "timeout": "PT15S" }), Value::Null, vec![202, 202], "Succeeded", 20),
        (json!({ "timeout": "PT15S" }), strict, vec![202, 200], "Succeeded", 20),
    ] {
        let mut until = json!({ "type": "Until", "expression": "@equals(outputs('H')?['statusCode'], 200)", "limit": limit, "actions": { "H": ask, "Wait": wait } });
        if !option.is_null() {
            until["operationOptions"] = option.clone();
        }
        let (ran, world) = counted(json!({ "Loop": until }), answers.iter().map(|status| answer(*status)).collect());
        let took = world.now - told(vec![]).now;
        assert_eq!((ends(&ran, "Loop"), took.get_seconds()), (vec![expected.to_owned()], seconds), "{limit} {option}");
        assert!(world.answers.is_empty(), "{limit} {option}");
    }
    // without a word there are sixty iterations
    let count = json!({ "type": "Until", "expression": "@equals(1, 2)", "actions": { "Add": { "type": "IncrementVariable", "inputs": { "name": "v" } } }, "runAfter": { "Made": ["Succeeded"] } });
    let said = json!({ "type": "Response", "runAfter": { "Loop": ["Succeeded"] }, "inputs": { "statusCode": 200, "body": "@{variables('v')}" } });
    assert_eq!(counted(json!({ "Loop": count, "Answer": said }), vec![]).0.answer.1.body, "60");
}

#[test]
fn what_does_not_go_in_loops_and_branches_is_refused() {
    let actions = json!({
        "A": { "type": "Foreach", "foreach": "@createArray(1)", "operationOptions": "Sequential", "runtimeConfiguration": { "concurrency": { "repetitions": 51 } },
            "actions": { "R": { "type": "Response", "inputs": { "statusCode": 200 } }, "S": { "type": "Scope", "actions": { "T": { "type": "Terminate", "inputs": { "runStatus": "Failed" } } } } } },
        "B": { "type": "Switch", "expression": 1, "cases": { "One": { "case": true, "actions": {} }, "Two": { "case": "x", "actions": {} }, "Three": { "case": "x", "actions": {}, "also": 1 } } },
        "C": { "type": "Until", "expression": "@equals(1, 1)", "limit": { "count": 5001, "timeout": "soon", "cost": 1 }, "actions": {}, "operationOptions": "Sequential" },
        "D": { "type": "Wait", "inputs": { "interval": { "count": 1, "unit": "Fortnight" } } },
        "E": { "type": "Foreach", "actions": {} },
    });
    let wrong = workflow(actions, json!({})).unwrap_err().join("\n");
    for part in [
        "action A: a Foreach has `operationOptions` or `repetitions`, not both",
        "action A: `repetitions` of a Foreach is a number from 1 to 50, not 51",
        "action A: an action Response stands in no loop",
        "action A: an action Terminate stands in no loop",
        "action B: case One of a Switch is a text or a whole number, not true",
        " of a Switch is that of another",
        "action B: `also` is not known",
        "action C: `limit.count` of an Until is a number from 1 to 5000, not 5001",
        "action C: `limit.timeout` of an Until is a duration such as PT1H, not \"soon\"",
        "action C: `cost` is not known",
        "action C: the option Sequential of an Until is not known",
        "action D: the unit `Fortnight` of a Wait is not known",
        "action E: a Foreach has `foreach`",
    ] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
}
