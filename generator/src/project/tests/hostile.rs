//! Any text in any field that takes text: refused with its place, or in the project exactly as it was written.

use super::*;
use crate::project::devops::Agent;
use crate::project::environment::Target;
use crate::project::text::hazard;
use crate::project::variables::GroupContent;
use proptest::prelude::*;

/// A field: its path, and where it ends up.
type Field = (&'static str, fn(&Project) -> Option<String>);

/// A spec in which every field that takes text stands on a line of its own, as `<value>`.
const FIELDS: &str = "\
version: 1
project:
  name: churn
  description: <project.description>
  tags:
    tag: <project.tags.tag>
    <project.tags>: value
azure:
  location: <azure.location>
  resourceGroup: <azure.resourceGroup>
  serviceConnection: <azure.serviceConnection>
  suffix: <azure.suffix>
  names:
    workspace: <azure.names.workspace>
    keyVault: <azure.names.keyVault>
    dataContainer: <azure.names.dataContainer>
devops:
  organization: <devops.organization>
  project: <devops.project>
  repository: <devops.repository>
  branch: <devops.branch>
  agent:
    pool: <devops.agent.pool>
    demands:
      - <devops.agent.demands[0]>
data:
  asset: <data.asset>
  path: <data.path>
  target: y
  columns:
    - <data.columns[0]>
    - y
model:
  name: <model.name>
  runtime: python
  tags:
    tag: <model.tags.tag>
    <model.tags>: value
training:
  compute:
    sku: <training.compute.sku>
  schedules:
    - name: <training.schedules[0].name>
      cron: '0 0 * * *'
  onNewData:
    prefix: <training.onNewData.prefix>
scoring:
  contract:
    route: <scoring.contract.route>
environments:
  - name: <environments[0].name>
    target: kubernetes
    serviceConnection: <environments[0].serviceConnection>
    devopsEnvironment: <environments[0].devopsEnvironment>
    approvals:
      approvers:
        - <environments[0].approvals.approvers[0]>
      instructions: <environments[0].approvals.instructions>
    checks:
      businessHours:
        timeZone: <environments[0].checks.businessHours.timeZone>
      branches:
        - <environments[0].checks.branches[0]>
    names:
      namespace: <environments[0].names.namespace>
      cluster: <environments[0].names.cluster>
variableGroups:
  - name: <variableGroups[0].name>
    description: <variableGroups[0].description>
    pipelines: [release]
    variables:
      PLAIN: <variableGroups[0].variables.PLAIN>
      <variableGroups[0].variables>: value
  - name: vault
    pipelines: [build]
    keyVault: platform
    secrets:
      - <variableGroups[1].secrets[0]>
monitoring:
  mail:
    - <monitoring.mail[0]>
";

/// What stands in the fields that are not under test.
fn usual(field: &str) -> &'static str {
    match field {
        "azure.location" => "westeurope",
        "azure.suffix" => "abc12",
        "data.path" => "data/churn.csv",
        "scoring.contract.route" => "/score",
        "training.compute.sku" => "Standard_DS3_v2",
        "monitoring.mail[0]" => "a@b.example",
        "devops.branch" | "environments[0].checks.branches[0]" => "main",
        "azure.resourceGroup" => "group",
        "azure.names.dataContainer" => "inputs",
        "variableGroups[0].variables" => "OTHER",
        "project.tags" | "model.tags" => "other",
        _ => "usual",
    }
}

fn fields() -> Vec<Field> {
    vec![
        ("project.description", |p| Some(p.description.to_string())),
        ("project.tags.tag", |p| p.tags.iter().find(|(k, _)| k.as_str() == "tag").map(|(_, v)| v.to_string())),
        ("project.tags", |p| p.tags.keys().find(|k| k.as_str() != "tag").map(|k| k.to_string())),
        ("azure.location", |p| Some(p.platform.place.location.to_string())),
        ("azure.resourceGroup", |p| Some(p.platform.place.resource_group.to_string())),
        ("azure.serviceConnection", |p| Some(p.platform.service_connection.to_string())),
        ("azure.suffix", |p| Some(p.platform.suffix.clone())),
        ("azure.names.workspace", |p| Some(p.platform.workspace.to_string())),
        ("azure.names.keyVault", |p| Some(p.platform.key_vault.to_string())),
        ("azure.names.dataContainer", |p| Some(p.platform.data_container.to_string())),
        ("devops.organization", |p| Some(p.devops.organization.to_string())),
        ("devops.project", |p| Some(p.devops.project.to_string())),
        ("devops.repository", |p| Some(p.devops.repository.to_string())),
        ("devops.branch", |p| Some(p.devops.branch.as_str().to_owned())),
        ("devops.agent.pool", |p| match &p.devops.agent {
            Agent::Pool { name, .. } => Some(name.to_string()),
            Agent::Hosted { .. } => None,
        }),
        ("devops.agent.demands[0]", |p| match &p.devops.agent {
            Agent::Pool { demands, .. } => demands.first().map(|d| d.to_string()),
            Agent::Hosted { .. } => None,
        }),
        ("data.asset", |p| Some(p.data.asset.to_string())),
        ("data.path", |p| match &p.data.source {
            crate::project::data::DataSource::Repository(s) | crate::project::data::DataSource::Remote(s) => {
                Some(s.clone())
            }
        }),
        ("data.columns[0]", |p| p.data.columns.first().map(|c| c.name.to_string())),
        ("model.name", |p| Some(p.model.name.to_string())),
        ("model.tags.tag", |p| p.model.tags.iter().find(|(k, _)| k.as_str() == "tag").map(|(_, v)| v.to_string())),
        ("model.tags", |p| p.model.tags.keys().find(|k| k.as_str() != "tag").map(|k| k.to_string())),
        ("training.compute.sku", |p| Some(p.training.compute.sku.as_str().to_owned())),
        ("training.schedules[0].name", |p| p.training.schedules.first().map(|s| s.name.to_string())),
        ("training.onNewData.prefix", |p| p.training.on_new_data.as_ref().map(|n| n.prefix.to_string())),
        ("scoring.contract.route", |p| Some(p.scoring.contract.route.as_str().to_owned())),
        ("environments[0].name", |p| Some(p.environments[0].name.to_string())),
        ("environments[0].serviceConnection", |p| Some(p.environments[0].service_connection.to_string())),
        ("environments[0].devopsEnvironment", |p| Some(p.environments[0].devops_environment.to_string())),
        ("environments[0].approvals.approvers[0]", |p| {
            p.environments[0].approvals.as_ref().map(|a| a.approvers[0].to_string())
        }),
        ("environments[0].approvals.instructions", |p| {
            p.environments[0].approvals.as_ref().and_then(|a| a.instructions.as_ref()).map(|t| t.to_string())
        }),
        ("environments[0].checks.businessHours.timeZone", |p| {
            p.environments[0].checks.business_hours.as_ref().map(|h| h.time_zone.to_string())
        }),
        ("environments[0].checks.branches[0]", |p| {
            p.environments[0].checks.branches.first().map(|b| b.as_str().to_owned())
        }),
        ("environments[0].names.namespace", |p| match &p.environments[0].target {
            Target::Kubernetes(cluster) => Some(cluster.namespace.to_string()),
            _ => None,
        }),
        ("environments[0].names.cluster", |p| match &p.environments[0].target {
            Target::Kubernetes(cluster) => Some(cluster.name.to_string()),
            _ => None,
        }),
        ("variableGroups[0].name", |p| Some(p.variable_groups[0].name.to_string())),
        ("variableGroups[0].description", |p| Some(p.variable_groups[0].description.to_string())),
        ("variableGroups[0].variables.PLAIN", |p| match &p.variable_groups[0].content {
            GroupContent::Plain(variables) => {
                variables.iter().find(|(k, _)| k.as_str() == "PLAIN").map(|(_, v)| v.to_string())
            }
            GroupContent::KeyVault { .. } => None,
        }),
        ("variableGroups[0].variables", |p| match &p.variable_groups[0].content {
            GroupContent::Plain(variables) => variables.keys().find(|k| k.as_str() != "PLAIN").map(|k| k.to_string()),
            GroupContent::KeyVault { .. } => None,
        }),
        ("variableGroups[1].secrets[0]", |p| match &p.variable_groups[1].content {
            GroupContent::KeyVault { secrets, .. } => secrets.first().map(|s| s.to_string()),
            GroupContent::Plain(_) => None,
        }),
        ("monitoring.mail[0]", |p| p.monitoring.mail.first().map(|m| m.as_str().to_owned())),
    ]
}

/// The fields that take any text that is not dangerous.
const FREE: [&str; 10] = [
    "project.description",
    "project.tags.tag",
    "model.tags.tag",
    "model.tags",
    "training.onNewData.prefix",
    "environments[0].approvals.approvers[0]",
    "environments[0].approvals.instructions",
    "environments[0].checks.businessHours.timeZone",
    "variableGroups[0].description",
    "variableGroups[0].variables.PLAIN",
];

/// [`FIELDS`] with `value` in each of `tested`, quoted as JSON quotes it, which is YAML too.
fn spec_with(tested: &[Field], value: &str) -> String {
    let quoted = serde_json::to_string(value).expect("text is JSON");
    let mut text = String::new();
    for line in FIELDS.lines() {
        match line.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?))) {
            Some((before, (field, after))) if tested.iter().any(|(name, _)| *name == field) => {
                text += &format!("{before}{quoted}{after}\n");
            }
            Some((before, (field, after))) => text += &format!("{before}\"{}\"{after}\n", usual(field)),
            None => text += &format!("{line}\n"),
        }
    }
    text
}

/// The fields that keep `value`, exactly; panics if another does not refuse it in its place.
fn keepers(value: &str) -> Vec<&'static str> {
    let fields = fields();
    let report = bad(&spec_with(&fields, value));
    let refuses = |field: &str| {
        let mark = format!("<{field}>");
        let line = FIELDS.lines().position(|l| l.contains(&mark)).expect("the field is in the spec") + 1;
        report.diagnostics().iter().any(|d| d.line == line && d.path.starts_with(field))
    };
    if report.diagnostics().iter().any(|d| d.message.starts_with("this is not YAML")) {
        return Vec::new();
    }
    let rest: Vec<Field> = fields.into_iter().filter(|(name, _)| !refuses(name)).collect();
    let text = spec_with(&rest, value);
    let project = load("mlops.yaml", &text).unwrap_or_else(|r| panic!("{value:?}: {}", r.render(Style::Plain)));
    for (field, get) in &rest {
        assert_eq!(get(&project).as_deref(), Some(value), "{field}");
        assert_eq!(hazard(value), None, "{field} kept {value:?}");
    }
    rest.iter().map(|(name, _)| *name).collect()
}

/// Text that has broken some output language or other.
fn corpus() -> Vec<String> {
    let fixed = [
        "",
        " ",
        "  two  ",
        "\t",
        "\n",
        "a\nb",
        "a\r\nb",
        "\u{0}",
        "\u{7}",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{feff}",
        "\u{2028}",
        "\u{2029}",
        "\u{202e}evil",
        "\u{200f}",
        "\u{2066}x",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{fffd}",
        "ä",
        "日本語",
        "🧪",
        "e\u{301}",
        "\u{200d}",
        "${{ variables.x }}",
        "${{",
        "$(Build.SourceBranch)",
        "$(",
        "$[variables.x]",
        "$[",
        "##vso[task.setvariable variable=x]y",
        "##VSO[task.complete]",
        "##[command]x",
        "#vso[",
        "{{ x }}",
        "{% raw %}",
        "{= x =}",
        "<# x #>",
        "{%",
        "=}",
        "$",
        "$$",
        "${x}",
        "${",
        "$x",
        "`id`",
        "; rm -rf /",
        "| cat",
        "&& true",
        "a & b",
        "a > b",
        "a < b",
        "\"",
        "'",
        "''",
        "\\",
        "\\n",
        "\\u0000",
        "\"; drop",
        "' or '1'='1",
        "''' end",
        "\"\"\" end",
        "yes",
        "no",
        "on",
        "off",
        "true",
        "null",
        "~",
        "1",
        "1.0",
        "1e3",
        "0x10",
        "0o7",
        "012",
        "12:30:45",
        "1_000",
        "2026-01-01",
        ".inf",
        ".nan",
        "=",
        "<<",
        "- a",
        "a: b",
        "a #b",
        "# a",
        "? a",
        ": a",
        "[a]",
        "{a}",
        "*a",
        "&a",
        "!a",
        "!!str a",
        "%a",
        "@a",
        "|",
        ">",
        "|-",
        "---",
        "...",
        "key: [",
        "a,b",
        "[concat('x')]",
        "[[x]",
        "[parameters('x')]",
        "@description('x')",
        "'${resourceGroup().id}'",
        "//",
        "/* */",
        "<!-- -->",
        "<script>",
        "](javascript:x)",
        "| a | b |",
        "```",
        "</pre>",
        "ENV X=1",
        "FROM x",
        "#!/bin/sh",
        "%PATH%",
        "%(x)s",
        "%s%n",
        "../..",
        "/etc/passwd",
        "C:\\x",
        "\\\\host\\share",
        "con",
        "nul.txt",
        "a.",
        "a ",
        "-",
        "--",
        "-rf",
        "--help",
        "=cmd|' /C calc'!A0",
        "'+str(1)+'",
        "{0}",
        "{x}",
        "f\"{x}\"",
        "\\x00",
        "\u{1f468}\u{200d}\u{1f469}",
        "ﬀ",
        "İ",
        "ß",
        "\u{1d400}",
        "a\u{300}\u{300}\u{300}",
    ];
    let long = ["x".repeat(5_000), "ä".repeat(300), "-".repeat(64), " ".repeat(100), "$".repeat(50)];
    fixed.iter().map(|s| (*s).to_owned()).chain(long).collect()
}

#[test]
fn the_spec_with_the_usual_values_is_a_project() {
    let project = good(&spec_with(&[], ""));
    for (field, get) in fields() {
        assert_eq!(get(&project).as_deref(), Some(usual(field)), "{field}");
    }
}

#[test]
fn every_text_of_the_corpus_is_refused_in_its_place_or_kept() {
    let (mut kept, mut all) = (0, 0);
    for value in corpus() {
        let keepers = keepers(&value);
        kept += keepers.len();
        all += fields().len();
        // Free text is refused only for a reason: what would be run, what cannot be seen, or what says nothing.
        let harmless = hazard(&value).is_none() && value.chars().count() <= 200 && !value.trim().is_empty();
        for field in FREE.iter().filter(|_| harmless) {
            let slash = field.contains("prefix") && value.starts_with('/');
            assert!(slash || keepers.contains(field), "{field} refused {value:?}");
        }
    }
    assert!(all > 6_000 && kept > 1_500, "{kept} of {all} kept");
}

#[test]
fn what_azure_pipelines_would_run_is_refused_in_every_field() {
    let signs = ["${{ x }}", "a$(b)", "$[c]", "##vso[x]", "##VsO[x]", "##[x]", "a\u{0}", "a\u{1b}", "a\nb", "\u{202e}"];
    for sign in signs {
        assert_eq!(keepers(sign), [""; 0], "{sign:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Strings of any characters at all, in every field.
    #[test]
    fn any_text_is_refused_in_its_place_or_kept(value in any::<String>()) {
        keepers(&value);
    }

    /// Strings of the characters that mean something somewhere, in every field.
    #[test]
    fn any_text_of_signs_is_refused_in_its_place_or_kept(value in "[ -/:-@\\[-`{-~\n\t$#(){}\\[\\]ab01]{0,24}") {
        keepers(&value);
    }

    /// Whole files of any text: no panic, and an answer.
    #[test]
    fn any_file_has_an_answer(text in any::<String>()) {
        prop_assert!(load("mlops.yaml", &text).is_err());
    }

    /// A good spec with a piece of it replaced: no panic, and every mistake has a place inside the file.
    #[test]
    fn a_damaged_spec_has_mistakes_inside_the_file(start in 0..SMALL.len(), length in 0_usize..20, with in "[ -~\n]{0,6}") {
        let end = (start + length).min(SMALL.len());
        let text = format!("{}{with}{}", &SMALL[..start], &SMALL[end..]);
        if let Err(report) = load("mlops.yaml", &text) {
            let lines = text.split('\n').count();
            prop_assert!(report.diagnostics().iter().all(|d| (1..=lines).contains(&d.line) && d.column >= 1 && d.end_column > d.column));
            prop_assert!(!report.diagnostics().iter().any(|d| d.message.contains("does not fit its schema")), "{text}");
        }
    }
}
