/**
 * `npm run serve -w packages/views`: answers cases, one JSON line each, until its input ends, so that other
 * implementations can be compared.
 */

import process from "node:process";
import { createInterface } from "node:readline";

import { fromBase64 } from "@mshield/forms";

import type { ContentKind, Description } from "../compare/compare.ts";
import { runCase } from "./run.ts";

interface Asked {
  readonly kind: "draw" | "compare";
  readonly view: string | null;
  readonly content: string;
  readonly content_kind: ContentKind;
  readonly summary: Description;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, view, content, content_kind, summary } = JSON.parse(line) as Asked;
  const answer = runCase({
    kind,
    view: view === null ? null : fromBase64(view),
    content: fromBase64(content),
    contentKind: content_kind,
    summary,
  });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
