//! HTML that is put together from text: what is text stays text.

/// Part of a page.
#[derive(Debug, Default)]
pub(super) struct Html(String);

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

impl Html {
    pub fn of(text: &str) -> Self {
        let mut html = Self::default();
        html.text(text);
        html
    }

    pub fn code(text: &str) -> Self {
        let mut html = Self::default();
        html.tag("code", |html| html.text(text));
        html
    }

    pub fn text(&mut self, text: &str) {
        self.0.push_str(&escaped(text));
    }

    pub fn put(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// An element without attributes.
    pub fn tag(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.with(name, &[], inner);
    }

    /// An element with attributes, whose values are text.
    pub fn with(&mut self, name: &str, attributes: &[(&str, &str)], inner: impl FnOnce(&mut Self)) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push_str(&format!(" {key}=\"{}\"", escaped(value)));
        }
        self.0.push('>');
        inner(self);
        self.0.push_str(&format!("</{name}>"));
    }

    pub fn link(&mut self, to: &str, text: &str) {
        self.with("a", &[("href", to)], |html| html.text(text));
    }

    /// A table with a heading for each column.
    pub fn table(&mut self, heads: &[&str], rows: impl Iterator<Item = Vec<Self>>) {
        self.tag("table", |table| {
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
                        for cell in &cells {
                            row.tag("td", |place| place.put(cell));
                        }
                    });
                }
            });
        });
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem;background:Canvas;color:CanvasText}\
a{color:LinkText}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid GrayText;vertical-align:top}\
pre{overflow:auto;padding:.6rem;border:1px solid GrayText;white-space:pre-wrap}\
.bar{display:block;height:.6rem;background:Highlight;min-width:2px}\
.failed,.canceled{font-weight:bold}\
ol{padding-left:1.2rem}";

/// A whole page.
pub(super) fn page(title: &str, body: Html) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style></head><body><main>{}</main>\
         </body></html>",
        escaped(title),
        body.0
    )
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
}
