/** Algorithms of time stamps: SM3 with SM2, SHA-256 with ECDSA on P-256, and their identifiers. */

import { oid, sequence } from "@mshield/forms";
import { digest, fromDer, GmError, equalBytes, sm3, verifyDigest } from "@mshield/gm";
import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { OIDS } from "../oids.ts";
import { allOf, type Reader } from "../reader.ts";

export type Hash = "sm3" | "sha256";

/** Hash of each profile. */
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

/** Returns the hash with this identifier, or null if it isn't accepted. */
export function hashName(dotted: string): Hash | null {
  return NAMES[dotted] ?? null;
}

/** Reads the next AlgorithmIdentifier, with NULL parameters or none. */
export function readAlgorithm(reader: Reader): string {
  return allOf(reader.enter(), (inside) => {
    const dotted = inside.oid();
    if (inside.more) {
      inside.null();
    }
    return dotted;
  });
}

/** Returns the curve of a public key by its AlgorithmIdentifier. */
export function curveOf(keyAlgorithm: Uint8Array): Profile {
  const curve = CURVES.find(([, algorithm]) => equalBytes(algorithm, keyAlgorithm));
  if (curve === undefined) {
    throw new TimeStampError("certificate", "a key is neither on the SM2 curve nor on P-256");
  }
  return curve[0];
}

export function isSignatureOf(profile: Profile, dotted: string): boolean {
  return profile === "sm2" ? SM2_NAMES.has(dotted) : dotted === OIDS.ecdsaWithSha256;
}

/** Verifies the signature (DER) over the message with that key (65 bytes). */
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
    return false; // the library throws if it can't read the input
  }
}
