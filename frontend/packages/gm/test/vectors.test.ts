/** The protocol's vectors pass, and a changed vector is detected. */

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { runVectors } from "../src/vectors/run.ts";

const FILE = new URL("../../../../vectors/cosign.json", import.meta.url);
const EDGES = new URL("../../../../vectors/cosign-edges.json", import.meta.url);
const HEDGE = new URL("../../../../vectors/cosign-hedge.json", import.meta.url);
const TEXT = readFileSync(FILE, "utf8");

test.each([
  ["vectors", FILE],
  ["edges", EDGES],
])("all %s pass", { timeout: 60_000 }, async (_, file) => {
  const text = readFileSync(file, "utf8");
  const { passed, failures } = await runVectors(text);
  expect(failures).toEqual([]);
  const sections = Object.values(JSON.parse(text) as Record<string, unknown>).filter(Array.isArray);
  expect(passed).toBe(sections.reduce((sum, cases) => sum + cases.length, 0));
});

test(
  "the phone's part of the values that the server derives, binds and stores",
  { timeout: 60_000 },
  async () => {
    const { protocol, internal, stored } = JSON.parse(readFileSync(HEDGE, "utf8")) as Record<
      string,
      unknown[]
    >;
    const { passed, failures } = await runVectors(JSON.stringify({ protocol, internal, stored }));
    expect(failures).toEqual([]);
    expect(passed).toBe(internal!.length + stored!.length);
  },
);

test("detects a changed value, a new field and a new section", { timeout: 60_000 }, async () => {
  const file = JSON.parse(TEXT) as Record<string, Record<string, unknown>[]>;
  const [first] = file["signing"]!;
  const cases = {
    protocol: "MSHIELD/v1",
    signing: [
      { ...first, k1: first!["k2"] },
      { ...first, more: 1 },
    ],
    rejected: [{ ...file["rejected"]![0], error: "retry" }],
    unheard_of: [{}],
  };
  const { passed, failures } = await runVectors(JSON.stringify(cases));
  expect(passed).toBe(0);
  expect(failures).toHaveLength(4);
});
