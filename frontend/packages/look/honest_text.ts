/**
 * Text from outside as it is shown: characters that can't be seen, or that turn others around, are written out, so that
 * nothing reads otherwise than it is signed. The commands mark the same ones; vectors/shown_text.json holds both to it.
 */

// Controls but for tab and line ends; soft hyphen; zero width and bidirectional marks; tags; variation selectors' kin.
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|\uDB40[\uDC00-\uDC7F]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** `text` with each hidden character as `[U+202E]`. */
export function honest(text: string): string {
  return text.replaceAll(HIDDEN, (found) => `[U+${hexOf(found)}]`);
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
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each)]))
    : value;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
