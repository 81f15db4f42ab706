//! Paths of resources in Azure Resource Manager, put together segment by segment so that no name can leave its place.

use std::fmt;

use url::Url;

/// A path such as `/subscriptions/…/resourceGroups/…/providers/…`, each segment as it is, not escaped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArmPath(Vec<String>);

impl ArmPath {
    /// The root.
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// A subscription, by its id.
    pub fn subscription(id: &str) -> Self {
        Self::root().to("subscriptions", id)
    }

    /// The path of an id that Azure gave: `/subscriptions/…`.
    pub fn of(id: &str) -> Self {
        Self(id.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect())
    }

    /// The same with two segments more: a type and a name.
    #[must_use]
    pub fn to(mut self, kind: &str, name: &str) -> Self {
        self.0.extend([kind.to_owned(), name.to_owned()]);
        self
    }

    /// The same with one segment more: a collection, or an action.
    #[must_use]
    pub fn then(mut self, segment: &str) -> Self {
        self.0.push(segment.to_owned());
        self
    }

    /// A resource group below a subscription.
    #[must_use]
    pub fn group(self, name: &str) -> Self {
        self.to("resourceGroups", name)
    }

    /// The resource of a provider's type: `Microsoft.KeyVault/vaults` and a name.
    #[must_use]
    pub fn resource(self, kind: &str, name: &str) -> Self {
        self.collection(kind).then(name)
    }

    /// All resources of a provider's type.
    #[must_use]
    pub fn collection(mut self, kind: &str) -> Self {
        self.0.push("providers".to_owned());
        self.0.extend(kind.split('/').map(str::to_owned));
        self
    }

    /// The id: segments with a slash before each.
    pub fn id(&self) -> String {
        self.0.iter().map(|segment| format!("/{segment}")).collect()
    }

    /// The subscription that the path lies in, if it lies in one.
    pub fn subscription_id(&self) -> Option<&str> {
        let first = self.0.first()?;
        if first.eq_ignore_ascii_case("subscriptions") { self.0.get(1).map(String::as_str) } else { None }
    }

    /// The address below `base`, with queries. `None` for a segment that would lead elsewhere, or a base that has no
    /// paths.
    pub fn url(&self, base: &Url, queries: &[(&str, &str)]) -> Option<Url> {
        let odd = |segment: &String| segment.is_empty() || segment == "." || segment == ".." || segment.contains('/');
        if self.0.iter().any(odd) {
            return None;
        }
        let mut url = base.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(&self.0);
        url.query_pairs_mut().extend_pairs(queries);
        Some(url)
    }
}

impl fmt::Display for ArmPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_segment_whatever_it_holds() {
        let base = Url::parse("https://management.azure.com/").unwrap();
        let path = |name: &str| ArmPath::subscription("s").group(name);
        let url = path("a b?c#d%2f..é").url(&base, &[("api-version", "1")]).unwrap();
        assert_eq!(
            url.as_str(),
            "https://management.azure.com/subscriptions/s/resourceGroups/a%20b%3Fc%23d%252f..%C3%A9?api-version=1"
        );
        for bad in ["..", ".", "", "a/b"] {
            assert_eq!(path(bad).url(&base, &[]), None, "{bad}");
        }
        let local = Url::parse("http://127.0.0.1:1/arm").unwrap();
        assert_eq!(path("g").url(&local, &[]).unwrap().path(), "/arm/subscriptions/s/resourceGroups/g");
    }

    #[test]
    fn an_id_is_read_back_as_it_was_written() {
        let path = ArmPath::subscription("s").group("g").resource("Microsoft.KeyVault/vaults", "v");
        assert_eq!(path.id(), "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v");
        assert_eq!(ArmPath::of(&path.id()), path);
        assert_eq!((path.subscription_id(), ArmPath::root().subscription_id()), (Some("s"), None));
    }
}
