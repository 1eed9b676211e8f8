/** The report of a long document has its beginning, marked as such. */

import { expect, test } from "vitest";

import { beginningOf, shortenDescription } from "../src/parts/paper.ts";

test("truncates a text by lines, short or long, of letters or characters", () => {
  expect(beginningOf("x".repeat(85), 1)).toEqual({ text: "x".repeat(84), isCut: true });
  expect(beginningOf("short")).toEqual({ text: "short", isCut: false });
  expect(beginningOf("\n".repeat(1000), 10)).toEqual({ text: "\n".repeat(9), isCut: true });
  expect(beginningOf("字".repeat(1000), 10)).toEqual({ text: "字".repeat(420), isCut: true });
  // No split surrogate pairs.
  expect(beginningOf("𠀀".repeat(1000), 1).text).toBe("𠀀".repeat(42));
});

test("limits the description's lines, and truncates long values", () => {
  const lines = Array.from({ length: 64 }, (_, n) => ({ label: `说明 ${n}`, value: "字".repeat(512) }));
  const shown = shortenDescription(lines);
  expect(shown).toHaveLength(1);
  expect(shown[0]!.value).toMatch(/^字{79}…$/u);
  const few = [{ label: "总价", value: "1" }];
  expect(shortenDescription(few)).toEqual(few);
});
