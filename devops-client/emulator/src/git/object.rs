//! Object ids and objects, encoded as git does (loose object format: `kind SP size NUL data`, SHA-1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha1::{Digest, Sha1};

/// A SHA-1 id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectId(pub [u8; 20]);

// Invariant: ids and content are those of git (test: content_and_ids_are_those_of_git).
impl ObjectId {
    /// The id that stands for no object.
    pub const ZERO: ObjectId = ObjectId([0; 20]);

    /// Whether it stands for no object.
    pub fn is_zero(self) -> bool {
        self == ObjectId::ZERO
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What is not 40 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnObjectId;

impl fmt::Display for NotAnObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected an object id of 40 hexadecimal digits")
    }
}

impl FromStr for ObjectId {
    type Err = NotAnObjectId;

    fn from_str(text: &str) -> Result<ObjectId, NotAnObjectId> {
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAnObjectId)?;
        Ok(ObjectId(bytes))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ObjectId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A file.
    Blob,
}

impl Kind {
    /// The name, in objects and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob => "blob",
        }
    }

    /// The number in a pack.
    pub fn pack_number(self) -> u8 {
        match self {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
        }
    }
}

/// The id of an object with that data.
pub fn hash(kind: Kind, data: &[u8]) -> ObjectId {
    let mut hasher = Sha1::new();
    hasher.update(format!("{} {}\0", kind.name(), data.len()));
    hasher.update(data);
    ObjectId(hasher.finalize().into())
}

/// A commit, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The root tree.
    pub tree: ObjectId,
    /// The parents, the first one first.
    pub parents: Vec<ObjectId>,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// The message.
    pub message: String,
}

/// Name, mail address and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// Seconds since 1970, in UTC.
    pub seconds: i64,
}

impl Signature {
    fn encode(&self) -> String {
        let clean = |text: &str| text.replace(['<', '>', '\n', '\0'], "");
        format!("{} <{}> {} +0000", clean(&self.name), clean(&self.email), self.seconds)
    }

    fn decode(text: &str) -> Option<Signature> {
        let (name, rest) = text.split_once(" <")?;
        let (email, rest) = rest.split_once("> ")?;
        let seconds = rest.split(' ').next()?.parse().ok()?;
        Some(Signature { name: name.to_owned(), email: email.to_owned(), seconds })
    }
}

impl Commit {
    /// The object's data.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = format!("tree {}\n", self.tree);
        for parent in &self.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str(&format!(
            "author {}\ncommitter {}\n\n{}",
            self.author.encode(),
            self.committer.encode(),
            self.message
        ));
        text.into_bytes()
    }

    /// The commit from an object's data.
    pub fn decode(data: &[u8]) -> Option<Commit> {
        let text = String::from_utf8_lossy(data);
        let (head, message) = text.split_once("\n\n")?;
        let values = |key: &str| {
            head.lines()
                .filter_map(move |line| line.strip_prefix(key)?.strip_prefix(' '))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        Some(Commit {
            tree: values("tree").first()?.parse().ok()?,
            parents: values("parent").iter().filter_map(|id| id.parse().ok()).collect(),
            author: Signature::decode(values("author").first()?)?,
            committer: Signature::decode(values("committer").first()?)?,
            message: message.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_git_computes() {
        assert_eq!(hash(Kind::Blob, b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(hash(Kind::Blob, b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(hash(Kind::Tree, b"").to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    #[test]
    fn commits_survive_encoding_and_decoding() {
        let who = Signature { name: "A B".into(), email: "a@b.c".into(), seconds: 1_700_000_000 };
        let tree = hash(Kind::Tree, b"");
        let commit = Commit {
            tree,
            parents: vec![ObjectId([7; 20])],
            author: who.clone(),
            committer: who,
            message: "first\n\nbody".into(),
        };
        assert_eq!(Commit::decode(&commit.encode()), Some(commit));
    }
}
