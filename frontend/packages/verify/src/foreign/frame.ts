/** The frame of foreign certificates, lists and answers: SM2 with SM3, with NULL parameters or none. */

import { FormError, oid, sequence, tlv } from "@mshield/forms";
import { checkPoint, GmError, equalBytes } from "@mshield/gm";

import { ALGORITHM, type SignedFrame, KEY_ALGORITHM, readSignature } from "../frame.ts";
import { OIDS } from "../oids.ts";
import { allOf, type Reader } from "../reader.ts";

export const ALGORITHMS = [ALGORITHM, sequence(oid(OIDS.sm2WithSm3), tlv(5))];
/** Explicit curve parameters are never accepted, not even the right ones. */
export const KEY_ALGORITHMS = [
  KEY_ALGORITHM,
  sequence(oid(OIDS.sm2)),
  sequence(oid(OIDS.sm2), oid(OIDS.sm2)),
];
const SERIAL_BITS = 159n;

/** The frame with the AlgorithmIdentifier beside the signed part. */
export interface ForeignFrame extends SignedFrame {
  readonly algorithm: Uint8Array;
}

/** Reads the three members of the frame's SEQUENCE. */
export function readForeignFrame(inside: Reader): ForeignFrame {
  const [tbs, algorithm] = [inside.raw(0x30), inside.raw(0x30)];
  if (!ALGORITHMS.some((known) => equalBytes(known, algorithm))) {
    throw new FormError("the signature algorithm is not SM2 with SM3");
  }
  return { tbs, algorithm, signature: readSignature(inside.bits()) };
}

/** Reads the SM2 key (65 bytes) of the next SubjectPublicKeyInfo. */
export function readForeignKey(reader: Reader): Uint8Array {
  const [algorithm, publicKey] = allOf(reader.enter(), (key) => [key.raw(0x30), key.bits()] as const);
  if (!KEY_ALGORITHMS.some((known) => equalBytes(known, algorithm))) {
    throw new FormError("the public key is not of SM2");
  }
  try {
    checkPoint(publicKey);
  } catch (error) {
    throw error instanceof GmError ? new FormError(error.message) : error;
  }
  return publicKey;
}

/** Reads a positive serial number of 1 to 20 octets. */
export function readSerial(reader: Reader): bigint {
  const serial = reader.integer();
  if (serial <= 0n || serial >> SERIAL_BITS !== 0n) {
    throw new FormError("a serial number is not positive or longer than 20 octets");
  }
  return serial;
}
