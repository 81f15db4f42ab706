//! `git clone`, `git fetch` and `git push` over smart HTTP (protocol version 0).

use std::collections::BTreeSet;

use super::object::ObjectId;
use super::pack;
use crate::core::route::{Kind, Route};
use crate::core::{Call, Method, Outcome, Response, ServiceError};
use crate::state::repositories::Repository;

/// The routes; they are outside the api-version negotiation.
pub const ROUTES: &[Route] = &[
    Route::plain(Method::Get, "{project}/_git/{repositoryId}/info/refs", Kind::Read, advertise),
    Route::plain(Method::Post, "{project}/_git/{repositoryId}/git-upload-pack", Kind::Read, upload_pack),
    Route::plain(Method::Post, "{project}/_git/{repositoryId}/git-receive-pack", Kind::Write, receive_pack),
];

const FETCHES: &str = "application/x-git-upload-pack-advertisement";
const PUSHES: &str = "application/x-git-receive-pack-advertisement";

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
    let service = call.request.query("service").unwrap_or_default().to_owned();
    let mut capabilities = match service.as_str() {
        "git-upload-pack" => "side-band-64k ofs-delta shallow no-progress include-tag allow-tip-sha1-in-want \
                              allow-reachable-sha1-in-want agent=devops-emulator"
            .to_owned(),
        "git-receive-pack" => "report-status delete-refs ofs-delta agent=devops-emulator".to_owned(),
        _ => return Err(ServiceError::forbidden("only git-upload-pack and git-receive-pack are served")),
    };
    let pushing = service == "git-receive-pack";
    let repository = find(call)?;
    let head = repository.default_branch.as_ref().and_then(|name| repository.refs.get(name).map(|id| (name, id)));
    let mut rows: Vec<(String, ObjectId)> = Vec::new();
    if let Some((name, id)) = head.filter(|_| !pushing) {
        rows.push(("HEAD".to_owned(), *id));
        capabilities.push_str(&format!(" symref=HEAD:{name}"));
    }
    rows.extend(repository.refs.iter().map(|(name, id)| (name.clone(), *id)));
    let mut text = format!("{}0000", line(&format!("# service={service}\n")));
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
    let kind = if pushing { PUSHES } else { FETCHES };
    Ok(Response::bytes(kind, text.into_bytes()).with_header("Cache-Control", "no-cache"))
}

/// The lines of a request body; flush and delimiter lines are empty ones.
fn lines(body: &[u8]) -> Vec<String> {
    split(body, false).0
}

/// The lines of a body, and what follows the first flush line if that is where they end.
fn split(body: &[u8], ends: bool) -> (Vec<String>, &[u8]) {
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(length) =
        body.get(at..at + 4).and_then(|hex| usize::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok())
    {
        let end = at + length.max(4);
        let data = body.get(at + 4..end).unwrap_or_default();
        if ends && length == 0 {
            return (lines, &body[end..]);
        }
        lines.push(String::from_utf8_lossy(data).trim_end().to_owned());
        at = end;
    }
    (lines, &[])
}

/// The body without the compression that git gives it where it is large.
fn plain(call: &Call<'_>) -> Result<Vec<u8>, ServiceError> {
    if call.request.header("content-encoding") != Some("gzip") {
        return Ok(call.request.body.clone());
    }
    let mut plain = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(call.request.body.as_slice());
    std::io::Read::read_to_end(&mut decoder, &mut plain).map_err(|_| ServiceError::invalid("the body is not gzip"))?;
    Ok(plain)
}

/// What one ref shall become.
struct Update {
    old: ObjectId,
    new: ObjectId,
    name: String,
}

/// `git push`: refs move where they are as the caller thinks, and no policy forbids it.
fn receive_pack(call: &mut Call<'_>) -> Outcome {
    let id = super::repositories::writable(call)?;
    let body = plain(call)?;
    let (lines, pack) = split(&body, true);
    let update = |line: &String| {
        let line = line.split('\0').next()?;
        let mut words = line.split(' ');
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        Some(Update { old: old.parse().ok()?, new: new.parse().ok()?, name: name.to_owned() })
    };
    let updates: Vec<Update> = lines.iter().filter_map(update).collect();
    let mut report = String::new();
    let mut store = call.organization.repositories[&id].objects.clone();
    let unpacked = if pack.is_empty() { Ok(()) } else { super::unpack::decode(&mut store, pack) };
    report.push_str(&line(&format!("unpack {}\n", unpacked.as_ref().map_or_else(String::as_str, |()| "ok"))));
    let mut moved = false;
    for update in updates {
        let refused = unpacked.clone().err().or_else(|| refusal(call, id, &update, &store));
        match refused {
            Some(reason) => report.push_str(&line(&format!("ng {} {reason}\n", update.name))),
            None => {
                report.push_str(&line(&format!("ok {}\n", update.name)));
                moved = true;
                if let Some(repository) = call.organization.repositories.get_mut(&id) {
                    repository.objects = store.clone();
                }
                let known: BTreeSet<ObjectId> = super::history::log(&store, update.old).into_iter().collect();
                let commits = super::history::log(&store, update.new);
                let push = crate::state::repositories::Push {
                    id: call.organization.next("push"),
                    reference: update.name,
                    old: update.old,
                    new: update.new,
                    commits: commits.into_iter().filter(|commit| !known.contains(commit)).collect(),
                    by: call.caller,
                    on: call.now,
                };
                super::pushes::record(call, id, push);
            }
        }
    }
    report.push_str("0000");
    let kind = "application/x-git-receive-pack-result";
    Ok(Response::bytes(kind, report.into_bytes()).with_header("Cache-Control", "no-cache").with_effect(moved))
}

/// Why a ref may not move.
fn refusal(call: &Call<'_>, id: uuid::Uuid, update: &Update, store: &super::store::Store) -> Option<String> {
    let repository = &call.organization.repositories[&id];
    let current = repository.refs.get(&update.name).copied().unwrap_or(ObjectId::ZERO);
    if !super::refs::valid_name(&update.name) {
        return Some("the name is no name of a ref".to_owned());
    }
    if current != update.old {
        return Some(ServiceError::stale_reference(&update.name).message);
    }
    if !current.is_zero() && call.organization.is_protected(repository.project, id, &update.name) {
        return Some(ServiceError::push_refused_by_policy().message);
    }
    if !update.new.is_zero() && store.commit(update.new).is_none() {
        return Some("the commit was not sent".to_owned());
    }
    None
}

fn upload_pack(call: &mut Call<'_>) -> Outcome {
    let repository = find(call)?;
    let body = plain(call)?;
    let lines = lines(&body);
    let ids = |key: &str| -> Vec<ObjectId> {
        lines.iter().filter_map(|line| line.strip_prefix(key)?.split(' ').next()?.parse().ok()).collect()
    };
    let wanted = ids("want ");
    let had: BTreeSet<ObjectId> = ids("have ").into_iter().filter(|id| repository.objects.get(*id).is_some()).collect();
    let done = lines.iter().any(|line| line == "done");
    let acknowledgement = had.first().filter(|_| done).map_or("NAK\n".to_owned(), |id| format!("ACK {id}\n"));
    // where the history ends that the caller has, and where it is to end
    let had_ends: BTreeSet<ObjectId> = ids("shallow ").into_iter().collect();
    let depth = lines.iter().find_map(|line| line.strip_prefix("deepen ")?.parse::<usize>().ok());
    let ends = depth.map_or_else(|| had_ends.clone(), |depth| repository.objects.ends(&wanted, depth));
    let mut answer = Vec::new();
    if depth.is_some() {
        for id in ends.difference(&had_ends) {
            answer.extend_from_slice(line(&format!("shallow {id}")).as_bytes());
        }
        for id in had_ends.difference(&ends) {
            answer.extend_from_slice(line(&format!("unshallow {id}")).as_bytes());
        }
        answer.extend_from_slice(b"0000");
        // then the caller says what it has
        if !done && !lines.iter().any(|line| line.starts_with("have ")) {
            return Ok(answered(answer));
        }
    }
    answer.extend_from_slice(line(&acknowledgement).as_bytes());
    if done {
        let objects = repository.objects.reachable(&wanted, &had, &ends, &had_ends);
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
    Ok(answered(answer))
}

fn answered(body: Vec<u8>) -> Response {
    Response::bytes("application/x-git-upload-pack-result", body).with_header("Cache-Control", "no-cache")
}
