//! The page for people: looked at and answered as a browser does.

use std::sync::Arc;

use devops_emulator::{Asked, Emulator, View};
use report_pages::Html;
use serde_json::json;

use crate::gates::{pending, with_approval};
use crate::planted;
use crate::world::World;

/// Status, the address that it leads on to, and the text.
async fn page(world: &World, path: &str) -> (u16, String) {
    let answer = world.client.get(format!("{}/_emulator/page{path}", world.running.origin())).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn send(world: &World, path: &str, origin: Option<&str>, body: &str) -> (u16, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut request = client.post(format!("{}/_emulator/page{path}", world.running.origin()));
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn with_ann() -> World {
    let emulator = Emulator::builder().seed_project("shop").token(planted::TOKEN);
    World::with(emulator.user("Ann", "ann@example.com", planted::OTHER_TOKEN)).await
}

#[tokio::test]
async fn an_answer_has_to_be_ones_own_and_from_the_page_itself() {
    let world = with_ann().await;
    let (_, run) = with_approval(&world, json!({ "instructions": "look <at> QA" })).await;
    let id = pending(&world).await;
    let (_, text) = page(&world, "/environments").await;
    let path = format!("/approvals/{id}");
    assert!(text.contains(&format!("action=\"/_emulator/page{path}\"")), "{text}");
    assert!(text.contains("look &lt;at&gt; QA") && !text.contains("<at>"), "{text}");
    let origin = world.running.origin();
    for stranger in [None, Some("https://example.com"), Some("null")] {
        assert_eq!(send(&world, &path, stranger, "status=approved").await.0, 403);
    }
    let (status, text) = send(&world, &path, Some(&origin), "status=perhaps").await;
    assert!(status == 409 && text.contains("perhaps"), "{status} {text}");
    // whoever looks is the first account's person, and the check asks for somebody else
    let (status, text) = send(&world, &path, Some(&origin), "status=approved").await;
    assert!(status == 409 && text.contains("permission to approve"), "{status} {text}");
    let (_, text) = page(&world, &format!("/runs/{run}")).await;
    assert!(text.contains("Waits for an answer") && text.contains("approval by Ann"), "{text}");
}

#[tokio::test]
async fn one_person_who_plays_everybody_approves_on_the_page() {
    let world = with_ann().await;
    world.running.with_state(|organization| organization.settings.one_person = true);
    let (_, run) = with_approval(&world, json!({})).await;
    let id = pending(&world).await;
    let origin = world.running.origin();
    let answer = send(&world, &format!("/approvals/{id}"), Some(&origin), "status=approved&comment=looks+good").await;
    assert_eq!(answer.0, 303, "{}", answer.1);
    assert_eq!(world.finish(run).await["result"], "succeeded");
    let (_, text) = page(&world, "/environments").await;
    assert!(text.contains("looks good") && !text.contains("Waits for an answer"), "{text}");
    let (_, text) = page(&world, &format!("/runs/{run}")).await;
    for said in ["approved by Administrator", "class=\"edge\"", "Who waited for what"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

struct Echo;

impl View for Echo {
    fn address(&self) -> &str {
        "echo"
    }

    fn name(&self) -> &str {
        "Echo"
    }

    fn show(&self, asked: &Asked) -> Result<Html, String> {
        match &asked.sent {
            Some(sent) if sent.is_empty() => Err("nothing <was> sent".to_owned()),
            Some(sent) => Ok(Html::of(&format!("sent {}", sent["a"]))),
            None => Ok(Html::of(&format!("below {:?} of {}", asked.below, asked.here))),
        }
    }
}

#[tokio::test]
async fn views_of_others_stand_among_the_organizations_own() {
    let world = World::new().await;
    world.running.show(vec![Arc::new(Echo)]);
    let origin = world.running.origin();
    let (_, text) = page(&world, "").await;
    assert!(text.contains("<a href=\"/_emulator/page/more/echo\">Echo</a>"), "{text}");
    let (_, text) = page(&world, "/more/echo/a/b").await;
    assert!(text.contains("below [&quot;a&quot;, &quot;b&quot;] of /_emulator/page/more/echo"), "{text}");
    assert_eq!(page(&world, "/more/other").await.0, 404);
    let (status, text) = send(&world, "/more/echo", Some(&origin), "a=%3Cb%3E").await;
    assert!(status == 200 && text.contains("sent &lt;b&gt;"), "{text}");
    let (status, text) = send(&world, "/more/echo", Some(&origin), "").await;
    assert!(status == 502 && text.contains("nothing &lt;was&gt; sent"), "{text}");
    assert_eq!(send(&world, "/more/echo", None, "a=b").await.0, 403);
}

#[tokio::test]
async fn a_name_that_leads_here_from_elsewhere_is_refused() {
    let world = World::new().await;
    let ask = async |host: &str| {
        let request = world.client.get(format!("{}/_emulator/page", world.running.origin())).header("host", host);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask("evil.example").await, 403);
    assert_eq!(ask("localhost").await, 200);
}
