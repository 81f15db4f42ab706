//! Small Bicep files and the ARM JSON that `bicep build` makes of them (Microsoft Learn, "Bicep CLI commands" and
//! "Understand the structure and syntax of ARM templates").

use serde_json::{Value, json};

use super::{Compiler, Sources};
use crate::Located;

fn sources(files: &[(&str, &str)]) -> Sources {
    let paths = files.iter().map(|(path, _)| (*path).to_owned());
    Sources::gather(paths, |path| {
        let (_, text) = files.iter().find(|(known, _)| *known == path)?;
        Some(std::borrow::Cow::Borrowed(text.as_bytes()))
    })
}

fn compile(files: &[(&str, &str)]) -> Result<Value, Vec<Located>> {
    Compiler::new(&sources(files)).template("main.bicep")
}

/// The template of one file.
fn build(bicep: &str) -> Value {
    build_with(bicep, &[])
}

fn build_with(bicep: &str, modules: &[(&str, &str)]) -> Value {
    let mut files = vec![("main.bicep", bicep)];
    files.extend_from_slice(modules);
    compile(&files).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// What one file is refused with: line and message.
fn refused(bicep: &str) -> (usize, String) {
    refused_with(bicep, &[])
}

fn refused_with(main: &str, modules: &[(&str, &str)]) -> (usize, String) {
    let findings = problems(main, modules);
    (findings[0].problem.at.line, findings[0].problem.message.clone())
}

/// Everything that one file and its modules are refused with.
fn problems(main: &str, modules: &[(&str, &str)]) -> Vec<Located> {
    let mut files = vec![("main.bicep", main)];
    files.extend_from_slice(modules);
    compile(&files).expect_err("the file is refused")
}

/// The value of `var x = …`.
fn value(expression: &str) -> Value {
    let declared = "param p string\nparam n int\nparam b bool\nparam o object\nparam a array\n";
    build(&format!("{declared}var x = {expression}\n"))["variables"]["x"].clone()
}

#[test]
fn an_empty_file_is_a_template_without_resources() {
    let template = build("");
    assert_eq!(template["$schema"], "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#");
    assert_eq!(template["contentVersion"], "1.0.0.0");
    assert_eq!(template["resources"], json!([]));
    assert_eq!(template["metadata"]["_generator"]["name"], "mlops-gen");
    assert!(template["metadata"]["_generator"].get("templateHash").is_none(), "only the compiler knows its hash");
    let subscription = build("targetScope = 'subscription'\n");
    let schema = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#";
    assert_eq!(subscription["$schema"], schema);
}

#[test]
fn decorators_of_parameters_become_their_constraints() {
    let template = build(
        "@description('Who pays')\n@minLength(3)\n@maxLength(24)\n@allowed([\n  'ants'\n  'bees'\n])\nparam team string = 'ants'\n\
         @secure()\nparam key string\n@secure()\nparam keys object\n@minValue(1)\n@maxValue(9)\nparam count int\n",
    );
    let expected = json!({
        "team": {
            "type": "string", "defaultValue": "ants", "allowedValues": ["ants", "bees"], "minLength": 3, "maxLength": 24,
            "metadata": { "description": "Who pays" }
        },
        "key": { "type": "securestring" },
        "keys": { "type": "secureObject" },
        "count": { "type": "int", "minValue": 1, "maxValue": 9 }
    });
    assert_eq!(template["parameters"], expected);
}

#[test]
fn interpolated_strings_become_format_calls() {
    assert_eq!(value("'plain'"), "plain");
    assert_eq!(value("'${p}-x'"), "[format('{0}-x', parameters('p'))]");
    assert_eq!(value("'{${p}}${n}'"), "[format('{{{0}}}{1}', parameters('p'), parameters('n'))]");
    assert_eq!(value("'it\\'s ${p}'"), "[format('it''s {0}', parameters('p'))]");
    assert_eq!(value("'\\${p}'"), "${p}");
    assert_eq!(value("'a\\u{1f600}\\n'"), "a\u{1f600}\n");
    assert_eq!(value("'''\nraw ${p}\n'''"), "raw ${p}\n");
}

#[test]
fn strings_that_azure_would_take_for_expressions_are_escaped() {
    assert_eq!(value("'[p]'"), "[[p]");
    assert_eq!(value("'[p'"), "[p");
    assert_eq!(value("'[${p}]'"), "[format('[{0}]', parameters('p'))]");
    assert_eq!(value("{ '[k]': 1 }"), json!({ "[[k]": 1 }));
}

#[test]
fn literals_stay_json_and_become_functions_inside_expressions() {
    assert_eq!(
        value("{ a: 1, b: true, c: null, d: [ 'x', -2 ] }"),
        json!({ "a": 1, "b": true, "c": null, "d": ["x", -2] })
    );
    assert_eq!(
        value("union(o, { a: 1, b: true, c: null, d: [ 'x' ] })"),
        "[union(parameters('o'), createObject('a', 1, 'b', true(), 'c', null(), 'd', createArray('x')))]"
    );
}

#[test]
fn operators_become_functions_by_precedence() {
    assert_eq!(
        value("b || !b && n + 2 * 3 > 4"),
        "[or(parameters('b'), and(not(parameters('b')), greater(add(parameters('n'), mul(2, 3)), 4)))]"
    );
    assert_eq!(value("b ? 'x' : 'y'"), "[if(parameters('b'), 'x', 'y')]");
    assert_eq!(value("p != 'x'"), "[not(equals(parameters('p'), 'x'))]");
    assert_eq!(value("p =~ 'x'"), "[equals(toLower(parameters('p')), toLower('x'))]");
    assert_eq!(value("p ?? 'x'"), "[coalesce(parameters('p'), 'x')]");
    assert_eq!(value("-n"), "[sub(0, parameters('n'))]");
    assert_eq!(value("b\n  ? 'x'\n  : 'y'"), "[if(parameters('b'), 'x', 'y')]");
}

#[test]
fn accesses_use_dots_brackets_and_safe_functions() {
    assert_eq!(value("o.a.b"), "[parameters('o').a.b]");
    assert_eq!(value("o['a-b']"), "[parameters('o')['a-b']]");
    assert_eq!(value("a[0]"), "[parameters('a')[0]]");
    assert_eq!(value("a[n].x"), "[parameters('a')[parameters('n')].x]");
    assert_eq!(value("o.?a"), "[tryGet(parameters('o'), 'a')]");
    assert_eq!(value("o.?a.b"), "[tryGet(parameters('o'), 'a', 'b')]");
    assert_eq!(value("sys.toLower(p)"), "[toLower(parameters('p'))]");
    assert_eq!(value("any(p)"), "[parameters('p')]");
}

#[test]
fn spreads_merge_and_lambdas_keep_their_names() {
    assert_eq!(value("{ ...o, x: 1 }"), "[shallowMerge(createArray(parameters('o'), createObject('x', 1)))]");
    assert_eq!(value("[ ...a, 1 ]"), "[flatten(createArray(parameters('a'), createArray(1)))]");
    assert_eq!(
        value("map(a, item => '${item}/')"),
        "[map(parameters('a'), lambda('item', format('{0}/', lambdaVariables('item'))))]"
    );
    assert_eq!(
        value("reduce(a, 0, (x, y) => x + y)"),
        "[reduce(parameters('a'), 0, lambda('x', 'y', add(lambdaVariables('x'), lambdaVariables('y'))))]"
    );
}

#[test]
fn loops_become_copies() {
    let template = build(
        "param a array\nvar x = [for (item, i) in a: { name: '${item}-${i}' }]\noutput y array = [for i in range(0, 2): i]\n",
    );
    let expected = json!([{
        "name": "x",
        "count": "[length(parameters('a'))]",
        "input": { "name": "[format('{0}-{1}', parameters('a')[copyIndex('x')], copyIndex('x'))]" }
    }]);
    assert_eq!(template["variables"]["copy"], expected);
    let expected =
        json!({ "type": "array", "copy": { "count": "[length(range(0, 2))]", "input": "[range(0, 2)[copyIndex()]]" } });
    assert_eq!(template["outputs"]["y"], expected);
}

const ACCOUNT: &str =
    "resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {\n  name: 'st1'\n  location: 'x'\n}\n";

#[test]
fn children_have_their_parents_names_in_front_and_wait_for_them() {
    let template = build(&format!(
        "{ACCOUNT}resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {{\n  parent: account\n  name: 'default'\n}}\n\
         resource data 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {{\n  parent: blobs\n  name: 'data'\n}}\n"
    ));
    let data = &template["resources"][2];
    assert_eq!(data["name"], "[format('{0}/{1}/{2}', 'st1', 'default', 'data')]");
    let blobs = "[resourceId('Microsoft.Storage/storageAccounts/blobServices', 'st1', 'default')]";
    assert_eq!(data["dependsOn"], json!([blobs]));
    assert!(data.get("parent").is_none());
}

#[test]
fn properties_of_resources_are_references_and_ids_are_not() {
    let template = build(&format!(
        "{ACCOUNT}output id string = account.id\noutput name string = account.name\noutput tier string = account.properties.accessTier\n\
         output sku string = account.sku.name\noutput kind string = account.type\n"
    ));
    let id = "resourceId('Microsoft.Storage/storageAccounts', 'st1')";
    let outputs = &template["outputs"];
    assert_eq!(outputs["id"]["value"], format!("[{id}]"));
    assert_eq!(outputs["name"]["value"], "st1");
    assert_eq!(outputs["tier"]["value"], format!("[reference({id}, '2025-08-01').accessTier]"));
    assert_eq!(outputs["sku"]["value"], format!("[reference({id}, '2025-08-01', 'full').sku.name]"));
    assert_eq!(outputs["kind"]["value"], "Microsoft.Storage/storageAccounts");
}

#[test]
fn variables_that_azure_only_knows_while_deploying_are_written_out() {
    let template = build(&format!(
        "{ACCOUNT}var tier = account.properties.accessTier\nvar id = account.id\noutput a string = tier\noutput b string = id\n"
    ));
    assert_eq!(template["variables"], json!({ "id": "[resourceId('Microsoft.Storage/storageAccounts', 'st1')]" }));
    let tier = "[reference(resourceId('Microsoft.Storage/storageAccounts', 'st1'), '2025-08-01').accessTier]";
    assert_eq!(template["outputs"]["a"]["value"], tier);
    assert_eq!(template["outputs"]["b"]["value"], "[variables('id')]");
}

#[test]
fn a_written_out_object_stays_an_object() {
    let template =
        build(&format!("{ACCOUNT}var all = {{\n  tier: account.properties.accessTier\n}}\noutput a object = all\n"));
    let tier = "[reference(resourceId('Microsoft.Storage/storageAccounts', 'st1'), '2025-08-01').accessTier]";
    assert_eq!(template["outputs"]["a"]["value"], json!({ "tier": tier }));
}

#[test]
fn an_assignment_extends_its_scope_and_an_existing_resource_is_only_named() {
    let template = build(
        "param principal string\nresource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {\n  name: 'kv1'\n}\n\
         resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: guid(vault.id, principal)\n  scope: vault\n\
         \x20 properties: {\n    principalId: principal\n  }\n}\n",
    );
    let vault = "resourceId('Microsoft.KeyVault/vaults', 'kv1')";
    let expected = json!([{
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "scope": format!("[{vault}]"),
        "name": format!("[guid({vault}, parameters('principal'))]"),
        "properties": { "principalId": "[parameters('principal')]" }
    }]);
    assert_eq!(template["resources"], expected);
}

#[test]
fn conditions_loops_and_batches_of_resources() {
    let template = build(
        "param names array\nparam on bool\n@batchSize(2)\n\
         resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [for name in names: if (on) {\n  name: name\n}]\n\
         output first string = identity[0].properties.clientId\n",
    );
    let expected = json!([{
        "copy": { "name": "identity", "count": "[length(parameters('names'))]", "mode": "serial", "batchSize": 2 },
        "condition": "[parameters('on')]",
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "apiVersion": "2024-11-30",
        "name": "[parameters('names')[copyIndex()]]"
    }]);
    assert_eq!(template["resources"], expected);
    let first = "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('names')[0]), '2024-11-30').clientId]";
    assert_eq!(template["outputs"]["first"]["value"], first);
}

#[test]
fn explicit_dependencies_join_implied_ones_in_the_order_of_names() {
    let template = build(
        "resource b 'A.B/c@2025-01-01' = {\n  name: 'b'\n}\nresource a 'A.B/c@2025-01-01' = {\n  name: 'a'\n}\n\
         resource c 'A.B/c@2025-01-01' = {\n  name: 'c'\n  dependsOn: [\n    b\n  ]\n  properties: {\n    other: a.id\n  }\n}\n",
    );
    let expected = json!(["[resourceId('A.B/c', 'a')]", "[resourceId('A.B/c', 'b')]"]);
    assert_eq!(template["resources"][2]["dependsOn"], expected);
}

const IDENTITY: &str = "param name string\nresource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {\n  name: name\n}\n\
                        output id string = identity.id\n";

#[test]
fn modules_become_nested_deployments() {
    let template = build_with(
        "module one 'modules/identity.bicep' = {\n  name: 'one'\n  params: {\n    name: 'id-one'\n  }\n}\n\
         module two './modules/identity.bicep' = {\n  name: 'two'\n  scope: resourceGroup('sub', 'rg')\n  params: {\n    name: one.outputs.id\n  }\n}\n",
        &[("modules/identity.bicep", IDENTITY)],
    );
    let one = &template["resources"][0];
    assert_eq!(one["type"], "Microsoft.Resources/deployments");
    assert_eq!(one["apiVersion"], "2025-04-01");
    assert_eq!(one["properties"]["mode"], "Incremental");
    assert_eq!(one["properties"]["expressionEvaluationOptions"], json!({ "scope": "inner" }));
    assert_eq!(one["properties"]["parameters"], json!({ "name": { "value": "id-one" } }));
    assert_eq!(one["properties"]["template"]["outputs"]["id"]["type"], "string");
    let two = &template["resources"][1];
    assert_eq!((&two["subscriptionId"], &two["resourceGroup"]), (&json!("sub"), &json!("rg")));
    let id = "resourceId('Microsoft.Resources/deployments', 'one')";
    assert_eq!(
        two["properties"]["parameters"]["name"]["value"],
        format!("[reference({id}, '2025-04-01').outputs.id.value]")
    );
    assert_eq!(two["dependsOn"], json!([format!("[{id}]")]));
}

#[test]
fn a_secret_of_a_vault_is_handed_to_a_module_by_reference() {
    let template = build_with(
        "resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {\n  name: 'kv1'\n}\n\
         module m 'm.bicep' = {\n  name: 'm'\n  params: {\n    key: vault.getSecret('scoring-key')\n  }\n}\n",
        &[("m.bicep", "@secure()\nparam key string\nvar used = key\n")],
    );
    let expected = json!({ "key": { "reference": {
        "keyVault": { "id": "[resourceId('Microsoft.KeyVault/vaults', 'kv1')]" }, "secretName": "scoring-key"
    } } });
    assert_eq!(template["resources"][0]["properties"]["parameters"], expected);
}

#[test]
fn a_conditional_argument_wraps_both_arms() {
    let template = build_with(
        "param on bool\nmodule m 'm.bicep' = {\n  name: 'm'\n  params: {\n    key: on ? 'a' : 'b'\n  }\n}\n",
        &[("m.bicep", "param key string\n")],
    );
    let expected = "[if(parameters('on'), createObject('value', 'a'), createObject('value', 'b'))]";
    assert_eq!(template["resources"][0]["properties"]["parameters"]["key"], expected);
}

#[test]
fn mistakes_are_refused_with_their_line() {
    for (bicep, line, message) in [
        ("var x = y\n", 1, "`y` is not declared"),
        ("param location string\nvar x = locaton\n", 2, "did you mean `location`"),
        ("var x = tolower('a')\n", 1, "did you mean `toLower`"),
        ("var x = 1\nvar x = 2\n", 2, "declared more than once"),
        ("var x = y\nvar y = x\n", 1, "need each other"),
        ("var x = 'open\n", 1, "not closed"),
        ("var x = {\n  a: 1\n  a: 2\n}\n", 3, "given twice"),
        ("param x string[]\n", 1, "array, union"),
        ("type t = string\n", 1, "not of the subset"),
        ("resource x 'Microsoft.Storage/storageAccounts' = {\n  name: 'a'\n}\n", 1, "no resource type with a version"),
        ("resource x 'A.B/c@2025-01-01' = {\n  location: 'a'\n}\n", 1, "needs a `name`"),
        ("@secret()\nparam x string\n", 1, "no decorator `@secret`"),
        ("@secure()\nparam x int\n", 1, "for string and object"),
        ("targetScope = 'planet'\n", 1, "targetScope"),
        ("var x = [for i in range(0, 2): i][0]\n", 1, "a loop stands for"),
        ("fram x string\n", 1, "starts no declaration"),
        ("module m './gone.bicep' = {\n  name: 'm'\n}\n", 1, "does not exist"),
    ] {
        let found = problems(bicep, &[]);
        assert!(
            found.iter().any(|l| l.problem.at.line == line && l.problem.message.contains(message)),
            "{bicep}: {found:#?}"
        );
    }
}

#[test]
fn arguments_of_modules_must_fit_their_parameters() {
    let module =
        [("m.bicep", "@allowed([\n  'a'\n])\nparam kind string\nparam count int = 1\noutput id string = kind\n")];
    let with = |params: &str| format!("module m 'm.bicep' = {{\n  name: 'm'\n  params: {{\n    {params}\n  }}\n}}\n");
    for (params, message) in [
        ("count: 2", "needs the parameter(s) kind"),
        ("kind: 'a'\n    cuont: 2", "did you mean `count`"),
        ("kind: 'b'", "takes 'a', not 'b'"),
        ("kind: 'a'\n    count: 'two'", "takes int, not 'two'"),
    ] {
        let (_, text) = refused_with(&with(params), &module);
        assert!(text.contains(message), "{params}: {text}");
    }
    let (line, text) = refused_with(&format!("{}output x string = m.outputs.idd\n", with("kind: 'a'")), &module);
    assert_eq!(line, 7);
    assert!(text.contains("no output `idd`; did you mean `id`"), "{text}");
}

#[test]
fn modules_that_use_each_other_in_a_circle_are_refused() {
    let found = problems(
        "module m 'm.bicep' = {\n  name: 'm'\n}\n",
        &[
            ("m.bicep", "module n 'n.bicep' = {\n  name: 'n'\n}\n"),
            ("n.bicep", "module m 'm.bicep' = {\n  name: 'm'\n}\n"),
        ],
    );
    assert!(found.iter().any(|l| l.path == "m.bicep" && l.problem.code == "BCP095"), "{found:#?}");
}

#[test]
fn deep_nesting_is_refused_instead_of_exhausting_the_stack() {
    for (deep, message) in [
        (format!("var x = {}1{}\n", "(".repeat(5000), ")".repeat(5000)), "nested more than"),
        (format!("var x = {}1{}\n", "[".repeat(5000), "]".repeat(5000)), "nested more than"),
        // One sign stands in front of a value.
        (format!("var x = {}1\n", "-".repeat(50_000)), "expected a value"),
    ] {
        let (line, text) = refused(&deep);
        assert_eq!(line, 1);
        assert!(text.contains(message), "{text}");
    }
    let (_, text) = refused(&format!("var x = {}p{}\n", "'${".repeat(100), "}'".repeat(100)));
    assert!(text.contains("nested more than"), "{text}");
}

#[test]
fn parameter_files_take_the_defaults_of_environment_variables() {
    let text = "using './main.bicep'\nvar stem = 'st'\nparam name = '${stem}1'\nparam id = readEnvironmentVariable('ID', '')\n\
         param count = int(readEnvironmentVariable('COUNT', '0'))\nparam tags = {\n  team: 'a'\n}\n";
    let main = "param name string\nparam id string\nparam count int\nparam tags object\n";
    let sources = sources(&[("main.bicepparam", text), ("main.bicep", main)]);
    let written = Compiler::new(&sources).parameters("main.bicepparam", &|_| None).unwrap();
    let expected = json!({
        "name": { "value": "st1" }, "id": { "value": "" }, "count": { "value": 0 }, "tags": { "value": { "team": "a" } }
    });
    assert_eq!(written["parameters"], expected);
    assert_eq!(written["$schema"], "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#");
}
