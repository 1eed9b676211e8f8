/** The vectors of views, octet by octet; a changed vector is detected. */

import { readFileSync } from "node:fs";

import { canonicalText } from "@mshield/forms";
import { utf8 } from "@mshield/gm";
import { expect, test } from "vitest";

import { drawView, readView } from "../src/index.ts";
import { runVectors } from "../src/vectors/run.ts";

const FOLDER = new URL("../../../../vectors/views/", import.meta.url);
const read = (file: string): Uint8Array => readFileSync(new URL(file, FOLDER));
const json = (file: string): unknown => JSON.parse(new TextDecoder().decode(read(file)));

test("all vectors pass", () => {
  const { passed, failures } = runVectors(read);
  expect(failures).toEqual([]);
  expect(passed).toBe((json("index.json") as { cases: unknown[] }).cases.length);
});

test("the shipped views have their digests and render their contents", () => {
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

test("counts a wrong answer and an incomplete one as failed", () => {
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

const codeRow = (role: string): object => ({ label: role, path: "v5", as: "code", list: "l", role });

test("every kind of row has its members in the order of canonical JSON", () => {
  const [currency, unit] = [{ fixed: "EUR" }, { fixed: "kg" }];
  const kinds = [
    { as: "text" },
    { as: "date" },
    { as: "decimal" },
    { as: "decimal", unit },
    { as: "amount", currency },
    { as: "code", list: "l" },
    { as: "code", list: "l", says: "." },
  ];
  const columns = kinds.map((kind, n) =>
    Object.assign(kind, { label: `c${n}`, path: `v${n}`, missing: "show" }),
  );
  const lists = { l: { "5": "five" } };
  const view = readView(
    utf8(
      JSON.stringify({
        type: "mshield-view/v1",
        id: "t",
        version: 1,
        content: "xml",
        root: "d",
        title: "t",
        amount: { label: "a", path: "v4", currency },
        body: [
          { label: "g", rows: [...columns.map((column) => ({ ...column, many: true })), codeRow("number")] },
          { label: "r", rows: [{ label: "p", path: "v0", role: "party" }] },
          { label: "t", table: "line", columns, missing: "show" },
        ],
        checks: [{ label: "k", sum: [{ path: "v3" }], equals: { path: "v2" } }],
        ignore: ["x"],
        lists,
      }),
    ),
  );
  const values = ["text", "2026-11-29", "1", "2.50", "-1234567.8", "5", "5"];
  const cells = values.map((value, n) => `<v${n}>${value}</v${n}>`).join("");
  for (const line of [cells, cells.replace("text", "")]) {
    const { lines, octets } = drawView(view, utf8(`<d>${cells}<line>${line}</line><x/><y/></d>`));
    expect(lines.rest).toHaveLength(1);
    expect(lines.not_shown).toHaveLength(1);
    expect(new TextDecoder().decode(octets)).toBe(canonicalText(lines));
  }
  const fewer = cells.replaceAll(/<v[136]>.*?<.v[136]>/g, "");
  const { lines, octets } = drawView(view, utf8(`<d>${fewer}<v3>1</v3></d>`));
  expect(JSON.stringify(lines)).toContain('"missing":true');
  expect(new TextDecoder().decode(octets)).toBe(canonicalText(lines));
});

test("reads deep and long content in time and without recursion", () => {
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
