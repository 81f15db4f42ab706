//! Tasks that bring tools: what the machine has is used, in places of this run's own.

use std::fs::File;
use std::path::PathBuf;

use crate::files::{make, wrong};
use crate::job::bench::Now;
use crate::outcome::Outcome;
use crate::process::{Call, End};

pub(super) const PYTHON: &[&str] = &["versionSpec", "addToPath", "architecture"];
pub(super) const KUBELOGIN: &[&str] = &["kubeloginVersion"];

/// A virtual environment of that version of Python, kept from run to run.
pub(super) fn python(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    let wanted = now.input("versionSpec").unwrap_or("3.x").trim().to_owned();
    let parts: Vec<&str> = wanted.split('.').take_while(|part| part.parse::<u32>().is_ok()).collect();
    let exact = wanted.split('.').all(|part| part.parse::<u32>().is_ok() || part == "x" || part == "*");
    if parts.is_empty() || !exact {
        return Err(format!("`versionSpec` is `3.11` or `3.x` here, not `{wanted}`"));
    }
    let environment = now.environment();
    let variable = |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let Some(found) = crate::python::python(&wanted, &variable) else {
        return Err(format!("version spec {wanted} could not be matched: this machine has no such Python"));
    };
    let [major, minor, patch] = found.version;
    if parts.get(1).is_some_and(|wanted| *wanted != minor.to_string()) {
        now.output(&format!("##[warning]this machine has no Python {wanted}: {major}.{minor}.{patch} is taken"));
    }
    make(&now.paths().tools.clone())?;
    let home = free(now, &format!("python{major}.{minor}.{patch}"))?;
    if !home.join("bin/python").exists() {
        let call = Call {
            program: found.program.clone(),
            arguments: vec!["-m".to_owned(), "venv".to_owned(), home.display().to_string()],
            folder: now.paths().tools.clone(),
            environment,
        };
        match now.process(&call, &mut |now, (line, _)| now.output(&line))? {
            End::Exited(0) => {}
            End::Exited(code) => return Err(format!("{} -m venv ended with {code}", found.program.display())),
            end => return Err(now.ended(end)),
        }
    }
    if !now.input("addToPath").is_some_and(|text| text.eq_ignore_ascii_case("false")) {
        now.prepend(home.join("bin"));
    }
    Ok(Outcome::Succeeded)
}

/// The first environment of that name that no other job has; this job has it until its end. What one job has installed the
/// next one finds, whichever agent it is at.
fn free(now: &mut Now<'_, '_>, name: &str) -> Result<PathBuf, String> {
    let tools = now.paths().tools.clone();
    for slot in 1.. {
        let home = tools.join(format!("{name}-{slot}"));
        if now.holds(&home) {
            return Ok(home);
        }
        let path = tools.join(format!("{name}-{slot}.lock"));
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(wrong("write", &path))?;
        if file.try_lock().is_ok() {
            now.hold(home.clone(), file);
            return Ok(home);
        }
    }
    Err(format!("every environment of {name} is in use"))
}

/// The tool is one of those that come with this run.
pub(super) fn kubelogin(now: &mut Now<'_, '_>) -> Result<Outcome, String> {
    match now.on_path("kubelogin") {
        Some(path) => {
            now.output(&format!("kubelogin is {}", path.display()));
            Ok(Outcome::Succeeded)
        }
        None => Err("this machine has no kubelogin on its PATH".to_owned()),
    }
}
