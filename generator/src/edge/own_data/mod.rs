//! A team's own data: read, as far as a look needs, and put into the project.

mod parquet_file;
mod place;
mod sheet;
mod source;

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

pub use place::{Placed, place};
pub use source::Source;

use self::source::unusable;
use crate::data::doubt::Doubt;
use crate::data::facts::Facts;
use crate::data::sample::{Piece, Sample};
use crate::edge::EdgeError;
use crate::project::data::DataFile;

/// Files of up to this many bytes are read whole.
const WHOLE: u64 = 8 << 20;

/// Bytes of a larger file that are read at its beginning.
const HEAD: u64 = 3 << 20;

/// Bytes of each stretch that is read further on.
const STRETCH: u64 = 1 << 20;

/// Files of a folder that are looked into; the headers of all are.
const LOOKED_INTO: usize = 8;

/// What was found where a person pointed.
#[derive(Debug)]
pub struct Found {
    /// What it holds.
    pub facts: Facts,
    /// Where it is.
    pub source: Source,
}

/// Looks into a file or folder.
///
/// # Errors
/// That it cannot be read, or why it is no table.
pub fn read(path: &Path) -> Result<Found, EdgeError> {
    let metadata = fs::metadata(path).map_err(|error| EdgeError::new("read the data", path, error))?;
    if metadata.is_dir() {
        return folder(path);
    }
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => {
            let (facts, text) = sheet::read(path)?;
            Ok(Found { facts, source: Source::Sheet(path.to_owned(), text) })
        }
        "json" | "jsonl" | "ndjson" | "feather" | "arrow" | "orc" | "avro" | "pkl" | "sav" | "sas7bdat" | "dta"
        | "mat" => Err(unusable(
            path,
            &format!("a .{extension} file is no table that training reads: write it as CSV or Parquet"),
        )),
        _ => Ok(Found { facts: file(path)?, source: Source::File(path.to_owned()) }),
    }
}

/// What a text or Parquet file holds.
fn file(path: &Path) -> Result<Facts, EdgeError> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) {
        return parquet_file::read(path);
    }
    let sample = sample(path).map_err(|error| EdgeError::new("read the data", path, error))?;
    Facts::of_text(&sample).map_err(|why| unusable(path, &why))
}

/// The whole file, or its beginning and stretches from its middle and its end.
fn sample(path: &Path) -> std::io::Result<Sample> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let stretches = match size {
        0..=WHOLE => vec![(0, size)],
        _ => vec![(0, HEAD), (size / 2, STRETCH), (size - STRETCH, STRETCH)],
    };
    let mut pieces = Vec::new();
    for (at, length) in stretches {
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        (&mut file).take(length).read_to_end(&mut bytes)?;
        pieces.push(Piece { at, bytes });
    }
    Ok(Sample { size, pieces })
}

/// The files of a folder, as training reads them: hidden ones are left out.
///
/// # Errors
/// If the folder or one below it cannot be listed.
pub fn files_of(folder: &Path) -> Result<Vec<(PathBuf, String)>, EdgeError> {
    let (mut found, mut rest) = (Vec::new(), vec![(folder.to_owned(), String::new())]);
    while let Some((folder, prefix)) = rest.pop() {
        let wrong = |error| EdgeError::new("list the folder", &folder, error);
        for entry in fs::read_dir(&folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(['.', '_']) {
                continue;
            }
            let (path, name) = (entry.path(), format!("{prefix}{name}"));
            if path.is_dir() {
                rest.push((path, format!("{name}/")));
            } else if DataFile::of(&name).is_some() {
                found.push((path, name));
            }
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

/// Whether a folder holds data beside a file of this name.
pub fn holds_other_than(folder: &Path, sample: &str) -> bool {
    files_of(folder).is_ok_and(|files| files.iter().any(|(_, name)| name != sample))
}

fn folder(path: &Path) -> Result<Found, EdgeError> {
    let files = files_of(path)?;
    let Some((first, first_name)) = files.first() else {
        return Err(unusable(
            path,
            "the folder has no .csv, .tsv or .parquet file; hidden files, with . or _ in front, are left out",
        ));
    };
    let kind = |name: &str| DataFile::of(name) == Some(DataFile::Parquet);
    if let Some((_, other)) = files.iter().find(|(_, name)| kind(name) != kind(first_name)) {
        return Err(unusable(
            path,
            &format!("the folder holds Parquet and text: {first_name} and {other}; keep one kind"),
        ));
    }
    let mut facts = file(first)?;
    let step = files.len().div_ceil(LOOKED_INTO).max(1);
    for (at, (file_path, name)) in files.iter().enumerate().skip(1) {
        let other = if at % step == 0 || files.len() <= LOOKED_INTO { Some(file(file_path)?) } else { None };
        match other {
            Some(other) => {
                if let Some(lost) = facts.table.names.iter().find(|name| !other.table.names.contains(name)) {
                    facts.doubts.push(
                        Doubt::of(
                            lost,
                            "column-missing",
                            format!("{name} has no column `{lost}`, and {first_name} has"),
                        )
                        .advice("every file needs every column of the spec: take the column out, or the file"),
                    );
                }
                facts.table.append(&other.table);
                facts.table.all = facts.table.all.zip(other.table.all).map(|(a, b)| a.plus(b));
            }
            // As many rows as the first file has for its size.
            None => {
                facts.table.all =
                    facts.table.all.map(|all| all.plus(crate::data::sample::Rows::About(all.count() / at as u64)))
            }
        }
    }
    facts.files = files.len();
    Ok(Found { facts, source: Source::Folder(path.to_owned(), files) })
}
