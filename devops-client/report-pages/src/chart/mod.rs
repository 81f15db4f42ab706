//! Drawings of SVG. Each has a name; what it shows stands beside it as text, which is for its caller to see to.

pub mod bars;
pub mod graph;
pub mod timeline;

use crate::html::Html;

/// A text that is cut after so many characters, with a sign for the rest.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A number for an attribute, with one digit behind the point.
fn at(number: f64) -> String {
    format!("{number:.1}")
}

/// A rectangle.
fn rect(svg: &mut Html, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let (x, y, width, height) = (at(x), at(y), at(width.max(0.0)), at(height.max(0.0)));
    svg.single("rect", &[("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height), ("rx", "3")]);
}

/// A text, whose anchor is `start`, `middle` or `end`.
fn text(svg: &mut Html, class: &str, (x, y): (f64, f64), anchor: &str, said: &str) {
    let (x, y) = (at(x), at(y));
    svg.with("text", &[("class", class), ("x", &x), ("y", &y), ("text-anchor", anchor)], |html| html.text(said));
}

/// A straight line.
fn line(svg: &mut Html, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let (x1, y1, x2, y2) = (at(x1), at(y1), at(x2), at(y2));
    svg.single("line", &[("class", "line"), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)]);
}

/// A picture that is as wide as the page; readers of screens hear its name.
fn picture(name: &str, (width, height): (f64, f64), inner: impl FnOnce(&mut Html)) -> Html {
    let mut html = Html::default();
    let view = format!("0 0 {} {}", at(width), at(height));
    let attributes = [("class", "whole"), ("role", "img"), ("aria-label", name), ("viewBox", view.as_str())];
    html.with("div", &[("class", "drawing")], |html| html.with("svg", &attributes, inner));
    html
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}
