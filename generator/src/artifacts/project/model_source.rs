//! The model library's own source, which travels along into Rust projects.

use rust_embed::RustEmbed;

/// Everything of the model room that a project needs to build and test it.
#[derive(RustEmbed)]
#[folder = "../model"]
#[exclude = "target/*"]
#[exclude = "fuzz/*"]
#[exclude = "*.snap.new"]
struct ModelSource;

/// The workspace's manifest: the one place for versions and lints.
pub(super) const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// How the library's source is formatted.
pub(super) const RUSTFMT: &str = include_str!("../../../../.rustfmt.toml");

/// The library's files: path under `model/`, content.
pub(super) fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    ModelSource::iter()
        .filter_map(|path| ModelSource::get(&path).map(|file| (path.into_owned(), file.data.into_owned())))
}

/// The library's manifest.
pub(super) fn manifest() -> String {
    let file = ModelSource::get("Cargo.toml").expect("the model library has a manifest");
    String::from_utf8(file.data.into_owned()).expect("a manifest is UTF-8")
}
