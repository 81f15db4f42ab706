//! The workflow definition language of Logic Apps: a workflow as a deployment makes it is read, and carried out action by
//! action. Whoever carries it out says what time it is and sends the requests ([`Host`]).
//!
//! What is known: triggers of kind Request with `splitOn` and conditions; the actions `If`, `Scope`, `Switch`, `Foreach`,
//! `Until`, `Http`, `Response`, `Wait`, `Compose`, `InitializeVariable`, `SetVariable`, `IncrementVariable`,
//! `DecrementVariable` and `Terminate`. Anything else is refused by name when it is read.
//! (Documents: "Schema reference for trigger and action types", "Reference guide to workflow expression functions".)

mod conditions;
mod control;
mod expression;
mod functions;
mod host;
mod http;
mod keys;
mod loops;
mod read;
mod run;
#[cfg(test)]
mod tests;
mod wait;

pub use host::{Answer, Host, Identity, Request, Unanswered};
pub use read::Workflow;
pub use run::{ActionEnd, Ran, Status};
