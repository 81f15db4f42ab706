//! What cannot be had together.

use super::*;
use insta::assert_snapshot;

const GPU: &str = "scoring: {node: {sku: Standard_NC4as_T4_v3, gpu: true}}";

#[test]
fn container_instances_have_no_gpu() {
    assert_snapshot!(says(&small_and(GPU)), @r"8:24 «container-instances» container instances have no GPU: Azure has retired them (choose `kubernetes` or `managed-endpoint`, or `scoring: {node: {gpu: false}}`)");
    assert!(
        good(&small(&[("container-instances", "managed-endpoint")]).replace("\nmodel:", &format!("\n{GPU}\nmodel:")))
            .scoring
            .node
            .gpu
    );
}

#[test]
fn a_gpu_needs_a_size_that_has_one() {
    let text = small(&[("container-instances", "managed-endpoint")]);
    assert_snapshot!(says(&(text.clone() + "scoring: {node: {gpu: true}}\n")), @r"10:23 «true» `Standard_D2ds_v5` has no GPU (sizes with a GPU start with Standard_N, as in `sku: Standard_NC4as_T4_v3`)");
    assert_snapshot!(says(&(text + "scoring: {node: {sku: Standard_NC4as_T4_v3}}\n")), @r"10:23 «Standard_NC4as_T4_v3» `Standard_NC4as_T4_v3` has a GPU that nobody asks for (say `gpu: true`, or choose a size without one)");
}

#[test]
fn container_instances_are_small_and_alone() {
    assert_snapshot!(says(&small(&[("target: container-instances", "target: container-instances, canaryPercent: 10, cluster: {}")])), @r"
    8:45 «canaryPercent» no canary is possible here: container instances run one version at a time (take `canaryPercent` away, or choose `target: kubernetes`)
    8:64 «cluster» this environment has no cluster (take `cluster` away, or choose `target: kubernetes`)
    ");
    assert_snapshot!(says(&small_and("scoring: {cpu: 8, memoryGiB: 32}")), @r"
    8:24 «container-instances» a container instance has at most 16 GiB of memory, and scoring asks for 32
    8:24 «container-instances» a container instance has at most 4 CPU cores, and scoring asks for 8
    ");
}

#[test]
fn clusters_are_not_taken_down_by_the_clock() {
    assert_snapshot!(says(&small(&[("target: kubernetes", "target: kubernetes, timeToLiveHours: 5")])), @r"9:44 «timeToLiveHours» a time to live takes down container instances and managed endpoints; a cluster would stay, and cost (take `timeToLiveHours` away, or choose `target: container-instances`)");
}

#[test]
fn every_endpoint_and_every_cluster_may_have_a_canary_that_bakes() {
    for target in ["kubernetes-endpoint", "managed-endpoint"] {
        for (bake, minutes) in [("", 10), (", canaryBakeMinutes: 0", 0), (", canaryBakeMinutes: 50", 50)] {
            let target = format!("target: {target}, canaryPercent: 5{bake}");
            let project = good(&small(&[("target: kubernetes", &target)]));
            assert_eq!(project.environments[1].bake_minutes, minutes);
        }
    }
    assert_snapshot!(says(&small(&[("target: kubernetes", "target: kubernetes, canaryBakeMinutes: 5")])), @"9:44 «canaryBakeMinutes» there is no canary that could bake (add `canaryPercent`, or take `canaryBakeMinutes` away)");
}

#[test]
fn endpoints_of_azure_ml_authenticate_in_their_own_way() {
    let managed = small(&[("container-instances", "managed-endpoint")]);
    assert_snapshot!(says(&(managed + "scoring: {authentication: none}\n")), @r"8:24 «managed-endpoint» a managed endpoint of Azure ML always asks who calls, and `authentication` is `none` (choose `key` or `entra` as `scoring.authentication`, or another target)");
    let kubernetes = small(&[("target: kubernetes", "target: kubernetes-endpoint")]);
    assert_snapshot!(says(&(kubernetes.clone() + "scoring: {authentication: none}\n")), @r"9:32 «kubernetes-endpoint» a Kubernetes endpoint of Azure ML always asks who calls, and `authentication` is `none` (choose `key` as `scoring.authentication`, or another target)");
    assert_snapshot!(says(&(kubernetes + "scoring: {authentication: entra}\n")), @r"9:32 «kubernetes-endpoint» a Kubernetes endpoint of Azure ML takes no Entra tokens (choose `managed-endpoint` or `kubernetes`, or `authentication: key`)");
}

#[test]
fn a_private_network_is_reached_by_own_agents_only() {
    assert_snapshot!(says(&small_and("network: private")), @r"10:10 «private» Microsoft's agents cannot reach a private network (add `devops: {agent: {pool: …}}` with agents inside the network, or choose `network: public`)");
}

#[test]
fn a_private_network_lies_in_one_region() {
    let text = small(&[
        ("project: ml}", "project: ml, agent: {pool: p}}"),
        ("target: kubernetes", "target: kubernetes, azure: {location: northeurope}"),
    ]);
    assert_snapshot!(says(&(text + "network: private\n")), @r"9:62 «northeurope» the private network lies in westeurope, and scoring runs inside it (leave the location out, or choose `network: public`)");
}

#[test]
fn address_ranges_lie_inside_the_space_and_apart() {
    let private = |ranges: &str| {
        small(&[("project: ml}", "project: ml, agent: {pool: p}}")]) + "network:\n  private: " + ranges + "\n"
    };
    assert_snapshot!(says(&private("{addressSpace: 10.0.0.0/16, endpointsSubnet: 10.0.0.0/24, trainingSubnet: 10.0.0.128/25, scoringSubnet: 10.1.0.0/24}")), @r"
    11:86 «10.0.0.128/25» 10.0.0.128/25 overlaps with `endpointsSubnet`, 10.0.0.0/24
    11:116 «10.1.0.0/24» 10.1.0.0/24 does not lie in the address space, 10.0.0.0/16
    ");
    assert_snapshot!(says(&private("{addressSpace: 10.0.0.1/16}")), @r"11:27 «10.0.0.1/16» the host bits of 10.0.0.1/16 are not zero");
    assert_snapshot!(says(&private("{addressSpace: 10.0.0.0/28}")), @r"11:27 «10.0.0.0/28» the address space is too small to be cut into subnets (choose a /24 or larger)");
    assert_snapshot!(says(&private("{addressSpace: 8.8.0.0/16}")), @r"11:27 «8.8.0.0/16» 8.8.0.0/16 is not a private range (private ranges lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16)");
    assert_snapshot!(says(&private("{scoringSubnet: 10.20.200.0/28}")), @r"11:28 «10.20.200.0/28» 10.20.200.0/28 is too small for 2 environments: each needs a /27 or larger");
    assert_snapshot!(says(&private("{trainingSubnet: everything}")), @r"11:29 «everything» an address range has the form `10.0.0.0/16`");
}

#[test]
fn a_subnet_has_addresses_for_all_nodes_that_may_come() {
    let with = |scoring: u8, training: u8, nodes: u32, gpu: bool| {
        let cluster = format!("target: kubernetes, cluster: {{maxNodes: {nodes}}}");
        let first = if gpu { "target: managed-endpoint" } else { "target: container-instances" };
        let text = small(&[
            ("project: ml}", "project: ml, agent: {pool: p}}"),
            ("target: container-instances", first),
            ("target: kubernetes", &cluster),
        ]);
        let node = if gpu { "scoring: {node: {sku: Standard_NC4as_T4_v3, gpu: true}}\n" } else { "" };
        format!(
            "{text}training: {{compute: {{maxNodes: 4}}}}\n{node}network:\n  private: {{addressSpace: 10.0.0.0/16, \
             endpointsSubnet: 10.0.0.0/24, trainingSubnet: 10.0.64.0/{training}, scoringSubnet: 10.0.128.0/{scoring}}}\n"
        )
    };
    // Two environments of a /25 have a /27 each for scoring: 27 addresses, of which two are taken.
    let least = |gpu: bool| (1..40).take_while(|nodes| load("mlops.yaml", &with(25, 24, *nodes, gpu)).is_ok()).count();
    assert_eq!((least(false), least(true)), (22, 20));
    assert_snapshot!(says(&with(25, 24, 30, false)), @"9:64 «30» 30 nodes need 35 addresses while they are renewed, and 10.0.128.96/27 has 27 (22 nodes fit, or choose a larger `network.private.scoringSubnet`)");
    assert_snapshot!(says(&with(24, 29, 3, false)), @"10:32 «4» training, batch scoring and image builds may need 5 nodes, and 10.0.64.0/29 has 3 addresses (allow fewer nodes, or choose a larger `network.private.trainingSubnet`)");
    // Ranges of others stay where they are when an environment is added, as long as there is room.
    let network = |scoring: &str| {
        let text = small(&[("project: ml}", "project: ml, agent: {pool: p}}")]);
        let text = format!("{text}network: {{private: {{addressSpace: 10.0.0.0/16, scoringSubnet: {scoring}}}}}\n");
        let crate::project::network::Network::Private(network) = good(&text).network else { panic!("private") };
        network
    };
    let roomy = network("10.0.128.0/20");
    for count in 2..=8 {
        for index in 0..count {
            assert_eq!(roomy.environment(index, count), roomy.environment(index, 8), "{index} of {count}");
        }
    }
    let narrow = network("10.0.128.0/23");
    assert_eq!(narrow.environment(0, 2).unwrap().0.to_string(), "10.0.128.0/25");
}

#[test]
fn environments_share_the_tenant_of_the_platform() {
    let tenant = "azure: {tenant: 11111111-2222-3333-4444-555555555555}";
    assert_snapshot!(says(&small(&[("target: kubernetes", &format!("target: kubernetes, {tenant}"))])), @r"9:60 «11111111-2222-3333-4444-555555555555» the tenant of environment `production` is not the platform's (a managed identity cannot pull the scoring image from a registry of another tenant)");
    let both = small(&[
        ("location: westeurope", "location: westeurope, tenant: 11111111-2222-3333-4444-555555555555"),
        ("target: kubernetes", &format!("target: kubernetes, {tenant}")),
    ]);
    assert_eq!(good(&both).environments[1].place.tenant, good(&both).platform.place.tenant);
}

#[test]
fn an_agent_is_microsofts_or_ones_own() {
    assert_snapshot!(says(&small(&[("project: ml}", "project: ml, agent: {image: ubuntu-24.04, pool: p}}")])), @r"4:75 «pool» an agent has an `image` of Microsoft's or a `pool` of yours, not both (take one of the two away)");
    assert_snapshot!(says(&small(&[("project: ml}", "project: ml, agent: {demands: [docker]}}")])), @r"4:54 «demands» demands are for the agents of a `pool`; Microsoft's all have the same");
}

#[test]
fn names_of_what_a_target_does_not_have_are_refused() {
    assert_snapshot!(says(&small(&[("target: kubernetes", "target: kubernetes, names: {containerGroup: x, endpoint: abc}")])), @r"
    9:52 «containerGroup» `containerGroup` names nothing in an environment with this target
    9:71 «endpoint» `endpoint` names nothing in an environment with this target
    ");
}

#[test]
fn scoring_logs_are_learned_from_only_where_they_are_kept_whole() {
    assert_snapshot!(says(&small_and("training: {scoringLogs: {}}")), @r"10:12 «scoringLogs» no logs are kept: scoring has no `logging` (add `scoring: {logging: {}}`, or take `scoringLogs` away)");
    assert_snapshot!(says(&small_and("training: {scoringLogs: {}}\nscoring: {logging: {omit: [a]}}")), @r"10:12 «scoringLogs» the logs leave columns out, and nothing can be learned from rows that lack a feature (empty `scoring.logging.omit`, or take `scoringLogs` away)");
    assert_snapshot!(says(&small_and("training: {scoringLogs: {environment: prod}}\nscoring: {logging: {}}")), @r"10:39 «prod» no environment is called `prod` (did you mean `production`?)");
}

#[test]
fn models_do_not_start_their_own_training() {
    assert_snapshot!(says(&small_and("training: {onNewData: {container: models, prefix: /x}}")), @r"
    10:35 «models» each training writes into the container of models, so it would start itself again and again
    10:51 «/x» a prefix of blob names has no slash in front
    ");
}

#[test]
fn a_variable_group_is_of_one_kind() {
    let group = |content: &str| small_and(&format!("variableGroups:\n  - {{name: g, pipelines: [build], {content}}}"));
    assert_snapshot!(says(&group("keyVault: platform, secrets: [a], variables: {B: c}")), @r"11:69 «variables» a variable group holds secrets of a Key Vault or plain variables, not both (Azure DevOps has no mixed groups: make two of it)");
    assert_snapshot!(says(&group("description: nothing in it")), @r"11:6 «name» this variable group is empty (give it `keyVault` and `secrets`, or `variables`)");
    assert_snapshot!(says(&group("variables: {}")), @r"11:35 «variables» this variable group is empty: Azure DevOps keeps none without a variable");
    assert_snapshot!(says(&group("secrets: [a]")), @r"11:35 «secrets» whose Key Vault holds these secrets is missing (add `keyVault: platform`, or the name of an environment)");
    assert_snapshot!(says(&group("keyVault: platform")), @r"11:35 «keyVault» which secrets of this Key Vault is missing (add `secrets: […]`)");
    assert_snapshot!(says(&group("keyVault: prodution, secrets: [a]")), @r"11:45 «prodution» no environment is called `prodution` (did you mean `production`?)");
}

#[test]
fn batch_scoring_is_started_by_azure_ml() {
    let schedule = |more: &str| small_and(&format!("batch: {{schedule: {{name: nightly, cron: '0 1 * * *'{more}}}}}"));
    assert_snapshot!(says(&schedule(", runner: azure-pipelines")), @r"10:62 «azure-pipelines» batch scoring is started by Azure ML, which keeps its clock too (leave `runner` out)");
    let batch = good(&schedule("")).batch.and_then(|b| b.schedule);
    assert_eq!(batch.map(|s| s.runner), Some(crate::project::training::Runner::AzureMl));
}

#[test]
fn a_search_for_the_penalty_is_made_by_one_instance() {
    let spec = |instances: u32| {
        let search = [("runtime: python", "runtime: python, parameters: {alphas: [1, 2], folds: 3}")];
        small(&search) + &format!("training: {{instances: {instances}}}\n")
    };
    assert_snapshot!(says(&spec(2)), @r"10:23 «2» several instances fit one penalty, and do not search for the best of several (choose `parameters: {alpha: …}`, or `instances: 1`)");
    assert_eq!(good(&spec(1)).training.instances, 1);
}

#[test]
fn a_server_of_rust_takes_what_python_trained_on_one_instance_from_numbers_and_categories() {
    let native = "scoring: {serving: native}";
    assert!(good(&small_and(native)).scoring.native);
    assert!(!good(&small_and("scoring: {serving: python}")).scoring.native);
    let rust = small(&[("runtime: python", "runtime: rust")]);
    for serving in ["native", "python"] {
        let said = says(&format!("{rust}scoring: {{serving: {serving}}}\n"));
        assert!(said.contains("`serving` is a choice for models that Python trains"), "{said}");
    }
    let text = small(&[
        ("[a, b, y]", "[a, {name: note, type: text}, y]"),
        ("runtime: python", "runtime: python, algorithm: custom"),
    ]);
    let said = says(&format!("{text}{native}\n"));
    assert!(said.contains("`note` is free text, which the native server cannot predict from"), "{said}");
    let said = says(&small_and(&format!("{native}\ntraining: {{instances: 2}}")));
    assert!(said.contains("is checked on training rows when it is exported"), "{said}");
}

#[test]
fn drift_needs_logs_mail_and_an_environment_that_there_is() {
    assert_snapshot!(says(&small_and("monitoring: {drift: {cron: hourly, environment: prod}}")), @r"
    10:14 «drift» no logs are kept: scoring has no `logging` (add `scoring: {logging: {}}`, or take `drift` away)
    10:14 «drift» nobody hears of the drift: `mail` is empty (add `mail: [team@example.com]`)
    10:28 «hourly» a cron schedule has 5 fields (minute hour day month weekday), this has 1
    10:49 «prod» no environment is called `prod` (did you mean `production`?)
    ");
    let text = "scoring: {logging: {}}\nmonitoring: {mail: [a@b.example], drift: {retrain: true}}";
    let drift = good(&small_and(text)).monitoring.drift.unwrap();
    assert_eq!((drift.environment.as_str(), drift.cron.as_str()), ("production", "0 6 * * *"));
    assert_eq!((drift.days, drift.min_rows, drift.psi, drift.missing, drift.unseen), (7, 200, 0.2, 0.05, 0.01));
    assert!(drift.retrain);
}
