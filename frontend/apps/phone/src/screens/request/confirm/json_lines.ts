/**
 * Returns JSON indented for reading. Tokens stay as written, so that numbers keep their digits and duplicate
 * names stay visible; only escaped characters are decoded. Null if it isn't JSON, or nested too deep to read:
 * it is then shown as it is.
 */

import { CODED, Lines, MARKUP, PLAIN, SPACED } from "./lines.ts";

const [QUOTE, BACKSLASH] = [0x22, 0x5c] as const;
const DEEPEST = 1000;
const MARK = 1;
const BLANK = 2;
/** Character codes that end a number or a word. */
const ENDS = new Uint8Array(128);
for (const [all, kind] of [
  ['"{}[],:', MARK],
  [" \t\n\r", BLANK],
] as const) {
  for (const octet of all) {
    ENDS[octet.charCodeAt(0)] = kind;
  }
}

export function jsonLines(text: string): Lines | null {
  if (!isReadable(text)) {
    return null;
  }
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const lines = new Lines(text, readable);
  let depth = 0;
  let isNew = true;
  const put = (start: number, end: number, kind: number): void => {
    if (isNew) {
      lines.line(depth);
      isNew = false;
    }
    lines.part(start, end, kind);
  };
  let before = "";
  for (let at = skipSpace(text, 0), end; at < text.length; at = skipSpace(text, end)) {
    const token = text[at]!;
    end = tokenEnd(text, at);
    if (token === "{" || token === "[") {
      put(at, end, MARKUP);
      const next = text[skipSpace(text, end)];
      if (next !== "}" && next !== "]") {
        isNew = true;
        depth += 1;
      }
    } else if (token === "}" || token === "]") {
      if (before !== "{" && before !== "[") {
        isNew = true;
        depth -= 1;
      }
      put(at, end, MARKUP);
    } else if (token === ",") {
      put(at, end, MARKUP);
      isNew = true;
    } else if (token === ":") {
      put(at, end, MARKUP | SPACED);
    } else {
      const isName = text[skipSpace(text, end)] === ":";
      put(at, end, CODED | (isName ? MARKUP : PLAIN));
    }
    before = token;
  }
  return lines;
}

/** Returns whether the text nests no deeper than `DEEPEST`. */
function isReadable(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length && depth <= DEEPEST; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = tokenEnd(text, at) - 1;
    } else if (unit === 0x5b || unit === 0x7b) {
      depth++;
    } else if (unit === 0x5d || unit === 0x7d) {
      depth--;
    }
  }
  return depth <= DEEPEST;
}

/** Returns the end of the token that starts here; the end of the text for an unterminated string. */
function tokenEnd(text: string, start: number): number {
  let at = start + 1;
  if (text.charCodeAt(start) === QUOTE) {
    while (at < text.length && text.charCodeAt(at) !== QUOTE) {
      at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
    }
    return at + 1;
  }
  if (ENDS[text.charCodeAt(start)] !== MARK) {
    while (at < text.length && !ENDS[text.charCodeAt(at)]) {
      at++;
    }
  }
  return at;
}

/** Returns the position after white space. */
function skipSpace(text: string, from: number): number {
  let at = from;
  while (ENDS[text.charCodeAt(at)] === BLANK) {
    at++;
  }
  return at;
}

/** Decodes escaped characters from U+00A0 on; others stay escaped. */
function readable(token: string): string {
  return token.replaceAll(/\\(?:u([0-9a-fA-F]{4})|.)/g, (all, hex: string | undefined) => {
    const code = hex === undefined ? 0 : Number.parseInt(hex, 16);
    return code >= 0xa0 ? String.fromCharCode(code) : all;
  });
}
