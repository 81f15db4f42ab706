//! What vaults hold of the secrets that a project names.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::Azure;
use super::vault::VaultError;
use crate::project::Project;
use crate::project::name::KeyVaultName;
use crate::remote::secrets::{SecretState, judge, lacking, named};

/// What each vault of the named secrets holds, all asked at the same time; a vault that is not there is left out.
///
/// # Errors
/// The first vault that refuses.
pub async fn held(azure: &Azure, project: &Project) -> Result<BTreeMap<KeyVaultName, Vec<SecretState>>, VaultError> {
    let vaults: BTreeSet<KeyVaultName> = named(project).into_iter().map(|secret| secret.vault).collect();
    let list = async |vault: KeyVaultName| match azure.vaults.list(&vault).await {
        Ok(secrets) => Ok(Some((vault, secrets))),
        Err(error) if error.missing => Ok(None),
        Err(error) => Err(error),
    };
    Ok(try_join_all(vaults.into_iter().map(list)).await?.into_iter().flatten().collect())
}

/// What keeps a plan from being carried out: secrets that a vault which is there lacks, each with its remedy.
///
/// Who may plan need not be allowed to list secrets: then nothing is known, and nothing is said.
///
/// # Errors
/// A vault that fails in another way.
pub async fn kept_back(azure: &Azure, project: &Project) -> Result<Vec<String>, VaultError> {
    match held(azure, project).await {
        Ok(held) => Ok(lacking(&judge(named(project), &held, 0, 0))),
        Err(error) if error.forbidden => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
