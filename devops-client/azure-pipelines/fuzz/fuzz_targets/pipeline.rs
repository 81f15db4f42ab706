//! Any bytes as a pipeline that includes itself, and as an expression: read, refused or left open, never a panic.
#![no_main]

use azure_pipelines::expression::{Context, LONGEST, parse as parse_expression};
use azure_pipelines::model::Pipeline;
use azure_pipelines::template::{Files, Knowledge, Request, expand};
use azure_pipelines::yaml::{parse, print};
use azure_pipelines::{Node, Problem};
use libfuzzer_sys::fuzz_target;

struct Same<'a>(&'a Node);

impl Files for Same<'_> {
    fn load(&self, _: &str) -> Result<Option<Node>, Problem> {
        Ok(Some(self.0.clone()))
    }
}

fuzz_target!(|text: &str| {
    for context in [Context::Template, Context::Condition, Context::Runtime] {
        if let Ok(tree) = parse_expression(text, context, &["x"]) {
            let printed = tree.to_string();
            // `.5` prints as `0.5`: what is as long as may be can become longer.
            let fits = printed.chars().count() <= LONGEST;
            assert!(!fits || parse_expression(&printed, context, &["x"]).as_ref() == Ok(&tree));
        }
    }
    let Ok(root) = parse("p.yml", text) else { return };
    // Nothing at all prints as an empty file, which is no document.
    let empty = root.text() == Some("");
    assert!(empty || parse("p.yml", &print(&root)).is_ok_and(|again| again.to_json() == root.to_json()));
    for (knowledge, parameters) in [(Knowledge::Files, None), (Knowledge::All, Some(Vec::new()))] {
        let expanded = expand(&Request {
            root: &root,
            path: "p.yml",
            files: &Same(&root),
            parameters,
            payloads: Vec::new(),
            variables: Vec::new(),
            knowledge,
        });
        let _ = Pipeline::read(&expanded).problems();
        let _ = print(&expanded.root);
    }
});
