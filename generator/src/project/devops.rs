//! The Azure DevOps side of a project.

use super::name::*;
use super::text::Text;

/// Where code and pipelines live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevOps {
    /// `https://dev.azure.com/<organization>`.
    pub organization: OrganizationName,
    /// Project in it.
    pub project: DevOpsProjectName,
    /// Repository in that.
    pub repository: DevOpsName,
    /// Folder of the repository that the project lies in.
    pub directory: Directory,
    /// Default branch, without `refs/heads/`.
    pub branch: BranchName,
    /// Folder of the pipelines in the portal, with backslashes: `\diabetes`.
    pub folder: PipelineFolder,
    /// What jobs run on.
    pub agent: Agent,
}

/// A branch without `refs/heads/`, as `git check-ref-format --branch` accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchName(String);

impl BranchName {
    /// Accepts what git accepts, less the characters that shells and YAML would trip over.
    ///
    /// # Errors
    /// Why git or we refuse the name, as a phrase.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Some(rest) = name.strip_prefix("refs/heads/") {
            return Err(format!("a branch is written without refs/heads/: `{rest}`"));
        }
        let good = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let parts_fit = name.split('/').all(|p| !p.is_empty() && !p.starts_with('.') && !p.ends_with(".lock"));
        if name.len() > 200 || !name.chars().all(good) || !parts_fit {
            return Err("a branch holds letters, digits, and - _ . / between them".to_owned());
        }
        if name.contains("..") || name.ends_with('.') || name.starts_with('-') {
            return Err("a branch holds no `..`, ends in no full stop and starts with no hyphen".to_owned());
        }
        Ok(Self(name.to_owned()))
    }

    /// The branch, without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Folder of a repository that a project lies in, with forward slashes: `models/churn`. The top of the repository is the
/// default one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory(String);

impl Directory {
    /// Accepts folders of letters, digits, and `-` `_` `.`, separated by `/`, with or without one at the end. A dot alone is
    /// the top.
    ///
    /// # Errors
    /// What is wrong with the path, as a phrase.
    pub fn parse(path: &str) -> Result<Self, String> {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        if path.is_empty() || path == "." {
            return Ok(Self::default());
        }
        if path.starts_with('/') || path.contains('\\') {
            return Err(
                "a folder of the repository is written from its top, with forward slashes: `models/churn`".to_owned()
            );
        }
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let fits = |part: &str| {
            part.chars().all(good)
                && part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && !part.ends_with('.')
        };
        if path.len() > 120 || !path.split('/').all(fits) {
            return Err(
                "a folder of the repository holds letters, digits, and - _ . in its names, which start with a letter, \
                        a digit or _, with / between them; 120 characters at most"
                    .to_owned(),
            );
        }
        Ok(Self(path.to_owned()))
    }

    /// Whether the project is the repository's only one, at its top.
    pub fn is_top(&self) -> bool {
        self.0.is_empty()
    }

    /// The folder without a slash at its end; empty for the top.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder with a slash at its end; empty for the top: what a path of the project has in front of it in the
    /// repository.
    pub fn prefix(&self) -> String {
        if self.is_top() { String::new() } else { format!("{}/", self.0) }
    }

    /// A path of the project as one of the repository.
    pub fn within(&self, path: &str) -> String {
        self.prefix() + path
    }

    /// A path of the repository as one of the project; none where it lies outside.
    pub fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.is_top() { Some(path) } else { path.strip_prefix(&self.0)?.strip_prefix('/') }
    }
}

/// Folder of pipelines: segments joined by backslashes, starting with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineFolder(String);

impl PipelineFolder {
    /// Accepts segments separated by `/` or `\`, with or without one in front.
    ///
    /// # Errors
    /// What is wrong with a segment, as a phrase.
    pub fn parse(path: &str) -> Result<Self, String> {
        let trimmed = path.trim_matches(['/', '\\']);
        if trimmed.is_empty() {
            return Ok(Self("\\".to_owned()));
        }
        let mut folder = String::new();
        for segment in trimmed.split(['/', '\\']) {
            DevOpsName::parse(segment)?;
            folder.push('\\');
            folder.push_str(segment);
        }
        Ok(Self(folder))
    }

    /// The folder with backslashes: `\team\diabetes`, or `\` for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What pipeline jobs run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agent {
    /// An image of Microsoft's hosted agents.
    Hosted {
        /// `ubuntu-24.04`, `ubuntu-22.04` or `ubuntu-latest`; Linux only, because steps are bash.
        image: String,
    },
    /// The team's own pool.
    Pool {
        /// Name of the pool.
        name: DevOpsName,
        /// Capabilities that an agent must have.
        demands: Vec<Text>,
    },
}
