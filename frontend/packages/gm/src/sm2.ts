/** SM2 signatures (GB/T 32918.2): the digest `e`, and verification. */

import { bytes32, concat, number, equalBytes, utf8 } from "./bytes.ts";
import { affineX, mod, mulAddPublic, N, PARAMETERS } from "./curve.ts";
import { GmError } from "./errors.ts";
import { Sm3, sm3 } from "./sm3.ts";

/** User id of all signatures here, as GM/T 0009 specifies. */
export const USER_ID = "1234567812345678";

/** Length in bytes of the longest number in a signature's DER. */
const LONGEST = 33;

export interface Signature {
  readonly r: bigint;
  readonly s: bigint;
}

/** Returns `e = SM3(Z ‖ M)`, 32 bytes that may be ≥ n as a number. */
export function digest(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return new Sm3().update(zValue(publicKey)).update(message).digest();
}

/** Returns `Z`, the 32-byte hash of the user id, the curve and the public key (GB/T 32918.2, 5.5). */
export function zValue(publicKey: Uint8Array): Uint8Array {
  const id = utf8(USER_ID);
  const bits = new Uint8Array(2);
  new DataView(bits.buffer).setUint16(0, 8 * id.length);
  return sm3(concat(bits, id, ...PARAMETERS, publicKey.subarray(1)));
}

/** Verifies a signature over the digest. Throws: `bad_signature`. */
export function verifyDigest(publicKey: Uint8Array, e: Uint8Array, signature: Signature): void {
  noncePoint(publicKey, e, signature);
}

/**
 * Verifies a signature and returns `sG + (r+s)P`, the signer's nonce point, whose x is in r. Throws:
 * `bad_signature`, `bad_point`.
 */
export function noncePoint(publicKey: Uint8Array, e: Uint8Array, { r, s }: Signature): Uint8Array {
  const t = mod(r + s);
  if (r <= 0n || r >= N || s <= 0n || s >= N || t === 0n) {
    throw new GmError("bad_signature", "r or s is out of range");
  }
  const point = mulAddPublic(s, t, publicKey);
  if (point === null || mod(number(e) + affineX(point)) !== r) {
    throw new GmError("bad_signature", "the signature does not verify");
  }
  return point;
}

/** Encodes as DER `SEQUENCE { INTEGER r, INTEGER s }` (GM/T 0009). */
export function toDer({ r, s }: Signature): Uint8Array {
  const body = concat(integer(r), integer(s));
  return concat(Uint8Array.of(0x30, body.length), body);
}

/** Reads the only DER form of a pair in [1, n-1]. Throws: `bad_signature`. */
export function fromDer(encoded: Uint8Array): Signature {
  const end = 4 + (encoded[3] ?? 0);
  const r = number(encoded.subarray(4, Math.min(end, 4 + LONGEST)));
  const s = number(encoded.subarray(end + 2, end + 2 + LONGEST));
  const isInRange = 0n < r && r < N && 0n < s && s < N;
  if (!isInRange || !equalBytes(toDer({ r, s }), encoded)) {
    throw new GmError("bad_signature", "not the DER form of two numbers in [1, n-1]");
  }
  return { r, s };
}

function integer(value: bigint): Uint8Array {
  let bytes = bytes32(value);
  while (bytes.length > 1 && bytes[0] === 0 && bytes[1]! < 0x80) {
    bytes = bytes.subarray(1);
  }
  const signed = bytes[0]! < 0x80 ? bytes : concat(Uint8Array.of(0), bytes);
  return concat(Uint8Array.of(2, signed.length), signed);
}

/** Reports whether two signatures are the same pair of numbers. */
export function sameSignature(a: Signature, b: Signature): boolean {
  return equalBytes(toDer(a), toDer(b));
}
