//! Whatever stands in a file: it is read, refused or left open, within moments, and what is printed reads back as the same.

use azure_pipelines::expression::{Context, Scope, evaluate, parse as parse_expression};
use azure_pipelines::model::Pipeline;
use azure_pipelines::template::{Files, Knowledge, Piece, Request, directive, expand, macros, pieces, runtime};
use azure_pipelines::yaml::{parse, print};
use azure_pipelines::{Node, Place, Problem};
use proptest::prelude::*;

/// Text with more of what matters than chance would bring.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("${{ ".to_owned()),
        Just(" }}".to_owned()),
        Just("$(".to_owned()),
        Just("$[".to_owned()),
        Just("if ".to_owned()),
        Just("each x in ".to_owned()),
        Just("parameters.p".to_owned()),
        Just("variables['a']".to_owned()),
        Just("eq(".to_owned()),
        Just("not(".to_owned()),
        Just("format('{0}', ".to_owned()),
        Just(".*".to_owned()),
        Just("'".to_owned()),
        Just(", ".to_owned()),
        Just("]".to_owned()),
        Just(")".to_owned()),
        Just("\n".to_owned()),
        Just("é€𝄞".to_owned()),
        "[ -~\u{80}-\u{2fff}]{0,6}",
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

/// A text that is the whole document is read back as itself.
fn alone(text: &str) -> Result<(), TestCaseError> {
    let printed = print(&Node::from_json(&text.into(), &Place::nowhere()));
    let again = parse("a.yml", &printed).map_err(|problem| TestCaseError::fail(format!("{problem}\n{printed:?}")))?;
    prop_assert_eq!(again.to_json(), serde_json::json!(text), "{:?}", printed);
    Ok(())
}

#[test]
fn a_document_of_one_text_is_read_back_as_itself() {
    let texts =
        ["\n\na", "\na\n\n", " a\nb", "a\n--- b", "a\n...\n", "--- a", "---", "... a", "\n", " ", "", "a\n\n  b"];
    for text in texts {
        alone(text).unwrap();
    }
}

struct Nothing;

impl Scope for Nothing {
    fn value(&self, _: &str) -> Option<Node> {
        None
    }
}

impl Files for Nothing {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        // Every template is the same one, and it includes another.
        parse(path, "parameters:\n  p: 1\nsteps:\n- template: ../x.yml\n- script: ${{ parameters.p }}\n").map(Some)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn scalars_are_split_and_put_together_again(text in text()) {
        if let Ok(found) = pieces(&text) {
            let sum: usize = found.iter().map(|piece| match piece {
                Piece::Text(text) | Piece::Expression(text) => text.len(),
            }).sum();
            prop_assert!(sum <= text.len());
        }
        let _ = directive(&text);
        let _ = runtime(&text);
        for name in macros(&text) {
            let there = text.contains(&format!("$({name})"));
            prop_assert!(there);
        }
    }

    #[test]
    fn expressions_are_read_or_refused_and_printed_the_same(text in text()) {
        match parse_expression(&text, Context::Template, &["x"]) {
            Err(error) => prop_assert!(!error.message.is_empty()),
            Ok(tree) => {
                let again = parse_expression(&tree.to_string(), Context::Template, &["x"]);
                prop_assert_eq!(again.as_ref(), Ok(&tree));
                let _ = evaluate(&tree, &Nothing, &Place::nowhere());
            }
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same(texts in proptest::collection::vec(text(), 1..5)) {
        let json = serde_json::json!({ "steps": [{ "script": texts[0], "env": { "A": texts.last() } }, texts, [[]], {}] });
        let node = Node::from_json(&json, &Place::nowhere());
        let printed = print(&node);
        let again = parse("a.yml", &printed).map_err(|problem| TestCaseError::fail(format!("{problem}\n{printed}")))?;
        prop_assert_eq!(again.to_json(), json, "{}", printed);
        for text in texts {
            alone(&text)?;
        }
    }

    #[test]
    fn any_scalar_in_any_place_of_a_pipeline_is_survived(text in text(), place in 0usize..9) {
        let quoted = serde_json::to_string(&text).unwrap();
        let mut cells = vec!["'a'".to_owned(); 9];
        cells[place] = quoted;
        let yaml = format!(
            "parameters:\n- name: p\n  type: {}\n  default: {}\nvariables:\n  {}: {}\nsteps:\n- {}: {}\n- template: {}\n- script: x\n  condition: {}\n  env: {}\n",
            cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7], cells[8]
        );
        if let Ok(root) = parse("p.yml", &yaml) {
            for (knowledge, parameters) in [(Knowledge::Files, None), (Knowledge::All, Some(Vec::new()))] {
                let request = Request {
                    root: &root, path: "p.yml", files: &Nothing, parameters, payloads: Vec::new(), variables: Vec::new(), knowledge,
                };
                let expanded = expand(&request);
                let _ = Pipeline::read(&expanded).problems();
                let printed = print(&expanded.root);
                // A key that only its condition tells apart can stand there twice; everything else reads back.
                let read = parse("p.yml", &printed).is_ok_and(|again| !again.entries().is_empty());
                prop_assert!(read || printed.contains("${{") || printed == "{}\n", "{}", printed);
            }
        }
    }
}
