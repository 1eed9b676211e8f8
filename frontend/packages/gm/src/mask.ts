/**
 * How the phone hides its share under the PIN: blob = d1 + mask mod n.
 *
 * Every PIN unmasks some share, so nothing here can tell a right PIN from a wrong one.
 */

import { concat, number, sized, utf8 } from "./bytes.ts";
import { mod } from "./curve.ts";
import { GmError } from "./errors.ts";
import { checkScalar } from "./scalars.ts";
import { epochBytes, LV } from "./transcript.ts";

export const PIN_ROUNDS = 600_000;
const TAG = utf8("MSHIELD/v1/mask");
/** A PIN (R4). */
export const PIN_FORM = /^[0-9]{6}$/;

/** HMAC-SHA-256 under the device secret, wherever that is kept. */
export type Keyed = (message: Uint8Array) => Promise<Uint8Array>;

/** `K`: PBKDF2-HMAC-SHA-256 of six ASCII digits, 32 bytes, by WebCrypto; `malformed` for another PIN or salt. */
export async function derivePinKey(pin: string, salt: Uint8Array, rounds = PIN_ROUNDS): Promise<Uint8Array> {
  if (!PIN_FORM.test(pin)) {
    throw new GmError("malformed", "a PIN is six digits");
  }
  const key = await crypto.subtle.importKey("raw", owned(utf8(pin)), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: owned(sized("salt", salt, 16)), iterations: rounds };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}

/** `Keyed` by a WebCrypto HMAC key, which needs not be extractable. */
export function keyedBy(key: CryptoKey): Keyed {
  return async (message) => new Uint8Array(await crypto.subtle.sign("HMAC", key, owned(message)));
}

/** The mask in [0, n-1]. */
export async function mask(
  keyed: Keyed,
  at: { uid: Uint8Array; epoch: number; salt: Uint8Array; K: Uint8Array },
): Promise<bigint> {
  const fields = [
    sized("uid", at.uid, 16),
    epochBytes(at.epoch),
    sized("salt", at.salt, 16),
    sized("K", at.K, 32),
  ];
  const rest = concat(...fields.map(LV));
  const halves = await Promise.all([0, 1].map((i) => keyed(concat(TAG, Uint8Array.of(i), rest))));
  return mod(number(concat(...halves)));
}

/** The blob in [0, n-1] that the slot stores; `malformed` if the share is no scalar. */
export function hide(d1: bigint, masked: bigint): bigint {
  return mod(checkScalar(d1) + masked);
}

/** The share in [1, n-1] that this mask gives, and 1 where it would be 0; any mask gives one. */
export function reveal(blob: bigint, masked: bigint): bigint {
  return mod(blob - masked) || 1n;
}

/** A copy that WebCrypto takes: its own buffer, whole. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
