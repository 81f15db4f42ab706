//! What the file looks like: keys, types, choices, ranges, YAML itself.

use super::*;
use insta::assert_snapshot;

#[test]
fn an_unknown_key_is_named_with_the_nearest_right_one() {
    assert_snapshot!(says(&small(&[("location: westeurope", "location: westeurope, resourcegroup: x")])), @r"3:31 «resourcegroup» `resourcegroup` is no key of `azure` (did you mean `resourceGroup`?)");
    assert_snapshot!(says(&small_and("trainig: {}")), @r"10:1 «trainig» `trainig` is no key of the spec (did you mean `training`?)");
    assert_snapshot!(says(&small(&[("{name: qa,", "{name: qa, time_to_live_hours: 4,")])), @r"8:16 «time_to_live_hours» `time_to_live_hours` is no key of `environments[0]` (did you mean `timeToLiveHours`?)");
}

#[test]
fn an_unknown_key_that_is_like_no_other_is_told_the_right_ones() {
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: churn, zzz: 1}")])), @r"2:24 «zzz» `zzz` is no key of `project` (its keys are name, description, tags)");
}

#[test]
fn a_duplicate_key_is_named_with_both_places() {
    assert_snapshot!(says(&small_and("model: {runtime: rust}")), @r"10:1 «model» the key `model` is here a second time (keep one of the two)");
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: churn, name: shop}")])), @r"2:24 «name» the key `name` is here a second time (keep one of the two)");
}

#[test]
fn a_missing_key_is_named_with_what_it_says() {
    assert_snapshot!(says(&small(&[("{location: westeurope}", "{suffix: abcde}")])), @r"3:1 «azure» `azure` lacks the key `location` (`location`: Region, in its short form: `westeurope`)");
    assert_snapshot!(says("version: 1\n"), @r"
    1:1 «version» the spec lacks the key `azure` (`azure`: Where training lives in Azure)
    1:1 «version» the spec lacks the key `data` (`data`: What the model learns from)
    1:1 «version» the spec lacks the key `devops` (`devops`: Where code and pipelines live in Azure DevOps)
    1:1 «version» the spec lacks the key `environments` (`environments`: Where the model answers, in order of promotion)
    1:1 «version» the spec lacks the key `model` (`model`: What is learned, and when a new model is better than the old one)
    1:1 «version» the spec lacks the key `project` (`project`: What the project is called)
    ");
}

#[test]
fn a_wrong_type_is_named_with_the_right_one() {
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: [churn]}")])), @r"2:11 «name» `project.name` is text, not a list");
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: churn, description: 42}")])), @r"2:37 «42» `project.description` is text, not a whole number (text that looks like a number or a truth value needs quotes)");
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: churn, tags: {year: 2026}}")])), @r"2:37 «2026» `project.tags.year` is text, not a whole number (text that looks like a number or a truth value needs quotes)");
    assert_snapshot!(says(&small(&[("columns: [a, b, y]", "columns: a")])), @r"5:50 «a» `data.columns` is a list, not text (each entry of a list starts with `- `)");
    assert_snapshot!(says(&small_and("training: 4")), @r"10:11 «4» `training` is a mapping, not a whole number");
    assert_snapshot!(says(&small_and("training: {timeoutMinutes: an hour}")), @r"10:28 «an hour» `training.timeoutMinutes` is a whole number, not text");
    assert_snapshot!(says(&small_and("training: {timeoutMinutes: \"60\"}")), @r#"10:28 «"60"» `training.timeoutMinutes` is a whole number, not text (a number is written without quotes)"#);
    assert_snapshot!(says(&small_and("training: {timeoutMinutes: 60.5}")), @r"10:28 «60.5» `training.timeoutMinutes` is a whole number, not 60.5");
    assert_snapshot!(says(&small_and("training: {timeoutMinutes: 6e1}")), @r"10:28 «6e1» `training.timeoutMinutes` is a whole number, not 60 (write `60`, without a point or an exponent)");
    assert_snapshot!(says(&small_and("training: {timeoutMinutes: 1_000}")), @r"10:28 «1_000» `training.timeoutMinutes` is a whole number, not text (a number is written in digits alone, without units and separators)");
    assert_snapshot!(says(&small_and("scoring: {memoryGiB: 1Gi}")), @r"10:22 «1Gi» `scoring.memoryGiB` is a number, not text (a number is written in digits alone, without units and separators)");
    assert_snapshot!(says(&small_and("scoring: {node: {gpu: yes}}")), @r"10:23 «yes» `scoring.node.gpu` is true or false, not text (did you mean `true`?)");
    assert_snapshot!(says(&small(&[("location: westeurope", "location: westeurope, tenant: 5")])), @r"3:39 «5» `azure.tenant` is text or a mapping, not a whole number");
}

#[test]
fn a_key_without_a_value_is_named() {
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: }")])), @r"2:11 «name» `project.name` has no value (give it a value, or leave the key out)");
    assert_snapshot!(says(&small_and("training:\nscoring: ~")), @r"
    10:1 «training» `training` has no value (give it a value, or leave the key out)
    11:10 «~» `scoring` has no value (give it a value, or leave the key out)
    ");
}

#[test]
fn a_wrong_choice_is_named_with_the_right_ones() {
    assert_snapshot!(says(&small(&[("runtime: python", "runtime: pyhton")])), @r"6:18 «pyhton» `model.runtime` is one of rust, python, not `pyhton` (did you mean `python`?)");
    assert_snapshot!(says(&small(&[("runtime: python", "runtime: go")])), @r"6:18 «go» `model.runtime` is one of rust, python, not `go`");
    assert_snapshot!(says(&small(&[("target: kubernetes", "target: aks")])), @r"9:32 «aks» `environments[1].target` is one of container-instances, kubernetes, managed-endpoint, kubernetes-endpoint, not `aks`");
    assert_snapshot!(says(&small(&[("project: ml}", "project: ml, agent: {image: ubuntu-20.04}}")])), @r"4:61 «ubuntu-20.04» `devops.agent.image` is one of ubuntu-24.04, ubuntu-22.04, ubuntu-latest, not `ubuntu-20.04` (did you mean `ubuntu-22.04`?)");
    assert_snapshot!(says(&small_and("network: privat")), @r"10:10 «privat» `network` is public or private or a mapping, not `privat` (did you mean `private`?)");
    assert_snapshot!(says(&small(&[("version: 1", "version: 2")])), @r"1:10 «2» `version` is 1, not `2` (this is mlops-gen 0.1.0, which reads version 1)");
    assert_snapshot!(says(&small_and("variableGroups: [{name: g, pipelines: [relase], variables: {A: b}}]")), @r"10:40 «relase» `variableGroups[0].pipelines[0]` is one of build, retrain, release, infrastructure, pull-request, cleanup, drift, not `relase` (did you mean `release`?)");
}

#[test]
fn a_number_out_of_range_is_named_with_the_range() {
    assert_snapshot!(says(&small_and("scoring: {cpu: 0, memoryGiB: 1000}")), @r"
    10:16 «0» `scoring.cpu` is at least 0.1 and at most 64, not 0
    10:30 «1000» `scoring.memoryGiB` is at least 0.1 and at most 512, not 1000
    ");
    assert_snapshot!(says(&small_and("training: {compute: {minNodes: -1}}")), @r"10:32 «-1» `training.compute.minNodes` is at least 0 and at most 1000, not -1");
    assert_snapshot!(says(&small(&[("columns: [a, b, y]", "columns: [a, b, y], holdout: {fraction: 1}")])), @r"5:81 «1» `data.holdout.fraction` is more than 0 and less than 1, not 1");
    assert_snapshot!(says(&small_and("scoring: {logging: {sample: 0}}")), @r"10:29 «0» `scoring.logging.sample` is more than 0 and at most 1, not 0");
    assert_snapshot!(says(&small(&[("columns: [a, b, y]", "columns: [a, b, y], holdout: {seed: 99999999999}")])), @r"5:77 «99999999999» `data.holdout.seed` is at least 0 and at most 4294967295, not 99999999999");
    assert_snapshot!(says(&small_and("training: {instances: 99999999999999999999}")), @r"10:23 «99999999999999999999» `training.instances` is at least 1 and at most 100, not 1e+20");
}

#[test]
fn a_number_that_is_not_finite_is_refused() {
    assert_snapshot!(says(&small_and("scoring: {contract: {request: [[.nan, 1], [2, -.inf], [1e999, 0]]}}")), @r"
    10:33 «.nan» `scoring.contract.request[0][0]` is a finite number
    10:47 «-.inf» `scoring.contract.request[1][1]` is a finite number
    10:56 «1e999» `scoring.contract.request[2][0]` is a finite number
    ");
    assert_snapshot!(says(&small(&[("runtime: python", "runtime: python, parameters: {alpha: .inf}")])), @r"6:46 «.inf» `model.parameters.alpha` is a finite number");
}

#[test]
fn a_list_of_the_wrong_length_is_refused() {
    let none = small(&[
        ("environments:", "environments: []"),
        ("  - {name: qa, target: container-instances}\n", ""),
        ("  - {name: production, target: kubernetes}\n", ""),
    ]);
    assert_snapshot!(says(&none), @r"7:1 «environments» `environments` has at least 1 entry, this has 0");
    assert_snapshot!(says(&small(&[("[a, b, y]", "[y]")])), @r"5:41 «columns» `data.columns` has at least 2 entries, this has 1");
}

#[test]
fn words_that_older_yaml_takes_for_truth_values_are_text() {
    let project =
        good(&small(&[("{name: churn}", "{name: churn, description: no, tags: {on: off, y: 2026-01-01, 1: 12:30}}")]));
    assert_eq!(project.description.as_str(), "no");
    let tags: Vec<_> = project.tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(tags, [("1", "12:30"), ("on", "off"), ("y", "2026-01-01")]);
}

#[test]
fn a_tag_makes_text_of_a_number() {
    let project = good(&small(&[("{name: churn}", "{name: churn, description: !!str 42}")]));
    assert_eq!(project.description.as_str(), "42");
}

#[test]
fn aliases_repeat_what_was_written() {
    let text = small(&[(
        "qa, target: container-instances}",
        "qa, target: container-instances, approvals: &who {approvers: [a@b.example]}}",
    )]);
    let text = text.replace("kubernetes}", "kubernetes, approvals: *who}");
    let project = good(&text);
    assert_eq!(project.environments[0].approvals, project.environments[1].approvals);
    assert!(project.environments[1].approvals.is_some());
}

#[test]
fn text_that_is_not_yaml_is_named_with_its_place() {
    assert_snapshot!(says("version: 1\nproject: {name: churn\nazure: x\n"), @r"3:6 «:» this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'");
    assert_snapshot!(says("version: 1\n\tproject: x\n"), @r"1:10 «1» this is not YAML: while scanning a plain scalar, found a tab");
    assert_snapshot!(says("version: 1\nproject: \"never closed\n"), @r"3:1 «» this is not YAML: invalid indentation in multiline quoted scalar");
    assert_snapshot!(says("- a\n- b\n"), @r"1:1 «- a» the spec is a mapping, not a list");
    assert_snapshot!(says("just text"), @r"1:1 «just text» the spec is a mapping, not text");
    assert_snapshot!(says(""), @r"1:1 «» the file is empty (`mlops-gen init` writes a spec to start from)");
    assert_snapshot!(says("# only a comment\n"), @r"1:1 «#» the file is empty (`mlops-gen init` writes a spec to start from)");
    assert_snapshot!(says("version: 1\n---\nversion: 1\n"), @r"2:1 «---» a second document starts here, and a spec is one document");
}

#[test]
fn what_means_nothing_in_a_spec_is_refused() {
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: !secret churn}")])), @r"2:25 «churn» the tag `!secret` means nothing in a spec (take the tag away)");
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: *churn}")])), @r#"2:17 «*churn» no anchor `&churn` comes before this alias (text that starts with * needs quotes: "*churn")"#);
    assert_snapshot!(says(&small(&[("{name: churn}", "{name: churn, [a]: b}")])), @r"2:24 «[a]» a key is text, and this is a list");
    assert_snapshot!(says(&small(&[("{location: westeurope}", "{location: westeurope, <<: {suffix: abcde}}")])), @r"3:31 «<<» `<<` is no key of `azure` (merge keys are no part of YAML 1.2; write the keys out)");
}

#[test]
fn a_misspelt_key_that_is_required_is_one_mistake() {
    assert_snapshot!(says(&small(&[("location:", "locaton:")])), @r"3:9 «locaton» `locaton` is no key of `azure` (did you mean `location`?)");
    assert_snapshot!(says(&small(&[("azure:", "azuer:")])), @r"3:1 «azuer» `azuer` is no key of the spec (did you mean `azure`?)");
}
