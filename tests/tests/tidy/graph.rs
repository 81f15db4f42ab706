//! Which files need which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// Files by module, each with those that it needs.
pub struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    /// The graph of a crate's files; programs and tests aside.
    pub fn of(files: &[Source]) -> Self {
        let own = || files.iter().filter(|file| !file.is_test && file.module != "main");
        let modules: BTreeSet<&str> = own().map(|file| file.module.as_str()).collect();
        let edges = own().map(|file| {
            let targets = file.paths.iter().filter_map(|path| target(path, &modules));
            let targets: BTreeSet<String> =
                targets.filter(|target| *target != file.module).map(str::to_owned).collect();
            (file.module.clone(), targets)
        });
        Self(edges.collect())
    }

    /// Sets of files that need each other, the largest first.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|from| (from.as_str(), self.reached(from))).collect();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut circles = Vec::new();
        for (from, reached) in &reach {
            if !reached.contains(from) || seen.contains(from) {
                continue;
            }
            let circle: Vec<String> =
                reached.iter().filter(|to| reach[**to].contains(from)).map(|to| (*to).to_owned()).collect();
            seen.extend(reached.iter().filter(|to| reach[**to].contains(from)));
            circles.push(circle);
        }
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    /// A shortest way round in a circle, from its first file back to it.
    pub fn way(&self, circle: &[String]) -> Vec<String> {
        let Some(start) = circle.first() else { return Vec::new() };
        let mut ways: Vec<Vec<String>> = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while !ways.is_empty() {
            let mut next = Vec::new();
            for way in ways {
                for to in &self.0[way.last().expect("a way has a file")] {
                    let whole: Vec<String> = way.iter().cloned().chain([to.clone()]).collect();
                    if to == start {
                        return whole;
                    }
                    if self.0.contains_key(to) && seen.insert(to.clone()) {
                        next.push(whole);
                    }
                }
            }
            ways = next;
        }
        Vec::new()
    }

    fn reached(&self, from: &str) -> BTreeSet<&str> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = self.0[from].iter().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            if let Some((key, targets)) = self.0.get_key_value(next)
                && found.insert(key)
            {
                open.extend(targets.iter().map(String::as_str));
            }
        }
        found
    }
}

/// The file in which a path ends: the longest module that it names.
fn target<'m>(path: &str, modules: &BTreeSet<&'m str>) -> Option<&'m str> {
    let path = path.strip_prefix("crate::").or_else(|| path.strip_prefix("crate"))?;
    let parts: Vec<&str> = path.split("::").collect();
    (0..=parts.len()).rev().find_map(|count| modules.get(parts[..count].join("::").as_str()).copied())
}
