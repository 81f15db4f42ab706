//! Any text in any field that takes text: refused with its place, or in the project exactly as it was written.

mod corpus;
mod fields;

use super::*;
use crate::project::text::hazard;
use crate::spec::located::{Limits, Node, Span, Value, read};
use corpus::corpus;
use fields::{FIELDS, FREE, Field, fields, usual};
use proptest::prelude::*;

/// [`FIELDS`] with `value` in each of `tested`, quoted as JSON quotes it, which is YAML too.
fn spec_with(tested: &[Field], value: &str) -> String {
    let quoted = serde_json::to_string(value).expect("text is JSON");
    let mut text = String::new();
    for line in FIELDS.lines() {
        match line.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?))) {
            Some((before, (field, after))) if tested.iter().any(|(name, _)| *name == field) => {
                text += &format!("{before}{quoted}{after}\n");
            }
            Some((before, (field, after))) => text += &format!("{before}\"{}\"{after}\n", usual(field)),
            None => text += &format!("{line}\n"),
        }
    }
    text
}

/// The fields that keep `value`, exactly; panics if another does not refuse it in its place.
fn keepers(value: &str) -> Vec<&'static str> {
    let fields = fields();
    let report = bad(&spec_with(&fields, value));
    let refuses = |field: &str| {
        let mark = format!("<{field}>");
        let line = FIELDS.lines().position(|l| l.contains(&mark)).expect("the field is in the spec") + 1;
        report.diagnostics().iter().any(|d| d.line == line && d.path.starts_with(field))
    };
    if report.diagnostics().iter().any(|d| d.message.starts_with("this is not YAML")) {
        return Vec::new();
    }
    let rest: Vec<Field> = fields.into_iter().filter(|(name, _)| !refuses(name)).collect();
    let text = spec_with(&rest, value);
    let project = load("mlops.yaml", &text).unwrap_or_else(|r| panic!("{value:?}: {}", r.render(Style::Plain)));
    for (field, get) in &rest {
        assert_eq!(get(&project).as_deref(), Some(value), "{field}");
        assert_eq!(hazard(value), None, "{field} kept {value:?}");
    }
    rest.iter().map(|(name, _)| *name).collect()
}

#[test]
fn the_spec_with_the_usual_values_is_a_project() {
    let project = good(&spec_with(&[], ""));
    for (field, get) in fields() {
        assert_eq!(get(&project).as_deref(), Some(usual(field)), "{field}");
    }
}

#[test]
fn every_text_of_the_corpus_is_refused_in_its_place_or_kept() {
    let (mut kept, mut all) = (0, 0);
    for value in corpus() {
        let keepers = keepers(&value);
        kept += keepers.len();
        all += fields().len();
        // Free text is refused only for a reason: what would be run, what cannot be seen, or what says nothing.
        let harmless = hazard(&value).is_none() && value.chars().count() <= 200 && !value.trim().is_empty();
        for field in FREE.iter().filter(|_| harmless) {
            assert!(keepers.contains(field), "{field} refused {value:?}");
        }
    }
    assert!(all > 6_000 && kept > 1_500, "{kept} of {all} kept");
}

#[test]
fn what_azure_pipelines_would_run_is_refused_in_every_field() {
    let signs = ["${{ x }}", "a$(b)", "$[c]", "##vso[x]", "##VsO[x]", "##[x]", "a\u{0}", "a\u{1b}", "a\nb", "\u{202e}"];
    for sign in signs {
        assert_eq!(keepers(sign), [""; 0], "{sign:?}");
    }
}

/// The spans of every scalar that is a value.
fn scalars(node: &Node, found: &mut Vec<Span>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| scalars(item, found)),
        Value::Map(entries) => entries.iter().for_each(|entry| scalars(&entry.node, found)),
        _ => found.push(node.span.clone()),
    }
}

#[test]
fn any_value_of_another_kind_is_a_mistake_in_its_place_or_a_good_value() {
    let text = spec_with(&[], "");
    let mut spans = Vec::new();
    scalars(&read(&text, Limits::SPEC, &mut Vec::new()).expect("the spec is YAML"), &mut spans);
    assert!(spans.len() > 45, "{}", spans.len());
    for span in spans {
        for other in ["~", "[]", "{}", "[[]]", "{a: b}", "-1", "0.5", ".nan", "true", "'x y'", "!!str 1", "*a"] {
            let changed = format!("{}{other}{}", &text[..span.start], &text[span.end..]);
            let line = text[..span.start].matches('\n').count() + 1;
            if let Err(report) = load("mlops.yaml", &changed) {
                let shown = report.render(Style::Plain);
                // A column of another name is a good value, and the target names what is no longer there.
                let told = |d: &crate::spec::report::Diagnostic| d.line == line || d.path == "data.target";
                assert!(report.diagnostics().iter().any(told), "{other} in line {line}: {shown}");
                assert!(!shown.contains("does not fit its schema"), "{other} in line {line}: {shown}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Strings of any characters at all, in every field.
    #[test]
    fn any_text_is_refused_in_its_place_or_kept(value in any::<String>()) {
        keepers(&value);
    }

    /// Strings of the characters that mean something somewhere, in every field.
    #[test]
    fn any_text_of_signs_is_refused_in_its_place_or_kept(value in "[ -/:-@\\[-`{-~\n\t$#(){}\\[\\]ab01]{0,24}") {
        keepers(&value);
    }

    /// Whole files of any text: no panic, and an answer.
    #[test]
    fn any_file_has_an_answer(text in any::<String>()) {
        prop_assert!(load("mlops.yaml", &text).is_err());
    }

    /// A good spec with a piece of it replaced: no panic, and every mistake has a place inside the file.
    #[test]
    fn a_damaged_spec_has_mistakes_inside_the_file(start in 0..SMALL.len(), length in 0_usize..20, with in "[ -~\n]{0,6}") {
        let end = (start + length).min(SMALL.len());
        let text = format!("{}{with}{}", &SMALL[..start], &SMALL[end..]);
        if let Err(report) = load("mlops.yaml", &text) {
            let lines = text.split('\n').count();
            prop_assert!(report.diagnostics().iter().all(|d| (1..=lines).contains(&d.line) && d.column >= 1 && d.end_column > d.column));
            prop_assert!(!report.diagnostics().iter().any(|d| d.message.contains("does not fit its schema")), "{text}");
        }
    }
}
