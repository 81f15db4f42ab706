//! Endpoints: what is deployed, and a form that sends a request.

use report_pages::{Html, Mood, state};

use crate::deployed::{Batch, Deployed, Kind};

/// A service with what a request to it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The service.
    pub service: Deployed,
    /// The environment that it is in; empty where that is not known.
    pub environment: String,
    /// The route that scores.
    pub route: String,
    /// The body of a request that it answers.
    pub example: String,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Which endpoint was asked: [`Endpoint::id`].
    pub of: String,
    /// The route.
    pub route: String,
    /// What was sent.
    pub sent: String,
    /// Status and body, or why there are none.
    pub answer: Result<(u16, String), String>,
    /// Milliseconds until it was there.
    pub took: u128,
}

impl Reply {
    /// One to a request that nobody has answered yet.
    pub fn to(endpoint: &Endpoint, route: &str, sent: &str) -> Self {
        let answer = Err("nobody has answered".to_owned());
        Self { of: endpoint.id(), route: route.to_owned(), sent: sent.to_owned(), answer, took: 0 }
    }
}

impl Endpoint {
    /// By this it is named in forms.
    pub fn id(&self) -> String {
        format!("{}/{}", self.service.group, self.service.name)
    }
}

/// Endpoints, each with a form that is sent to `here`; above them what the last request came to, below them those that score
/// whole files.
pub fn endpoints(all: &[Endpoint], batch: &[Batch], here: &str, reply: Option<&Reply>) -> Html {
    let mut body = Html::default();
    body.heading(1, "Endpoints");
    if all.is_empty() && batch.is_empty() {
        body.paragraph(
            "Nothing is deployed yet: a release run deploys a registered model, environment by environment.",
        );
    }
    if let Some(reply) = reply {
        body.put(&answered(reply));
    }
    for (number, endpoint) in all.iter().enumerate() {
        let Endpoint { service, environment, .. } = endpoint;
        let name =
            if environment.is_empty() { service.name.clone() } else { format!("{} in {environment}", service.name) };
        body.heading(2, &name);
        let kind = match service.kind {
            Kind::ContainerGroup => "container group",
            Kind::Service => "Service of a cluster",
            Kind::OnlineEndpoint => "online endpoint of Azure ML",
        };
        let image = if service.image.is_empty() { Html::of("no deployment yet") } else { Html::code(&service.image) };
        let mut facts = vec![
            ("Kind", Html::of(kind)),
            ("Resource group", Html::of(&service.group)),
            ("Image", image),
            ("Port on this machine", Html::of(&service.port.to_string())),
        ];
        if !service.shares.is_empty() {
            let share = |(name, share): &(String, u64)| format!("{name} {share} %");
            let shares: Vec<String> = service.shares.iter().map(share).collect();
            facts.push(("Shares of the traffic", Html::of(&shares.join(", "))));
        }
        body.facts(&facts);
        let own = reply.filter(|reply| reply.of == endpoint.id());
        form(endpoint, &name, number, here, own, &mut body);
    }
    if !batch.is_empty() {
        body.heading(2, "Batch endpoints");
        body.paragraph("A request to one of these is a job, which scores whole files; the runs and the models show what came of it.");
        let rows = batch.iter().map(|one| {
            let chosen = match one.chosen.as_str() {
                "" => state(Mood::Waiting, "no deployment yet"),
                name => Html::of(name),
            };
            let others: Vec<&str> =
                one.deployments.iter().filter(|name| **name != one.chosen).map(String::as_str).collect();
            vec![
                Html::of(&one.name),
                Html::of(&one.workspace),
                chosen,
                Html::of(&others.join(", ")),
                Html::of(&one.description),
            ]
        });
        let heads = ["Endpoint", "Workspace", "Requests go to", "Other deployments", "What it is for"];
        body.table("Batch endpoints", &heads, rows);
    }
    body
}

fn form(endpoint: &Endpoint, name: &str, number: usize, here: &str, last: Option<&Reply>, body: &mut Html) {
    body.with("form", &[("method", "post"), ("action", here), ("class", "tall")], |form| {
        form.single("input", &[("type", "hidden"), ("name", "endpoint"), ("value", &endpoint.id())]);
        let (route, text) = (format!("route-{number}"), format!("body-{number}"));
        form.with("label", &[("for", &route)], |label| label.text("Route"));
        let value = last.map_or(&endpoint.route, |last| &last.route);
        form.single("input", &[("id", &route), ("name", "route"), ("value", value), ("autocomplete", "off")]);
        form.with("label", &[("for", &text)], |label| label.text("Body of the request, JSON"));
        form.with("textarea", &[("id", &text), ("name", "body"), ("spellcheck", "false")], |area| {
            area.text(last.map_or(&endpoint.example, |last| &last.sent));
        });
        let said = format!("Send the request to {name}");
        form.with("button", &[("type", "submit"), ("aria-label", &said)], |button| button.text("Send"));
    });
}

fn answered(reply: &Reply) -> Html {
    let mut html = Html::default();
    html.with("section", &[("class", "card"), ("aria-label", "Answer"), ("id", "answer")], |card| {
        card.heading(2, &format!("Answer of {}", reply.of));
        match &reply.answer {
            Ok((status, text)) => {
                let mood = if (200..300).contains(status) { Mood::Good } else { Mood::Bad };
                card.tag("p", |line| {
                    line.put(&state(mood, &status.to_string()));
                    line.text(&format!(" after {} ms", reply.took));
                });
                card.lines("Body of the answer", text);
            }
            Err(why) => card.with("p", &[("class", "note bad")], |note| note.text(why)),
        }
    });
    html
}
