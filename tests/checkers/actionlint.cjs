// actionlint over the workflow files that are named on the command line; prints a JSON list.
// Each file goes in as "<stdin>": given a relative path, this WebAssembly build looks for the file
// and never returns.
const fs = require("fs");
const path = require("path");

const tools = path.join(__dirname, "..", "..", ".tools", "node_modules");
const { runLint } = require(path.join(tools, "@tktco", "node-actionlint"));

(async () => {
  const found = [];
  for (const file of process.argv.slice(2)) {
    for (const problem of await runLint(fs.readFileSync(file, "utf8"), "<stdin>")) {
      if (problem.message) found.push({ file, line: problem.line, kind: problem.kind, message: problem.message });
    }
  }
  fs.writeSync(1, JSON.stringify(found));
  process.exit(0);
})();
