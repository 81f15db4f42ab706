//! Every operation of the client as a row of a table: its name, the call that does the work, and what it must lead to.

use std::sync::LazyLock;

use devops_client::Result;
use futures::future::BoxFuture;

use super::seed::World;

/// What a call is made of: it returns whether the result is as it should be.
pub type Work = for<'a> fn(&'a World) -> BoxFuture<'a, Result<bool>>;

/// One operation.
#[derive(Clone, Copy)]
pub struct Operation {
    /// `area.operation`.
    pub name: &'static str,
    /// The method of the call that does the work.
    pub method: &'static str,
    /// The route of that call, as `METHOD` and template are written in the service's documents, without organization.
    pub route: &'static str,
    /// The work.
    pub work: Work,
}

impl Operation {
    /// Whether a request, its path with the organization, is the call that does the work.
    pub fn is_call(&self, method: &str, path: &str) -> bool {
        let mut parts = path.trim_matches('/').split('/').skip(1);
        self.method == method
            && self
                .route
                .split('/')
                .all(|wanted| parts.next().is_some_and(|part| wanted.starts_with('{') || wanted == part))
            && parts.next().is_none()
    }

    /// The path of that call as a pattern, with the organization.
    pub fn pattern(&self) -> String {
        let parts = self.route.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
        ["/contoso".to_owned()].into_iter().chain(parts.map(str::to_owned)).collect::<Vec<_>>().join("/")
    }
}

macro_rules! operations {
    ($($name:literal $method:ident $route:literal |$w:ident| $body:expr;)+) => {
        /// The operations of this file.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            method: stringify!($method),
            route: $route,
            work: |$w| Box::pin(async move { $body }),
        }),+];
    };
}

mod code;
mod pipelines;
mod resources;

/// All operations.
pub static OPERATIONS: LazyLock<Vec<Operation>> =
    LazyLock::new(|| [code::OPERATIONS, resources::OPERATIONS, pipelines::OPERATIONS].concat());
