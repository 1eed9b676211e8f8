/** Signed content, in memory or elsewhere: a large file is hashed in place and never loaded whole. */

import { Sm3, sm3 } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

export interface Content {
  readonly size: number;
  /** Its first bytes: all of them, or at least 300. */
  readonly head: Uint8Array;
  /** Returns SM3 of `prefix` followed by the content. */
  hash(prefix: Uint8Array): Promise<Uint8Array>;
  /** Returns SHA-256, for time stamps on P-256. */
  sha256(): Promise<Uint8Array>;
}

/** Creates an incremental SHA-256. */
export const newSha256 = (): ReturnType<typeof sha256.create> => sha256.create();

export const NO_BYTES = new Uint8Array();

/** Wraps content that is in memory. */
export function contentOf(bytes: Uint8Array): Content {
  return {
    size: bytes.length,
    head: bytes,
    hash: (prefix) =>
      Promise.resolve(prefix.length === 0 ? sm3(bytes) : new Sm3().update(prefix).update(bytes).digest()),
    sha256: () => Promise.resolve(sha256(bytes)),
  };
}
