//! Approvers whom nobody knows.

use std::process::Command;

use devops_emulator::Running;
use tempfile::TempDir;

use crate::remote::program::{Said, program, run_to_end};
use crate::remote::world::{Known, emulator, spec, values};

/// A folder with a spec of its own, rendered.
pub struct Folder {
    pub place: TempDir,
    pub known: Known,
}

impl Folder {
    pub fn new(text: &str) -> Self {
        let place = TempDir::new().unwrap();
        let folder = Self { place, known: Known::new(text) };
        folder.write(text);
        folder
    }

    /// Puts another spec there.
    pub fn write(&self, text: &str) {
        std::fs::write(self.place.path().join("mlops.yaml"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        let rendered = command.arg("render").current_dir(&self.place).output().unwrap();
        assert!(rendered.status.success(), "{rendered:?}");
    }

    /// Runs the program there.
    pub async fn run(&self, emulator: &Running, arguments: &[&str]) -> Said {
        let mut command = program(emulator, arguments);
        command.current_dir(&self.place).envs(values(&self.known.project));
        run_to_end(command).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_whom_nobody_knows_is_found_by_the_plan_with_the_place_in_the_spec() {
    let text = std::fs::read_to_string(spec()).unwrap();
    let approvals = "    target: kubernetes\n    approvals: {approvers: [admin@example.com, nobody@contoso.example]}\n";
    let text = text.replace("    target: kubernetes\n", approvals);
    let line = 1 + text.lines().position(|line| line.contains("nobody@contoso.example")).unwrap();
    let folder = Folder::new(&text);
    let emulator = emulator(&folder.known).await;
    emulator.with_state(|state| state.settings.one_person = false);
    for arguments in [&["plan", "--only", "devops"][..], &["apply", "--yes", "--only", "devops"]] {
        let said = folder.run(&emulator, arguments).await.code(2);
        let said = said.says(&format!("`environments[1].approvals.approvers[1]` (line {line}, column "));
        let said = said.says("nobody in the organization is called `nobody@contoso.example`").says("by mail address");
        assert!(!said.err.contains("admin@example.com"), "that one is known: {}", said.err);
    }
    assert_eq!(crate::remote::world::writes(&emulator), 0, "nothing is begun");
    emulator.with_state(|state| state.add_identity("No Body", "nobody@contoso.example", false));
    emulator.clear_requests();
    folder.run(&emulator, &["plan", "--only", "devops"]).await.code(1).says("check/pricing-production/approval");
    folder.run(&emulator, &["apply", "--yes", "--only", "devops"]).await.code(0);
    let asked = emulator.requests().iter().filter(|entry| entry.path.ends_with("/_apis/identities")).count();
    assert_eq!(asked, 2 + 2, "each person is asked for once by the plan above and once by the apply");
    emulator.clear_requests();
    folder.run(&emulator, &["plan", "--only", "devops"]).await.code(0);
    assert!(!emulator.requests().iter().any(|entry| entry.path.ends_with("/_apis/identities")), "nothing changes");
}
