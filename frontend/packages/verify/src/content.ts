/** What was signed, in memory or elsewhere: a large file is hashed where it lies and never held whole. */

import { Sm3, sm3 } from "@mshield/gm";

export interface Content {
  readonly size: number;
  /** Its first bytes: all of them, or at least 300. */
  readonly head: Uint8Array;
  /** SM3 of `prefix` and the content after it. */
  hash(prefix: Uint8Array): Promise<Uint8Array>;
}

export const NOTHING = new Uint8Array();

/** Content that is in memory. */
export function contentOf(bytes: Uint8Array): Content {
  return {
    size: bytes.length,
    head: bytes,
    hash: (prefix) =>
      Promise.resolve(prefix.length === 0 ? sm3(bytes) : new Sm3().update(prefix).update(bytes).digest()),
  };
}
