/** What stands in the report of a long document: its beginning, and that it is one. */

import type { DrawnLines } from "@mshield/views";
import { expect, test } from "vitest";

import { beginningOf, drawnBriefly, linesOf, MOST_DRAWN, saidBriefly } from "../src/parts/paper.ts";

const row = (value: string): { as: "text"; label: string; value: string } => ({
  as: "text",
  label: "行",
  value,
});

test("a text is cut by lines, be they short or long, of letters or of characters", () => {
  expect([linesOf(""), linesOf("a\n\nb"), linesOf("x".repeat(85)), linesOf("汉".repeat(85))]).toEqual([
    1, 3, 2, 3,
  ]);
  expect(beginningOf("short")).toEqual({ text: "short", isCut: false });
  expect(beginningOf("\n".repeat(1000), 10)).toEqual({ text: "\n".repeat(9), isCut: true });
  expect(beginningOf("字".repeat(1000), 10)).toEqual({ text: "字".repeat(420), isCut: true });
  // No half of a character.
  expect(beginningOf("𠀀".repeat(1000), 1).text).toBe("𠀀".repeat(42));
});

test("of the asker's words so many stand there, and a long value with its beginning", () => {
  const lines = Array.from({ length: 64 }, (_, n) => ({ label: `说明 ${n}`, value: "字".repeat(512) }));
  const shown = saidBriefly(lines);
  expect(shown).toHaveLength(1);
  expect(shown[0]!.value).toMatch(/^字{79}…$/u);
  const few = [{ label: "总价", value: "1" }];
  expect(saidBriefly(few)).toEqual(few);
});

test("drawn lines keep amount and checks, and as many rows as fit", () => {
  const drawn: DrawnLines = {
    type: "mshield-drawn/v1",
    view: "",
    title: "",
    amount: null,
    body: [
      { label: "要点", rows: [row("1"), row("2"), row("长".repeat(50_000)), row("after")] },
      {
        label: "货物",
        columns: [{ label: "名", at: "name" }],
        lines: Array.from({ length: 99 }, () => [row("x")]),
      },
    ],
    list: { number: null, party: null },
    checks: [{ label: "c", agrees: true, count: 1, sum: [], declared: [] }],
    rest: [{ path: "a", value: "b" }],
    not_shown: Array.from({ length: 100 }, (_, n) => ({ path: `p${n}`.padEnd(900, "x"), count: 2 })),
    not_shown_more: 5,
  };
  const { drawn: brief, isCut } = drawnBriefly(drawn);
  expect(isCut).toBe(true);
  expect(brief.body).toEqual([{ label: "要点", rows: [row("1"), row("2")] }]);
  expect([brief.rest, brief.checks.length, brief.not_shown.length]).toEqual([[], 1, 8]);
  expect(brief.not_shown_more).toBe(5 + 2 * 92);
  const goods = { ...drawn, body: drawn.body.slice(1), not_shown: [], rest: [] };
  const [part] = drawnBriefly(goods).drawn.body;
  expect(part && "lines" in part && part.lines.length).toBe(MOST_DRAWN - 3);
  const small = { ...goods, body: [], checks: [] };
  expect(drawnBriefly(small)).toEqual({ drawn: small, isCut: false });
});
