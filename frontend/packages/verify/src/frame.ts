/**
 * The common frame of certificates, lists and OCSP answers: signed data, SM2 with SM3 as the only algorithm,
 * signature.
 */

import { FormError, oid, sequence } from "@mshield/forms";
import { fromDer, GmError, equalBytes, type Signature } from "@mshield/gm";

import type { Reader } from "./reader.ts";

/** AlgorithmIdentifiers, without parameters (GM/T 0015). */
export const ALGORITHM = sequence(oid("1.2.156.10197.1.501"));
export const DIGEST_ALGORITHM = sequence(oid("1.2.156.10197.1.401"));
export const KEY_ALGORITHM = sequence(oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301"));

export interface SignedFrame {
  /** The signed part, as encoded. */
  readonly tbs: Uint8Array;
  readonly signature: Signature;
}

/** Reads the three members of the frame's SEQUENCE. */
export function readFrame(inside: Reader): SignedFrame {
  const tbs = inside.raw(0x30);
  if (!equalBytes(inside.raw(), ALGORITHM)) {
    throw new FormError("the signature algorithm is not SM2 with SM3 without parameters");
  }
  return { tbs, signature: readSignature(inside.bits()) };
}

/** Reads a signature that is part of something else. */
export function readSignature(encoded: Uint8Array): Signature {
  try {
    return fromDer(encoded);
  } catch (error) {
    throw error instanceof GmError ? new FormError(`a signature: ${error.message}`) : error;
  }
}
