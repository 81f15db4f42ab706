//! A run of a workflow: actions in the order of what they wait for, each with how it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::functions::Scope;
use super::host::{Answer, Host, Identity, Request, Unanswered};
use super::http::Http;
use super::read::{Action, What, Workflow};
use crate::arm::value::Val;
use crate::arm::{lists, text};

/// How an action, or a run as a whole, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// What it waited for ended in another way.
    Skipped,
    /// There was no answer in time.
    TimedOut,
    /// A `Terminate` ended the run.
    Cancelled,
}

impl Status {
    /// As definitions write it, in capitals.
    fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
            Self::TimedOut => "TIMEDOUT",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// How an action ended: its name, the status, and the reason where it failed.
pub type ActionEnd = (String, Status, String);

/// What a call of a workflow came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What the caller is answered, and when.
    pub answer: (Timestamp, Answer),
    /// Each run that was started: how it ended, and how its actions did, with the reason where one failed.
    pub runs: Vec<(Status, Vec<ActionEnd>)>,
}

impl Workflow {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls its trigger with a body, as run `id`.
    pub fn call(&self, id: &str, body: &Value, host: &mut dyn Host) -> Ran {
        let began = host.now();
        let status = |status, body: &str| {
            let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
            (began, Answer { status, headers, body: body.to_owned() })
        };
        if !self.enabled {
            let answer = status(404, r#"{"error":{"code":"WorkflowDisabled","message":"The workflow is disabled."}}"#);
            return Ran { answer, runs: Vec::new() };
        }
        let outputs =
            |body: Val| Val::Object(vec![("headers".to_owned(), Val::Object(Vec::new())), ("body".to_owned(), body)]);
        let trigger = outputs(Val::from_json(body.clone()));
        let scope = |trigger: Val, id: String| Scope {
            workflow: (self.name.clone(), id),
            parameters: self.parameters.clone(),
            variables: BTreeMap::new(),
            trigger,
            actions: BTreeMap::new(),
            items: Vec::new(),
        };
        let first = scope(trigger.clone(), id.to_owned());
        let refused = |why: &str| {
            status(400, &serde_json::json!({ "error": { "code": "TriggerFailed", "message": why } }).to_string())
        };
        for condition in &self.trigger.conditions {
            match condition.is_met(&first, began) {
                Ok(true) => {}
                Ok(false) => return Ran { answer: status(202, ""), runs: Vec::new() },
                Err(why) => return Ran { answer: refused(&why), runs: Vec::new() },
            }
        }
        let scopes = match &self.trigger.split_on {
            None => vec![first],
            Some(piece) => match first.value(piece, began) {
                Ok(Val::List(items)) => {
                    let one = |(at, item)| scope(outputs(item), format!("{id}-{at}"));
                    items.into_iter().enumerate().map(one).collect()
                }
                Ok(other) => {
                    return Ran {
                        answer: refused(&format!("`splitOn` is a list, not {}", other.kind())),
                        runs: Vec::new(),
                    };
                }
                Err(why) => return Ran { answer: refused(&why), runs: Vec::new() },
            },
        };
        let (mut said, mut runs) = (None, Vec::new());
        for scope in scopes {
            let mut run = Run { workflow: self, scope, host, said: None, ended: Vec::new(), over: None };
            let status = run.actions(&self.actions);
            let status = run.over.unwrap_or(status);
            said = said.or(run.said);
            runs.push((status, run.ended));
        }
        let nothing = r#"{"error":{"code":"NoResponse","message":"The server did not receive a response from an upstream server."}}"#;
        let answer = match (said, self.answers) {
            (Some(said), _) => said,
            (None, false) => status(202, ""),
            (None, true) => (host.now(), status(502, nothing).1),
        };
        Ran { answer, runs }
    }
}

pub(super) struct Run<'a> {
    workflow: &'a Workflow,
    pub scope: Scope,
    pub host: &'a mut dyn Host,
    said: Option<(Timestamp, Answer)>,
    ended: Vec<ActionEnd>,
    /// Set by `Terminate`.
    over: Option<Status>,
}

impl Run<'_> {
    /// Carries out the actions of a scope; gives back how the scope ended: by its last actions, and where one of those was
    /// skipped, by what it waited for.
    pub fn actions(&mut self, actions: &[Action]) -> Status {
        let mut ended: BTreeMap<&str, Status> = BTreeMap::new();
        for action in actions {
            if self.over.is_some() {
                return Status::Cancelled;
            }
            let fits = |(name, states): &(String, Vec<String>)| {
                ended.get(name.as_str()).is_some_and(|status| states.iter().any(|state| state == status.name()))
            };
            let status = if action.after.iter().all(fits) {
                self.action(action)
            } else {
                self.skip(action);
                Status::Skipped
            };
            ended.insert(&action.name, status);
        }
        let is_last =
            |action: &&Action| !actions.iter().any(|other| other.after.iter().any(|(name, _)| *name == action.name));
        let failed = |action: &Action| has_failed(action, actions, &ended);
        if actions.iter().filter(is_last).any(failed) { Status::Failed } else { Status::Succeeded }
    }

    pub fn skip(&mut self, action: &Action) {
        self.note(&action.name, Status::Skipped, Val::Null, String::new());
        action.what.inner().into_iter().flatten().for_each(|inner| self.skip(inner));
    }

    fn note(&mut self, name: &str, status: Status, outputs: Val, why: String) {
        let shown = match status {
            Status::TimedOut => "TimedOut",
            Status::Succeeded => "Succeeded",
            Status::Failed => "Failed",
            Status::Skipped => "Skipped",
            Status::Cancelled => "Cancelled",
        };
        let own = |key: &str, value: &str| (key.to_owned(), Val::text(value));
        let action = vec![own("name", name), own("status", shown), ("outputs".to_owned(), outputs)];
        self.scope.actions.insert(name.to_owned(), Val::Object(action));
        self.ended.push((name.to_owned(), status, why));
    }

    fn action(&mut self, action: &Action) -> Status {
        let now = self.host.now();
        let made: Result<(Status, Val), String> = match &action.what {
            What::If { condition, yes, no } => condition.is_met(&self.scope, now).map(|met| {
                let (run, left) = if met { (yes, no) } else { (no, yes) };
                left.iter().for_each(|inner| self.skip(inner));
                (self.actions(run), Val::Object(vec![("expressionResult".to_owned(), Val::Bool(met))]))
            }),
            What::Scope(inner) => Ok((self.actions(inner), Val::Null)),
            What::Foreach(each) => self.foreach(&action.name, each),
            What::Switch(switch) => self.switch(switch),
            What::Until(until) => self.until(until),
            What::Wait(pause) => pause.length(&self.scope, now).map(|length| {
                self.host.wait(length);
                (Status::Succeeded, Val::Null)
            }),
            What::Count { name, by, up } => self.count(name, by, *up).map(|value| (Status::Succeeded, value)),
            What::Http(http) => self.http(http),
            What::Response { status, headers, body } => {
                self.respond(status, headers.as_ref(), body.as_ref()).map(|()| (Status::Succeeded, Val::Null))
            }
            What::Compose(piece) => self.scope.value(piece, now).map(|value| (Status::Succeeded, value)),
            What::Initialize { name, value } | What::Set { name, value } => {
                let there = self.scope.variables.contains_key(name);
                match (&action.what, there) {
                    (What::Set { .. }, false) => {
                        Err(format!("the variable '{name}' must be initialized before it is set"))
                    }
                    (What::Initialize { .. }, true) => Err(format!("the variable '{name}' is there already")),
                    _ => self.scope.value(value, now).map(|value| {
                        self.scope.variables.insert(name.clone(), value);
                        (Status::Succeeded, Val::Null)
                    }),
                }
            }
            What::Terminate { failed, error } => {
                let status = if *failed { Status::Failed } else { Status::Succeeded };
                self.over = Some(status);
                match error.as_ref().map(|piece| self.scope.value(piece, now)).transpose() {
                    Ok(error) => Ok((Status::Succeeded, error.unwrap_or(Val::Null))),
                    Err(why) => Err(why),
                }
            }
        };
        let (status, outputs, why) = match made {
            Ok((status, outputs)) => (status, outputs, String::new()),
            Err(why) => (Status::Failed, Val::Null, why),
        };
        self.note(&action.name, status, outputs, why);
        status
    }

    fn respond(
        &mut self,
        status: &super::expression::Piece,
        headers: Option<&super::expression::Piece>,
        body: Option<&super::expression::Piece>,
    ) -> Result<(), String> {
        let now = self.host.now();
        let status = match lists::call("int", &[self.scope.value(status, now)?]).transpose()? {
            Some(Val::Number(number)) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
            _ => None,
        };
        let status = status
            .filter(|status| (200..600).contains(status))
            .ok_or("the status code of a response is a number from 200 on")?;
        let mut all = Vec::new();
        if let Some(Val::Object(entries)) = headers.map(|piece| self.scope.value(piece, now)).transpose()? {
            for (name, value) in entries {
                all.push((name, text::shown(&value)?));
            }
        }
        let body = body.map(|piece| self.scope.value(piece, now)).transpose()?;
        let (body, json) = body.map_or_else(|| Ok((String::new(), false)), content)?;
        if json && !all.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            all.push(("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()));
        }
        if self.said.is_some() {
            return Err("the workflow has answered already".to_owned());
        }
        self.said = Some((now, Answer { status, headers: all, body }));
        Ok(())
    }

    fn http(&mut self, http: &Http) -> Result<(Status, Val), String> {
        let request = self.request(http)?;
        let mut tries = 1;
        loop {
            let answer = self.host.send(&request);
            let again = match &answer {
                Ok(answer) => matches!(answer.status, 408 | 429 | 500..),
                Err(_) => true,
            };
            if let Some(pause) = http.retry.pause(tries).filter(|_| again) {
                self.host.wait(pause);
                tries += 1;
                continue;
            }
            return match answer {
                Ok(answer) if answer.status == 202 && answer.header("location").is_some() => {
                    Err("an answer of 202 with a location is not followed here".to_owned())
                }
                Ok(answer) => {
                    let status = if answer.status < 400 { Status::Succeeded } else { Status::Failed };
                    Ok((status, outputs(&answer)))
                }
                Err(Unanswered::TimedOut) => Ok((Status::TimedOut, Val::Null)),
                Err(Unanswered::Failed(why)) => Err(why),
            };
        }
    }

    fn request(&self, http: &Http) -> Result<Request, String> {
        let now = self.host.now();
        let text = |piece| text::shown(&self.scope.value(piece, now)?);
        let mut headers = Vec::new();
        for (name, piece) in &http.headers {
            headers.push((name.clone(), text(piece)?));
        }
        let body = http.body.as_ref().map(|piece| self.scope.value(piece, now)).transpose()?;
        let (body, json) = body.map_or_else(|| Ok((String::new(), false)), content)?;
        if json && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()));
        }
        let identity = match &http.sign_in {
            None => None,
            Some(sign_in) => {
                let resource = sign_in.identity.as_ref().map(text).transpose()?;
                let known = match &resource {
                    Some(id) => self.workflow.identities.contains(&id.to_lowercase()),
                    None => self.workflow.own_identity,
                };
                if !known {
                    let id = resource.unwrap_or_else(|| "the workflow's own".to_owned());
                    return Err(format!("the managed identity {id} is not enabled on the workflow"));
                }
                Some(Identity { resource, audience: text(&sign_in.audience)? })
            }
        };
        Ok(Request {
            method: http.method.clone(),
            uri: text(&http.uri)?,
            headers,
            body,
            identity,
            timeout: http.timeout,
        })
    }
}

fn has_failed(action: &Action, all: &[Action], ended: &BTreeMap<&str, Status>) -> bool {
    match ended.get(action.name.as_str()) {
        Some(Status::Failed | Status::TimedOut) => true,
        Some(Status::Skipped) => {
            let before = action.after.iter().filter_map(|(name, _)| all.iter().find(|other| other.name == *name));
            before.into_iter().any(|other| has_failed(other, all, ended))
        }
        _ => false,
    }
}

/// A body as it is sent, and whether it is JSON that somebody has to be told of.
fn content(value: Val) -> Result<(String, bool), String> {
    match value {
        Val::Text(text) => Ok((text, false)),
        Val::Null => Ok((String::new(), false)),
        other => Ok((other.into_json().to_string(), true)),
    }
}

fn outputs(answer: &Answer) -> Val {
    let headers = answer.headers.iter().map(|(name, value)| (name.clone(), Val::text(value))).collect();
    let json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
    let body = match serde_json::from_str::<Value>(&answer.body) {
        Ok(body) if json => Val::from_json(body),
        _ => Val::text(&answer.body),
    };
    Val::Object(vec![
        ("statusCode".to_owned(), Val::int(i64::from(answer.status))),
        ("headers".to_owned(), Val::Object(headers)),
        ("body".to_owned(), body),
    ])
}
