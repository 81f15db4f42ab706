//! Blobs of a container, as `az storage` lists them for whoever is signed in.

use serde_json::Value;

use super::call::{Answer, Call, Command};
use super::failure::Failure;
use crate::storage::{self, Listed};

/// Blobs that are listed unless more are asked for.
const USUAL: usize = 5000;

pub(super) const COMMANDS: &[Command] = &[Command {
    words: "storage blob list",
    options: &["account-name", "container-name", "prefix", "auth-mode", "num-results"],
    run: list,
}];

fn list(call: &Call<'_>) -> Answer {
    let (account, container) = (call.need("account-name")?, call.need("container-name")?);
    if call.arguments.one("auth-mode") != Some("login") {
        return Err(Failure::usage("the sandbox's storage has no account keys: --auth-mode login"));
    }
    let most = match call.arguments.one("num-results") {
        None => USUAL,
        Some("*") => usize::MAX,
        Some(text) => text.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
            Failure::usage(format!("argument --num-results: `{text}` is no number from 1, and no `*`"))
        })?,
    };
    match storage::list(call.store, account, container, call.arguments.one("prefix").unwrap_or_default())? {
        Listed::Blobs(all) => Ok(Value::Array(all.into_iter().take(most).collect())),
        Listed::Missing(message) => Err(Failure::missing(message)),
        Listed::Refused(message) => Err(Failure::refused(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::storage::upload;
    use crate::store::Store;

    #[test]
    fn blobs_are_listed_by_name_below_a_prefix() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for name in ["b/2.csv", "b/1.csv", "a.csv"] {
            upload(folder.path(), "acc", "data", name, b"x,y\n").unwrap();
        }
        let names = |rest: &str| {
            let line = format!("storage blob list --account-name acc {rest} --query [].name --output tsv");
            check(&store, folder.path(), &line).map_err(|failure| failure.code)
        };
        let login = "--container-name data --auth-mode login";
        assert_eq!(names(login).as_deref(), Ok("a.csv\nb/1.csv\nb/2.csv\n"));
        assert_eq!(names(&format!("{login} --prefix b/ --num-results *")).as_deref(), Ok("b/1.csv\nb/2.csv\n"));
        assert_eq!(names(&format!("{login} --num-results 1")).as_deref(), Ok("a.csv\n"));
        assert_eq!(names(&format!("{login} --num-results none")), Err(2));
        assert_eq!(names("--container-name data"), Err(2));
        assert_eq!(names("--container-name other --auth-mode login"), Err(3));
        let line = format!("storage blob list --account-name acc {login} --query [0].properties.lastModified -o tsv");
        let at = check(&store, folder.path(), &line).unwrap();
        assert!(at.trim().ends_with("+00:00") && at.trim().len() == 25, "{at}");
    }
}
