/** The vectors of views, octet by octet, and that a changed one is noticed. */

import { readFileSync } from "node:fs";

import { utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { drawView, readView } from "../src/index.ts";
import { runVectors } from "../src/vectors/run.ts";

const FOLDER = new URL("../../../../vectors/views/", import.meta.url);
const read = (file: string): Uint8Array => readFileSync(new URL(file, FOLDER));
const json = (file: string): unknown => JSON.parse(new TextDecoder().decode(read(file)));

test("all vectors hold", () => {
  const { passed, failures } = runVectors(read);
  expect(failures).toEqual([]);
  expect(passed).toBe((json("index.json") as { cases: unknown[] }).cases.length);
});

test("the views that ship have their digests, and draw their contents", () => {
  const digests = json("shipped/digests.json") as Record<
    string,
    Record<"view" | "content" | "drawn", string>
  >;
  for (const [name, { view, content, drawn }] of Object.entries(digests)) {
    const shipped = readView(read(`shipped/${name}.view.json`));
    expect(shipped.digest).toBe(view);
    expect(readView(shipped.octets).digest).toBe(view);
    expect(drawView(shipped, read(`shipped/contents/${content}`)).digest).toBe(drawn);
  }
});

test("another answer, and one that breaks off, count as failed", () => {
  const [first, second] = (json("index.json") as { cases: Record<string, unknown>[] }).cases;
  const cases = [
    { ...first, expect: { at: "", error: "content" } },
    { ...second, kind: "compare", summary: { title: "", lines: Array.from({ length: 65 }, () => ["", ""]) } },
  ];
  const { passed, failures } = runVectors((file) =>
    file === "index.json" ? utf8(JSON.stringify({ cases })) : read(file),
  );
  expect(passed).toBe(0);
  expect(failures).toHaveLength(2);
});

test("what is deep, and what is long, is read in time and without a stack", () => {
  const view = readView(read("xml-plain.view.json"));
  for (const content of ["<a>".repeat(100_000), `<d a="${"&amp;".repeat(100_000)}`, "<d><!--".repeat(1000)]) {
    expect(() => drawView(view, utf8(content))).toThrow("content");
  }
  const rows = { label: "r", path: "i", many: true, as: "amount", currency: { path: "../i/@c" } };
  const beside = {
    ...JSON.parse(new TextDecoder().decode(view.octets)),
    body: [{ label: "g", rows: [rows] }],
  };
  const lines = drawView(
    readView(utf8(JSON.stringify(beside))),
    utf8(`<d><i c="EUR">1</i>${"<i>1</i>".repeat(40_000)}</d>`),
  );
  expect(lines.lines.body).toMatchObject([{ rows: { length: 40_001 } }]);
  const scopes = Array.from({ length: 60 }, (_, n) => `<d xmlns:p${n}="u:${n}">`).join("");
  expect(() => drawView(view, utf8(`${scopes}${"<b/>".repeat(100_000)}`))).toThrow("content");
});
