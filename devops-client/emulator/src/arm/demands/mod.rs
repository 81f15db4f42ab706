//! What services demand of resources beyond their schemas, enforced as the services do it: status, code and message.
//!
//! The rules stand here after the documents that each module names, and share nothing with anybody's table: a mistake of
//! who writes templates is to show in a deployment to this double. Where a document gives a rule and no wording, the
//! message is the rule in the words of the document, under Resource Manager's own codes.

mod clusters;
mod kept;
mod names;
mod networks;
mod regions;
mod subnets;
mod wanted;

use std::collections::BTreeMap;

use serde_json::Value;

pub use wanted::Refused;
use wanted::Wanted;

/// The first demand that a resource does not meet.
pub fn refused(there: &BTreeMap<String, Value>, id: &str, body: &Value, today: &str) -> Option<Refused> {
    let wanted = Wanted::of(there, id, body, today);
    [names::refused, regions::refused, kept::refused, networks::refused, subnets::refused, clusters::refused]
        .into_iter()
        .find_map(|judge| judge(&wanted))
}
