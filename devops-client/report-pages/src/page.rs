//! A whole document.

use crate::html::{Html, escaped};

/// What a document may have: its own style, forms that answer to its own server, and nothing of anybody else.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What a document says of itself; `frame-ancestors` counts in a header only.
const OWN_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'";

const STYLE: &str = include_str!("style.css");

/// A view that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its address.
    pub to: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one that is shown.
    pub is_here: bool,
}

/// A document.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Whose it is: stands above, beside the views.
    pub owner: String,
    /// The views that there are; none for a file.
    pub tabs: Vec<Tab>,
    /// What is in it, a heading of level 1 first.
    pub body: Html,
}

impl Page {
    /// The document as text.
    pub fn html(&self) -> String {
        let mut top = Html::default();
        if !self.tabs.is_empty() {
            top.tag("header", |header| {
                header.with("p", &[("class", "owner")], |html| html.text(&self.owner));
                header.with("nav", &[("aria-label", "Views")], |nav| {
                    nav.tag("ul", |list| {
                        for tab in &self.tabs {
                            let mut attributes = vec![("href", tab.to.as_str())];
                            attributes.extend(tab.is_here.then_some(("aria-current", "page")));
                            list.tag("li", |item| item.with("a", &attributes, |html| html.text(&tab.name)));
                        }
                    });
                });
            });
        }
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
             content=\"{OWN_POLICY}\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\"><title>{}</title>\
             <style>{STYLE}</style></head>\n<body><a class=\"skip\" href=\"#main\">To the content</a>{}\n\
             <main id=\"main\" tabindex=\"-1\">{}</main></body></html>\n",
            escaped(&self.title),
            top.as_str(),
            self.body.as_str(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_fetches_nothing() {
        let mut body = Html::default();
        body.heading(1, "<img src=http://x/y>");
        body.link("https://example.com", "there");
        let tabs = vec![Tab { to: "/a".to_owned(), name: "A".to_owned(), is_here: true }];
        let page = Page { title: "<script src=x>".to_owned(), owner: "o".to_owned(), tabs, body }.html();
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        assert!(page.contains("<title>&lt;script src=x&gt;</title>"), "{page}");
        assert!(page.contains("<a href=\"/a\" aria-current=\"page\">A</a>"), "{page}");
        assert!(page.contains("default-src 'none'"), "{page}");
    }
}
