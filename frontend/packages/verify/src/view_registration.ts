/**
 * Proof that the log has a view's registration; a phone checks it with its stored log key before it renders
 * by a view.
 */

import { PartError } from "./errors.ts";
import { readViewEntry } from "./tlog/entry.ts";
import { checkInclusion, leafHash } from "./tlog/merkle.ts";
import { keyNamed, openCheckpoint, parseVerifierKey } from "./tlog/note.ts";

/** An entry and its inclusion proof; `checkpoint` is the signed note. */
export interface ViewProof {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: string;
}

/** A view of one business system; `digest` is SM3 of its octets, in hex. */
export interface RegisteredView {
  readonly clientId: string;
  readonly id: string;
  readonly version: number;
  readonly digest: string;
}

/**
 * Checks that the log of this key has the view for this system. After a restore the log has another name and
 * the same key, so a checkpoint may have any name. Throws: PartError.
 */
export function checkViewProof(proof: ViewProof, logKey: string, view: RegisteredView): void {
  const { public: key } = parseVerifierKey(logKey);
  const { size, root } = openCheckpoint(proof.checkpoint, keyNamed(originOf(proof.checkpoint), key));
  checkInclusion(leafHash(proof.entry), { index: BigInt(proof.index), size }, proof.hashes, root);
  const entry = readViewEntry(proof.entry);
  const isIts =
    entry !== null &&
    entry.clientId === view.clientId &&
    entry.id === view.id &&
    entry.version === view.version &&
    entry.digest === view.digest;
  if (!isIts) {
    throw new PartError("bad_log_proof", "the entry is of another view");
  }
}

const originOf = (note: string): string => note.slice(0, Math.max(0, note.indexOf("\n")));
