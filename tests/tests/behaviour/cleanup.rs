//! The clean-up takes down what has outlived its time, and nothing whose time it does not know.

use system_tests::render_text;

use crate::behaviour::stand::{Ended, Stand};

/// A spec with both kinds of thing that the clean-up looks after.
const SPEC: &str = "\
version: 1
project: {name: churn}
azure: {location: westeurope}
devops: {organization: contoso, project: ml}
data: {path: data/churn.csv, target: y, columns: [a, b, y]}
model: {runtime: rust}
environments:
  - {name: qa, target: container-instances, timeToLiveHours: 12}
  - {name: acceptance, target: managed-endpoint, timeToLiveHours: 5}
";

fn stand() -> Stand {
    Stand::new(&render_text("mlops.yaml", SPEC))
}

/// `az` answers `groups` to lists of container groups, `deployments` to lists of deployments; the endpoint is there.
fn answers(stand: &Stand, groups: &str, deployments: &str) {
    let body = format!(
        "case \"$*\" in\n\
         *'container list'*) cat <<'X'\n{groups}\nX\n;;\n\
         *'online-endpoint list'*) echo '[{{\"name\": \"e\"}}]' ;;\n\
         *'online-deployment list'*) cat <<'X'\n{deployments}\nX\n;;\n\
         esac"
    );
    stand.program("az", &body);
}

fn group(stand: &Stand, tags: &str, dry: &str) -> Ended {
    answers(stand, &format!("[{{\"name\": \"other\"}}, {{\"name\": \"g\", \"tags\": {tags}}}]"), "[]");
    stand.run("remove-expired-group.sh", &[("RESOURCE_GROUP", "r"), ("CONTAINER_GROUP", "g"), ("DRY_RUN", dry)])
}

fn endpoint(stand: &Stand, deployments: &str, dry: &str) -> Ended {
    answers(stand, "[]", deployments);
    let variables =
        [("RESOURCE_GROUP", "r"), ("WORKSPACE", "w"), ("ENDPOINT", "e"), ("TIME_TO_LIVE_HOURS", "5"), ("DRY_RUN", dry)];
    stand.run("remove-expired-endpoint.sh", &variables)
}

fn deletes(ended: &Ended) -> bool {
    ended.calls.iter().any(|call| call.contains("delete"))
}

/// Nothing that a clock writes, or nothing that exists: none of these may be taken for the past.
const NO_DATES: [&str; 26] = [
    "yesterday",
    "now",
    "0",
    "-1",
    "1",
    "1e3",
    "20201301T000000Z",
    "20200230T000000Z",
    "2020-01-01",
    "20200101",
    "20200101T000000",
    "20200101T000000+0100",
    "20200101T250000Z",
    "20200101T006100Z",
    "a[$(touch pwned)]",
    "$(touch pwned)",
    "`touch pwned`",
    "20200101T000000Z; touch pwned",
    "2020-01-01T00:00:00Z\\nnow",
    "@1",
    " ",
    "0x10",
    "01/01/2020 00:00:00",
    "2020-W01-1T00:00:00Z",
    "NaN",
    "null",
];

#[test]
fn a_group_whose_time_is_over_is_taken_down_in_every_form_that_a_deployment_writes() {
    let stand = stand();
    for date in ["20200101T000000Z", "2020-01-01T00:00:00Z", "2020-01-01 00:00:00Z", "20240229T235959Z"] {
        let ended = group(&stand, &format!("{{\"expiresOn\": \"{date}\"}}"), "False");
        assert!(ended.code == 0 && deletes(&ended), "{date}: {ended:?}");
        let dry = group(&stand, &format!("{{\"expiresOn\": \"{date}\"}}"), "True");
        assert!(dry.code == 0 && !deletes(&dry) && dry.said.contains("would be taken down"), "{dry:?}");
    }
}

#[test]
fn a_group_whose_time_is_to_come_stays() {
    let stand = stand();
    for date in ["29990101T000000Z", "2999-12-31T23:59:59Z"] {
        let ended = group(&stand, &format!("{{\"expiresOn\": \"{date}\"}}"), "False");
        assert!(ended.code == 0 && !deletes(&ended), "{date}: {ended:?}");
    }
}

#[test]
fn what_cannot_be_dated_is_never_taken_down() {
    let stand = stand();
    for date in NO_DATES {
        let ended = group(&stand, &format!("{{\"expiresOn\": \"{date}\"}}"), "False");
        assert!(ended.code != 0 && !deletes(&ended), "{date}: {ended:?}");
        let old = format!("[{{\"name\": \"a\", \"tags\": {{\"deployed_at\": \"{date}\"}}}}]");
        // One of a good date beside it makes the endpoint no older.
        let mixed = format!("[{{\"tags\": {{\"deployed_at\": \"1600000000\"}}}}, {}", &old[1..]);
        for deployments in [old, mixed] {
            let ended = endpoint(&stand, &deployments, "False");
            assert!(ended.code != 0 && !deletes(&ended), "{date}: {ended:?}");
        }
    }
    for tags in ["{}", "null", "{\"expiresOn\": null}", "{\"expiresOn\": \"\"}"] {
        let ended = group(&stand, tags, "False");
        assert!(ended.code == 0 && !deletes(&ended) && ended.said.contains("left alone"), "{tags}: {ended:?}");
    }
    for deployments in ["[]", "[{\"name\": \"a\"}]", "[{\"tags\": null}]", "[{\"tags\": {\"deployed_at\": \"\"}}]"] {
        assert!(!deletes(&endpoint(&stand, deployments, "False")), "{deployments}");
    }
    assert!(!stand.path().join("pwned").exists());
}

#[test]
fn an_endpoint_is_as_old_as_its_newest_deployment() {
    let stand = stand();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let deployed = |hours: &[u64]| {
        let tags: Vec<String> =
            hours.iter().map(|h| format!("{{\"tags\": {{\"deployed_at\": \"{}\"}}}}", now - h * 3600)).collect();
        format!("[{}]", tags.join(", "))
    };
    for (hours, gone) in [(&[4][..], false), (&[5], true), (&[90, 6], true), (&[90, 1], false)] {
        let ended = endpoint(&stand, &deployed(hours), "False");
        assert!(ended.code == 0 && deletes(&ended) == gone, "{hours:?}: {ended:?}");
        assert!(!deletes(&endpoint(&stand, &deployed(hours), "True")));
    }
}

#[test]
fn an_answer_that_never_came_takes_nothing_down() {
    let stand = stand();
    for body in ["exit 1", "exit 3", "echo", "echo '{'", "echo ERROR >&2; exit 1"] {
        stand.program("az", body);
        let variables = [("RESOURCE_GROUP", "r"), ("CONTAINER_GROUP", "g"), ("DRY_RUN", "False")];
        assert!(!deletes(&stand.run("remove-expired-group.sh", &variables)), "{body}");
        let variables = [("RESOURCE_GROUP", "r"), ("WORKSPACE", "w"), ("ENDPOINT", "e"), ("DRY_RUN", "False")];
        assert!(!deletes(&stand.run("remove-expired-endpoint.sh", &variables)), "{body}");
    }
}

#[test]
fn a_run_that_does_not_say_whether_it_is_a_rehearsal_is_one() {
    let stand = stand();
    for dry in ["", "yes", "True", "true", "1"] {
        assert!(!deletes(&group(&stand, "{\"expiresOn\": \"20200101T000000Z\"}", dry)), "{dry:?}");
    }
}
