//! `mlops-gen adopt-edit` and `mlops-gen eject`: whose a file is, and what the team has made of it.

use std::io::IsTerminal as _;

use mlops_gen::artifacts::Ownership;
use mlops_gen::tree::lock::sha256;
use mlops_gen::tree::merge::conflict_line;
use mlops_gen::tree::path::RelPath;
use serde_json::json;

use super::args_own::{AdoptEdit, Eject};
use super::explain;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;

/// What came of one file.
struct Told {
    path: RelPath,
    refused: bool,
    says: String,
}

/// Accepts edits of the tool's files: later renders keep them.
pub(super) fn adopt_edit(options: &AdoptEdit, output: Output) -> Result<Outcome, Failure> {
    let mut loaded = Loaded::new(&options.place)?;
    let paths = paths(&loaded, &options.files)?;
    let mut told = Vec::new();
    for path in &paths {
        let (refused, says) = if options.undo { drop_edit(&mut loaded, path)? } else { keep_edit(&mut loaded, path)? };
        told.push(Told { path: path.clone(), refused, says });
    }
    end(&told, output)
}

/// Makes files of the tool's the team's, or gives them back.
pub(super) fn eject(options: &Eject, output: Output) -> Result<Outcome, Failure> {
    let mut loaded = Loaded::new(&options.place)?;
    let paths = paths(&loaded, &options.files)?;
    let mut told = Vec::new();
    for path in &paths {
        let (refused, says) =
            if options.undo { take_back(&mut loaded, path, options, output)? } else { hand_over(&mut loaded, path)? };
        told.push(Told { path: path.clone(), refused, says });
    }
    end(&told, output)
}

fn end(told: &[Told], output: Output) -> Result<Outcome, Failure> {
    for Told { path, refused, says } in told {
        output.say(&format!("{}{path}: {says}", if *refused { "refused: " } else { "" }));
    }
    if output.is_json() {
        let files =
            told.iter().map(|told| json!({ "path": told.path.as_str(), "refused": told.refused, "says": told.says }));
        output.data(&json!({ "files": files.collect::<Vec<_>>() }));
    }
    Ok(if told.iter().any(|told| told.refused) { Outcome::Different } else { Outcome::Clean })
}

/// The files that are meant: named from the project's folder, or from where the person is.
fn paths(loaded: &Loaded, names: &[String]) -> Result<Vec<RelPath>, Failure> {
    names.iter().map(|name| explain::path(loaded, name)).collect()
}

fn keep_edit(loaded: &mut Loaded, path: &RelPath) -> Result<(bool, String), Failure> {
    let file = loaded.tree.get(path.as_str()).expect("the path is one of the tree");
    if file.ownership == Ownership::Seed {
        return Ok((false, "it is the team's already: what is done to it needs nobody's acceptance".to_owned()));
    }
    let Some(disk) = loaded.disk.get(path) else {
        let (back, away) = (loaded.call("render --force"), loaded.call(&format!("eject {path}")));
        return Ok((true, format!("it is not there; `{back}` brings it back, `{away}` lets it stay away")));
    };
    let rendered = loaded.tree.unedited(path, file);
    if disk == rendered {
        let said = "it is as rendered: there is no edit".to_owned();
        loaded.accept(path, None)?;
        return Ok((false, said));
    }
    let locked = loaded.lock.files.get(path.as_str());
    if locked.is_some_and(|locked| sha256(rendered) != locked.sha256) {
        let merge = loaded.call("render --merge");
        return Ok((true, format!("the render has news for it as well: `{merge}` joins both and accepts the edit")));
    }
    let Ok(text) = String::from_utf8(disk.clone()) else {
        let away = loaded.call(&format!("eject {path}"));
        return Ok((true, format!("it is not text, and has no patch: `{away}` makes it the team's")));
    };
    if let Some(line) = conflict_line(&text).filter(|_| locked.is_some_and(|locked| locked.conflicts)) {
        return Ok((
            true,
            format!("line {line}: conflict marks are left; decide between the sides, and take them out"),
        ));
    }
    match loaded.accept(path, Some(text)) {
        Ok(()) => Ok((false, "accepted: later renders keep the edit, and join it with what is new".to_owned())),
        Err(Failure::Problems(problems)) => {
            let why: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let own = loaded.call(&format!("eject {path}"));
            let says = format!(
                "with this edit the project does not hold together: {}; correct it, or make the file the team's, which \
                 nobody proves: `{own}`",
                why.join("; ")
            );
            Ok((true, says))
        }
        Err(other) => Err(other),
    }
}

fn drop_edit(loaded: &mut Loaded, path: &RelPath) -> Result<(bool, String), Failure> {
    if loaded.tree.accepted(path).is_none() {
        return Ok((false, "it has no accepted edit".to_owned()));
    }
    loaded.accept(path, None)?;
    loaded.restore(path)?;
    Ok((false, "the edit is gone: the file is as rendered".to_owned()))
}

fn hand_over(loaded: &mut Loaded, path: &RelPath) -> Result<(bool, String), Failure> {
    let file = loaded.tree.get(path.as_str()).expect("the path is one of the tree");
    if file.ownership == Ownership::Seed {
        return Ok((false, "it is the team's already".to_owned()));
    }
    loaded.eject(path)?;
    let back = loaded.call(&format!("eject --undo {path}"));
    Ok((false, format!("it is the team's from now on; `{back}` gives it back")))
}

fn take_back(loaded: &mut Loaded, path: &RelPath, options: &Eject, output: Output) -> Result<(bool, String), Failure> {
    if !loaded.lock.files.get(path.as_str()).is_some_and(|locked| locked.ejected) {
        return Ok((false, "it is not ejected".to_owned()));
    }
    let file = loaded.tree.get(path.as_str()).expect("the path is one of the tree");
    let rendered = loaded.tree.unedited(path, file).to_vec();
    let edited = loaded.disk.get(path).is_some_and(|disk| *disk != rendered);
    let keep = match (edited, options.keep_edits, options.discard_edits) {
        (false, ..) | (true, false, true) => false,
        (true, true, _) => true,
        (true, false, false)
            if !output.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal() =>
        {
            dialoguer::Confirm::new()
                .with_prompt(format!("{path} is not as rendered. Keep what the team made of it (no: it is lost)?"))
                .default(true)
                .interact()
                .map_err(|error| Failure::Usage(format!("no answer: {error}; nothing was done")))?
        }
        (true, false, false) => {
            let call = |flag: &str| loaded.call(&format!("eject --undo {flag} {path}"));
            let (keep, discard) = (call("--keep-edits"), call("--discard-edits"));
            let says = format!("it is not as rendered: `{keep}` keeps that as an accepted edit, `{discard}` drops it");
            return Ok((true, says));
        }
    };
    if keep {
        let text = loaded.disk.get(path).and_then(|disk| String::from_utf8(disk.clone()).ok());
        let Some(text) = text else { return Ok((true, "it is not text, and has no patch".to_owned())) };
        loaded.accept(path, Some(text))?;
        return Ok((false, "it is the tool's again, with the team's edit accepted".to_owned()));
    }
    loaded.accept(path, None)?;
    loaded.restore(path)?;
    Ok((false, "it is the tool's again, and as rendered".to_owned()))
}
