/**
 * Masking of the phone's share under the PIN: blob = d1 + mask mod n.
 *
 * Every PIN unmasks some share, so nothing here can tell a right PIN from a wrong one.
 */

import { concat, number, requireSize, utf8 } from "./bytes.ts";
import { mod } from "./curve.ts";
import { GmError } from "./errors.ts";
import { checkScalar } from "./scalars.ts";
import { epochBytes, LV } from "./transcript.ts";

export const PIN_ROUNDS = 600_000;
const TAG = utf8("MSHIELD/v1/mask");
/** Form of a PIN (R4). */
export const PIN_FORM = /^[0-9]{6}$/;

/** Function that computes HMAC-SHA-256 with the device secret, wherever that is stored. */
export type KeyedHash = (message: Uint8Array) => Promise<Uint8Array>;

/**
 * Derives `K`, 32 bytes, by WebCrypto's PBKDF2-HMAC-SHA-256 from six ASCII digits. Throws: `malformed` (PIN,
 * salt).
 */
export async function derivePinKey(pin: string, salt: Uint8Array, rounds = PIN_ROUNDS): Promise<Uint8Array> {
  if (!PIN_FORM.test(pin)) {
    throw new GmError("malformed", "a PIN is six digits");
  }
  const key = await crypto.subtle.importKey("raw", owned(utf8(pin)), "PBKDF2", false, ["deriveBits"]);
  const how = {
    name: "PBKDF2",
    hash: "SHA-256",
    salt: owned(requireSize("salt", salt, 16)),
    iterations: rounds,
  };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}

/** Returns a `KeyedHash` that uses a WebCrypto HMAC key, which needn't be extractable. */
export function keyedHash(key: CryptoKey): KeyedHash {
  return async (message) => new Uint8Array(await crypto.subtle.sign("HMAC", key, owned(message)));
}

/** Returns the mask in [0, n-1]. */
export async function mask(
  keyed: KeyedHash,
  at: { uid: Uint8Array; epoch: number; salt: Uint8Array; K: Uint8Array },
): Promise<bigint> {
  const fields = [
    requireSize("uid", at.uid, 16),
    epochBytes(at.epoch),
    requireSize("salt", at.salt, 16),
    requireSize("K", at.K, 32),
  ];
  const rest = concat(...fields.map(LV));
  const halves = await Promise.all([0, 1].map((i) => keyed(concat(TAG, Uint8Array.of(i), rest))));
  return mod(number(concat(...halves)));
}

/** Returns the blob in [0, n-1] that the slot stores. Throws: `malformed` if the share isn't a scalar. */
export function hide(d1: bigint, masked: bigint): bigint {
  return mod(checkScalar(d1) + masked);
}

/** Returns the share in [1, n-1] that this mask yields, and 1 instead of 0: any mask yields a share. */
export function reveal(blob: bigint, masked: bigint): bigint {
  return mod(blob - masked) || 1n;
}

/** Copies the bytes into a buffer of their own, the only form that WebCrypto accepts. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
