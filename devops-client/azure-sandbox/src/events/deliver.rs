//! Deliveries: what has been raised goes to every event subscription that it fits, until it is taken or given up.

// Invariant: an event is kept until it is delivered or given up
// (test: nothing_is_lost_while_azure_devops_is_down_for_ten_minutes).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use azure_templates::workflow::{Answer, Ran, Status, Workflow};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::clock::Clock;
use super::host::{DevOps, Network};
use super::raise::raised;
use super::retry::{BEFORE_DEAD, DROPPED, Next, PATIENCE, next};
use super::subscription::{DeadLetters, Subscription, deployed};
use crate::services::Services;
use crate::spool::Spool;
use crate::storage::{self, Ask, Who};
use crate::store::Store;

/// Something that became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// An event subscription is there, and its endpoint wants its events.
    Listens(String),
    /// Its endpoint does not answer the handshake.
    Deaf(String, String),
    /// A delivery: event subscription, event, status of the answer (none came in time), and whether that was the end of it.
    Delivered(String, String, Option<u16>, bool),
    /// An event could not be delivered, and lies in the container of dead letters under that name.
    Dead(String, String),
    /// An event could not be delivered, nor written anywhere.
    Dropped(String, String),
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listens(to) => write!(f, "{} listens", short(to)),
            Self::Deaf(to, why) => write!(f, "{}: Webhook validation handshake failed: {why}", short(to)),
            Self::Delivered(to, event, Some(status), true) => {
                write!(f, "event {event} was delivered to {}: {status}", short(to))
            }
            Self::Delivered(to, event, Some(status), false) => {
                write!(f, "event {event} was refused by {} with {status}, and is delivered again", short(to))
            }
            Self::Delivered(to, event, None, _) => {
                write!(f, "event {event} got no answer of {} within 30 s", short(to))
            }
            Self::Dead(event, name) => write!(f, "event {event} reached nobody, and lies in {name}"),
            Self::Dropped(event, why) => write!(f, "event {event} reached nobody, and is lost: {why}"),
        }
    }
}

/// The names of a topic and its event subscription, of the subscription's id.
fn short(id: &str) -> String {
    let parts: Vec<&str> = id.rsplit('/').take(3).collect();
    match parts.as_slice() {
        [name, _, topic] => format!("{topic}/{name}"),
        _ => id.to_owned(),
    }
}

/// Whoever delivers events in a sandbox.
#[derive(Debug)]
pub struct Events {
    store: Store,
    clock: Clock,
    devops: Mutex<DevOps>,
    slow: Mutex<BTreeMap<String, SignedDuration>>,
}

impl Events {
    /// Those of a sandbox's folder, to which the services have been announced.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn of(folder: &Path, devops: DevOps, clock: Clock) -> Result<Self, String> {
        let store = Store::open(folder)?;
        Ok(Self { store, clock, devops: Mutex::new(devops), slow: Mutex::default() })
    }

    /// What time it is here.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Azure DevOps is elsewhere from now on.
    pub fn reach(&self, devops: DevOps) {
        *self.devops.lock().unwrap_or_else(PoisonError::into_inner) = devops;
    }

    /// A host takes so long to answer from now on.
    pub fn slow_down(&self, host: &str, time: SignedDuration) {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), time);
    }

    /// Delivers what is due; gives back what became of it.
    ///
    /// # Errors
    /// What is deployed and not known, by name, or that a service does not answer.
    pub fn step(&self) -> Result<Vec<Happened>, String> {
        let mut happened = Vec::new();
        let Some(services) = Services::of(&self.store)? else { return Ok(happened) };
        let subscriptions = deployed(&services)?;
        for subscription in &subscriptions {
            happened.extend(self.greet(&services, subscription)?);
        }
        let (raised, waiting) = (raised(&self.store)?, self.spool("waiting")?);
        for (name, told) in raised.all() {
            let source = told["source"].as_str().unwrap_or_default();
            for subscription in subscriptions.iter().filter(|own| own.source.eq_ignore_ascii_case(source)) {
                if self.listens(subscription)? && subscription.filter.fits(&told["event"]) {
                    let due = self.clock.now().to_string();
                    waiting
                        .add(&json!({ "to": subscription.id, "event": told["event"], "due": due, "attempts": 0 }))?;
                }
            }
            raised.remove(&name)?;
        }
        for (name, delivery) in waiting.all() {
            if time(&delivery["due"]) > self.clock.now() {
                continue;
            }
            let subscription = subscriptions.iter().find(|own| delivery["to"] == own.id);
            let Some(subscription) = subscription else {
                // with the event subscription its events are gone
                waiting.remove(&name)?;
                continue;
            };
            let (left, what) = self.deliver(&services, subscription, delivery)?;
            match left {
                Some(left) => waiting.put(&name, &left)?,
                None => waiting.remove(&name)?,
            }
            happened.extend(what);
        }
        Ok(happened)
    }

    /// How many events wait to be delivered, or to be given up.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn waiting(&self) -> Result<usize, String> {
        Ok(raised(&self.store)?.all().len() + self.spool("waiting")?.all().len())
    }

    fn spool(&self, name: &str) -> Result<Spool, String> {
        Spool::open(self.store.folder().join("events").join(name))
    }

    fn listens(&self, subscription: &Subscription) -> Result<bool, String> {
        let known = self.spool("handshakes")?.get(&key(&subscription.id));
        Ok(known.is_some_and(|known| known["endpoint"] == subscription.endpoint && known["good"] == true))
    }

    /// Asks an endpoint once whether it wants events.
    fn greet(&self, services: &Services, subscription: &Subscription) -> Result<Option<Happened>, String> {
        let handshakes = self.spool("handshakes")?;
        let name = key(&subscription.id);
        if handshakes.get(&name).is_some_and(|known| known["endpoint"] == subscription.endpoint) {
            return Ok(None);
        }
        let code = format!("5A4DB0C0-{}", &name[..12]);
        let event = json!({
            "id": format!("handshake-{}", &name[..12]), "topic": subscription.source, "subject": "",
            "data": { "validationCode": code, "validationUrl": format!("https://eventgrid.sandbox.invalid/{name}") },
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "eventTime": self.clock.now().to_string(), "metadataVersion": "1", "dataVersion": "2",
        });
        let began = self.clock.now();
        let ran = self.call(services, subscription, &event, "handshake")?;
        let (at, answer) = &ran.answer;
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let good =
            answer.status == 200 && said["validationResponse"] == json!(code) && at.duration_since(began) <= PATIENCE;
        handshakes.put(&name, &json!({ "endpoint": subscription.endpoint, "good": good }))?;
        Ok(Some(match good {
            true => Happened::Listens(subscription.id.clone()),
            false => Happened::Deaf(subscription.id.clone(), told(&ran)),
        }))
    }

    /// Delivers an event once, or gives it up; gives back what is left of it, and what happened.
    fn deliver(
        &self,
        services: &Services,
        subscription: &Subscription,
        mut delivery: Value,
    ) -> Result<(Option<Value>, Option<Happened>), String> {
        let event = delivery["event"].clone();
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        if delivery["dead"].is_string() {
            return self.bury(services, subscription, delivery);
        }
        let attempts = u32::try_from(delivery["attempts"].as_u64().unwrap_or(0)).unwrap_or(u32::MAX);
        let began = self.clock.now();
        let over = if attempts >= subscription.attempts {
            Some("MaxDeliveryAttemptsExceeded")
        } else if attempts > 0 && began.duration_since(time(&event["eventTime"])) > subscription.lives {
            Some("TimeToLiveExceeded")
        } else {
            None
        };
        if let Some(reason) = over {
            return self.bury(services, subscription, give_up(delivery, reason, began));
        }
        let ran = self.call(services, subscription, &event, &format!("{id}-{}", attempts + 1))?;
        let (at, answer) = &ran.answer;
        let status = (at.duration_since(began) <= PATIENCE).then_some(answer.status);
        delivery["attempts"] = json!(attempts + 1);
        delivery["last"] = json!({
            "at": began.to_string(), "status": status.unwrap_or(0),
            "outcome": match status { Some(400) => "BadRequest", Some(_) => "GenericError", None => "TimedOut" },
        });
        let next = next(attempts + 1, status);
        let what = Happened::Delivered(subscription.id.clone(), id, status, matches!(next, Next::Done));
        let left = match next {
            Next::Done => None,
            Next::Again(pause) => {
                delivery["due"] = json!((began.max(self.clock.now()) + pause).to_string());
                Some(delivery)
            }
            Next::GiveUp => Some(give_up(delivery, "DeliveryFailedPermanently", began)),
        };
        Ok((left, Some(what)))
    }

    /// Calls the workflow behind an endpoint with one event.
    fn call(&self, services: &Services, to: &Subscription, event: &Value, run: &str) -> Result<Ran, String> {
        let id =
            to.endpoint.strip_prefix("https://logic.sandbox.invalid").and_then(|rest| rest.split_once("/triggers/"));
        let (id, _) =
            id.ok_or_else(|| format!("{}: the sandbox delivers to workflows, not to {}", to.id, to.endpoint))?;
        let Some(resource) = services.get(id)? else {
            let answer = (self.clock.now(), Answer { status: 404, ..Answer::default() });
            return Ok(Ran { answer, runs: Vec::new() });
        };
        let workflow = Workflow::read(&resource).map_err(|wrong| wrong.join("\n"))?;
        let devops = self.devops.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut network = Network { store: &self.store, services, devops: &devops, clock: &self.clock, slow: &slow };
        let ran = workflow.call(run, &json!([event]), &mut network);
        let runs = self.spool("runs")?;
        for (status, actions) in &ran.runs {
            let actions = actions
                .iter()
                .map(|(name, status, why)| json!({ "name": name, "status": format!("{status:?}"), "why": why }));
            runs.add(&json!({
                "workflow": workflow.name(), "run": run, "status": format!("{status:?}"), "answer": ran.answer.1.status,
                "actions": actions.collect::<Vec<_>>(),
            }))?;
        }
        Ok(ran)
    }

    /// Writes an event to where dead letters go, when its time has come.
    fn bury(
        &self,
        services: &Services,
        to: &Subscription,
        mut delivery: Value,
    ) -> Result<(Option<Value>, Option<Happened>), String> {
        let now = self.clock.now();
        if time(&delivery["due"]) > now {
            return Ok((Some(delivery), None));
        }
        let id = delivery["event"]["id"].as_str().unwrap_or_default().to_owned();
        let Some(dead) = &to.dead else {
            return Ok((None, Some(Happened::Dropped(id, "there is no place for dead letters".to_owned()))));
        };
        match self.letter(services, to, dead, &delivery, now)? {
            Ok(name) => Ok((None, Some(Happened::Dead(id, name)))),
            Err(why) if now.duration_since(time(&delivery["given up"])) > DROPPED => {
                Ok((None, Some(Happened::Dropped(id, why))))
            }
            Err(_) => {
                delivery["due"] = json!((now + BEFORE_DEAD).to_string());
                Ok((Some(delivery), None))
            }
        }
    }

    fn letter(
        &self,
        services: &Services,
        to: &Subscription,
        dead: &DeadLetters,
        delivery: &Value,
        now: Timestamp,
    ) -> Result<Result<String, String>, String> {
        let id =
            dead.identity.as_deref().ok_or_else(|| format!("{}: a topic's own identity is not known here", to.id))?;
        let Some(identity) = services.get(id)? else { return Ok(Err(format!("the identity {id} was not found"))) };
        let principal = identity["properties"]["principalId"].as_str().unwrap_or_default();
        let mut event = delivery["event"].clone();
        event["deadLetterReason"] = delivery["dead"].clone();
        event["deliveryAttempts"] = delivery["attempts"].clone();
        event["lastDeliveryOutcome"] = delivery["last"]["outcome"].clone();
        event["lastHttpStatusCode"] = delivery["last"]["status"].clone();
        event["publishTime"] = delivery["event"]["eventTime"].clone();
        event["lastDeliveryAttemptTime"] = delivery["last"]["at"].clone();
        let day = now.strftime("%Y/%-m/%-d/%-H");
        let name =
            format!("{}/{}/{day}/{}.json", to.topic, to.name.to_uppercase(), event["id"].as_str().unwrap_or_default());
        let headers = [("x-ms-blob-type".to_owned(), "BlockBlob".to_owned())];
        let (path, body) = (format!("{}/{name}", dead.container), json!([event]).to_string());
        let ask = Ask { method: "PUT", account: &dead.account, path: &path, headers: &headers, body: body.as_bytes() };
        let told = storage::answer(&self.store, &ask, Who::Principal(principal), now)?;
        Ok(if told.status == 201 { Ok(path) } else { Err(String::from_utf8_lossy(&told.body).into_owned()) })
    }
}

fn give_up(mut delivery: Value, reason: &str, now: Timestamp) -> Value {
    delivery["dead"] = json!(reason);
    delivery["given up"] = json!(now.to_string());
    let last = delivery["last"]["at"].as_str().and_then(|at| at.parse().ok()).unwrap_or(now);
    delivery["due"] = json!((last + BEFORE_DEAD).to_string());
    delivery
}

fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A name of a file for an id.
fn key(id: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(id.to_lowercase().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a run came to, in words: its answer, and the actions that failed.
fn told(ran: &Ran) -> String {
    let failed = ran.runs.iter().flat_map(|(_, actions)| actions).filter(|(_, status, _)| *status == Status::Failed);
    let failed: Vec<String> = failed.map(|(name, _, why)| format!("{name}: {why}")).collect();
    format!("answer {} {}", ran.answer.1.status, failed.join("; "))
}
