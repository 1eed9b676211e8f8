/**
 * Text from outside as it is shown, so that nothing reads otherwise than it is signed: characters that can't be seen, that
 * turn others around, or that look like another one, are written out as `[U+202E]`. Only what is known to be plain is not.
 */

import { classOf, LOOKALIKES, PLAIN, RIGHT_TO_LEFT } from "./plain_characters.ts";

const [ISOLATE, END] = ["\u2068", "\u2069"];
const LATIN = "A-Za-z\\u{C0}-\\u{24F}\\u{1E00}-\\u{1EFF}";
const [GREEK, CYRILLIC] = ["\\u{370}-\\u{3FF}", "\\u{400}-\\u{52F}"];
const SCRIPTS = [LATIN, GREEK, CYRILLIC].map((letters) => new RegExp(`[${letters}]`, "u"));
const FOREIGN_WORD = new RegExp(`[${LATIN}]*[${GREEK}${CYRILLIC}][${LATIN}${GREEK}${CYRILLIC}]*`, "gu");
const LOOKALIKE = new RegExp(`[${LOOKALIKES}]`, "gu");
const OWN_LETTER = new RegExp(`[^${LOOKALIKES}]`, "u");
/** And what would read as a mark of ours. */
const HIDDEN = new RegExp(`[^${classOf(PLAIN)}]|\\[(?=U\\+)`, "gu");
const TURNED = new RegExp(`[${classOf(RIGHT_TO_LEFT)}]+(?: [${classOf(RIGHT_TO_LEFT)}]+)*`, "gu");
const EDGES = /^\s+|\s+$|[\t\r]+/g;

/** `text` with each such character written out; words from right to left turn nothing around but themselves. */
export function honest(text: string): string {
  return text
    .replaceAll(HIDDEN, mark)
    .replaceAll(FOREIGN_WORD, lettersOf)
    .replaceAll(TURNED, (words) => ISOLATE + words + END);
}

/** A whole value, of which blanks at its ends count too; those inside are kept by its style. */
export function honestValue(text: string): string {
  return honest(text).replaceAll(EDGES, (blanks) => [...blanks].map(mark).join(""));
}

/** A value of JSON with all its texts so: whatever of it is shown later, nobody has to think of it again. */
export function honestly<T>(value: T): T {
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

/** A word of one script that has a letter of its own is plain; else it could be another script's, or is in part. */
function lettersOf(word: string): string {
  const isOne = SCRIPTS.filter((script) => script.test(word)).length === 1;
  return isOne && OWN_LETTER.test(word) ? word : word.replaceAll(LOOKALIKE, mark);
}

function mark(character: string): string {
  return `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
}
