use serde_json::Value;

use super::compile_arm;
use crate::artifacts::{Artifact, Ownership};
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};

fn tree(files: &[(&str, &str)]) -> RenderedTree {
    let mut tree = RenderedTree::default();
    for (path, text) in files {
        let file = RenderedFile {
            bytes: text.as_bytes().to_vec(),
            ownership: Ownership::Managed,
            origin: "a test".to_owned(),
            because: Vec::new(),
        };
        tree.insert(RelPath::parse(path).unwrap(), file).unwrap();
    }
    tree
}

#[test]
fn a_file_that_cannot_be_compiled_leaves_no_json_behind() {
    let mut tree = tree(&[("main.bicep", "var x = y\n"), ("good.bicep", "")]);
    let plan = [Artifact::arm("main.json", "main.bicep"), Artifact::arm("good.json", "good.bicep")];
    let findings = compile_arm(&plan, &mut tree).unwrap_err();
    assert_eq!((findings[0].path.as_str(), findings[0].line), ("main.bicep", Some(1)));
    assert!(tree.get("good.json").is_none());
}

#[test]
fn templates_and_parameter_files_become_json() {
    let mut tree =
        tree(&[("main.bicepparam", "using './main.bicep'\nparam a = 'b'\n"), ("main.bicep", "param a string\n")]);
    let plan = [Artifact::arm("main.json", "main.bicep"), Artifact::arm("main.parameters.json", "main.bicepparam")];
    compile_arm(&plan, &mut tree).unwrap();
    let read = |path| serde_json::from_slice::<Value>(&tree.get(path).unwrap().bytes).unwrap();
    assert_eq!(read("main.parameters.json")["parameters"]["a"]["value"], "b");
    assert_eq!(read("main.json")["parameters"]["a"]["type"], "string");
}

#[test]
fn a_module_that_cannot_be_read_is_reported_once_where_it_stands() {
    let files = [("main.bicep", "module m 'm.bicep' = {\n  name: 'm'\n}\n"), ("m.bicep", "var x = 'open\n")];
    let tree = tree(&files);
    let findings = super::check(&tree, &super::read(&tree));
    assert!(findings.iter().any(|f| f.path.as_str() == "m.bicep" && f.line == Some(1)), "{findings:#?}");
}
