/** The algorithms that time stamps have: SM3 with SM2, SHA-256 with ECDSA on P-256, and their identifiers. */

import { oid, sequence } from "@mshield/forms";
import { digest, fromDer, GmError, same, sm3, verifyDigest } from "@mshield/gm";
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { OIDS } from "../oids.ts";
import { allOf, type Reader } from "../reader.ts";

export type Hash = "sm3" | "sha256";

/** With what each profile hashes. */
export const HASH_OF: Readonly<Record<Profile, Hash>> = { sm2: "sm3", p256: "sha256" };
const FUNCTIONS: Readonly<Record<Hash, (data: Uint8Array) => Uint8Array>> = { sm3, sha256 };
const NAMES: Readonly<Record<string, Hash>> = { [OIDS.sm3]: "sm3", [OIDS.sha256]: "sha256" };
const SM2_NAMES: ReadonlySet<string> = new Set([OIDS.sm2WithSm3, OIDS.sm2, OIDS.sm2Signing]);
const CURVES = [
  ["sm2", sequence(oid(OIDS.ecPublicKey), oid(OIDS.sm2))],
  ["p256", sequence(oid(OIDS.ecPublicKey), oid(OIDS.p256))],
] as const;

export function hashed(name: Hash, data: Uint8Array): Uint8Array {
  return FUNCTIONS[name](data);
}

/** The hash of this identifier, or null where it isn't one that is believed. */
export function hashName(dotted: string): Hash | null {
  return NAMES[dotted] ?? null;
}

/** The AlgorithmIdentifier that comes next, with NULL for parameters or none. */
export function readAlgorithm(reader: Reader): string {
  return allOf(reader.enter(), (inside) => {
    const dotted = inside.oid();
    if (inside.more) {
      inside.null();
    }
    return dotted;
  });
}

/** Whose curve a public key is on, by its AlgorithmIdentifier. */
export function curveOf(keyAlgorithm: Uint8Array): Profile {
  const curve = CURVES.find(([, algorithm]) => same(algorithm, keyAlgorithm));
  if (curve === undefined) {
    throw new TimeStampError("certificate", "a key is neither on the SM2 curve nor on P-256");
  }
  return curve[0];
}

export function isSignatureOf(profile: Profile, dotted: string): boolean {
  return profile === "sm2" ? SM2_NAMES.has(dotted) : dotted === OIDS.ecdsaWithSha256;
}

/** The signature (DER) over the message verifies with that key (65 bytes). */
export function requireSigned(
  profile: Profile,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  const holds = profile === "sm2" ? isSm2 : isP256;
  if (!holds(publicKey, message, signature)) {
    throw new TimeStampError("signature", "a signature does not verify");
  }
}

function isSm2(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    verifyDigest(publicKey, digest(publicKey, message), fromDer(signature));
    return true;
  } catch (error) {
    if (error instanceof GmError) {
      return false;
    }
    throw error;
  }
}

function isP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, publicKey, { format: "der", lowS: false });
  } catch {
    return false; // the library throws what it can't read
  }
}
