//! An emulator and a caller, for the tests of this folder.

use crate::planted;
use devops_emulator::{Emulator, Running};
use serde_json::{Value, json};

/// The id that stands for no object.
pub const ZERO: &str = "0000000000000000000000000000000000000000";

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body, which must have come with 200, 201 or 202.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text);
        self.json()
    }

    /// The body of a refusal with that status and typeKey.
    #[track_caller]
    pub fn refused(&self, status: u16, type_key: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, body["typeKey"].as_str()), (status, Some(type_key)), "{}", self.text);
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
        body
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// An emulator with the project `shop`, and a caller with the token [`planted::TOKEN`].
pub struct World {
    pub running: Running,
    pub client: reqwest::Client,
    pub token: String,
}

impl World {
    /// The plain case.
    pub async fn new() -> World {
        World::with(Emulator::builder().seed_project("shop").token(planted::TOKEN)).await
    }

    /// An emulator of one's own.
    pub async fn with(emulator: Emulator) -> World {
        planted::traced();
        // another test of this process may have been first
        _ = rustls::crypto::ring::default_provider().install_default();
        let running = emulator.start().await.expect("the emulator starts");
        World { running, client: reqwest::Client::new(), token: planted::TOKEN.to_owned() }
    }

    /// A request with that path below the organization; `api-version=7.1-preview` is added if the path states none.
    pub async fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::Result<Answer> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let version =
            if path.contains("api-version=") { String::new() } else { format!("{joint}api-version=7.1-preview") };
        let url = format!("{}/{path}{version}", self.running.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, url);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    /// The same, where the transport must hold.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// The project's id.
    pub async fn project(&self) -> String {
        self.get("_apis/projects/shop").await.ok()["id"].as_str().expect("an id").to_owned()
    }

    /// Pushes files to a branch of the repository `shop`; gives back the commit.
    pub async fn push(&self, branch: &str, files: &[(&str, &str)]) -> String {
        let old = self.tip(branch).await;
        let known = if old == ZERO { Vec::new() } else { self.paths(branch).await };
        let changes: Vec<Value> = files
            .iter()
            .map(|(path, text)| {
                let kind = if known.contains(&(*path).to_owned()) { "edit" } else { "add" };
                json!({ "changeType": kind, "item": { "path": path }, "newContent": { "content": text, "contentType": "rawtext" } })
            })
            .collect();
        let body = json!({ "refUpdates": [{ "name": format!("refs/heads/{branch}"), "oldObjectId": old }], "commits": [{ "comment": "change", "changes": changes }] });
        let answer = self.post("shop/_apis/git/repositories/shop/pushes", body).await.ok();
        answer["refUpdates"][0]["newObjectId"].as_str().expect("an id").to_owned()
    }

    /// Where a branch of the repository `shop` is.
    pub async fn tip(&self, branch: &str) -> String {
        let refs = self.get(&format!("shop/_apis/git/repositories/shop/refs?filter=heads/{branch}")).await.ok();
        refs["value"][0]["objectId"].as_str().unwrap_or(ZERO).to_owned()
    }

    /// The files of a branch.
    pub async fn paths(&self, branch: &str) -> Vec<String> {
        let path = format!(
            "shop/_apis/git/repositories/shop/items?scopePath=/&recursionLevel=full&versionDescriptor.version={branch}"
        );
        let items = self.get(&path).await.ok();
        items["value"]
            .as_array()
            .expect("items")
            .iter()
            .filter(|item| item["isFolder"] != json!(true))
            .map(|item| item["path"].as_str().expect("a path").to_owned())
            .collect()
    }

    /// A pipeline for `/p.yml` of the repository `shop`; gives back its id.
    pub async fn pipeline(&self, name: &str) -> i64 {
        let repository = self.get("shop/_apis/git/repositories/shop").await.ok();
        let body = json!({ "name": name, "folder": "\\f", "configuration": { "type": "yaml", "path": "/p.yml", "repository": { "id": repository["id"], "name": "shop", "type": "azureReposGit" } } });
        self.post("shop/_apis/pipelines", body).await.ok()["id"].as_i64().expect("an id")
    }

    /// Permits a pipeline the use of a resource.
    pub async fn permit(&self, kind: &str, id: &str, pipeline: i64) {
        let body = json!({ "pipelines": [{ "id": pipeline, "authorized": true }] });
        self.patch(&format!("shop/_apis/pipelines/pipelinepermissions/{kind}/{id}"), body).await.ok();
    }

    /// Queues a run; gives back its id.
    pub async fn run(&self, pipeline: i64, body: Value) -> i64 {
        self.post(&format!("shop/_apis/pipelines/{pipeline}/runs"), body).await.ok()["id"].as_i64().expect("an id")
    }

    /// Reads a run until it has ended; gives back the build.
    pub async fn finish(&self, run: i64) -> Value {
        for _ in 0..200 {
            let build = self.get(&format!("shop/_apis/build/builds/{run}")).await.ok();
            if build["status"] == "completed" {
                return build;
            }
        }
        panic!("run {run} does not end: {}", self.get(&format!("shop/_apis/build/builds/{run}/timeline")).await.text);
    }

    /// The records of a run's timeline.
    pub async fn records(&self, run: i64) -> Vec<Value> {
        let timeline = self.get(&format!("shop/_apis/build/builds/{run}/timeline")).await;
        timeline.json()["records"].as_array().cloned().unwrap_or_default()
    }

    /// State and result of the record with that type and identifier.
    pub async fn record(&self, run: i64, kind: &str, identifier: &str) -> (String, String) {
        let records = self.records(run).await;
        let found = records.iter().find(|record| record["type"] == kind && record["identifier"] == identifier);
        let found = found.unwrap_or_else(|| panic!("no {kind} {identifier} in {records:#?}"));
        (
            found["state"].as_str().unwrap_or_default().to_owned(),
            found["result"].as_str().unwrap_or_default().to_owned(),
        )
    }

    /// An Azure connection that is ready; gives back its id.
    pub async fn connection(&self, name: &str) -> String {
        let body = connection(name);
        self.post("_apis/serviceendpoint/endpoints", body).await.ok()["id"].as_str().expect("an id").to_owned()
    }

    /// A plain variable group; gives back its id.
    pub async fn group(&self, name: &str) -> i64 {
        self.post("_apis/distributedtask/variablegroups", group(name)).await.ok()["id"].as_i64().expect("an id")
    }

    /// An environment; gives back its id.
    pub async fn environment(&self, name: &str) -> i64 {
        self.post("shop/_apis/distributedtask/environments", json!({ "name": name })).await.ok()["id"]
            .as_i64()
            .expect("an id")
    }
}

/// The body of an Azure connection with workload identity federation.
pub fn connection(name: &str) -> Value {
    json!({
        "name": name, "type": "AzureRM", "url": "https://management.azure.com/", "owner": "library",
        "data": { "environment": "AzureCloud", "scopeLevel": "Subscription", "subscriptionId": "s", "subscriptionName": "n", "creationMode": "Manual" },
        "authorization": { "scheme": "WorkloadIdentityFederation", "parameters": { "tenantid": "t", "serviceprincipalid": "c" } },
        "isShared": false, "isReady": true,
        "serviceEndpointProjectReferences": [{ "name": name, "projectReference": { "name": "shop" } }],
    })
}

/// The body of a plain variable group.
pub fn group(name: &str) -> Value {
    json!({
        "name": name, "type": "Vsts", "description": "", "variables": { "a": { "value": "1" }, "s": { "value": planted::SECRET, "isSecret": true } },
        "variableGroupProjectReferences": [{ "name": name, "projectReference": { "name": "shop" } }],
    })
}
