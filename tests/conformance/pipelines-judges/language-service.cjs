// What Microsoft's language service says of pipelines: `node language-service.cjs SCHEMA FILE…` prints a line of JSON for each
// file, with the messages and their lines. Packages are those of the folder that NODE_PATH names.
const fs = require("fs");
const { getLanguageService } = require("azure-pipelines-language-service");
const { parse } = require("azure-pipelines-language-service/lib/parser/yamlParser");
const { TextDocument } = require("vscode-languageserver-textdocument");

const [schemaFile, ...files] = process.argv.slice(2);
const schema = JSON.parse(fs.readFileSync(schemaFile, "utf8"));
const say = console.log;
// it tells of its own work on standard output
console.log = () => {};
const service = getLanguageService(
  () => Promise.resolve(schema),
  [],
  () => Promise.resolve("file:///service-schema.json"),
  { resolveRelativePath: (path) => path },
);
service.configure({ validate: true });

(async () => {
  for (const file of files) {
    const text = fs.readFileSync(file, "utf8");
    const document = TextDocument.create(`file://${file}`, "yaml", 1, text);
    const found = await service.doValidation(document, parse(text));
    const problems = found.map((one) => ({ line: one.range.start.line + 1, message: one.message }));
    say(JSON.stringify({ file, problems }));
  }
})();
