//! Environments, what was deployed to them, and approvals to give.

use std::sync::Arc;

use axum::extract::{Path, RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use report_pages::{Html, state};
use serde_json::{Value, json};
use uuid::Uuid;

use super::frame::{ROOT, missing, said};
use super::other::fields;
use super::{guard, words};
use crate::core::{Body, Method, Organization, Request};
use crate::dispatch;
use crate::server::shared::Shared;
use crate::state::checks::Approval;
use crate::state::runs::Build;

pub(super) fn view(organization: &Organization) -> Html {
    let mut body = Html::default();
    body.heading(1, "Environments");
    body.put(&asks(organization, None));
    if organization.environments.is_empty() {
        body.paragraph("There is no environment yet.");
    }
    for environment in organization.environments.values() {
        body.heading(2, &environment.name);
        if environment.deployments.is_empty() {
            body.paragraph("Nothing was deployed yet.");
            continue;
        }
        let rows = environment.deployments.iter().rev().take(20).map(deployment);
        let name = format!("Deployments to {}, the newest first", environment.name);
        body.table(&name, &["Run", "Stage", "Job", "Result", "Ended"], rows);
    }
    let mut given: Vec<&Approval> = organization.approvals.values().filter(|one| one.status != "pending").collect();
    given.sort_by_key(|approval| std::cmp::Reverse(approval.modified));
    if !given.is_empty() {
        body.heading(2, "Answers of before");
        let rows = given.into_iter().take(50).map(|approval| {
            let by = approval.steps.iter().filter_map(|step| organization.identity(step.actual?));
            let by = by.map(|person| person.display_name.as_str()).collect::<Vec<_>>().join(", ");
            let said = approval.steps.iter().map(|step| step.comment.as_str()).filter(|comment| !comment.is_empty());
            vec![
                run_link(organization, approval.build),
                Html::of(&stage(organization, approval)),
                state(words::mood(&approval.status), &approval.status),
                Html::of(&by),
                Html::of(&said.collect::<Vec<_>>().join("; ")),
            ]
        });
        body.table("Answers, the newest first", &["Run", "Stage", "Answer", "By", "Comment"], rows);
    }
    body
}

fn deployment(record: &Value) -> Vec<Html> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let result = text(&record["result"]);
    let run = record["owner"]["id"].as_i64().unwrap_or_default();
    vec![
        Html::linked(&format!("{ROOT}/runs/{run}"), &text(&record["owner"]["name"])),
        Html::of(&text(&record["stageName"])),
        Html::of(&text(&record["jobName"])),
        state(words::mood(&result), &result),
        Html::of(&text(&record["finishTime"])),
    ]
}

fn run_link(organization: &Organization, id: i64) -> Html {
    let number = organization.builds.get(&id).map_or_else(|| id.to_string(), |build| build.number.clone());
    Html::linked(&format!("{ROOT}/runs/{id}"), &format!("run {number}"))
}

fn stage(organization: &Organization, approval: &Approval) -> String {
    let build = organization.builds.get(&approval.build);
    build.map_or_else(|| approval.stage.clone(), |build| stage_name(build, &approval.stage))
}

/// The name shown of a stage.
pub(super) fn stage_name(build: &Build, stage: &str) -> String {
    build.stage_record(stage).map_or_else(|| stage.to_owned(), |record| record.name.clone())
}

/// What waits for people, of one run or of all: who is asked for what, and the buttons to answer with.
pub(super) fn asks(organization: &Organization, run: Option<i64>) -> Html {
    let of = |approval: &&Approval| approval.status == "pending" && run.is_none_or(|run| approval.build == run);
    let open: Vec<&Approval> = organization.approvals.values().filter(of).collect();
    let mut body = Html::default();
    if open.is_empty() {
        return body;
    }
    body.heading(2, "Waits for an answer");
    for approval in open {
        let name = stage(organization, approval);
        body.with(
            "section",
            &[("class", "card"), ("aria-label", &format!("Approval of {name} of run {}", approval.build))],
            |card| {
                card.heading(3, &name);
                let asked = approval.steps.iter().filter(|step| step.status == "pending");
                let asked = asked.filter_map(|step| organization.identity(step.approver));
                let asked = asked.map(|person| person.display_name.as_str()).collect::<Vec<_>>().join(", ");
                let mut facts = vec![("Run", run_link(organization, approval.build)), ("Asked", Html::of(&asked))];
                if !approval.instructions.is_empty() {
                    facts.push(("To look at", Html::of(&approval.instructions)));
                }
                facts.push(("Or", Html::code(&format!("mlops-gen approve {}", approval.build))));
                card.facts(&facts);
                form(card, approval, &name);
            },
        );
    }
    body
}

fn form(card: &mut Html, approval: &Approval, name: &str) {
    let action = format!("{ROOT}/approvals/{}", approval.id);
    card.with("form", &[("method", "post"), ("action", &action)], |form| {
        let id = format!("comment-{}", approval.id);
        form.tag("div", |place| {
            place.with("label", &[("for", &id)], |label| label.text("Comment"));
            place.single("input", &[("id", &id), ("name", "comment"), ("autocomplete", "off")]);
        });
        for (class, value, word) in [("good", "approved", "Approve"), ("bad", "rejected", "Reject")] {
            let said = format!("{word} {name} of run {}", approval.build);
            let attributes =
                [("class", class), ("name", "status"), ("value", value), ("type", "submit"), ("aria-label", &said)];
            form.with("button", &attributes, |button| button.text(word));
        }
    });
}

/// Gives an answer, by the API and its rules; then shows the run.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    RawForm(form): RawForm,
) -> Response {
    if let Some(refused) = guard::refused_answer(&shared, &headers) {
        return refused;
    }
    let given = fields(&form);
    let text = |name: &str| given.get(name).map_or("", String::as_str);
    let outcome = {
        let mut guard = shared.lock();
        let inner = &mut *guard;
        let caller = inner.accounts.first().map_or(inner.anybody, |account| account.identity);
        let Some(approval) = inner.organization.approvals.get(&id).cloned() else {
            drop(guard);
            return missing(&shared, "such approval");
        };
        inner.remember();
        let path =
            format!("/{}/{}/_apis/pipelines/approvals?api-version=7.1", inner.organization.name, approval.project);
        let mut request = Request::new(Method::Patch, "http://127.0.0.1", &path);
        let answer = json!([{ "approvalId": id, "status": text("status"), "comment": text("comment") }]);
        request.body = answer.to_string().into_bytes();
        let handled = dispatch::handle(&mut inner.organization, &request, Timestamp::now(), caller);
        match (handled.response.status, &handled.response.body) {
            (..300, _) => Ok(approval.build),
            (_, Body::Json(body)) => Err(body["message"].as_str().unwrap_or("It was refused.").to_owned()),
            _ => Err("It was refused.".to_owned()),
        }
    };
    match outcome {
        Ok(run) => (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{ROOT}/runs/{run}"))]).into_response(),
        Err(why) => said(&shared, StatusCode::CONFLICT, "Not taken", &why),
    }
}
