/**
 * Returns XML indented for reading. Only whitespace between tags changes; nothing is omitted, added or
 * resolved except the five named entities and character references. Null if it isn't well nested or has a
 * DOCTYPE: it is then shown as it is. Each character is visited once, so the time is linear for any input.
 */

import { CODED, Lines, MARKUP, Numbers, PLAIN } from "./lines.ts";

const SPANS = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
] as const;
const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const [LESS, GREATER, SLASH, DOUBLE, SINGLE] = [0x3c, 0x3e, 0x2f, 0x22, 0x27] as const;
const NO_NAME = /[<>!?/\s]/;

export function xmlLines(text: string): Lines | null {
  const source = text.replace(/^\uFEFF/, "");
  const tokens = tokensOf(source);
  return tokens && new Reader(source, tokens).lines();
}

/** Arranges tokens in lines; an element that contains only text is one line. */
class Reader {
  readonly #source: string;
  readonly #ends: Numbers;
  readonly #lines: Lines;
  /** Positions of the names of the open elements. */
  readonly #open = new Numbers();

  constructor(source: string, ends: Numbers) {
    this.#source = source;
    this.#ends = ends;
    this.#lines = new Lines(source, decoded);
  }

  lines(): Lines | null {
    for (let token = 0; token < this.#ends.length;) {
      const taken = this.#take(token);
      if (taken === 0) {
        return null;
      }
      token += taken;
    }
    return this.#open.length === 0 && this.#lines.count > 0 ? this.#lines : null;
  }

  /** Returns how many tokens were put on a line; 0 if a closing tag doesn't match the open element. */
  #take(token: number): number {
    const start = this.#start(token);
    if (this.#isClosing(token)) {
      if (this.#open.length === 0 || this.#nameAt(this.#open.pop()) !== this.#nameAt(start + 2)) {
        return 0;
      }
      return this.#put(token, [MARKUP]);
    }
    if (this.#source.charCodeAt(start) !== LESS) {
      return this.#isBlank(token) ? 1 : this.#put(token, [CODED]);
    }
    if (this.#source.startsWith("<![CDATA[", start)) {
      return this.#put(token, [PLAIN]);
    }
    const next = this.#source[start + 1];
    if (next === "!" || next === "?") {
      return this.#put(token, [MARKUP]); // these contain no references
    }
    return this.#takeOpening(token);
  }

  #takeOpening(token: number): number {
    const name = this.#start(token) + 1;
    if (this.#source.charCodeAt(this.#ends.at(token) - 2) === SLASH) {
      return this.#put(token, [MARKUP | CODED]);
    }
    if (this.#closes(token + 1, name)) {
      return this.#put(token, [MARKUP | CODED, MARKUP]);
    }
    if (this.#isText(token + 1) && this.#closes(token + 2, name)) {
      return this.#put(token, [MARKUP | CODED, CODED, MARKUP]);
    }
    this.#put(token, [MARKUP | CODED]);
    this.#open.push(name);
    return 1;
  }

  /** Puts as many tokens on one line as there are kinds. */
  #put(token: number, kinds: readonly number[]): number {
    this.#lines.line(this.#open.length);
    kinds.forEach((kind, n) => this.#lines.part(this.#start(token + n), this.#ends.at(token + n), kind));
    return kinds.length;
  }

  #start(token: number): number {
    return token === 0 ? 0 : this.#ends.at(token - 1);
  }

  #isText(token: number): boolean {
    return token < this.#ends.length && this.#source.charCodeAt(this.#start(token)) !== LESS;
  }

  #isClosing(token: number): boolean {
    return token < this.#ends.length && this.#source.startsWith("</", this.#start(token));
  }

  #closes(token: number, name: number): boolean {
    return this.#isClosing(token) && this.#nameAt(name) === this.#nameAt(this.#start(token) + 2);
  }

  #nameAt(start: number): string {
    let end = start;
    while (!isNameEnd(this.#source.charCodeAt(end))) {
      end++;
    }
    return this.#source.slice(start, end);
  }

  #isBlank(token: number): boolean {
    for (let at = this.#start(token); at < this.#ends.at(token); at++) {
      if (!isSpace(this.#source.charCodeAt(at))) {
        return false;
      }
    }
    return true;
  }
}

/** Returns the ends of comments, CDATA, instructions, tags and texts; null if something is none of these. */
function tokensOf(source: string): Numbers | null {
  const ends = new Numbers();
  for (let at = 0, end; at < source.length; at = end) {
    end = endOf(source, at);
    if (end < 0) {
      return null;
    }
    ends.push(end);
  }
  return ends;
}

function endOf(source: string, at: number): number {
  if (source.charCodeAt(at) !== LESS) {
    const next = source.indexOf("<", at);
    return next < 0 ? source.length : next;
  }
  for (const [begin, end] of SPANS) {
    if (source.startsWith(begin, at)) {
      const place = source.indexOf(end, at + begin.length);
      return place < 0 ? -1 : place + end.length;
    }
  }
  const isClosing = source.charCodeAt(at + 1) === SLASH;
  const name = at + (isClosing ? 2 : 1);
  if (name >= source.length || NO_NAME.test(source[name]!)) {
    return -1;
  }
  return isClosing ? closingEnd(source, name) : openingEnd(source, name);
}

/** Returns the end of a closing tag, which may contain only its name and whitespace after it. */
function closingEnd(source: string, name: number): number {
  let isOver = false;
  for (let at = name; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === GREATER) {
      return at + 1;
    }
    if (unit === LESS || (isOver && !isSpace(unit))) {
      return -1;
    }
    isOver = isSpace(unit);
  }
  return -1;
}

/** Returns the end of an opening tag: the first `>` outside quotes. A `<` before it is an error. */
function openingEnd(source: string, name: number): number {
  let quote = 0;
  for (let at = name; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === LESS) {
      return -1;
    }
    if (quote !== 0) {
      quote = unit === quote ? 0 : quote;
    } else if (unit === GREATER) {
      return at + 1;
    } else if (unit === DOUBLE || unit === SINGLE) {
      quote = unit;
    }
  }
  return -1;
}

function isNameEnd(unit: number): boolean {
  return unit === GREATER || unit === SLASH || isSpace(unit) || Number.isNaN(unit);
}

/** Returns whether the code unit is white space as in `\s` and `trim`. */
function isSpace(unit: number): boolean {
  return unit <= 0x20 ? unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) : unit >= 0xa0 && isWideSpace(unit);
}

function isWideSpace(unit: number): boolean {
  return /\s/.test(String.fromCharCode(unit));
}

function decoded(text: string): string {
  return text.replaceAll(/&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]+));/g, (all, decimal, hex, name) => {
    const point = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
    if (point === null) {
      return NAMED[name] ?? all;
    }
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : all;
  });
}
