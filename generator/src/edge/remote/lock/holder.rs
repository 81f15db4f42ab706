//! Who asks for a lock, in terms by which another one on the same machine can tell whether he is still alive.

use std::fs;

use serde::{Deserialize, Serialize};

/// A person or pipeline at work in a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Who: the account.
    pub who: String,
    /// On which machine: its name.
    pub host: String,
    /// Where process ids mean something: start of the machine and, in a container, its own space of process ids. Empty
    /// where that is not known.
    pub place: String,
    /// The process.
    pub pid: u32,
    /// When the process began, in the system's own count: ids of processes are used again.
    pub began: String,
}

impl Holder {
    /// Whoever runs this process.
    pub fn here() -> Self {
        let account = ["BUILD_REQUESTEDFOR", "USER", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        let host = fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host = host.or_else(|| ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok()));
        let pid = std::process::id();
        Self {
            who: account.unwrap_or_else(|| "somebody".to_owned()),
            host: host.map_or_else(|| "an unnamed machine".to_owned(), |name| name.trim().to_owned()),
            place: place(),
            pid,
            began: process(pid).map(|(began, _)| began).unwrap_or_default(),
        }
    }

    /// Whether the process of `other` is known not to live any more, as seen from here.
    pub(super) fn knows_dead(&self, other: &Self) -> bool {
        if self.place.is_empty() || self.place != other.place {
            return false;
        }
        match process(other.pid) {
            Some((began, ended)) => ended || began != other.began,
            None => true,
        }
    }

    /// Whether `other` is this process.
    pub(super) fn is_same_process(&self, other: &Self) -> bool {
        !self.place.is_empty() && self.place == other.place && self.pid == other.pid && self.began == other.began
    }
}

/// This start of this machine and this space of process ids (proc(5): `random/boot_id`, namespaces(7): `ns/pid`).
fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let space = fs::read_link("/proc/self/ns/pid").ok();
    match (boot, space) {
        (Some(boot), Some(space)) => format!("{} {}", boot.trim(), space.display()),
        _ => String::new(),
    }
}

/// When a process began, and whether it has ended and waits to be collected; none where there is no such process.
/// (proc_pid_stat(5): fields 22 and 3; the name in field 2 may hold anything, and ends at the last bracket.)
fn process(pid: u32) -> Option<(String, bool)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ended = matches!(*fields.first()?, "Z" | "X");
    Some(((*fields.get(19)?).to_owned(), ended))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::{Holder, process};

    #[test]
    fn a_process_that_lives_is_not_dead_and_one_that_has_ended_is() {
        let here = Holder::here();
        assert!(!here.knows_dead(&here));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (began, ended) = process(child.id()).unwrap();
        assert!(!ended);
        let other = Holder { pid: child.id(), began, ..here.clone() };
        assert!(!here.knows_dead(&other));
        child.kill().unwrap();
        // not yet collected by its parent, and then gone
        for _ in 0..100 {
            if here.knows_dead(&other) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(here.knows_dead(&other));
        child.wait().unwrap();
        assert!(here.knows_dead(&other));
    }

    #[test]
    fn another_process_with_the_same_id_is_another_one() {
        let here = Holder::here();
        assert!(here.knows_dead(&Holder { began: "0".into(), ..here.clone() }));
    }

    #[test]
    fn what_is_on_another_machine_is_not_known_to_be_dead() {
        let here = Holder::here();
        let far = Holder { place: "elsewhere".into(), pid: u32::MAX, ..here.clone() };
        assert!(!here.knows_dead(&far));
        let nowhere = Holder { place: String::new(), ..here };
        assert!(!nowhere.knows_dead(&Holder { pid: u32::MAX, ..nowhere.clone() }));
    }
}
