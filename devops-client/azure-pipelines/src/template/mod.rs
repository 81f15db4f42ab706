//! Templates put in, conditions decided, loops unrolled: what a run would consist of, as far as that is known before it.

mod body;
mod branch;
mod expand;
mod include;
pub mod parameters;
mod path;
mod scope;
mod text;

pub use expand::{Expanded, expand};
pub use path::resolve;
pub use text::{Directive, Piece, directive, expand_macros, macros, pieces, runtime, shortened};

use crate::place::Problem;
use crate::value::Node;

/// The most separate files of one pipeline (Microsoft Learn, "Template usage reference", imposed limits).
pub const MOST_FILES: usize = 100;

/// How deep templates may include each other; the same page.
pub const DEEPEST: usize = 100;

/// The most memory that a pipeline may take, in bytes; the same page.
pub const MOST_BYTES: usize = 20_000_000;

/// Where templates come from.
pub trait Files {
    /// The file at a path from the root of the repository; `None` if there is none.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    fn load(&self, path: &str) -> Result<Option<Node>, Problem>;
}

/// What is known when a pipeline is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// What the files say, no more: variables that they do not set may be anything, templates of other repositories too.
    Files,
    /// Everything, as the service knows it: a variable that is not there is null.
    All,
}

/// What is expanded.
pub struct Request<'a> {
    /// The pipeline's own file, parsed.
    pub root: &'a Node,
    /// The path of that file, from the root of the repository.
    pub path: &'a str,
    /// The other files.
    pub files: &'a dyn Files,
    /// The parameters of the run by name, keys with their places; `None` leaves all of them open.
    pub parameters: Option<Vec<(Node, Node)>>,
    /// Parameters that need no declaration: payloads of webhooks by their alias.
    pub payloads: Vec<(String, Node)>,
    /// Variables that are known beside those of the files.
    pub variables: Vec<(String, Node)>,
    /// What else there may be.
    pub knowledge: Knowledge,
}
