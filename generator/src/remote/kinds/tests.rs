//! What holds for every kind: fields say what the struct says, and what is no such thing is refused with its place.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::branch_policy::{BranchPolicy, Runs, Settings};
use super::check::{Approval, Check};
use super::deployment::Deployment;
use super::environment::Environment;
use super::federated_credential::FederatedCredential;
use super::field::{FieldValue, Pending, Text, Typed};
use super::files::{File, Files, Open};
use super::identity::Identity;
use super::membership::{Member, Membership};
use super::permission::Permission;
use super::pipeline::{Pipeline, Triggers};
use super::project::Project;
use super::repository::Repository;
use super::resource_group::ResourceGroup;
use super::role_assignment::RoleAssignment;
use super::service_connection::ServiceConnection;
use super::variable_group::{Variable, VariableGroup, Vault};
use crate::remote::later::Later;
use crate::remote::resource::{Fields, KINDS, Key, Kind};

fn word() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9_-]{0,8}"
}

fn map<V: Strategy>(of: V) -> impl Strategy<Value = BTreeMap<String, V::Value>>
where
    V::Value: std::fmt::Debug,
{
    btree_map(name(), of, 0..4)
}

fn later() -> impl Strategy<Value = Later> {
    prop_oneof![
        (word(), word()).prop_map(|(of, fact)| Later::Fact { of: Key::new(Kind::Identity, of), fact }),
        name().prop_map(|variable| Later::Kept { variable }),
    ]
}

fn pending<S: Strategy + 'static>(known: S) -> impl Strategy<Value = Pending<S::Value>>
where
    S::Value: Clone + std::fmt::Debug + 'static,
{
    prop_oneof![known.prop_map(Pending::Known), later().prop_map(Pending::Later)]
}

fn text() -> impl Strategy<Value = Text> {
    pending(word())
}

/// Whatever a parameter or an input can be.
fn json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from),
        vec(word(), 0..3).prop_map(Value::from),
        word().prop_map(|text| json!({ "vmSize": text })),
    ]
}

fn approval() -> impl Strategy<Value = Approval> {
    (vec(word(), 0..3), option::of(any::<u64>()), word(), option::of(any::<bool>()), option::of(any::<u64>())).prop_map(
        |(approvers, required, instructions, requester_excluded, timeout)| Approval {
            approvers,
            required,
            instructions,
            requester_excluded,
            timeout,
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    let flag = || option::of(any::<bool>());
    (option::of(word()), flag(), flag(), option::of(0_u32..100_000), vec(word(), 0..3)).prop_map(
        |(display_name, manual, on_update, minutes, patterns)| Settings {
            display_name,
            manual,
            on_update,
            minutes: minutes.map(|minutes| f64::from(minutes) / 4.0),
            patterns,
        },
    )
}

/// That the fields of `kind` are those of a struct, all of them, whichever way one goes.
fn same<K: Typed + PartialEq + std::fmt::Debug>(kind: &K) -> Result<(), TestCaseError> {
    let fields = kind.to_fields();
    let read = K::read(&fields).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&read, kind);
    prop_assert_eq!(read.to_fields(), fields);
    Ok(())
}

proptest! {
    #[test]
    fn fields_of_azure_say_what_the_structs_say(
        texts in vec(word(), 4),
        texts_later in vec(text(), 2),
        list in vec(word(), 0..3),
        condition in option::of(word()),
        tags in map(word()),
        parameters in map(pending(json())),
    ) {
        let [a, b, c, d] = <[String; 4]>::try_from(texts).unwrap();
        let [x, y] = <[Text; 2]>::try_from(texts_later).unwrap();
        same(&ResourceGroup { subscription: a.clone(), location: b.clone(), tags: tags.clone() })?;
        same(&Identity { name: a.clone(), scope: b.clone(), location: c.clone(), tags })?;
        let (name, role, scope) = (a.clone(), b.clone(), c.clone());
        same(&RoleAssignment { name, role, scope, principal: x.clone(), description: y.clone(), condition })?;
        same(&FederatedCredential { identity: a.clone(), issuer: x, subject: y, audiences: list })?;
        same(&Deployment { scope: a, mode: b, state: c, template: d, parameters })?;
    }

    #[test]
    fn fields_of_azure_devops_say_what_the_structs_say(
        texts in vec(word(), 5),
        later in text(),
        list in vec(word(), 0..3),
        flags in vec(any::<bool>(), 2),
        some in vec(option::of(word()), 2),
        all in option::of(any::<bool>()),
        plain in map(text()),
        inputs in map(json()),
        approval in option::of(approval()),
        settings in settings(),
        number in any::<i64>(),
    ) {
        let [a, b, c, d, e] = <[String; 5]>::try_from(texts).unwrap();
        same(&Project)?;
        same(&Environment { description: a.clone() })?;
        same(&Repository { default_branch: some[0].clone() })?;
        same(&Permission { pipelines: list, all, build_service: all })?;
        for member in [Member::Identity(a.clone()), Member::Principal(a.clone())] {
            same(&Membership { group: b.clone(), member })?;
        }
        same(&Check { disabled: flags[0], approval, inputs })?;
        for runs in [Runs::Named(a.clone()), Runs::Numbered(number), Runs::Nothing] {
            same(&BranchPolicy { enabled: flags[0], blocking: flags[1], runs, settings: settings.clone() })?;
        }
        for triggers in [Triggers::File, Triggers::Portal] {
            let [repository, queue] = <[Option<String>; 2]>::try_from(some.clone()).unwrap();
            let (description, name, folder) = (a.clone(), b.clone(), c.clone());
            let (file, default_branch) = (d.clone(), Some(e.clone()));
            same(&Pipeline { description, name, folder, file, repository, default_branch, triggers, queue })?;
        }
        same(&ServiceConnection {
            description: later.clone(),
            url: a.clone().into(),
            scheme: b.clone().into(),
            parameters: plain.clone(),
            data: plain.clone(),
        })?;
        let secret = ("key".to_owned(), Variable::Secret);
        let values = plain.into_iter().map(|(name, value)| (name, Variable::Plain(value))).chain([secret]);
        let vault = flags[0].then_some(Vault { name: a, connection: b });
        same(&VariableGroup { description: later, kind: c, vault, variables: values.collect() })?;
    }

    #[test]
    fn fields_of_files_say_what_the_struct_says(
        blobs in btree_map("[a-z]{1,6}(/[a-z]{1,6}){0,2}\\.[a-z]{2}", option::of("[0-9a-f]{40}"), 0..6),
        text in word(),
    ) {
        let files: BTreeMap<String, File> =
            blobs.into_iter().map(|(path, blob)| (path, blob.map_or(File::Seed, File::Blob))).collect();
        let opens = [Open::Request(text.clone()), Open::OldRequest(text.clone()), Open::Leftover(text)];
        for open in opens.map(Some).into_iter().chain([None]) {
            same(&Files { files: files.clone(), open })?;
        }
    }
}

/// Reads fields as a kind, and gives them back.
type Reader = fn(&Fields) -> Result<Fields, String>;

/// The fields of an example, and how they are read.
fn of<K: Typed>(kind: Kind, example: &K) -> (Kind, Fields, Reader) {
    let read: Reader = |fields| match K::read(fields) {
        Ok(read) => Ok(read.to_fields()),
        Err(error) => Err(error.to_string()),
    };
    (kind, example.to_fields(), read)
}

/// A resource of every kind, and how its fields are read.
fn examples() -> Vec<(Kind, Fields, Reader)> {
    let text = || "a".to_owned();
    let map = || BTreeMap::from([("b".to_owned(), "c".to_owned())]);
    let settings = Settings {
        display_name: Some(text()),
        manual: Some(true),
        on_update: Some(true),
        minutes: Some(1.5),
        patterns: vec![text()],
    };
    let approval = Approval {
        approvers: vec![text()],
        required: Some(1),
        instructions: text(),
        requester_excluded: Some(true),
        timeout: Some(60),
    };
    let pipeline = Pipeline {
        description: text(),
        name: text(),
        folder: text(),
        file: text(),
        repository: text(),
        default_branch: text(),
        triggers: Triggers::File,
        queue: Some(text()),
    };
    let assignment = RoleAssignment {
        name: text(),
        role: text(),
        scope: text(),
        principal: text(),
        description: text(),
        condition: Some(text()),
    };
    let group = VariableGroup {
        description: text(),
        kind: text(),
        vault: Some(Vault { name: text(), connection: text() }),
        variables: BTreeMap::from([("V".to_owned(), Variable::Plain(text()))]),
    };
    let (url, scheme) = (text(), text());
    let connection = ServiceConnection { description: text(), url, scheme, parameters: map(), data: map() };
    let credential = FederatedCredential { identity: text(), issuer: text(), subject: text(), audiences: vec![text()] };
    let parameters = BTreeMap::from([("p".to_owned(), "q".to_owned())]);
    let deployment = Deployment { scope: text(), mode: text(), state: text(), template: text(), parameters };
    vec![
        of(Kind::Project, &Project),
        of(Kind::ResourceGroup, &ResourceGroup { subscription: text(), location: text(), tags: map() }),
        of(Kind::Identity, &Identity { name: text(), scope: text(), location: text(), tags: map() }),
        of(Kind::RoleAssignment, &assignment),
        of(Kind::Repository, &Repository { default_branch: Some(text()) }),
        of(Kind::ServiceConnection, &connection),
        of(Kind::FederatedCredential, &credential),
        of(Kind::Deployment, &deployment),
        of(Kind::VariableGroup, &group),
        of(Kind::Environment, &Environment { description: text() }),
        of(Kind::Check, &Check { disabled: false, approval: Some(approval), inputs: BTreeMap::new() }),
        of(Kind::Pipeline, &pipeline),
        of(Kind::Files, &Files { files: BTreeMap::from([(text(), File::Seed)]), open: Some(Open::Request(text())) }),
        of(Kind::Permission, &Permission { pipelines: vec![text()], all: Some(false), build_service: None }),
        of(Kind::BranchPolicy, &BranchPolicy { enabled: true, blocking: true, runs: Runs::Nothing, settings }),
        of(Kind::Membership, &Membership { group: text(), member: Member::Identity(text()) }),
    ]
}

#[test]
fn a_field_that_holds_something_else_is_refused_with_its_name() {
    let all = examples();
    assert_eq!(all.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>(), KINDS);
    for (kind, fields, read) in all {
        assert_eq!(read(&fields).as_ref(), Ok(&fields), "{kind:?}");
        for field in fields.keys() {
            let mut broken = fields.clone();
            broken.insert(field.clone(), json!({ "unheard": ["of"] }));
            let error = read(&broken).unwrap_err();
            assert!(error.starts_with(&format!("the field {field} cannot be used: it is ")), "{kind:?}: {error}");
        }
    }
}

#[test]
fn a_field_that_a_kind_must_have_is_missed_by_name_and_one_that_it_has_not_is_refused() {
    // What a service may not show, or what only some resources of a kind have.
    let optional: BTreeSet<&str> = BTreeSet::from([
        "allPipelines",
        "condition",
        "defaultBranch",
        "minRequiredApprovers",
        "queue.name",
        "requesterCannotBeApprover",
        // without it the others of its struct are no fields of the kind
        "approvers",
        "providerData.vault",
    ]);
    let below = |field: &str| {
        ["tags.", "variables.", "parameters.", "data.", "authorization.parameters."]
            .iter()
            .any(|prefix| field.starts_with(prefix))
    };
    for (kind, fields, read) in examples().into_iter().filter(|(kind, ..)| *kind != Kind::Files) {
        let needed = fields.keys().filter(|field| !optional.contains(field.as_str()) && !below(field));
        for field in needed {
            let lacking: Fields =
                fields.iter().filter(|(name, _)| *name != field).map(|(n, v)| (n.clone(), v.clone())).collect();
            let error = read(&lacking).unwrap_err();
            assert!(error.starts_with(&format!("the field {field} cannot be used: ")), "{kind:?}: {error}");
        }
        let foreign = fields.clone().into_iter().chain([("unheard".to_owned(), json!("of"))]).collect();
        assert_eq!(read(&foreign).unwrap_err(), "the field unheard cannot be used: the kind has no such field");
    }
}

#[test]
fn what_is_known_later_is_no_value_yet() {
    let later = Later::Kept { variable: "REGION".to_owned() };
    let value = later.to_value();
    assert_eq!(Text::from_value(Some(&value)), Ok(Text::Later(later)));
    assert_eq!(String::from_value(Some(&value)), Err("it is not known yet"));
    assert_eq!(Value::from_value(Some(&value)), Err("it is not known yet"));
}
