/** Exactly the characters outside the shared list, which the commands have too, are marked. */

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { honest, honestDeep, honestValue } from "../honest_text.ts";

interface Vectors {
  readonly plain: readonly (readonly [string, string])[];
  readonly isolated: readonly (readonly [string, string])[];
  readonly lookalikes: string;
  readonly texts: readonly { readonly text: string; readonly shown: string }[];
}
const vectors = JSON.parse(
  readFileSync(new URL("../../../../vectors/shown_text.json", import.meta.url), "utf8"),
) as Vectors;
const LAST = 0x10ffff;
const rangesOf = (list: readonly (readonly [string, string])[]): (readonly [number, number])[] =>
  list.map(([from, to]) => [parseInt(from, 16), parseInt(to, 16)] as const);
const isIn = (list: readonly (readonly [number, number])[], point: number): boolean =>
  list.some(([from, to]) => from <= point && point <= to);
const [plain, isolated] = [rangesOf(vectors.plain), rangesOf(vectors.isolated)];

test("marks all characters except those in the list", () => {
  const wrong: number[] = [];
  for (let point = 0; point <= LAST; point += 1) {
    const text = String.fromCodePoint(point);
    const isPlain = isIn(plain, point) && !vectors.lookalikes.includes(text);
    const shown = isIn(isolated, point) ? `\u2068${text}\u2069` : text;
    const result = honest(text);
    if (isPlain ? result !== shown : !result.startsWith("[U+")) {
      wrong.push(point);
    }
  }
  expect(wrong).toEqual([]);
});

test("no combining mark is plain, since in another order it looks the same", () => {
  const points = plain.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
  expect(points.filter((point) => /\p{M}/u.test(String.fromCodePoint(point)))).toEqual([]);
});

test("escapes a text that reads as a mark", () => {
  expect(honest("[U+202E] [u] [U]")).toBe("[U+005B]U+202E] [u] [U]");
});

test("marks spaces at the ends of a value", () => {
  expect(honestValue(" a  b\t c \n")).toBe("[U+0020]a  b[U+0009] c[U+0020][U+000A]");
});

test("shows texts as the vectors specify", () => {
  for (const { text, shown } of vectors.texts) {
    expect(honest(text)).toBe(shown);
  }
});

test("marks all texts of a value and leaves the rest unchanged", () => {
  const content = { title: "a\u202Eb", lines: [{ label: "\u0007", size: 3 }], none: null, isSigned: true };
  expect(honestDeep(content)).toEqual({
    title: "a[U+202E]b",
    lines: [{ label: "[U+0007]", size: 3 }],
    none: null,
    isSigned: true,
  });
});
