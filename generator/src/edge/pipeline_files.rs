//! Pipelines on disk: a file with the templates of its repository beside it.

use std::path::{Path, PathBuf};

use azure_pipelines::template::Files;
use azure_pipelines::yaml::parse;
use azure_pipelines::{Node, Place, Problem, What};

use super::EdgeError;

/// The repository that a pipeline stands in.
#[derive(Clone, Debug)]
pub struct PipelineFiles {
    root: PathBuf,
    /// The path of the pipeline, from the root of its repository.
    pub path: String,
    text: String,
}

impl PipelineFiles {
    /// Reads the pipeline `file`; its repository is the nearest folder above with a `.git`, or else its own folder.
    ///
    /// # Errors
    /// If the file cannot be read, or is no UTF-8.
    pub fn open(file: &Path) -> Result<Self, EdgeError> {
        let whole = file.canonicalize().map_err(|error| EdgeError::new("read", file, error))?;
        let text = std::fs::read_to_string(&whole).map_err(|error| EdgeError::new("read", file, error))?;
        let folder = whole.parent().unwrap_or(&whole);
        let root = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder).to_owned();
        let parts: Vec<String> = whole
            .strip_prefix(&root)
            .unwrap_or(&whole)
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        Ok(Self { root, path: parts.join("/"), text })
    }

    /// The root of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The pipeline itself.
    ///
    /// # Errors
    /// Where it is no YAML that Azure Pipelines takes.
    pub fn pipeline(&self) -> Result<Node, Problem> {
        parse(&self.path, &self.text)
    }
}

impl Files for PipelineFiles {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        match std::fs::read_to_string(self.root.join(path)) {
            Ok(text) => parse(path, &text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                Err(Problem::new(&Place::start(path), What::NoSuchFile(path.to_owned()), message))
            }
        }
    }
}
