/**
 * Reader of strict DER (X.690): a cursor that returns values in the order that a structure names them.
 *
 * Anything that is not the only DER form of its value is a FormError, and `end` refuses trailing bytes.
 */

import { FormError, SET, utf8Text } from "@mshield/forms";
import { hex, number } from "@mshield/gm";

import { moment } from "./time.ts";

export const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED] = [
  1, 2, 3, 4, 5, 6, 10,
] as const;
const [UTF8_STRING, PRINTABLE_STRING, IA5_STRING, UTC_TIME, GENERALIZED_TIME] = [
  0x0c, 0x13, 0x16, 0x17, 0x18,
] as const;
const SEQUENCE = 0x30;
export const MAX_DEPTH = 32;
/** Maximum octets of an object identifier. */
const MAX_OID = 128;
/** Maximum octets of a set of named bits; MAX_INTEGER is that of a number. */
export const MAX_BITS = 16;
const MAX_INTEGER = 1024;
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
/** End of UTCTime and beginning of GeneralizedTime (RFC 5280, 4.1.2.5), in ms. */
const [UTC_FIRST, UTC_END] = [Date.UTC(1950, 0), Date.UTC(2050, 0)];

export class Reader {
  readonly #data: Uint8Array;
  readonly #depth: number;
  #at = 0;

  constructor(data: Uint8Array, depth = 0) {
    if (depth > MAX_DEPTH) {
      throw new FormError("nested too deeply");
    }
    this.#data = data;
    this.#depth = depth;
  }

  get more(): boolean {
    return this.#at < this.#data.length;
  }

  /** Identifier octet of the next value, or null at the end. */
  get next(): number | null {
    return this.#data[this.#at] ?? null;
  }

  /** Refuses trailing bytes. */
  end(): void {
    if (this.more) {
      throw new FormError("trailing bytes");
    }
  }

  /** Returns the content of the next value, which must have this identifier octet. */
  content(tag: number): Uint8Array {
    const [start, end] = this.#header(tag);
    this.#at = end;
    return this.#data.subarray(start, end);
  }

  /** Returns the next value as encoded, which must have this identifier octet if one is given. */
  raw(tag?: number): Uint8Array {
    const [, end] = this.#header(tag);
    const octets = this.#data.subarray(this.#at, end);
    this.#at = end;
    return octets;
  }

  /** Returns a reader of the inside of the next value, which must have this constructed identifier octet. */
  enter(tag = SEQUENCE): Reader {
    return new Reader(this.content(tag), this.#depth + 1);
  }

  /** Returns a reader of an optional `[n]` constructed value, or null if another value is next. */
  explicit(n: number): Reader | null {
    return this.next === (0xa0 | n) ? this.enter(0xa0 | n) : null;
  }

  /** Returns the elements of a SET OF, each as a reader of just that element, in DER's order. */
  setOf(tag = SET): Reader[] {
    const inside = this.enter(tag);
    const elements: Reader[] = [];
    let last: Uint8Array = new Uint8Array();
    while (inside.more) {
      const element = inside.raw();
      if (isBefore(element, last)) {
        throw new FormError("a set is not sorted");
      }
      last = element;
      elements.push(new Reader(element, this.#depth + 1));
    }
    return elements;
  }

  integer(tag: number = INTEGER): bigint {
    const content = this.content(tag);
    const [first, second] = content;
    const isPadded = second !== undefined && (first === 0 || first === 0xff) && first >> 7 === second >> 7;
    if (first === undefined || isPadded || content.length > MAX_INTEGER) {
      throw new FormError("an integer is empty, not minimal or too long");
    }
    const value = number(content);
    return first < 0x80 ? value : value - (1n << BigInt(8 * content.length));
  }

  /** Reads `BOOLEAN DEFAULT FALSE`: absent is false, and false may not be encoded. */
  defaultFalse(): boolean {
    if (this.next !== BOOLEAN) {
      return false;
    }
    if (hex(this.content(BOOLEAN)) !== "ff") {
      throw new FormError("not true");
    }
    return true;
  }

  /** Reads 00 or FF. */
  boolean(): boolean {
    const content = hex(this.content(BOOLEAN));
    if (content !== "ff" && content !== "00") {
      throw new FormError("a boolean is neither 00 nor ff");
    }
    return content === "ff";
  }

  null(): void {
    if (this.content(NULL).length > 0) {
      throw new FormError("null has content");
    }
  }

  /** Returns an OBJECT IDENTIFIER in dotted form. */
  oid(): string {
    return dotted(this.content(OID));
  }

  octets(): Uint8Array {
    return this.content(OCTET_STRING);
  }

  /** Reads a BIT STRING of whole octets. */
  bits(): Uint8Array {
    const content = this.content(BIT_STRING);
    if (content[0] !== 0) {
      throw new FormError("a bit string is not of whole octets");
    }
    return content.subarray(1);
  }

  /**
   * Returns the positions of the set bits of a BIT STRING of named bits, whose last bit must be set (X.690,
   * 11.2).
   */
  namedBits(): Set<number> {
    const content = this.content(BIT_STRING);
    const [unused, octets] = [content[0], content.subarray(1)];
    const last = octets.at(-1);
    const isLong = octets.length > MAX_BITS;
    if (unused === undefined || unused > 7 || (last === undefined && unused > 0) || isLong) {
      throw new FormError("a bit string is malformed or too long");
    }
    if (last !== undefined && (last & ((2 << unused) - 1)) !== 1 << unused) {
      throw new FormError("named bits have trailing zeros or padding");
    }
    const all = Array.from({ length: 8 * octets.length }, (_, i) => i);
    return new Set(all.filter((i) => (octets[i >> 3]! & (0x80 >> (i % 8))) !== 0));
  }

  /** Returns tag and text of a UTF8String, PrintableString or IA5String. */
  text(): [tag: number, text: string] {
    const tag = this.next;
    if (tag !== UTF8_STRING && tag !== PRINTABLE_STRING && tag !== IA5_STRING) {
      throw new FormError("expected a UTF8String, PrintableString or IA5String");
    }
    const content = this.content(tag);
    if (tag !== UTF8_STRING && content.some((octet) => octet > 0x7f)) {
      throw new FormError("text is not in its encoding");
    }
    const text = utf8Text(content);
    if (tag === PRINTABLE_STRING && !PRINTABLE.test(text)) {
      throw new FormError("a printable string has a character out of its set");
    }
    return [tag, text];
  }

  printable(): string {
    const [tag, text] = this.text();
    if (tag !== PRINTABLE_STRING) {
      throw new FormError("expected a PrintableString");
    }
    return text;
  }

  /** Reads a UTCTime (1950 to 2049) or GeneralizedTime (other years), in ms. */
  time(): number {
    const isGeneralized = this.next !== UTC_TIME;
    const ms = this.anyTime();
    if (isGeneralized && ms >= UTC_FIRST && ms < UTC_END) {
      throw new FormError("a time before 2050 must be UTCTime");
    }
    return ms;
  }

  /** Reads a UTCTime or GeneralizedTime of any year, in ms. */
  anyTime(): number {
    if (this.next !== UTC_TIME) {
      return this.generalizedTime();
    }
    const digits = latin(this.content(UTC_TIME));
    return moment((digits.slice(0, 2) >= "50" ? "19" : "20") + digits);
  }

  /** Reads a GeneralizedTime `YYYYMMDDHHMMSSZ`, in ms. */
  generalizedTime(): number {
    return moment(latin(this.content(GENERALIZED_TIME)));
  }

  /** Returns start and end of the next value's content. */
  #header(wanted: number | undefined): [start: number, end: number] {
    const [data, at] = [this.#data, this.#at];
    const [tag, first] = [data[at], data[at + 1]];
    if (tag === undefined || first === undefined) {
      throw new FormError("a value is missing or cut short");
    }
    if ((tag & 0x1f) === 0x1f) {
      throw new FormError("tag numbers above 30 are not used here");
    }
    const [start, length] = first < 0x80 ? [at + 2, first] : longLength(data, at + 2, first & 0x7f);
    if (start + length > data.length) {
      throw new FormError("a value reaches past its end");
    }
    if (wanted !== undefined && tag !== wanted) {
      throw new FormError(`expected tag ${wanted.toString(16)}, found ${tag.toString(16)}`);
    }
    return [start, start + length];
  }
}

/** Returns what `read` makes of bytes, all of which it must consume. */
export function whole<T>(data: Uint8Array, read: (reader: Reader) => T): T {
  const reader = new Reader(data);
  const result = read(reader);
  reader.end();
  return result;
}

/** Returns what `read` makes of a reader, which it must consume. */
export function allOf<T>(reader: Reader, read: (reader: Reader) => T): T {
  const result = read(reader);
  reader.end();
  return result;
}

/** Returns what `read` makes of an optional `[n] EXPLICIT` value, which it must consume; null if absent. */
export function optional<T>(reader: Reader, n: number, read: (inside: Reader) => T): T | null {
  const inside = reader.explicit(n);
  return inside === null ? null : allOf(inside, read);
}

/** Returns the results of `read`, repeated until nothing is left. */
export function listOf<T>(reader: Reader, read: (reader: Reader) => T): T[] {
  const items: T[] = [];
  while (reader.more) {
    items.push(read(reader));
  }
  return items;
}

function longLength(data: Uint8Array, at: number, octets: number): [start: number, length: number] {
  if (octets < 1 || octets > 4 || at + octets > data.length) {
    throw new FormError("a length is indefinite, longer than 4 octets, or cut short");
  }
  const length = data.subarray(at, at + octets).reduce((sum, octet) => sum * 256 + octet, 0);
  if (length < 0x80 || data[at] === 0) {
    throw new FormError("a length is not minimal");
  }
  return [at + octets, length];
}

function dotted(content: Uint8Array): string {
  if (content.length > MAX_OID || (content.at(-1) ?? 0x80) & 0x80) {
    throw new FormError("an object identifier is empty, too long or cut short");
  }
  const arcs: bigint[] = [];
  let value = 0n;
  for (const octet of content) {
    if (octet === 0x80 && value === 0n) {
      throw new FormError("an object identifier is not minimal");
    }
    value = (value << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(value);
      value = 0n;
    }
  }
  const [joined, ...rest] = arcs as [bigint, ...bigint[]];
  const first = joined < 80n ? joined / 40n : 2n;
  return [first, joined - 40n * first, ...rest].join(".");
}

function latin(content: Uint8Array): string {
  return String.fromCharCode(...content.subarray(0, 32));
}

/** Reports whether `a` precedes `b` in byte order. */
function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((octet, i) => octet !== b[i]);
  return at < 0 ? a.length < b.length : a[at]! < (b[at] ?? -1);
}
