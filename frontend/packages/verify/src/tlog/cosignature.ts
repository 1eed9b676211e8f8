/**
 * Cosignatures of witnesses on checkpoints (C2SP tlog-cosignature, Ed25519 v1): who saw the log in this
 * state.
 */

import { concat, hex, equalBytes, utf8 } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { PartError } from "../errors.ts";
import { isSigned, keyOf, linesOf } from "./note.ts";

const COSIGNATURE = 4;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const SIGNED_BYTES = TIME_BYTES + 64;
const FIRST_BEYOND = 1n << 63n;

/** A witness's name and public key. */
export interface WitnessKey {
  readonly name: string;
  readonly public: Uint8Array;
  readonly id: Uint8Array;
}

/** Witness of a checkpoint, and the time (ms, whole seconds). */
export interface Cosignature {
  readonly witness: string;
  readonly at: number;
}

/** Parses the key of a witness's `vkey`, `NAME+KEYID+BASE64(0x04 ‖ key)`. */
export function parseWitnessKey(vkey: string): WitnessKey {
  const { name, id, key } = keyOf(vkey, COSIGNATURE, "not the vkey of a witness with an Ed25519 key");
  const named = sha256(concat(utf8(`${name}\n`), Uint8Array.of(COSIGNATURE), key)).subarray(0, KEY_ID_BYTES);
  if (hex(named) !== id) {
    throw new PartError("bad_log_form", "the vkey's key id is not that of its name and key");
  }
  return { name, public: key, id: named };
}

/**
 * Returns these witnesses' cosignatures under a checkpoint; other lines are ignored. A wrong one under their
 * name throws.
 */
export function cosignatures(note: string, keys: readonly WitnessKey[]): Cosignature[] {
  const { text, lines } = linesOf(note);
  return lines.flatMap(([name, content]) => {
    const key = keys.findLast(
      (one) => one.name === name && equalBytes(one.id, content.subarray(0, KEY_ID_BYTES)),
    );
    return key === undefined ? [] : [checked(text, key, content.subarray(KEY_ID_BYTES))];
  });
}

function checked(text: string, key: WitnessKey, signed: Uint8Array): Cosignature {
  if (signed.length !== SIGNED_BYTES) {
    throw new PartError("bad_log_form", "a cosignature has 72 bytes");
  }
  const seconds = new DataView(signed.buffer, signed.byteOffset, TIME_BYTES).getBigUint64(0);
  if (seconds >= FIRST_BEYOND) {
    throw new PartError("bad_log_form", "a cosignature's time is below 2^63");
  }
  const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
  if (!isSigned(signed.subarray(TIME_BYTES), message, key.public)) {
    throw new PartError("bad_cosignature", `the cosignature of ${key.name} is wrong`);
  }
  return { witness: key.name, at: Number(seconds * 1000n) };
}
