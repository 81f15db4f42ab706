//! Which credential a set of environment variables asks for.

use super::Credential;
use crate::error::Result;
use crate::secret::Secret;

impl Credential {
    /// The credential that a set of environment variables asks for; `lookup` reads one.
    ///
    /// In this order: client certificate (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_CERTIFICATE`, the PEM
    /// text itself), client secret (`AZURE_CLIENT_SECRET`), service connection of a pipeline
    /// (`AZURESUBSCRIPTION_TENANT_ID`, `AZURESUBSCRIPTION_CLIENT_ID`, `AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`,
    /// `SYSTEM_ACCESSTOKEN`), workload identity (`AZURE_FEDERATED_TOKEN_FILE`), managed identity
    /// (`IDENTITY_ENDPOINT`), the pipeline's token (`SYSTEM_ACCESSTOKEN`), personal access token
    /// (`AZURE_DEVOPS_EXT_PAT`), and developer tools when nothing is set.
    ///
    /// # Errors
    /// Kind `SignIn` if the credential that is asked for cannot be made, `Argument` for a certificate that is none.
    pub fn detect(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let application = || Some((get("AZURE_TENANT_ID")?, get("AZURE_CLIENT_ID")?));
        if let (Some((tenant, client)), Some(pem)) = (application(), get("AZURE_CLIENT_CERTIFICATE")) {
            return Self::client_certificate(tenant, client, &Secret::new(pem));
        }
        if let (Some((tenant, client)), Some(secret)) = (application(), get("AZURE_CLIENT_SECRET")) {
            return Self::client_secret(&tenant, client, secret);
        }
        let job_token = get("SYSTEM_ACCESSTOKEN");
        let connection = || {
            Some((
                get("AZURESUBSCRIPTION_TENANT_ID")?,
                get("AZURESUBSCRIPTION_CLIENT_ID")?,
                get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")?,
            ))
        };
        if let (Some((tenant, client, connection)), Some(token)) = (connection(), &job_token) {
            return Self::azure_pipelines(tenant, client, &connection, token.as_str());
        }
        if get("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            return Self::workload_identity();
        }
        if get("IDENTITY_ENDPOINT").is_some() {
            return Self::managed_identity(get("AZURE_CLIENT_ID"));
        }
        if let Some(token) = job_token {
            return Ok(Self::system_access_token(token));
        }
        if let Some(token) = get("AZURE_DEVOPS_EXT_PAT") {
            return Ok(Self::pat(token));
        }
        Self::developer_tools()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    #[test]
    fn entra_comes_first_and_a_personal_access_token_last() {
        let found = |set: &[(&str, &str)]| {
            Credential::detect(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
                .unwrap()
                .describe()
        };
        let tenant = ("AZURE_TENANT_ID", "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a");
        let client = ("AZURE_CLIENT_ID", "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1b");
        let secret = ("AZURE_CLIENT_SECRET", planted::SECRET);
        let job = ("SYSTEM_ACCESSTOKEN", planted::TOKEN);
        let pat = ("AZURE_DEVOPS_EXT_PAT", planted::PAT);
        assert_eq!(found(&[tenant, client, secret, job, pat]), "client secret");
        assert_eq!(found(&[("IDENTITY_ENDPOINT", "http://127.0.0.1/"), job, pat]), "managed identity");
        assert_eq!(found(&[tenant, client, job, pat]), "System.AccessToken");
        assert_eq!(found(&[pat]), "personal access token");
        assert_eq!(found(&[("AZURE_DEVOPS_EXT_PAT", " ")]), "developer tools");
    }
}
