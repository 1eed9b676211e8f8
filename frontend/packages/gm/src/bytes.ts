/** Byte strings: hex of exact length, big-endian numbers, joining, and comparison. */

import { GmError } from "./errors.ts";

const HEX = /^(?:[0-9a-f]{2})*$/;

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Encodes bytes as lower-case hex, the form used on the wire. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += DIGITS[byte]!;
  }
  return text;
}

/** Decodes lower-case hex, of exactly `length` bytes if that is given. Throws: `malformed`. */
export function unhex(text: string, length?: number): Uint8Array {
  if (!HEX.test(text) || (length !== undefined && text.length !== 2 * length)) {
    throw new GmError("malformed", "not lower-case hex of that length");
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Encodes a text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Reads bytes as a big-endian number. */
export function number(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}

/** Encodes a number as 32 bytes, big-endian. Throws: `malformed` if it doesn't fit. */
export function bytes32(value: bigint): Uint8Array {
  if (value < 0n || value >> 256n !== 0n) {
    throw new GmError("malformed", "not a number of 256 bits");
  }
  return unhex(value.toString(16).padStart(64, "0"));
}

/** Returns `value` if it has that many bytes. Throws: `malformed`. */
export function requireSize(name: string, value: Uint8Array, length: number): Uint8Array {
  if (value.length !== length) {
    throw new GmError("malformed", `${name} is ${length} bytes`);
  }
  return value;
}

/** Compares public values only: it stops at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
