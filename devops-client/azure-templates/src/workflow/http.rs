//! The action `Http`: what it asks, as whom, and how often it tries.

use jiff::SignedDuration;
use serde_json::Value;

use super::expression::Piece;
use crate::arm::time;

/// How long an answer is waited for where the definition says nothing (synchronous requests of a Consumption workflow).
const PATIENCE: SignedDuration = SignedDuration::from_secs(120);

#[derive(Clone, Debug)]
pub(super) struct Http {
    pub method: String,
    pub uri: Piece,
    pub headers: Vec<(String, Piece)>,
    pub body: Option<Piece>,
    pub retry: Retry,
    pub sign_in: Option<SignIn>,
    pub timeout: SignedDuration,
}

/// A managed identity: user-assigned where it has an id.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub identity: Option<Piece>,
    pub audience: Piece,
}

/// Tries after the first one, and the pauses before them. (Document: "Handle errors and exceptions in Azure Logic Apps".)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retry {
    count: u32,
    interval: SignedDuration,
    /// Pauses double up to this; without it they stay the same.
    up_to: Option<SignedDuration>,
}

impl Retry {
    const NONE: Self = Self { count: 0, interval: SignedDuration::ZERO, up_to: None };

    /// What holds where nothing is said: four more tries, at intervals that grow by 7.5 seconds and stay under 45.
    const DEFAULT: Self =
        Self { count: 4, interval: SignedDuration::from_millis(7_500), up_to: Some(SignedDuration::from_secs(45)) };

    /// The pause before the try after `tries`, if there is one more.
    pub fn pause(self, tries: u32) -> Option<SignedDuration> {
        if tries > self.count {
            return None;
        }
        let Some(up_to) = self.up_to else { return Some(self.interval) };
        let factor = 2_i32.checked_pow(tries.saturating_sub(1)).unwrap_or(i32::MAX);
        Some(self.interval.checked_mul(factor).map_or(up_to, |pause| pause.min(up_to)))
    }
}

impl Http {
    /// Reads the inputs of an action and its limit.
    ///
    /// # Errors
    /// Each thing that is not known, by name.
    pub fn read(inputs: &Value, limit: Option<&Value>) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let mut timeout = PATIENCE;
        for (key, value) in limit.and_then(Value::as_object).into_iter().flatten() {
            match (key.as_str(), value.as_str().map(time::length)) {
                ("timeout", Some(Ok(length))) => timeout = length,
                ("timeout", _) => wrong.push(format!("`limit.timeout` is a duration such as PT4S, not {value}")),
                _ => wrong.push(format!("`limit.{key}` is not known")),
            }
        }
        let mut piece = |value: &Value| Piece::read(value).map_err(|why| wrong.push(why)).ok();
        let uri = piece(&inputs["uri"]);
        let body = inputs.get("body").and_then(&mut piece);
        let headers = inputs["headers"].as_object().into_iter().flatten();
        let headers = headers.filter_map(|(name, value)| Some((name.clone(), piece(value)?))).collect();
        let retry = inputs.get("retryPolicy").map_or(Ok(Retry::DEFAULT), retry);
        let sign_in = inputs.get("authentication").map(sign_in).transpose();
        let known = ["method", "uri", "headers", "body", "retryPolicy", "authentication"];
        let unknown = inputs.as_object().into_iter().flatten().filter(|(key, _)| !known.contains(&key.as_str()));
        wrong.extend(unknown.map(|(key, _)| format!("`inputs.{key}` of an Http action is not known")));
        let method = inputs["method"].as_str().unwrap_or_default().to_uppercase();
        if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
            wrong.push(format!("the method {} of an Http action is not known", inputs["method"]));
        }
        match (uri, retry, sign_in) {
            (Some(uri), Ok(retry), Ok(sign_in)) if wrong.is_empty() => {
                Ok(Self { method, uri, headers, body, retry, sign_in, timeout })
            }
            (_, retry, sign_in) => {
                wrong.extend(retry.err());
                wrong.extend(sign_in.err());
                Err(wrong)
            }
        }
    }

    /// The pieces in it.
    pub fn pieces(&self) -> Vec<&Piece> {
        let sign_in = self.sign_in.iter().flat_map(|sign_in| sign_in.identity.iter().chain([&sign_in.audience]));
        let headers = self.headers.iter().map(|(_, piece)| piece);
        [&self.uri].into_iter().chain(&self.body).chain(headers).chain(sign_in).collect()
    }
}

fn sign_in(value: &Value) -> Result<SignIn, String> {
    if value["type"] != "ManagedServiceIdentity" {
        return Err(format!("the authentication {} of an Http action is not known", value["type"]));
    }
    let known = ["type", "identity", "audience"];
    if let Some((key, _)) = value.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str())) {
        return Err(format!("`authentication.{key}` is not known"));
    }
    Ok(SignIn {
        identity: value.get("identity").map(Piece::read).transpose()?,
        audience: value
            .get("audience")
            .map_or_else(|| Err("`authentication` of an Http action has no audience".to_owned()), Piece::read)?,
    })
}

fn retry(policy: &Value) -> Result<Retry, String> {
    let kind = policy["type"].as_str().unwrap_or_default().to_lowercase();
    let known: &[&str] = match kind.as_str() {
        "none" => return Ok(Retry::NONE),
        "fixed" => &["type", "count", "interval"],
        "exponential" => &["type", "count", "interval", "minimumInterval", "maximumInterval"],
        _ => return Err(format!("the retry policy {} is not known", policy["type"])),
    };
    if let Some((key, _)) = policy.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str())) {
        return Err(format!("`retryPolicy.{key}` is not known"));
    }
    let length = |key: &str| match policy[key].as_str() {
        Some(text) => time::length(text).map(Some).map_err(|why| format!("`retryPolicy.{key}`: {why}")),
        None => Ok(None),
    };
    let count = policy["count"].as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count <= 90);
    let count = count.ok_or("`retryPolicy.count` is a number from 1 to 90")?;
    let interval = length("interval")?.ok_or("a retry policy has an `interval`")?;
    let interval = length("minimumInterval")?.map_or(interval, |least| interval.max(least));
    let longest = length("maximumInterval")?.unwrap_or(SignedDuration::from_hours(24));
    Ok(Retry { count, interval, up_to: (kind == "exponential").then_some(longest) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pauses_are_those_of_the_policy() {
        let pauses = |policy: Value| {
            let policy = if policy.is_null() { Ok(Retry::DEFAULT) } else { retry(&policy) };
            policy.map(|policy| (1..).map_while(|tries| policy.pause(tries)).map(|pause| pause.as_millis()).collect())
        };
        for (policy, expected) in [
            (Value::Null, Ok(vec![7_500, 15_000, 30_000, 45_000])),
            (json!({ "type": "none" }), Ok(vec![])),
            (json!({ "type": "fixed", "count": 2, "interval": "PT20S" }), Ok(vec![20_000, 20_000])),
            (
                json!({ "type": "exponential", "count": 3, "interval": "PT10S", "maximumInterval": "PT15S" }),
                Ok(vec![10_000, 15_000, 15_000]),
            ),
            (json!({ "type": "sometimes" }), Err("the retry policy \"sometimes\" is not known".to_owned())),
            (json!({ "type": "fixed", "count": 2, "every": 1 }), Err("`retryPolicy.every` is not known".to_owned())),
        ] {
            assert_eq!(pauses(policy.clone()), expected, "{policy}");
        }
    }
}
