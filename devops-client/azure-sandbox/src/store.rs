//! What a sandbox's Azure holds: one JSON file, changed by one program at a time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The state of a sandbox's Azure.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// That of a sandbox's folder, made if it is not there.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let folder = folder.join("azure");
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Where files of Azure are: blobs, models, images.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks at the state.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read<T>(&self, look: impl FnOnce(&Value) -> T) -> Result<T, String> {
        let lock = self.lock()?;
        let state = self.load()?;
        drop(lock);
        Ok(look(&state))
    }

    /// Changes the state; an error changes nothing.
    ///
    /// # Errors
    /// What `change` says, or that the state cannot be read or written.
    pub fn change<T, E: From<String>>(&self, change: impl FnOnce(&mut Value) -> Result<T, E>) -> Result<T, E> {
        let _lock = self.lock()?;
        let mut state = self.load()?;
        let done = change(&mut state)?;
        let path = self.path();
        // beside the file first, so that it is never half a state
        let beside = path.with_extension("new");
        let wrong = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
        fs::write(&beside, state.to_string()).map_err(wrong)?;
        fs::rename(&beside, &path).map_err(wrong)?;
        Ok(done)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    fn load(&self) -> Result<Value, String> {
        let path = self.path();
        let wrong = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| wrong(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Value::Object(Map::new())),
            Err(error) => Err(wrong(&error)),
        }
    }

    /// Others wait until it is dropped.
    fn lock(&self) -> Result<File, String> {
        let path = self.folder.join("lock");
        let wrong = |error: std::io::Error| format!("cannot lock {}: {error}", path.display());
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(wrong)?;
        file.lock().map_err(wrong)?;
        Ok(file)
    }
}

/// The value at a path of keys, made of objects where nothing is.
pub fn slot<'a>(state: &'a mut Value, path: &[&str]) -> &'a mut Value {
    path.iter().fold(state, |value, key| {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        // an object since the line above
        &mut value[*key]
    })
}

/// The value at a path of keys.
pub fn at<'a>(state: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(state, |value, key| value.get(key)).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_kept_and_a_refused_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let set = |value: i64, good: bool| {
            store.change(|state| {
                *slot(state, &["a", "b"]) = json!(value);
                if good { Ok(()) } else { Err("no".to_owned()) }
            })
        };
        assert_eq!(set(1, true), Ok(()));
        assert_eq!(set(2, false), Err("no".to_owned()));
        assert_eq!(store.read(|state| at(state, &["a", "b"]).cloned()), Ok(Some(json!(1))));
    }

    #[test]
    fn many_who_change_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let add = |state: &mut Value| -> Result<(), String> {
                            let count = slot(state, &["count"]);
                            *count = json!(count.as_i64().unwrap_or(0) + 1);
                            Ok(())
                        };
                        store.change(add).unwrap();
                    }
                });
            }
        });
        assert_eq!(store.read(|state| state["count"].as_i64()), Ok(Some(100)));
    }
}
