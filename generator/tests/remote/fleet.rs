//! Many projects in one organization: one client, and a cost for each that does not grow with their number.

use std::time::Instant;

use mlops_gen::edge::remote::stop::Stop;

use crate::remote::program::{program, run_to_end};
use crate::remote::world::{Known, apply, emulator, fleet_of, size, values, writes};

/// A small project of its own in a team project that ten of them share.
fn spec(number: usize) -> String {
    format!(
        "version: 1\n\
         project: {{name: churn-{number:03}}}\n\
         azure: {{location: westeurope}}\n\
         devops: {{organization: contoso, project: team-{}, repository: churn-{number:03}}}\n\
         data: {{path: data/churn.csv, target: score, columns: [tenure, visits, score]}}\n\
         model: {{runtime: python}}\n\
         environments:\n  - {{name: qa, target: container-instances}}\n  - {{name: production, target: kubernetes}}\n",
        number / 10
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_of_a_project_does_not_grow_with_the_fleet() {
    let most = size(10, 200);
    let projects: Vec<Known> = (0..most).map(|number| Known::new(&spec(number))).collect();
    let mut costs = Vec::new();
    for count in [most / 20, most / 2, most].map(|count| count.max(2)) {
        let known: Vec<&Known> = projects[..count].iter().collect();
        let emulator = emulator(&projects[0]).await;
        let begun = Instant::now();
        let fleet = fleet_of(&emulator, &known, &apply());
        let planned: Vec<_> = fleet.plan().await.into_iter().map(|planned| Some(planned.unwrap())).collect();
        for result in fleet.carry_out(&planned, &|_, _| {}, &Stop::default()).await {
            result.unwrap_or_else(|stopped| panic!("{stopped:#?}"));
        }
        let (apply_time, requests, written) = (begun.elapsed(), emulator.requests().len(), writes(&emulator));
        emulator.clear_requests();
        let begun = Instant::now();
        let fleet = fleet_of(&emulator, &known, &apply());
        assert!(fleet.plan().await.into_iter().all(|planned| planned.unwrap().plan.is_empty()));
        let (plan_time, reads) = (begun.elapsed(), emulator.requests().len());
        assert_eq!(writes(&emulator), 0);
        let each = |n: usize| n as f64 / count as f64;
        println!(
            "{count} projects: apply {:.1} requests and {:.1} writes each, {:.1} ms each; plan {:.1} requests each, {:.1} ms each",
            each(requests),
            each(written),
            apply_time.as_secs_f64() * 1000.0 / count as f64,
            each(reads),
            plan_time.as_secs_f64() * 1000.0 / count as f64,
        );
        costs.push((each(requests), each(reads)));
    }
    let (first, last) = (costs[0], costs[costs.len() - 1]);
    assert!(last.0 <= first.0 * 1.05 && last.1 <= first.1 * 1.05, "{costs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_leads_a_folder_of_projects_with_one_summary() {
    let folder = tempfile::TempDir::new().unwrap();
    let known = Known::new(&spec(0));
    let emulator = emulator(&known).await;
    let ids: Vec<_> = (0..3).flat_map(|number| values(&Known::new(&spec(number)).project)).collect();
    let run = async |arguments: &[&str]| {
        let mut command = program(&emulator, arguments);
        command.envs(ids.iter().cloned());
        run_to_end(command).await
    };
    for number in 0..3 {
        let place = folder.path().join(format!("p{number}"));
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("mlops.yaml"), spec(number)).unwrap();
        let spec = place.join("mlops.yaml");
        run(&["render", "--spec", spec.to_str().unwrap()]).await.code(0);
    }
    let all = ["--recursive", folder.path().to_str().unwrap(), "--only", "devops"];
    run(&[&["plan"], &all[..]].concat()).await.code(1).says("3 projects: 3 with changes, 0 without");
    run(&[&["apply", "--yes"], &all[..]].concat()).await.code(0).says("in 3 projects");
    run(&[&["plan"], &all[..]].concat()).await.code(0).says("3 projects: 0 with changes, 3 without");
    let two = [0, 2].map(|n| folder.path().join(format!("p{n}/mlops.yaml")).to_str().unwrap().to_owned());
    let two = ["plan", "--only", "devops", "--spec", &two[0], "--spec", &two[1]];
    run(&two).await.code(0).says("2 projects: 0 with changes, 2 without");
}
