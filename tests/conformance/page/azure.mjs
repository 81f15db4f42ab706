// What a sandbox's Azure would hold after some loops: models, comparisons, drift, a container group. Names from data have marks
// of HTML in them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, port, mode] = process.argv.slice(2);
const azure = join(folder, "azure");

const left = (job, output, file, content) => {
  const place = join(azure, "jobs", job, "outputs", output);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, file), JSON.stringify(content));
  return { [output]: place };
};
const comparison = (challenger, champion) => ({
  promote: champion === null || challenger < champion,
  reason: champion === null ? "there is no champion yet" : `${challenger} against <b>${champion}</b>`,
  metric: "mse",
  challenger,
  champion,
  rows: 89,
  challenger_metrics: { rows: 89, mse: challenger, rmse: Math.sqrt(challenger), r2: 0.45 },
  champion_metrics: champion === null ? null : { rows: 89, mse: champion, rmse: Math.sqrt(champion), r2: 0.41 },
});
const column = (name, psi, failures = []) => ({
  column: name, psi, missing: 0.02, missing_before: 0.01, unseen: 0, failures,
});
const drift = {
  rows: 412, malformed_lines: 0, other_models: 3, judged: true, drift: true, not_logged: [],
  columns: [column("age", 0.04), column("<script>bmi</script>", 0.41, ["psi"]), column("s5", 0.11), column("(prediction)", 0.08)],
};
const run = (value) => ({ data: { metrics: [{ key: "mse", value }, { key: "r2", value: 0.4 }], tags: [], params: [] } });
const version = (number, commit) => ({
  name: "demo", version: String(number), run_id: `r${number}`,
  tags: { commit, data_version: "ccebd71217d5", build_id: String(number) },
});
const workspace = {
  models: { demo: { 1: version(1, "ccebd71217d53144"), 2: version(2, "0d1f2a3b4c5d6e7f"), 3: version(3, "8899aabbccddeeff") } },
  jobs: {
    "retrain-1": { status: "Completed", output_folders: left("retrain-1", "evaluation", "evaluation.json", comparison(3295.7, null)) },
    "retrain-2": { status: "Completed", output_folders: left("retrain-2", "evaluation", "evaluation.json", comparison(3301.2, 3295.7)) },
    "retrain-3": { status: "Completed", output_folders: left("retrain-3", "evaluation", "evaluation.json", comparison(2890.1, 3295.7)) },
    "drift-1": {
      status: "Completed", command: "drift --rows 200 --psi 0.2 --missing 0.05 --unseen 0.01",
      output_folders: left("drift-1", "findings", "drift.json", drift),
    },
  },
};
const group = {
  name: "demo-qa-page", location: "westeurope", tags: {}, provisioningState: "Succeeded",
  containers: [{ name: "scoring", image: "demo.azurecr.io/demo-scoring@sha256:9d602b8aa63d" }],
  ipAddress: { ip: "127.0.0.1", ports: [{ port: Number(port), protocol: "TCP" }] },
};
const scoring = {
  description: "Scores <b>folders</b>", defaults: { deployment_name: "v2" }, deployments: { v1: {}, v2: {} },
};
workspace["batch-endpoints"] = { "demo-files": scoring, "demo-training": { deployments: {}, defaults: {} } };
mkdirSync(azure, { recursive: true });
if (mode === "online") {
  // a sandbox that starts would start this too, and there is nothing to start: it comes when the sandbox is up
  const state = JSON.parse(readFileSync(join(azure, "state.json"), "utf8"));
  const of = (digest) => ({ environment: { image: `demo.azurecr.io/demo-scoring@sha256:${digest}` } });
  state.ml["demo-ml"]["online-endpoints"] = {
    "demo-managed": {
      group: "demo-platform", port: Number(port), traffic: { "v1-1": 90, "v2-<7>": 10 }, secrets: { primaryKey: "k" },
      deployments: { "v1-1": of("9d602b8aa63d"), "v2-<7>": of("0d1f2a3b4c5d") },
    },
  };
  writeFileSync(join(azure, "state.json"), JSON.stringify(state));
  process.exit(0);
}
writeFileSync(join(azure, "state.json"), JSON.stringify({
  ml: { "demo-ml": workspace },
  mlflow: { "demo-ml": { runs: { r1: run(3295.7), r2: run(3301.2), r3: run(2890.1) } } },
  "container-groups": { "demo-qa": { "demo-qa-page": group } },
}));
