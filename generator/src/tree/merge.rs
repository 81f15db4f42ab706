//! Three texts made one: what a person has changed and what the render has changed, since the render before.

use diffy::{ConflictStyle, DiffOptions, IncompleteHunkStyle, Line, MergeOptions};

/// What a line of a conflict begins with: the person's side, what separates the sides, the render's side.
const MARKS: [&str; 3] = ["<<<<<<<", "=======", ">>>>>>>"];

/// Two sides made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text, with marks where both sides changed the same lines.
    pub text: String,
    /// How many places a person must decide.
    pub conflicts: usize,
}

/// Joins what `ours` and `theirs` have changed in `base`. Without a base every difference is a conflict: nobody knows who
/// made it.
pub fn merge(base: Option<&str>, ours: &str, theirs: &str) -> Merged {
    let Some(base) = base else { return two_sided(ours, theirs) };
    let mut options = MergeOptions::new();
    options.set_conflict_style(ConflictStyle::Merge).set_incomplete_hunk_style(IncompleteHunkStyle::Git);
    match options.merge(base, ours, theirs) {
        Ok(text) => Merged { text, conflicts: 0 },
        Err(text) => {
            Merged { conflicts: text.lines().filter(|line| line.starts_with("<<<<<<< ")).count().max(1), text }
        }
    }
}

fn two_sided(ours: &str, theirs: &str) -> Merged {
    let mut options = DiffOptions::new();
    options.set_context_len(0);
    let patch = options.create_patch(ours, theirs);
    let lines: Vec<&str> = ours.split_inclusive('\n').collect();
    let (mut text, mut next, mut conflicts) = (String::new(), 0, 0);
    for hunk in patch.hunks() {
        let range = hunk.old_range();
        // An empty range names the line before it.
        let start = if range.is_empty() { range.start() } else { range.start() - 1 };
        lines[next..start].iter().for_each(|line| text.push_str(line));
        let side = |ours: bool| {
            let of = |line: &Line<'_, str>| match line {
                Line::Delete(line) if ours => Some(ended(line)),
                Line::Insert(line) if !ours => Some(ended(line)),
                _ => None,
            };
            hunk.lines().iter().filter_map(of).collect::<String>()
        };
        text.push_str(&format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", side(true), side(false)));
        conflicts += 1;
        next = start + range.len();
    }
    lines[next..].iter().for_each(|line| text.push_str(line));
    Merged { text, conflicts }
}

fn ended(line: &str) -> String {
    if line.ends_with('\n') { line.to_owned() } else { format!("{line}\n") }
}

/// The first line that holds a mark of an unresolved conflict, counted from 1: all three marks are there, in order.
pub fn conflict_line(text: &str) -> Option<usize> {
    let mut first = None;
    let mut wanted = 0;
    for (number, line) in text.lines().enumerate() {
        let marked = line.strip_prefix(MARKS[wanted]).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        if marked {
            first = first.or(Some(number + 1));
            wanted += 1;
        }
        if wanted == MARKS.len() {
            return first;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Merged, conflict_line, merge};

    #[test]
    fn changes_in_different_lines_are_joined() {
        let merged = merge(Some("a\nb\nc\nd\ne\n"), "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n");
        assert_eq!(merged, Merged { text: "A\nb\nc\nd\nE\n".into(), conflicts: 0 });
    }

    #[test]
    fn changes_of_the_same_line_are_marked_and_found() {
        let merged = merge(Some("a\nb\nc\n"), "a\nours\nc\n", "a\ntheirs\nc\n");
        assert_eq!(merged.conflicts, 1);
        assert_eq!(conflict_line(&merged.text), Some(2));
        assert!(merged.text.contains("ours\n=======\ntheirs\n"), "{}", merged.text);
    }

    #[test]
    fn without_a_base_every_difference_is_marked_and_nothing_is_lost() {
        let merged = merge(None, "a\nb\nc\nd", "a\nB\nc\nd\ne\n");
        assert_eq!(
            merged.text,
            "a\n<<<<<<< ours\nb\n=======\nB\n>>>>>>> theirs\nc\n<<<<<<< ours\nd\n=======\nd\ne\n>>>>>>> theirs\n"
        );
        assert_eq!(merged.conflicts, 2);
        assert_eq!(merge(None, "", "x\n").text, "<<<<<<< ours\n=======\nx\n>>>>>>> theirs\n");
    }

    #[test]
    fn a_heading_of_equal_signs_is_no_conflict() {
        assert_eq!(conflict_line("Title\n=======\ntext\n"), None);
    }
}
