/** How much of a document stands on two pages of A4 beside the rest: estimated in lines, and cut where it is said to be. */

import type { DrawnLines } from "@mshield/views";

/** Latin letters on a line of the report; a Chinese character is as wide as two. */
const WIDTH = 84;
/** Of the document, and of the asker's words. */
export const MOST_DRAWN = 14;
export const MOST_TEXT = 12;
export const MOST_SAID = 3;
/** Letters of one value of the asker's, or of a title. */
const LONGEST = 80;

/** Lines that a text takes, at least one for each of its own. */
export function linesOf(text: string, width = WIDTH): number {
  let [lines, used] = [1, 0];
  for (const character of text) {
    const wide = character >= "\u1100" ? 2 : 1;
    if (character === "\n" || used + wide > width) {
      lines += 1;
      used = 0;
    }
    used += character === "\n" ? 0 : wide;
  }
  return lines;
}

/** The beginning of a text, in so many lines. */
export function beginningOf(
  text: string,
  most = MOST_TEXT,
): { readonly text: string; readonly isCut: boolean } {
  let [end, lines, used] = [0, 1, 0];
  for (const character of text) {
    const wide = character >= "\u1100" ? 2 : 1;
    if (character === "\n" || used + wide > WIDTH) {
      lines += 1;
      used = 0;
    }
    if (lines > most) {
      return { text: text.slice(0, end), isCut: true };
    }
    used += character === "\n" ? 0 : wide;
    end += character.length;
  }
  return { text, isCut: false };
}

/** What of the asker's words stands there, a long value only with its beginning; the others are counted. */
export function saidBriefly<T extends { readonly label: string; readonly value: string }>(
  lines: readonly T[],
  most = MOST_SAID,
): readonly T[] {
  let left = most * WIDTH;
  return lines
    .map((line) => ({ ...line, value: shortened(line.value) }))
    .filter(({ label, value }) => (left -= widthOf(label) + widthOf(value) + 4) >= 0);
}

/** The drawn lines as far as they fit; sums, checks and the names of what isn't shown come before rows. */
export function drawnBriefly(
  drawn: DrawnLines,
  most = MOST_DRAWN,
): { readonly drawn: DrawnLines; readonly isCut: boolean } {
  const names = drawn.not_shown.slice(0, 8).map(({ path, count }) => ({ path: shortened(path), count }));
  const namesLeft = drawn.not_shown.slice(names.length).reduce((sum, { count }) => sum + count, 0);
  let left = most - drawn.checks.length - linesOf(names.map(({ path }) => path).join("、"));
  let isCut = false;
  const fits = (...texts: readonly string[]): boolean => {
    left -= Math.max(1, ...texts.map((text) => linesOf(text, WIDTH / Math.max(1, texts.length))));
    isCut ||= left < 0;
    return !isCut;
  };
  const body = drawn.body.flatMap((part): DrawnLines["body"][number][] => {
    if (!fits(part.label)) {
      return [];
    }
    return "lines" in part
      ? [{ ...part, lines: part.lines.filter((line) => fits(...line.map(textOf))) }]
      : [{ ...part, rows: part.rows.filter((row) => fits(row.label, textOf(row))) }];
  });
  const rest = drawn.rest.filter(({ path, value }) => fits(path, value));
  const not_shown_more = drawn.not_shown_more + namesLeft;
  return { drawn: { ...drawn, body, rest, not_shown: names, not_shown_more }, isCut };
}

const widthOf = (text: string): number =>
  Array.from(text, (character) => (character >= "\u1100" ? 2 : 1)).reduce<number>(
    (sum, width) => sum + width,
    0,
  );

export const shortened = (text: string): string =>
  text.length > LONGEST ? `${[...text].slice(0, LONGEST - 1).join("")}…` : text;

/** The longest of what a cell says. */
const textOf = (cell: object | null): string =>
  Object.values(cell ?? {})
    .filter((text): text is string => typeof text === "string")
    .reduce((longest, text) => (text.length > longest.length ? text : longest), "");
