/** Output of `python -m tests.support.verifier_fixture`: one authority's signatures, as bytes. */

import { readFileSync } from "node:fs";

import { fromBase64 } from "@mshield/forms";

import {
  assemble,
  type CaseSet,
  contentOf,
  verify,
  type VerifyInput,
  parseCertificate,
  recognise,
  type Result,
} from "../src/index.ts";

const FILE = JSON.parse(readFileSync(new URL("signed.json", import.meta.url), "utf8")) as Record<
  string,
  string | number
>;

export const bytes = (name: string): Uint8Array => fromBase64(FILE[name] as string);
export const NOW = FILE["now"] as number;
export const SIGNED_AT = FILE["signed_at"] as number;
export const LOG_KEY = FILE["log_key"] as string;

/** Returns files as a user gives them: name and content. */
export async function assembled(files: Readonly<Record<string, Uint8Array>>): Promise<CaseSet> {
  const pieces = Object.entries(files).map(([name, content]) => ({
    id: name,
    name,
    reading: recognise(content, name),
    content: contentOf(content),
  }));
  return await assemble(pieces);
}

/** Returns what the page knows a day after the signature, without any call. */
export function known(more: Partial<VerifyInput> = {}): VerifyInput {
  return {
    now: SIGNED_AT + 86_400_000,
    at: null,
    roots: [parseCertificate(bytes("root"))],
    logKeys: [LOG_KEY],
    chain: [parseCertificate(bytes("issuing"))],
    crls: [],
    givenCrls: [],
    givenOcsp: null,
    answer: { state: "not_asked" },
    ...more,
  };
}

/** Returns the result of the only signature among the files. */
export async function verified(
  files: Readonly<Record<string, Uint8Array>>,
  more: Partial<VerifyInput> = {},
): Promise<Result> {
  const all = await assembled(files);
  const beside = {
    givenCrls: all.crls,
    givenOcsp: all.ocsps[0] ?? null,
    foreignChain: all.foreign,
    foreignCrls: all.foreignCrls,
  };
  return await verify(all.cases[0]!, known({ ...beside, ...more }));
}
