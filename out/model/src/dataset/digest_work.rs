//! The digest of a file as work for whoever has nothing better to do: reader and statistics keep a processor busy by
//! turns, and hashing fills the gaps.

use super::digest_parts::{HashedPart, PART, Parts};
use blake3::Hash;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The work that is left on a file, and what is done of it.
#[derive(Debug)]
pub(super) struct DigestWork {
    path: PathBuf,
    length: u64,
    /// The first part that nobody has begun.
    next: AtomicU64,
    done: Mutex<Done>,
}

#[derive(Debug)]
enum Done {
    Parts(Parts),
    Whole(Hash),
    Failed(io::Error),
}

impl DigestWork {
    /// All of a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(path: &Path) -> io::Result<Arc<Self>> {
        let length = std::fs::metadata(path)?.len();
        let (next, done) = match Parts::new(length.div_ceil(PART)) {
            Some(parts) => (0, Done::Parts(parts)),
            // It is too little to be shared.
            None => (1, Done::Whole(blake3::hash(&std::fs::read(path)?))),
        };
        Ok(Arc::new(Self { path: path.to_owned(), length, next: AtomicU64::new(next), done: Mutex::new(done) }))
    }

    /// Leaves the rest: nobody wants the digest any more, or it is done.
    pub fn abandon(&self) {
        self.next.store(u64::MAX / 2, Relaxed);
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The digest, when all who work have found that nothing is left.
    ///
    /// # Errors
    /// The file could not be read.
    pub fn digest(&self) -> io::Result<Option<Hash>> {
        match &*self.done() {
            Done::Parts(parts) => Ok(parts.digest()),
            Done::Whole(hash) => Ok(Some(*hash)),
            Done::Failed(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}

/// Somebody who works on a digest.
#[derive(Debug)]
pub(super) struct Worker {
    work: Arc<DigestWork>,
    file: Option<File>,
    buffer: Vec<u8>,
}

impl Worker {
    /// Somebody who has not begun.
    pub fn new(work: Arc<DigestWork>) -> Self {
        Self { work, file: None, buffer: vec![] }
    }

    /// Hashes the next part; `false` when nothing is left to begin.
    pub fn step(&mut self) -> bool {
        let index = self.work.next.fetch_add(1, Relaxed);
        if index.saturating_mul(PART) >= self.work.length {
            return false;
        }
        let hashed = self.hash(index);
        match (&mut *self.work.done(), hashed) {
            (Done::Parts(parts), Ok(part)) => parts.add(part),
            (Done::Failed(_) | Done::Whole(_), _) => return false,
            (done, Err(error)) => {
                *done = Done::Failed(error);
                return false;
            }
        }
        true
    }

    /// Works until nothing is left to begin.
    pub fn finish(&mut self) {
        while self.step() {}
    }

    fn hash(&mut self, index: u64) -> io::Result<HashedPart> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.work.path)?),
        };
        file.seek(SeekFrom::Start(index * PART))?;
        self.buffer.clear();
        let expected = PART.min(self.work.length - index * PART);
        if file.take(PART).read_to_end(&mut self.buffer)? as u64 != expected {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its length changes while it is read"));
        }
        Ok(HashedPart::new(index, &self.buffer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_workers_make_the_digest_of_the_file_whatever_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for length in [0, 1, PART, PART + 1, 9 * PART + 12_345] {
            let bytes: Vec<u8> = (0..length).map(|at| ((at * 7) >> 3) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let work = DigestWork::new(&path).unwrap();
            std::thread::scope(|scope| {
                (0..3).for_each(|_| drop(scope.spawn(|| Worker::new(work.clone()).finish())));
            });
            assert_eq!(work.digest().unwrap(), Some(blake3::hash(&bytes)), "{length} bytes");
        }
    }

    #[test]
    fn a_file_that_grows_shorter_is_an_error_and_unfinished_work_has_no_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![1; 3 * PART as usize]).unwrap();
        let work = DigestWork::new(&path).unwrap();
        let mut worker = Worker::new(work.clone());
        assert!(worker.step());
        assert_eq!(work.digest().unwrap(), None);
        std::fs::write(&path, b"short").unwrap();
        worker.finish();
        assert!(work.digest().unwrap_err().to_string().contains("length changes"));
    }
}
