//! What stops what-if, and numbers out of their bounds: lines and codes of warnings.

use std::borrow::Cow;

use super::super::{Compiler, Sources};

/// It names a resource by `name`, one in a module of its own by `inner`, and decides one by `on`; `plain` is a value.
const MODULE: &str = "param name string\nparam inner string\nparam on bool = name == 'x'\nparam plain string = ''\n\
    @minValue(1)\n@maxValue(9)\nparam count int = 1\nvar full = '${name}-x'\n\
    resource a 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {\n  name: full\n}\n\
    resource b 'Microsoft.Network/routeTables@2025-07-01' = if (on) {\n  name: 'b'\n  location: plain\n  properties: {\n    \
    routes: [for i in range(0, count): {\n      name: '${i}'\n    }]\n  }\n}\n\
    module deeper 'deeper.bicep' = {\n  name: 'deeper'\n  params: {\n    store: inner\n  }\n}\noutput out string = a.name\n";

const DEEPER: &str = "param store string\nresource a 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {\n  \
    name: store\n}\noutput id string = a.id\n";

/// Lines and codes of what is said of a file that hands `given` to the module.
fn said(given: &str) -> Vec<(usize, &'static str, String)> {
    let main = format!(
        "param known string\n@minValue(0)\n@maxValue(99)\nparam number int\n\
         module first 'deeper.bicep' = {{\n  name: 'first'\n  params: {{\n    store: known\n  }}\n}}\n\
         var later = '${{first.outputs.id}}-y'\nvar numbered = number\n\
         module second 'module.bicep' = {{\n  name: 'second'\n  params: {{\n{given}\n  }}\n}}\noutput used array = [later, numbered]\n"
    );
    let files = [("main.bicep", main.as_str()), ("module.bicep", MODULE), ("deeper.bicep", DEEPER)];
    let sources = Sources::gather(["main.bicep".to_owned()], |path| {
        let (_, text) = files.iter().find(|(known, _)| *known == path)?;
        Some(Cow::Borrowed(text.as_bytes()))
    });
    let compiler = Compiler::new(&sources);
    compiler.template("main.bicep").unwrap_or_else(|problems| panic!("{problems:#?}"));
    compiler
        .warnings("main.bicep")
        .into_iter()
        .map(|problem| (problem.at.line, problem.code, problem.message))
        .collect()
}

fn codes(given: &str) -> Vec<(usize, &'static str)> {
    said(given).into_iter().map(|(line, code, _)| (line, code)).collect()
}

#[test]
fn values_that_are_known_when_a_deployment_starts_stop_nothing() {
    assert_eq!(codes("name: known\ninner: '${known}-z'\non: true\nplain: later\ncount: 2"), []);
}

#[test]
fn a_name_that_is_known_too_late_is_told_by_whatever_way_it_goes() {
    let what_if = "what-if-short-circuiting";
    assert_eq!(codes("name: first.outputs.id\ninner: later"), [(16, what_if), (17, what_if)]);
    let (_, _, message) = said("name: known\ninner: first.outputs.id").remove(0);
    assert!(message.starts_with("`inner` of module `second`"), "{message}");
}

#[test]
fn a_condition_counts_and_a_default_passes_on_what_it_is_made_of() {
    let what_if = "what-if-short-circuiting";
    assert_eq!(codes("name: known\ninner: known\non: later == 'x'"), [(18, what_if)]);
}

#[test]
fn numbers_that_may_be_out_of_bounds_are_told() {
    assert_eq!(codes("name: known\ninner: known\ncount: number"), [(18, "BCP329"), (18, "BCP330")]);
    assert_eq!(codes("name: known\ninner: known\ncount: length(known)"), [(18, "BCP329")]);
}
