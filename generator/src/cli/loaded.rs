//! What every command needs first: the spec read, checked, rendered and proved.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use mlops_gen::artifacts::Ownership;
use mlops_gen::artifacts::project::SAMPLE;
use mlops_gen::compose::{Team, beyond, compose, compose_with};
use mlops_gen::data::held::held;
use mlops_gen::edge::{bicep_compiler, disk, git, lock_history, own_data, project_dir};
use mlops_gen::project::Project;
use mlops_gen::project::data::{DataFile, DataSource};
use mlops_gen::project::load::located;
use mlops_gen::remote::content::{Content, Sources};
use mlops_gen::remote::runs::log::harmless;
use mlops_gen::render::Renderer;
use mlops_gen::spec::report::Report;
use mlops_gen::tree::RenderedTree;
use mlops_gen::tree::changes::{Action, Change, Disk, Policy, decide};
use mlops_gen::tree::edit::Edit;
use mlops_gen::tree::lock::{Lock, LockedFile, sha256};
use mlops_gen::tree::path::RelPath;

use super::args_place::{Place, SPEC, plain};
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
    /// What the tool wrote last.
    pub(super) lock: Lock,
    /// What a push leaves out, in words.
    pub(super) left_out: Vec<String>,
    spec_path: PathBuf,
    out: Option<PathBuf>,
    spec: String,
    renderer: Renderer,
    team: Team,
    /// The spec that was rendered last, rendered again: the base of merges that git does not have.
    before: OnceCell<Option<RenderedTree>>,
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
        let root = out.unwrap_or(home).to_owned();
        let mut lock = disk::read_lock(&root)?;
        let edits = disk::read_edits(&root, &lock)?;
        // Built-in templates name no file but rendered ones.
        let plain = overrides.is_empty() && edits.is_empty();
        let files = if plain { Default::default() } else { project_dir::team_files(&root)? };
        let team = Team { edits, files, outside: None };
        let tree = composed(&root, &project, &renderer, &team, &lock)?;
        let disk = disk::read_files(&root, &tree, &lock)?;
        lock_history::complete(&root, &mut lock, &disk);
        let sources = Sources { spec: text, overrides: &overrides, disk: &disk, lock: &lock };
        let content = Content::new(&tree, &sources);
        let (spec_path, spec, before) = (spec.to_owned(), text.to_owned(), OnceCell::new());
        let out = out.map(Path::to_owned);
        let left_out = Vec::new();
        Ok(Self { project, root, content, tree, disk, lock, left_out, spec_path, out, spec, renderer, team, before })
    }

    /// The project as it was rendered last under a former name: what it wanted of the services, without files.
    ///
    /// # Errors
    /// If it never had the name, or its spec cannot be read any more.
    pub(super) fn former(&self, name: &str) -> Result<Self, Failure> {
        let Some(lines) = self.lock.former.get(name) else {
            let names: Vec<&str> = self.lock.former.keys().map(String::as_str).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failure::Usage(format!(
                "{} was never called {name}; former names: {known}",
                self.project.name
            )));
        };
        let spec = lines.join("\n") + "\n";
        let project = mlops_gen::load("the spec of the former name", &spec).map_err(|r| Failure::Spec(Box::new(r)))?;
        let renderer = Renderer::new(&Default::default()).map_err(Failure::Templates)?;
        let (root, spec_path, out) = (self.root.clone(), self.spec_path.clone(), self.out.clone());
        let (content, disk, lock, team, before) = Default::default();
        let tree = composed(&root, &project, &renderer, &team, &lock)?;
        let left_out = Vec::new();
        Ok(Self { project, root, content, tree, disk, lock, left_out, spec_path, out, spec, renderer, team, before })
    }

    /// Where the data on this machine are not what the spec says: a report on the spec, the columns that it leaves out, and
    /// what to think about.
    pub(super) fn data_held(&self) -> (Option<Report>, Vec<String>, Vec<String>) {
        let DataSource::Repository(path) = &self.project.data.source else { return (None, Vec::new(), Vec::new()) };
        let (mut found, mut extra, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for (name, read) in own_data::looks(&self.root.join(path)) {
            let shown = if DataFile::of(path).is_some() { path.clone() } else { format!("{path}/{name}") };
            let held = held(&shown, &read, &self.project.data);
            found.extend(
                held.findings
                    .into_iter()
                    .map(|finding| (finding.path, harmless(&finding.message), finding.help.as_deref().map(harmless))),
            );
            extra.extend(held.extra.iter().map(|name| harmless(name)));
            if let Some([one, other]) = held.pair.filter(|_| !self.project.model.task.classifies()) {
                notes.push(harmless(&format!(
                    "`{}` holds {one} and {other} alone, and is fitted as a number: `model: {{task: classification}}` predicts \
                     which of the two",
                    self.project.data.target
                )));
            }
        }
        extra.sort();
        extra.dedup();
        notes.dedup();
        (located(&self.spec_path.display().to_string(), &self.spec, found), extra, notes)
    }

    /// Whether the spec is not written yet.
    pub(super) fn is_new(&self) -> bool {
        !self.spec_path.exists()
    }

    /// The program, as a person calls it.
    pub(super) fn program(&self) -> String {
        super::program::program()
    }

    /// A command of the program for this project.
    pub(super) fn call(&self, command: &str) -> String {
        self.placed(&format!("{} {command}", self.program()))
    }

    /// `line` with each command in it naming where the project is, if that is not the usual place.
    pub(super) fn placed(&self, line: &str) -> String {
        let mut place = String::new();
        if self.spec_path != Path::new(SPEC) {
            place.push_str(&format!(" --spec {}", super::program::shell_word(&self.spec_path.display().to_string())));
        }
        if let Some(out) = &self.out {
            place.push_str(&format!(" --out {}", super::program::shell_word(&out.display().to_string())));
        }
        ["render", "adopt-edit", "eject"].iter().fold(line.to_owned(), |line, verb| {
            let call = format!("{} {verb}", self.program());
            line.replace(&call, &format!("{call}{place}"))
        })
    }

    /// A file that a person names from where he is, as a path inside the project.
    pub(super) fn inside(&self, name: &str) -> Option<String> {
        let (root, full) = (plain(&self.root)?, plain(Path::new(name))?);
        let parts: Vec<_> = full.strip_prefix(root).ok()?.iter().map(|part| part.to_string_lossy()).collect();
        Some(parts.join("/"))
    }

    /// Whether a file is the spec.
    pub(super) fn is_spec(&self, name: &str) -> bool {
        self.spec_path.file_name() == Some(std::ffi::OsStr::new(name))
    }

    /// What `render` would do.
    pub(super) fn changes(&self, policy: Policy) -> Vec<Change> {
        self.decided(&self.tree, policy)
    }

    /// What `render --merge` would do: edits of the tool's files that can be joined with the render count as accepted, and
    /// are in what is proved.
    ///
    /// # Errors
    /// What the proof refutes.
    pub(super) fn merged(&mut self, policy: Policy) -> Result<Vec<Change>, Failure> {
        let joined: Vec<Change> = self.changes(policy).into_iter().filter(|change| self.is_joined(change)).collect();
        if joined.is_empty() {
            return Ok(self.changes(policy));
        }
        for change in &joined {
            if let Action::Merge(merged) = &change.action
                && let Some(file) = self.tree.get(change.path.as_str())
                && let Ok(rendered) = std::str::from_utf8(self.tree.unedited(&change.path, file))
            {
                self.team.edits.insert(change.path.clone(), Edit::new(&change.path, rendered, &merged.text));
            }
        }
        self.compose_again()?;
        let mut changes = self.changes(policy);
        for change in &mut changes {
            if let Some(joined) = joined.iter().find(|joined| joined.path == change.path) {
                change.action = joined.action.clone();
            }
        }
        Ok(changes)
    }

    /// Whether a file of the tool's was joined with an edit, and nobody has to decide anything.
    fn is_joined(&self, change: &Change) -> bool {
        let managed = self.tree.get(change.path.as_str()).is_some_and(|file| file.ownership == Ownership::Managed);
        managed && matches!(&change.action, Action::Merge(merged) if merged.conflicts == 0)
    }

    /// Renders with other accepted edits.
    ///
    /// # Errors
    /// What the proof refutes.
    fn compose_again(&mut self) -> Result<(), Failure> {
        self.tree = composed(&self.root, &self.project, &self.renderer, &self.team, &self.lock)?;
        Ok(())
    }

    fn decided(&self, tree: &RenderedTree, policy: Policy) -> Vec<Change> {
        let base = |path: &RelPath, hash: &str| self.base(path, hash);
        decide(tree, &self.lock, &self.disk, policy, &base)
    }

    /// An earlier render of a file, by its hash: from git, or from the spec that was rendered last.
    fn base(&self, path: &RelPath, hash: &str) -> Option<Vec<u8>> {
        if hash.is_empty() {
            return None;
        }
        let before = self.before.get_or_init(|| {
            let text = self.lock.spec.join("\n") + "\n";
            let project = mlops_gen::load("the spec that was rendered last", &text).ok()?;
            compose(&project, &self.renderer).ok()
        });
        let file = before.as_ref().and_then(|tree| tree.get(path.as_str()));
        let again = file.filter(|file| sha256(&file.bytes) == hash).map(|file| file.bytes.clone());
        again.or_else(|| git::version_with_hash(&self.root, path, hash))
    }

    /// Accepts what the team has made of a file of the tool's, or no longer; what is compiled from it is written anew.
    ///
    /// # Errors
    /// What the proof refutes with the edit: then nothing is written.
    pub(super) fn accept(&mut self, path: &RelPath, edited: Option<String>) -> Result<(), Failure> {
        let before = self.team.edits.remove(path);
        if let (Some(text), Some(file)) = (edited, self.tree.get(path.as_str())) {
            let rendered = String::from_utf8_lossy(self.tree.unedited(path, file)).into_owned();
            self.team.edits.insert(path.clone(), Edit::new(path, &rendered, &text));
            if self.team.files.is_empty() {
                self.team.files = project_dir::team_files(&self.root)?;
            }
        }
        let ejected = self.lock.files.get(path.as_str()).is_some_and(|locked| locked.ejected);
        if let Some(locked) = self.lock.files.get_mut(path.as_str()) {
            (locked.ejected, locked.team) = (false, false);
        }
        if let Err(failure) = self.compose_again() {
            // As it was: another file may still be asked about.
            self.team.edits.remove(path);
            self.team.edits.extend(before.map(|edit| (path.clone(), edit)));
            if let Some(locked) = self.lock.files.get_mut(path.as_str()) {
                locked.ejected = ejected;
            }
            return Err(failure);
        }
        self.settle(path, |_, file| file.clone())
    }

    /// Makes a file the team's.
    ///
    /// # Errors
    /// If the lock or what is compiled from the file cannot be written.
    pub(super) fn eject(&mut self, path: &RelPath) -> Result<(), Failure> {
        self.team.edits.remove(path);
        self.compose_again()?;
        self.settle(path, |old, file| LockedFile {
            ownership: Ownership::Seed,
            ejected: true,
            edited: None,
            // A file that was there before any render has nothing behind it.
            team: old.is_none(),
            sha256: old.map_or_else(|| file.sha256.clone(), |old| old.sha256.clone()),
            ..file.clone()
        })?;
        self.compose_again()
    }

    /// Writes a file as it is rendered.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn restore(&mut self, path: &RelPath) -> Result<(), Failure> {
        let Some(file) = self.tree.get(path.as_str()) else { return Ok(()) };
        let bytes = self.tree.rendered(path, file).to_vec();
        disk::write(&self.root.join(path.as_str()), &bytes)?;
        self.disk.insert(path.clone(), bytes);
        Ok(())
    }

    /// Puts one file's entry into the lock, with those of what is compiled from it, and writes those files and the patches.
    fn settle(
        &mut self,
        path: &RelPath,
        entry: impl Fn(Option<&LockedFile>, &LockedFile) -> LockedFile,
    ) -> Result<(), Failure> {
        let compiled = |change: &Change| {
            change.action == Action::Update
                && self.tree.get(change.path.as_str()).is_some_and(|file| file.origin == path.as_str())
        };
        let changes: Vec<Change> = self.changes(Policy::default()).into_iter().filter(compiled).collect();
        let after = self.lock.after(&self.tree, &self.spec, &changes);
        let mut lock = if self.lock.version == 0 {
            Lock { files: Default::default(), ..after.clone() }
        } else {
            self.lock.clone()
        };
        lock.version = after.version;
        for changed in changes.iter().map(|change| &change.path).chain([path]) {
            if let Some(now) = after.files.get(changed.as_str()) {
                let now = if changed == path { entry(self.lock.files.get(path.as_str()), now) } else { now.clone() };
                lock.files.insert(changed.to_string(), now);
            }
        }
        disk::apply(&self.root, &self.tree, &changes, &lock)?;
        self.lock = lock;
        self.disk = disk::read_files(&self.root, &self.tree, &self.lock)?;
        Ok(())
    }

    /// Carries out `changes`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) fn write(&self, changes: &[Change]) -> Result<(), Failure> {
        let lock = self.lock.after(&self.tree, &self.spec, changes);
        Ok(disk::apply(&self.root, &self.tree, changes, &lock)?)
    }
}

fn composed(
    root: &Path,
    project: &Project,
    renderer: &Renderer,
    team: &Team,
    lock: &Lock,
) -> Result<RenderedTree, Failure> {
    let mut tree = match compose_with(project, renderer, team) {
        Ok(tree) => tree,
        Err(problems) => {
            let beyond = beyond(project, renderer, team);
            match bicep_compiler::compile(&beyond)? {
                None => return Err(Failure::Problems(problems)),
                Some(outside) => {
                    let team = Team { outside: Some(outside), ..team.clone() };
                    compose_with(project, renderer, &team).map_err(Failure::Problems)?
                }
            }
        }
    };
    lock.hand_over(&mut tree);
    if let DataSource::Repository(path) = &project.data.source
        && DataFile::of(path).is_none()
        && own_data::holds_other_than(&root.join(path), SAMPLE)
    {
        // Made-up rows are no rows of the team's.
        tree.remove(&format!("{path}/{SAMPLE}"));
    }
    Ok(tree)
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
