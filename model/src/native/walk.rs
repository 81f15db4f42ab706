//! From roots to leaves: several rows, or for one row several trees, go down in step, so that the processor need not wait for one
//! node before it fetches another.

use super::layout::{CATEGORICAL, FEATURE, Forest, MISSING_LEFT, Membership, Node};

/// How many go in step.
const LANES: usize = 8;

/// One step down.
#[inline(always)]
fn step(nodes: &[Node], memberships: &[Membership], at: u32, features: &[f64]) -> u32 {
    let node = nodes[at as usize];
    let value = features[(node.feature & FEATURE) as usize];
    let missing_left = (node.feature & MISSING_LEFT != 0) & value.is_nan();
    let left = if node.feature & CATEGORICAL == 0 {
        (value <= node.threshold) | missing_left
    } else {
        missing_left || (!value.is_nan() && memberships[node.threshold as usize].is_left(value))
    };
    node.child + u32::from(!left)
}

/// Walks until none moves.
#[inline(always)]
fn descend<'a>(forest: &Forest, at: &mut [u32; LANES], features: impl Fn(usize) -> &'a [f64]) {
    let (nodes, memberships) = (&forest.nodes[..], &forest.memberships[..]);
    loop {
        let mut moved = 0;
        for (lane, at) in at.iter_mut().enumerate() {
            let next = step(nodes, memberships, *at, features(lane));
            moved |= next ^ *at;
            *at = next;
        }
        if moved == 0 {
            break;
        }
    }
}

fn descend_one(forest: &Forest, mut at: u32, features: &[f64]) -> u32 {
    loop {
        let next = step(&forest.nodes, &forest.memberships, at, features);
        if next == at {
            return at;
        }
        at = next;
    }
}

/// Calls `leaf` for each tree in order with the leaf that a row comes to.
pub(super) fn one_row(forest: &Forest, features: &[f64], mut leaf: impl FnMut(usize, u32)) {
    let (groups, rest) = forest.trees.as_chunks::<LANES>();
    for (group, trees) in groups.iter().enumerate() {
        let mut at = trees.map(|tree| tree.root);
        descend(forest, &mut at, |_| features);
        for (lane, at) in at.into_iter().enumerate() {
            leaf(group * LANES + lane, at);
        }
    }
    for (index, tree) in rest.iter().enumerate() {
        leaf(groups.len() * LANES + index, descend_one(forest, tree.root, features));
    }
}

/// Calls `leaf` for each tree in order and each of `count` rows with the leaf that the row comes to.
pub(super) fn rows(
    forest: &Forest,
    features: &[f64],
    width: usize,
    count: usize,
    mut leaf: impl FnMut(usize, usize, u32),
) {
    let row = |at: usize| &features[at * width..][..width];
    for (index, tree) in forest.trees.iter().enumerate() {
        let mut start = 0;
        while start + LANES <= count {
            let mut at = [tree.root; LANES];
            let own: [&[f64]; LANES] = std::array::from_fn(|lane| row(start + lane));
            descend(forest, &mut at, |lane| own[lane]);
            for (lane, at) in at.into_iter().enumerate() {
                leaf(index, start + lane, at);
            }
            start += LANES;
        }
        for at in start..count {
            leaf(index, at, descend_one(forest, tree.root, row(at)));
        }
    }
}
