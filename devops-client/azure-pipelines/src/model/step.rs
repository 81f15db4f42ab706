//! Steps: what each is, and the task that the service makes of it.

use std::sync::Arc;

use crate::place::Place;
use crate::value::{Node, Value};

/// A step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its mapping.
    pub node: &'a Node,
    /// The key that says what it is: `task`, `bash`, `checkout`, …; empty if there is none.
    pub kind: &'a str,
}

/// The keys that say what a step is.
pub const STEP_KINDS: [&str; 12] = [
    "task",
    "script",
    "bash",
    "pwsh",
    "powershell",
    "checkout",
    "download",
    "downloadBuild",
    "getPackage",
    "publish",
    "upload",
    "reviewApp",
];

/// Keys of a short form that become inputs of its task.
const SHORT_INPUTS: [&str; 20] = [
    "workingDirectory",
    "failOnStderr",
    "errorActionPreference",
    "ignoreLASTEXITCODE",
    "noProfile",
    "noRc",
    "clean",
    "fetchDepth",
    "fetchFilter",
    "fetchTags",
    "lfs",
    "persistCredentials",
    "submodules",
    "sparseCheckoutDirectories",
    "sparseCheckoutPatterns",
    "workspaceRepo",
    "path",
    "patterns",
    "artifact",
    "tags",
];

impl<'a> Step<'a> {
    /// What `node` is as a step.
    pub fn read(node: &'a Node) -> Self {
        let kind = STEP_KINDS.into_iter().find(|kind| node.get(kind).is_some()).unwrap_or_default();
        Self { node, kind }
    }

    /// Its name, by which other steps and jobs read its outputs.
    pub fn name(&self) -> Option<&'a str> {
        self.node.text_at("name")
    }

    /// The task that carries it out (Microsoft Learn, "YAML schema: steps").
    pub fn task(&self) -> &'a str {
        match self.kind {
            "task" => self.node.text_at("task").unwrap_or_default(),
            "script" => "CmdLine@2",
            "bash" => "Bash@3",
            "pwsh" | "powershell" => "PowerShell@2",
            "checkout" => "Checkout@1",
            "download" => "DownloadPipelineArtifact@2",
            "downloadBuild" => "DownloadBuildArtifacts@0",
            "getPackage" => "DownloadPackage@1",
            "publish" | "upload" => "PublishPipelineArtifact@1",
            "reviewApp" => "ReviewApp@0",
            _ => "",
        }
    }

    /// The inputs of that task: those of `inputs`, and those that a short form has as keys of its own.
    pub fn inputs(&self) -> Vec<(Arc<str>, Node)> {
        let given = self.node.get("inputs").map(Node::entries).unwrap_or_default();
        let mut inputs: Vec<(Arc<str>, Node)> = Vec::new();
        let mut made = |name: &str, node: Node| inputs.push((Arc::from(name), node));
        let text = |text: &str, place: &Place| Node::new(Value::text(text), place);
        if let Some(node) = self.node.get(self.kind) {
            match self.kind {
                "script" => made("script", node.clone()),
                "bash" | "pwsh" | "powershell" => {
                    made("targetType", text("inline", &node.place));
                    made("script", node.clone());
                    if self.kind == "pwsh" {
                        made("pwsh", text("true", &node.place));
                    }
                }
                "checkout" => made("repository", node.clone()),
                "download" if matches!(node.text(), Some("current" | "none")) => made("source", node.clone()),
                "download" => {
                    made("source", text("specific", &node.place));
                    made("pipeline", node.clone());
                }
                "downloadBuild" => made("pipeline", node.clone()),
                "publish" | "upload" => made("targetPath", node.clone()),
                "getPackage" => made("package", node.clone()),
                "reviewApp" => made("resourceName", node.clone()),
                _ => {}
            }
        }
        if self.kind != "task" {
            for (key, value) in self.node.entries() {
                if key.text().is_some_and(|key| SHORT_INPUTS.contains(&key)) {
                    made(key.text().unwrap_or_default(), value.clone());
                }
            }
        }
        for (key, value) in given {
            made(key.text().unwrap_or_default(), value.clone());
        }
        inputs
    }

    /// An input that is written below `inputs`; names do not mind case.
    pub fn input(&self, name: &str) -> Option<&'a Node> {
        let inputs = self.node.get("inputs").map(Node::entries).unwrap_or_default();
        inputs.iter().find(|(key, _)| key.text().is_some_and(|k| k.eq_ignore_ascii_case(name))).map(|(_, value)| value)
    }

    /// The text of its inline script, if it has one.
    pub fn inline(&self) -> Option<&'a Node> {
        match self.kind {
            "script" | "bash" | "pwsh" | "powershell" => self.node.get(self.kind),
            "task" => self.input("inlineScript").or_else(|| self.input("script")),
            _ => None,
        }
    }

    /// The script of the repository that it runs, if it names one.
    pub fn script_file(&self) -> Option<&'a Node> {
        match self.kind {
            "bash" | "script" => {
                let text = self.node.text_at(self.kind)?;
                let one_line = !text.trim().contains('\n');
                let first = text.split_whitespace().find(|word| *word != "bash")?;
                (one_line && first.contains('/') && first.ends_with(".sh")).then(|| self.node.get(self.kind))?
            }
            "task" => self.input("scriptPath").or_else(|| self.input("filePath")),
            _ => None,
        }
    }
}
