//! The first minutes of the root README: each command of its console blocks works as it stands there, in order, and says
//! what is shown there.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk

use std::path::Path;
use std::process::{Command, Stdio};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use tempfile::TempDir;

/// Opens a shell in a sandbox; the commands after it are typed there.
const SANDBOX: &str = "mlops-gen sandbox -- bash";

/// A command and the lines that are shown below it.
#[derive(Debug)]
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// The commands of all console blocks.
fn commands(markdown: &str) -> Vec<Shown> {
    let (mut found, mut inside) = (Vec::<Shown>::new(), false);
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => inside = &*info == "console",
            Event::End(TagEnd::CodeBlock) => inside = false,
            Event::Text(text) if inside => {
                for line in text.lines() {
                    match (line.strip_prefix("$ "), found.last_mut()) {
                        (Some(command), _) => found.push(Shown { command: command.to_owned(), lines: Vec::new() }),
                        (None, Some(last)) => last.lines.push(line.trim_end().to_owned()),
                        (None, None) => panic!("output before any command: {line}"),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Lines without what differs from one time to the next: numbers, and commits.
fn steady(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let commit = word.len() == 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let mut out = String::new();
        for c in word.chars() {
            let digit = c.is_ascii_digit();
            if !(digit && out.ends_with('#')) {
                out.push(if digit { '#' } else { c });
            }
        }
        if commit { "#".to_owned() } else { out }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs each command with its output and exit code in files of its own.
fn script(commands: &[Shown], first: usize, notes: &Path) -> String {
    let lines = commands.iter().enumerate().map(|(index, shown)| {
        let at = notes.join((first + index).to_string());
        format!("{{ {}\n}} >{at} 2>&1; echo $? >{at}.code", shown.command, at = at.display())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_command_of_the_first_minutes_works_and_says_what_is_shown() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let commands = commands(&std::fs::read_to_string(readme).unwrap());
    let door = commands.iter().position(|shown| shown.command == SANDBOX).expect("the README opens a sandbox");
    let (before, inside) = (&commands[..door], &commands[door + 1..]);
    assert!(before.len() >= 3 && inside.len() >= 6, "{commands:#?}");

    let folder = TempDir::new().unwrap();
    let notes = folder.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(notes.join("inside.sh"), script(inside, door + 1, &notes)).unwrap();
    // Quicker steps than a person would watch; the rest is as it stands.
    let open = format!("mlops-gen sandbox --tick 1 -- bash {}", notes.join("inside.sh").display());
    let all = format!("{}\n{open}", script(before, 0, &notes));
    let own = Path::new(env!("CARGO_BIN_EXE_mlops-gen")).parent().unwrap().display().to_string();
    let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-c", &all])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env_remove("GIT_DIR")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    for (index, shown) in commands.iter().enumerate().filter(|(index, _)| *index != door) {
        let said = std::fs::read_to_string(notes.join(index.to_string())).unwrap();
        let code = std::fs::read_to_string(notes.join(format!("{index}.code"))).unwrap();
        // A plan that shows changes ends with 1, as it is said there.
        let wanted = if shown.lines.iter().any(|line| line.contains(" to create")) && shown.command.ends_with(" plan") {
            "1"
        } else {
            "0"
        };
        assert_eq!(code.trim(), wanted, "$ {}\n{said}", shown.command);
        let mut lines = said.lines().map(steady);
        for line in shown.lines.iter().filter(|line| *line != "…" && !line.is_empty()) {
            let wanted = steady(line);
            assert!(
                lines.any(|line| line == wanted),
                "$ {}\nmisses, or has out of order: {line}\n{said}",
                shown.command
            );
        }
    }
}
