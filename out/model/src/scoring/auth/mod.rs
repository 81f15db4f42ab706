//! Who may predict: keys, Entra tokens, both, or everybody.

pub mod entra;
pub mod jwks;
pub mod key;
mod refused;
mod verifier;

use arc_swap::ArcSwap;

use super::problem::Problem;
use entra::Entra;
use key::Keys;
use refused::unauthenticated;

/// The rule for the prediction routes.
#[derive(Debug)]
pub struct Guard {
    /// Accepted keys; replaced when their file changes.
    pub keys: ArcSwap<Keys>,
    /// Accepted tokens.
    pub entra: Option<Entra>,
    /// Whether keys are configured at all: an emptied key file must lock the door, not open it.
    pub keys_expected: bool,
}

impl Guard {
    /// Whether everybody may predict.
    pub fn is_open(&self) -> bool {
        !self.keys_expected && self.entra.is_none()
    }

    /// Judges the value of an `authorization` header.
    ///
    /// # Errors
    /// `unauthenticated`, `forbidden` or `keys-unavailable`.
    pub async fn admit(&self, authorization: Option<&[u8]>) -> Result<(), Problem> {
        if self.is_open() {
            return Ok(());
        }
        let Some(credential) = authorization.and_then(bearer) else {
            return Err(unauthenticated("send the header \"authorization: Bearer <key or token>\""));
        };
        if self.keys_expected && self.keys.load().accept(credential) {
            return Ok(());
        }
        match &self.entra {
            // On the heap: a future of this size would make every request's future as large.
            Some(entra) => Box::pin(entra.admit(credential)).await,
            None => Err(unauthenticated("the key is not one that is accepted here")),
        }
    }
}

/// The credential of `Bearer <credential>`; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, credential) = value.split_at_checked(7)?;
    let credential = credential.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !credential.is_empty()).then_some(credential)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::problem::ProblemCode;
    use std::sync::Arc;

    fn guard(keys: &str) -> Guard {
        Guard { keys: ArcSwap::from(Arc::new(Keys::parse(keys).unwrap())), entra: None, keys_expected: true }
    }

    #[tokio::test]
    async fn only_the_right_key_is_admitted() {
        let guard = guard("first-key-0123456789\nsecond-key-0123456789\n");
        assert!(guard.admit(Some(b"Bearer first-key-0123456789")).await.is_ok());
        assert!(guard.admit(Some(b"bearer  second-key-0123456789")).await.is_ok());
        for bad in [
            None,
            Some(&b""[..]),
            Some(b"Bearer "),
            Some(b"Bearer first-key-012345678"),
            Some(b"Bearer first-key-01234567890"),
            Some(b"Basic first-key-0123456789"),
            Some(b"first-key-0123456789"),
            Some(b"Bearer first-key-0123456789\nsecond-key-0123456789"),
        ] {
            assert_eq!(guard.admit(bad).await.unwrap_err().code, ProblemCode::Unauthenticated);
        }
    }

    #[tokio::test]
    async fn an_emptied_key_file_locks_the_door() {
        let guard = guard("first-key-0123456789");
        guard.keys.store(Arc::new(Keys::default()));
        assert!(!guard.is_open());
        assert!(guard.admit(Some(b"Bearer first-key-0123456789")).await.is_err());
    }
}
