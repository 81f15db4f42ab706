//! From an event to a pipeline: exactly one run, whatever happens on the way.

use std::io::{Read, Write};
use std::net::TcpStream;

use azure_sandbox::events::{Clock, DevOps, Events, Happened};
use azure_sandbox::storage::{blobs, upload};
use azure_sandbox::tracking;
use devops_emulator::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::cloud::world::{TOKEN, World};

const ACCOUNT: &str = "diabetesmlmct4b";
const WORKSPACE: &str = "diabetes-ml";

/// A world, and whoever delivers events in it by a clock that stands.
struct Loop {
    world: World,
    events: Events,
}

impl Loop {
    fn new() -> Self {
        let world = World::new();
        let devops = DevOps { origin: world.doubles.devops.origin(), token: TOKEN.to_owned() };
        // events that are raised bear the machine's time
        let events = Events::of(world.folder.path(), devops, Clock::held(Timestamp::now())).unwrap();
        let own = Self { world, events };
        let listens = own.step();
        assert_eq!(listens.len(), 2, "{listens:?}");
        assert!(listens.iter().all(|happened| matches!(happened, Happened::Listens(_))), "{listens:?}");
        own
    }

    fn step(&self) -> Vec<Happened> {
        self.events.step().unwrap_or_else(|why| panic!("{why}"))
    }

    fn pass(&self, time: SignedDuration) -> Vec<Happened> {
        self.events.clock().wait(time);
        self.step()
    }

    /// Lets time pass in steps of a quarter of a minute; gives back all that happened.
    fn minutes(&self, minutes: i64) -> Vec<Happened> {
        (0..minutes * 4).flat_map(|_| self.pass(SignedDuration::from_secs(15))).collect()
    }

    fn drop_files(&self, count: usize) {
        for at in 0..count {
            upload(self.world.folder.path(), ACCOUNT, "data", &format!("incoming/part {at}.csv"), b"1,2\n").unwrap();
        }
    }

    /// Registers the next version of a model, as a job does it.
    fn register(&self, model: &str) {
        let address = tracking(self.world.folder.path(), WORKSPACE).unwrap();
        let source = self.world.folder.path().display().to_string();
        let body = json!({ "name": model, "source": source, "run_id": "1", "tags": [] }).to_string();
        let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        let path = "/api/2.0/mlflow/model-versions/create";
        write!(stream, "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Raises once more what was raised and not delivered yet: Event Grid delivers at least once.
    fn double(&self) {
        let folder = self.world.folder.path().join("azure/events/raised");
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path()).collect();
        let files: Vec<_> = files.iter().filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
        assert!(!files.is_empty());
        for file in files {
            let name = format!("9{}", file.file_name().unwrap().display());
            std::fs::copy(file, folder.join(name)).unwrap();
        }
    }

    /// How the runs of workflows ended, and what failed in those that did.
    fn workflows(&self) -> Vec<String> {
        let folder = self.world.folder.path().join("azure/events/runs");
        let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let texts = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let runs = texts
            .map(|path| serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(path).unwrap()).unwrap());
        let failed = |run: &serde_json::Value| {
            let actions = run["actions"].as_array().unwrap().iter().filter(|action| action["status"] == "Failed");
            actions.map(|action| format!("{} {}", action["name"], action["why"])).collect::<Vec<_>>().join(", ")
        };
        runs.filter(|run| run["status"] != "Succeeded").map(|run| format!("{}: {}", run["run"], failed(&run))).collect()
    }

    /// Versions that releases were started for, the oldest first.
    fn releases(&self) -> Vec<String> {
        let runs = self.world.runs("release");
        assert!(runs.iter().all(|run| run["modelName"] == "diabetes"), "{runs:?}");
        runs.into_iter().map(|run| run["modelVersion"].clone()).collect()
    }
}

fn delivered(happened: &[Happened]) -> usize {
    happened.iter().filter(|one| matches!(one, Happened::Delivered(_, _, _, true))).count()
}

#[test]
fn new_data_start_one_retraining_however_many_files_they_are() {
    for count in [1, 500] {
        let own = Loop::new();
        own.drop_files(count);
        // elsewhere in the container, and in another one
        upload(own.world.folder.path(), ACCOUNT, "data", "other/x.csv", b"1").unwrap();
        upload(own.world.folder.path(), ACCOUNT, "models", "incoming/x.csv", b"1").unwrap();
        let mut happened = own.step();
        happened.extend(own.minutes(3));
        assert_eq!((delivered(&happened), own.events.waiting()), (count, Ok(0)), "{count} files");
        let runs = own.world.runs("retrain");
        assert_eq!(runs.len(), 1, "{count} files: {runs:?}");
        assert!(
            runs[0]["newData"].starts_with(&format!("https://{ACCOUNT}.blob.core.windows.net/data/incoming/")),
            "{runs:?}"
        );
        assert_eq!((own.releases(), own.workflows()), (Vec::new(), Vec::new()));
        // what comes when the claim is over is news
        own.pass(SignedDuration::from_mins(20));
        own.drop_files(1);
        own.step();
        own.minutes(2);
        assert_eq!(own.world.runs("retrain").len(), 2, "{count} files, and one later");
    }
}

#[test]
fn a_registered_model_starts_one_release_of_its_version() {
    type Play = fn(&Loop);
    let plays: [(&str, Play, &[&str]); 6] = [
        ("once", |own| own.register("diabetes"), &["1"]),
        ("delivered twice", |own| (own.register("diabetes"), own.double()).0, &["1"]),
        ("two at once", |own| (own.register("diabetes"), own.register("diabetes")).0, &["1", "2"]),
        ("another model of the workspace", |own| own.register("other"), &[]),
        (
            "an answer of storage that comes too late",
            |own| {
                own.events.slow_down(&format!("{ACCOUNT}.blob.core.windows.net"), SignedDuration::from_secs(5));
                own.register("diabetes");
                own.step();
                own.events.slow_down(&format!("{ACCOUNT}.blob.core.windows.net"), SignedDuration::ZERO);
            },
            &["1"],
        ),
        (
            "an answer of Azure DevOps that takes ten seconds",
            |own| (own.events.slow_down("dev.azure.com", SignedDuration::from_secs(10)), own.register("diabetes")).0,
            &["1"],
        ),
    ];
    for (name, play, expected) in plays {
        let own = Loop::new();
        play(&own);
        own.step();
        own.minutes(60);
        assert_eq!(
            (own.releases(), own.events.waiting()),
            (expected.iter().map(|v| (*v).to_owned()).collect(), Ok(0)),
            "{name}"
        );
        assert!(own.world.runs("retrain").is_empty(), "{name}");
        // a run that fails raises an alert: one that comes second does not fail
        if name != "an answer of storage that comes too late" {
            assert_eq!(own.workflows(), [""; 0], "{name}");
        }
    }
}

#[test]
fn nothing_is_lost_while_azure_devops_is_down_for_ten_minutes() {
    for refused in [false, true] {
        let own = Loop::new();
        let devops = DevOps { origin: own.world.doubles.devops.origin(), token: TOKEN.to_owned() };
        if refused {
            // Nobody listens on the port of `discard` (RFC 863), and no other test is given it.
            own.events.reach(DevOps { origin: "http://127.0.0.1:9".to_owned(), ..devops.clone() });
        } else {
            let fault = json!({ "method": "POST", "path": "*", "nth": 1, "count": 1000, "action": { "serviceUnavailable": {} } });
            own.world.doubles.devops.add_fault(serde_json::from_value::<Fault>(fault).unwrap());
        }
        own.register("diabetes");
        own.drop_files(3);
        own.step();
        own.minutes(10);
        assert_eq!((own.releases().len(), own.world.runs("retrain").len()), (0, 0), "refused: {refused}");
        assert_eq!(own.events.waiting(), Ok(4), "refused: {refused}");
        own.world.doubles.devops.clear_faults();
        own.events.reach(devops);
        own.minutes(40);
        assert_eq!(own.releases(), ["1"], "refused: {refused}");
        assert_eq!(own.world.runs("retrain").len(), 1, "refused: {refused}");
        assert_eq!(own.events.waiting(), Ok(0), "refused: {refused}");
    }
}

#[test]
fn what_never_works_lies_in_the_container_a_day_later() {
    let own = Loop::new();
    own.world.doubles.arm.with_state(|arm| {
        // the workflow is there no more, the event subscription is
        arm.resources.retain(|id, _| !id.contains("/microsoft.logic/workflows/"));
    });
    own.register("diabetes");
    let mut happened = own.step();
    // that it is too old is seen when it is due again
    for _ in 0..32 {
        happened.extend(own.pass(SignedDuration::from_hours(1)));
    }
    let dead: Vec<&Happened> = happened.iter().filter(|one| matches!(one, Happened::Dead(..))).collect();
    assert_eq!(dead.len(), 1, "{happened:?}");
    let all = blobs(own.world.folder.path(), ACCOUNT, "events").unwrap();
    let letters: Vec<_> = all.iter().filter(|(name, _)| name.starts_with("diabetes-ml-events/PIPELINE/")).collect();
    assert_eq!(letters.len(), 1, "{all:?}");
    let letter: serde_json::Value = serde_json::from_slice(&letters[0].1).unwrap();
    assert_eq!(letter[0]["subject"], "models/diabetes:1");
    assert_eq!(
        (&letter[0]["deadLetterReason"], &letter[0]["lastHttpStatusCode"]),
        (&json!("TimeToLiveExceeded"), &json!(404))
    );
    assert_eq!((own.releases().len(), own.events.waiting()), (0, Ok(0)));
}

#[test]
fn without_its_roles_the_events_identity_starts_nothing() {
    let own = Loop::new();
    let before = own.world.doubles.arm.with_state(|arm| arm.resources.clone());
    own.world.doubles.arm.with_state(|arm| {
        let principal = arm.resources.iter().find(|(id, _)| id.ends_with("/userassignedidentities/diabetes-events"));
        let principal = principal.unwrap().1["properties"]["principalId"].clone();
        let count = arm.resources.len();
        arm.resources.retain(|_, body| {
            body["properties"]["principalId"] != principal || body["type"] != "Microsoft.Authorization/roleAssignments"
        });
        assert!(arm.resources.len() < count, "the events identity has no role");
    });
    own.register("diabetes");
    own.step();
    own.minutes(3);
    assert_eq!((own.releases().len(), own.events.waiting()), (0, Ok(1)));
    own.world.doubles.arm.with_state(|arm| arm.resources = before);
    own.minutes(10);
    assert_eq!((own.releases(), own.events.waiting()), (vec!["1".to_owned()], Ok(0)));
}

#[test]
fn an_identity_that_is_no_user_of_the_organization_starts_nothing() {
    let own = Loop::new();
    let before = own.world.doubles.devops.with_state(|organization| {
        let before = organization.identities.clone();
        organization.identities.retain(|identity| identity.principal.is_none());
        assert!(organization.identities.len() < before.len(), "no service principal is a user");
        before
    });
    own.register("diabetes");
    own.step();
    own.minutes(3);
    assert_eq!((own.releases().len(), own.events.waiting()), (0, Ok(1)));
    own.world.doubles.devops.with_state(|organization| organization.identities = before);
    own.minutes(10);
    assert_eq!((own.releases(), own.events.waiting()), (vec!["1".to_owned()], Ok(0)));
}
