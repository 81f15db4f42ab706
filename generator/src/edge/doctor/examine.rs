//! All services asked at the same time.

use super::{Patient, azure, devops, flows};
use crate::remote::doctor::Finding;

/// Every finding, all services asked at the same time.
pub async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let azure = async {
        match patient.azure {
            Some((azure, targets)) => azure::examine(patient, azure, targets).await,
            None => Vec::new(),
        }
    };
    let (mut all, azure, flows) =
        futures::future::join3(devops::examine(patient), azure, flows::examine(patient)).await;
    all.extend(azure);
    all.extend(flows);
    all.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    all
}
