//! Every call of `az`, `docker` and `kubectl` in the rendered files of all cases. `conformance/calls.sh` has tests note the
//! calls that they carry out, and asks here how many of those in the files are among them.
#![allow(clippy::print_stdout, reason = "the conformance check prints what is carried out and what is not")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mlops_gen::verify::permissions::listed;
use system_tests::{render, specs};

const PROGRAMS: [&str; 3] = ["az", "docker", "kubectl"];

/// Share of calls that the sandbox carries out in a test, by itself.
const LEAST: f64 = 0.9;

/// Calls that no test carries out, and why.
const LEFT_OUT: [(&str, &str); 1] = [(
    "az account get-access-token --output --query --resource",
    "servers that want a token of Entra ID stand in no sandbox: theirs want a key",
)];

/// A call: its program and command, and its options, values aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    command: Vec<String>,
    options: BTreeSet<String>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.command.join(" "))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Call {
    fn of(words: &[String]) -> Self {
        // which cluster, which stands before the command
        let from = if words.get(1).is_some_and(|word| word == "--kubeconfig") { 3 } else { 1 };
        let rest = words.get(from..).unwrap_or_default();
        let plain = |word: &&String| !word.starts_with('-') && !word.contains(['$', '/', '=', '.', '@']);
        let command = words.iter().take(1).chain(rest.iter().take_while(plain)).cloned().collect();
        let options = rest.iter().filter(|word| word.starts_with('-') && word.len() > 1 && *word != "--");
        let options = options.map(|word| word.split('=').next().unwrap_or_default().to_owned());
        Self { command, options: options.filter(|option| !option.contains('$')).collect() }
    }

    /// Whether `done` is a way to carry this call out: variables may have brought more words.
    fn is(&self, done: &Self) -> bool {
        done.command.starts_with(&self.command) && self.options.is_subset(&done.options)
    }
}

/// The calls in the rendered files of all cases, each with the files that have it.
fn written() -> BTreeMap<Call, BTreeSet<String>> {
    let mut all: BTreeMap<Call, BTreeSet<String>> = BTreeMap::new();
    for (_, spec) in specs() {
        for call in listed(&render(&spec), &PROGRAMS) {
            let file = call.file.rsplit('/').next().unwrap_or_default().to_owned();
            all.entry(Call::of(&call.words)).or_default().insert(file);
        }
    }
    all
}

/// One argv of each call, for whoever parses them: what is known only in a run stands as `1`.
fn spoken() -> BTreeSet<Vec<String>> {
    let mut all = BTreeSet::new();
    for (_, spec) in specs() {
        for call in listed(&render(&spec), &PROGRAMS) {
            let lists = |word: &&String| !(word.starts_with("${") && word.ends_with("[@]}")) && *word != "$@";
            let mut words: Vec<String> = Vec::new();
            for word in call.words.iter().filter(lists) {
                // a query has a language of its own, in which a number is none
                let queried = words.last().is_some_and(|last| last == "--query");
                let stands = if queried { "x" } else { "1" };
                words.push(if word.contains('$') { stands.to_owned() } else { word.clone() });
            }
            all.insert(words);
        }
    }
    all
}

#[test]
fn calls_are_found_in_scripts_and_in_what_repeats_them() {
    let all = written();
    for (command, option) in [
        ("az ml job download", "--download-path"),
        ("az deployment group create", "--template-file"),
        ("docker push", ""),
        ("kubectl rollout status", "--timeout"),
    ] {
        let found = all.keys().any(|call| {
            call.command.join(" ").starts_with(command) && (option.is_empty() || call.options.contains(option))
        });
        assert!(
            found,
            "{command} {option} is not among\n{}",
            all.keys().map(|call| format!("  {call}\n")).collect::<String>()
        );
    }
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let call = Call::of(&words("kubectl --kubeconfig $k get service/$name -o jsonpath={.x}"));
    assert_eq!(call.to_string(), "kubectl get -o");
    assert!(call.is(&Call::of(&words("kubectl get service/a -o jsonpath={.x} --namespace n"))));
    assert!(!call.is(&Call::of(&words("kubectl delete service/a -o x"))));
}

/// `MLOPS_GEN_CALLS_DONE` names the file of what was carried out, a line each: who, exit code, words, with tabs between them.
#[test]
fn nine_of_ten_calls_are_carried_out_by_the_sandbox() {
    let Ok(file) = std::env::var("MLOPS_GEN_CALLS_DONE") else { return };
    if let Ok(path) = std::env::var("MLOPS_GEN_CALLS_SPOKEN") {
        let lines: String = spoken().iter().map(|words| words.join("\t") + "\n").collect();
        std::fs::write(path, lines).unwrap();
    }
    let mut done: BTreeMap<&str, BTreeSet<Call>> = BTreeMap::new();
    let text = std::fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&text);
    for line in text.lines() {
        let mut parts = line.split('\t');
        let (Some(who), Some(code)) = (parts.next(), parts.next()) else { continue };
        let words: Vec<String> = parts.map(str::to_owned).collect();
        // what a stand-in refuses is not carried out
        if code == "0" && words.first().is_some_and(|name| PROGRAMS.contains(&name.as_str())) {
            done.entry(if who == "sandbox" { "sandbox" } else { "stub" }).or_default().insert(Call::of(&words));
        }
    }
    let by = |who: &str, call: &Call| done.get(who).is_some_and(|done| done.iter().any(|other| call.is(other)));
    let all = written();
    let sandbox = all.keys().filter(|call| by("sandbox", call)).count();
    let left: Vec<(&Call, &BTreeSet<String>)> =
        all.iter().filter(|(call, _)| !by("sandbox", call) && !by("stub", call)).collect();
    let carried = all.len() - left.len();
    println!("{carried} of {} calls are carried out by a test, {sandbox} of them by the sandbox", all.len());
    for call in all.keys().filter(|call| !by("sandbox", call) && by("stub", call)) {
        println!("carried out with stubs alone: {call}");
    }
    let reason = |call: &Call| LEFT_OUT.iter().find(|(known, _)| call.to_string() == *known).map(|(_, why)| *why);
    for (call, files) in &left {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        println!("not carried out: {call} ({}): {}", files.join(", "), reason(call).unwrap_or("no reason is given"));
    }
    for (known, _) in LEFT_OUT.iter().filter(|(known, _)| !left.iter().any(|(call, _)| call.to_string() == *known)) {
        println!("carried out by now, or gone, and to be taken from the list: {known}");
    }
    let share = sandbox as f64 / all.len() as f64;
    assert!(
        share >= LEAST,
        "{:.1} % of the calls are carried out by the sandbox, {:.0} % are wanted",
        share * 100.0,
        LEAST * 100.0
    );
}
