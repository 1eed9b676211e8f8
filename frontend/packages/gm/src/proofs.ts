/**
 * Proofs of knowledge of a discrete logarithm to the base G (Schnorr), bound to a tag and a context.
 *
 * There is no proof to another base: one to P1 would give a thief of the phone an offline test of PINs.
 */

import { equalBytes } from "./bytes.ts";
import { checkPoint, G, mod, mulAddPublic, mulG, N, randomScalar } from "./curve.ts";
import { GmError } from "./errors.ts";
import { Hn } from "./transcript.ts";

export type ProofTag = "enrol-pok" | "nonce-pok";

/** Proof: `A = aG` (65 bytes) and `z = a + hx mod n`, in [1, n-1]. */
export interface Proof {
  readonly A: Uint8Array;
  readonly z: bigint;
}

/** Proves knowledge of `x` with `X = xG`. */
export function prove(x: bigint, X: Uint8Array, tag: ProofTag, context: Uint8Array): Proof {
  for (;;) {
    const a = randomScalar();
    const A = mulG(a);
    const z = mod(a + Hn(tag, context, G, X, A) * x);
    if (z !== 0n) {
      return { A, z };
    }
  }
}

/** Checks all ranges and points, then `zG = A + hX`. Throws: `bad_proof`. */
export function checkProof(X: Uint8Array, tag: ProofTag, context: Uint8Array, { A, z }: Proof): void {
  if (z <= 0n || z >= N) {
    throw new GmError("bad_proof", "z is not in [1, n-1]");
  }
  if (!holds(X, tag, context, A, z)) {
    throw new GmError("bad_proof", "the proof does not hold");
  }
}

function holds(X: Uint8Array, tag: ProofTag, context: Uint8Array, A: Uint8Array, z: bigint): boolean {
  try {
    checkPoint(A);
    const expected = mulAddPublic(z, -Hn(tag, context, G, X, A), X);
    return expected !== null && equalBytes(expected, A);
  } catch (error) {
    if (error instanceof GmError && error.code === "bad_point") {
      return false;
    }
    throw error;
  }
}
