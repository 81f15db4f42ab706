//! Any text in any free-text field is refused with its place, or comes back byte for byte as one whole scalar.
#![allow(clippy::print_stdout)]

use mlops_gen::compose::compose;
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::tree::RenderedTree;
use proptest::prelude::*;

mod scalars;

const SPEC: &str = include_str!("hostile/spec.yaml");
const MARKER: &str = "Marker0for1text";

/// The spec with `text` in every free-text field, and the number of those fields.
fn spec(text: &str, runtime: &str) -> (String, usize) {
    let quoted = escaped(text);
    let filled = SPEC.replace("@TEXT@", &quoted).replace("@KEY@", &quoted).replace("@RUNTIME@", runtime);
    let body = SPEC.lines().filter(|line| !line.starts_with('#'));
    (filled, body.map(|line| line.matches("@TEXT@").count() + line.matches("@KEY@").count()).sum())
}

/// The text as JSON, with codes for what YAML would not read as it stands: the spec decides about it, not its reader.
fn escaped(text: &str) -> String {
    let coded = |c: char| matches!(c, '\u{7f}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let json = serde_json::to_string(text).unwrap();
    json.chars().map(|c| if coded(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

/// Renders the spec with `text` everywhere, or says at which lines it was refused.
fn render(renderer: &Renderer, text: &str, runtime: &str) -> Result<RenderedTree, Vec<usize>> {
    let (spec, _) = spec(text, runtime);
    let project = mlops_gen::load("mlops.yaml", &spec)
        .map_err(|report| report.diagnostics().iter().map(|diagnostic| diagnostic.line).collect::<Vec<_>>())?;
    Ok(compose(&project, renderer).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("accepted {text:?}, but then: {}", lines.join("\n"))
    }))
}

/// Every file reads back as the one with a harmless marker does, with `text` in the marker's place.
fn assert_kept(harmless: &RenderedTree, hostile: &RenderedTree, text: &str) -> usize {
    let mut places = 0;
    assert_eq!(harmless.len(), hostile.len(), "{text:?} changes which files there are");
    for ((path, plain), (_, file)) in harmless.iter().zip(hostile.iter()) {
        if plain.bytes == file.bytes {
            assert!(!plain.text().is_some_and(|content| content.contains(MARKER)), "{path} ignores {text:?}");
            continue;
        }
        let wanted: Vec<String> =
            sorted(scalars::of(path.as_str(), plain.text().unwrap()), |s| s.replace(MARKER, text));
        let found: Vec<String> = sorted(scalars::of(path.as_str(), file.text().unwrap()), |s| s);
        let wrong = wanted.iter().zip(&found).find(|(wanted, found)| wanted != found);
        assert_eq!(wanted.len(), found.len(), "{path}: {text:?} changes the number of scalars");
        assert!(wrong.is_none(), "{path}: {text:?} came back as something else: {wrong:?}");
        places += found.iter().filter(|scalar| scalar.contains(text)).count();
    }
    places
}

fn sorted(scalars: Vec<String>, change: impl Fn(String) -> String) -> Vec<String> {
    let mut all: Vec<String> = scalars.into_iter().map(change).collect();
    all.sort();
    all
}

#[test]
fn the_corpus_is_refused_with_its_place_or_kept_byte_for_byte() {
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let mut cases = 0;
    for runtime in ["rust", "python"] {
        let harmless = render(&renderer, MARKER, runtime).expect("the marker is harmless");
        for text in include_str!("hostile/corpus.txt").split('\n').filter(|text| !text.is_empty()) {
            let (_, fields) = spec(text, runtime);
            match render(&renderer, text, runtime) {
                Ok(hostile) => {
                    assert!(assert_kept(&harmless, &hostile, text) >= fields, "{text:?} is in too few places")
                }
                Err(lines) => {
                    assert!(lines.iter().all(|line| *line > 2), "{text:?} is refused without a place: {lines:?}")
                }
            }
            cases += fields;
        }
    }
    println!("{cases} cases: text, field, runtime");
}

#[test]
fn what_azure_pipelines_would_evaluate_is_refused_in_every_field() {
    let renderer = Renderer::new(&Overrides::new()).unwrap();
    let refused: Vec<String> = serde_json::from_str(include_str!("hostile/refused.json")).unwrap();
    for text in &refused {
        let (filled, fields) = spec(text, "rust");
        let lines = render(&renderer, text, "rust").expect_err(&format!("{text:?} is accepted"));
        assert!(lines.len() >= fields, "{text:?}: {} of {fields} fields refuse it\n{filled}", lines.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_refused_with_its_place_or_kept_byte_for_byte(text in "\\PC{1,40}|[ -~]{1,40}|(['\"\\\\{}$%#:&*!|> ]{1,12})") {
        thread_local! {
            static ONCE: (Renderer, RenderedTree) = {
                let renderer = Renderer::new(&Overrides::new()).unwrap();
                let harmless = render(&renderer, MARKER, "rust").unwrap();
                (renderer, harmless)
            };
        }
        ONCE.with(|(renderer, harmless)| match render(renderer, &text, "rust") {
            Ok(hostile) => drop(assert_kept(harmless, &hostile, &text)),
            Err(lines) => assert!(!lines.is_empty() && lines.iter().all(|line| *line > 2), "{text:?}: {lines:?}"),
        });
    }
}
