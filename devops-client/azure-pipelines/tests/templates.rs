//! Expansion: what comes out of files, what is left open, what is refused and where.

use std::collections::BTreeMap;

use azure_pipelines::model::Pipeline;
use azure_pipelines::template::{Expanded, Files, Knowledge, Request, expand};
use azure_pipelines::yaml::{parse, print};
use azure_pipelines::{Node, Problem};

struct Tree(BTreeMap<String, String>);

impl Files for Tree {
    fn load(&self, path: &str) -> Result<Option<Node>, Problem> {
        self.0.get(path).map(|text| parse(path, text)).transpose()
    }
}

fn run(files: &[(&str, &str)], given: Option<&str>, knowledge: Knowledge) -> Expanded {
    let tree = Tree(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect());
    let root = tree.load("p.yml").unwrap().unwrap();
    let given = given.map(|text| parse("given", text).unwrap().entries().to_vec());
    expand(&Request {
        root: &root,
        path: "p.yml",
        files: &tree,
        parameters: given,
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge,
    })
}

/// The messages of everything that is wrong with one file.
fn problems(text: &str) -> Vec<String> {
    let expanded = run(
        &[("p.yml", text), ("s.yml", "steps:\n- script: x\n"), ("t.yml", "parameters: []\nsteps:\n- script: x\n")],
        Some("{}"),
        Knowledge::All,
    );
    let mut all = expanded.problems.clone();
    all.extend(Pipeline::read(&expanded).problems());
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn what_only_a_run_decides_stays_under_its_condition() {
    let text = "parameters:\n- {name: kind, type: string, default: a}\nsteps:\n- ${{ if eq(variables['Build.Reason'], 'Manual') }}:\n  - script: one\n- ${{ elseif eq(parameters.kind, 'a') }}:\n  - script: two\n- ${{ else }}:\n  - script: three\n- script: ${{ variables.later }}-${{ parameters.kind }}\n";
    let expanded = run(&[("p.yml", text)], Some("{}"), Knowledge::Files);
    assert!(expanded.problems.is_empty(), "{:?}", expanded.problems);
    let expected = "steps:\n- ${{ if eq(variables['Build.Reason'], 'Manual') }}:\n    - script: one\n- ${{ if not(eq(variables['Build.Reason'], 'Manual')) }}:\n    - script: two\n- script: ${{ variables.later }}-a\n";
    let printed = print(&expanded.root);
    assert_eq!(printed, expected.replace("\n- ", "\n  - ").replace("\n    - ", "\n      - "));
    assert_eq!(parse("p.yml", &printed).unwrap().get("steps").unwrap().items().len(), 3);
}

#[test]
fn a_loop_over_what_is_not_known_stays_with_what_is_known_put_in() {
    let text = "parameters:\n- {name: list, type: object}\n- {name: tag, default: v1}\nsteps:\n- ${{ each x in parameters.list }}:\n  - script: ${{ x.name }} ${{ parameters.tag }}\n";
    let expanded = run(&[("p.yml", text)], None, Knowledge::Files);
    assert!(expanded.open);
    let printed = print(&expanded.root);
    assert!(printed.contains("${{ each x in parameters.list }}"), "{printed}");
    assert!(printed.contains("${{ x.name }} ${{ parameters.tag }}"), "{printed}");
}

#[test]
fn what_is_given_keeps_its_place_through_templates() {
    let files = [
        ("p.yml", "steps:\n- template: t/s.yml\n  parameters:\n    steps:\n    - script: mine\n      nope: 1\n"),
        (
            "t/s.yml",
            "parameters:\n- {name: steps, type: stepList}\nsteps:\n- ${{ parameters.steps }}\n- template: u.yml\n",
        ),
        ("t/u.yml", "steps:\n- script: inner\n"),
    ];
    let expanded = run(&files, Some("{}"), Knowledge::All);
    let found = Pipeline::read(&expanded).problems();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].to_string().starts_with("p.yml:6:7: a script step has no key `nope`"), "{}", found[0]);
    assert_eq!(expanded.root.get("steps").unwrap().items()[1].place.file.as_ref(), "t/u.yml");
}

#[test]
fn variables_are_seen_by_what_follows_and_below() {
    let text = "variables:\n- {name: a, value: 1.0}\n- {name: b, value: '${{ variables.a }}-b'}\n- ${{ if eq(variables.b, '1.0-b') }}:\n  - {name: c, value: yes}\nstages:\n- stage: S\n  variables:\n    a: own\n  jobs:\n  - job: J\n    steps:\n    - script: ${{ variables.a }} ${{ variables.c }}\n- stage: T\n  jobs:\n  - job: J\n    steps:\n    - script: ${{ variables.a }}\n";
    let expanded = run(&[("p.yml", text)], Some("{}"), Knowledge::All);
    assert!(expanded.problems.is_empty(), "{:?}", expanded.problems);
    let pipeline = Pipeline::read(&expanded);
    let scripts: Vec<&str> =
        pipeline.jobs().flat_map(|(_, job)| &job.steps).filter_map(|step| step.node.text_at("script")).collect();
    assert_eq!(scripts, ["own yes", "1.0"]);
}

#[test]
fn extending_takes_the_template_s_body_and_both_files_variables() {
    let files = [
        ("p.yml", "trigger: none\nvariables:\n  a: 1\nextends:\n  template: base.yml\n  parameters: {image: x}\n"),
        (
            "base.yml",
            "parameters:\n- name: image\nvariables:\n  b: ${{ variables.a }}\nsteps:\n- script: ${{ parameters.image }} ${{ variables.b }}\n",
        ),
    ];
    let expanded = run(&files, Some("{}"), Knowledge::All);
    assert!(expanded.problems.is_empty(), "{:?}", expanded.problems);
    let json = expanded.root.to_json();
    assert_eq!(json["steps"][0]["script"], "x 1");
    assert_eq!(json["variables"].as_array().unwrap().len(), 2);
    assert_eq!(json["trigger"], "none");
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    for (text, expected) in [
        ("steps:\n- template: gone.yml\n", "p.yml:2:13: template `gone.yml` does not exist"),
        ("steps:\n- template: t.yml\n  parameters: {x: 1}\n", "p.yml:3:16: template `t.yml` has no parameter `x`"),
        ("jobs:\n- template: s.yml\n", "p.yml:2:13: template `s.yml` has no `jobs`"),
        ("steps:\n- template: s.yml\n  with: 1\n", "p.yml:3:3: a template has no key `with`"),
        ("steps:\n- ${{ else }}:\n  - script: x\n", "p.yml:2:3: `else` and `elseif` follow an `if`"),
        ("steps:\n- script: a\n  ${{ each x in 'abc' }}:\n    b: c\n", "p.yml:3:3: `each` goes through a list"),
        ("steps:\n- script: a ${{ parameters }}\n", "p.yml:2:11: `parameters` is a mapping, which cannot stand"),
        ("steps:\n- script: a\n  ${{ if true }}:\n    script: b\n", "p.yml:4:5: key `script` is there twice"),
        ("steps:\n- template: s.yml@other\n", "p.yml:2:13: template `s.yml@other` is of another repository"),
        ("extends:\n  template: s.yml\nsteps:\n- script: y\n", "p.yml:3:1: a pipeline that extends"),
        ("stages: []\n", "p.yml:1:9: `stages` is empty"),
        ("steps:\n- script: x\n  condition: eq(1)\n", "p.yml:3:14: `eq` takes 2 arguments"),
        (
            "jobs:\n- job: A\n  dependsOn: B\n  steps:\n  - script: x\n- job: B\n  dependsOn: A\n  steps:\n  - script: x\n",
            "circle: a -> b -> a",
        ),
        ("variables:\n  a: $[ succeeded() ]\nsteps:\n- script: x\n", "p.yml:2:6: `succeeded` asks how the run goes"),
        (
            "jobs:\n- deployment: d\n  environment: e\n  strategy:\n    blueGreen: {}\n",
            "p.yml:5:5: a deployment has no strategy",
        ),
    ] {
        let found = problems(text);
        assert!(found.iter().any(|message| message.contains(expected)), "{text}: {found:#?}");
    }
}

#[test]
fn files_depth_and_size_have_an_end() {
    let looped =
        [("p.yml", "steps:\n- template: l.yml\n"), ("l.yml", "steps:\n- ${{ if true }}:\n  - template: l.yml\n")];
    let found = run(&looped, Some("{}"), Knowledge::All).problems;
    assert!(found[0].message.contains("includes itself"), "{found:?}");

    let chain = |count: usize| -> Vec<(String, String)> {
        let file = |index: usize| (format!("{index}.yml"), format!("steps:\n- template: {}.yml\n", index + 1));
        let mut files: Vec<(String, String)> = (1..count).map(file).collect();
        files.push(("p.yml".to_owned(), "steps:\n- template: 1.yml\n".to_owned()));
        files.push((format!("{count}.yml"), "steps:\n- script: end\n".to_owned()));
        files
    };
    for (count, fits) in [(99, true), (100, false)] {
        let files = chain(count);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let expanded = run(&files, Some("{}"), Knowledge::All);
        assert_eq!(expanded.problems.is_empty(), fits, "{count}: {:?}", expanded.problems);
    }

    // Each loop is ten times as much as the one in it.
    let list = "[a, b, c, d, e, f, g, h, i, j]";
    let mut text = format!("parameters:\n- {{name: l, type: object, default: {list}}}\nsteps:\n");
    for depth in 0..8 {
        text.push_str(&format!("{}- ${{{{ each x{depth} in parameters.l }}}}:\n", "  ".repeat(depth)));
    }
    text.push_str(&format!("{}- script: ${{{{ x1 }}}}\n", "  ".repeat(8)));
    let found = run(&[("p.yml", &text)], Some("{}"), Knowledge::All).problems;
    assert!(found.iter().any(|problem| problem.message.contains("megabytes")), "{found:?}");

    let nested = format!(
        "steps:\n{}",
        (0..45).fold(String::new(), |text, depth| text + &format!("{}- ${{{{ if true }}}}:\n", "  ".repeat(depth)))
            + &format!("{}- template: p.yml\n", "  ".repeat(45))
    );
    let found = run(&[("p.yml", &nested)], Some("{}"), Knowledge::All).problems;
    assert!(found.iter().any(|problem| problem.message.contains("deeper")), "{found:?}");
}

#[test]
fn a_template_without_types_takes_what_it_is_given_and_hands_it_on() {
    let files = [
        ("p.yml", "jobs:\n- template: outer.yml\n  parameters: {name: A, extra: yes}\n"),
        (
            "outer.yml",
            "jobs:\n- template: inner.yml\n  parameters:\n    ${{ each p in parameters }}:\n      ${{ p.key }}: ${{ p.value }}\n",
        ),
        (
            "inner.yml",
            "parameters:\n  name: ''\njobs:\n- job: ${{ parameters.name }}\n  steps:\n  - script: ${{ parameters.extra }}\n",
        ),
    ];
    let expanded = run(&files, Some("{}"), Knowledge::All);
    assert!(expanded.problems.is_empty(), "{:?}", expanded.problems);
    let json = expanded.root.to_json();
    assert_eq!((&json["jobs"][0]["job"], &json["jobs"][0]["steps"][0]["script"]), (&"A".into(), &"yes".into()));
}
