// Fills a sandbox (its up.json, and the folder of the project's pipelines) by its API: small pipelines whose steps really run. Prints the ids of their runs when each is where it should
// be: ended, or waiting for an answer.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { variables } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const organization = variables.MLOPS_GEN_DEVOPS_URL;
const token = variables.MLOPS_GEN_DEVOPS_TOKEN;

async function send(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
const api = (method, path, body) => send(method, `${organization}/${path}${path.includes("?") ? "&" : "?"}api-version=7.1-preview`, body);
const control = (path, body) => send("POST", `${new URL(organization).origin}/_emulator/${path}`, body);

const BUILD = `trigger: none
stages:
- stage: Check
  displayName: Check code and data
  jobs:
  - job: Tests
    displayName: Unit tests
    steps:
    - bash: |
        echo "<testsuite><testcase classname='a' name='adds'/><testcase classname='a' name='rounds'><failure message='expected &lt;2&gt;, found 3'/></testcase><testcase name='later'><skipped/></testcase></testsuite>" >unit.junit.xml
        echo '<coverage lines-covered="813" lines-valid="1000"/>' >coverage.cobertura.xml
        mkdir -p report/more && echo '<h1>Model report</h1><script>document.title="ran"</script>' >report/report.html
        echo 'plain text' >'report/more/a & b.txt'
      displayName: Work on <b>tests</b> & "more"
    - task: PublishTestResults@2
      displayName: Publish test results
      inputs: {testResultsFormat: JUnit, testResultsFiles: unit.junit.xml, testRunTitle: Unit tests}
    - task: PublishCodeCoverageResults@2
      displayName: Publish coverage
      inputs: {summaryFileLocation: coverage.cobertura.xml}
    - bash: 'echo "##vso[task.logissue type=warning]a column <em>drifts</em>"; echo "##vso[build.addbuildtag]checked"'
      displayName: Warn
    - publish: report
      artifact: report
  - job: Lint
    displayName: Lint
    steps:
    - bash: sleep 1
      displayName: Look at the code
- stage: Publish
  displayName: Publish the training pipeline
  dependsOn: Check
  jobs:
  - job: Publish
    displayName: Publish
    steps:
    - bash: for line in $(seq 200); do echo "line $line"; done
      displayName: Publish
`;
const RELEASE = `trigger: none
parameters:
- {name: modelVersion, type: number, default: 3}
stages:
- stage: Package
  displayName: Build the image
  jobs:
  - job: Image
    displayName: Build and scan
    steps:
    - bash: sleep 1; mkdir notes; echo built \${{ parameters.modelVersion }} | tee notes/built.txt
      displayName: Build
    - publish: notes
      artifact: build-notes
- stage: QA
  displayName: Deploy to QA
  dependsOn: Package
  jobs:
  - deployment: QA
    displayName: Deploy
    environment: page-qa
    strategy: {runOnce: {deploy: {steps: [{bash: sleep 1, displayName: Deploy}]}}}
- stage: Notes
  displayName: Write the notes
  dependsOn: Package
  jobs:
  - job: Notes
    steps: [{bash: echo noted, displayName: Write}]
- stage: Production
  displayName: Deploy to production
  dependsOn: [QA, Notes]
  jobs:
  - deployment: Production
    displayName: Deploy
    environment: page-production
    strategy: {runOnce: {deploy: {steps: [{bash: echo live, displayName: Deploy}]}}}
`;
const BROKEN = `trigger: none
stages:
- stage: Train
  jobs:
  - job: Train
    displayName: Train on Azure ML
    steps:
    - bash: echo "no such column" >&2; exit 3
      displayName: Submit the training job
- stage: Lineage
  dependsOn: Train
  jobs:
  - job: Tag
    steps: [{bash: echo tagged}]
`;

// beside the rendered ones, where whoever shows a run looks for the order of its stages
writeFileSync(join(process.argv[3], "page-release.yml"), RELEASE);
await control("projects", { name: "demo" });
const { id: ada } = await control("identities", { displayName: "Ada <Lovelace>", uniqueName: "ada@example.com" });
const repository = await api("GET", "demo/_apis/git/repositories/demo");
const file = (path, content) => ({ changeType: "add", item: { path }, newContent: { content, contentType: "rawtext" } });
await api("POST", "demo/_apis/git/repositories/demo/pushes", {
  refUpdates: [{ name: "refs/heads/main", oldObjectId: "0".repeat(40) }],
  commits: [{ comment: "pipelines", changes: [file("/build.yml", BUILD), file("/release.yml", RELEASE), file("/broken.yml", BROKEN)] }],
});
const pipeline = async (name, path) =>
  (await api("POST", "demo/_apis/pipelines", {
    name, folder: "\\demo",
    configuration: { type: "yaml", path, repository: { id: repository.id, name: "demo", type: "azureReposGit" } },
  })).id;
const build = await pipeline("page-build", "/build.yml");
const release = await pipeline("page-release", "/release.yml");
const broken = await pipeline("page-retrain", "/broken.yml");
for (const name of ["page-qa", "page-production"]) {
  const { id } = await api("POST", "demo/_apis/distributedtask/environments", { name });
  await api("PATCH", `demo/_apis/pipelines/pipelinepermissions/environment/${id}`, { pipelines: [{ id: release, authorized: true }] });
  if (name === "page-production") {
    await api("POST", "demo/_apis/pipelines/checks/configurations", {
      type: { id: "8c6f20a7-a545-4486-9777-f762fafe0d4d", name: "Approval" },
      settings: { approvers: [{ id: ada }], minRequiredApprovers: 1, instructions: "Look at QA <first>, then say yes" },
      timeout: 43200,
      resource: { type: "environment", id: String(id) },
    });
  }
}
const queue = async (id, body = {}) => (await api("POST", `demo/_apis/pipelines/${id}/runs`, body)).id;
const runs = {
  build: await queue(build),
  retrain: await queue(broken),
  release: await queue(release, { templateParameters: { modelVersion: "2" } }),
  second: await queue(release, { templateParameters: { modelVersion: "3" } }),
};
const until = async (what, see) => {
  for (let look = 0; look < 600; look++) {
    if (await see()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${what} does not come to that`);
};
for (const name of ["build", "retrain"]) {
  await until(name, async () => (await api("GET", `demo/_apis/build/builds/${runs[name]}`)).status === "completed");
}
await until("the approvals", async () => (await api("GET", "demo/_apis/pipelines/approvals?state=pending")).count === 2);
console.log(JSON.stringify(runs));
