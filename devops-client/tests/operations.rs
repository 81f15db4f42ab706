//! Every operation does what it says, against the emulator.

mod world;

use std::collections::BTreeSet;

use world::operations::OPERATIONS;

#[tokio::test]
async fn every_operation_does_what_it_says() {
    let (emulator, world) = world::world().await;
    let seeded = emulator.state();
    let mut failures = Vec::new();
    for operation in OPERATIONS.iter() {
        emulator.with_state(|state| *state = seeded.clone());
        emulator.clear_requests();
        match (operation.work)(&world).await {
            Ok(true) => {}
            Ok(false) => failures.push(format!("{}: the result is another", operation.name)),
            Err(error) => failures.push(format!("{}: {error}", operation.name)),
        }
        let made = emulator.requests().iter().any(|entry| operation.is_call(&entry.method, &entry.path));
        if !made {
            failures.push(format!("{}: no {} {}", operation.name, operation.method, operation.route));
        }
    }
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), OPERATIONS.len(), failures.join("\n"));
}

#[test]
fn each_operation_has_a_name_of_its_own() {
    let names: BTreeSet<_> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(names.len(), OPERATIONS.len());
}
