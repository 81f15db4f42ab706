//! The files of a tree that are Azure Pipelines' own: pipelines, and the templates that they are made of.

use std::collections::BTreeMap;

use azure_pipelines::template::{self, Expanded, Knowledge, Request, expand};
use azure_pipelines::{Node, Place, Problem, yaml};

use super::super::Finding;
use crate::project::variables::PipelineKind;
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;

/// Where the rendered pipelines are.
const FOLDER: &str = "pipelines/";

/// Every file that could be read, by path, and the tree that they stand in.
#[derive(Debug)]
pub struct Files<'a> {
    /// The whole tree, for scripts and other files that pipelines name.
    pub tree: &'a RenderedTree,
    parsed: BTreeMap<String, Node>,
}

impl<'a> Files<'a> {
    /// Reads every YAML file below `pipelines/`; what cannot be read becomes a finding.
    pub fn read(tree: &'a RenderedTree, findings: &mut Vec<Finding>) -> Self {
        let mut parsed = BTreeMap::new();
        for (path, file) in tree.iter().filter(|(path, _)| is_yaml(path)) {
            let Some(text) = file.text() else {
                findings.push(Finding::new(path, "the file is not UTF-8"));
                continue;
            };
            match yaml::parse(path.as_str(), text) {
                Ok(node) => drop(parsed.insert(path.as_str().to_owned(), node)),
                Err(problem) => findings.push(Finding::new(path, problem.message).at(problem.place.line)),
            }
        }
        Self { tree, parsed }
    }

    /// The file at `path`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.parsed.get(path)
    }

    /// The pipeline `root` at `path` with everything put in that is known before a run; its parameters are not.
    pub fn expand(&self, path: &str, root: &Node) -> Expanded {
        expand(&Request {
            root,
            path,
            files: self,
            parameters: None,
            payloads: Vec::new(),
            variables: Vec::new(),
            knowledge: Knowledge::Files,
        })
    }

    /// Every file, by path in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.parsed.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// The pipelines, with what each is for if it is one of the tool's own.
    pub fn pipelines(&self) -> impl Iterator<Item = (&str, &Node, Option<PipelineKind>)> {
        let roots = self.iter().filter(|(path, _)| !path[FOLDER.len()..].contains('/'));
        roots.map(|(path, node)| (path, node, kind(path)))
    }
}

/// A file that cannot be read was reported when it was; whoever includes it hears that it is not there. Templates of the
/// team's own are read when one is included.
impl template::Files for Files<'_> {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        if let Some(node) = self.parsed.get(path) {
            return Ok(Some(node.clone()));
        }
        match self.tree.own(path).and_then(|bytes| std::str::from_utf8(bytes).ok()) {
            Some(text) => yaml::parse(path, text).map(Some),
            None => Ok(None),
        }
    }
}

fn is_yaml(path: &RelPath) -> bool {
    let path = path.as_str();
    path.starts_with(FOLDER) && (path.ends_with(".yml") || path.ends_with(".yaml"))
}

/// Which of the tool's pipelines a file is.
fn kind(path: &str) -> Option<PipelineKind> {
    let kinds = [
        PipelineKind::Build,
        PipelineKind::Retrain,
        PipelineKind::Release,
        PipelineKind::Infrastructure,
        PipelineKind::PullRequest,
        PipelineKind::Cleanup,
        PipelineKind::Drift,
    ];
    kinds.into_iter().find(|kind| path.strip_prefix(FOLDER) == Some(&format!("{}.yml", kind.as_str())))
}

/// A finding at the place of a value.
pub fn finding(place: &Place, message: impl Into<String>) -> Finding {
    let path = RelPath::parse(&place.file).expect("a place lies in a file of the tree");
    Finding::new(&path, message).at(place.line)
}
