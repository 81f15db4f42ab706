//! A value that must not be seen, and the one way in which it leaves the process.

use std::cell::RefCell;
use std::fmt;

use serde::{Serialize, Serializer};

/// What stands in the place of a secret wherever it is shown.
pub(crate) const MASK: &str = "***";

/// A token, password, key or secret variable value.
///
/// It has no `Display`, its `Debug` shows `***`, and serialised by anybody but this crate's own wire code it becomes
/// `"***"` too: a request body can be printed as a plan without care. The value is only readable by [`Secret::expose`],
/// which is easy to search for.
// Invariant: a secret is in no event, error or debug output
// (test: no_secret_is_in_any_event_error_or_debug_output_at_trace_level).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(String);

impl Secret {
    /// Takes a value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of this secret masked, be it as it is, as JSON writes it (a service that repeats a
    /// body) or as an address does. Values shorter than six characters are left: masking them would destroy the text
    /// and hide nothing.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.len() < 6 {
            return text.to_owned();
        }
        let quoted = serde_json::Value::from(self.0.as_str()).to_string();
        let form: String = url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        let forms = [&self.0, &quoted[1..quoted.len() - 1], &form, &form.replace('+', "%20")];
        forms.into_iter().fold(text.to_owned(), |text, form| text.replace(form, MASK))
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

thread_local! {
    /// The secrets met while one body is written for the wire; `None` outside of that.
    static WIRE: RefCell<Option<Vec<Secret>>> = const { RefCell::new(None) };
}

/// Serialises a secret: its value while [`for_wire`] runs, the mask otherwise.
pub(crate) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_str(&secret.0, serializer)
}

/// Serialises a text that is to be handled as a secret, as [`serialize`] does.
pub(crate) fn serialize_str<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let on_wire = WIRE.with_borrow_mut(|met| match met {
        Some(met) => {
            met.push(Secret(value.to_owned()));
            true
        }
        None => false,
    });
    serializer.serialize_str(if on_wire { value } else { MASK })
}

/// Writes a body as it goes to the service, and returns the secrets that are in it, so that they can be masked in
/// whatever the service answers.
pub(crate) fn for_wire(body: &impl Serialize) -> serde_json::Result<(Vec<u8>, Vec<Secret>)> {
    /// Ends the scope even when a serializer panics.
    struct Scope;
    impl Drop for Scope {
        fn drop(&mut self) {
            WIRE.set(None);
        }
    }
    WIRE.set(Some(Vec::new()));
    let _scope = Scope;
    let bytes = serde_json::to_vec(body)?;
    Ok((bytes, WIRE.take().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    #[derive(Serialize, Debug)]
    struct Body {
        #[serde(serialize_with = "serialize")]
        password: Secret,
    }

    #[test]
    fn a_secret_is_written_in_clear_only_for_the_wire() {
        let body = Body { password: Secret::new(planted::TOKEN) };
        assert_eq!(serde_json::to_string(&body).unwrap(), r#"{"password":"***"}"#);
        assert_eq!(format!("{body:?}"), "Body { password: *** }");
        let (bytes, secrets) = for_wire(&body).unwrap();
        assert_eq!(bytes, format!(r#"{{"password":"{}"}}"#, planted::TOKEN).as_bytes());
        assert_eq!(secrets, [Secret::new(planted::TOKEN)]);
        assert_eq!(serde_json::to_string(&body).unwrap(), r#"{"password":"***"}"#, "the scope is closed again");
    }

    #[test]
    fn redacting_masks_every_occurrence() {
        let twice = ["bad value ", planted::TOKEN, ", ", planted::TOKEN].concat();
        assert_eq!(Secret::new(planted::TOKEN).redact(&twice), "bad value ***, ***");
        assert_eq!(Secret::new("a").redact("banana"), "banana");
        let secret = Secret::new(planted::SECRET);
        let json = serde_json::json!({ "value": planted::SECRET }).to_string();
        assert_eq!(secret.redact(&json), r#"{"value":"***"}"#);
        let url = url::Url::parse_with_params("https://h/", [("q", planted::SECRET)]).unwrap();
        assert_eq!(secret.redact(url.as_str()), "https://h/?q=***");
        assert_eq!(secret.redact(&url.as_str().replace('+', "%20")), "https://h/?q=***");
    }
}
