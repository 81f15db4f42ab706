//! A cluster without nodes: Deployments as processes behind real ports, rolled out as the real one rolls them out; and a
//! stand-in for `kubectl`, as wide as rendered scripts and the task KubernetesManifest are.

mod apply;
mod cluster;
mod command;
mod demands;
mod forward;
mod jsonpath;
mod pods;
mod rollout;
mod router;
mod whole;

pub(crate) use command::run;
pub(crate) use forward::serve as serve_service;
pub(crate) use rollout::carry_out as roll_out;

pub(crate) use cluster::kubeconfig;
pub(crate) use router::install as install_routers;
pub(crate) use whole::{forget, revive};
