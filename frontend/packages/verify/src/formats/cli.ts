/**
 * `npm run formats -w packages/verify -- DIR`: prints `N passed, M failed`, and exits with 1 if a case
 * failed.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { runFormats } from "./run.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: npm run formats -w packages/verify -- DIR\n");
  process.exit(2);
}
// npm changes to the package's folder, but the path is relative to the folder the command was run in.
const from = resolve(process.env["INIT_CWD"] ?? ".", folder);
const { passed, failures } = runFormats((file) => readFileSync(resolve(from, file)));
for (const failure of failures) {
  process.stdout.write(`${failure}\n`);
}
process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;
