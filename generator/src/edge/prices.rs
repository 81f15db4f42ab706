//! Prices of the public list (document: "Azure Retail Prices overview"): no sign-in, pages that follow each other, and a
//! copy of every answer with its date, so that an estimate can be made without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use devops_client::{HttpTransport, RetryOptions, Transport as _, WireRequest, retry_after};
use futures::future::join_all;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use url::Url;

use super::PAUSES;
use super::azure::poll::Pace;
use super::clock::now_seconds;
use super::connect::{ARM_URL, ConnectError, PRICES_URL, address};
use super::disk;
use crate::artifacts::infra::api_versions::used;
use crate::cost::meter::{Meter, Price};
use crate::spec::counted;
use crate::tree::lock::sha256;

/// Version of the interface.
const VERSION: &str = used("Retail/prices");
/// A copy that is younger than a day is as good as the list, whose prices change with the month.
const FRESH: i64 = 24 * 3600;
/// Longest time for one page.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Most pages of an answer; more means that they go round in a circle.
const PAGES: usize = 50;
/// Questions that are under way at the same time: whoever asks all at once is answered 429.
const AT_ONCE: usize = 6;
/// A wait that is at least so long is told of.
const LONG: Duration = Duration::from_secs(2);
/// Folder of the copies, instead of the user's folder for such things.
pub const CACHE: &str = "MLOPS_GEN_CACHE";

/// The price list, and the folder of copies.
#[derive(Clone, Debug)]
pub struct Prices {
    transport: HttpTransport,
    base: Url,
    folder: Option<PathBuf>,
    may_ask: bool,
    retry: RetryOptions,
}

/// Prices of meters, and how old the oldest of them is.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// By meter; an empty list where Azure has no price.
    pub prices: BTreeMap<Meter, Vec<Price>>,
    /// Seconds since 1970 at which the oldest answer was given.
    pub since: i64,
    /// Why copies are used although they are old, where that is so.
    pub stale: Option<String>,
}

/// Why there are no prices: what could not be asked, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no prices of {meters}: {why}, and there is no copy of an earlier answer; {next}")]
pub struct NoPrices {
    /// How many meters have no price, in words.
    pub meters: String,
    /// Why the list could not be asked.
    pub why: String,
    /// What to do.
    pub next: &'static str,
}

/// A page of the list.
#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Items")]
    items: Vec<Price>,
    #[serde(rename = "NextPageLink")]
    next: Option<String>,
}

/// A copy of an answer.
#[derive(Serialize, Deserialize)]
struct Copy {
    /// Seconds since 1970.
    asked: i64,
    /// The question, so that a file tells what it is.
    filter: String,
    items: Vec<Price>,
}

impl Prices {
    /// The list that the environment names, or Azure's. `may_ask` says whether the network may be used.
    ///
    /// # Errors
    /// An address that is none, or certificates that cannot be loaded.
    pub fn new(lookup: &dyn Fn(&str) -> Option<String>, may_ask: bool) -> Result<Self, ConnectError> {
        let given = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let base = match given(PRICES_URL) {
            Some(text) => address(PRICES_URL, &text)?,
            None => Url::parse("https://prices.azure.com/").expect("an address of ours parses"),
        };
        let failed = |error| ConnectError::new(error, "check the system's certificates");
        let home = || given("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let local = || given("LOCALAPPDATA").map(PathBuf::from);
        let shared = || given("XDG_CACHE_HOME").map(PathBuf::from).or_else(local).or_else(home);
        let folder = given(CACHE).map(PathBuf::from).or_else(|| Some(shared()?.join("mlops-gen")));
        let folder = folder.map(|folder| folder.join("prices"));
        let retry = if base.scheme() == "http" { Pace::local() } else { Pace::default() }.retry;
        Ok(Self { transport: HttpTransport::new(TIMEOUT).map_err(failed)?, base, folder, may_ask, retry })
    }

    /// The same for whoever can do without prices: it asks twice, and waits for seconds.
    #[must_use]
    pub fn in_passing(self) -> Self {
        let retry = RetryOptions { max_attempts: 2, max_retry_after: Duration::from_secs(5), ..self.retry };
        Self { retry, ..self }
    }

    /// Whether an estimate in passing may ask: not where other services are doubles and this one is not.
    pub fn belongs(lookup: &dyn Fn(&str) -> Option<String>) -> bool {
        lookup(PRICES_URL).is_some() || lookup(ARM_URL).is_none()
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The prices of `meters`: from a copy that is fresh, or else from the list, or else from a copy that is old.
    ///
    /// # Errors
    /// The list cannot be asked, and of some meter there is no copy.
    pub async fn of(&self, meters: &BTreeSet<Meter>, currency: &str) -> Result<Asked, NoPrices> {
        let now = now_seconds();
        // Where nobody answers one question, the others are not asked.
        let (silent, places) = (OnceLock::new(), Semaphore::new(AT_ONCE));
        let ask = async |meter: &Meter| {
            let filter = meter.filter();
            let copy = self.copy(&filter, currency);
            if let Some(copy) = copy.as_ref().filter(|copy| (0..FRESH).contains(&(now - copy.asked))) {
                return (meter.clone(), Ok((copy.items.clone(), copy.asked, None)));
            }
            // The semaphore is never closed.
            let _place = places.acquire().await.ok();
            let answer = match silent.get() {
                _ if !self.may_ask => Err("offline".to_owned()),
                Some(why) => Err(String::clone(why)),
                None => self.ask(&filter, currency, &silent).await,
            };
            let found = match (answer, copy) {
                (Ok(items), _) => {
                    self.keep(&filter, currency, now, &items);
                    Ok((items, now, None))
                }
                (Err(why), Some(copy)) => Ok((copy.items, copy.asked, Some(why))),
                (Err(why), None) => Err(why),
            };
            (meter.clone(), found)
        };
        let answers: Vec<_> = join_all(meters.iter().map(ask)).await;
        let failed: Vec<&String> = answers.iter().filter_map(|(_, found)| found.as_ref().err()).collect();
        if let Some(why) = failed.first() {
            let next = match self.may_ask {
                true => "look whether prices.azure.com can be reached, and try again",
                false => "run it once without --offline",
            };
            return Err(NoPrices { meters: counted(failed.len(), "meter"), why: (*why).clone(), next });
        }
        let mut asked = Asked { since: now, ..Asked::default() };
        for (meter, found) in answers {
            let Ok((items, since, stale)) = found else { continue };
            asked.since = asked.since.min(since);
            asked.stale = asked.stale.or(stale);
            asked.prices.insert(meter, items);
        }
        Ok(asked)
    }

    /// Every page of an answer.
    async fn ask(&self, filter: &str, currency: &str, silent: &OnceLock<String>) -> Result<Vec<Price>, String> {
        let mut url = self.base.join("api/retail/prices").map_err(|error| error.to_string())?;
        url.query_pairs_mut()
            .append_pair("api-version", VERSION)
            .append_pair("currencyCode", &format!("'{currency}'"))
            .append_pair("$filter", filter);
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let page = self.page(&url, silent).await?;
            items.extend(page.items);
            match page.next.filter(|link| !link.is_empty()) {
                None => return Ok(items),
                Some(link) => url = self.own(&link)?,
            }
        }
        Err(format!("the list has more than {PAGES} pages"))
    }

    /// The address of the next page, if it is of the same host.
    fn own(&self, link: &str) -> Result<Url, String> {
        let url = self.base.join(link).map_err(|_| "the next page has no address".to_owned())?;
        let same = url.host() == self.base.host() && url.port_or_known_default() == self.base.port_or_known_default();
        if same { Ok(url) } else { Err("the next page is on another host".to_owned()) }
    }

    async fn page(&self, url: &Url, silent: &OnceLock<String>) -> Result<Page, String> {
        let mut tried = 0;
        let answer = loop {
            tried += 1;
            let body = Default::default();
            let request = WireRequest { method: Method::GET, url: url.clone(), headers: HeaderMap::new(), body };
            let nobody = |error| silent.get_or_init(|| format!("{}: {error}", self.host())).clone();
            let answer = self.transport.send(request).await.map_err(nobody)?;
            if answer.status.is_success() {
                break answer;
            }
            let asked = retry_after(&answer.headers, SystemTime::now());
            let again = passes(answer.status) && tried < self.retry.max_attempts;
            let pause = if again { self.retry.pause(tried, asked) } else { None };
            let Some(pause) = pause else { return Err(format!("{} answers {}", self.host(), answer.status)) };
            if pause >= LONG {
                let seconds = pause.as_secs_f64().ceil();
                tracing::warn!(target: PAUSES, "waiting: {} limits the rate of requests; going on in {seconds} s", self.host());
            }
            tokio::time::sleep(pause).await;
        };
        serde_json::from_slice(&answer.body).map_err(|error| format!("{} answers no price list: {error}", self.host()))
    }

    /// Where the copy of an answer is: other lists and currencies have others.
    fn file(&self, filter: &str, currency: &str) -> Option<PathBuf> {
        let name = sha256(format!("{}\n{currency}\n{filter}", self.base).as_bytes());
        Some(self.folder.as_ref()?.join(format!("{}.json", &name[..32])))
    }

    fn copy(&self, filter: &str, currency: &str) -> Option<Copy> {
        let text = std::fs::read_to_string(self.file(filter, currency)?).ok()?;
        serde_json::from_str::<Copy>(&text).ok().filter(|copy| copy.filter == filter)
    }

    /// Keeps a copy. That it cannot be kept is no reason to give no estimate.
    fn keep(&self, filter: &str, currency: &str, asked: i64, items: &[Price]) {
        let Some(file) = self.file(filter, currency) else { return };
        let copy = Copy { asked, filter: filter.to_owned(), items: items.to_vec() };
        let Ok(text) = serde_json::to_string(&copy) else { return };
        if let Err(error) = disk::write(&file, text.as_bytes()) {
            tracing::debug!(%error, "prices are not kept");
        }
    }
}

/// Whether a refusal passes by itself.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}
