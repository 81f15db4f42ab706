//! Trees laid out for evaluation: the nodes of all trees in one list, level after level, a split's children side by side.

use super::file::{CategoriesPart, Compare, Precision, Side, TreePart};
use super::{NativeError, finite, invalid, same_length};
use std::collections::HashMap;

/// The most nodes of all trees together.
const NODE_LIMIT: usize = 1 << 27;

/// The most splits above a leaf.
const DEPTH_LIMIT: usize = 4096;

/// The greatest number that a categorical split can name.
const CATEGORY_LIMIT: u32 = 1 << 20;

/// NaN goes left.
pub(super) const MISSING_LEFT: u32 = 1 << 31;

/// The split is one of membership.
pub(super) const CATEGORICAL: u32 = 1 << 30;

/// What is left of `Node::feature` for the feature's number.
pub(super) const FEATURE: u32 = CATEGORICAL - 1;

/// A split or a leaf.
///
/// A leaf is a split that leads to itself, so that several rows can walk in step until none of them moves.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(16))]
pub(super) struct Node {
    /// Left where the feature is at most this; of membership the number of the set.
    pub threshold: f64,
    /// The left child; the right one is the next.
    pub child: u32,
    /// The feature, with [`MISSING_LEFT`] and [`CATEGORICAL`].
    pub feature: u32,
}

/// Which whole numbers go left.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    bits: Vec<u64>,
    /// Where numbers go that have no bit.
    others_left: bool,
}

impl Membership {
    fn new(part: &CategoriesPart, place: &str) -> Result<Self, NativeError> {
        if let Some(value) = part.values.iter().find(|value| **value >= CATEGORY_LIMIT) {
            return Err(invalid(place, format!("{value} is too great, expected less than {CATEGORY_LIMIT}")));
        }
        let others_left = part.listed == Side::Right;
        let words = part.values.iter().max().map_or(0, |most| *most as usize / 64 + 1);
        let mut bits = vec![if others_left { u64::MAX } else { 0 }; words];
        for value in &part.values {
            let (word, bit) = (*value as usize / 64, 1u64 << (value % 64));
            bits[word] = if others_left { bits[word] & !bit } else { bits[word] | bit };
        }
        Ok(Self { bits, others_left })
    }

    /// Whether a number goes left; a fraction is cut off, as the libraries do.
    pub fn is_left(&self, value: f64) -> bool {
        // Of -0.5 nothing is left but zero; below, a number has no bit. The conversion saturates.
        if value <= -1.0 {
            return self.others_left;
        }
        let at = value as usize;
        self.bits.get(at / 64).map_or(self.others_left, |word| word >> (at % 64) & 1 == 1)
    }
}

/// A tree among the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    /// The first node.
    pub root: u32,
    /// The score that leaves are added to; `None` where a leaf has a number for each.
    pub output: Option<u32>,
}

/// All trees of a model.
#[derive(Debug, Clone, Default)]
pub(super) struct Forest {
    pub trees: Vec<Tree>,
    pub nodes: Vec<Node>,
    /// Of a leaf, where its numbers begin in `leaves`.
    pub leaf_at: Vec<u32>,
    pub leaves: Vec<f64>,
    pub memberships: Vec<Membership>,
}

/// What the trees of a model have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    pub features: usize,
    pub outputs: usize,
    pub inputs: Precision,
    pub compare: Compare,
}

impl Forest {
    /// Checks a tree and lays it out behind the others. Afterwards every node is reached from the root once, children are in
    /// range, and features are there.
    pub fn push(&mut self, part: &TreePart, common: Common, place: &str) -> Result<(), NativeError> {
        let splits = part.feature.len();
        for (member, length) in
            [("threshold", part.threshold.len()), ("left", part.left.len()), ("right", part.right.len())]
        {
            same_length(&format!("{place}.{member}"), length, splits)?;
        }
        finite(&format!("{place}.threshold"), &part.threshold)?;
        finite(&format!("{place}.leaves"), &part.leaves)?;
        let directions = part.directions.as_deref().unwrap_or("").as_bytes();
        if part.directions.is_some() {
            same_length(&format!("{place}.directions"), directions.len(), splits)?;
        }
        if let Some(other) = directions.iter().find(|letter| !matches!(letter, b'l' | b'r')) {
            return Err(invalid(format!("{place}.directions"), format!("byte {other} is neither 'l' nor 'r'")));
        }
        let width = match part.output {
            Some(output) if output as usize >= common.outputs => {
                return Err(invalid(format!("{place}.output"), format!("{output} of {} scores", common.outputs)));
            }
            Some(_) => 1,
            None => common.outputs,
        };
        same_length(&format!("{place}.leaves"), part.leaves.len(), (splits + 1) * width)?;
        if self.nodes.len() + 2 * splits + 1 > NODE_LIMIT || self.leaves.len() + part.leaves.len() > NODE_LIMIT {
            return Err(invalid(place, format!("the trees have more than {NODE_LIMIT} nodes")));
        }
        let mut sets = HashMap::new();
        for (at, categories) in part.categories.iter().enumerate() {
            let set = Membership::new(categories, &format!("{place}.categories[{at}].values"))?;
            if categories.split as usize >= splits || sets.insert(categories.split, self.memberships.len()).is_some() {
                return Err(invalid(format!("{place}.categories[{at}].split"), "is no split, or there twice"));
            }
            self.memberships.push(set);
        }
        let root = self.nodes.len();
        let first_leaf = self.leaves.len();
        self.trees.push(Tree { root: root as u32, output: part.output });
        self.leaves.extend_from_slice(&part.leaves);
        let mut seen = vec![false; 2 * splits + 1];
        // Each level is a list of children as the file has them, in the order of their nodes.
        let mut level: Vec<i64> = vec![if splits == 0 { -1 } else { 0 }];
        for depth in 0.. {
            if depth > DEPTH_LIMIT {
                return Err(invalid(place, format!("it is deeper than {DEPTH_LIMIT} splits")));
            }
            let mut next = self.nodes.len() + level.len();
            let mut below = vec![];
            for child in &level {
                // A leaf comes after the splits; `!child` is `-1 - child`.
                let at = if *child < 0 { (!child).checked_add(splits as i64) } else { Some(*child) };
                let at = at.and_then(|at| usize::try_from(at).ok());
                let known = at.filter(|at| *at < seen.len() && (*child < 0 || *at < splits));
                let Some(at) = known else {
                    return Err(invalid(place, format!("the child {child} is not there: it has {splits} splits")));
                };
                if std::mem::replace(&mut seen[at], true) {
                    return Err(invalid(place, format!("the child {child} has two parents")));
                }
                if *child < 0 {
                    let own = self.nodes.len() as u32;
                    self.nodes.push(Node { threshold: f64::INFINITY, child: own, feature: MISSING_LEFT });
                    self.leaf_at.push((first_leaf + (at - splits) * width) as u32);
                    continue;
                }
                let feature = part.feature[at];
                if feature as usize >= common.features {
                    let problem = format!("{feature} is not there: the trees see {} features", common.features);
                    return Err(invalid(format!("{place}.feature[{at}]"), problem));
                }
                let missing = if directions.get(at) == Some(&b'l') { MISSING_LEFT } else { 0 };
                let (threshold, kind) = match sets.get(&(at as u32)) {
                    Some(set) => (*set as f64, CATEGORICAL),
                    None => (threshold(part.threshold[at], common), 0),
                };
                self.nodes.push(Node { threshold, child: next as u32, feature: feature | missing | kind });
                self.leaf_at.push(0);
                next += 2;
                below.extend([part.left[at], part.right[at]]);
            }
            if below.is_empty() {
                break;
            }
            level = below;
        }
        if self.nodes.len() - root != seen.len() {
            return Err(invalid(place, "some of its splits and leaves cannot be reached"));
        }
        Ok(())
    }
}

/// The threshold in the precision of the features, and so that "at most" is what is asked.
fn threshold(value: f64, common: Common) -> f64 {
    match (common.compare, common.inputs) {
        (Compare::AtMost, _) => value,
        (Compare::Less, Precision::Double) => value.next_down(),
        (Compare::Less, Precision::Single) => f64::from((value as f32).next_down()),
    }
}
