use serde_json::{Value, json};

use crate::artifacts::{Ownership, sample};
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};

/// The findings on a template with these resources, and a parameter `name` whose value is given beside it.
fn findings(resources: Value, given: Value) -> Vec<String> {
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": { "name": { "type": "string" }, "size": { "type": "int", "defaultValue": 1, "allowedValues": [1, 2] } },
        "variables": { "full": "[format('{0}x', parameters('name'))]" },
        "resources": resources,
    });
    let parameters = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": given,
    });
    let mut tree = RenderedTree::default();
    for (path, value) in [("main.json", template), ("main.parameters.json", parameters)] {
        let file = RenderedFile {
            bytes: serde_json::to_vec(&value).unwrap(),
            ownership: Ownership::Managed,
            origin: "a test".to_owned(),
            because: Vec::new(),
        };
        tree.insert(RelPath::parse(path).unwrap(), file).unwrap();
    }
    super::verify(&tree, &sample::project()).into_iter().map(|f| format!("{}: {}", f.path, f.message)).collect()
}

fn account(name: &str, depends_on: Value) -> Value {
    json!({
        "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2025-08-01", "name": name, "dependsOn": depends_on
    })
}

fn name(value: &str) -> Value {
    json!({ "name": { "value": value } })
}

/// Asserts that resources are refused with a message.
fn refused(resources: Value, given: Value, message: &str) {
    let found = findings(resources, given);
    assert!(found.iter().any(|line| line.contains(message)), "{message}: {found:#?}");
}

#[test]
fn a_right_template_has_no_finding() {
    let first = account("[parameters('name')]", json!([]));
    let id = "[resourceId('Microsoft.Storage/storageAccounts', parameters('name'))]";
    let second = account("[variables('full')]", json!([id]));
    assert_eq!(findings(json!([first, second]), name("stdata")), [] as [&str; 0]);
}

#[test]
fn expressions_that_do_not_resolve_are_refused() {
    for (text, message) in [
        ("[parameters('nme')]", "names what parameters do not declare"),
        ("[variables('ful')]", "names what variables do not declare"),
        ("[tolowr('a')]", "unknown function tolowr()"),
        ("[toLower('a']", "expected `,` or `)`"),
        ("[concat('a', copyIndex())]", "is in no copy loop"),
    ] {
        refused(json!([account(text, json!([]))]), name("stdata"), message);
    }
}

#[test]
fn dependencies_must_lead_to_a_resource_and_not_round_in_a_circle() {
    let own = |n: &str| format!("[resourceId('Microsoft.Storage/storageAccounts', '{n}')]");
    refused(json!([account("sta", json!([own("stb")]))]), name("stdata"), "no resource of its template");
    let circle = json!([account("sta", json!([own("stb")])), account("stb", json!([own("sta")]))]);
    refused(circle, name("stdata"), "depends on itself");
}

#[test]
fn names_must_have_as_many_segments_as_their_types_and_fit_their_services() {
    refused(json!([account("sta/default", json!([]))]), name("stdata"), "has 1 segment(s), this has 2");
    refused(json!([account("[parameters('name')]", json!([]))]), name("Not_Allowed"), "storage account name");
    refused(json!([account("[variables('full')]", json!([]))]), name(&"a".repeat(24)), "3 to 24 characters");
}

#[test]
fn versions_outside_of_the_table_are_refused() {
    let mut old = account("sta", json!([]));
    old["apiVersion"] = "2018-07-01".into();
    refused(json!([old]), name("stdata"), "is retired or about to be");
}

#[test]
fn parameter_files_must_fit_their_templates() {
    let none = || json!([]);
    refused(none(), json!({}), "needs parameter `name`");
    refused(none(), json!({ "name": { "value": 1 } }), "is of type string, not 1");
    refused(none(), json!({ "name": { "value": "a" }, "size": { "value": 3 } }), "must be one of 1, 2, not 3");
    refused(none(), json!({ "name": { "value": "a" }, "other": { "value": 3 } }), "declares no parameter `other`");
}

#[test]
fn nested_deployments_are_judged_with_their_arguments() {
    let nested = |argument: Value| {
        json!([{
            "type": "Microsoft.Resources/deployments", "apiVersion": "2025-04-01", "name": "inner",
            "properties": {
                "expressionEvaluationOptions": { "scope": "inner" },
                "parameters": argument,
                "template": {
                    "parameters": { "account": { "type": "string" } },
                    "resources": [account("[parameters('account')]", json!([]))],
                }
            }
        }])
    };
    assert_eq!(
        findings(nested(json!({ "account": { "value": "[parameters('name')]" } })), name("stdata")),
        [] as [&str; 0]
    );
    let wrong = nested(json!({ "account": { "value": "[parameters('name')]" } }));
    refused(wrong, name("Wrong-Name"), "storage account name");
    refused(nested(json!({})), name("stdata"), "needs parameter `account`");
    let unknown = nested(json!({ "account": { "value": "sta" }, "acount": { "value": "sta" } }));
    refused(unknown, name("stdata"), "declares no parameter `acount`");
}

#[test]
fn what_is_no_json_is_refused_with_its_line() {
    let mut tree = RenderedTree::default();
    let file = RenderedFile {
        bytes:
            b"{\n  \"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\n}"
                .to_vec(),
        ownership: Ownership::Managed,
        origin: "a test".to_owned(),
        because: Vec::new(),
    };
    tree.insert(RelPath::parse("main.json").unwrap(), file).unwrap();
    let findings = super::verify(&tree, &sample::project());
    assert_eq!(findings[0].line, Some(3));
    assert!(findings[0].message.contains("not JSON"), "{findings:?}");
}
