//! The requests of MLflow's REST API that a registration makes.

use super::credential::Credential;
use super::error::RegisterError;
use super::run::{DIGEST_TAG, Run, now};
use super::tracking::TrackingUri;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// The most characters of a server's words that an error repeats.
const WORDS: usize = 500;

/// What an upload is called in messages.
pub(super) const UPLOAD: &str = "upload the model";

/// The attempts of a request that can be repeated without harm.
const ATTEMPTS: u32 = 4;

/// A key and a value, as tags and parameters are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub key: String,
    pub value: String,
}

impl Pair {
    pub fn new(key: &str, value: impl ToString) -> Self {
        Self { key: key.to_owned(), value: value.to_string() }
    }
}

/// A model version.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Version {
    pub version: String,
    #[serde(default)]
    pub run_id: String,
    #[serde(default)]
    pub source: String,
    /// `READY`, `PENDING_REGISTRATION` or `FAILED_REGISTRATION`.
    #[serde(default = "ready")]
    pub status: String,
    #[serde(default)]
    pub tags: Vec<Pair>,
}

fn ready() -> String {
    "READY".to_owned()
}

/// A client of one tracking server.
pub(super) struct Client {
    http: reqwest::Client,
    /// Sends no token: an address that carries its own permission needs none, and must not see one.
    plain: reqwest::Client,
    uri: TrackingUri,
}

/// Whether a request may be made again after a failure.
#[derive(Clone, Copy, PartialEq)]
enum Repeat {
    Safe,
    Never,
}

impl Client {
    pub async fn new(uri: &TrackingUri, credential: &Credential) -> Result<Self, RegisterError> {
        let mut headers = HeaderMap::new();
        if let Some(secret) = credential.header().await? {
            let mut value = HeaderValue::from_str(secret.expose())
                .map_err(|_| RegisterError::Token("it has characters that a header cannot have".into()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = |headers: HeaderMap| {
            reqwest::Client::builder()
                .default_headers(headers)
                .connect_timeout(Duration::from_secs(15))
                .timeout(Duration::from_secs(120))
                .build()
                .map_err(|source| RegisterError::Http { action: "make a client", host: uri.host(), source })
        };
        Ok(Self { http: client(headers)?, plain: client(HeaderMap::new())?, uri: uri.clone() })
    }

    /// Sends a request to `api/2.0/…` and reads the JSON answer.
    async fn call(
        &self,
        action: &'static str,
        method: Method,
        path: &str,
        body: &Value,
        repeat: Repeat,
    ) -> Result<Value, RegisterError> {
        let segments: Vec<&str> = ["api", "2.0", "mlflow"].into_iter().chain(path.split('/')).collect();
        self.call_at(action, method, self.uri.join(&segments), body, repeat).await
    }

    /// Sends a request to an address of the tracking server and reads the JSON answer.
    async fn call_at(
        &self,
        action: &'static str,
        method: Method,
        mut url: Url,
        body: &Value,
        repeat: Repeat,
    ) -> Result<Value, RegisterError> {
        let get = method == Method::GET;
        if get && let Some(fields) = body.as_object() {
            for (key, value) in fields {
                url.query_pairs_mut().append_pair(key, value.as_str().unwrap_or_default());
            }
        }
        let request = || {
            let request = self.http.request(method.clone(), url.clone());
            if get { request } else { request.json(body) }
        };
        self.send(action, request, repeat).await
    }

    /// Sends a request, again if it may be, and reads the answer.
    async fn send(
        &self,
        action: &'static str,
        request: impl Fn() -> reqwest::RequestBuilder,
        repeat: Repeat,
    ) -> Result<Value, RegisterError> {
        let mut attempt = 1;
        loop {
            let outcome = match request().send().await {
                Ok(response) => self.answer(action, response).await,
                Err(source) => Err(self.failed(action, source)),
            };
            match outcome {
                Err(error) if repeat == Repeat::Safe && attempt < ATTEMPTS && transient(&error) => {
                    tokio::time::sleep(Duration::from_millis(250 << attempt)).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    /// Asks the workspace's run history for places of artifacts; the answer says of each path its place or an error.
    pub async fn make_places(&self, path: &[&str], files: &[String]) -> Result<Value, RegisterError> {
        let paths: Vec<Value> = files.iter().map(|file| json!({"path": file})).collect();
        let url = self.uri.at_root(path);
        self.call_at(UPLOAD, Method::POST, url, &json!({"paths": paths}), Repeat::Safe).await
    }

    /// Puts a file at an address of Azure Storage that carries its own permission, as one block blob ("Put Blob").
    pub async fn put_blob(&self, address: &str, content: &[u8]) -> Result<(), RegisterError> {
        // The address is a secret: no part of it may be in a message.
        let url = Url::parse(address).map_err(|_| self.unexpected(UPLOAD, "a place is no address".into()))?;
        let request = || self.plain.put(url.clone()).header("x-ms-blob-type", "BlockBlob").body(content.to_vec());
        self.send(UPLOAD, request, Repeat::Safe).await.map(drop).map_err(|error| match error {
            // Of the words of storage only the code: the rest may repeat the address.
            RegisterError::Refused { action, host, status, code, message } => {
                let reason = message.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
                let message = reason.map_or_else(|| "no reason is given".to_owned(), |(reason, _)| reason.to_owned());
                RegisterError::Refused { action, host, status, code, message }
            }
            other => other,
        })
    }

    fn failed(&self, action: &'static str, source: reqwest::Error) -> RegisterError {
        // The address may hold a name that is nobody's business.
        RegisterError::Http { action, host: self.uri.host(), source: source.without_url() }
    }

    async fn answer(&self, action: &'static str, response: reqwest::Response) -> Result<Value, RegisterError> {
        let status = response.status();
        let text = response.text().await.map_err(|source| self.failed(action, source))?;
        if status.is_success() {
            // An upload is answered without a word.
            if text.is_empty() {
                return Ok(Value::Null);
            }
            return serde_json::from_str(&text).map_err(|e| self.unexpected(action, e.to_string()));
        }
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let code = json["error_code"].as_str().unwrap_or_default().to_owned();
        let message: String = json["message"].as_str().unwrap_or(&text).chars().take(WORDS).collect();
        Err(RegisterError::Refused { action, host: self.uri.host(), status: status.as_u16(), code, message })
    }

    pub fn unexpected(&self, action: &'static str, problem: String) -> RegisterError {
        RegisterError::Answer { action, host: self.uri.host(), problem }
    }

    /// A string within an answer.
    fn text(&self, action: &'static str, answer: &Value, pointer: &str) -> Result<String, RegisterError> {
        let found = answer.pointer(pointer).and_then(Value::as_str);
        found.map(str::to_owned).ok_or_else(|| self.unexpected(action, format!("there is no text at {pointer}")))
    }

    /// The id of the experiment of that name, which is made when there is none.
    pub async fn ensure_experiment(&self, name: &str) -> Result<String, RegisterError> {
        let action = "find the experiment";
        let find = || async {
            let body = json!({"experiment_name": name});
            let answer = self.call(action, Method::GET, "experiments/get-by-name", &body, Repeat::Safe).await?;
            self.text(action, &answer, "/experiment/experiment_id")
        };
        match find().await {
            Err(error) if missing(&error) => {}
            found => return found,
        }
        let action = "create the experiment";
        match self.call(action, Method::POST, "experiments/create", &json!({"name": name}), Repeat::Never).await {
            // Somebody else was faster.
            Err(error) if exists(&error) => find().await,
            answer => self.text(action, &answer?, "/experiment_id"),
        }
    }

    fn run(&self, action: &'static str, run: &Value, own: bool) -> Result<Run, RegisterError> {
        Ok(Run {
            id: self.text(action, run, "/info/run_id")?,
            artifact_uri: self.text(action, run, "/info/artifact_uri")?,
            own,
        })
    }

    pub async fn get_run(&self, id: &str) -> Result<Run, RegisterError> {
        let action = "find the run";
        let answer = self.call(action, Method::GET, "runs/get", &json!({"run_id": id}), Repeat::Safe).await?;
        self.run(action, &answer["run"], false)
    }

    /// A run that an earlier attempt to register the same model made.
    pub async fn find_run(&self, experiment: &str, digest: &str) -> Result<Option<Run>, RegisterError> {
        let action = "search the runs";
        let filter = format!("tags.{DIGEST_TAG} = '{digest}'");
        let body = json!({"experiment_ids": [experiment], "filter": filter, "max_results": 1});
        let answer = self.call(action, Method::POST, "runs/search", &body, Repeat::Safe).await?;
        answer.pointer("/runs/0").map(|run| self.run(action, run, true)).transpose()
    }

    pub async fn create_run(&self, experiment: &str, name: &str, at: u64, tags: &[Pair]) -> Result<Run, RegisterError> {
        let action = "create a run";
        let body = json!({"experiment_id": experiment, "run_name": name, "start_time": at, "tags": tags});
        let answer = self.call(action, Method::POST, "runs/create", &body, Repeat::Never).await?;
        self.run(action, &answer["run"], true)
    }

    /// Logs metrics, parameters and tags of a run; logging the same again leaves the run's values as they are.
    pub async fn log_batch(
        &self,
        run: &str,
        metrics: &[(String, f64)],
        params: &[Pair],
        tags: &[Pair],
    ) -> Result<(), RegisterError> {
        let at = now();
        let metric = |(key, value): &(String, f64)| json!({"key": key, "value": value, "timestamp": at, "step": 0});
        let metrics: Vec<Value> = metrics.iter().map(metric).collect();
        let body = json!({"run_id": run, "metrics": metrics, "params": params, "tags": tags});
        self.call("log to the run", Method::POST, "runs/log-batch", &body, Repeat::Safe).await.map(drop)
    }

    /// Names the data as the run's input. Servers from before MLflow 2.4 do not know inputs; the tag `data_blake3` has
    /// the lineage there.
    pub async fn log_input(&self, run: &str, digest: &str) -> Result<(), RegisterError> {
        let source = json!({"blake3": digest}).to_string();
        // MLflow shortens digests to 36 characters.
        let dataset = json!({"name": "training-data", "digest": &digest[..digest.len().min(36)], "source_type": "local", "source": source});
        let tags = json!([{"key": "mlflow.data.context", "value": "training"}]);
        let body = json!({"run_id": run, "datasets": [{"dataset": dataset, "tags": tags}]});
        match self.call("log the input", Method::POST, "runs/log-inputs", &body, Repeat::Safe).await {
            Err(RegisterError::Refused { status: 404 | 405 | 501, .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    pub async fn end_run(&self, run: &str, at: u64) -> Result<(), RegisterError> {
        let body = json!({"run_id": run, "status": "FINISHED", "end_time": at});
        self.call("end the run", Method::POST, "runs/update", &body, Repeat::Safe).await.map(drop)
    }

    pub async fn ensure_registered_model(&self, name: &str) -> Result<(), RegisterError> {
        let body = json!({"name": name});
        match self
            .call("create the registered model", Method::POST, "registered-models/create", &body, Repeat::Never)
            .await
        {
            Err(error) if exists(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    /// The version of a registered model whose tag says that it is this model file.
    pub async fn find_version(&self, name: &str, digest: &str) -> Result<Option<Version>, RegisterError> {
        let action = "search the model versions";
        let mut body = json!({"filter": format!("name='{}'", name.replace('\'', "\\'")), "max_results": "200"});
        loop {
            let answer = match self.call(action, Method::GET, "model-versions/search", &body, Repeat::Safe).await {
                Err(error) if missing(&error) => return Ok(None),
                answer => answer?,
            };
            let versions = answer.get("model_versions").cloned().unwrap_or_else(|| json!([]));
            let versions: Vec<Version> =
                serde_json::from_value(versions).map_err(|e| self.unexpected(action, e.to_string()))?;
            let found = versions.into_iter().find(|v| v.tags.contains(&Pair::new(DIGEST_TAG, digest)));
            match answer["next_page_token"].as_str().filter(|t| !t.is_empty()) {
                Some(token) if found.is_none() => body["page_token"] = token.into(),
                _ => return Ok(found),
            }
        }
    }

    pub async fn create_version(
        &self,
        name: &str,
        source: &str,
        run: &str,
        tags: &[Pair],
    ) -> Result<Version, RegisterError> {
        let action = "create the model version";
        let body = json!({"name": name, "source": source, "run_id": run, "tags": tags});
        let answer = self.call(action, Method::POST, "model-versions/create", &body, Repeat::Never).await?;
        serde_json::from_value(answer["model_version"].clone()).map_err(|e| self.unexpected(action, e.to_string()))
    }

    pub async fn get_version(&self, name: &str, version: &str) -> Result<Version, RegisterError> {
        let action = "find the model version";
        let body = json!({"name": name, "version": version});
        let answer = self.call(action, Method::GET, "model-versions/get", &body, Repeat::Safe).await?;
        serde_json::from_value(answer["model_version"].clone()).map_err(|e| self.unexpected(action, e.to_string()))
    }

    /// Puts a file at a path of the server's artifact store.
    pub async fn put_artifact(&self, path: &[&str], content: Vec<u8>) -> Result<(), RegisterError> {
        let action = UPLOAD;
        let segments: Vec<&str> = ["api", "2.0", "mlflow-artifacts", "artifacts"].iter().chain(path).copied().collect();
        let request = self.http.put(self.uri.join(&segments)).body(content);
        let response = request.send().await.map_err(|source| self.failed(action, source))?;
        self.answer(action, response).await.map(drop)
    }
}

fn exists(error: &RegisterError) -> bool {
    matches!(error, RegisterError::Refused { code, status, .. }
        if code == "RESOURCE_ALREADY_EXISTS" || *status == StatusCode::CONFLICT.as_u16())
}

fn missing(error: &RegisterError) -> bool {
    matches!(error, RegisterError::Refused { code, status, .. }
        if code == "RESOURCE_DOES_NOT_EXIST" || *status == StatusCode::NOT_FOUND.as_u16())
}

fn transient(error: &RegisterError) -> bool {
    match error {
        RegisterError::Http { source, .. } => source.is_connect() || source.is_timeout(),
        RegisterError::Refused { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        _ => false,
    }
}
