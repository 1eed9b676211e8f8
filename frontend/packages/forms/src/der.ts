/**
 * Minimal DER writer for the phone, and a reader that walks through a certificate and refuses any other
 * encoding.
 */

import { concat, utf8 } from "@mshield/gm";

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;

/** Encodes one value: tag, length, content. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const joined = concat(...content);
  return concat(Uint8Array.of(tag), lengthOf(joined.length), joined);
}

export function sequence(...content: readonly Uint8Array[]): Uint8Array {
  return tlv(SEQUENCE, ...content);
}

/** Encodes a SET OF, in DER's order. */
export function setOf(...elements: readonly Uint8Array[]): Uint8Array {
  // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
  return tlv(SET, ...[...elements].sort(compare));
}

/** Encodes an OBJECT IDENTIFIER given in dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split(".").map(BigInt);
  return tlv(6, ...[first! * 40n + second!, ...rest].map(base128));
}

export function octetString(content: Uint8Array): Uint8Array {
  return tlv(4, content);
}

/** Encodes a BIT STRING of whole octets. */
export function bitString(content: Uint8Array): Uint8Array {
  return tlv(3, Uint8Array.of(0), content);
}

export function utf8String(text: string): Uint8Array {
  return tlv(12, utf8(text));
}

export function printableString(text: string): Uint8Array {
  return tlv(19, utf8(text));
}

/** Encodes a time to the second: UTCTime from 1950 to 2049, otherwise GeneralizedTime (RFC 5280, 4.1.2.5). */
export function time(ms: number): Uint8Array {
  const at = new Date(ms);
  const digits = `${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  const isShort = at.getUTCFullYear() >= 1950 && at.getUTCFullYear() < 2050;
  return isShort ? tlv(UTC_TIME, utf8(digits.slice(2))) : tlv(GENERALIZED_TIME, utf8(digits));
}

export function derNull(): Uint8Array {
  return tlv(5);
}

/** A DER value: its encoding (`raw`), its tag and its content. */
export interface Value {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

/** Splits bytes into the consecutive values in them. Throws: RangeError if they aren't DER. */
export function values(bytes: Uint8Array): Value[] {
  const parts: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const [start, length] = header(bytes, at);
    const end = start + length;
    if (end > bytes.length) {
      throw new RangeError("a value reaches past its end");
    }
    parts.push({ tag: bytes[at]!, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) });
    at = end;
  }
  return parts;
}

/** Reads bytes as a single value with this tag. Throws: RangeError. */
export function readSingle(bytes: Uint8Array, tag = SEQUENCE): Value {
  const [value, ...more] = values(bytes);
  if (value?.tag !== tag || more.length > 0) {
    throw new RangeError("another value was expected");
  }
  return value;
}

function header(bytes: Uint8Array, at: number): [start: number, length: number] {
  const first = bytes[at + 1];
  if (first === undefined) {
    throw new RangeError("a value is cut short");
  }
  if (first < 0x80) {
    return [at + 2, first];
  }
  const octets = bytes.subarray(at + 2, at + 2 + (first & 0x7f));
  const length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  if (
    octets.length !== (first & 0x7f) ||
    octets.length > 4 ||
    lengthOf(length).length !== 1 + octets.length
  ) {
    throw new RangeError("a length is not in its one form");
  }
  return [at + 2 + octets.length, length];
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) {
    return Uint8Array.of(length);
  }
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) {
    octets.unshift(rest % 256);
  }
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

function base128(arc: bigint): Uint8Array {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) {
    octets.unshift(Number(rest & 0x7fn) | 0x80);
  }
  return Uint8Array.from(octets);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}
