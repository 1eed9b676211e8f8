/**
 * `npm run time-stamps -w packages/verify -- FILE`: checks answers of time stamping authorities in a file
 * with one JSON object per line, and prints a line for each: null if accepted, otherwise the reason. Bytes
 * are in base64.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { FormError, fromBase64 } from "@mshield/forms";

import { TimeStampError } from "../errors.ts";
import { requireAnswer, tokenOf } from "../timestamps/answer.ts";
import { parseTsaCertificate } from "../timestamps/certificate.ts";

/** The request and the answer; `signed_at` and `now` in ms. */
interface Line {
  readonly answer: string;
  readonly data: string;
  readonly roots: readonly string[];
  readonly hash: string;
  readonly nonce: string;
  readonly policy: string;
  readonly now: number;
  readonly signed_at: number | null;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: npm run time-stamps -w packages/verify -- FILE\n");
  process.exit(2);
}
const text = readFileSync(resolve(process.env["INIT_CWD"] ?? ".", file), "utf8");
for (const line of text.split("\n").filter((row) => row !== "")) {
  process.stdout.write(`${JSON.stringify(run(JSON.parse(line) as Line))}\n`);
}

function run(line: Line): string | null {
  try {
    check(line);
    return null;
  } catch (error) {
    if (error instanceof TimeStampError) {
      return error.reason;
    }
    return error instanceof FormError ? "form" : String(error);
  }
}

function check(line: Line): void {
  requireAnswer({
    token: tokenOf(fromBase64(line.answer)),
    data: fromBase64(line.data),
    trust: { roots: line.roots.map((root) => parseTsaCertificate(fromBase64(root))) },
    now: line.now,
    signedAt: line.signed_at,
    hash: line.hash,
    nonce: BigInt(line.nonce),
    policy: line.policy,
  });
}
