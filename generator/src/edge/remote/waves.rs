//! What shares a place goes one after the other.

use std::collections::BTreeMap;

/// Things of one place in turns, in their order: projects of one repository share its lock, and each pushes onto what the one
/// before it has left. No turn has two of one place.
pub(super) fn waves<T, P: Ord>(things: Vec<T>, place: impl Fn(&T) -> P) -> Vec<Vec<T>> {
    let mut seen: BTreeMap<P, usize> = BTreeMap::new();
    let mut waves: Vec<Vec<T>> = Vec::new();
    for one in things {
        let turn = *seen.entry(place(&one)).and_modify(|turn| *turn += 1).or_insert(0);
        if waves.len() <= turn {
            waves.push(Vec::new());
        }
        waves[turn].push(one);
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::waves;

    #[test]
    fn no_turn_has_two_of_one_place() {
        let place = |name: &&str| name.chars().next();
        let turns = waves(vec!["a1", "b1", "a2", "c1", "a3", "b2"], place);
        assert_eq!(turns, [vec!["a1", "b1", "c1"], vec!["a2", "b2"], vec!["a3"]]);
        assert!(waves(Vec::<&str>::new(), place).is_empty());
    }
}
