/**
 * A document's content as lines to show, with markup separate from text. Positions of lines and parts are
 * stored as numbers, so that a content of millions of lines is read quickly; strings are created only for the
 * few lines that are drawn.
 */

import { honest } from "@mshield/look/honest_text.ts";

export interface TextPart {
  readonly text: string;
  /** True if the part is markup, which is shown paler than text. */
  readonly isMarkup: boolean;
}

export interface TextLine {
  readonly depth: number;
  readonly parts: readonly TextPart[];
}

/** Flags of a part: markup; references to decode; a space after it. */
export const PLAIN = 0;
export const MARKUP = 1;
export const CODED = 2;
export const SPACED = 4;
const KINDS = 8;

/** Maximum characters per line; longer lines are split. */
const LONGEST = 1000;
/** Maximum length of a reference, so that splitting doesn't cut one. */
const REFERENCE = 12;
const DEEPEST = 100;
const DEPTHS = 128;

/** A growing list of numbers. */
export class Numbers {
  #held = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#held.length) {
      const wider = new Uint32Array(this.length * 2);
      wider.set(this.#held);
      this.#held = wider;
    }
    this.#held[this.length++] = value;
  }

  pop(): number {
    return this.#held[--this.length]!;
  }

  at(place: number): number {
    return this.#held[place]!;
  }
}

/** The lines of one text, in the order in which they are added. */
export class Lines {
  readonly #source: string;
  readonly #readable: (text: string) => string;
  /** For each line, the index of its first part, with the depth in the lowest bits. */
  readonly #begun = new Numbers();
  /** For each part, its start, and its end with the kind in the lowest bits. */
  readonly #starts = new Numbers();
  readonly #ends = new Numbers();
  #depth = 0;
  #room = LONGEST;

  /** Creates an empty list; `readable` decodes the references of `CODED` parts. */
  constructor(source: string, readable: (text: string) => string = (text) => text) {
    this.#source = source;
    this.#readable = readable;
  }

  get count(): number {
    return this.#begun.length;
  }

  /** Begins a line; the following parts belong to it. */
  line(depth: number): void {
    this.#depth = Math.min(depth, DEEPEST);
    this.#begun.push(this.#starts.length * DEPTHS + this.#depth);
    this.#room = LONGEST;
  }

  /** Adds the text from `start` to `end`, on as many lines as needed. */
  part(start: number, end: number, kind: number): void {
    let from = start;
    while (end - from > this.#room) {
      const to = this.#cut(from, from + this.#room, kind);
      this.#put(from, to, kind);
      this.line(this.#depth);
      from = to;
    }
    this.#put(from, end, kind);
  }

  /** Returns these lines for display, with hidden characters made visible. */
  shown(from: number, to: number): TextLine[] {
    const lines: TextLine[] = [];
    for (let n = Math.max(from, 0); n < Math.min(to, this.count); n++) {
      const parts: TextPart[] = [];
      for (let p = this.#first(n); p < this.#first(n + 1); p++) {
        parts.push(this.#part(p));
      }
      lines.push({ depth: this.#begun.at(n) % DEPTHS, parts });
    }
    return lines;
  }

  #first(line: number): number {
    return line < this.count ? Math.floor(this.#begun.at(line) / DEPTHS) : this.#starts.length;
  }

  #part(p: number): TextPart {
    const kind = this.#ends.at(p) % KINDS;
    const text = this.#source.slice(this.#starts.at(p), Math.floor(this.#ends.at(p) / KINDS));
    const read = honest((kind & CODED) === 0 ? text : this.#readable(text));
    return { text: (kind & SPACED) === 0 ? read : `${read} `, isMarkup: (kind & MARKUP) !== 0 };
  }

  #put(start: number, end: number, kind: number): void {
    this.#starts.push(start);
    this.#ends.push(end * KINDS + kind);
    this.#room -= end - start;
  }

  /** Returns a position at or before `to` that splits neither a character nor a reference. */
  #cut(from: number, to: number, kind: number): number {
    if ((kind & CODED) !== 0) {
      for (let at = to - 1; at > Math.max(from, to - REFERENCE); at--) {
        const character = this.#source[at];
        if (character === ";") {
          break;
        }
        if (character === "&" || character === "\\") {
          return at;
        }
      }
    }
    const unit = this.#source.charCodeAt(to);
    const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff;
    return isSecondHalf && to - 1 > from ? to - 1 : to;
  }
}

/** Returns the lines of a plain text. */
export function textLines(text: string): Lines {
  const lines = new Lines(text);
  for (let at = 0; ;) {
    let end = at;
    while (end < text.length && text.charCodeAt(end) !== 0x0a && text.charCodeAt(end) !== 0x0d) {
      end++;
    }
    lines.line(0);
    lines.part(at, end, PLAIN);
    if (end === text.length) {
      return lines;
    }
    at = end + (text.startsWith("\r\n", end) ? 2 : 1);
  }
}
