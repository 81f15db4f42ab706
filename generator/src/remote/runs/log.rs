//! Lines of logs, fit to be printed: what other people's programs wrote does nothing to a terminal or to an agent.

/// A line as text and nothing else: without the service's time in front, without escapes and control characters, and
/// with logging commands broken, so that an agent that prints the line does not obey them.
pub fn clean(line: &str) -> String {
    defuse(&printable(without_time(line)))
}

/// Text that people or services wrote, on one line and without control characters.
pub fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

// Invariant: what a log says does nothing to a terminal or to an agent
// (test: log_lines_do_nothing_to_a_terminal_or_an_agent).
/// Text that people, files or services wrote, on one line that does nothing to a terminal or to an agent.
pub fn harmless(text: &str) -> String {
    defuse(&one_line(text))
}

/// The service writes `2026-11-22T10:00:00.0000000Z ` before each line.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest)) if is_time(time) => rest,
        None if is_time(line) => "",
        _ => line,
    }
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    bytes.last() == Some(&b'Z') && bytes.get(10) == Some(&b'T') && digits(0..4) && digits(5..7) && digits(8..10)
}

fn printable(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_sequence(&mut rest),
            '\t' => out.push_str("    "),
            // What turns the direction of text around makes a line say what it does not.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// After ESC: a control sequence up to its final character, a string up to its end, or one character.
fn skip_escape(rest: &mut Rest<'_>) {
    match rest.next() {
        Some('[') => skip_sequence(rest),
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = rest.next() {
                if c == '\u{7}' || c == '\u{9c}' || (c == '\u{1b}' && rest.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        Some(c) if (' '..='/').contains(&c) => {
            while rest.next_if(|c| (' '..='/').contains(c)).is_some() {}
            rest.next();
        }
        _ => {}
    }
}

fn skip_sequence(rest: &mut Rest<'_>) {
    while rest.next_if(|c| (' '..='?').contains(c)).is_some() {}
    rest.next_if(|c| ('@'..='~').contains(c));
}

/// An agent looks for its commands anywhere in a line, in any case.
fn defuse(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    for (at, _) in lower.match_indices("##vso[") {
        out.push_str(&line[from..at]);
        out.push_str("## ");
        from = at + 2;
    }
    out.push_str(&line[from..]);
    out
}
