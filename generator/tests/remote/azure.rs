//! Whole applies, Azure included: killed, under faults, two at once. Nothing is there twice afterwards, nothing is left
//! behind.

use std::process::Stdio;

use devops_emulator::Fault;
use mlops_gen::edge::remote::fleet::Stopped;
use serde_json::Value;

use crate::remote::azure_world::Clouds;
use crate::remote::crash::Boundary;
use crate::remote::faults::{Dice, action, next_step};
use crate::remote::snapshot::difference;
use crate::remote::world::{apply, full, known, lead, plan, size};

/// What one apply leaves, how many of what could be there twice, and the state to go on from.
async fn reference() -> (Value, [usize; 3], Value) {
    let clouds = Clouds::new().await;
    lead(&clouds.fleet(apply())).await.unwrap_or_else(|stopped| panic!("{stopped:#?}"));
    (clouds.snapshot(), clouds.counts(), clouds.0.save().unwrap())
}

/// Kills the program at a request of Resource Manager, then runs it to its end; nothing if it makes fewer requests.
async fn killed(clouds: &Clouds, boundary: Boundary, arguments: &[&str]) -> Option<()> {
    boundary.freeze(&*clouds.0.arm);
    let mut command = clouds.program(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let reached = boundary.reached(&*clouds.0.arm, &mut child).await;
    child.kill().unwrap();
    child.wait().unwrap();
    clouds.calm();
    if !reached {
        return None;
    }
    let said = clouds.run(arguments).await;
    assert_eq!(said.code, Some(0), "{boundary:?}: {}\n{}", said.out, said.err);
    Some(())
}

/// Tries boundaries, `every` so many, until the program asks nothing more of Resource Manager. Returns how many.
async fn every_boundary(every: usize, wanted: &(Value, [usize; 3]), arguments: &[&str], from: Option<&Value>) -> usize {
    let mut tried = 0;
    for request in (1..).step_by(every) {
        let request = u32::try_from(request).unwrap();
        let mut reached = 0;
        for after in [false, true] {
            let clouds = Clouds::from(from.cloned()).await;
            let boundary = Boundary { request, after };
            if killed(&clouds, boundary, arguments).await.is_some() {
                assert_eq!(difference(&clouds.snapshot(), &wanted.0), None, "{boundary:?}");
                assert_eq!(clouds.counts(), wanted.1, "{boundary:?}");
                reached += 1;
            }
        }
        tried += reached;
        if reached == 0 {
            break;
        }
    }
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_apply_that_is_killed_at_any_request_of_resource_manager_is_finished_by_the_next_one() {
    let (wanted, counts, _) = reference().await;
    let wanted = (wanted, counts);
    let tried = every_boundary(size(37, 1), &wanted, &["apply", "--yes"], None).await;
    println!(
        "whole apply killed at {tried} boundaries of Resource Manager, converged {tried} of {tried}: 0 duplicates among {} role \
         assignments, {} identities, {} federated credentials; 0 orphans",
        counts[0], counts[1], counts[2]
    );
    assert!(tried >= if full() { 60 } else { 2 }, "{tried}");
    assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_destroy_that_is_killed_at_any_request_of_resource_manager_is_finished_by_the_next_one() {
    let (_, _, state) = reference().await;
    let name = known().project.name.to_string();
    let arguments = ["destroy", "--yes", "--confirm", &name];
    let clouds = Clouds::from(Some(state.clone())).await;
    clouds.run(&arguments).await.code(0);
    let wanted = (clouds.snapshot(), clouds.counts());
    assert_eq!(wanted.1, [0, 0, 0], "nothing is left behind");
    let tried = every_boundary(size(41, 1), &wanted, &arguments, Some(&state)).await;
    println!("whole destroy killed at {tried} boundaries of Resource Manager, converged {tried} of {tried}, 0 orphans");
    assert!(tried >= if full() { 20 } else { 2 }, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_faults_of_all_services_a_whole_apply_converges_or_says_what_to_do_and_makes_nothing_twice() {
    let (wanted, counts, _) = reference().await;
    let clean = Clouds::new().await;
    lead(&clean.fleet(apply())).await.unwrap();
    let requests = [clean.0.devops.requests().len() as u64, clean.0.arm.requests().len() as u64];
    let (schedules, mut at_once, mut stopped, mut again, mut hits) = (size(4, 300), 0, 0, 0, 0);
    for seed in 1..=schedules {
        let mut dice = Dice::new(seed as u64 ^ 0xA27E);
        let clouds = Clouds::new().await;
        // Most of them hit Resource Manager.
        for at in [1, 1, 1, 0].into_iter().take(1 + dice.up_to(4) as usize) {
            let fault = Fault::new("*", "*", action(&mut dice));
            let fault = fault.nth(1 + dice.up_to(requests[at]) as u32).times(1 + dice.up_to(4) as u32);
            if at == 1 { clouds.0.arm.add_fault(fault) } else { clouds.0.devops.add_fault(fault) }
        }
        let first = lead(&clouds.fleet(apply())).await;
        hits += clouds.0.arm.requests().iter().filter(|entry| !entry.faults.is_empty()).count();
        clouds.calm();
        match first {
            Ok(_) => at_once += 1,
            Err(end) => {
                stopped += 1;
                next_step(seed, &end);
                let mut rounds = 0;
                while let Err(end) = lead(&clouds.fleet(apply())).await {
                    rounds += 1;
                    assert!(rounds < 3, "seed {seed} does not converge: {end:#?}");
                }
                again += rounds + 1;
            }
        }
        assert_eq!(difference(&clouds.snapshot(), &wanted), None, "seed {seed}");
        assert_eq!(clouds.counts(), counts, "seed {seed}");
    }
    println!(
        "{schedules} schedules of faults over a whole apply ({hits} hits of Resource Manager): {at_once} converged at once, \
         {stopped} stopped with a next step and converged with {again} more applies, 0 things made twice"
    );
    assert!(hits >= schedules);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_whole_applies_at_the_same_moment_one_wins_and_nothing_is_there_twice() {
    let (wanted, counts, _) = reference().await;
    let (rounds, mut won, mut told) = (size(2, 50), 0, 0);
    for round in 0..rounds {
        let clouds = Clouds::new().await;
        let (one, two) = (clouds.fleet(apply()), clouds.fleet(apply()));
        let (one, two) = tokio::join!(lead(&one), lead(&two));
        for result in [one, two] {
            match result {
                Ok(_) => won += 1,
                Err(Stopped::Locked(_) | Stopped::Moved(_)) => told += 1,
                Err(other) => panic!("round {round}: {other:#?}"),
            }
        }
        assert_eq!(difference(&clouds.snapshot(), &wanted), None, "round {round}");
        assert_eq!(clouds.counts(), counts, "round {round}");
        assert!(plan(&clouds.fleet(apply())).await.unwrap().plan.is_empty());
    }
    println!("two whole applies at once, {rounds} times: {won} won, {told} were told");
    assert!(won >= rounds && won + told == 2 * rounds);
}
