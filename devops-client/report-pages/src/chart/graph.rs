//! Boxes and arrows in layers, from the left to the right.

use super::{at, cut, rect, text};
use crate::html::Html;
use crate::state::Mood;

/// A box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// What stands below the name.
    pub detail: String,
    /// How it went.
    pub mood: Mood,
    /// Where it leads; nowhere if it is empty.
    pub to: String,
}

const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 40.0;
const GAP: (f64, f64) = (56.0, 12.0);
const EDGE: f64 = 10.0;
/// Characters that a box has room for.
const ROOM: usize = 27;

/// Boxes, with an arrow for each pair of their places: from the first to the second. A box stands to the right of all that
/// lead to it; arrows of a circle that would have to go back are drawn back.
pub fn graph(name: &str, nodes: &[Node], edges: &[(usize, usize)]) -> Html {
    let edges: Vec<(usize, usize)> =
        edges.iter().copied().filter(|(from, to)| from != to && *from < nodes.len() && *to < nodes.len()).collect();
    let layers = layers(nodes.len(), &edges);
    let tallest = layers.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let size =
        (2.0 * EDGE + layers.len() as f64 * (WIDTH + GAP.0) - GAP.0, 2.0 * EDGE + tallest * (HEIGHT + GAP.1) - GAP.1);
    let mut places = vec![(0.0, 0.0); nodes.len()];
    for (column, layer) in layers.iter().enumerate() {
        // in the middle of what is tallest, so that arrows are short
        let top = (size.1 - layer.len() as f64 * (HEIGHT + GAP.1) + GAP.1) / 2.0;
        for (row, node) in layer.iter().enumerate() {
            places[*node] = (EDGE + column as f64 * (WIDTH + GAP.0), top + row as f64 * (HEIGHT + GAP.1));
        }
    }
    let mut html = Html::default();
    let (width, height) = (at(size.0.max(1.0)), at(size.1.max(1.0)));
    let view = format!("0 0 {width} {height}");
    let attributes = [("viewBox", view.as_str()), ("width", width.as_str()), ("height", height.as_str())];
    let frame = [("class", "drawing"), ("tabindex", "0"), ("role", "group"), ("aria-label", name)];
    html.with("div", &frame, |html| {
        html.with("svg", &attributes, |svg| {
            for (from, to) in &edges {
                arrow(svg, places[*from], places[*to]);
            }
            for (node, place) in nodes.iter().zip(&places) {
                match node.to.is_empty() {
                    true => svg.tag("g", |svg| draw(svg, node, *place)),
                    false => svg.with("a", &[("href", &node.to)], |svg| draw(svg, node, *place)),
                }
            }
        });
    });
    html
}

fn draw(svg: &mut Html, node: &Node, (x, y): (f64, f64)) {
    // a pointer that rests on it sees the whole
    svg.tag("title", |html| html.text(&[node.name.as_str(), node.detail.as_str()].join("\n")));
    rect(svg, &format!("box {}", node.mood.class()), (x, y), (WIDTH, HEIGHT));
    let name = format!("{} {}", node.mood.sign(), node.name);
    if node.detail.is_empty() {
        text(svg, "", (x + 8.0, y + 24.0), "start", &cut(&name, ROOM));
    } else {
        text(svg, "", (x + 8.0, y + 17.0), "start", &cut(&name, ROOM));
        text(svg, "soft", (x + 8.0, y + 32.0), "start", &cut(&node.detail, ROOM + 1));
    }
}

fn arrow(svg: &mut Html, from: (f64, f64), to: (f64, f64)) {
    let start = (from.0 + WIDTH, from.1 + HEIGHT / 2.0);
    let end = (to.0 - 6.0, to.1 + HEIGHT / 2.0);
    let bend = ((end.0 - start.0).abs() / 2.0).clamp(24.0, 120.0);
    let path = format!(
        "M{} {} C{} {} {} {} {} {}",
        at(start.0),
        at(start.1),
        at(start.0 + bend),
        at(start.1),
        at(end.0 - bend),
        at(end.1),
        at(end.0),
        at(end.1)
    );
    svg.single("path", &[("class", "edge"), ("d", &path)]);
    let head = format!(
        "{},{} {},{} {},{}",
        at(end.0 + 6.0),
        at(end.1),
        at(end.0 - 2.0),
        at(end.1 - 4.0),
        at(end.0 - 2.0),
        at(end.1 + 4.0)
    );
    svg.single("polygon", &[("class", "head"), ("points", &head)]);
}

/// The nodes by the longest way to them; in each layer beside what they hang on.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut depth = vec![0_usize; count];
    let mut open: Vec<usize> = vec![0; count];
    for (_, to) in edges {
        open[*to] += 1;
    }
    let mut ready: Vec<usize> = (0..count).filter(|node| open[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for (_, to) in edges.iter().filter(|(from, _)| *from == node) {
            depth[*to] = depth[*to].max(depth[node] + 1);
            open[*to] -= 1;
            if open[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    let mut layers: Vec<Vec<usize>> = Vec::new();
    for (node, depth) in depth.iter().enumerate() {
        layers.resize((depth + 1).max(layers.len()), Vec::new());
        layers[*depth].push(node);
    }
    // there and back: what is beside what it hangs on has short arrows
    let mut row = vec![0.0; count];
    for sweep in 0..6 {
        let columns: Vec<usize> = match sweep % 2 {
            0 => (0..layers.len()).collect(),
            _ => (0..layers.len()).rev().collect(),
        };
        for column in columns {
            let middle = |node: usize| {
                let others = edges.iter().filter_map(|(from, to)| match sweep % 2 {
                    0 => (*to == node).then_some(*from),
                    _ => (*from == node).then_some(*to),
                });
                let rows: Vec<f64> = others.map(|other| row[other]).collect();
                if rows.is_empty() { row[node] } else { rows.iter().sum::<f64>() / rows.len() as f64 }
            };
            let mut layer: Vec<(f64, usize)> = layers[column].iter().map(|node| (middle(*node), *node)).collect();
            layer.sort_by(|one, other| one.0.total_cmp(&other.0));
            let half = layer.len() as f64 / 2.0;
            for (place, (_, node)) in layer.iter().enumerate() {
                row[*node] = place as f64 - half;
            }
            layers[column] = layer.into_iter().map(|(_, node)| node).collect();
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> Node {
        Node { name: name.to_owned(), ..Node::default() }
    }

    #[test]
    fn what_is_needed_stands_to_the_left() {
        assert_eq!(layers(4, &[(0, 1), (1, 2), (0, 2)]), [vec![0, 3], vec![1], vec![2]]);
    }

    #[test]
    fn what_hangs_on_the_same_stands_together() {
        // 2 hangs on 1 and 3 on 0: their order follows that of what they hang on
        let layers = layers(4, &[(1, 2), (0, 3)]);
        assert_eq!(layers, [vec![0, 1], vec![3, 2]]);
    }

    #[test]
    fn a_circle_ends_and_a_place_that_is_not_there_is_no_arrow() {
        let drawn = graph("g", &[node("a"), node("b")], &[(0, 1), (1, 0), (0, 0), (0, 7)]);
        assert_eq!(drawn.as_str().matches("class=\"edge\"").count(), 2);
        assert!(graph("g", &[], &[]).as_str().contains("<svg"));
    }

    #[test]
    fn names_are_text_and_links_are_links() {
        let linked = Node { to: "#s".to_owned(), ..node("</svg><script>") };
        let drawn = graph("g", &[linked], &[]);
        assert!(drawn.as_str().contains("<a href=\"#s\">"), "{}", drawn.as_str());
        assert!(!drawn.as_str().contains("<script"), "{}", drawn.as_str());
    }
}
