//! The same through the engine: with the lock, the second look and the reading back.

use std::collections::BTreeSet;
use std::sync::Arc;

use devops_emulator::Running;
use mlops_gen::edge::remote::fleet::{Fleet, Report, Stopped};
use mlops_gen::edge::remote::lock::{Holder, RepositoryLocks};
use mlops_gen::edge::remote::registry::Registry;
use mlops_gen::edge::remote::stop::Stop;
use mlops_gen::edge::remote::target::{Goal, Planned, Target};

use super::world::{Here, Ours, branches, commits, emulator, files};

fn fleet(here: Here, who: &str) -> Fleet<'static> {
    let registry: Registry<'static> = Here::registry();
    let goal = Goal::Apply { adopt: BTreeSet::new() };
    let target = Target { site: here.site, desired: here.desired, registry, goal };
    let holder = Holder { who: who.to_owned(), ..Holder::here() };
    Fleet::new(vec![target], None, Some(Arc::new(RepositoryLocks::new(holder))))
}

async fn plan(fleet: &Fleet<'_>) -> Vec<Option<Planned>> {
    fleet.plan().await.into_iter().map(|planned| Some(planned.unwrap())).collect()
}

async fn apply(fleet: &Fleet<'_>, planned: &[Option<Planned>]) -> Result<Report, Stopped> {
    fleet.carry_out(planned, &|_, _| {}, &Stop::default()).await.remove(0)
}

async fn converge(emulator: &Running, ours: &Ours, pipelines: &[&str]) -> Report {
    let fleet = fleet(ours.at(emulator, pipelines), "ada");
    let planned = plan(&fleet).await;
    apply(&fleet, &planned).await.unwrap_or_else(|stopped| panic!("{stopped:?}"))
}

#[tokio::test]
async fn files_that_wait_in_a_pull_request_are_reported_with_its_address() {
    let emulator = emulator(true).await;
    let ours = Ours::new();
    assert_eq!(converge(&emulator, &ours, &[]).await.waiting, Vec::<String>::new());
    ours.at(&emulator, &[]).make_pipelines(&["pull-request"]).await;
    converge(&emulator, &ours, &["pull-request"]).await;
    let later = ours.with("kubernetes/extra.yml", Some("a: 1\n"));
    for _ in 0..2 {
        let report = converge(&emulator, &later, &["pull-request"]).await;
        let [address] = report.waiting.as_slice() else { panic!("{report:?}") };
        assert!(address.ends_with("/_git/churn/pullrequest/1"), "{address}");
        assert_eq!(branches(&emulator), ["main", "mlops-gen/candidate"], "the lock is given back");
    }
}

#[tokio::test]
async fn of_two_who_apply_at_the_same_moment_one_wins_and_the_other_is_told() {
    for _ in 0..10 {
        let emulator = emulator(true).await;
        let ours = Ours::new();
        let new = devops_client::api::repositories::NewRepository::new("churn");
        ours.at(&emulator, &[]).site.devops.repositories().create(&new).await.unwrap();
        let (one, two) = (fleet(ours.at(&emulator, &[]), "ada"), fleet(ours.at(&emulator, &[]), "bob"));
        let (first, second) = (plan(&one).await, plan(&two).await);
        let (first, second) = futures::join!(apply(&one, &first), apply(&two, &second));
        let wins = [&first, &second].iter().filter(|result| result.is_ok()).count();
        assert_eq!(wins, 1, "{first:?} {second:?}");
        match [first, second].into_iter().find_map(Result::err).unwrap() {
            Stopped::Locked(why) => assert!(why.contains("has been applying churn since"), "{why}"),
            Stopped::Moved(_) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!((branches(&emulator), commits(&emulator, "main")), (vec!["main".to_owned()], 1));
        assert_eq!(files(&emulator, "main").len(), ours.content.iter().count());
    }
}
