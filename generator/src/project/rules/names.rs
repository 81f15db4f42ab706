//! Names and addresses that a rule of characters lets through, and that mean something else.

use super::refusal::Refusal;
use crate::project::name::OrganizationName;

/// Refuses the address of an organization where its name belongs.
pub(super) fn organization(text: &str) -> Result<(), Refusal> {
    let addressed = text.contains(['/', ':', '@', '.']);
    if !addressed {
        return Ok(());
    }
    let named = in_address(text).filter(|name| OrganizationName::parse(name).is_ok());
    Err(match named {
        Some(name) => Refusal::new(
            format!("`{text}` is the address of an organization, and its name is wanted"),
            format!("write `{name}` alone"),
        ),
        None if in_short(text).is_some() => Refusal::new(
            format!("`{text}` is an organization and more, and its name alone is wanted"),
            format!("write `{}` alone; a project is named in `devops.project`", in_short(text).unwrap_or_default()),
        ),
        None if text.contains("://") || text.contains('/') || text.contains('.') => Refusal::new(
            format!("`{text}` is no organization of Azure DevOps Services: Azure DevOps Server is not supported"),
            "an organization is the first part of `https://dev.azure.com/<organization>`",
        ),
        None => return Ok(()),
    })
}

/// The organization before a project, as in `contoso/ml`.
fn in_short(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once('/')?;
    (!text.contains(['.', ':', '@']) && !rest.is_empty() && OrganizationName::parse(name).is_ok()).then_some(name)
}

/// The organization in an address of Azure DevOps Services, of repositories too.
fn in_address(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let (host, path) = rest.split_once(['/', ':']).unwrap_or((rest, ""));
    let lower = host.to_ascii_lowercase();
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match lower.as_str() {
        "dev.azure.com" => segments.next(),
        "ssh.dev.azure.com" | "vs-ssh.visualstudio.com" => segments.nth(1),
        _ if lower.ends_with(".visualstudio.com") => host.split('.').next(),
        _ => None,
    }
}

/// Refuses a full stop in the name of an environment of Azure DevOps.
pub(super) fn devops_environment(name: &str) -> Result<(), Refusal> {
    if !name.contains('.') {
        return Ok(());
    }
    Err(Refusal::new(
        format!("`{name}` holds a full stop, which in a pipeline separates an environment from a resource of it"),
        format!("write `{}`", name.replace('.', "-")),
    ))
}

/// Refuses a prefix that leads out of its container, or that no blob can have.
pub(super) fn prefix(prefix: &str) -> Result<(), Refusal> {
    let bad = prefix.trim_end_matches('/').split('/').find(|segment| matches!(*segment, "." | ".."));
    if let Some(segment) = bad {
        return Err(Refusal::new(
            format!("the segment `{segment}` leads out of the folder that is watched"),
            "write the folder as it stands in the container, as in `incoming/`",
        ));
    }
    if let Some(sign) = prefix.chars().find(|sign| "*?#%<>|\":".contains(*sign)) {
        return Err(Refusal::new(
            format!(
                "{sign:?} is no part of a folder's name: a prefix is compared as it stands, and is part of an address"
            ),
            "write how the names of new blobs begin, as in `incoming/`",
        ));
    }
    if prefix.split('/').any(|segment| segment != segment.trim()) {
        return Err(Refusal::new(
            "the name of a folder of blobs has a space at its end",
            "write the folder as it stands in the container, as in `incoming/`",
        ));
    }
    if prefix.contains("//") || prefix.contains('\\') {
        return Err(Refusal::new(
            "a folder of blobs is written with single slashes",
            "write the folder as it stands in the container, as in `incoming/`",
        ));
    }
    Ok(())
}

/// Refuses a file that training cannot read. A path without an extension is a folder.
pub(super) fn data_format(path: &str) -> Result<(), Refusal> {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let Some((stem, extension)) = name.rsplit_once('.').filter(|_| !path.ends_with('/')) else { return Ok(()) };
    // What is no file name is refused for that, and the contract for being rendered.
    if stem.is_empty() || extension.is_empty() || !extension.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    if name.eq_ignore_ascii_case("data-contract.json")
        || ["csv", "tsv", "parquet"].contains(&extension.to_ascii_lowercase().as_str())
    {
        return Ok(());
    }
    Err(Refusal::new(
        format!("training reads .csv, .tsv and .parquet files, and `{name}` is none of them"),
        format!("save it as `{stem}.csv`, or name the folder that the files lie in"),
    ))
}
