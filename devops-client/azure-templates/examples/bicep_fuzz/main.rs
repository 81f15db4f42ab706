//! Mutated sources, compiled, laid out and evaluated until the time is up: `bicep_fuzz SECONDS SEED FOLDER…`.
//!
//! The folders hold sources (`.bicep`, `.bicepparam`) and templates (`.json`). What is tried is in `fuzz-case` of the
//! folder for temporary files, so that it is there when the program is gone. It ends with 1 at the first case that panics,
//! that takes more than ten seconds, or that is another file once it is laid out.

mod mutate;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use azure_templates::arm::{Setting, evaluate};
use azure_templates::bicep::{Compiler, Sources, format};
use mutate::Mutator;
use serde_json::{Map, Value};

/// Pieces that are put in anywhere.
const PIECES: &str = "var a = |param b string = |resource d 'A.B/c@2025-01-01' = {|module e 'main.bicep' = {|{|}|[|]|(|)|\n| |'|'''\
    |${|}'|for i in |for (i, j) in |if (|: |, |? |=> |...|.|.?|[?|[^1]|::|!|-|9223372036854775808|-9223372036854775808|0|1\
    | + | ?? | == |a|b|d.id|i|name: |map(a, x => x)|@secure()|@description('x')|@allowed([|existing |using 'main.bicep'|\
    targetScope = 'subscription'|loadTextContent('x')|format('{0,9}', 1)|// c\n|/* c */|/*|#disable-next-line x\n|type t = |\
    func f(a string) string => |import {|string[]?| | 'a' | 'b'|null|true|\u{feff}|\r\n|é|\u{1f9ea}|\t|range(0, 10000)|\
    string(|json('|[concat(|parameters('|reference(|copyIndex()|lambda('x', ";

/// What a case may take.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seconds, seed, folders @ ..] = arguments.as_slice() else {
        return ended("usage: bicep_fuzz SECONDS SEED FOLDER…", 2);
    };
    let (Ok(seconds), Ok(seed)) = (seconds.parse(), seed.parse()) else {
        return ended("SECONDS and SEED are numbers", 2);
    };
    let mut sources = Vec::new();
    folders.iter().for_each(|folder| gather(Path::new(folder), &mut sources));
    if sources.is_empty() {
        return ended("the folders hold no sources", 2);
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let (case_file, mut mutator) = (std::env::temp_dir().join("fuzz-case"), Mutator::new(seed, sources, PIECES));
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
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if path.is_dir() {
            gather(&path, sources);
        } else if matches!(kind, "bicep" | "bicepparam" | "json") {
            sources.extend(std::fs::read_to_string(&path));
        }
    }
}

/// Everything that can be done with a text.
fn tried(case: &str) -> Result<(), String> {
    if let Ok(template) = serde_json::from_str::<Value>(case) {
        let _ = evaluate(&template, &Map::new(), &Setting::default());
        return Ok(());
    }
    let made = |text: &str| {
        let paths = ["main.bicep", "main.bicepparam"];
        let sources = Sources::gather(paths.map(str::to_owned), |path| {
            paths.contains(&path).then_some(Cow::Borrowed(text.as_bytes()))
        });
        let compiler = Compiler::new(&sources);
        let _ = compiler.warnings("main.bicep");
        (compiler.template("main.bicep").ok(), compiler.parameters("main.bicepparam", &|_| None).ok())
    };
    let (template, parameters) = made(case);
    if let Some(template) = &template {
        let _ = evaluate(template, &Map::new(), &Setting::default());
    }
    let Ok(once) = format(case) else {
        return Ok(());
    };
    if format(&once).as_ref() != Ok(&once) {
        return Err("laid out once more it is another file".to_owned());
    }
    if made(&once) != (template, parameters) {
        return Err("laid out it is compiled to another JSON".to_owned());
    }
    Ok(())
}
