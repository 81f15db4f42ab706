//! Whatever fails on the way, an apply converges or stops with an error that names the next step; nothing is made twice.

use devops_emulator::{Action, Fault};
use mlops_gen::edge::remote::fleet::Stopped;

use crate::remote::snapshot::{difference, snapshot};
use crate::remote::world::{apply, emulator, fleet, known, lead, reference, size};

/// Numbers that look random and are the same each time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn up_to(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// The faults that the client's own matrix knows.
pub fn action(dice: &mut Dice) -> Action {
    let error = |status: u16| Action::Error { status, type_key: "Exception".into(), message: "passing".into() };
    match dice.up_to(15) {
        0 => Action::Latency { millis: 30 },
        1 => Action::TooManyRequests { retry_after: Some(0.02) },
        2 => Action::TooManyRequests { retry_after: None },
        3 => Action::ServiceUnavailable { retry_after: Some(0.02) },
        4 => Action::ServiceUnavailable { retry_after: None },
        5 => error(502),
        6 => error(500),
        7 => Action::Unauthorized,
        8 => Action::SignInPage { status: 203 },
        9 => Action::SignInPage { status: 302 },
        10 => Action::ResetBefore,
        11 => Action::ResetAfter,
        12 => Action::TruncatedBody,
        13 => Action::StaleRead,
        _ => Action::RetryAfterOnSuccess { seconds: 0.02 },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_random_faults_an_apply_converges_or_says_what_to_do_and_makes_nothing_twice() {
    let (wanted, _) = reference().await;
    let clean = emulator(&known()).await;
    lead(&fleet(&clean, &known(), apply())).await.unwrap();
    let requests = clean.requests().len() as u64;
    let (schedules, mut at_once, mut stopped, mut again, mut hits) = (size(8, 1000), 0, 0, 0, 0);
    for seed in 1..=schedules {
        let mut dice = Dice::new(seed as u64);
        let emulator = emulator(&known()).await;
        for _ in 0..=dice.up_to(6) {
            let nth = 1 + dice.up_to(requests);
            let times = 1 + dice.up_to(4);
            let action = action(&mut dice);
            emulator.add_fault(Fault::new("*", "*", action).nth(nth as u32).times(times as u32));
        }
        let first = lead(&fleet(&emulator, &known(), apply())).await;
        hits += emulator.requests().iter().filter(|entry| !entry.faults.is_empty()).count();
        emulator.clear_faults();
        match first {
            Ok(_) => at_once += 1,
            Err(end) => {
                stopped += 1;
                next_step(seed, &end);
                let mut rounds = 0;
                while let Err(end) = lead(&fleet(&emulator, &known(), apply())).await {
                    rounds += 1;
                    assert!(rounds < 3, "seed {seed} does not converge: {end:#?}");
                }
                again += rounds + 1;
            }
        }
        assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None, "seed {seed}");
    }
    println!(
        "{schedules} schedules of faults ({hits} hits): {at_once} applies converged at once, {stopped} stopped with a next \
         step and converged with {again} more applies, 0 things made twice"
    );
    assert!(hits > schedules);
}

/// An apply that stops says why and what to do.
pub fn next_step(seed: usize, end: &Stopped) {
    match end {
        Stopped::Failed { errors, .. } => {
            assert!(!errors.is_empty(), "seed {seed}");
            for error in errors {
                assert!(
                    error.next().is_some_and(|next| !next.is_empty()) || error.to_string().contains("--"),
                    "seed {seed}: {error}"
                );
            }
        }
        Stopped::Moved(keys) => assert!(!keys.is_empty(), "seed {seed}"),
        Stopped::Different { rest, .. } => assert!(!rest.is_empty(), "seed {seed}"),
        Stopped::Locked(_) | Stopped::Lost { .. } | Stopped::Asked { .. } => panic!("seed {seed}: {end:?}"),
    }
}
