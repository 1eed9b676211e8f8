/** That the log has a view's registration: what a phone checks before it draws by a view, with the log's key that it keeps. */

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
 * PartError unless the log of this key has the view for this system. The log is called otherwise after a restore and keeps
 * its key: so a checkpoint may bear any name.
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
