//! What may be logged: an allow-list, as a deny-list forgets.

use url::Url;

/// Query parameters whose values hold names, numbers and switches only.
const QUERY: &[&str] = &[
    "$expand",
    "$skip",
    "$top",
    "api-version",
    "deep",
    "definitions",
    "endLine",
    "endpointNames",
    "filter",
    "groupName",
    "includeFailed",
    "name",
    "path",
    "policyType",
    "queryOrder",
    "queueName",
    "recursionLevel",
    "refName",
    "repositoryId",
    "resourceId",
    "resourceType",
    "scopePath",
    "startLine",
    "state",
    "yamlFilename",
];

/// The path of an address and its query, with the values of all parameters masked that are not on the list.
pub(crate) fn target(url: &Url) -> String {
    let mut shown = url.path().to_owned();
    for (index, (key, value)) in url.query_pairs().enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        shown.push_str(&key);
        shown.push('=');
        shown.push_str(if QUERY.contains(&key.as_ref()) { &value } else { crate::secret::MASK });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    #[test]
    fn only_listed_query_values_are_shown() {
        let mut url = Url::parse("https://dev.azure.com/o/_apis/x?api-version=7.1").unwrap();
        url.set_username("user").unwrap();
        url.set_password(Some(planted::PAT)).unwrap();
        url.query_pairs_mut().append_pair("continuationToken", planted::TOKEN);
        assert_eq!(target(&url), "/o/_apis/x?api-version=7.1&continuationToken=***");
    }
}
