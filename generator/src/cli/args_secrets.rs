//! Options of `secrets`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args_place::spec_path;

/// Options of `secrets`.
#[derive(Debug, Args)]
pub struct Secrets {
    #[command(subcommand)]
    pub action: SecretsAction,
}

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub enum SecretsAction {
    /// Show which secrets the spec names, in which vault, and how they stand
    List(SecretsList),
    /// Give a secret a value, from a hidden prompt or from standard input
    Set(SecretsSet),
    /// Exit 1 if a secret is missing, disabled, expired or about to expire
    Check(SecretsList),
}

/// Options of `secrets list` and `secrets check`.
#[derive(Debug, Args)]
pub struct SecretsList {
    /// The spec
    #[arg(long, value_name = "FILE", default_value = "mlops.yaml", value_parser = spec_path)]
    pub spec: PathBuf,
    /// What expires within so many days expires soon
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16))]
    pub days: u16,
}

/// Options of `secrets set`. There is none for the value: arguments are seen by everybody on the machine.
#[derive(Debug, Args)]
pub struct SecretsSet {
    /// Name of the secret, as variable groups name it
    pub name: String,
    /// The spec
    #[arg(long, value_name = "FILE", default_value = "mlops.yaml", value_parser = spec_path)]
    pub spec: PathBuf,
    /// Key Vault: `platform`, or the name of one that the spec has
    #[arg(long, value_name = "VAULT", conflicts_with = "environment")]
    pub vault: Option<String>,
    /// Environment whose Key Vault is meant
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Days until the value expires [default: it does not]
    #[arg(long, value_name = "DAYS")]
    pub expires: Option<u16>,
}
