//! Who may sign in, and with what.

use base64::{Engine, prelude::BASE64_STANDARD};
use uuid::Uuid;

use crate::core::Request;

/// A token and whose it is. The token is in no `Debug` output.
#[derive(Clone)]
pub struct Account {
    token: String,
    /// The identity behind it.
    pub identity: Uuid,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Account").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Account {
    /// An account with that token, be it sent as `Bearer` or as the password of `Basic`.
    pub fn new(token: impl Into<String>, identity: Uuid) -> Account {
        Account { token: token.into(), identity }
    }
}

/// What a request's credentials come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// They are good.
    As(Uuid),
    /// There are none.
    Missing,
    /// They are not known.
    Unknown,
}

/// Reads the `Authorization` header. With no accounts at all, every credential is taken and is `anybody`.
pub fn sign_in(accounts: &[Account], anybody: Uuid, request: &Request) -> SignIn {
    let Some(header) = request.header("authorization").map(str::trim).filter(|header| !header.is_empty()) else {
        return SignIn::Missing;
    };
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => BASE64_STANDARD
            .decode(encoded.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|pair| pair.split_once(':').map(|(_, password)| password.to_owned())),
        _ => None,
    };
    match token.filter(|token| !token.is_empty()) {
        None => SignIn::Unknown,
        Some(_) if accounts.is_empty() => SignIn::As(anybody),
        Some(token) => accounts
            .iter()
            .find(|account| account.token == token)
            .map_or(SignIn::Unknown, |account| SignIn::As(account.identity)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Method;
    use crate::planted;

    fn check(header: Option<&str>, accounts: &[Account]) -> SignIn {
        let mut request = Request::new(Method::Get, "http://h", "/o");
        if let Some(header) = header {
            request.headers.insert("authorization".to_owned(), header.to_owned());
        }
        sign_in(accounts, Uuid::nil(), &request)
    }

    #[test]
    fn tokens_are_taken_as_bearer_and_as_basic_password() {
        let me = Uuid::from_u128(7);
        let accounts = [Account::new(planted::TOKEN, me)];
        let basic = |user: &str, token: &str| format!("Basic {}", BASE64_STANDARD.encode([user, ":", token].concat()));
        assert_eq!(check(None, &accounts), SignIn::Missing);
        assert_eq!(check(Some(&["Bearer ", planted::TOKEN].concat()), &accounts), SignIn::As(me));
        assert_eq!(check(Some(&basic("", planted::TOKEN)), &accounts), SignIn::As(me));
        assert_eq!(check(Some(&basic("anyone", planted::TOKEN)), &accounts), SignIn::As(me));
        assert_eq!(check(Some(&basic("", planted::WRONG_TOKEN)), &accounts), SignIn::Unknown);
        assert_eq!(check(Some("Bearer "), &accounts), SignIn::Unknown);
        assert_eq!(check(Some(&["Bearer ", planted::PAT].concat()), &[]), SignIn::As(Uuid::nil()));
        assert!(!format!("{accounts:?}").contains(planted::MARK));
    }
}
