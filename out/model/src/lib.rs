//! Ridge and logistic regression from data file to answered request: the library behind the binaries `data-test`, `train`,
//! `evaluate`, `register`, `score`, `collect` and `drift`.

pub mod artifact;
pub mod collect;
pub mod command;
pub mod contract;
pub mod data_test;
pub mod dataset;
pub mod drift;
pub mod encoding;
pub mod evaluation;
pub mod logistic;
pub mod native;
pub mod page;
pub mod registry;
pub mod report;
pub mod ridge;
pub mod scoring;
pub mod split;
pub mod statistics;
mod tasks;
pub mod text;
pub mod training;
