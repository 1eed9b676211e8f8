/**
 * Text from outside, displayed so that nothing reads differently from what is signed: invisible characters,
 * those that reverse others, and look-alikes are written as `[U+202E]`. Only characters known to be plain are
 * shown as they are.
 */

import { classOf, LOOKALIKES, PLAIN, RIGHT_TO_LEFT } from "./plain_characters.ts";

const [ISOLATE, END] = ["\u2068", "\u2069"];
const LATIN = "A-Za-z\\u{C0}-\\u{24F}\\u{1E00}-\\u{1EFF}";
const [GREEK, CYRILLIC] = ["\\u{370}-\\u{3FF}", "\\u{400}-\\u{52F}"];
const SCRIPTS = [LATIN, GREEK, CYRILLIC].map((letters) => new RegExp(`[${letters}]`, "u"));
const FOREIGN_WORD = new RegExp(`[${LATIN}]*[${GREEK}${CYRILLIC}][${LATIN}${GREEK}${CYRILLIC}]*`, "gu");
const LOOKALIKE = new RegExp(`[${LOOKALIKES}]`, "gu");
const OWN_LETTER = new RegExp(`[^${LOOKALIKES}]`, "u");
/** Characters to mark, and text that would read as one of these marks. */
const HIDDEN = new RegExp(`[^${classOf(PLAIN)}]|\\[(?=U\\+)`, "gu");
const TURNED = new RegExp(`[${classOf(RIGHT_TO_LEFT)}]+(?: [${classOf(RIGHT_TO_LEFT)}]+)*`, "gu");
const EDGES = /^\s+|\s+$|[\t\r]+/g;

/** Marks each such character in `text`; right-to-left words reverse nothing but themselves. */
export function honest(text: string): string {
  return text
    .replaceAll(HIDDEN, mark)
    .replaceAll(FOREIGN_WORD, lettersOf)
    .replaceAll(TURNED, (words) => ISOLATE + words + END);
}

/** Marks a whole value, including spaces at its ends; those inside are preserved by its style. */
export function honestValue(text: string): string {
  return honest(text).replaceAll(EDGES, (blanks) => [...blanks].map(mark).join(""));
}

/** Marks all texts in a JSON value, so that nothing displayed from it later can be forgotten. */
export function honestDeep<T>(value: T): T {
  return shown(value) as T;
}

function shown(value: unknown): unknown {
  if (typeof value === "string") {
    return honest(value);
  }
  if (Array.isArray(value)) {
    return value.map(shown);
  }
  const isRecord = value !== null && typeof value === "object" && !ArrayBuffer.isView(value);
  return isRecord
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shown(part)]))
    : value;
}

/** Marks look-alikes, except in a word of one script that has an unmistakable letter of it. */
function lettersOf(word: string): string {
  const isOne = SCRIPTS.filter((script) => script.test(word)).length === 1;
  return isOne && OWN_LETTER.test(word) ? word : word.replaceAll(LOOKALIKE, mark);
}

function mark(character: string): string {
  return `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
}
