/** Which characters are marked: those of the shared list, which the commands have too, and no other. */

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { honest, honestly } from "../honest_text.ts";

interface Vectors {
  readonly hidden: readonly (readonly [string, string])[];
  readonly texts: readonly { readonly text: string; readonly shown: string }[];
}
const vectors = JSON.parse(
  readFileSync(new URL("../../../../vectors/shown_text.json", import.meta.url), "utf8"),
) as Vectors;
const LAST = 0x10ffff;
const ranges = vectors.hidden.map(([from, to]) => [parseInt(from, 16), parseInt(to, 16)] as const);

test("exactly the characters of the list are marked", () => {
  const wrong: number[] = [];
  for (let each = 0; each <= LAST; each += 1) {
    const isHidden = ranges.some(([from, to]) => from <= each && each <= to);
    const isMarked = honest(String.fromCodePoint(each)).startsWith("[U+");
    if (isHidden !== isMarked) {
      wrong.push(each);
    }
  }
  expect(wrong).toEqual([]);
});

test("texts are shown as the list says", () => {
  for (const { text, shown } of vectors.texts) {
    expect(honest(text)).toBe(shown);
  }
});

test("a value is shown with all its texts, the rest of it as it is", () => {
  const given = { title: "a\u202Eb", lines: [{ label: "\u0007", size: 3 }], none: null, isSigned: true };
  expect(honestly(given)).toEqual({
    title: "a[U+202E]b",
    lines: [{ label: "[U+0007]", size: 3 }],
    none: null,
    isSigned: true,
  });
});
