//! What the program says when services are slow, or not there at all.

use devops_emulator::{Action, Fault};

use crate::remote::program::{program, run, run_to_end};
use crate::remote::world::{emulator, known};

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_service_asks_for_is_said() {
    let emulator = emulator(&known()).await;
    emulator.add_fault(Fault::new("GET", "*", Action::TooManyRequests { retry_after: Some(2.0) }));
    run(&emulator, &["plan", "--only", "devops"])
        .await
        .code(1)
        .says("waiting: Azure DevOps limits the rate of requests; going on in 2 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_offline_reads_once_that_nobody_is_there() {
    let emulator = emulator(&known()).await;
    // Nobody listens on the port of `discard` (RFC 863), and no other test is given it.
    let nobody = "http://127.0.0.1:9/contoso";
    for arguments in [&["plan"][..], &["apply", "--yes"], &["destroy", "--yes", "--confirm", "x"]] {
        let mut command = program(&emulator, arguments);
        for name in ["MLOPS_GEN_DEVOPS_URL", "MLOPS_GEN_ARM_URL", "MLOPS_GEN_VAULT_URL"] {
            command.env(name, nobody);
        }
        command.env("MLOPS_GEN_AZURE_TOKEN", "planted-token");
        let said = run_to_end(command).await.code(2);
        assert_eq!(said.err.matches("no connection").count(), 1, "{arguments:?}\n{}", said.err);
        assert_eq!(said.err.matches("check the network").count(), 1, "{arguments:?}\n{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_says_a_word_is_given_up() {
    let emulator = emulator(&known()).await;
    // Connections are taken by the system, and nobody reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    for (arguments, scheme) in [(&["plan"][..], "http"), (&["secrets", "list"], "http"), (&["plan"], "https")] {
        let mut command = program(&emulator, arguments);
        for name in ["MLOPS_GEN_DEVOPS_URL", "MLOPS_GEN_ARM_URL", "MLOPS_GEN_VAULT_URL"] {
            command.env(name, format!("{scheme}://{address}/contoso"));
        }
        command.env("MLOPS_GEN_AZURE_TOKEN", "planted-token");
        let said = run_to_end(command).await.code(2);
        assert!(said.err.contains("no connection: nothing has answered for 3 s"), "{arguments:?}\n{}", said.err);
        assert_eq!(said.err.matches("check the network").count(), 1, "{arguments:?}\n{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_slow_is_waited_for() {
    let emulator = emulator(&known()).await;
    // Longer than a server may be silent, and than it may take to say that it is there.
    emulator.add_fault(Fault::new("GET", "*", Action::Latency { millis: 4000 }));
    run(&emulator, &["plan", "--only", "devops"]).await.code(1).says("is there, and slow to answer");
}
