/** `npm run formats -w packages/verify -- DIR`: ends with `N passed, M failed`, and exit code 1 where one failed. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { runFormats } from "./run.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: npm run formats -w packages/verify -- DIR\n");
  process.exit(2);
}
// npm changes to the package's folder; a path is meant from where the command was given.
const from = resolve(process.env["INIT_CWD"] ?? ".", folder);
const { passed, failures } = runFormats((file) => readFileSync(resolve(from, file)));
for (const failure of failures) {
  process.stdout.write(`${failure}\n`);
}
process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;
