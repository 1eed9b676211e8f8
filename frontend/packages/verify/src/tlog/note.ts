/** Signed notes and checkpoints of C2SP (signed-note, tlog-checkpoint), with Ed25519 keys. */

import { FormError, fromBase64 } from "@mshield/forms";
import { concat, hex, equalBytes, utf8 } from "@mshield/gm";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { PartError } from "../errors.ts";
import { HASH_BYTES } from "./merkle.ts";

const ED25519 = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const LONGEST = 100_000;
const MOST_SIGNATURES = 64;
const KEY_NAME = /^[^\p{C}\p{Z}+]+$/u;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
/** Characters that other tools ignore at the ends of a vkey. */
// oxlint-disable-next-line no-control-regex -- such characters are stripped
const BLANK = /^(?:[^\S\ufeff]|[\u001c-\u001f\u0085])+|(?:[^\S\ufeff]|[\u001c-\u001f\u0085])+$/g;

/** A log's name and public key. */
export interface VerifierKey {
  readonly name: string;
  readonly public: Uint8Array;
  readonly id: Uint8Array;
}

/** State of a log: its first `size` entries have this Merkle root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** Parses the key of a `vkey`, `NAME+KEYID+BASE64(0x01 ‖ key)`. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const { name, id, key } = keyOf(vkey, ED25519, "not the vkey of a log with an Ed25519 key");
  const named = keyNamed(name, key);
  if (hex(named.id) !== id) {
    throw badForm("the vkey's key id is not that of its name and key");
  }
  return named;
}

/** Parses the key of a `vkey` in its only spelling: without blanks around it. */
export function parseCanonicalKey(vkey: string): VerifierKey {
  if (vkey.replaceAll(BLANK, "") !== vkey) {
    throw badForm("the log's key is not in its only spelling");
  }
  return parseVerifierKey(vkey);
}

/** Returns the parts of a `vkey` whose key (32 bytes) is of this kind, with the key id as written. */
export function keyOf(
  vkey: string,
  kind: number,
  otherwise: string,
): { readonly name: string; readonly id: string; readonly key: Uint8Array } {
  const [name, rest] = cut(vkey.replaceAll(BLANK, ""), "+");
  const [id, encoded] = cut(rest, "+");
  const key = decode(encoded);
  if (key[0] !== kind || key.length !== 1 + KEY_BYTES || !KEY_NAME.test(name)) {
    throw badForm(otherwise);
  }
  return { name, id, key: key.subarray(1) };
}

/** Returns a log's key (32 bytes) under this name. */
export function keyNamed(name: string, key: Uint8Array): VerifierKey {
  if (!KEY_NAME.test(name)) {
    throw badForm("not a name of a log");
  }
  const id = sha256(concat(utf8(`${name}\n`), Uint8Array.of(ED25519), key)).subarray(0, KEY_ID_BYTES);
  return { name, public: key, id };
}

export function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && equalBytes(a.public, b.public);
}

/** Returns the checkpoint in a note that the log itself has signed. */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint {
  const lines = openNote(note, key).split("\n");
  const [origin, size, root] = lines;
  if (lines.length < 4 || lines.slice(0, -1).some((line) => line === "") || !SIZE.test(size!)) {
    throw badForm("not a checkpoint");
  }
  const hash = decode(root!);
  if (hash.length !== HASH_BYTES) {
    throw badForm("a checkpoint's root has 32 bytes");
  }
  if (origin !== key.name) {
    throw new PartError("bad_log_signature", "a checkpoint of another log");
  }
  return { origin, size: BigInt(size!), root: hash };
}

/** Returns the text of a note that the key has signed, and nobody else. */
export function openOwnNote(note: string, key: VerifierKey): string {
  const text = openNote(note, key);
  if (linesOf(note).lines.length !== 1) {
    throw new PartError("bundle_changed", "a note with other signatures");
  }
  return text;
}

/** Returns the text of a note that the key has signed; other keys' signatures are ignored. */
function openNote(note: string, key: VerifierKey): string {
  const { text, lines } = linesOf(note);
  const own = lines.filter(
    ([name, signature]) => name === key.name && equalBytes(signature.subarray(0, KEY_ID_BYTES), key.id),
  );
  if (own.length === 0) {
    throw new PartError("bad_log_signature", "not signed by this log's key");
  }
  for (const [, signature] of own) {
    if (!isSigned(signature.subarray(KEY_ID_BYTES), utf8(text), key.public)) {
      throw new PartError("bad_log_signature", "the log's signature is wrong");
    }
  }
  return text;
}

/**
 * Returns a signed note's text, and names and contents of its signatures, each with its key id; verifies
 * nothing.
 */
export function linesOf(note: string): {
  readonly text: string;
  readonly lines: readonly (readonly [name: string, signature: Uint8Array])[];
} {
  const gap = note.lastIndexOf("\n\n");
  const isLong = note.length > LONGEST && [...note].length > LONGEST;
  if (gap < 0 || !note.endsWith("\n") || gap + 2 >= note.length || isLong || hasControls(note)) {
    throw badForm("not a signed note");
  }
  return { text: note.slice(0, gap + 1), lines: signatures(note.slice(gap + 2, -1)) };
}

function signatures(lines: string): [name: string, signature: Uint8Array][] {
  const parts = lines.split("\n").map((line): [string, Uint8Array] => {
    const [mark, rest] = cut(line, " ");
    const [name, encoded] = cut(rest, " ");
    const signature = decode(encoded);
    if (mark !== "—" || !KEY_NAME.test(name) || signature.length <= KEY_ID_BYTES) {
      throw badForm("not a line of a note's signature");
    }
    return [name, signature];
  });
  if (parts.length > MOST_SIGNATURES) {
    throw badForm("too many signatures");
  }
  return parts;
}

/** Verifies by RFC 8032, like OpenSSL: no second encoding of a point is accepted. */
export function isSigned(signature: Uint8Array, text: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, text, key, { zip215: false });
  } catch {
    return false; // of wrong length
  }
}

function hasControls(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the check rejects control characters
  return /[\u0000-\u0009\u000b-\u001f]/.test(text);
}

/** Splits at the first mark; without one, returns the whole text and "". */
function cut(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (error) {
    throw error instanceof FormError ? badForm(error.message) : error;
  }
}

function badForm(message: string): PartError {
  return new PartError("bad_log_form", message);
}
