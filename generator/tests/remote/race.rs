//! Two people apply at the same moment.

use mlops_gen::edge::remote::fleet::Stopped;

use crate::remote::program::{program, run};
use crate::remote::snapshot::{difference, snapshot};
use crate::remote::world::{apply, emulator, fleet, known, lead, plan, reference, size};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_applies_at_the_same_moment_one_wins_the_other_is_told_and_nothing_is_mixed() {
    let (wanted, _) = reference().await;
    let (rounds, mut won, mut told, mut moved) = (size(5, 200), 0, 0, 0);
    for round in 0..rounds {
        let emulator = emulator(&known()).await;
        let (one, two) = (fleet(&emulator, &known(), apply()), fleet(&emulator, &known(), apply()));
        let (one, two) = tokio::join!(lead(&one), lead(&two));
        for result in [one, two] {
            match result {
                Ok(_) => won += 1,
                Err(Stopped::Locked(why)) => {
                    assert!(why.contains("wait"), "{why}");
                    told += 1;
                }
                Err(Stopped::Moved(keys)) => {
                    assert!(!keys.is_empty());
                    moved += 1;
                }
                Err(other) => panic!("round {round}: {other:#?}"),
            }
        }
        assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None, "round {round}");
        assert!(plan(&fleet(&emulator, &known(), apply())).await.unwrap().plan.is_empty());
    }
    println!(
        "two applies at once, {rounds} times: {won} won, {told} found the lock taken, {moved} found the world moved"
    );
    assert!(won >= rounds);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_at_the_same_moment_leave_what_one_leaves() {
    let (wanted, _) = reference().await;
    let arguments = ["apply", "--yes", "--only", "devops"];
    for _ in 0..size(2, 10) {
        let emulator = emulator(&known()).await;
        let mut children = [0, 1].map(|_| {
            let mut command = program(&emulator, &arguments);
            command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap()
        });
        let mut codes = Vec::new();
        for child in &mut children {
            let code = loop {
                match child.try_wait().unwrap() {
                    Some(status) => break status.code(),
                    None => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
                }
            };
            codes.push(code);
        }
        codes.sort_unstable();
        assert!(codes == [Some(0), Some(0)] || codes == [Some(0), Some(1)], "{codes:?}");
        assert_eq!(difference(&snapshot(&emulator.state()), &wanted), None);
        run(&emulator, &["plan", "--only", "devops"]).await.code(0);
    }
}
