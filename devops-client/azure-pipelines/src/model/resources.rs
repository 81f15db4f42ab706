//! What starts a pipeline, and what it names outside of itself.

use crate::value::{Node, Value};

/// What starts a pipeline by itself: `trigger` or `pr`.
#[derive(Clone, Debug, Default)]
pub enum Trigger<'a> {
    /// It is not said: every branch starts it.
    #[default]
    Unsaid,
    /// `none`.
    Never,
    /// Some branches, tags and paths.
    On {
        /// Branches.
        branches: Filter<'a>,
        /// Tags.
        tags: Filter<'a>,
        /// Paths.
        paths: Filter<'a>,
        /// Whether changes gather while a run goes.
        batch: bool,
    },
}

/// Names that count and names that do not; `*` and `?` stand for others.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    /// Those that count; empty for all.
    pub include: Vec<&'a str>,
    /// Those that do not.
    pub exclude: Vec<&'a str>,
}

/// A `schedules` entry.
#[derive(Clone, Debug)]
pub struct Schedule<'a> {
    /// Its mapping.
    pub node: &'a Node,
    /// Its cron expression.
    pub cron: Option<&'a Node>,
    /// The branches that it builds.
    pub branches: Option<Filter<'a>>,
}

/// An entry of `resources`.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// `repositories`, `pipelines`, `containers`, `webhooks`, `packages` or `builds`.
    pub kind: &'a str,
    /// The name that the pipeline uses.
    pub alias: &'a str,
    /// Its mapping.
    pub node: &'a Node,
}

pub(super) fn trigger(node: Option<&Node>) -> Trigger<'_> {
    let Some(node) = node else { return Trigger::Unsaid };
    let on = |branches| Trigger::On { branches, tags: Filter::default(), paths: Filter::default(), batch: false };
    match (&node.value, node.text()) {
        (Value::Null, _) => Trigger::Unsaid,
        (_, Some("none")) => Trigger::Never,
        (_, Some(branch)) => on(Filter { include: vec![branch], exclude: Vec::new() }),
        (Value::List(_), _) => on(Filter { include: texts(Some(node)), exclude: Vec::new() }),
        _ => Trigger::On {
            branches: filter(node.get("branches")),
            tags: filter(node.get("tags")),
            paths: filter(node.get("paths")),
            batch: node.text_at("batch").is_some_and(|text| text.eq_ignore_ascii_case("true")),
        },
    }
}

fn filter(node: Option<&Node>) -> Filter<'_> {
    let listed = texts(node);
    match node {
        Some(node) if listed.is_empty() => {
            Filter { include: texts(node.get("include")), exclude: texts(node.get("exclude")) }
        }
        _ => Filter { include: listed, exclude: Vec::new() },
    }
}

fn texts(node: Option<&Node>) -> Vec<&str> {
    node.map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect()
}

pub(super) fn schedules(root: &Node) -> Vec<Schedule<'_>> {
    let schedule = |node| Schedule {
        node,
        cron: node_at(node, "cron"),
        branches: node_at(node, "branches").map(|b| filter(Some(b))),
    };
    root.get("schedules").map(Node::items).unwrap_or_default().iter().map(schedule).collect()
}

fn node_at<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key)
}

pub(super) fn resources(root: &Node) -> Vec<Resource<'_>> {
    const KINDS: [(&str, &str); 6] = [
        ("repositories", "repository"),
        ("pipelines", "pipeline"),
        ("containers", "container"),
        ("webhooks", "webhook"),
        ("packages", "package"),
        ("builds", "build"),
    ];
    let Some(resources) = root.get("resources") else { return Vec::new() };
    let of = |(kind, name): (&'static str, &'static str)| {
        let items = resources.get(kind).map(Node::items).unwrap_or_default();
        items.iter().filter_map(move |node| Some(Resource { kind, alias: node.text_at(name)?, node }))
    };
    KINDS.into_iter().flat_map(of).collect()
}
