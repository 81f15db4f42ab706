// Drives every view of the page and every file in headless Chromium. Arguments: the sandbox's up.json, the runs, the files.
// What is wrong is collected, so that one look tells all.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = process.env.NODE_MODULES;
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const axe = readFileSync(join(modules, "axe-core", "axe.min.js"), "utf8");
const [up, runFile, planHtml, runHtml, reportHtml, dataHtml] = process.argv.slice(2);
const root = JSON.parse(readFileSync(up, "utf8")).page;
const origin = new URL(root).origin;
const runs = JSON.parse(readFileSync(runFile, "utf8"));
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const wrong = [];
let checks = 0;
const check = (what, holds, more = "") => {
  checks += 1;
  if (!holds) wrong.push(more ? `${what}: ${more}` : what);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

async function open(scheme, width) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = request.url();
    const own = url.startsWith(`${origin}/`) || url.startsWith("file:///") || url.startsWith("data:");
    check("a request to elsewhere", own, url);
    if (url.startsWith("file:")) check("a file that fetches another", request.isNavigationRequest(), url);
  });
  page.on("console", (message) => {
    // an answer that is no success is what some looks are for
    const expected = message.text().includes("Failed to load resource");
    check("the browser complains", message.type() !== "error" || expected, `${page.url()} ${message.text()}`);
  });
  page.on("pageerror", (error) => check("an error of a script", false, `${page.url()} ${error}`));
  return page;
}

/** No violation, no script, nothing that sticks out. */
async function judge(page, name) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  check(`${name}: axe-core looked at something`, passes.length > 10);
  for (const { id, help, nodes } of violations) {
    const places = nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join(" | ");
    check(`${name}: axe-core`, false, `${id}: ${help}: ${places}`);
  }
  const { scripts, wide, heading, title } = await page.evaluate(() => ({
    scripts: document.querySelectorAll("script,iframe,object,link[rel=stylesheet],img").length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    heading: document.querySelectorAll("h1").length,
    title: document.title,
  }));
  check(`${name}: no script and nothing from elsewhere`, scripts === 0, String(scripts));
  check(`${name}: nothing sticks out`, wide <= 0, `${wide} pixels`);
  check(`${name}: one heading, and a title`, heading === 1 && title.length > 3, `${heading} ${title}`);
}

const contrast = async (page) => {
  const [back, text] = await page.evaluate(() => {
    const style = getComputedStyle(document.body);
    const light = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
    return [light(style.backgroundColor), light(style.color)];
  });
  return back - text;
};

const views = [
  ["runs", root, ["Runs", "page-release", "page-build", "failed", "Waits for an answer", "approval of Deploy to production"]],
  ["pipelines", `${root}/pipelines`, ["Pipelines", "page-retrain", "/release.yml"]],
  ["build", `${root}/runs/${runs.build}`, [
    "Check code and data", "Work on <b>tests</b> & \"more\"", "1 failed", "expected <2>, found 3", "81.3 %", "report",
    "a column <em>drifts</em>", "checked", "Who waited for what", "Publish the training pipeline",
  ]],
  ["retrain", `${root}/runs/${runs.retrain}`, ["failed", "Submit the training job", "Bash exited with code '3'", "skipped"]],
  ["release", `${root}/runs/${runs.release}`, [
    "Deploy to production", "approval by Ada <Lovelace>", "Look at QA <first>, then say yes", "modelVersion = 2", "Write the notes",
  ]],
  ["environments", `${root}/environments`, ["page-qa", "page-production", "Look at QA <first>", "Approve", "Reject"]],
  ["models", `${root}/more/models`, ["demo in demo-ml", "version 3", "mse 2890.1", "Champion and challenger", "promoted", "not promoted", "against <b>3295.7</b>", "rmse"]],
  ["drift", `${root}/more/drift`, ["drift", "412", "<script>bmi</script>", "psi", "limit 0.2", "(prediction)"]],
  ["endpoints", `${root}/more/endpoints`, [
    "demo-qa-page in qa", "Route", "Send", "demo-managed", "v1-1 90 %, v2-<7> 10 %", "Batch endpoints", "demo-files",
    "Scores <b>folders</b>", "no deployment yet",
  ]],
  ["plan", `${root}/more/plan`, ["Plan of demo", "to create", "variable-group/", "What needs what"]],
  ["plan-file", pathToFileURL(planHtml).href, ["Plan of demo", "to create", "What needs what", "deployment/"]],
  ["report-file", pathToFileURL(reportHtml).href, ["Model report", "promoted", "Residuals", "Drift of the held-out rows", "Permutation importance", "bmi"]],
  ["data-file", pathToFileURL(dataHtml).href, ["Data test", "Columns", "bmi", "baseline", "passed"]],
  ["run-file", pathToFileURL(runHtml).href, ["page-release", "Deploy to production", "approval", "Log of Build", "build-notes", "As of"]],
];

for (const scheme of ["light", "dark"]) {
  for (const width of [1280, 420, 360]) {
    // both schemes wide; narrow is a matter of layout, which has no colour
    if (width < 500 && scheme === "dark") continue;
    const page = await open(scheme, width);
    for (const [name, url, words] of views) {
      await page.goto(url);
      const text = await page.evaluate(() => document.body.textContent);
      for (const word of words) check(`${name}: says "${word}"`, text.includes(word), text.slice(0, 200).replace(/\s+/g, " "));
      await judge(page, `${name}, ${scheme}, ${width}`);
      if (shots) await page.screenshot({ path: join(shots, `${name}-${scheme}-${width}.png`), fullPage: true });
    }
    const difference = await contrast(page);
    check(`${scheme}: dark on light, or light on dark`, scheme === "light" ? difference > 0.5 : difference < -0.5, String(difference));
    await page.context().close();
  }
}

const page = await open("light", 1280);

// A file of a run has the order of its stages from the project's own pipelines.
await page.goto(pathToFileURL(runHtml).href);
check("the graph in a file has arrows", (await page.locator("svg .edge").count()) === 4);
await page.locator("summary", { hasText: "Log of Build" }).click();
check("a log in a file says what its step wrote", (await page.locator("pre", { hasText: "built 2" }).count()) === 1);

// By keyboard alone: past the views, from one to the next, into a graph, to a log.
await page.goto(root);
await page.keyboard.press("Tab");
check("the first stop leads to the content", (await page.evaluate(() => document.activeElement.textContent)) === "To the content");
const { x } = await page.locator(".skip").boundingBox();
check("the first stop is seen", x >= 0, String(x));
await page.keyboard.press("Enter");
check("the content has the focus", (await page.evaluate(() => document.activeElement.id)) === "main");
await page.goto(root);
for (let stop = 0; stop < 4; stop++) await page.keyboard.press("Tab");
const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
check("what has the focus is outlined", outlined !== "none", outlined);
await page.keyboard.press("Enter");
await page.waitForURL(/environments$/);
check("the view is marked as the current one", (await page.locator("nav [aria-current=page]").textContent()) === "Environments");
await page.goto(`${root}/runs/${runs.build}`);
await page.locator("svg a").first().focus();
await page.keyboard.press("Enter");
check("a box of the graph leads to its stage", /#part-Check$/.test(page.url()), page.url());
const link = page.locator("a", { hasText: "Look at the code" });
await link.focus();
await page.keyboard.press("Enter");
await page.waitForURL(/\/logs\/\d+$/);
await judge(page, "a log");
const log = page.locator("pre");
check("a log can be scrolled by keyboard", (await log.getAttribute("tabindex")) === "0");
check("a log says what its step wrote", (await log.textContent()).includes("Starting: Look at the code"));

// Every stop by Tab has a name that is said.
await page.goto(`${root}/environments`);
const nameless = await page.evaluate(() =>
  [...document.querySelectorAll("a,button,input:not([type=hidden]),textarea")].filter(
    (one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length),
  ).length);
check("everything that can be reached has a name", nameless === 0, String(nameless));

// Artifacts: their files, text as text, and a page of somebody's in which no script runs.
await page.goto(`${root}/runs/${runs.build}`);
await page.getByRole("link", { name: "report", exact: true }).click();
await judge(page, "an artifact");
await page.getByRole("link", { name: "more/a & b.txt" }).click();
check("a file is its text", (await page.evaluate(() => document.body.textContent)).includes("plain text"));
const complaints = wrong.length;
await page.goBack();
await page.getByRole("link", { name: "report.html" }).click();
check("an artifact's page is shown", (await page.locator("h1").textContent()) === "Model report");
check("a script of an artifact does not run", (await page.title()) !== "ran");
// the browser says that it has kept the script from running, which is what was wanted
wrong.splice(complaints, wrong.length, ...wrong.slice(complaints).filter((one) => !/Blocked script|Content Security Policy/.test(one)));

// A stage that a pipeline waited for, with the answer by click; another refused by keyboard.
await page.goto(`${root}/environments`);
const card = page.getByRole("region", { name: /^Approval of Deploy to production of run/ });
check("two answers are open", (await card.count()) === 2, String(await card.count()));
const first = page.getByRole("button", { name: `Approve Deploy to production of run ${runs.release}` });
await first.locator("xpath=ancestor::form").getByLabel("Comment").fill("QA <is> good");
await first.click();
await page.waitForURL(new RegExp(`/runs/${runs.release}$`));
const settle = async (run, word) => {
  for (let look = 0; look < 100; look++) {
    await page.goto(`${root}/runs/${run}`);
    const fact = await page.locator("dl .state").first().textContent();
    if (fact.includes(word)) return true;
    await page.waitForTimeout(100);
  }
  return false;
};
check("what was approved goes on and ends well", await settle(runs.release, "succeeded"));
await page.goto(`${root}/environments`);
const second = page.getByRole("button", { name: `Reject Deploy to production of run ${runs.second}` });
await second.focus();
await page.keyboard.press("Enter");
await page.waitForURL(new RegExp(`/runs/${runs.second}$`));
check("what was rejected fails", await settle(runs.second, "failed"));
await page.goto(`${root}/environments`);
const answers = await page.evaluate(() => document.body.textContent);
for (const word of ["approved", "rejected", "QA <is> good"]) check(`the answers say "${word}"`, answers.includes(word));
check("nothing waits any more", !answers.includes("Waits for an answer"));
await judge(page, "environments without questions");

// A request by the form, one that is refused, and one that is no JSON.
const ask = async (route, body, name = "demo-qa-page") => {
  await page.goto(`${root}/more/endpoints`);
  const form = page.locator("form", { has: page.getByRole("button", { name: new RegExp(`^Send the request to ${name}`) }) });
  if (route) await form.getByLabel("Route").fill(route);
  await form.getByLabel("Body of the request, JSON").fill(body);
  await form.getByRole("button").click();
  await page.locator("#answer").waitFor();
  await judge(page, `the answer to ${body}`);
  return page.locator("#answer").textContent();
};
const scored = await ask("", '{"data": [[1, 2, 3, 4]]}');
check("the form brings the model's answer", scored.includes("200") && scored.includes('"result":[42]'), scored);
if (shots) await page.screenshot({ path: join(shots, "answer.png"), fullPage: true });
const unread = await ask("", "</textarea><b>no json");
check("a refusal is shown as text", unread.includes("422") && unread.includes("<b>no rows</b>"), unread);
check("what was sent stays", (await page.getByLabel("Body of the request, JSON").first().inputValue()) === "</textarea><b>no json");
const managed = await ask("", '{"data": [[1, 2]]}', "demo-managed");
check("an online endpoint is asked with its own key", managed.includes("200") && managed.includes('"result":[21]'), managed);
const elsewhere = await ask("nowhere", "{}");
check("a route is checked before it is sent", elsewhere.includes("is no route"), elsewhere);

await page.goto(`${root}/pipelines`);
await page.getByRole("link", { name: "page-release", exact: true }).click();
await judge(page, "a pipeline");
check("a pipeline has the graph of its stages", (await page.locator("svg a").count()) === 4);
await page.goto(`${root}/runs/999`);
await judge(page, "a run that is not there");

await browser.close();
for (const one of [...new Set(wrong)].slice(0, 60)) console.error(`page: ${one}`);
console.log(`page: ${views.length} views, ${checks} checks, ${wrong.length} wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
