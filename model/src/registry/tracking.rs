//! Where the tracking server is.

use super::error::RegisterError;
use url::Url;

/// The base of a tracking server's REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingUri {
    base: Url,
    azure: bool,
}

impl TrackingUri {
    /// Parses a tracking URI as MLflow's clients take it: `http://…`, `https://…`, or `azureml://…`, which stands for the
    /// https address of an Azure Machine Learning workspace ("Configure MLflow for Azure Machine Learning").
    ///
    /// # Errors
    /// The URI is of another kind.
    pub fn parse(uri: &str) -> Result<Self, RegisterError> {
        let refused = || RegisterError::TrackingUri { uri: without_password(uri) };
        let (text, azureml) = match uri.strip_prefix("azureml://") {
            Some(rest) => (format!("https://{rest}"), true),
            None => (uri.to_owned(), false),
        };
        let mut base = Url::parse(text.trim()).map_err(|_| refused())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(refused());
        }
        base.set_query(None);
        base.set_fragment(None);
        let azure = azureml || base.host_str().is_some_and(|host| host.ends_with(".api.azureml.ms"));
        Ok(Self { base, azure })
    }

    /// The address of a path below the base.
    #[must_use]
    pub fn join(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// The address of a path of the same server, from its root.
    #[must_use]
    pub fn at_root(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        url
    }

    /// Whether the server is an Azure Machine Learning workspace.
    #[must_use]
    pub fn is_azure(&self) -> bool {
        self.azure
    }

    /// The host, for messages.
    #[must_use]
    pub fn host(&self) -> String {
        let port = self.base.port().map(|p| format!(":{p}")).unwrap_or_default();
        format!("{}{port}", self.base.host_str().unwrap_or_default())
    }
}

/// A URI fit for a message: without user information.
pub(super) fn without_password(uri: &str) -> String {
    match (uri.find("://"), uri.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…{}", &uri[..scheme], &uri[at..]),
        _ => uri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::TrackingUri;

    #[test]
    fn an_azureml_uri_is_the_https_address_of_the_workspace() {
        let uri = "azureml://westeurope.api.azureml.ms/mlflow/v1.0/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w?x=1";
        let parsed = TrackingUri::parse(uri).unwrap();
        assert!(parsed.is_azure());
        assert_eq!(
            parsed.join(&["api", "2.0", "mlflow", "runs", "get"]).as_str(),
            "https://westeurope.api.azureml.ms/mlflow/v1.0/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/api/2.0/mlflow/runs/get"
        );
    }

    #[test]
    fn a_plain_server_is_no_workspace_and_paths_are_encoded() {
        let parsed = TrackingUri::parse("http://127.0.0.1:5000/").unwrap();
        assert!(!parsed.is_azure());
        assert_eq!(parsed.host(), "127.0.0.1:5000");
        assert_eq!(parsed.join(&["a b", "c/d"]).as_str(), "http://127.0.0.1:5000/a%20b/c%2Fd");
    }

    #[test]
    fn other_uris_are_refused_without_their_password() {
        for uri in ["", "mlruns", "file:///tmp/x", "sqlite:///x.db", "databricks"] {
            assert!(TrackingUri::parse(uri).is_err(), "{uri}");
        }
        let message = TrackingUri::parse("ftp://me:secret@host/x").unwrap_err().to_string();
        assert!(message.contains("ftp://…@host/x") && !message.contains("secret"), "{message}");
    }
}
