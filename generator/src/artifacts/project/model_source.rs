//! The model library's own source, which travels along into Rust projects.

use std::borrow::Cow;
use std::sync::LazyLock;

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

/// Looked at once: a program that reads them from disk walks through the whole folder for each look.
static FILES: LazyLock<Vec<(String, Cow<'static, [u8]>)>> = LazyLock::new(|| {
    let named = |path: Cow<'static, str>| ModelSource::get(&path).map(|file| (path.into_owned(), file.data));
    ModelSource::iter().filter_map(named).collect()
});

/// The library's files: path under `model/`, content.
pub(super) fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().map(|(path, content)| (path.as_str(), content.as_ref()))
}

/// The library's manifest.
pub(super) fn manifest() -> &'static str {
    let (_, content) = files().find(|(path, _)| *path == "Cargo.toml").expect("the model library has a manifest");
    std::str::from_utf8(content).expect("a manifest is UTF-8")
}
