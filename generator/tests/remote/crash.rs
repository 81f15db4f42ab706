//! The program is killed at request boundaries, before and after the effect of the request; the next one finishes.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use devops_emulator::{Action, Arm, Double, Fault, Running};
use serde_json::Value;

use crate::remote::program::{program, run};
use crate::remote::snapshot::{difference, snapshot};
use crate::remote::world::{emulator, emulator_with, full, known, reference, size};

/// Longer than any test.
const EVER: Action = Action::Latency { millis: 3_600_000 };

/// A service whose requests are counted, and that can fall silent.
pub trait Service {
    fn add_fault(&self, fault: Fault);
    /// Requests that have come in since the fault was added, and those of them that are answered or cut.
    fn count(&self) -> (u32, u32);
}

fn seen(faults: &[Fault]) -> u32 {
    faults.iter().map(|fault| fault.seen).max().unwrap_or(0)
}

impl Service for Running {
    fn add_fault(&self, fault: Fault) {
        Self::add_fault(self, fault);
    }

    fn count(&self) -> (u32, u32) {
        (seen(&self.faults()), self.requests().len() as u32)
    }
}

impl Service for Double<Arm> {
    fn add_fault(&self, fault: Fault) {
        Self::add_fault(self, fault);
    }

    fn count(&self) -> (u32, u32) {
        (seen(&self.faults()), self.requests().len() as u32)
    }
}

/// Where a process dies: at its n-th request, before the effect or after it.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    pub request: u32,
    pub after: bool,
}

impl Boundary {
    /// From this boundary on, nothing is answered any more.
    pub fn freeze(self, service: &impl Service) {
        let Self { request, after } = self;
        if after {
            service.add_fault(Fault::new("*", "*", Action::ResetAfter).nth(request));
            service.add_fault(Fault::new("*", "*", EVER).nth(request + 1).always());
        } else {
            service.add_fault(Fault::new("*", "*", EVER).nth(request).always());
        }
    }

    /// Waits until the process is there; false if it came to its end before.
    pub async fn reached(self, service: &impl Service, child: &mut Child) -> bool {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let (seen, served) = service.count();
            let settled = served >= if self.after { self.request } else { self.request - 1 };
            if seen >= self.request && settled {
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "{self:?} was not reached: {seen} seen, {served} served");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Kills `arguments` at a boundary, then runs it to its end; what the organization holds then, or nothing if the program
/// makes fewer requests than that.
async fn killed(emulator: Running, boundary: Boundary, arguments: &[&str]) -> Option<Value> {
    boundary.freeze(&emulator);
    let mut command = program(&emulator, arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let reached = boundary.reached(&emulator, &mut child).await;
    child.kill().unwrap();
    child.wait().unwrap();
    if !reached {
        return None;
    }
    emulator.clear_faults();
    let said = run(&emulator, arguments).await;
    assert_eq!(said.code, Some(0), "{boundary:?}: {}\n{}", said.out, said.err);
    Some(snapshot(&emulator.state()))
}

/// Tries boundaries, `every` so many, until the program makes no more requests; two at the same time. Returns how many.
async fn every_boundary(every: usize, first: usize, wanted: &Value, arguments: &[&str], from: Option<&Value>) -> usize {
    let mut tried = 0;
    let at = async |boundary: Boundary| {
        let emulator = match from {
            Some(state) => emulator_with(state.clone()).await,
            None => emulator(&known()).await,
        };
        let found = killed(emulator, boundary, arguments).await?;
        assert_eq!(difference(&found, wanted), None, "{boundary:?}");
        Some(())
    };
    for request in (first..).step_by(every) {
        let request = u32::try_from(request).unwrap();
        let both = [false, true].map(|after| at(Boundary { request, after }));
        let reached = futures::future::join_all(both).await.iter().flatten().count();
        tried += reached;
        if reached == 0 {
            break;
        }
    }
    tried
}

const APPLY: [&str; 4] = ["apply", "--yes", "--only", "devops"];

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_that_is_killed_anywhere_is_finished_by_the_next_one() {
    let (wanted, _) = reference().await;
    let tried = every_boundary(size(29, 1), 1, &wanted, &APPLY, None).await;
    println!("apply killed at {tried} boundaries, converged {tried} of {tried}, 0 duplicates, 0 orphans");
    assert!(tried >= if full() { 100 } else { 4 }, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_that_is_killed_anywhere_is_finished_by_the_next_one() {
    let (_, state) = reference().await;
    let name = known().project.name.to_string();
    let arguments = ["destroy", "--yes", "--only", "devops", "--confirm", &name];
    let emulator = emulator_with(state.clone()).await;
    run(&emulator, &arguments).await.code(0);
    let wanted = snapshot(&emulator.state());
    let tried = every_boundary(size(29, 1), 1, &wanted, &arguments, Some(&state)).await;
    println!("destroy killed at {tried} boundaries, converged {tried} of {tried}, 0 orphans");
    assert!(tried >= if full() { 60 } else { 4 }, "{tried}");
}
