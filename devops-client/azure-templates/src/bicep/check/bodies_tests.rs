//! Bodies of resources and reads of them, held against the types of the Bicep compiler: lines and codes of warnings.

use std::borrow::Cow;

use super::super::{Compiler, Sources};

/// Lines, codes and messages of what is said of a file.
fn said(text: &str) -> Vec<(usize, &'static str, String)> {
    let sources = Sources::gather(["main.bicep".to_owned()], |_| Some(Cow::Borrowed(text.as_bytes())));
    let compiler = Compiler::new(&sources);
    compiler.template("main.bicep").unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
    let found = compiler.warnings("main.bicep").into_iter();
    found.map(|problem| (problem.at.line, problem.code, problem.message)).collect()
}

fn codes(text: &str) -> Vec<(usize, &'static str)> {
    said(text).into_iter().map(|(line, code, _)| (line, code)).collect()
}

/// A storage account with more in its body, from line 7.
fn storage(more: &str) -> String {
    format!(
        "resource a 'Microsoft.Storage/storageAccounts@2025-06-01' = {{\n  name: 'abc'\n  location: 'westeurope'\n  \
         kind: 'StorageV2'\n  sku: {{ name: 'Standard_LRS' }}\n  tags: {{ any: 'thing' }}\n{more}\n}}\n"
    )
}

#[test]
fn a_body_as_it_should_be_is_not_spoken_of() {
    for more in [
        "",
        "  dependsOn: []",
        "  properties: {\n    allowBlobPublicAccess: false\n    minimumTlsVersion: 'TLS1_2'\n    accessTier: null\n  }",
        "  identity: {\n    type: 'UserAssigned'\n    userAssignedIdentities: {\n      '${resourceGroup().id}': {}\n    }\n  }",
        "  properties: {\n    networkAcls: {\n      defaultAction: 'Deny'\n      ipRules: [for i in range(0, 3): {\n        \
         value: '10.0.0.${i}'\n      }]\n    }\n  }",
    ] {
        assert_eq!(said(&storage(more)), [], "{more}");
    }
}

#[test]
fn what_is_missing_is_named_at_what_it_is_missing_in() {
    let vault = "resource a 'Microsoft.KeyVault/vaults@2024-11-01' = {\n  name: 'vault'\n  location: 'westeurope'\n";
    assert_eq!(codes(&format!("{vault}}}\n")), [(1, "BCP035")]);
    let found = said(&format!("{vault}  properties: {{\n    sku: {{\n    }}\n  }}\n}}\n"));
    let shown: Vec<_> = found.iter().map(|(line, code, message)| (*line, *code, message.as_str())).collect();
    assert_eq!(
        shown,
        [
            (4, "BCP035", "VaultProperties needs this property too: 'tenantId'"),
            (5, "BCP035", "Sku needs these properties too: 'family', 'name'"),
        ]
    );
    // What a spread brings is not known.
    assert_eq!(codes(&format!("var more = {{}}\n{vault}  properties: {{\n    ...more\n  }}\n}}\n")), []);
}

#[test]
fn a_value_of_another_type_is_named() {
    for (line, code, more) in [
        (8, "BCP036", "  properties: {\n    allowBlobPublicAccess: 'no'\n  }"),
        (8, "BCP036", "  properties: {\n    accessTier: 3\n  }"),
        (7, "BCP036", "  properties: []"),
        (8, "BCP088", "  properties: {\n    accessTier: 'Hott'\n  }"),
        (8, "BCP036", "  properties: {\n    accessTier: 'Lukewarm'\n  }"),
        (8, "BCP036", "  properties: {\n    allowBlobPublicAccess: resourceGroup().location == 'x' ? true : 'no'\n  }"),
        (
            9,
            "BCP034",
            "  properties: {\n    networkAcls: { defaultAction: 'Deny', ipRules: [\n      '10.0.0.1'\n    ] }\n  }",
        ),
        (
            9,
            "BCP089",
            "  properties: {\n    networkAcls: { defaultAction: 'Deny', ipRules: [for i in range(0, 2): {\n      valu: '${i}'\n      value: 'x'\n    }] }\n  }",
        ),
        (8, "BCP089", "  properties: {\n    allowBlobPublicAcces: false\n  }"),
        (8, "BCP037", "  properties: {\n    unheardOf: false\n  }"),
        (8, "BCP073", "  properties: {\n    provisioningState: 'Succeeded'\n  }"),
        (7, "BCP187", "  plan: {}"),
    ] {
        assert_eq!(codes(&storage(more)), [(line, code)], "{more}");
    }
    // Kinds of accounts may become more: any text may be one.
    assert_eq!(codes(&storage("").replace("'StorageV2'", "'StorageV9'")), []);
}

#[test]
fn texts_and_numbers_keep_their_limits() {
    for (code, name) in [("BCP332", "abcdefghijklmnopqrstuvwxyz"), ("BCP333", "ab"), ("BCP416", "under_score")] {
        assert_eq!(codes(&storage("").replace("'abc'", &format!("'{name}'"))), [(2, code)], "{name}");
    }
    let vault = |name: &str| {
        format!(
            "resource a 'Microsoft.KeyVault/vaults@2024-11-01' = {{\n  name: '{name}'\n  location: 'westeurope'\n  \
             properties: {{\n    tenantId: tenant().tenantId\n    sku: {{ family: 'A', name: 'standard' }}\n  }}\n}}\n"
        )
    };
    assert_eq!(codes(&vault("under_score")), [(2, "BCP416")]);
    assert_eq!(codes(&vault("with-${uniqueString(resourceGroup().id)}")), []);
}

#[test]
fn the_kind_of_an_object_is_what_its_property_tells() {
    let compute = |properties: &str| {
        format!(
            "resource w 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {{\n  name: 'w'\n}}\n\
             resource c 'Microsoft.MachineLearningServices/workspaces/computes@2025-12-01' = {{\n  parent: w\n  name: 'cpu'\n  \
             location: 'westeurope'\n  properties: {{\n{properties}\n  }}\n}}\n"
        )
    };
    assert_eq!(codes(&compute("computeType: 'AmlCompute'\nproperties: {\n  vmSize: 'Standard_DS3_v2'\n}")), []);
    assert_eq!(
        codes(&compute("computeType: 'AmlCompute'\nproperties: {\n  vmSise: 'Standard_DS3_v2'\n}")),
        [(11, "BCP089")]
    );
    assert_eq!(codes(&compute("computeType: 'AmlComput'")), [(9, "BCP088")]);
    assert_eq!(codes(&compute("description: 'of no kind'")), [(8, "BCP078")]);
}

#[test]
fn what_is_read_and_not_there_is_named() {
    let reads = |read: &str| {
        format!(
            "resource a 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {{\n  name: 'abc'\n}}\n\
             resource many 'Microsoft.Storage/storageAccounts@2025-06-01' existing = [for i in range(0, 2): {{\n  name: 'abc${{i}}'\n}}]\n\
             output b string = {read}\n"
        )
    };
    for (code, read) in [
        ("BCP083", "a.properties.accesTier"),
        ("BCP053", "a.properties.unheardOf"),
        ("BCP083", "many[0].properties.primaryEndpoints.blobb"),
        ("BCP053", "a.properties.customDomain.unheardOf"),
    ] {
        assert_eq!(codes(&reads(read)), [(7, code)], "{read}");
    }
    for read in [
        "a.id",
        "a.properties.accessTier",
        "many[1].properties.primaryEndpoints.blob",
        "a.properties.?unheardOf",
        "a.tags.anything",
    ] {
        assert_eq!(codes(&reads(read)), [], "{read}");
    }
}

#[test]
fn what_is_within_a_loop_is_known_there() {
    let text = "param names array\nresource many 'Microsoft.Storage/storageAccounts@2025-06-01' = [for (name, i) in names: {\n  \
                name: name\n  location: 'westeurope'\n  kind: 'StorageV2'\n  sku: { name: 'Standard_LRS' }\n  properties: {\n    \
                allowBlobPublicAccess: i\n  }\n}]\n";
    assert_eq!(codes(text), [(8, "BCP036")]);
}
