//! What Azure said, and what to do about it.

use crate::edge::azure::error::ArmError;

pub(super) fn said(error: &ArmError) -> (String, String) {
    (error.message.clone(), error.next_step())
}
