//! Every kind in Azure together.

use super::targets;
use crate::remote::desired::{Missing, Wanted};
use crate::remote::kinds::{deployment, federated_credential, identity, resource_group, role_assignment};
use crate::remote::resource::Resource;

/// Everything in Azure that `wanted` asks for.
///
/// # Errors
/// Every id that is missing.
pub fn desired(wanted: &Wanted<'_>) -> Result<Vec<Resource>, Vec<Missing>> {
    let targets = targets(wanted.project, wanted.values)?;
    let mut all = resource_group::desired(wanted.project, &targets);
    all.extend(identity::desired(wanted.project, &targets));
    all.extend(federated_credential::desired(&targets));
    all.extend(role_assignment::desired(wanted, &targets));
    all.extend(deployment::desired(wanted, &targets)?);
    Ok(all)
}
