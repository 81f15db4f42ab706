//! Names that Azure or Azure DevOps would refuse.

use super::*;
use insta::assert_snapshot;

#[test]
fn the_names_of_the_platform_follow_their_services_rules() {
    let names = [
        ("workspace", "\"-ml\""),
        ("storage", "Churn_Storage"),
        ("keyVault", "churn--vault"),
        ("registry", "reg-istry"),
        ("appInsights", "1insights"),
        ("logAnalytics", "logs-"),
        ("trainingIdentity", "id"),
        ("eventsIdentity", "with space"),
        ("dataContainer", "Data"),
        ("modelsContainer", "m"),
    ];
    let names: Vec<String> = names.iter().map(|(key, name)| format!("    {key}: {name}\n")).collect();
    let text = small(&[(
        "azure: {location: westeurope}\n",
        &format!(
            "azure:\n  location: westeurope\n  resourceGroup: rg.\n  suffix: ABC\n  serviceConnection: a/b\n  names:\n{}",
            names.concat()
        ),
    )]);
    assert_snapshot!(says(&text), @r#"
    5:18 «rg.» a resource group name holds letters, digits, hyphens, underscores, full stops and parentheses, not ending in a full stop; it does not end in '.' (write `rg`)
    6:11 «ABC» the suffix is five lower-case letters and digits
    7:22 «a/b» an Azure DevOps name holds no control characters and none of \ / : * ? " < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends, not '/'
    9:16 «"-ml"» a machine learning workspace name holds letters, digits, hyphens and underscores, starting with a letter or digit; it does not start with '-'
    10:14 «Churn_Storage» a storage account name holds lower-case letters and digits only, not 'C' (write `churnstorage`)
    11:15 «churn--vault» a key vault name has no two hyphens in a row (write `churn-vault`)
    12:15 «reg-istry» a container registry name holds letters and digits only, not '-' (write `registry`)
    13:18 «1insights» a resource name holds letters, digits and hyphens, starting with a letter and ending with a letter or digit; it does not start with '1'
    14:19 «logs-» a resource name holds letters, digits and hyphens, starting with a letter and ending with a letter or digit; it does not end in '-' (write `logs`)
    15:23 «id» a resource name has 3 to 63 characters, this has 2
    16:21 «with space» a resource name holds letters, digits and hyphens, starting with a letter and ending with a letter or digit, not ' ' (write `with-space`)
    17:20 «Data» a blob container name holds lower-case letters, digits and hyphens, starting and ending with a letter or digit, not 'D' (write `data`)
    18:22 «m» a blob container name has 3 to 63 characters, this has 1
    "#);
}

#[test]
fn the_names_of_an_environment_follow_their_services_rules() {
    let first = "  - name: QA
    target: container-instances
    azure: {resourceGroup: 'a b', location: West Europe}
    serviceConnection: ''
    devopsEnvironment: 'x*y'
    names: {keyVault: k, storage: has-hyphen, logsContainer: -logs, identity: x, containerGroup: Group}
";
    let second = "  - name: live
    target: kubernetes-endpoint
    names: {endpoint: Live, compute: a-name-of-seventeen, cluster: _aks, namespace: Live, appInsights: '', logAnalytics: x}
";
    let text = small(&[
        ("  - {name: qa, target: container-instances}\n", first),
        ("  - {name: production, target: kubernetes}\n", second),
    ]);
    assert_snapshot!(says(&text), @r#"
    8:11 «QA» an environment name holds lower-case letters, digits and hyphens, starting with a letter, not 'Q' (write `qa`)
    10:28 «'a b'» a resource group name holds letters, digits, hyphens, underscores, full stops and parentheses, not ending in a full stop, not ' ' (write `a-b`)
    10:45 «West Europe» an Azure location holds lower-case letters and digits, as in `westeurope`, not 'W' (did you mean `westeurope`?)
    11:24 «''» an Azure DevOps name has 1 to 64 characters, this has 0
    12:24 «'x*y'» an Azure DevOps name holds no control characters and none of \ / : * ? " < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends, not '*'
    13:23 «k» a key vault name has 3 to 24 characters, this has 1
    13:35 «has-hyphen» a storage account name holds lower-case letters and digits only, not '-' (write `hashyphen`)
    13:62 «-logs» a blob container name holds lower-case letters, digits and hyphens, starting and ending with a letter or digit; it does not start with '-' (write `logs`)
    13:79 «x» a resource name has 3 to 63 characters, this has 1
    13:98 «Group» a container group name holds lower-case letters, digits and hyphens, starting with a letter and ending with a letter or digit, not 'G' (write `group`)
    16:23 «Live» an endpoint name holds lower-case letters, digits and hyphens, starting with a letter and ending with a letter or digit, not 'L' (write `live`)
    16:38 «a-name-of-seventeen» a compute name has 2 to 16 characters, this has 19
    16:68 «_aks» an AKS cluster name holds letters, digits, hyphens and underscores, starting and ending with a letter or digit; it does not start with '_' (write `aks`)
    16:85 «Live» a Kubernetes namespace holds lower-case letters, digits and hyphens, starting and ending with a letter or digit, not 'L' (write `live`)
    16:104 «''» a resource name has 3 to 63 characters, this has 0
    16:122 «x» a resource name has 3 to 63 characters, this has 1
    "#);
}

#[test]
fn a_project_has_a_name_that_resources_and_packages_can_start_with() {
    for name in ["Churn", "c_d", "churn-", "9lives", "a-name-of-twenty-five-char", "two--hyphens"] {
        let report = bad(&small(&[("name: churn", &format!("name: {name}"))]));
        assert!(report.diagnostics()[0].message.contains("project name"), "{name}: {report:?}");
    }
    assert_snapshot!(says(&small(&[("name: churn", "name: Churn")])), @r"2:17 «Churn» a project name holds lower-case letters, digits and hyphens, starting with a letter, not 'C' (write `churn`)");
    assert_snapshot!(says(&small(&[("name: churn", "name: model")])), @r"2:17 «model» `model` is a folder, program or library of every rendered project");
    assert_snapshot!(says(&small(&[("name: churn", "name: match")])), @r"2:17 «match» `match` is a keyword of Rust or Python, so no package can be called that");
    assert_snapshot!(says(&small(&[("name: churn", "name: nul")])), @r"2:17 «nul» `nul` is a device on Windows, so no file can be called that");
}

#[test]
fn environments_and_schedules_are_files_on_windows_too() {
    assert_snapshot!(says(&small(&[("name: qa", "name: aux")])), @r"8:12 «aux» `aux` is a device on Windows, so no file can be called that");
    assert_snapshot!(says(&small_and("training: {schedules: [{name: com1, cron: '0 0 * * *'}]}")), @r"10:31 «com1» `com1` is a device on Windows, so no file can be called that");
    assert_snapshot!(says(&small(&[("path: data/churn.csv", "path: data/nul.csv, asset: con")])), @r"
    5:19 «nul.csv» `nul.csv` is a device on Windows, so no file can be called that
    5:35 «con» `con` is a device on Windows, so no file can be called that
    ");
}

#[test]
fn azure_devops_names_follow_their_rules() {
    let devops =
        "{organization: con_toso, project: 'a:b', repository: '.git', branch: refs/heads/main, folder: 'a//b'}";
    assert_snapshot!(says(&small(&[("{organization: contoso, project: ml}", devops)])), @r#"
    4:24 «con_toso» an organization name holds letters, digits and hyphens, starting and ending with a letter or digit, not '_' (write `con-toso`)
    4:43 «'a:b'» an Azure DevOps project name holds no control characters and none of \ / : * ? " < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends, not ':'
    4:62 «'.git'» an Azure DevOps name holds no control characters and none of \ / : * ? " < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends; it does not start with '.' (write `git`)
    4:78 «refs/heads/main» a branch is written without refs/heads/: `main`
    4:103 «'a//b'» an Azure DevOps name has 1 to 64 characters, this has 0
    "#);
    assert_snapshot!(says(&small(&[("project: ml}", "project: ml, agent: {pool: '#1', demands: ['a b', 'x -equals ']}}")])), @r#"
    4:60 «'#1'» an Azure DevOps name holds no control characters and none of \ / : * ? " < > | ; # $ { } , + = [ ], and no full stop, underscore or space at its ends, not '#'
    4:76 «'a b'» a demand has the form `docker` or `Agent.OS -equals Linux`
    4:83 «'x -equals '» a demand has the form `docker` or `Agent.OS -equals Linux`
    "#);
}

#[test]
fn a_location_is_a_region_in_its_short_form() {
    assert_snapshot!(says(&small(&[("westeurope", "West Europe")])), @r"3:19 «West Europe» an Azure location holds lower-case letters and digits, as in `westeurope`, not 'W' (did you mean `westeurope`?)");
    assert_snapshot!(says(&small(&[("westeurope", "westeurop")])), @r"3:19 «westeurop» `westeurop` is no Azure location (did you mean `westeurope`?)");
    assert!(good(&small(&[("westeurope", "newregion7")])).platform.place.location.as_str() == "newregion7");
}

#[test]
fn an_id_is_a_guid_or_a_variable() {
    assert_snapshot!(says(&small(&[("{location: westeurope}", "{location: westeurope, tenant: contoso.example}")])), @r"3:39 «contoso.example» a GUID has the form 00000000-0000-0000-0000-000000000000 (to keep it out of the file: {variable: AZURE_…})");
    assert_snapshot!(says(&small(&[("{location: westeurope}", "{location: westeurope, subscription: {variable: a-b}}")])), @r"3:56 «a-b» a variable name holds letters, digits and underscores, starting with a letter or underscore, not '-' (write `a_b`)");
    assert_snapshot!(says(&small(&[("{location: westeurope}", "{location: westeurope, subscription: {name: A}}")])), @r"
    3:31 «subscription» `azure.subscription` lacks the key `variable` (`variable`: Its name, as in `AZURE_TENANT_ID`)
    3:46 «name» `name` is no key of `azure.subscription` (its keys are variable)
    ");
}

#[test]
fn secrets_and_variables_have_names_that_tasks_can_read() {
    let groups = "\
variableGroups:
  - {name: plain, pipelines: [build], variables: {'1st': a, path_to: b, BUILD_ID: c, ok: d, 'a b': e}}
  - {name: vault, pipelines: [build], keyVault: platform, secrets: [api_key, secret-one, fine]}
";
    assert_snapshot!(says(&small_and(groups)), @r"
    11:51 «'1st'» a variable name holds letters, digits and underscores, starting with a letter or underscore; it does not start with '1'
    11:61 «path_to» Azure Pipelines hides variables whose names start with `path` from tasks
    11:73 «BUILD_ID» names that start with `build_` belong to the agent
    11:93 «'a b'» a variable name holds letters, digits and underscores, starting with a letter or underscore, not ' '
    12:69 «api_key» a key vault secret name holds letters, digits and hyphens, not '_' (write `api-key`)
    12:78 «secret-one» Azure Pipelines hides variables whose names start with `secret` from tasks
    ");
}

#[test]
fn the_data_is_a_file_of_the_repository_or_an_address_in_azure() {
    for path in [
        "/etc/passwd",
        "../data/x.csv",
        "data/../../x.csv",
        "data\\x.csv",
        "C:/x.csv",
        "x.csv",
        "data/",
        "data",
        "infra/x.csv",
        "data//x.csv",
        "data/x y.csv",
        "data/x.",
        "data/.",
        "http://a.blob.core.windows.net/c/x.csv",
        "https://evil.example/x.csv",
        "azureml://x",
        "https://.blob.core.windows.net/c/x",
        "file:///etc/passwd",
    ] {
        let report = bad(&small(&[("path: data/churn.csv", &format!("path: '{path}'"))]));
        assert_eq!(report.diagnostics().len(), 1, "{path}: {report:?}");
        assert_eq!(report.diagnostics()[0].path, "data.path", "{path}");
    }
    assert_snapshot!(says(&small(&[("data/churn.csv", "../churn.csv")])), @r"5:14 «../churn.csv» a path of the repository is relative, with forward slashes, and does not lead out of it");
    assert_snapshot!(says(&small(&[("data/churn.csv", "churn.csv")])), @r"5:14 «churn.csv» data is a file such as `data/train.csv`, a folder such as `data/train`, or an address that starts with azureml://datastores/ or https://<account>.blob.core.windows.net/");
    assert_snapshot!(says(&small(&[("data/churn.csv", "data/data-contract.json")])), @r"5:14 «data/data-contract.json» `data/data-contract.json` is a file that is rendered");
    assert_snapshot!(says(&small(&[("data/churn.csv", "https://a.blob.core.windows.net/c/x.csv?sig=abc")])), @r"5:14 «https://a.blob.core.windows.net/c/x.csv?sig=abc» the address holds no query: access is by identity, and a token would be a secret in plain text");
}

#[test]
fn words_that_azure_keeps_to_itself_are_refused() {
    assert_snapshot!(says(&small(&[("name: churn", "name: login-risk")])), @r"2:17 «login-risk» Azure refuses names that start with login");
    assert_snapshot!(says(&small(&[("name: qa", "name: windows")])), @r"8:12 «windows» Azure refuses names that hold the word windows");
    assert_snapshot!(says(&small(&[("{location: westeurope}", "{location: westeurope, names: {storage: xboxdata, registry: ourMicrosoft}}")])), @r"
    3:48 «xboxdata» Azure refuses names that start with xbox
    3:68 «ourMicrosoft» Azure refuses names that hold the word microsoft
    ");
}

#[test]
fn scoring_stays_out_of_the_namespaces_of_kubernetes() {
    assert_snapshot!(says(&small(&[("target: kubernetes", "target: kubernetes, names: {namespace: kube-system}")])), @r"9:63 «kube-system» `kube-system` is a namespace of Kubernetes itself, and rules made for scoring would hit what is there");
    assert_snapshot!(says(&small(&[("name: churn", "name: default")])), @r"9:12 «production» `default` is a namespace of Kubernetes itself, and rules made for scoring would hit what is there");
}
