//! A folder of small JSON files in the order in which they came: what waits outlives whoever put it there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Spool(PathBuf);

impl Spool {
    /// That of a place, made if it is not there.
    pub fn open(folder: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        Ok(Self(folder))
    }

    /// Puts something behind what is there; gives back its name.
    pub fn add(&self, value: &Value) -> Result<String, String> {
        let _lock = lock(&self.0)?;
        let counter = self.0.join("count");
        let last = fs::read_to_string(&counter).ok().and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
        write(&counter, (last + 1).to_string().as_bytes())?;
        let name = format!("{:012}", last + 1);
        self.put(&name, value)?;
        Ok(name)
    }

    /// Writes one of that name.
    pub fn put(&self, name: &str, value: &Value) -> Result<(), String> {
        write(&self.path(name), value.to_string().as_bytes())
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(self.path(name)).ok()?).ok()
    }

    /// Takes one away.
    pub fn remove(&self, name: &str) -> Result<(), String> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("cannot remove {}: {error}", self.path(name).display()))
            }
            _ => Ok(()),
        }
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<(String, Value)> {
        let names = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned));
        let mut all: Vec<(String, Value)> = names.filter_map(|name| Some((name.clone(), self.get(&name)?))).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.json"))
    }
}

/// Others wait until it is dropped.
pub(crate) fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join("lock");
    let wrong = |error: io::Error| format!("cannot lock {}: {error}", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(wrong)?;
    file.lock().map_err(wrong)?;
    Ok(file)
}

/// Beside the file first, so that it is never half of one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let beside = path.with_extension(format!("new-{:?}", std::thread::current().id()));
    let wrong = |error: io::Error| format!("cannot write {}: {error}", path.display());
    fs::write(&beside, bytes).map_err(wrong)?;
    fs::rename(&beside, path).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_put_in_first_comes_first_until_it_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("a/b")).unwrap();
        let names: Vec<String> = (0..12).map(|at| spool.add(&json!(at)).unwrap()).collect();
        spool.remove(&names[3]).unwrap();
        spool.put(&names[4], &json!("changed")).unwrap();
        let all: Vec<Value> =
            Spool::open(folder.path().join("a/b")).unwrap().all().into_iter().map(|(_, v)| v).collect();
        assert_eq!((all.len(), &all[0], &all[3], &all[10]), (11, &json!(0), &json!("changed"), &json!(11)));
    }
}
