//! A branch that takes no pushes, and what is left out where Azure is left alone.

use crate::remote::approvers::Folder;
use crate::remote::program::run;
use crate::remote::world::{emulator, known, spec};

const APPLY: [&str; 4] = ["apply", "--yes", "--only", "devops"];

#[tokio::test(flavor = "multi_thread")]
async fn files_that_wait_in_a_pull_request_are_not_said_to_be_read_back() {
    let text = std::fs::read_to_string(spec()).unwrap();
    let folder = Folder::new(&text);
    let emulator = emulator(&folder.known).await;
    folder.run(&emulator, &APPLY).await.code(0).says("resources, each read back and found as it should be\n");
    // From now on the branch takes pull requests only. The change touches one file and one variable group.
    folder.write(&text.replace("RETRIES: \"3\"", "RETRIES: \"4\""));
    let said = folder.run(&emulator, &APPLY).await.code(0);
    let said = said.says("the files wait in a pull request until it is completed: http");
    let said = said.says("done: 1 resource, each read back and found as it should be; 1 waiting as said above");
    assert!(said.err.contains("updated  variable-group/pricing-plain"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_azure_is_left_alone_the_membership_that_is_left_out_is_named_with_what_to_do() {
    let emulator = emulator(&known()).await;
    let left = "Left out is the membership of id-pricing-events";
    let said = run(&emulator, &["plan", "--only", "devops"]).await.code(1).says(left);
    assert!(said.out.contains("set it, and run `apply --only devops` again"), "{}", said.out);
    assert!(said.out.contains("echo \"export AZURE_EVENTS_PRINCIPAL_ID="), "the line that it speaks of: {}", said.out);
    run(&emulator, &["--json", "plan", "--only", "devops"]).await.code(1).says(left);
    run(&emulator, &APPLY).await.code(0).says(left);
    let mut command = crate::remote::program::program(&emulator, &["plan", "--only", "devops"]);
    command.env("AZURE_EVENTS_PRINCIPAL_ID", "aaaaaaaa-0000-4000-8000-00000000000f");
    let said = crate::remote::program::run_to_end(command).await.code(1).says("membership/id-pricing-events");
    assert!(!said.out.contains("Left out"), "{}", said.out);
}
