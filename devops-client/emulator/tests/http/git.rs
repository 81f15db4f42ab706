//! Projects, repositories, refs, pushes, pull requests.

use serde_json::{Value, json};

use crate::world::{World, ZERO};

const REPOSITORY: &str = "shop/_apis/git/repositories/shop";

fn push_body(branch: &str, old: &str, changes: Value) -> Value {
    json!({ "refUpdates": [{ "name": format!("refs/heads/{branch}"), "oldObjectId": old }], "commits": [{ "comment": "c", "changes": changes }] })
}

fn change(kind: &str, path: &str, text: &str) -> Value {
    json!({ "changeType": kind, "item": { "path": path }, "newContent": { "content": text, "contentType": "rawtext" } })
}

#[tokio::test]
async fn a_project_is_made_and_deleted_by_operations_that_must_be_polled() {
    let world = World::new().await;
    let body = json!({ "name": "new", "capabilities": { "versioncontrol": { "sourceControlType": "Git" } } });
    let answer = world.post("_apis/projects", body.clone()).await;
    assert_eq!(answer.status, 202);
    let operation = format!("_apis/operations/{}", answer.json()["id"].as_str().unwrap());
    assert_eq!(world.get("_apis/projects").await.ok()["count"], 1, "it is not listed before it is ready");
    let mut states = Vec::new();
    while states.last() != Some(&"succeeded".to_owned()) {
        states.push(world.get(&operation).await.ok()["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["queued", "inProgress", "succeeded"]);
    assert_eq!(world.get("_apis/projects/NEW").await.ok()["state"], "wellFormed");
    assert_eq!(world.get("new/_apis/git/repositories").await.ok()["value"][0]["name"], "new");
    world.post("_apis/projects", body).await.refused(400, "ProjectAlreadyExistsException");
    world.get("_apis/projects/none").await.refused(404, "ProjectDoesNotExistWithNameException");
    world.get("none/_apis/git/repositories").await.refused(404, "ProjectDoesNotExistWithNameException");
}

#[tokio::test]
async fn repositories_have_unique_names_and_a_recycle_bin() {
    let world = World::new().await;
    let made = world.post("shop/_apis/git/repositories", json!({ "name": "code" })).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    world
        .post("shop/_apis/git/repositories", json!({ "name": "Code" }))
        .await
        .refused(409, "GitRepositoryNameAlreadyExistsException");
    world
        .post("shop/_apis/git/repositories", json!({ "name": "a/b" }))
        .await
        .refused(400, "InvalidGitRepositoryNameException");
    assert_eq!(
        world.patch(&format!("shop/_apis/git/repositories/{id}"), json!({ "name": "other" })).await.ok()["name"],
        "other"
    );
    assert_eq!(world.delete(&format!("shop/_apis/git/repositories/{id}")).await.status, 204);
    world.get("shop/_apis/git/repositories/other").await.refused(404, "GitRepositoryNotFoundException");
    assert_eq!(world.get("shop/_apis/git/recycleBin/repositories").await.ok()["value"][0]["id"], json!(id));
    world.patch(&format!("shop/_apis/git/recycleBin/repositories/{id}"), json!({ "deleted": false })).await.ok();
    assert_eq!(world.get("shop/_apis/git/repositories/other").await.ok()["id"], json!(id));
}

#[tokio::test]
async fn a_push_needs_the_ref_where_it_says_and_leaves_nothing_behind_when_refused() {
    let world = World::new().await;
    let first = world.push("main", &[("/a.txt", "hello\n")]).await;
    let pushes = format!("{REPOSITORY}/pushes");
    let stale = world
        .post(&pushes, push_body("main", ZERO, json!([change("edit", "/a.txt", "x")])))
        .await
        .refused(409, "GitReferenceStaleException");
    assert!(stale["message"].as_str().unwrap().starts_with("TF401028"));
    let changes = json!([change("add", "/b.txt", "b"), change("add", "/a.txt", "again")]);
    world.post(&pushes, push_body("main", &first, changes)).await.refused(400, "InvalidArgumentValueException");
    world
        .post(&pushes, push_body("main", &first, json!([change("edit", "/none", "x")])))
        .await
        .refused(400, "InvalidArgumentValueException");
    assert_eq!(world.tip("main").await, first);
    assert_eq!(world.paths("main").await, ["/a.txt"]);
    assert_eq!(world.get(&format!("{REPOSITORY}/pushes")).await.ok()["count"], 1);
    let effects: Vec<bool> =
        world.running.requests().iter().filter(|entry| entry.method == "POST").map(|entry| entry.effect).collect();
    assert_eq!(effects, [true, false, false, false]);
}

#[tokio::test]
async fn content_and_ids_are_those_of_git() {
    let world = World::new().await;
    let binary = json!({ "changeType": "add", "item": { "path": "/bin" }, "newContent": { "content": "AAEC", "contentType": "base64encoded" } });
    world
        .post(
            &format!("{REPOSITORY}/pushes"),
            push_body("main", ZERO, json!([change("add", "/d/a.txt", "hello\n"), binary])),
        )
        .await
        .ok();
    let items = world.get(&format!("{REPOSITORY}/items?scopePath=/&recursionLevel=full")).await.ok();
    let id = |path: &str| {
        items["value"].as_array().unwrap().iter().find(|item| item["path"] == path).unwrap()["objectId"].clone()
    };
    assert_eq!(id("/d/a.txt"), "ce013625030ba8dba906f756967f9e9ca394464a");
    let bytes = world
        .client
        .get(format!("{}/{REPOSITORY}/items?path=/bin&api-version=7.1", world.running.url()))
        .bearer_auth(crate::planted::TOKEN)
        .header("accept", "application/octet-stream")
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(&bytes[..], [0, 1, 2]);
    world.get(&format!("{REPOSITORY}/items?path=/none")).await.refused(404, "GitItemNotFoundException");
    world
        .get(&format!("{REPOSITORY}/items?path=/d/a.txt&versionDescriptor.version=none"))
        .await
        .refused(404, "GitUnresolvableToCommitException");
}

#[tokio::test]
async fn refs_answer_200_and_say_for_each_whether_it_moved() {
    let world = World::new().await;
    let tip = world.push("main", &[("/a", "a")]).await;
    let update = |name: &str, old: &str, new: &str| json!([{ "name": name, "oldObjectId": old, "newObjectId": new }]);
    let path = format!("{REPOSITORY}/refs");
    let status =
        async |body: Value| world.post(&path, body).await.ok()["value"][0]["updateStatus"].as_str().unwrap().to_owned();
    assert_eq!(status(update("refs/heads/x", ZERO, &tip)).await, "succeeded");
    assert_eq!(status(update("refs/heads/x", ZERO, &tip)).await, "staleOldObjectId");
    assert_eq!(status(update("refs/heads/x/y", ZERO, &tip)).await, "refNameConflict");
    assert_eq!(status(update("nonsense", ZERO, &tip)).await, "invalidRefName");
    assert_eq!(status(update("refs/heads/z", ZERO, &"1".repeat(40))).await, "unresolvableToCommit");
    assert_eq!(status(update("refs/heads/x", &tip, ZERO)).await, "succeeded");
    assert_eq!(world.tip("x").await, ZERO);
}

#[tokio::test]
async fn a_protected_branch_takes_pull_requests_only() {
    let world = World::new().await;
    let tip = world.push("main", &[("/p.yml", "trigger: none\nsteps:\n- script: echo\n")]).await;
    let pipeline = world.pipeline("check").await;
    let repository = world.get(REPOSITORY).await.ok()["id"].clone();
    let policy = json!({
        "isEnabled": true, "isBlocking": true, "type": { "id": "0609b952-1397-4640-95ec-e00a01b2c241" },
        "settings": { "buildDefinitionId": pipeline, "scope": [{ "repositoryId": repository, "refName": "refs/heads/main", "matchKind": "Exact" }] },
    });
    world.post("shop/_apis/policy/configurations", policy).await.ok();
    let direct = push_body("main", &tip, json!([change("add", "/x", "x")]));
    let refused =
        world.post(&format!("{REPOSITORY}/pushes"), direct).await.refused(403, "GitRefUpdateRejectedByPolicyException");
    assert!(refused["message"].as_str().unwrap().contains("TF402455"));
    let moved = json!([{ "name": "refs/heads/main", "oldObjectId": tip, "newObjectId": ZERO }]);
    assert_eq!(
        world.post(&format!("{REPOSITORY}/refs"), moved).await.ok()["value"][0]["updateStatus"],
        "rejectedByPolicy"
    );

    let branch = json!([{ "name": "refs/heads/topic", "oldObjectId": ZERO, "newObjectId": tip }]);
    world.post(&format!("{REPOSITORY}/refs"), branch).await.ok();
    let source = world.push("topic", &[("/x", "x")]).await;
    let request = json!({ "sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main", "title": "t" });
    let made = world.post(&format!("{REPOSITORY}/pullrequests"), request.clone()).await;
    assert_eq!(made.status, 201);
    world.post(&format!("{REPOSITORY}/pullrequests"), request).await.refused(409, "GitPullRequestExistsException");
    let path = format!("{REPOSITORY}/pullrequests/{}", made.json()["pullRequestId"]);
    let complete = json!({ "status": "completed", "lastMergeSourceCommit": { "commitId": source } });
    world.patch(&path, complete.clone()).await.refused(403, "GitPullRequestUpdateRejectedByPolicyException");
    let builds = world.get("shop/_apis/build/builds?reasonFilter=pullRequest").await.ok();
    assert_eq!(builds["count"], 1, "the validation was queued by the pull request");
    world.finish(builds["value"][0]["id"].as_i64().unwrap()).await;
    assert_eq!(world.patch(&path, complete).await.ok()["status"], "completed");
    assert_eq!(world.paths("main").await, ["/p.yml", "/x"]);
}

#[tokio::test]
async fn a_pull_request_with_conflicts_cannot_be_completed() {
    let world = World::new().await;
    let base = world.push("main", &[("/a", "1\n")]).await;
    world
        .post(
            &format!("{REPOSITORY}/refs"),
            json!([{ "name": "refs/heads/t", "oldObjectId": ZERO, "newObjectId": base }]),
        )
        .await
        .ok();
    let source = world.push("t", &[("/a", "2\n")]).await;
    world.push("main", &[("/a", "3\n")]).await;
    let made = world
        .post(
            &format!("{REPOSITORY}/pullrequests"),
            json!({ "sourceRefName": "refs/heads/t", "targetRefName": "refs/heads/main", "title": "t" }),
        )
        .await
        .ok();
    assert_eq!(made["mergeStatus"], "conflicts");
    let path = format!("{REPOSITORY}/pullrequests/{}", made["pullRequestId"]);
    let complete = json!({ "status": "completed", "lastMergeSourceCommit": { "commitId": source } });
    world.patch(&path, complete).await.refused(409, "GitPullRequestMergeConflictException");
    assert_eq!(world.patch(&path, json!({ "status": "abandoned" })).await.ok()["status"], "abandoned");
}

#[tokio::test]
async fn git_clones_what_was_pushed_and_finds_it_sound() {
    let world = World::new().await;
    world.push("main", &[("/a.txt", "hello\n"), ("/d/b.txt", "b\n")]).await;
    let tip = world.push("main", &[("/a.txt", "changed\n")]).await;
    let target = tempfile::tempdir().unwrap();
    let git = async |arguments: &[&str]| {
        let output = tokio::process::Command::new("git")
            .args(arguments)
            .current_dir(target.path())
            .env("HOME", target.path())
            .env("GIT_TERMINAL_PROMPT", "0")
            .output()
            .await
            .expect("git is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let url = format!("{}/shop/_git/shop", world.running.url());
    let header = &["http.extraHeader=Authorization: Bearer ", crate::planted::TOKEN].concat();
    git(&["-c", header, "clone", "-q", &url, "clone"]).await;
    assert_eq!(git(&["-C", "clone", "rev-parse", "HEAD"]).await, tip);
    assert_eq!(git(&["-C", "clone", "symbolic-ref", "HEAD"]).await, "refs/heads/main");
    git(&["-C", "clone", "fsck", "--strict", "--full"]).await;
    assert_eq!(std::fs::read_to_string(target.path().join("clone/d/b.txt")).unwrap(), "b\n");
    let newer = world.push("main", &[("/c.txt", "c\n")]).await;
    git(&["-C", "clone", "-c", header, "pull", "-q"]).await;
    assert_eq!(git(&["-C", "clone", "rev-parse", "HEAD"]).await, newer);
}

#[tokio::test]
async fn git_fetches_as_much_history_as_it_wants() {
    let world = World::new().await;
    for text in ["1", "2", "3", "4"] {
        world.push("main", &[("/a.txt", text), ("/b.txt", "stays")]).await;
    }
    let tip = world.tip("main").await;
    let target = tempfile::tempdir().unwrap();
    let url = format!("{}/shop/_git/shop", world.running.url());
    let header = ["http.extraHeader=Authorization: Bearer ", crate::planted::TOKEN].concat();
    let git = async |arguments: &[&str]| {
        let mut command = tokio::process::Command::new("git");
        command.args(["-c", &header]).args(arguments).current_dir(target.path());
        let output = command.env("HOME", target.path()).env("GIT_TERMINAL_PROMPT", "0").output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q", "."]).await;
    git(&["remote", "add", "origin", &url]).await;
    let count = async || git(&["rev-list", "--count", "FETCH_HEAD"]).await;
    // as an agent does it: one commit by its id
    git(&["fetch", "-q", "--no-tags", "--depth=1", "origin", &tip]).await;
    assert_eq!(count().await, "1");
    git(&["checkout", "-q", "--detach", &tip]).await;
    assert_eq!(std::fs::read_to_string(target.path().join("a.txt")).unwrap(), "4");
    git(&["fetch", "-q", "--depth=3", "origin", "main"]).await;
    assert_eq!(count().await, "3");
    // what comes later comes without what lies before
    let newer = world.push("main", &[("/a.txt", "5")]).await;
    git(&["fetch", "-q", "origin", "main"]).await;
    assert_eq!((count().await, git(&["rev-parse", "FETCH_HEAD"]).await), ("4".to_owned(), newer));
    git(&["fetch", "-q", "--unshallow", "origin", "main"]).await;
    assert_eq!(count().await, "5");
    git(&["fsck", "--strict", "--full"]).await;
}

#[tokio::test]
async fn git_pushes_and_what_a_policy_protects_stays() {
    let world = World::new().await;
    world
        .push(
            "main",
            &[("/a.txt", &"a line that stays\n".repeat(200)), ("/p.yml", "trigger: [main]\nsteps: [{script: echo}]\n")],
        )
        .await;
    let pipeline = world.pipeline("p").await;
    let target = tempfile::tempdir().unwrap();
    let url = format!("{}/shop/_git/shop", world.running.url());
    let header = ["http.extraHeader=Authorization: Bearer ", crate::planted::TOKEN].concat();
    let git = async |arguments: &[&str]| {
        let identity = ["-c", &header, "-c", "user.name=t", "-c", "user.email=t@example.com"];
        let mut command = tokio::process::Command::new("git");
        command.args(identity).args(arguments).current_dir(target.path()).env("HOME", target.path());
        let output = command.env("GIT_TERMINAL_PROMPT", "0").output().await.expect("git is installed");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap().trim().to_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    };
    git(&["clone", "-q", &url, "clone"]).await.unwrap();
    // a change of a long file travels as a difference
    let text = format!("{}one more\n", "a line that stays\n".repeat(200));
    std::fs::write(target.path().join("clone/a.txt"), text).unwrap();
    git(&["-C", "clone", "commit", "-q", "-am", "more"]).await.unwrap();
    let tip = git(&["-C", "clone", "rev-parse", "HEAD"]).await.unwrap();
    git(&["-C", "clone", "push", "-q"]).await.unwrap();
    let refs = world.get("shop/_apis/git/repositories/shop/refs?filter=heads/main").await.ok();
    assert_eq!(refs["value"][0]["objectId"], tip);
    let runs = world.get(&format!("shop/_apis/build/builds?definitions={pipeline}")).await.ok();
    assert_eq!(
        (&runs["count"], &runs["value"][0]["sourceVersion"]),
        (&json!(1), &json!(tip)),
        "a push starts the pipeline"
    );
    git(&["clone", "-q", &url, "again"]).await.unwrap();
    git(&["-C", "again", "fsck", "--strict", "--full"]).await.unwrap();
    git(&["-C", "clone", "push", "-q", "origin", "HEAD:refs/heads/topic"]).await.unwrap();
    git(&["-C", "clone", "push", "-q", "origin", ":refs/heads/topic"]).await.unwrap();
    // somebody else was quicker
    world.push("main", &[("/b.txt", "b\n")]).await;
    git(&["-C", "clone", "commit", "-q", "--allow-empty", "-m", "late"]).await.unwrap();
    assert!(git(&["-C", "clone", "push", "-q"]).await.unwrap_err().contains("rejected"));
}
