//! The layers of a call, outermost first: tracing → retry → auth → throttle → transport.
//!
//! The types hold the order: [`trace::Trace`] owns [`retry::Retry`], which owns [`auth::Auth`], which owns
//! [`throttle::Throttle`], which owns the [`transport::Transport`]; [`pipeline::Pipeline`] is all of them, shared. So one
//! span covers all tries, each try has a
//! credential that is valid now, and each try waits for the budget.

pub(crate) mod auth;
pub(crate) mod azure;
pub(crate) mod budget;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod contact;
pub(crate) mod log;
pub(crate) mod pause;
pub(crate) mod pipeline;
pub(crate) mod report;
pub(crate) mod retry;
pub(crate) mod route;
pub(crate) mod throttle;
pub(crate) mod trace;
pub(crate) mod transport;
