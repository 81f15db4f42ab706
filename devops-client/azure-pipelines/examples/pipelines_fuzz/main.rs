//! Mutated pipelines and expressions, read, expanded and printed until the time is up: `pipelines_fuzz SECONDS SEED FOLDER…`.
//!
//! The folders hold pipelines (`.yml`) and tables of expressions (`.tsv`, the second column). What is tried is in
//! `pipelines-fuzz-case` of the folder for temporary files, so that it is there when the program is gone. It ends with 1 at the
//! first case that panics, that takes more than a minute, or that reads back as another once it is printed.

#[path = "../../../azure-templates/examples/bicep_fuzz/mutate.rs"]
mod mutate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use azure_pipelines::expression::{Context, Scope, evaluate, parse as parse_expression};
use azure_pipelines::model::Pipeline;
use azure_pipelines::template::{Files, Knowledge, Request, expand};
use azure_pipelines::yaml::{parse, print};
use azure_pipelines::{Node, Place, Problem};
use mutate::Mutator;

/// Pieces that are put in anywhere.
const PIECES: &str = "${{ | }}|$[ |]|$(a)|(|)|, |'|''|.*|[|]|parameters.p|variables['a']|variables.a|dependencies.A.outputs['b.c']\
    |${{ if eq(1, 2) }}:|${{ elseif true }}:|${{ else }}:|${{ each x in parameters.p }}:|${{ insert }}: |${{ x }}|x|and(|or(|not(\
    |eq(|in(|format('{0}', |format('{0:yyyy}', |join(',', |split('a,b', ',')|convertToJson(|counter('a', 1)|coalesce(|iif(|length(\
    |replace('a', '', |trim(|xor(|1.2.3|-0|.5|9999999999999999999999999999999|0x1F|1e9|null|true|'{0'|\n|\n- |\n  |: |- |{|}|#\
    |template: t.yml|template: t.yml@other|extends:|stages:|jobs:|- job: J|- stage: S|dependsOn: |steps:|- script: |condition: \
    |type: stepList|type: object|type: number|values: [a]|default: |matrix: |strategy:|deployment: D|runOnce:|deploy:|pool: \
    |resources:|repositories:|trigger: none|variables:|- group: g|name: |value: |é|\u{1f9ea}|\u{feff}|\t|\r\n|> |  |'|\"|&a|*a|!!str |---|...";

/// The longest case in bytes, far beyond what anybody writes.
const MOST: usize = 1_000_000;

/// What a case may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seconds, seed, folders @ ..] = arguments.as_slice() else {
        return ended("usage: pipelines_fuzz SECONDS SEED FOLDER…", 2);
    };
    let (Ok(seconds), Ok(seed)) = (seconds.parse(), seed.parse()) else {
        return ended("SECONDS and SEED are numbers", 2);
    };
    let mut sources = Vec::new();
    folders.iter().for_each(|folder| gather(Path::new(folder), &mut sources));
    if sources.is_empty() {
        return ended("the folders hold no pipelines", 2);
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let (case_file, mut mutator) =
        (std::env::temp_dir().join("pipelines-fuzz-case"), Mutator::new(seed, sources, PIECES));
    let (give, cases) = channel::<String>();
    let (tell, done) = channel::<Result<(), String>>();
    // As small as the stack of a thread is anywhere: an overflow ends the program, and the case is in its file.
    let worker = move || cases.into_iter().for_each(|case| drop(tell.send(tried(&case))));
    if std::thread::Builder::new().stack_size(2 << 20).spawn(worker).is_err() {
        return ended("no thread", 2);
    }
    let mut count = 0_u64;
    while Instant::now() < end {
        let case = mutator.case();
        if case.len() > MOST {
            continue;
        }
        if std::fs::write(&case_file, &case).is_err() || give.send(case).is_err() {
            return ended("the case cannot be handed on", 2);
        }
        match done.recv_timeout(PATIENCE) {
            Ok(Ok(())) => count += 1,
            Ok(Err(why)) => return ended(&format!("case {count}: {why}: {}", case_file.display()), 1),
            Err(RecvTimeoutError::Timeout) => {
                return ended(&format!("case {count} takes too long: {}", case_file.display()), 1);
            }
            Err(RecvTimeoutError::Disconnected) => {
                return ended(&format!("case {count} panics: {}", case_file.display()), 1);
            }
        }
    }
    ended(&format!("{count} cases in {seconds} s, seed {seed}: none panics, none hangs"), 0)
}

#[allow(clippy::print_stdout)]
fn ended(line: &str, code: u8) -> ExitCode {
    println!("{line}");
    ExitCode::from(code)
}

fn gather(folder: &Path, sources: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match path.extension().and_then(|kind| kind.to_str()).unwrap_or_default() {
            _ if path.is_dir() => gather(&path, sources),
            "yml" | "yaml" => sources.extend(std::fs::read_to_string(&path)),
            "tsv" => {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                sources.extend(text.lines().filter_map(|line| Some(line.split('\t').nth(1)?.to_owned())));
            }
            _ => {}
        }
    }
}

/// A pipeline that is every template of itself.
struct Same<'a>(&'a Node);

impl Files for Same<'_> {
    fn load(&self, _: &str) -> Result<Option<Node>, Problem> {
        Ok(Some(self.0.clone()))
    }
}

/// Nothing is known.
struct Nothing;

impl Scope for Nothing {
    fn value(&self, _: &str) -> Option<Node> {
        None
    }
}

/// Everything that can be done with a text.
fn tried(case: &str) -> Result<(), String> {
    for context in [Context::Template, Context::Condition, Context::Runtime] {
        let Ok(tree) = parse_expression(case, context, &["x"]) else { continue };
        if parse_expression(&tree.to_string(), context, &["x"]).as_ref() != Ok(&tree) {
            return Err(format!("printed, the expression reads as another: {tree}"));
        }
        let _ = evaluate(&tree, &Nothing, &Place::nowhere());
    }
    let Ok(root) = parse("p.yml", case) else { return Ok(()) };
    let printed = print(&root);
    // Nothing at all prints as an empty file, which is no document.
    let empty = root.text() == Some("");
    if !empty && !parse("p.yml", &printed).is_ok_and(|again| again.to_json() == root.to_json()) {
        return Err(format!("printed, the pipeline reads as another:\n{printed}"));
    }
    for (knowledge, parameters) in [(Knowledge::Files, None), (Knowledge::All, Some(Vec::new()))] {
        let once = || {
            let expanded = expand(&Request {
                root: &root,
                path: "p.yml",
                files: &Same(&root),
                parameters: parameters.clone(),
                payloads: Vec::new(),
                variables: Vec::new(),
                knowledge,
            });
            let problems: Vec<String> = Pipeline::read(&expanded).problems().iter().map(ToString::to_string).collect();
            (print(&expanded.root), problems)
        };
        if once() != once() {
            return Err("expanded once more it is another pipeline".to_owned());
        }
    }
    Ok(())
}
