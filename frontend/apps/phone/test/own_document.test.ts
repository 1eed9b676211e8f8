// @vitest-environment happy-dom
/** Documents of the service itself are drawn from the words that are signed, and nothing in them can hide. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { ownDocument } from "@mshield/views";
import { describe, expect, test } from "vitest";

interface Vector {
  readonly name: string;
  readonly content: string;
  readonly expect: { readonly title: string; readonly lines: readonly unknown[] } | null;
}
const VECTORS = JSON.parse(readFileSync(resolve(process.cwd(), "../vectors/own-documents.json"), "utf8")) as {
  readonly cases: readonly Vector[];
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a document of the service itself", () => {
  test.for(VECTORS.cases)("$name", ({ content, expect: wanted }) => {
    expect(ownDocument(bytes(content))).toEqual(wanted);
  });
});
