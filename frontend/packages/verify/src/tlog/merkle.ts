/**
 * Merkle trees of RFC 6962 as needed for inclusion proofs; verified by the algorithm of RFC 9162, 2.1.3.2.
 */

import { concat, equalBytes } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { PartError } from "../errors.ts";

export const HASH_BYTES = 32;

export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(0), entry));
}

export interface Place {
  readonly index: bigint;
  readonly size: bigint;
}

/** Checks that the leaf is at this place of the tree with this root. */
export function checkInclusion(
  leaf: Uint8Array,
  { index, size }: Place,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (index < 0n || index >= size) {
    throw notProved("there is no such entry in a log of this size");
  }
  let [first, last, hash] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) {
      throw notProved("the inclusion proof is too long");
    }
    if ((first & 1n) === 1n || first === last) {
      hash = nodeHash(sibling, hash);
      while (first !== 0n && (first & 1n) === 0n) {
        [first, last] = [first >> 1n, last >> 1n];
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  if (last !== 0n || !equalBytes(hash, root)) {
    throw notProved("the inclusion proof does not lead to the checkpoint's root");
  }
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(1), left, right));
}

function notProved(message: string): PartError {
  return new PartError("bad_log_proof", message);
}
