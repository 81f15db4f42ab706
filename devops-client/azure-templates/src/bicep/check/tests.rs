//! Rows of what the Bicep compiler refuses: its code, the line, and a file. `Diagnostics` of the Bicep repository names the
//! codes.

use std::borrow::Cow;

use super::super::{Compiler, Sources};
use crate::Located;

const LEAF: &str = "@minLength(2)\n@maxLength(4)\nparam label string\nparam amount int = 1\n@allowed([\n  'red'\n  'blue'\n])\n\
                    param colour string = 'red'\n@secure()\nparam token string = ''\noutput size int = length(label)\n";

const ABOVE: &str = "targetScope = 'subscription'\n";

const STORE: &str = "resource store 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {\n  name: 'store'\n}\n";

const VAULT: &str = "resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {\n  name: 'vault'\n}\n";

fn found(path: &str, main: &str) -> Vec<Located> {
    let files = [
        (path, main),
        ("leaf.bicep", LEAF),
        ("above.bicep", ABOVE),
        ("broken.bicep", "var x = nowhere\n"),
        ("notes.txt", "plain"),
    ];
    let sources = Sources::gather([path.to_owned()], |path| {
        let (_, text) = files.iter().find(|(known, _)| *known == path)?;
        Some(Cow::Borrowed(text.as_bytes()))
    });
    let compiler = Compiler::new(&sources);
    let made = if path.ends_with("param") { compiler.parameters(path, &|_| None) } else { compiler.template(path) };
    made.err().unwrap_or_default()
}

fn refused(path: &str, code: &str, line: usize, main: &str) {
    let found = found(path, main);
    assert!(
        found.iter().any(|l| l.path == path && l.problem.code == code && l.problem.at.line == line),
        "{code} at line {line} of\n{main}\nis {found:#?}"
    );
}

/// A module `m` of `leaf.bicep` with these lines in its body.
fn module(body: &str) -> String {
    format!("module m 'leaf.bicep' = {{\n  name: 'm'\n{body}}}\n")
}

/// A resource `r` with these lines in its body.
fn identity(body: &str) -> String {
    format!("resource r 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {{\n{body}}}\n")
}

#[test]
fn what_cannot_be_read_is_refused_where_it_stands() {
    for (code, line, main) in [
        ("BCP236", 2, "var x = [\n  1 2\n]\n"),
        ("BCP238", 2, "var x = {\n  a: 1,\n}\n"),
        ("BCP237", 2, "var x = concat(\n  'a'\n  'b'\n)\n"),
        ("BCP243", 1, "var x = true ? (\n  1\n) : 2\n"),
        ("BCP009", 1, "var x = true ?\n  1 : 2\n"),
        ("BCP009", 1, "var x = 1 +\n  2\n"),
        ("BCP009", 1, "var x = +1\n"),
        ("BCP087", 1, "var x = '${[ 1 ]}'\n"),
        ("BCP117", 2, "param a array\nvar x = a[]\n"),
        ("BCP019", 1, "param a string = 'x', param b string\n"),
        ("BCP012", 1, "var x = [for i of range(0, 1): i]\n"),
        ("BCP141", 1, "@secure\nparam x string\n"),
        ("BCP002", 2, "var x = 1\n/* open\n"),
        ("BCP133", 1, "var x = '\\u{110000}'\n"),
        ("BCP010", 1, "var x = 9223372036854775808\n"),
        (
            "BCP160",
            2,
            "resource v 'A.B/c@2025-01-01' = [for i in range(0, 2): {\n  resource w 'd' = {\n    name: 'w'\n  }\n  name: 'v'\n}]\n",
        ),
    ] {
        refused("main.bicep", code, line, main);
    }
}

#[test]
fn types_of_values_are_held_against_what_takes_them() {
    for (code, line, main) in [
        ("BCP045", 2, "param s string\nvar x = s * 2\n"),
        ("BCP045", 1, "var x = true || 'no'\n"),
        ("BCP045", 1, "var x = 'a' =~ 1\n"),
        ("BCP044", 1, "var x = -'a'\n"),
        ("BCP046", 2, "param n int\nvar x = n ? 1 : 2\n"),
        ("BCP410", 1, "var x = 1 / 0\n"),
        ("BCP033", 1, "param x bool = 'true'\n"),
        ("BCP033", 2, "var x = { a: 1 }\noutput y string = x.a\n"),
        ("BCP053", 2, "var x = { one: 1 }\nvar y = x.twoThree\n"),
        ("BCP055", 2, "param n int\nvar x = n.size\n"),
        ("BCP074", 2, "param a array\nvar x = a['first']\n"),
        ("BCP075", 2, "param o object\nvar x = o[1]\n"),
        ("BCP076", 2, "param b bool\nvar x = b[0]\n"),
        ("BCP137", 2, "param o object\nvar x = [for k in o: k]\n"),
        ("BCP070", 1, "var x = filter([1], n => n)\n"),
        ("BCP070", 1, "var x = sort([2, 1], (a, b) => a)\n"),
        ("BCP070", 1, "var x = toObject([1], n => n)\n"),
        ("BCP055", 1, "var x = null.name\n"),
        ("BCP055", 2, "var a = null\nvar x = a.name\n"),
        ("BCP311", 1, "var x = [1, 2][2]\n"),
        ("BCP311", 2, "var a = ['one']\nvar x = a[1]\n"),
        ("BCP053", 1, "var x = resourceGroup().owner\n"),
        ("BCP083", 1, "var x = subscription().subscriptionid\n"),
        ("BCP053", 1, "var x = environment().suffixes.webSites\n"),
        ("BCP053", 1, "var x = deployment().owner\n"),
        ("BCP053", 1, "var x = resourceGroup('other').location\n"),
        ("BCP107", 1, "var x = sys.resourceGroup().location\n"),
        ("BCP107", 1, "var x = az.toLower('A')\n"),
        ("BCP226", 1, "#disable-next-line\nvar x = 1\n"),
        ("BCP226", 1, "#disable-next-line // why\nvar x = 1\n"),
        ("BCP402", 2, "param a array\nvar x = { ...a }\n"),
        ("BCP048", 1, "var x = contains(1, 2)\n"),
        ("BCP070", 1, "var x = replace('a', 1, 'b')\n"),
        ("BCP070", 1, "var x = map('abc', c => c)\n"),
        ("BCP071", 1, "var x = guid()\n"),
        ("BCP071", 2, "targetScope = 'managementGroup'\nvar x = subscription().id\n"),
        ("BCP059", 2, "var a = 1\nvar x = a(1)\n"),
        ("BCP100", 1, "var x = if(true, 1, 2)\n"),
        ("BCP061", 2, "param a string\nvar x = parameters('a')\n"),
        ("BCP065", 1, "var x = utcNow()\n"),
        ("BCP082", 1, "var x = substrin('a', 1)\n"),
        ("BCP025", 3, "var x = {\n  'a': 1\n  a: 2\n}\n"),
        (
            "BCP143",
            3,
            "param n string\nresource r 'A.B/c@2025-01-01' = {\n  properties: { '${n}': [for i in range(0, 2): i] }\n  name: 'r'\n}\n",
        ),
        (
            "BCP142",
            3,
            "resource r 'A.B/c@2025-01-01' = {\n  name: 'r'\n  properties: { a: [for i in range(0, 2): { b: [for j in range(0, 2): j] }] }\n}\n",
        ),
    ] {
        refused("main.bicep", code, line, main);
    }
}

#[test]
fn decorators_stand_where_they_belong_and_take_what_they_take() {
    for (code, line, main) in [
        ("BCP127", 1, "@secure()\nresource r 'A.B/c@2025-01-01' = {\n  name: 'r'\n}\n"),
        ("BCP126", 1, "@minLength(1)\nvar x = 'a'\n"),
        ("BCP124", 1, "@minValue(1)\nparam x array\n"),
        ("BCP168", 1, "@maxLength(-2)\nparam x array\n"),
        ("BCP331", 1, "@minValue(5)\n@maxValue(4)\nparam x int\n"),
        ("BCP332", 2, "@maxLength(1)\nparam x string = 'ab'\n"),
        ("BCP333", 2, "@minLength(2)\nparam x array = [ 1 ]\n"),
        ("BCP328", 2, "@minValue(1)\nparam x int = 0\n"),
        ("BCP327", 2, "@maxValue(1)\nparam x int = 2\n"),
        ("BCP099", 1, "@allowed([])\nparam x string\n"),
        ("BCP032", 2, "param n int\n@minLength(n)\nparam x string\n"),
        ("BCP071", 1, "@description()\nparam x string\n"),
        ("BCP130", 1, "@description('a')\nmetadata x = 'a'\n"),
    ] {
        refused("main.bicep", code, line, main);
    }
}

#[test]
fn what_a_deployment_needs_beforehand_is_no_value_of_a_running_one() {
    let named = |key: &str| format!("{STORE}{}", identity(&format!("  name: 'r'\n  {key}\n")));
    for (code, line, main) in [
        ("BCP120", 6, named("location: store.location")),
        ("BCP120", 6, named("tags: { tier: '${store.properties.accessTier}' }")),
        ("BCP120", 6, named("identity: { type: store.kind }")),
        (
            "BCP177",
            4,
            format!("{STORE}{}", identity("  name: 'r'\n").replace("= {", "= if (store.properties.isHnsEnabled) {")),
        ),
        ("BCP178", 4, format!("{STORE}output x array = [for k in store.listKeys().keys: k.keyName]\n")),
        ("BCP182", 4, format!("{STORE}var x = [for i in range(0, 2): '${{store.kind}}${{i}}']\n")),
        ("BCP181", 4, format!("{STORE}output x object = listKeys(store.properties.id, '2025-06-01')\n")),
        (
            "BCP120",
            6,
            format!(
                "{}module n 'leaf.bicep' = {{\n  name: 'n${{m.outputs.size}}'\n  params: {{ label: 'ab' }}\n}}\n",
                module("  params: { label: 'ab' }\n")
            ),
        ),
        ("BCP072", 4, format!("{STORE}param x string = store.id\n")),
    ] {
        refused("main.bicep", code, line, &main);
    }
    // What is known from the body is known beforehand.
    for key in ["location: store.id", "tags: { of: store.name }", "kind: store.type"] {
        assert_eq!(found("main.bicep", &named(key)), [], "{key}");
    }
}

#[test]
fn resources_have_names_parents_and_scopes_that_can_be_deployed() {
    let child = |body: &str| {
        format!("{VAULT}resource s 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {{\n{body}  properties: {{}}\n}}\n")
    };
    for (code, line, main) in [
        ("BCP169", 5, child("  name: 'only'\n")),
        ("BCP170", 6, child("  parent: vault\n  name: 'vault/key'\n")),
        ("BCP164", 6, child("  parent: vault\n  scope: vault\n  name: 'key'\n")),
        ("BCP036", 5, format!("{STORE}{}", child("  parent: store\n  name: 'key'\n").replacen(VAULT, "", 1))),
        ("BCP139", 2, identity("  scope: subscription()\n  name: 'r'\n")),
        ("BCP135", 2, format!("targetScope = 'subscription'\n{}", identity("  name: 'r'\n"))),
        ("BCP135", 1, "resource g 'Microsoft.Resources/resourceGroups@2024-11-01' = {\n  name: 'g'\n}\n".to_owned()),
        ("BCP089", 3, identity("  name: 'r'\n  tagz: {}\n")),
        ("BCP173", 3, VAULT.replace("'vault'\n", "'vault'\n  properties: {}\n")),
        ("BCP036", 3, identity("  name: 'r'\n  location: 1\n")),
        ("BCP034", 3, identity("  name: 'r'\n  dependsOn: [ 'x' ]\n")),
        ("BCP035", 1, identity("  location: 'x'\n")),
        ("BCP401", 3, identity("  name: 'r'\n  ...{ location: 'x' }\n")),
        ("BCP138", 3, identity("  name: 'r'\n  zones: [for i in range(1, 3): '${i}']\n")),
        ("BCP029", 1, "resource r 'Vaults/keys@2024-11-01' = {\n  name: 'r'\n}\n".to_owned()),
        (
            "BCP307",
            8,
            format!(
                "{}resource e 'A.B/c@2025-01-01' existing = {{\n  name: m.outputs.size == 1 ? 'a' : 'b'\n}}\noutput x object = e.properties\n",
                module("  params: { label: 'ab' }\n")
            ),
        ),
        ("BCP159", 4, format!("{VAULT}output x string = vault::key.id\n")),
        (
            "BCP247",
            4,
            format!(
                "{}output x array = map(range(0, 1), i => r[i].name)\n",
                identity("  name: 'r${j}'\n").replace("= {", "= [for j in range(0, 2): {").replace("\n}\n", "\n}]\n")
            ),
        ),
        (
            "BCP121",
            2,
            format!("{}{}", identity("  name: 'r'\n"), identity("  name: 'r'\n").replace("resource r ", "resource q ")),
        ),
        ("BCP353", 1, "param size int\nparam Size int\n".to_owned()),
    ] {
        refused("main.bicep", code, line, &main);
    }
}

#[test]
fn modules_are_used_as_they_are_declared() {
    for (code, line, main) in [
        ("BCP035", 1, module("")),
        ("BCP035", 3, module("  params: {}\n")),
        ("BCP037", 3, module("  params: { label: 'ab', flavour: 1 }\n")),
        ("BCP089", 3, module("  params: { label: 'ab', amuont: 1 }\n")),
        ("BCP036", 3, module("  params: { label: true }\n")),
        ("BCP036", 3, module("  params: { label: 'ab', colour: 'green' }\n")),
        ("BCP332", 3, module("  params: { label: 'abcde' }\n")),
        ("BCP333", 3, module("  params: { label: 'a' }\n")),
        ("BCP037", 3, module("  tags: {}\n  params: { label: 'ab' }\n")),
        ("BCP183", 4, format!("param o object\n{}", module("  params: o\n"))),
        ("BCP134", 3, module("  scope: tenant()\n  params: { label: 'ab' }\n")),
        ("BCP134", 1, "module m 'above.bicep' = {\n  name: 'm'\n}\n".to_owned()),
        ("BCP104", 1, "module m 'broken.bicep' = {\n  name: 'm'\n}\n".to_owned()),
        ("BCP091", 1, "module m 'gone.bicep' = {\n  name: 'm'\n}\n".to_owned()),
        ("BCP093", 1, "module m '../up.bicep' = {\n  name: 'm'\n}\n".to_owned()),
        ("BCP180", 6, format!("{VAULT}{}", module("  params: { label: vault.getSecret('a') }\n"))),
        ("BCP053", 5, format!("{}output x int = m.results\n", module("  params: { label: 'ab' }\n"))),
        ("BCP094", 1, "module m 'main.bicep' = {\n  name: 'm'\n}\n".to_owned()),
    ] {
        refused("main.bicep", code, line, &main);
    }
    let good = module("  params: { label: 'ab', token: vault.getSecret('a') }\n");
    assert_eq!(found("main.bicep", &format!("{VAULT}{good}output x int = m.outputs.size\n")), []);
}

#[test]
fn loaded_files_are_there_and_can_be_read() {
    for (code, line, main) in [
        ("BCP091", 1, "var x = loadTextContent('none.txt')\n"),
        ("BCP186", 1, "var x = loadJsonContent('notes.txt')\n"),
        ("BCP032", 2, "param p string\nvar x = loadTextContent('${p}.txt')\n"),
        ("BCP235", 1, "var x = loadYamlContent('notes.txt', 'a.b')\n"),
    ] {
        refused("main.bicep", code, line, main);
    }
    assert_eq!(found("main.bicep", "var x = loadTextContent('notes.txt')\n"), []);
}

#[test]
fn parameter_files_are_held_against_their_templates() {
    for (code, line, main) in [
        ("BCP258", 1, "using 'leaf.bicep'\n"),
        ("BCP259", 3, "using 'leaf.bicep'\nparam label = 'ab'\nparam size = 1\n"),
        ("BCP033", 3, "using 'leaf.bicep'\nparam label = 'ab'\nparam amount = '1'\n"),
        ("BCP033", 3, "using 'leaf.bicep'\nparam label = 'ab'\nparam colour = 'green'\n"),
        ("BCP332", 2, "using 'leaf.bicep'\nparam label = 'abcde'\n"),
        ("BCP261", 1, "param label = 'ab'\n"),
        ("BCP262", 2, "using 'leaf.bicep'\nusing 'leaf.bicep'\nparam label = 'ab'\n"),
        ("BCP028", 3, "using 'leaf.bicep'\nparam label = 'ab'\nparam label = 'cd'\n"),
        ("BCP337", 3, "using 'leaf.bicep'\nparam label = 'ab'\noutput x int = 1\n"),
        ("BCP057", 2, "using 'leaf.bicep'\nparam label = subscription().displayName\n"),
        ("BCP104", 1, "using 'broken.bicep'\n"),
        ("BCP091", 1, "using 'none.bicep'\n"),
    ] {
        refused("main.bicepparam", code, line, main);
    }
}

#[test]
fn what_is_accepted_with_a_warning_is_named() {
    let main = "@secure()\nparam key string = 'in plain sight'\n@secure()\nparam none string = ''\nvar idle = none\n\
                resource r 'A.B/c@2025-01-01' = {\n  name: key\n  id: 'r'\n}\n";
    let sources = Sources::gather(["main.bicep".to_owned()], |_| Some(Cow::Borrowed(main.as_bytes())));
    let found = Compiler::new(&sources).warnings("main.bicep");
    let shown: Vec<String> = found.iter().map(|problem| format!("{}:{}", problem.at.line, problem.code)).collect();
    assert_eq!(shown, ["2:secure-parameter-default", "5:no-unused-vars", "8:BCP073"]);
    assert_eq!(self::found("main.bicep", main), []);
}

#[test]
fn what_azure_says_of_itself_may_be_asked() {
    let main = "var a = resourceGroup().tags.owner\nvar b = az.subscription().tenantId\nvar c = sys.toLower('A')\n\
        var d = environment().suffixes.keyvaultDns\nvar e = deployment().properties.mode\nvar f = tenant().tenantId\n\
        var g = environment().authentication.audiences[0]\nvar h = filter(range(0, 3), n => n > 1)\nvar i = [1][?3]\n\
        #disable-next-line no-unused-vars // why\nvar j = sort(['b', 'a'], (x, y) => x < y)\nvar k = any(null).name\n\
        var l = toObject(['a'], n => n, n => 1)\nvar m = resourceGroup().properties.provisioningState\n";
    let found = found("main.bicep", main);
    assert!(found.is_empty(), "{found:#?}");
}
