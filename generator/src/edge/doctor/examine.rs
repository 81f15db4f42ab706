//! All services asked at the same time.

use super::{Patient, azure, devops};
use crate::remote::doctor::Finding;

/// Every finding, all services asked at the same time.
pub async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let azure = async {
        match patient.azure {
            Some((azure, targets)) => azure::examine(patient, azure, targets).await,
            None => Vec::new(),
        }
    };
    let (mut all, azure) = futures::future::join(devops::examine(patient), azure).await;
    all.extend(azure);
    all.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    all
}
