//! What every command needs first: the spec read, checked, rendered and proved.

use std::path::{Path, PathBuf};

use mlops_gen::compose::compose;
use mlops_gen::edge::{disk, git, project_dir};
use mlops_gen::project::Project;
use mlops_gen::remote::content::{Content, Sources};
use mlops_gen::render::Renderer;
use mlops_gen::tree::RenderedTree;
use mlops_gen::tree::changes::{Change, Disk, Policy, decide};

use super::args::Place;
use super::failure::Failure;

/// A project with its files, as they would be and as they are.
pub(super) struct Loaded {
    /// What the spec says.
    pub(super) project: Project,
    /// Folder of the rendered files.
    pub(super) root: PathBuf,
    /// The files of a push.
    pub(super) content: Content,
    /// What would be written.
    pub(super) tree: RenderedTree,
    /// What is there.
    pub(super) disk: Disk,
    lock: mlops_gen::tree::lock::Lock,
}

impl Loaded {
    pub(super) fn new(place: &Place) -> Result<Self, Failure> {
        let text = project_dir::read_spec(&place.spec)?;
        Self::from_text(&place.spec, &text, place.out.as_deref())
    }

    /// The project of a spec, with its files beside it.
    pub(super) fn at(spec: &Path) -> Result<Self, Failure> {
        Self::from_text(spec, &project_dir::read_spec(spec)?, None)
    }

    pub(super) fn from_text(spec: &Path, text: &str, out: Option<&Path>) -> Result<Self, Failure> {
        let project = mlops_gen::load(&spec.display().to_string(), text).map_err(|r| Failure::Spec(Box::new(r)))?;
        check_pin(&project)?;
        let home = spec.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let overrides = project_dir::read_overrides(home)?;
        let renderer = Renderer::new(&overrides).map_err(Failure::Templates)?;
        let tree = compose(&project, &renderer).map_err(Failure::Problems)?;
        let root = out.unwrap_or(home).to_owned();
        let lock = disk::read_lock(&root)?;
        let disk = disk::read_files(&root, &tree, &lock)?;
        let sources = Sources { spec: text, overrides: &overrides, disk: &disk, lock: &lock };
        let content = Content::new(&tree, &sources);
        Ok(Self { project, root, content, tree, disk, lock })
    }

    /// What `render` would do.
    pub(super) fn changes(&self, policy: Policy) -> Vec<Change> {
        let base = |path: &_, hash: &str| git::version_with_hash(&self.root, path, hash);
        decide(&self.tree, &self.lock, &self.disk, policy, &base)
    }
}

/// A project that pins the generator is rendered by that version only.
fn check_pin(project: &Project) -> Result<(), Failure> {
    match &project.pins.generator {
        Some(pinned) if pinned != env!("CARGO_PKG_VERSION") => Err(Failure::Usage(format!(
            "the spec pins mlops-gen {pinned} (pins.generator), this is {}: install that version, or change the pin",
            env!("CARGO_PKG_VERSION")
        ))),
        _ => Ok(()),
    }
}
