//! Small templates and what a deployment of them makes.

use serde_json::{Map, Value, json};

use super::{Known, Made, Setting, evaluate, evaluate_with, public_cloud};

fn setting() -> Setting {
    Setting {
        subscription: "sub".to_owned(),
        tenant: "ten".to_owned(),
        resource_group: Some("group".to_owned()),
        location: Some("westeurope".to_owned()),
        deployment: "main".to_owned(),
    }
}

fn made(template: &Value) -> Result<Made, String> {
    evaluate(template, &Map::new(), &setting())
}

/// The value of one expression, where the parameter `later` is only known while the deployment runs.
fn worth(expression: &str) -> Result<Value, String> {
    let template = json!({
        "parameters": { "later": { "type": "string", "defaultValue": "[reference('x', '1').y]" } },
        "resources": [],
        "outputs": { "it": { "type": "string", "value": format!("[{expression}]") } },
    });
    made(&template).map(|made| made.outputs["it"].clone())
}

#[test]
fn values_are_those_of_the_services_own_engine() {
    for (expression, value) in [
        ("format('{0:N0} {1,4}|{1,-4}|{2:D3}', 1234567, 'ab', 7)", json!("1,234,567   ab|ab  |007")),
        ("substring('abcdef', 2, 3)", json!("cde")),
        ("lastIndexOf('aBcab', 'AB')", json!(3)),
        ("split('a,b;c', createArray(',', ';'))", json!(["a", "b", "c"])),
        ("uriComponentToString(uriComponent('ä b/c'))", json!("ä b/c")),
        ("uri('https://a.example/b/c', '../d')", json!("https://a.example/b/../d")),
        (
            "union(createObject('a', createObject('b', 1)), createObject('A', createObject('c', 2)))",
            json!({ "a": { "b": 1, "c": 2 } }),
        ),
        ("intersection(createArray(1, 2), createArray(2, 3))", json!([2])),
        (
            "sort(createArray('b', 'A'), lambda('x', 'y', less(lambdaVariables('x'), lambdaVariables('y'))))",
            json!(["A", "b"]),
        ),
        ("reduce(range(1, 4), 0, lambda('all', 'x', add(lambdaVariables('all'), lambdaVariables('x'))))", json!(10)),
        ("tryGet(createObject('a', createArray(1)), 'a', 3)", json!(null)),
        ("indexFromEnd(createArray(1, 2, 3), 1)", json!(3)),
        ("dateTimeAdd('2026-02-28T23:00:00Z', 'PT2H')", json!("2026-03-01T01:00:00Z")),
        ("cidrSubnet('10.1.0.0/16', 20, 15)", json!("10.1.240.0/20")),
        ("cidrHost('10.0.0.0/30', 1)", json!("10.0.0.2")),
        ("div(-7, 2)", json!(-3)),
        ("string(createObject('a', createArray(true(), null())))", json!("{\"a\":[true,null]}")),
        ("json('9223372036854775807')", json!(9_223_372_036_854_775_807_i64)),
        (
            "resourceId('other', 'A.B/c/d', 'x', 'y')",
            json!("/subscriptions/sub/resourceGroups/other/providers/A.B/c/x/d/y"),
        ),
        ("length(base64ToString(base64('\u{1f9ea}')))", json!(2)),
    ] {
        assert_eq!(worth(expression), Ok(value), "{expression}");
    }
}

#[test]
fn what_only_azure_knows_stays_open_and_decides_nothing() {
    for (expression, value) in [
        ("concat('a', parameters('later'))", json!("[concat('a', reference('x', '1').y)]")),
        ("and(false(), equals(parameters('later'), 'a'))", json!(false)),
        ("or(equals(1, 1), empty(parameters('later')))", json!(true)),
        ("if(equals(parameters('later'), 'a'), add(1, 2), 4)", json!("[if(equals(reference('x', '1').y, 'a'), 3, 4)]")),
        ("length(createArray(parameters('later'), 1))", json!(2)),
        ("createObject('a', 1, 'b', parameters('later')).a", json!(1)),
        ("coalesce(null(), 'a', parameters('later'))", json!("a")),
        ("environment().suffixes.storage", json!("[environment().suffixes.storage]")),
    ] {
        assert_eq!(worth(expression), Ok(value), "{expression}");
    }
}

#[test]
fn what_has_no_value_says_why() {
    for (expression, message) in [
        ("int('many')", "is no number"),
        ("substring('abc', 2, 5)", "of a text that has 3"),
        ("div(1, 0)", "has no value"),
        ("createArray(1)[4]", "no item 4 of 1"),
        ("variables('gone')", "no variable `gone`"),
        ("fail('stop here')", "stop here"),
        ("toLower(1)", "does not take a number"),
        ("cidrSubnet('10.0.0.0/24', 16, 0)", "no subnet 0 of 16 bits"),
        ("concat('a'", "are not closed"),
    ] {
        let error = worth(expression).expect_err(expression);
        assert!(error.contains(message), "{expression}: {error}");
    }
}

#[test]
fn loops_and_conditions_of_resources_are_carried_out() {
    let template = json!({
        "variables": { "copy": [{ "name": "sizes", "count": 2, "input": "[mul(copyIndex('sizes'), 10)]" }] },
        "resources": [
            {
                "copy": { "name": "each", "count": 3 },
                "condition": "[not(equals(copyIndex(), 1))]",
                "type": "A.B/c/d",
                "apiVersion": "1",
                "name": "[format('top/{0}', copyIndex('each'))]",
                "dependsOn": ["[resourceId('A.B/c', 'top')]"],
                "properties": { "copy": [{ "name": "list", "count": 2, "input": { "at": "[copyIndex('list')]", "of": "[copyIndex()]" } }] }
            },
            { "type": "E.F/g", "apiVersion": "1", "scope": "[resourceId('A.B/c', 'top')]", "name": "on", "size": "[variables('sizes')[1]]" },
            { "condition": "[equals(reference('x', '1').y, 'a')]", "type": "A.B/c", "apiVersion": "1", "name": "maybe" },
            { "existing": true, "type": "A.B/c", "apiVersion": "1", "name": "there" }
        ]
    });
    let resources = made(&template).unwrap().resources;
    let group = "/subscriptions/sub/resourceGroups/group/providers";
    let expected = json!([
        {
            "id": format!("{group}/A.B/c/top/d/0"), "type": "A.B/c/d", "name": "top/0", "apiVersion": "1",
            "properties": { "list": [{ "at": 0, "of": 0 }, { "at": 1, "of": 0 }] }
        },
        {
            "id": format!("{group}/A.B/c/top/d/2"), "type": "A.B/c/d", "name": "top/2", "apiVersion": "1",
            "properties": { "list": [{ "at": 0, "of": 2 }, { "at": 1, "of": 2 }] }
        },
        { "id": format!("{group}/A.B/c/top/providers/E.F/g/on"), "type": "E.F/g", "name": "on", "apiVersion": "1", "size": 10 },
        {
            "id": format!("{group}/A.B/c/maybe"), "type": "A.B/c", "name": "maybe", "apiVersion": "1",
            "condition": "[equals(reference('x', '1').y, 'a')]"
        }
    ]);
    assert_eq!(json!(resources), expected);
}

fn nested(name: &str, given: &str) -> Value {
    json!({
        "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": name, "resourceGroup": "other",
        "properties": {
            "expressionEvaluationOptions": { "scope": "inner" }, "mode": "Incremental",
            "parameters": { "text": { "value": given } },
            "template": {
                "parameters": { "text": { "type": "string" } },
                "resources": [{ "type": "A.B/c", "apiVersion": "1", "name": "[parameters('text')]", "location": "[resourceGroup().location]" }],
                "outputs": { "text": { "type": "string", "value": "[concat(parameters('text'), '!')]" } }
            }
        }
    })
}

fn output_of(name: &str) -> String {
    let id = format!("/subscriptions/sub/resourceGroups/other/providers/Microsoft.Resources/deployments/{name}");
    format!("[reference('{id}', '1').outputs.text.value]")
}

#[test]
fn nested_deployments_hand_on_their_outputs_whatever_their_order() {
    let template = json!({ "resources": [nested("second", &output_of("first")), nested("first", "x")] });
    let resources = made(&template).unwrap().resources;
    assert_eq!((&resources[0]["name"], &resources[1]["name"]), (&json!("x!"), &json!("x")));
    assert_eq!(resources[0]["id"], "/subscriptions/sub/resourceGroups/other/providers/A.B/c/x!");
    // The region of another group is only known there.
    assert_eq!(resources[0]["location"], "[resourceGroup().location]");
}

#[test]
fn deployments_that_wait_for_each_other_are_refused() {
    let template = json!({ "resources": [nested("a", &output_of("b")), nested("b", &output_of("a"))] });
    assert!(made(&template).unwrap_err().contains("in a circle"));
}

#[test]
fn nothing_is_hashed_from_an_id_that_is_not_known() {
    let template = json!({
        "resources": [],
        "outputs": { "it": { "type": "string", "value": "[guid(resourceGroup().id, 'x')]" } }
    });
    let unknown = Setting { subscription: "$SUBSCRIPTION".to_owned(), ..setting() };
    let made = evaluate(&template, &Map::new(), &unknown).unwrap();
    assert_eq!(made.outputs["it"], "[guid('/subscriptions/$SUBSCRIPTION/resourceGroups/group', 'x')]");
}

#[test]
fn parameters_are_those_of_the_template() {
    let template = json!({ "parameters": { "size": { "type": "int" } }, "resources": [] });
    assert!(made(&template).unwrap_err().contains("`size` has no value"));
    let given = json!({ "colour": { "value": 1 } });
    let error = evaluate(&template, given.as_object().unwrap(), &setting()).unwrap_err();
    assert!(error.contains("declares no parameter `colour`"));
}

/// What a deployment knows that is carried out.
struct Told;

impl Known for Told {
    fn reference(&self, id: &str, full: bool) -> Option<Value> {
        let own = json!({ "principalId": "p-1" });
        id.ends_with("/userAssignedIdentities/i")
            .then(|| if full { json!({ "location": "west", "properties": own }) } else { own })
    }

    fn list(&self, function: &str, id: &str) -> Option<Value> {
        Some(json!({ "value": format!("https://x{id}?{function}") }))
    }

    fn secret(&self, vault: &str, name: &str) -> Result<Option<Value>, String> {
        if vault.ends_with("/v") { Ok(Some(json!(format!("the {name}")))) } else { Err(format!("there is no {vault}")) }
    }

    fn environment(&self) -> Option<Value> {
        Some(public_cloud())
    }

    fn deployer(&self) -> Option<Value> {
        Some(json!({ "objectId": "o-1", "tenantId": "t" }))
    }

    fn now(&self) -> Option<String> {
        Some("20310417T230000Z".to_owned())
    }
}

#[test]
fn what_is_known_of_azure_takes_part() {
    let identity = "resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'i')";
    let inner = json!({
        "$schema": "s", "contentVersion": "1.0.0.0",
        "parameters": { "key": { "type": "secureString" } },
        "resources": [{ "type": "A/b", "apiVersion": "v", "name": "[uniqueString(parameters('key'))]", "properties": { "key": "[parameters('key')]" } }],
    });
    let template = |vault: &str| {
        json!({
            "parameters": { "ends": { "type": "string", "defaultValue": "[dateTimeAdd(utcNow(), 'PT2H')]" } },
            "resources": [{
                "type": "Microsoft.Resources/deployments", "apiVersion": "v", "name": "inner",
                "properties": {
                    "expressionEvaluationOptions": { "scope": "inner" }, "template": inner,
                    "parameters": { "key": { "reference": { "keyVault": { "id": format!("[resourceId('Microsoft.KeyVault/vaults', '{vault}')]") }, "secretName": "k" } } },
                },
            }],
            "outputs": {
                "ends": { "value": "[parameters('ends')]" },
                "day": { "value": "[utcNow('yyyy-MM-dd')]" },
                "principal": { "value": format!("[toUpper(reference({identity}, 'v').principalId)]") },
                "place": { "value": format!("[reference({identity}, 'v', 'Full').location]") },
                "later": { "value": format!("[reference({identity}, 'v').other]") },
                "suffix": { "value": "[format('x.{0}', environment().suffixes.storage)]" },
                "hook": { "value": "[listCallbackUrl('/a/triggers/t', 'v').value]" },
                "who": { "value": "[deployer().objectId]" },
            },
        })
    };
    let setting = Setting {
        subscription: "s".into(),
        tenant: "t".into(),
        resource_group: Some("g".into()),
        ..Setting::default()
    };
    let made = evaluate_with(&template("v"), &Map::new(), &setting, &Told).unwrap();
    assert_eq!(made.resources[0]["properties"]["key"], "the k");
    let out = |name: &str| made.outputs[name].as_str().unwrap();
    assert_eq!(out("who"), "o-1");
    assert_eq!(
        (out("ends"), out("day"), out("principal"), out("place")),
        ("20310418T010000Z", "2031-04-17", "P-1", "west")
    );
    assert_eq!(out("suffix"), "x.core.windows.net");
    assert_eq!(out("hook"), "https://x/a/triggers/t?listCallbackUrl");
    assert!(out("later").starts_with("[reference("), "{}", out("later"));
    let refused = evaluate_with(&template("other"), &Map::new(), &setting, &Told).unwrap_err();
    assert!(refused.contains("there is no /subscriptions/s/resourceGroups/g"), "{refused}");
    let open = evaluate(&template("v"), &Map::new(), &setting).unwrap();
    assert_eq!(open.resources[0]["properties"]["key"], "[parameters('key')]");
}

#[test]
fn a_function_that_templates_do_not_have_is_named_wherever_its_value_is_needed() {
    for expression in
        ["utcThen()", "concat('a', utcThen())", "if(true(), utcThen(), 'b')", "utcThen(parameters('later'))"]
    {
        let refused = Err("output it: the template function 'utcThen' is not valid".to_owned());
        assert_eq!(worth(expression), refused, "{expression}");
    }
    for expression in ["listKeys('x', '1').key1", "pickZones('A.B', 'c', 'westeurope')", "REFERENCE('x', '1').y"] {
        let open = worth(expression).unwrap();
        assert!(open.as_str().is_some_and(|text| text.starts_with('[')), "{expression}: {open}");
    }
}
