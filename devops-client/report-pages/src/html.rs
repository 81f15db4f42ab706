//! HTML that is put together from text: what is text stays text.

use std::fmt::Write as _;

/// Part of a page. Only this module makes one, from text that it escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

/// Text as it may stand in an element and in an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            // controls, and what makes text read in another order than it is written in
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            control if control.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out
}

/// Whether an address may be a link: of this page, of this server, or of the web.
fn is_safe(address: &str) -> bool {
    let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
    !scheme.contains(':') || address.starts_with("http://") || address.starts_with("https://")
}

impl Html {
    /// A text.
    pub fn of(text: &str) -> Self {
        let mut html = Self::default();
        html.text(text);
        html
    }

    /// A text as code.
    pub fn code(text: &str) -> Self {
        let mut html = Self::default();
        html.tag("code", |html| html.text(text));
        html
    }

    /// A link with a text.
    pub fn linked(to: &str, text: &str) -> Self {
        let mut html = Self::default();
        html.link(to, text);
        html
    }

    /// The HTML itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.0.push_str(&escaped(text));
    }

    /// Adds another part.
    pub fn put(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Adds an element without attributes.
    pub fn tag(&mut self, name: &'static str, inner: impl FnOnce(&mut Self)) {
        self.with(name, &[], inner);
    }

    fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            let _ = write!(self.0, " {key}=\"{}\"", escaped(value));
        }
    }

    /// Adds an element with attributes, whose values are text.
    pub fn with(&mut self, name: &'static str, attributes: &[(&'static str, &str)], inner: impl FnOnce(&mut Self)) {
        self.open(name, attributes);
        self.0.push('>');
        inner(self);
        let _ = write!(self.0, "</{name}>");
    }

    /// Adds an element that has nothing in it.
    pub fn single(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.open(name, attributes);
        self.0.push_str("/>");
    }

    /// Adds a heading: its level from 1 to 4.
    pub fn heading(&mut self, level: u8, text: &str) {
        let name = ["h1", "h2", "h3", "h4"][usize::from(level.clamp(1, 4) - 1)];
        self.tag(name, |html| html.text(text));
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.tag("p", |html| html.text(text));
    }

    /// Adds a link; the text alone if the address is of a kind that no page should lead to.
    pub fn link(&mut self, to: &str, text: &str) {
        if is_safe(to) {
            self.with("a", &[("href", to)], |html| html.text(text));
        } else {
            self.text(text);
        }
    }

    /// Adds a table: its name, a heading for each column, and rows, whose first cell is their name.
    pub fn table(&mut self, caption: &str, heads: &[&str], rows: impl Iterator<Item = Vec<Self>>) {
        self.tag("table", |table| {
            table.tag("caption", |html| html.text(caption));
            table.tag("thead", |head| {
                head.tag("tr", |row| {
                    for name in heads {
                        row.with("th", &[("scope", "col")], |cell| cell.text(name));
                    }
                });
            });
            table.tag("tbody", |body| {
                for cells in rows {
                    body.tag("tr", |row| {
                        for (at, cell) in cells.iter().enumerate() {
                            match at {
                                0 => row.with("th", &[("scope", "row")], |place| place.put(cell)),
                                _ => row.tag("td", |place| place.put(cell)),
                            }
                        }
                    });
                }
            });
        });
    }

    /// Adds names and what belongs to them.
    pub fn facts(&mut self, facts: &[(&str, Self)]) {
        self.tag("dl", |list| {
            for (name, fact) in facts {
                list.tag("dt", |html| html.text(name));
                list.tag("dd", |html| html.put(fact));
            }
        });
    }

    /// Adds lines of text as they are, in a place that the keyboard can scroll.
    pub fn lines(&mut self, name: &str, text: &str) {
        self.with("pre", &[("tabindex", "0"), ("role", "group"), ("aria-label", name)], |html| html.text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut html = Html::default();
        html.with("a", &[("href", "\"><x")], |html| html.text("<script>&'\""));
        assert_eq!(html.0, "<a href=\"&quot;&gt;&lt;x\">&lt;script&gt;&amp;&#39;&quot;</a>");
    }

    #[test]
    fn controls_are_shown_as_what_they_are() {
        assert_eq!(Html::of("a\u{1b}[31m\u{202e}b\nc").0, "a\\u{1b}[31m\\u{202e}b\nc");
    }

    #[test]
    fn an_address_of_another_kind_is_no_link() {
        for bad in ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JavaScript:x"] {
            assert_eq!(Html::linked(bad, "t").0, "t");
        }
        for good in ["#a", "/runs/1", "runs/1:2", "https://example.com/a:b", "http://127.0.0.1:1/x"] {
            assert!(Html::linked(good, "t").0.starts_with("<a href="), "{good}");
        }
    }

    #[test]
    fn a_table_says_what_its_cells_are() {
        let mut html = Html::default();
        html.table("Runs", &["Run", "State"], [vec![Html::of("1"), Html::of("<good>")]].into_iter());
        assert!(html.0.contains("<caption>Runs</caption>"), "{}", html.0);
        assert!(html.0.contains("<th scope=\"row\">1</th><td>&lt;good&gt;</td>"), "{}", html.0);
    }
}
