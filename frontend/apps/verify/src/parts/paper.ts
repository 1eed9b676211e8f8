/**
 * Length of a text and of a description that fit on two A4 pages beside the rest: estimated in lines, and truncated
 * with a note. What a view rendered is printed in full, on as many pages as it needs.
 */

/** Latin letters per line of the report; a Chinese character is as wide as two. */
const WIDTH = 84;
/** Maximum lines of a text, and of the requester's description. */
export const MAX_TEXT_LINES = 12;
export const MAX_DESCRIPTION_LINES = 3;
/** Maximum letters of one value of the description, or of a title. */
const LONGEST = 80;

/** Returns the beginning of a text that fits into so many lines. */
export function beginningOf(
  text: string,
  most = MAX_TEXT_LINES,
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

/** Returns the description as far as it fits, with long values truncated, and counts the other lines. */
export function shortenDescription<T extends { readonly label: string; readonly value: string }>(
  lines: readonly T[],
  most = MAX_DESCRIPTION_LINES,
): readonly T[] {
  let left = most * WIDTH;
  return lines
    .map((line) => ({ ...line, value: truncate(line.value) }))
    .filter(({ label, value }) => (left -= widthOf(label) + widthOf(value) + 4) >= 0);
}

const widthOf = (text: string): number =>
  Array.from(text, (character) => (character >= "\u1100" ? 2 : 1)).reduce<number>(
    (sum, width) => sum + width,
    0,
  );

export const truncate = (text: string): string =>
  text.length > LONGEST ? `${[...text].slice(0, LONGEST - 1).join("")}…` : text;
