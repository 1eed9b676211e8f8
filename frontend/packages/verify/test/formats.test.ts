/** The vectors of foreign formats; a wrong expectation is detected. */

import { readFileSync } from "node:fs";

import { ambiguity } from "@mshield/forms";
import { concat, utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { parseP7, verifyP7 } from "../src/foreign/p7.ts";
import { type FormatCase, runFormats } from "../src/formats/run.ts";

const FOLDER = new URL("../../../../vectors/formats/", import.meta.url);
const read = (file: string): Uint8Array => readFileSync(new URL(file, FOLDER));
const INDEX = JSON.parse(new TextDecoder().decode(read("index.json"))) as {
  at: string;
  vectors: FormatCase[];
};

const withIndex =
  (vectors: readonly FormatCase[]) =>
  (file: string): Uint8Array =>
    file === "index.json" ? utf8(JSON.stringify({ at: INDEX.at, vectors })) : read(file);

test("all vectors pass", () => {
  const { passed, failures } = runFormats(read);
  expect(failures).toEqual([]);
  expect(passed).toBe(INDEX.vectors.length);
});

test("counts another expectation, another M and an incomplete case as failed", () => {
  const p7 = INDEX.vectors.find(({ file }) => file === "p7/gb-attrs.p7s")!;
  const { passed, failures } = runFormats(
    withIndex([
      { ...p7, expect: "refuse" },
      { ...p7, m: "AAAA" },
      { ...p7, issuer: undefined },
      { ...p7, file: "p7/bad-signature.p7s" },
      { ...p7, kind: "paint" },
    ]),
  );
  expect(passed).toBe(0);
  expect(failures).toHaveLength(5);
});

test("reads deep and long input in time and without recursion", () => {
  const deep = concat(
    Uint8Array.of(0x30, 0x80, 6, 9),
    utf8("\u0000".repeat(9)),
    new Uint8Array(100_000).fill(0x24),
  );
  for (const file of [deep, utf8(" ".repeat(2_000_000)), utf8(`-----BEGIN CMS-----${"=".repeat(100_000)}`)]) {
    expect(() => parseP7(file)).toThrow();
  }
  const pieces = concat(...Array.from({ length: 50_000 }, () => Uint8Array.of(4, 1, 65)));
  const good = read("p7/gb-ber.p7s");
  const at = good.findIndex((octet, i) => octet === 0x24 && good[i + 1] === 0x80);
  const longer = concat(good.subarray(0, at + 2), pieces, good.subarray(at + 2));
  expect(() => verifyP7(longer)).toThrow("signature");
  expect(ambiguity(utf8(`${" ".repeat(1_000_000)}<${"a".repeat(1_000_000)}`))).toBeNull();
});
