//! `git clone` and `git fetch` over smart HTTP (protocol version 0, upload-pack).

use std::collections::BTreeSet;

use super::object::ObjectId;
use super::pack;
use super::repositories::Repository;
use crate::core::route::{Kind, Route};
use crate::core::{Call, Method, Outcome, Response, ServiceError};

/// The routes; they are outside the api-version negotiation.
pub const ROUTES: &[Route] = &[
    Route::plain(Method::Get, "{project}/_git/{repositoryId}/info/refs", Kind::Read, advertise),
    Route::plain(Method::Post, "{project}/_git/{repositoryId}/git-upload-pack", Kind::Read, upload_pack),
];

fn find<'a>(call: &'a Call<'_>) -> Result<&'a Repository, ServiceError> {
    let key = call.param("repositoryId").trim_end_matches(".git");
    let project = call.project_id()?;
    call.organization.find_repository(project, key).ok_or_else(|| ServiceError::repository_not_found(key))
}

/// One line of the protocol: its length in four hexadecimal digits, then the data.
fn line(data: &str) -> String {
    format!("{:04x}{data}", data.len() + 4)
}

fn advertise(call: &mut Call<'_>) -> Outcome {
    if call.request.query("service") != Some("git-upload-pack") {
        return Err(ServiceError::forbidden("only git-upload-pack is served: push over the REST API"));
    }
    let repository = find(call)?;
    let head = repository.default_branch.as_ref().and_then(|name| repository.refs.get(name).map(|id| (name, id)));
    let mut rows: Vec<(String, ObjectId)> = Vec::new();
    let mut capabilities = "side-band-64k ofs-delta no-progress include-tag agent=devops-emulator".to_owned();
    if let Some((name, id)) = head {
        rows.push(("HEAD".to_owned(), *id));
        capabilities.push_str(&format!(" symref=HEAD:{name}"));
    }
    rows.extend(repository.refs.iter().map(|(name, id)| (name.clone(), *id)));
    let mut text = format!("{}0000", line("# service=git-upload-pack\n"));
    if rows.is_empty() {
        text.push_str(&line(&format!("{} capabilities^{{}}\0{capabilities}\n", ObjectId::ZERO)));
    }
    for (at, (name, id)) in rows.iter().enumerate() {
        text.push_str(&line(&if at == 0 {
            format!("{id} {name}\0{capabilities}\n")
        } else {
            format!("{id} {name}\n")
        }));
    }
    text.push_str("0000");
    Ok(Response::bytes("application/x-git-upload-pack-advertisement", text.into_bytes())
        .with_header("Cache-Control", "no-cache"))
}

/// The lines of a request body; flush and delimiter lines are empty ones.
fn lines(body: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(length) =
        body.get(at..at + 4).and_then(|hex| usize::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok())
    {
        let end = at + length.max(4);
        let data = body.get(at + 4..end).unwrap_or_default();
        lines.push(String::from_utf8_lossy(data).trim_end().to_owned());
        at = end;
    }
    lines
}

fn upload_pack(call: &mut Call<'_>) -> Outcome {
    let repository = find(call)?;
    let body = match call.request.header("content-encoding") {
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(call.request.body.as_slice());
            std::io::Read::read_to_end(&mut decoder, &mut plain)
                .map_err(|_| ServiceError::invalid("the body is not gzip"))?;
            plain
        }
        _ => call.request.body.clone(),
    };
    let lines = lines(&body);
    let ids = |key: &str| -> Vec<ObjectId> {
        lines.iter().filter_map(|line| line.strip_prefix(key)?.split(' ').next()?.parse().ok()).collect()
    };
    let wanted = ids("want ");
    let had: BTreeSet<ObjectId> = ids("have ").into_iter().filter(|id| repository.objects.get(*id).is_some()).collect();
    let done = lines.iter().any(|line| line == "done");
    let acknowledgement = had.first().filter(|_| done).map_or("NAK\n".to_owned(), |id| format!("ACK {id}\n"));
    let mut answer = line(&acknowledgement).into_bytes();
    if done {
        let objects = repository.objects.reachable(&wanted, &had);
        let pack =
            pack::encode(&repository.objects, &objects).map_err(|error| ServiceError::invalid(error.to_string()))?;
        let banded = lines.iter().any(|line| line.contains("side-band-64k"));
        if banded {
            for chunk in pack.chunks(65_000) {
                answer.extend_from_slice(format!("{:04x}\x01", chunk.len() + 5).as_bytes());
                answer.extend_from_slice(chunk);
            }
            answer.extend_from_slice(b"0000");
        } else {
            answer.extend_from_slice(&pack);
        }
    }
    Ok(Response::bytes("application/x-git-upload-pack-result", answer).with_header("Cache-Control", "no-cache"))
}
