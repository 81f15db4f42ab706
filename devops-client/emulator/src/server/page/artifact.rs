//! Artifacts of runs that were really carried out: their files.

use std::fs;
use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use report_pages::Html;

use super::frame::{ROOT, missing, shown};
use super::guard;
use crate::server::shared::Shared;

/// How many files are listed.
const MOST: usize = 500;

/// Name, folder and number of the run of an artifact.
fn find(shared: &Shared, run: i64, artifact: i64) -> Option<(String, PathBuf, String)> {
    let inner = shared.lock();
    let build = inner.organization.builds.get(&run)?;
    let found = build.artifacts.iter().find(|known| known.id == artifact)?;
    Some((found.name.clone(), PathBuf::from(found.folder.as_ref()?), build.number.clone()))
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((run, artifact)): Path<(i64, i64)>,
) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let Some((name, folder, number)) = find(&shared, run, artifact) else { return missing(&shared, "such artifact") };
    let files = tokio::task::spawn_blocking(move || files(&folder)).await.unwrap_or_default();
    let mut body = Html::default();
    body.heading(1, &format!("Artifact {name}"));
    body.tag("p", |html| html.link(&format!("{ROOT}/runs/{run}"), &format!("Run {number}")));
    if files.is_empty() {
        body.paragraph("There is no file in it, or its run was cleaned away.");
        return shown(&shared, "", &name, body);
    }
    let rows = files.iter().map(|(file, size)| {
        let path = file.split('/').map(encoded).collect::<Vec<_>>().join("/");
        vec![Html::linked(&format!("{ROOT}/runs/{run}/artifacts/{artifact}/{path}"), file), Html::of(&size.to_string())]
    });
    body.table("Files", &["File", "Bytes"], rows);
    shown(&shared, "", &name, body)
}

pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((run, artifact, file)): Path<(i64, i64, String)>,
) -> Response {
    if let Some(refused) = guard::refused(&shared, &headers) {
        return refused;
    }
    let Some((_, folder, _)) = find(&shared, run, artifact) else { return missing(&shared, "such artifact") };
    let wanted = file.clone();
    let content = tokio::task::spawn_blocking(move || read(&folder, &wanted)).await.ok().flatten();
    let Some(content) = content else { return missing(&shared, "such file") };
    let kind = match file.rsplit('.').next().unwrap_or_default() {
        "html" | "htm" => "text/html; charset=utf-8",
        _ if std::str::from_utf8(&content).is_ok() => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    // whatever made the file: no script of it runs, it fetches nothing, and it is nobody here
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, content).into_response()
}

/// A segment of an address.
fn encoded(segment: &str) -> String {
    percent_encoding::utf8_percent_encode(segment, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The files below a folder, with their sizes; links are left alone.
fn files(folder: &FilePath) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.path().symlink_metadata() else { continue };
            if metadata.is_dir() {
                open.push(entry.path());
            } else if let (true, Ok(name)) = (metadata.is_file(), entry.path().strip_prefix(folder)) {
                found.push((name.to_string_lossy().into_owned(), metadata.len()));
            }
        }
        if found.len() > MOST {
            break;
        }
    }
    found.sort();
    found.truncate(MOST);
    found
}

/// A file below a folder; none that stands elsewhere, whatever leads there.
fn read(folder: &FilePath, file: &str) -> Option<Vec<u8>> {
    let path = FilePath::new(file);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let (root, whole) = (folder.canonicalize().ok()?, folder.join(path).canonicalize().ok()?);
    (inside && whole.starts_with(root)).then(|| fs::read(whole).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_of_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("artifact");
        fs::create_dir_all(folder.join("a")).unwrap();
        fs::write(folder.join("a/b.txt"), "in").unwrap();
        fs::write(place.path().join("secret"), "out").unwrap();
        std::os::unix::fs::symlink(place.path().join("secret"), folder.join("link")).unwrap();
        assert_eq!(files(&folder), [("a/b.txt".to_owned(), 2)]);
        assert_eq!(read(&folder, "a/b.txt"), Some(b"in".to_vec()));
        for outside in ["../secret", "a/../../secret", "/etc/passwd", "link", ""] {
            assert_eq!(read(&folder, outside), None, "{outside}");
        }
    }
}
