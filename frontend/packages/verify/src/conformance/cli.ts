/**
 * `npm run conform -w packages/verify -- FILE`: checks the cases in a file with one JSON object per line, and
 * prints one JSON line for each: verdict, the first step that fails or isn't done, and its code. Bytes are in
 * base64.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { FormError, fromBase64 } from "@mshield/forms";

import type { Case, Piece } from "../assemble.ts";
import { parseCertificate } from "../certificate.ts";
import { contentOf } from "../content.ts";
import { parseCrl } from "../crl.ts";
import { verify, type Result } from "../verify.ts";
import type { Recognised } from "../recognise.ts";
import { parseAnyTsaCertificate } from "../timestamps/foreign.ts";

interface Line {
  readonly kind: Extract<Case["kind"], "evidence" | "cms" | "signature">;
  readonly signature: string;
  readonly certificate?: string;
  readonly content?: string;
  readonly chain?: readonly string[];
  readonly roots: readonly string[];
  readonly log_keys?: readonly string[];
  readonly witness_keys?: readonly string[];
  readonly tsa_roots?: readonly string[];
  readonly crls?: readonly string[];
  readonly ocsp?: string;
  readonly at: number;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: npm run conform -w packages/verify -- FILE\n");
  process.exit(2);
}
const text = readFileSync(resolve(process.env["INIT_CWD"] ?? ".", file), "utf8");
for (const line of text.split("\n").filter((row) => row !== "")) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line) as Line))}\n`);
}

async function run(line: Line): Promise<object> {
  try {
    const [matter, known] = [caseOf(line), knownOf(line)];
    return outcome(await verify(matter, known));
  } catch (error) {
    if (error instanceof FormError) {
      return { verdict: "invalid", step: "input", code: "unreadable" }; // a certificate or a list
    }
    return {
      verdict: "crash",
      step: null,
      code: error instanceof Error ? (error.stack ?? error.message) : "",
    };
  }
}

function outcome({ verdict, checks, witnesses }: Result): object {
  const open = checks.find(
    ({ state, isNeeded, code }) =>
      state === "failed" || (state === "unchecked" && isNeeded && code !== "not_reached"),
  );
  const later =
    checks.find(({ name, state }) => name === "revocation" && state === "noted")?.revocation ?? null;
  // The page reports a later revocation even beside a fault; the command ends at the fault.
  return {
    verdict,
    step: open?.name ?? null,
    code: open?.code ?? null,
    later: verdict === "invalid" ? null : later,
    witnesses: (witnesses ?? []).map(({ witness, at }) => [witness, at]),
  };
}

function caseOf(line: Line): Case {
  const bytes = fromBase64(line.signature);
  const content = line.content === undefined ? null : contentOf(fromBase64(line.content));
  const whole: Recognised =
    line.kind === "evidence" ? { kind: "evidence", bytes } : { kind: line.kind, der: bytes };
  const piece = (of: Recognised, holds = contentOf(bytes)): Piece => ({
    id: "",
    name: "",
    reading: of,
    content: holds,
  });
  return {
    piece: piece(whole),
    kind: line.kind,
    document: content === null ? null : piece({ kind: "document" }, content),
    certificate: line.certificate === undefined ? null : parseCertificate(fromBase64(line.certificate)),
  };
}

function knownOf(line: Line): Parameters<typeof verify>[1] {
  return {
    now: line.at,
    roots: line.roots.map((root) => parseCertificate(fromBase64(root))),
    logKeys: line.log_keys ?? [],
    witnessKeys: line.witness_keys ?? [],
    tsa: {
      roots: [],
      tolerant: (line.tsa_roots ?? []).map((root) => parseAnyTsaCertificate(fromBase64(root))),
    },
    chain: (line.chain ?? []).map((certificate) => parseCertificate(fromBase64(certificate))),
    at: line.at,
    crls: [],
    givenCrls: (line.crls ?? []).map((crl) => parseCrl(fromBase64(crl))),
    givenOcsp: line.ocsp === undefined ? null : fromBase64(line.ocsp),
    answer: { state: "not_asked" },
  };
}
