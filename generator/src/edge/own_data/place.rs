//! Data put into a project: copied as they are, written anew, or left where they are in it already.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::source::Source;
use crate::data::facts::{Facts, Format};
use crate::data::infer::Inferred;
use crate::data::rewrite::Rewrite;
use crate::data::table::cut;
use crate::edge::EdgeError;
use crate::project::data::{Alias, DataFile};

/// Where data are in the project, and how they came there.
#[derive(Debug)]
pub struct Placed {
    /// The path in the project, as the spec names it.
    pub path: String,
    /// What was done, in words.
    pub how: &'static str,
    /// Bytes that were copied or written.
    pub bytes: u64,
    /// What is new in the project, so that it can be taken back.
    made: Option<PathBuf>,
}

impl Placed {
    /// Takes back what was put into the project.
    pub fn undo(&self) {
        if let Some(made) = &self.made {
            let _ = if made.is_dir() { fs::remove_dir_all(made) } else { fs::remove_file(made) };
            for folder in made.ancestors().skip(1).take(2) {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
    }
}

/// Puts data into the project at `root`.
///
/// # Errors
/// That something else has the place, or that a file cannot be read or written.
pub fn place(root: &Path, source: &Source, inferred: &Inferred) -> Result<Placed, EdgeError> {
    let from = source.path();
    let mut name = plain_name(from, inferred);
    match inside(root, from) {
        Some(path) if path == "data" => {
            let why = "the project keeps its own files there: name a file in it, or a folder in it";
            return Err(EdgeError::new("use", from, why));
        }
        // A file that is called .tsv has tabs, whatever the spec says.
        Some(path)
            if inferred.rewrite.is_none()
                && (from.is_dir() || path.to_ascii_lowercase().ends_with(ending(from, inferred))) =>
        {
            return Ok(Placed { path, how: "left where they are", bytes: 0, made: None });
        }
        Some(path) if path == format!("data/{name}") => {
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            name = format!("{stem}-as-read.csv");
        }
        _ => {}
    }
    let path = format!("data/{name}");
    let to = root.join(&path);
    if to.exists() {
        let why = format!("something is there already, and {} is to be put there; move one of them", from.display());
        return Err(EdgeError::new("write", &to, why));
    }
    let parent = to.parent().unwrap_or(root);
    fs::create_dir_all(parent).map_err(|error| EdgeError::new("create the folder", parent, error))?;
    let placed = |how, bytes| Placed { path: path.clone(), how, bytes, made: Some(to.clone()) };
    if let Some(rewrite) = &inferred.rewrite {
        let written = write_anew(&to, source, &inferred.facts, rewrite);
        return match written {
            Ok(bytes) => Ok(placed("written anew", bytes)),
            Err(error) => {
                placed("", 0).undo();
                Err(error)
            }
        };
    }
    let bytes = match source {
        Source::Folder(_, files) => {
            let mut bytes = 0;
            for (file, name) in files {
                bytes += copy(file, &to.join(name))?;
            }
            bytes
        }
        Source::File(file) | Source::Sheet(file, _) => copy(file, &to)?,
    };
    Ok(placed("copied", bytes))
}

fn copy(from: &Path, to: &Path) -> Result<u64, EdgeError> {
    let parent = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| EdgeError::new("create the folder", parent, error))?;
    fs::copy(from, to).map_err(|error| EdgeError::new("copy the data to", to, error))
}

/// A name that the spec takes, with the ending of what the file is.
fn plain_name(from: &Path, inferred: &Inferred) -> String {
    let full = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_folder = from.is_dir();
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !is_folder => stem,
        _ => &name,
    };
    // Letters lose their marks, as in the names of columns.
    let words = if stem.is_ascii() { stem.to_owned() } else { Alias::derive(stem, 0, |_| false).as_str().to_owned() };
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let words: String = words.chars().map(plain).collect();
    let joined = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let short: String = joined.chars().take(80).collect();
    // Names that Windows keeps for itself.
    let kept = ["con", "prn", "aux", "nul"].contains(&short.to_ascii_lowercase().as_str())
        || short.is_empty()
        || (short.len() == 4 && ["com", "lpt"].iter().any(|port| short.to_ascii_lowercase().starts_with(port)));
    let stem = if kept { "training".to_owned() } else { short };
    format!("{stem}{}", ending(from, inferred))
}

/// What the name of the data ends with, so that training takes them for what they are.
fn ending(from: &Path, inferred: &Inferred) -> &'static str {
    let tabs = inferred.csv.is_some_and(|csv| csv.delimiter == '\t');
    match DataFile::of(&from.file_name().unwrap_or_default().to_string_lossy()) {
        _ if inferred.rewrite.is_some() => ".csv",
        _ if from.is_dir() => "",
        Some(DataFile::Tsv) if tabs => ".tsv",
        Some(DataFile::Parquet) => ".parquet",
        _ => ".csv",
    }
}

/// The path of data that are in the project already, below `data/` and under names that the spec takes.
fn inside(root: &Path, from: &Path) -> Option<String> {
    let (root, full) = (fs::canonicalize(root).ok()?, fs::canonicalize(from).ok()?);
    let parts: Vec<String> =
        full.strip_prefix(root).ok()?.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let plain = |part: &String| part.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    (parts.first().is_some_and(|first| first == "data") && parts.iter().all(plain)).then(|| parts.join("/"))
}

/// Writes every row anew. Returns the number of bytes.
fn write_anew(to: &Path, source: &Source, facts: &Facts, rewrite: &Rewrite) -> Result<u64, EdgeError> {
    let wrong = |error: std::io::Error| EdgeError::new("write", to, error);
    let file = File::create(to).map_err(wrong)?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(file));
    writer.write_record(rewrite.header()).map_err(|error| wrong(error.into()))?;
    match source {
        Source::Sheet(path, text) => rewrite_text(text, path, facts, rewrite, &mut writer)?,
        Source::File(path) => rewrite_text(&bytes_of(path)?, path, facts, rewrite, &mut writer)?,
        Source::Folder(_, files) => {
            for (path, _) in files {
                rewrite_text(&bytes_of(path)?, path, facts, rewrite, &mut writer)?;
            }
        }
    }
    let mut file = writer.into_inner().map_err(|error| wrong(error.into_error()))?;
    file.flush().map_err(wrong)?;
    Ok(fs::metadata(to).map_err(wrong)?.len())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, EdgeError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| EdgeError::new("read the data", path, error))?;
    Ok(bytes)
}

fn rewrite_text<W: std::io::Write>(
    bytes: &[u8],
    path: &Path,
    facts: &Facts,
    rewrite: &Rewrite,
    writer: &mut csv::Writer<W>,
) -> Result<(), EdgeError> {
    let Format::Text { dialect, coding, .. } = &facts.format else {
        let why = "Parquet is not written anew: give its columns names of their own, without $( and line breaks";
        return Err(EdgeError::new("use", path, why));
    };
    let text = coding.text(&bytes[coding.mark.min(bytes.len())..]).0;
    let titles = dialect.preamble - usize::from(text.starts_with("sep=")).min(dialect.preamble);
    let mut records = dialect.records(&text).into_iter().skip(titles);
    if dialect.header {
        let names = &facts.table.names;
        let header = records.next().unwrap_or_default();
        let own = &names[usize::from(dialect.row_names).min(names.len())..];
        if header.iter().ne(own.iter().map(String::as_str)) {
            let why =
                "its columns are not those of the first file, in that order, and no runtime reads it as it stands";
            return Err(EdgeError::new("write anew", path, why));
        }
    }
    for record in records {
        // A row of another width is not shifted: it stays as it is, for training to name.
        let row = match cut(&record, dialect) {
            Some(row) => match rewrite.row(&row) {
                Some(row) => row,
                None => continue,
            },
            None => record,
        };
        if let Err(error) = writer.write_record(&row) {
            return Err(EdgeError::new("write anew", path, error));
        }
    }
    Ok(())
}
